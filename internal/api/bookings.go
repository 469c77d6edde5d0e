package api

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/store"
)

// Booking is a slot that a booking system has told us of.
type Booking struct {
	ID         string    `json:"id"`
	Source     string    `json:"source" doc:"Which booking system."`
	ExternalID string    `json:"external_id" doc:"Its id there."`
	LocationID string    `json:"location_id"`
	BayID      string    `json:"bay_id,omitempty"`
	MemberID   string    `json:"member_id,omitempty" doc:"Absent: the source proves a slot, not who holds it."`
	StartsAt   time.Time `json:"starts_at"`
	EndsAt     time.Time `json:"ends_at"`
	Status     string    `json:"status" enum:"confirmed,cancelled,no_show"`
	Sequence   int64     `json:"sequence" doc:"Of the last change taken in; older ones are ignored."`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

func showBooking(b store.Booking) (Booking, error) {
	return Booking{ID: b.ID.String(), Source: b.Source, ExternalID: b.ExternalID, LocationID: b.LocationID.String(), BayID: b.BayID.String(), MemberID: b.MemberID.String(),
		StartsAt: b.StartsAt.UTC(), EndsAt: b.EndsAt.UTC(), Status: string(b.Status), Sequence: b.Sequence, CreatedAt: b.CreatedAt.UTC(), UpdatedAt: b.UpdatedAt.UTC()}, nil
}

func versionOfBooking(b store.Booking) string { return etagAt(b.UpdatedAt) }

type listBookings struct {
	Paging
	Since    time.Time `query:"since" doc:"That start at or after. Default: a day ago."`
	Until    time.Time `query:"until" doc:"That start before. Default: 30 days from now."`
	Location string    `query:"location"`
	Bay      string    `query:"bay"`
	Member   string    `query:"member"`
	Status   string    `query:"status" enum:"confirmed,cancelled,no_show"`
}

type putBooking struct {
	InClub
	Body struct {
		Source     string    `json:"source,omitempty" default:"api" minLength:"1" maxLength:"60" doc:"Which booking system."`
		ExternalID string    `json:"external_id" minLength:"1" maxLength:"200"`
		LocationID string    `json:"location_id"`
		BayID      string    `json:"bay_id,omitempty"`
		StartsAt   time.Time `json:"starts_at"`
		EndsAt     time.Time `json:"ends_at"`
		Cancelled  bool      `json:"cancelled,omitempty"`
		Phone      string    `json:"phone,omitempty" maxLength:"60" doc:"Of who holds it."`
		Email      string    `json:"email,omitempty" maxLength:"254" doc:"Of who holds it; used where there is no phone number."`
		Sequence   *int64    `json:"sequence,omitempty" minimum:"0" doc:"Higher for a later change. Default: the time of the request in microseconds."`
	}
}

type editBooking struct {
	ByID
	Edit
	Body struct {
		Status string `json:"status" enum:"confirmed,cancelled,no_show"`
		Reason string `json:"reason,omitempty" maxLength:"300" doc:"Why; kept in the audit log."`
	}
}

func (a *api) registerBookings() {
	register(a, "list-bookings", func(ctx context.Context, c *call, in *listBookings) (out *pageOut[Booking], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			m, err := in.mark()
			if err != nil {
				return err
			}
			since, until := in.Since.UTC(), in.Until.UTC()
			if in.Since.IsZero() {
				since = tx.Now.Add(-24 * time.Hour)
			}
			if in.Until.IsZero() {
				until = tx.Now.Add(30 * 24 * time.Hour)
			}
			rows, err := tx.FindBookingsInScope(ctx, store.FindBookingsInScopeParams{Since: since, Until: until, Scope: c.by.LocationScope(), Location: in.Location, Bay: in.Bay,
				Member: in.Member, Status: in.Status, AfterID: m.id, AfterAt: m.at, Size: in.more()})
			if err != nil {
				return fmt.Errorf("find bookings: %w", err)
			}
			out, err = pageOf(in.Paging, rows, func(b store.Booking) mark { return mark{b.StartsAt, b.ID.String()} }, showBooking)
			return err
		})
		return out, err
	})
	register(a, "get-booking", func(ctx context.Context, c *call, in *ByID) (*oneOut[Booking], error) {
		return one(ctx, c.read, showBooking, versionOfBooking, func(tx *store.Tx) (store.Booking, error) { return c.findBooking(ctx, tx, club.BookingID(in.ID)) })
	})
	register(a, "put-booking", func(ctx context.Context, c *call, in *putBooking) (*oneOut[Booking], error) {
		id, err := a.storeBooking(ctx, c, in)
		if err != nil {
			return nil, err
		}
		return one(ctx, c.read, showBooking, versionOfBooking, func(tx *store.Tx) (store.Booking, error) { return c.findBooking(ctx, tx, id) })
	})
	register(a, "set-booking-status", func(ctx context.Context, c *call, in *editBooking) (*oneOut[Booking], error) {
		was, err := in.instant()
		if err != nil {
			return nil, err
		}
		if _, err := a.cfg.Inbox.SetBookingStatus(ctx, c.tenant, c.by, club.BookingID(in.ID), club.BookingStatus(in.Body.Status), in.Body.Reason, was); err != nil {
			return nil, err
		}
		return one(ctx, c.read, showBooking, versionOfBooking, func(tx *store.Tx) (store.Booking, error) { return c.findBooking(ctx, tx, club.BookingID(in.ID)) })
	})
	a.registerBookingFiles()
}

func (c *call) findBooking(ctx context.Context, tx *store.Tx, id club.BookingID) (store.Booking, error) {
	return inbox.FindBooking(ctx, tx, c.by, id)
}

// storeBooking hands a booking to the inbox once it is sure that neither where it is nor where it goes
// lies outside the caller's locations.
func (a *api) storeBooking(ctx context.Context, c *call, in *putBooking) (club.BookingID, error) {
	b := in.Body
	change := club.BookingChange{Source: b.Source, ExternalID: b.ExternalID, Location: b.LocationID, Bay: b.BayID, Start: b.StartsAt, End: b.EndsAt,
		Cancelled: b.Cancelled, Phone: b.Phone, Email: b.Email, By: c.by.Actor}
	err := c.read(ctx, func(tx *store.Tx) error {
		change.Sequence = tx.Now.UnixMicro()
		if b.Sequence != nil {
			change.Sequence = *b.Sequence
		}
		if b.LocationID == "" {
			return club.Invalid("a booking needs its location")
		}
		if err := c.mayPlace(ctx, tx, club.LocationID(b.LocationID)); err != nil {
			return err
		}
		if b.BayID != "" {
			bay, err := tx.FindBay(ctx, club.BayID(b.BayID))
			if missing(err) || err == nil && bay.LocationID.String() != b.LocationID {
				return club.Invalid("the location has no such bay")
			}
			if err != nil {
				return fmt.Errorf("find bay: %w", err)
			}
		}
		old, err := tx.FindBookingByExternalID(ctx, store.FindBookingByExternalIDParams{Source: b.Source, ExternalID: b.ExternalID})
		if err == nil && !c.by.AllowsLocation(old.LocationID) {
			return club.Conflict("the booking system's id is taken")
		}
		if err != nil && !missing(err) {
			return fmt.Errorf("find booking: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return a.cfg.Inbox.Booking(ctx, c.tenant, "", change)
}
