package act

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/store"
)

// scene is what the rows say of a request: where it is, what it would act on, and whose it is.
type scene struct {
	action   catalogue.Action
	params   catalogue.Params
	location store.Location // zero ID: unknown
	bay      store.Bay      // zero ID: unknown
	target   store.Device   // zero ID: none, or several
	noTarget string         // why there is none
	member   store.Member   // zero ID: not a member
	booking  store.Booking  // zero ID: none for the place
	mine     bool           // the thread's subject holds the booking
}

// bookingReach is how far from its ends a booking may still have to do with the present: the widest
// time window a prerequisite can have.
const bookingReach = 2 * time.Hour

// horizon is how far ahead a booking is the next one of a place.
const horizon = 24 * time.Hour

// read finds the scene of a request. Nothing in it comes from the request but ids of rows.
func (e *Engine) read(ctx context.Context, tx *store.Tx, r Request) (*scene, error) {
	a, ok := e.cfg.Catalogue.Find(r.Action)
	if !ok || !a.Physical() {
		return nil, club.Invalid("%q is not an action that moves something in the club", clip(string(r.Action), 40))
	}
	params, err := a.ParseParams(r.Params)
	if err != nil {
		return nil, err
	}
	s := &scene{action: a, params: params}
	if !r.Thread.SubjectID.IsZero() {
		if s.member, err = tx.FindMemberBySubject(ctx, r.Thread.SubjectID); err != nil && !missing(err) {
			return nil, fmt.Errorf("find member: %w", err)
		}
	}
	own, err := ownBookings(ctx, tx, r.Thread.SubjectID)
	if err != nil {
		return nil, err
	}
	if err := s.readPlace(ctx, tx, r, own); err != nil {
		return nil, err
	}
	if a.Target.Kind == catalogue.TargetDoor {
		s.target, s.noTarget, err = findDoor(ctx, tx.Queries, s.location.ID, s.bay.ID)
	} else {
		s.target, s.noTarget, err = findDevice(ctx, tx, s.bay, a.Target.DeviceKind)
	}
	if err != nil {
		return nil, err
	}
	if err := s.readOutage(ctx, tx); err != nil {
		return nil, err
	}
	return s, s.readBooking(ctx, tx, own)
}

// readOutage takes the target away while it is out of use: whoever repairs it must not be surprised.
func (s *scene) readOutage(ctx context.Context, tx *store.Tx) error {
	if s.target.ID.IsZero() {
		return nil
	}
	o, err := tx.FindOutage(ctx, s.target.ID.String())
	if missing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find outage: %w", err)
	}
	if !tx.Now.Before(o.StartsAt) && (o.EndsAt == nil || tx.Now.Before(*o.EndsAt)) {
		s.noTarget = s.target.Name + " is out of use: " + o.Reason
		s.target = store.Device{}
	}
	return nil
}

func ownBookings(ctx context.Context, tx *store.Tx, id club.SubjectID) ([]store.Booking, error) {
	if id.IsZero() {
		return nil, nil
	}
	list, err := tx.FindBookingsAround(ctx, store.FindBookingsAroundParams{SubjectID: id, Since: tx.Now.Add(-bookingReach), Until: tx.Now.Add(horizon)})
	if err != nil {
		return nil, fmt.Errorf("find bookings: %w", err)
	}
	return list, nil
}

// readPlace takes the place that context names; where it names none, that of the subject's nearest
// booking.
func (s *scene) readPlace(ctx context.Context, tx *store.Tx, r Request, own []store.Booking) (err error) {
	location, bay := r.Location, r.Bay
	if location.IsZero() {
		b := nearest(own, tx.Now)
		location, bay = b.LocationID, b.BayID
	}
	if location.IsZero() {
		return nil
	}
	if s.location, err = tx.FindLocation(ctx, location); err != nil {
		return fmt.Errorf("find location: %w", err)
	}
	if bay.IsZero() {
		return nil
	}
	b, err := tx.FindBay(ctx, bay)
	if err != nil {
		return fmt.Errorf("find bay: %w", err)
	}
	if b.LocationID == location { // a bay of another place is left over from another matter
		s.bay = b
	}
	return nil
}

