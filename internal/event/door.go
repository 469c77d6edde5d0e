package event

import (
	"context"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

const (
	// early is how long before their booking people come.
	early = 10 * time.Minute
	// unseen is how long a door is taken to stand open of which nobody reports that it was shut: some
	// contacts report the one and not the other.
	unseen = 6 * time.Hour
)

// TakeDoor takes in what a door reported, in the transaction that stores it. What we did ourselves, what a
// door reports of a place that the club has not entered, and a denial of long ago are no news.
func TakeDoor(ctx context.Context, tx *store.Tx, a store.AccessEvent, code club.EventCode) error {
	if a.DeviceID.IsZero() || a.LocationID.IsZero() || !a.ExecutionID.IsZero() {
		return nil
	}
	open := openKey(club.EventDoorHeldOpen, a.DeviceID.String())
	if a.Kind == club.AccessOpened || a.Kind == club.AccessClosed { // either says that it was shut in between
		return End(ctx, tx, open)
	}
	if code == "" || code != club.EventDoorForced && tx.Now.Sub(a.At) > goesOn {
		return nil
	}
	r := Report{Code: code, Vendor: a.Vendor, Key: a.EventKey, Location: a.LocationID, Bay: a.BayID, Device: a.DeviceID, AccessEvent: a.ID, At: a.At}
	if code == club.EventDoorHeldOpen {
		r.Open = open
		if err := endUnseen(ctx, tx, open); err != nil {
			return err
		}
	}
	var err error
	if r.Booking, err = bookingAt(ctx, tx, a); err != nil {
		return err
	}
	_, err = Take(ctx, tx, r)
	return err
}

// endUnseen ends a state that has lasted too long to be believed.
func endUnseen(ctx context.Context, tx *store.Tx, open string) error {
	e, err := tx.FindOpenEvent(ctx, &open)
	if missing(err) || err == nil && tx.Now.Sub(e.At) < unseen {
		return nil
	}
	if err != nil {
		return wrap("find open event", err)
	}
	return End(ctx, tx, open)
}

// bookingAt is the booking that runs behind a door, or is about to begin. Behind a door of several bays it is
// known only where there is no other.
func bookingAt(ctx context.Context, tx *store.Tx, a store.AccessEvent) (club.BookingID, error) {
	for _, at := range []time.Time{a.At, a.At.Add(early)} {
		list, err := tx.FindBookingsUnderWay(ctx, store.FindBookingsUnderWayParams{LocationID: a.LocationID, At: at, Since: at.Add(-club.BookingReach)})
		if err != nil {
			return "", wrap("find bookings", err)
		}
		var found []club.BookingID
		for _, b := range list {
			if a.BayID.IsZero() || a.BayID == b.BayID {
				found = append(found, b.ID)
			}
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			return found[0], nil
		}
		return "", nil
	}
	return "", nil
}

// runs reports whether a booking runs at an instant.
func runs(b store.Booking, at time.Time) bool {
	return b.Status == club.BookingConfirmed && !at.Before(b.StartsAt) && at.Before(b.EndsAt)
}
