package event

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store"
)

const (
	// comes is how long before their booking a sign of somebody counts.
	comes = 30 * time.Minute
	// reports is how long ago a door's last entry may lie, to be one that reports entries.
	reports = 7 * 24 * time.Hour
	// quietKept is how long events are kept that nobody has taken up.
	quietKept = 30 * 24 * time.Hour
)

// LookAtBookings ends the overlaps whose time is past, and reports to which running bookings nobody has come.
func (r *Room) LookAtBookings(ctx context.Context, tenant *store.Tenant) error {
	due := false
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		list, err := late(ctx, tx)
		if err != nil {
			return err
		}
		open, err := tx.FindOpenEvents(ctx, openKey(club.EventBookingOverlap)+"%")
		due = len(list) > 0 || len(open) > 0
		return wrap("find overlaps", err)
	})
	if err != nil || !due {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		if err := endOverlaps(ctx, tx); err != nil {
			return err
		}
		list, err := late(ctx, tx)
		if err != nil {
			return err
		}
		for _, b := range list {
			if err := noShow(ctx, tx, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// late lists the running bookings whose holders should have come by now, and of which nothing was reported.
func late(ctx context.Context, tx *store.Tx) ([]store.Booking, error) {
	s, err := setting.Known(ctx, tx)
	if err != nil || s.NoShowWait == 0 {
		return nil, err
	}
	list, err := tx.FindBegunBookings(ctx, store.FindBegunBookingsParams{Since: tx.Now.Add(-longest), Began: tx.Now.Add(-s.NoShowWait), At: tx.Now})
	return list, wrap("find running bookings", err)
}

// noShow reports that nobody came to a booking, where that can be known: the doors on the way to the bay
// report entries, and none was there.
func noShow(ctx context.Context, tx *store.Tx, b store.Booking) error {
	if out, err := outOfUse(ctx, tx, b.BayID.String()); err != nil || out {
		return err
	}
	doors, err := tx.FindReportingDoors(ctx, store.FindReportingDoorsParams{LocationID: b.LocationID, Since: tx.Now.Add(-reports)})
	if err != nil {
		return wrap("find doors that report", err)
	}
	has := func(bay club.BayID) bool {
		return slices.ContainsFunc(doors, func(d store.FindReportingDoorsRow) bool { return d.BayID == bay })
	}
	behind := b.BayID // a door of the bay's own says more than that of the house
	if !has(behind) {
		behind = ""
	}
	if !has(behind) {
		return nil
	}
	since := b.StartsAt.Add(-comes)
	signs, err := tx.CountDoorSigns(ctx, store.CountDoorSignsParams{LocationID: b.LocationID, Since: since, Bay: behind.String(), Subject: b.SubjectID.String()})
	if err != nil || signs > 0 {
		return wrap("look for signs at doors", err)
	}
	if !b.SubjectID.IsZero() {
		texts, err := tx.CountTextsSince(ctx, store.CountTextsSinceParams{SubjectID: b.SubjectID, Since: since})
		if err != nil || texts > 0 {
			return wrap("look for texts", err)
		}
	}
	l, err := tx.FindLocation(ctx, b.LocationID)
	if err != nil {
		return wrap("find location", err)
	}
	_, err = Take(ctx, tx, Report{Code: club.EventBookingNoShow, Vendor: "doors", Key: fmt.Sprintf("%s@%d", openKey(club.EventBookingNoShow, b.ID.String()), b.StartsAt.UnixMicro()),
		Detail: club.Hours(b.StartsAt, b.EndsAt, l.TimeZone), Location: b.LocationID, Bay: b.BayID, Booking: b.ID})
	return err
}

// Prune forgets events that nobody has taken up: no situation, and no decision.
func (r *Room) Prune(ctx context.Context, tenant *store.Tenant) error {
	const batch, batches = 500, 40
	for range batches {
		var n int64
		err := tenant.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.DeleteQuietEvents(ctx, store.DeleteQuietEventsParams{Before: tx.Now.Add(-quietKept), Size: batch})
			return wrap("prune events", err)
		})
		if err != nil || n < batch {
			return err
		}
	}
	return nil
}
