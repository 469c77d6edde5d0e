package setting

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/store"
)

// Everywhere stands in autonomy.places for every location, those that are added later too.
const Everywhere = "all"

// Unaskable reports whether an action may ever run unasked: it can be undone, and little can go wrong.
func Unaskable(a catalogue.Action) bool { return a.Reversible && a.Risk != club.RiskHigh }

// Permits reports whether the club lets an action run unasked, by its kind or by its name.
func (s Settings) Permits(a catalogue.Action) bool {
	return Unaskable(a) && (slices.Contains(s.AutoActions, string(a.Category)) || slices.Contains(s.AutoActions, string(a.Name)))
}

// Unasked says why something may not be done at a place before a person has agreed; "" when it may. It
// looks at what the club permits alone: whether the decision is sure enough is another question. Without
// actions it is about words; words that go with actions follow those. A zero location is nowhere, and
// only who permits every place permits that.
func (s Settings) Unasked(ctx context.Context, tx *store.Tx, actions []catalogue.Action, location club.LocationID) (string, error) {
	if why := s.unaskedOf(actions); why != "" || slices.Contains(s.AutoPlaces, Everywhere) {
		return why, nil
	}
	if location.IsZero() {
		return "the location is not known", nil
	}
	l, err := tx.FindLocation(ctx, location)
	if err != nil {
		return "", fmt.Errorf("find location: %w", err)
	}
	if !slices.Contains(s.AutoPlaces, l.Slug) {
		return "nothing is permitted unasked at " + l.Name, nil
	}
	return "", nil
}

// unaskedOf is Unasked wherever it is.
func (s Settings) unaskedOf(actions []catalogue.Action) string {
	if !s.AutoExecution {
		return "automatic execution is off"
	}
	for _, a := range actions {
		switch {
		case !Unaskable(a):
			return spaced(a.Name) + " cannot be undone"
		case !s.Permits(a):
			return spaced(a.Name) + " is not permitted unasked"
		}
	}
	if len(actions) == 0 && !slices.Contains(s.AutoActions, string(catalogue.CategoryWords)) {
		return "replies are not permitted unasked"
	}
	return ""
}

// AllowsAt reports whether Unasked has nothing against something at a location with a short name, ""
// nowhere.
func (s Settings) AllowsAt(actions []catalogue.Action, slug string) bool {
	return s.unaskedOf(actions) == "" && (slices.Contains(s.AutoPlaces, Everywhere) || slug != "" && slices.Contains(s.AutoPlaces, slug))
}

func spaced(name club.ActionName) string { return strings.ReplaceAll(string(name), "_", " ") }

// knownPermits refuses a permission that would permit nothing, and one for what must always be asked.
func knownPermits(s Settings) error {
	cat, err := catalogue.Load()
	if err != nil {
		return fmt.Errorf("read action catalogue: %w", err)
	}
	kinds := []string{string(catalogue.CategoryDevice), string(catalogue.CategoryAccess), string(catalogue.CategoryWords)}
	for _, name := range s.AutoActions {
		if slices.Contains(kinds, name) {
			continue
		}
		a, ok := cat.Find(club.ActionName(name))
		if !ok || !a.Physical() {
			return club.Invalid("%.40q permits nothing; write device, access, words, or the name of an action", name)
		}
		if !Unaskable(a) {
			return club.Invalid("%s cannot be undone, so it always waits for a person", spaced(a.Name))
		}
	}
	return nil
}

// knownPlaces refuses a permission for a location that does not exist. One that is there already may
// stay: it permits nothing when its location is gone.
func knownPlaces(ctx context.Context, tx *store.Tx, before, after []string) error {
	for _, name := range after {
		if name == Everywhere || slices.Contains(before, name) {
			continue
		}
		if err := knownLocation(ctx, tx, name); err != nil {
			return err
		}
	}
	return nil
}

func knownLocation(ctx context.Context, tx *store.Tx, slug string) error {
	all, err := tx.FindLocations(ctx)
	if err != nil {
		return fmt.Errorf("find locations: %w", err)
	}
	if !slices.ContainsFunc(all, func(l store.Location) bool { return l.Slug == slug }) {
		return club.Invalid("no location has the short name %.40q", slug)
	}
	return nil
}

// Switch throws a kill switch (see actions.off), or lets run again what it stopped. Pressed twice it
// stays as it is.
func Switch(ctx context.Context, tx *store.Tx, by club.Actor, key string, stop bool) error {
	s, err := Load(ctx, tx)
	if err != nil || slices.Contains(s.SwitchedOff, key) == stop {
		return err
	}
	off := slices.DeleteFunc(slices.Clone(s.SwitchedOff), func(o string) bool { return o == key })
	if stop {
		off = append(off, key)
	}
	tx.Changed("setting", "autonomy")
	return PutValue(ctx, tx, by, "actions.off", off)
}

// PutThresholds sets all three confidences at once; one after the other they might stand in each other's
// way.
func PutThresholds(ctx context.Context, tx *store.Tx, by club.Actor, to club.Thresholds) error {
	if err := to.Validate(); err != nil {
		return err
	}
	s, err := Load(ctx, tx)
	if err != nil {
		return err
	}
	now := s.Thresholds
	high, medium, low := threshold{"confidence.high", now.High, to.High}, threshold{"confidence.medium", now.Medium, to.Medium}, threshold{"confidence.low", now.Low, to.Low}
	// Those that rise from the highest down, then those that fall from the lowest up: each fits between its
	// neighbours at its turn.
	for _, x := range []threshold{high, medium, low} {
		if x.to > x.was {
			if err := PutValue(ctx, tx, by, x.key, x.to); err != nil {
				return err
			}
		}
	}
	for _, x := range []threshold{low, medium, high} {
		if x.to < x.was {
			if err := PutValue(ctx, tx, by, x.key, x.to); err != nil {
				return err
			}
		}
	}
	return nil
}

type threshold struct {
	key     string
	was, to float64
}

// Permit sets what may run unasked, and where, and reports how many settings that changed.
func Permit(ctx context.Context, tx *store.Tx, by club.Actor, on bool, actions, places []string) (changed int, err error) {
	s, err := Load(ctx, tx)
	if err != nil {
		return 0, err
	}
	if on != s.AutoExecution {
		if err := PutValue(ctx, tx, by, "actions.auto_execution", on); err != nil {
			return 0, err
		}
		changed++
	}
	for _, list := range []struct {
		key     string
		was, to []string
	}{{"autonomy.actions", s.AutoActions, actions}, {"autonomy.places", s.AutoPlaces, places}} {
		if slices.Equal(slices.Sorted(slices.Values(list.was)), slices.Sorted(slices.Values(list.to))) {
			continue
		}
		if err := PutValue(ctx, tx, by, list.key, slices.Concat([]string{}, list.to)); err != nil {
			return 0, err
		}
		changed++
	}
	if changed > 0 {
		tx.Changed("setting", "autonomy")
	}
	return changed, nil
}
