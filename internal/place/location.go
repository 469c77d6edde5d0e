package place

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// NewLocation describes a location to create.
type NewLocation struct {
	Slug     string // short name, unique in the club
	Name     string
	TimeZone string            // IANA name
	Details  map[string]string // what replies may quote: wifi_name, address, emergency_number, …
}

// LocationEdit changes a location; nil leaves a field as it is. The short name stays.
type LocationEdit struct {
	Name     *string
	TimeZone *string
	Details  map[string]string // replaces all details; nil leaves them
	// IfUpdatedAt, when set, makes the edit conditional on the version that its maker saw.
	IfUpdatedAt time.Time
}

// FindLocation returns a location that p may see.
func FindLocation(ctx context.Context, tx *store.Tx, p identity.Principal, id club.LocationID) (store.Location, error) {
	none := club.NotFound("there is no such location")
	if err := admit(tx, p, identity.PlacesRead); err != nil {
		return store.Location{}, err
	}
	if id.IsZero() || !p.AllowsLocation(id) {
		return store.Location{}, none
	}
	l, err := tx.FindLocation(ctx, id)
	if missing(err) {
		return l, none
	}
	return l, err
}

// FindLocations returns the locations that p may see, by name.
func FindLocations(ctx context.Context, tx *store.Tx, p identity.Principal) ([]store.Location, error) {
	if err := admit(tx, p, identity.PlacesRead); err != nil {
		return nil, err
	}
	all, err := tx.FindLocations(ctx)
	if err != nil {
		return nil, fmt.Errorf("find locations: %w", err)
	}
	return slices.DeleteFunc(all, func(l store.Location) bool { return !p.AllowsLocation(l.ID) }), nil
}

// CreateLocation adds a location. Conflict when the short name is taken. A principal who is limited to
// some locations makes no others.
func CreateLocation(ctx context.Context, tx *store.Tx, p identity.Principal, n NewLocation) (store.Location, error) {
	if err := admit(tx, p, identity.PlacesWrite); err != nil {
		return store.Location{}, err
	}
	if err := everywhere(p); err != nil {
		return store.Location{}, err
	}
	if err := checkSlug(n.Slug); err != nil {
		return store.Location{}, err
	}
	name, err := checkName("a location's name", n.Name)
	if err != nil {
		return store.Location{}, err
	}
	if err := checkZone(n.TimeZone); err != nil {
		return store.Location{}, err
	}
	details, err := encodeDetails(n.Details)
	if err != nil {
		return store.Location{}, err
	}
	l := store.Location{ID: club.NewLocationID(tx.Now), Slug: n.Slug, Name: name, TimeZone: n.TimeZone, Details: details, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	err = tx.CreateLocation(ctx, store.CreateLocationParams{ID: l.ID, Slug: l.Slug, Name: l.Name, TimeZone: l.TimeZone, Details: l.Details, CreatedAt: tx.Now})
	if store.IsUnique(err) {
		return l, club.Conflict("there is a location %q already", n.Slug)
	}
	if err != nil {
		return l, fmt.Errorf("create location: %w", err)
	}
	return l, record(ctx, tx, p.Actor, TopicLocation, "created", l.ID.String(), map[string]any{"slug": l.Slug, "name": l.Name, "time_zone": l.TimeZone})
}

// UpdateLocation edits a location.
func UpdateLocation(ctx context.Context, tx *store.Tx, p identity.Principal, id club.LocationID, e LocationEdit) (store.Location, error) {
	if err := admit(tx, p, identity.PlacesWrite); err != nil {
		return store.Location{}, err
	}
	l, err := FindLocation(ctx, tx, p, id)
	if err != nil {
		return l, err
	}
	if !e.IfUpdatedAt.IsZero() {
		if err := hold(tx.HoldLocation(ctx, store.HoldLocationParams{ID: id, UpdatedAt: e.IfUpdatedAt})); err != nil {
			return l, err
		}
	}
	if e.Name != nil {
		name, err := checkName("a location's name", *e.Name)
		if err != nil {
			return l, err
		}
		e.Name = &name
	}
	if e.TimeZone != nil {
		if err := checkZone(*e.TimeZone); err != nil {
			return l, err
		}
	}
	d := difference{}
	edit(d, "name", &l.Name, e.Name)
	edit(d, "time_zone", &l.TimeZone, e.TimeZone)
	if e.Details != nil {
		before := Details(l)
		if l.Details, err = encodeDetails(e.Details); err != nil {
			return l, err
		}
		if !maps.Equal(before, e.Details) {
			d["details"] = slices.Sorted(maps.Keys(e.Details)) // the values may hold a door code
		}
	}
	if len(d) == 0 {
		return l, nil
	}
	l.UpdatedAt = next(tx.Now, l.UpdatedAt)
	if _, err := tx.UpdateLocation(ctx, store.UpdateLocationParams{ID: id, Name: l.Name, TimeZone: l.TimeZone, Details: l.Details, UpdatedAt: l.UpdatedAt}); err != nil {
		return l, fmt.Errorf("update location: %w", err)
	}
	return l, record(ctx, tx, p.Actor, TopicLocation, "updated", l.ID.String(), d)
}

// Details returns what replies may quote about a location. A document that cannot be read counts as
// empty, lest it keep the whole location from being shown.
func Details(l store.Location) map[string]string {
	var raw map[string]any
	out := map[string]string{}
	if json.Unmarshal([]byte(l.Details), &raw) != nil {
		return out
	}
	for k, v := range raw {
		if s, ok := v.(string); ok {
			out[k] = s
		} else {
			out[k] = fmt.Sprint(v)
		}
	}
	return out
}

var detailKey = regexp.MustCompile(`^[a-z][a-z0-9_.]{0,59}$`)

func encodeDetails(details map[string]string) (string, error) {
	if len(details) > 100 {
		return "", club.Invalid("a location has at most 100 details")
	}
	for k, v := range details {
		if !detailKey.MatchString(k) {
			return "", club.Invalid("a detail's name has 1 to 60 lower-case letters, digits, dots and underscores and begins with a letter, like wifi_name")
		}
		if utf8.RuneCountInString(v) > 500 || !utf8.ValidString(v) {
			return "", club.Invalid("the detail %s has more than 500 characters", k)
		}
	}
	if details == nil {
		details = map[string]string{}
	}
	b, err := json.Marshal(details)
	if err != nil {
		return "", fmt.Errorf("encode details: %w", err)
	}
	return string(b), nil
}
