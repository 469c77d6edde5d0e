package hindsight

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Month is how far back a change is tried.
const Month = 30 * 24 * time.Hour

// Trial is a change that is tried on the decisions of the last month.
type Trial struct {
	// Patterns are those that the change is about; none: it is about the club's settings.
	Patterns []club.PatternID
	Scope    string // of a principal, see identity.Principal.LocationScope
	// Act makes the change, as it would be made in earnest.
	Act func(*store.Tx) error
}

// errTried ends the transaction of a trial.
var errTried = errors.New("tried")

// Try says what a change would have done to the last month. The change is made in a transaction that is
// undone: what is refused in earnest is refused here with the same words, and nothing is stored, sent or
// announced. Decisions are then replayed (Replay) as the club was and as it would be.
func Try(ctx context.Context, tenant *store.Tenant, keys *vault.Tenant, t Trial) (Impact, error) {
	var e Impact
	var list []Past
	var ids []club.PatternID
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		if ids, err = learn.WithParts(ctx, tx, t.Patterns); err != nil {
			return err
		}
		s, err := setting.Known(ctx, tx)
		if err != nil {
			return err
		}
		e.Since, e.Until = tx.Now.Add(-Month), tx.Now
		if list, err = pasts(ctx, tx, e.Since, ids, t.Scope, s.Thresholds.Low); err != nil {
			return err
		}
		e.Wait, e.Waits, err = usualWait(ctx, tx, e.Since)
		return err
	})
	if err != nil {
		return e, err
	}
	var before, after *World
	err = tenant.Write(ctx, func(tx *store.Tx) (err error) {
		if before, err = world(ctx, tx, keys, ids, nil); err != nil {
			return err
		}
		if err := t.Act(tx); err != nil {
			return err
		}
		if after, err = world(ctx, tx, keys, ids, before.precedents()); err != nil {
			return err
		}
		if len(ids) == 0 && judgesOtherwise(before.settings, after.settings) {
			if err := fill(ctx, tx, keys, list, before, after); err != nil {
				return err
			}
		}
		return errTried
	})
	if !errors.Is(err, errTried) {
		return e, err
	}
	out := Compare(list, before, after)
	out.Since, out.Until, out.Wait, out.Waits = e.Since, e.Until, e.Wait, e.Waits
	out.Evidence = evidence(list, before, after, t.Patterns)
	return out, nil
}

// fill reads the patterns that decisions followed: by other thresholds their records claim something else.
func fill(ctx context.Context, tx *store.Tx, keys *vault.Tenant, list []Past, before, after *World) error {
	var ids []club.PatternID
	for _, p := range list {
		if !slices.Contains(ids, p.Pattern) {
			ids = append(ids, p.Pattern)
		}
	}
	ids, err := withOnto(ctx, tx, ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, w := range []*World{before, after} {
		all, err := world(ctx, tx, keys, ids, nil)
		if err != nil {
			return err
		}
		w.patterns, w.homes = all.patterns, all.homes
	}
	return nil
}

// withOnto adds the patterns into which others were merged.
func withOnto(ctx context.Context, tx *store.Tx, ids []club.PatternID) ([]club.PatternID, error) {
	for i := 0; i < len(ids); i++ {
		row, err := tx.FindPattern(ctx, ids[i])
		if err != nil {
			return nil, fmt.Errorf("find pattern: %w", err)
		}
		if !row.MergedInto.IsZero() && !slices.Contains(ids, row.MergedInto) {
			ids = append(ids, row.MergedInto)
		}
	}
	return ids, nil
}

// precedents are the situations of the patterns that are looked at.
func (w *World) precedents() []club.PrecedentID {
	var out []club.PrecedentID
	for id := range w.homes {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// mostWaits bounds of how many proposals the usual wait is taken: the newest.
const mostWaits = 2000

// usualWait is the median time that people took over proposals since an instant, and of how many.
func usualWait(ctx context.Context, tx *store.Tx, since time.Time) (time.Duration, int, error) {
	rows, err := tx.FindAskedWaits(ctx, store.FindAskedWaitsParams{Since: since, Size: mostWaits})
	if err != nil {
		return 0, 0, fmt.Errorf("find proposals: %w", err)
	}
	var waits []time.Duration
	for _, r := range rows {
		if r.DecidedAt != nil {
			waits = append(waits, r.DecidedAt.Sub(r.CreatedAt))
		}
	}
	if len(waits) == 0 {
		return 0, 0, nil
	}
	slices.Sort(waits)
	return waits[len(waits)/2], len(waits), nil
}

// evidence is what becomes of what stands behind the patterns of a trial, and behind those that it makes.
func evidence(list []Past, before, after *World, ids []club.PatternID) []Evidence {
	for _, id := range slices.Sorted(maps.Keys(after.patterns)) {
		if before.patterns[id] == nil {
			ids = append(slices.Clone(ids), id)
		}
	}
	var out []Evidence
	for _, id := range ids {
		var e Evidence
		if k := before.patterns[id]; k != nil {
			e = Evidence{Pattern: id, Title: k.row.Title, Situations: len(k.situations), Outcomes: k.counting(), Stop: before.stop(k)}
		}
		k := after.patterns[id]
		if e.Gone = k == nil; k != nil {
			e.Pattern, e.Title, e.Made = id, k.row.Title, before.patterns[id] == nil
			e.SituationsAfter, e.OutcomesAfter, e.StopAfter = len(k.situations), k.counting(), after.stop(k)
		}
		for _, p := range list {
			if p.Pattern == id {
				e.Uses++
			}
		}
		if !e.Pattern.IsZero() {
			out = append(out, e)
		}
	}
	return out
}

// TrySwitches says what each of some kill switches would have done to the last month if it were the other
// way round.
func TrySwitches(ctx context.Context, tx *store.Tx, scope string, keys []string) (map[string]Impact, error) {
	w, err := world(ctx, tx, nil, nil, nil)
	if err != nil {
		return nil, err
	}
	list, err := pasts(ctx, tx, tx.Now.Add(-Month), nil, scope, w.settings.Thresholds.Low)
	if err != nil {
		return nil, err
	}
	out := map[string]Impact{}
	for _, key := range keys {
		out[key] = Compare(list, w, w.With(key, !slices.Contains(w.settings.SwitchedOff, key)))
	}
	return out, nil
}
