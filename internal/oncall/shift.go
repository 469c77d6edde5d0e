package oncall

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/rota"
	"clubos/internal/store"
)

// maxRows bounds a club's shifts, and its covers that lie ahead: looking up who is on call reads them all.
const maxRows = 500

// Load reads the club's rota: all shifts, and the covers that end after since.
func Load(ctx context.Context, tx *store.Tx, since time.Time) (rota.Rota, error) {
	r := rota.Rota{Zones: map[club.LocationID]*time.Location{}}
	places, err := tx.FindLocations(ctx)
	if err != nil {
		return r, fmt.Errorf("find locations: %w", err)
	}
	for _, l := range places {
		z, err := time.LoadLocation(l.TimeZone)
		if err != nil {
			continue // read in the club's: a shift at a wrong hour is better than nobody
		}
		r.Zones[l.ID] = z
		if r.Zone == nil {
			r.Zone = z
		}
	}
	shifts, err := tx.FindShifts(ctx)
	if err != nil {
		return r, fmt.Errorf("find shifts: %w", err)
	}
	for _, row := range shifts {
		s, err := shiftOf(row)
		if err != nil {
			return r, err
		}
		r.Shifts = append(r.Shifts, s)
	}
	covers, err := tx.FindCovers(ctx, since)
	if err != nil {
		return r, fmt.Errorf("find covers: %w", err)
	}
	for _, row := range covers {
		r.Covers = append(r.Covers, coverOf(row))
	}
	return r, nil
}

func shiftOf(row store.Shift) (rota.Shift, error) {
	s := rota.Shift{ID: row.ID, User: row.UserID, Location: row.LocationID}
	var err error
	if s.Days, err = rota.ParseDays(row.Days); err != nil {
		return s, fmt.Errorf("shift %s: %w", row.ID, err)
	}
	if s.From, err = rota.ParseClock(row.Starts); err != nil {
		return s, fmt.Errorf("shift %s: %w", row.ID, err)
	}
	s.Until, err = rota.ParseClock(row.Ends)
	return s, err
}

func coverOf(row store.Cover) rota.Cover {
	return rota.Cover{ID: row.ID, User: row.UserID, InsteadOf: row.InsteadOf, Location: row.LocationID, Start: row.StartsAt, End: row.EndsAt}
}

// mayPut checks that p may put somebody on call at a place, and that this one works there.
func mayPut(ctx context.Context, tx *store.Tx, p identity.Principal, user club.UserID, at club.LocationID) error {
	if err := admit(tx, p, identity.OnCallWrite); err != nil {
		return err
	}
	if at.IsZero() && !p.Everywhere() {
		return club.Forbidden("you may change only who is on call at your own locations; name one")
	}
	if err := p.RequireLocation(at); err != nil {
		return err
	}
	if !at.IsZero() {
		if _, err := tx.FindLocation(ctx, at); missing(err) {
			return club.Invalid("there is no such location")
		} else if err != nil {
			return fmt.Errorf("find location: %w", err)
		}
	}
	all, err := identity.Colleagues(ctx, tx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(c identity.Colleague) bool { return c.ID == user })
	switch {
	case i < 0 || !all[i].Active:
		return club.Invalid("there is no such active user")
	case all[i].Role == club.RoleViewer:
		return club.Invalid("a viewer cannot act, so they cannot be on call")
	case !all[i].Works(at) || at.IsZero() && len(all[i].Locations) > 0:
		return club.Invalid("this user does not work there")
	}
	return nil
}

// CreateShift adds a weekly shift.
func CreateShift(ctx context.Context, tx *store.Tx, p identity.Principal, s rota.Shift) (rota.Shift, error) {
	if err := mayPut(ctx, tx, p, s.User, s.Location); err != nil {
		return s, err
	}
	if s.Days == 0 || s.From < 0 || s.From > 1439 || s.Until < 0 || s.Until > 1439 {
		return s, club.Invalid("a shift needs days and two times of day")
	}
	have, err := tx.FindShifts(ctx)
	if err != nil {
		return s, fmt.Errorf("find shifts: %w", err)
	}
	if len(have) >= maxRows {
		return s, club.Conflict("the club has %d shifts already; remove some first", len(have))
	}
	for _, row := range have {
		if row.UserID == s.User && row.LocationID == s.Location && row.Starts == s.From.String() && row.Ends == s.Until.String() && row.Days == s.Days.String() {
			return shiftOf(row) // pressed twice
		}
	}
	s.ID = club.NewShiftID(tx.Now)
	if err := tx.CreateShift(ctx, store.CreateShiftParams{ID: s.ID, UserID: s.User, LocationID: s.Location, Days: s.Days.String(), Starts: s.From.String(), Ends: s.Until.String(),
		CreatedBy: p.Actor.String(), CreatedAt: tx.Now}); err != nil {
		return s, fmt.Errorf("create shift: %w", err)
	}
	return s, record(ctx, tx, p, "shift.created", s.ID.String(), shiftDetail(s))
}

func shiftDetail(s rota.Shift) map[string]any {
	return map[string]any{"user": s.User, "location": s.Location, "days": s.Days.String(), "from": s.From.String(), "until": s.Until.String()}
}

// DeleteShift removes a shift. NotFound when there is none at p's locations.
func DeleteShift(ctx context.Context, tx *store.Tx, p identity.Principal, id club.ShiftID) error {
	if err := admit(tx, p, identity.OnCallWrite); err != nil {
		return err
	}
	row, err := tx.FindShift(ctx, id)
	if missing(err) || err == nil && !p.AllowsLocation(row.LocationID) {
		return club.NotFound("there is no such shift")
	}
	if err != nil {
		return fmt.Errorf("find shift: %w", err)
	}
	if row.LocationID.IsZero() && !p.Everywhere() {
		return club.Forbidden("this shift is of every location; you may change only your own")
	}
	if _, err := tx.DeleteShift(ctx, id); err != nil {
		return fmt.Errorf("delete shift: %w", err)
	}
	s, err := shiftOf(row)
	if err != nil {
		return err
	}
	return record(ctx, tx, p, "shift.removed", id.String(), shiftDetail(s))
}

// FindShifts lists the shifts that count at places that p may see.
func FindShifts(ctx context.Context, tx *store.Tx, p identity.Principal) ([]rota.Shift, error) {
	if err := admit(tx, p, identity.OnCallRead); err != nil {
		return nil, err
	}
	r, err := Load(ctx, tx, tx.Now)
	return slices.DeleteFunc(r.Shifts, func(s rota.Shift) bool { return !p.AllowsLocation(s.Location) }), err
}

func record(ctx context.Context, tx *store.Tx, p identity.Principal, action, object string, detail map[string]any) error {
	noun, _, _ := strings.Cut(action, ".")
	tx.Changed(Topic, noun)
	return audit.Write(ctx, tx, audit.Entry{Actor: p.Actor, Action: action, Object: object, Detail: detail})
}
