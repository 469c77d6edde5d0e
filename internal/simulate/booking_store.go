package simulate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// bookingSource is where the rows say they come from: the booking webhook, so that a later event changes them.
const bookingSource = "webhook"

// bookedAfresh is how old a club's bookings may be before they are laid anew.
const bookedAfresh = time.Hour

// putBookings lays the club's bookings around Options.Now, unless that was done lately: then it leaves
// them as they stand. Either way the club holds what is stored.
func putBookings(ctx context.Context, tx *store.Tx, c *Club, o Options) error {
	standing, laid, err := readBookings(ctx, tx, c, o.Now)
	if err != nil {
		return err
	}
	if age := o.Now.Sub(laid); age > bookedAfresh || age < -bookedAfresh {
		if err := cancelUnfinished(ctx, tx, o.Now); err != nil {
			return err
		}
		standing = slices.DeleteFunc(standing, func(b Booking) bool { return b.source == bookingSource && b.End.After(o.Now) })
		for _, b := range inventBookings(o.source(2), c, o.Now, standing) {
			if err := putBooking(ctx, tx, c, b, o.Now); err != nil {
				return err
			}
		}
		if standing, _, err = readBookings(ctx, tx, c, o.Now); err != nil {
			return err
		}
	}
	c.Bookings = standing
	return nil
}

func putBooking(ctx context.Context, tx *store.Tx, c *Club, b Booking, now time.Time) error {
	l, _ := c.FindLocation(b.Location)
	bay, _ := c.FindBay(b.Location, b.Bay)
	p := store.PutBookingParams{ID: club.NewBookingID(tx.Now), Source: bookingSource, ExternalID: b.ExternalID, LocationID: l.ID, BayID: bay.ID,
		StartsAt: b.Start, EndsAt: b.End, Status: club.BookingConfirmed, Sequence: now.UnixMicro(), Now: tx.Now}
	if b.Member >= 0 {
		p.SubjectID, p.MemberID = c.Members[b.Member].Subject, c.Members[b.Member].ID
	}
	if b.Cancelled {
		p.Status = club.BookingCancelled
	}
	if _, err := tx.PutBooking(ctx, p); err != nil {
		return fmt.Errorf("put booking: %w", err)
	}
	return nil
}

// cancelUnfinished cancels what the synthetic booking system has booked beyond now. No booking lasts
// longer than a few hours, so looking back a day finds those that run.
func cancelUnfinished(ctx context.Context, tx *store.Tx, now time.Time) error {
	rows, err := tx.FindComingBookingsOfSource(ctx, store.FindComingBookingsOfSourceParams{Source: bookingSource, Since: now.AddDate(0, 0, -1)})
	if err != nil {
		return fmt.Errorf("find coming bookings: %w", err)
	}
	for _, b := range rows {
		if !b.EndsAt.After(now) {
			continue
		}
		if _, err := tx.UpdateBookingStatus(ctx, store.UpdateBookingStatusParams{ID: b.ID, Status: club.BookingCancelled, UpdatedAt: tx.Now}); err != nil {
			return fmt.Errorf("cancel booking: %w", err)
		}
	}
	return nil
}

// readBookings returns the bookings from two days before now to three days after, by start, and when
// those of the synthetic booking system were laid; the zero time when there are none.
func readBookings(ctx context.Context, tx *store.Tx, c *Club, now time.Time) (out []Booking, laid time.Time, err error) {
	places, bays, members := map[club.LocationID]string{}, map[club.BayID]int{}, map[club.MemberID]int{}
	for _, l := range c.Locations {
		places[l.ID] = l.Name
		for _, b := range l.Bays {
			bays[b.ID] = b.Number
		}
	}
	for i, m := range c.Members {
		members[m.ID] = i
	}
	var after *string
	for {
		page, err := tx.FindBookingsPage(ctx, store.FindBookingsPageParams{Since: now.AddDate(0, 0, -2), Until: now.AddDate(0, 0, 3), After: after, Size: 500})
		if err != nil {
			return nil, laid, fmt.Errorf("find bookings: %w", err)
		}
		for _, row := range page {
			b := Booking{ExternalID: row.ExternalID, Location: places[row.LocationID], Bay: bays[row.BayID], Member: -1,
				Start: row.StartsAt.UTC(), End: row.EndsAt.UTC(), Cancelled: row.Status == club.BookingCancelled, source: row.Source}
			if i, ok := members[row.MemberID]; ok && !row.MemberID.IsZero() {
				b.Member = i
			}
			if at := time.UnixMicro(row.Sequence).UTC(); row.Source == bookingSource && at.After(laid) {
				laid = at
			}
			out = append(out, b)
		}
		if len(page) < 500 {
			return out, laid, nil
		}
		last := page[len(page)-1].ID.String()
		after = &last
	}
}

// Change returns a booking as the club's booking system would report it.
func (c *Club) Change(b Booking) club.BookingChange {
	change := club.BookingChange{Source: bookingSource, ExternalID: b.ExternalID, Location: b.Location, Bay: fmt.Sprintf("Bay %d", b.Bay),
		Start: b.Start, End: b.End, Cancelled: b.Cancelled, Sequence: c.Now.UnixMicro()}
	if b.Member >= 0 {
		m := c.Members[b.Member]
		change.Phone, change.Email, change.Name = m.Phone, m.Email, m.Name
	}
	return change
}