// readBooking takes the booking that is current for the target's place, or else the next: the
// subject's own where there is one, otherwise whoever's.
func (s *scene) readBooking(ctx context.Context, tx *store.Tx, own []store.Booking) error {
	var here []store.Booking
	for _, b := range own {
		if s.fits(b) {
			here = append(here, b)
		}
	}
	if s.booking = nearest(here, tx.Now); !s.booking.ID.IsZero() {
		s.mine = true
		return nil
	}
	if s.bay.ID.IsZero() {
		return nil
	}
	list, err := tx.FindBookingsOfBay(ctx, store.FindBookingsOfBayParams{BayID: s.bay.ID, Since: tx.Now.Add(-bookingReach), Until: tx.Now.Add(horizon)})
	if err != nil {
		return fmt.Errorf("find bookings: %w", err)
	}
	s.booking = nearest(list, tx.Now)
	return nil
}

// fits reports whether a booking is one for the scene's place. A door of the whole location serves
// every booking there; everything else belongs to its bay.
func (s *scene) fits(b store.Booking) bool {
	if b.LocationID != s.location.ID {
		return false
	}
	wholePlace := s.action.Target.Kind == catalogue.TargetDoor && s.target.BayID.IsZero()
	return wholePlace || b.BayID.IsZero() || b.BayID == s.bay.ID
}

// nearest returns the confirmed booking that is under way; without one the next; without that the one
// that ended last. The zero booking when there is none.
func nearest(list []store.Booking, now time.Time) store.Booking {
	distance := func(b store.Booking) time.Duration {
		switch {
		case now.Before(b.StartsAt):
			return b.StartsAt.Sub(now)
		case now.After(b.EndsAt):
			return now.Sub(b.EndsAt)
		}
		return 0
	}
	var best store.Booking
	for _, b := range list {
		if b.Status == club.BookingConfirmed && (best.ID.IsZero() || distance(b) < distance(best)) {
			best = b
		}
	}
	return best
}

func findDevice(ctx context.Context, tx *store.Tx, bay store.Bay, kind club.DeviceKind) (store.Device, string, error) {
	if bay.ID.IsZero() {
		return store.Device{}, "the bay is not known", nil
	}
	list, err := tx.FindDevicesOfBay(ctx, bay.ID)
	if err != nil {
		return store.Device{}, "", fmt.Errorf("find devices: %w", err)
	}
	list = ofKind(list, kind)
	if len(list) != 1 {
		return store.Device{}, fmt.Sprintf("%s has %d devices of the kind %s; one is needed", bay.Name, len(list), kind), nil
	}
	return list[0], "", nil
}

// findDoor takes the bay's own door, or else the location's: the only one, or the one that is called
// the entrance. Which of several doors is meant is for a person to say.
func findDoor(ctx context.Context, q *store.Queries, location club.LocationID, bay club.BayID) (store.Device, string, error) {
	if location.IsZero() {
		return store.Device{}, "the location is not known", nil
	}
	if !bay.IsZero() {
		list, err := q.FindDevicesOfBay(ctx, bay)
		if err != nil {
			return store.Device{}, "", fmt.Errorf("find doors: %w", err)
		}
		if list = ofKind(list, club.DeviceDoor); len(list) == 1 {
			return list[0], "", nil
		}
	}
	list, err := q.FindDevicesOfLocation(ctx, location)
	if err != nil {
		return store.Device{}, "", fmt.Errorf("find doors: %w", err)
	}
	doors := ofKind(list, club.DeviceDoor)
	var entrances []store.Device
	for _, d := range doors {
		if slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(d.Name), notLetter), isEntrance) {
			entrances = append(entrances, d)
		}
	}
	switch {
	case len(doors) == 1:
		return doors[0], "", nil
	case len(entrances) == 1:
		return entrances[0], "", nil
	case len(doors) == 0:
		return store.Device{}, "the location has no door that we control", nil
	}
	return store.Device{}, "the location has several doors, and none of them alone is the entrance", nil
}

// isEntrance takes whole words only: the maintenance room is not the main door.
func isEntrance(word string) bool { return word == "entrance" || word == "front" || word == "main" }

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

func ofKind(list []store.Device, kind club.DeviceKind) []store.Device {
	var out []store.Device
	for _, d := range list {
		if d.Kind == kind {
			out = append(out, d)
		}
	}
	return out
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
