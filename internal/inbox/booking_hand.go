package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clubos/internal/booking"
	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// ErrChanged is in the chain of the Conflict that a change of an old version gets.
var ErrChanged = errors.New("the booking has another version")

// HandBooking is a booking as a person writes it.
type HandBooking struct {
	Location   club.LocationID
	Bay        club.BayID
	Start, End time.Time
	Phone      string // of who holds it; both empty leaves the holder as it is
	Email      string
	Nobody     bool   // takes the holder away
	Overlap    bool   // take it although the bay is taken at that time
	Reason     string // why; kept in the audit log
	// IfUpdatedAt, when set, makes a change conditional on the version that its maker saw.
	IfUpdatedAt time.Time
}

// FindBooking returns a booking that p may see.
func FindBooking(ctx context.Context, tx *store.Tx, p identity.Principal, id club.BookingID) (store.Booking, error) {
	if err := p.Require(identity.BookingsRead); err != nil {
		return store.Booking{}, err
	}
	b, err := tx.FindBooking(ctx, id)
	if missing(err) || err == nil && !p.AllowsLocation(b.LocationID) {
		return store.Booking{}, club.NotFound("there is no such booking")
	}
	if err != nil {
		return b, fmt.Errorf("find booking: %w", err)
	}
	return b, nil
}

// CreateBooking makes a booking by hand. Conflict when the bay is taken at that time, unless Overlap
// says that this is known.
func (in *Inbox) CreateBooking(ctx context.Context, tenant *store.Tenant, p identity.Principal, h HandBooking) (store.Booking, error) {
	var out store.Booking
	err := in.byHand(ctx, tenant, p, func(b *booker) error {
		s := stored{verdict: BookingCreated}
		s.next = store.Booking{ID: club.NewBookingID(b.tx.Now), Source: SourceHand, Sequence: b.tx.Now.UnixMicro()}
		s.next.ExternalID = s.next.ID.String()
		if err := b.fillByHand(ctx, &s.next, h, false); err != nil {
			return err
		}
		out = s.next
		out.CreatedAt, out.UpdatedAt = b.tx.Now, b.tx.Now
		return b.write(ctx, s, club.BookingChange{By: p.Actor, Reason: h.Reason})
	})
	return out, err
}

// UpdateBooking changes a booking by hand. It stands until the booking's source says something else
// than it has said so far.
func (in *Inbox) UpdateBooking(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.BookingID, h HandBooking) (store.Booking, error) {
	var out store.Booking
	err := in.byHand(ctx, tenant, p, func(b *booker) error {
		old, err := FindBooking(ctx, b.tx, p, id)
		if err != nil {
			return err
		}
		s := stored{old: old, next: old, known: true}
		if err := b.fillByHand(ctx, &s.next, h, true); err != nil {
			return err
		}
		out, err = b.revise(ctx, p, s, h.IfUpdatedAt, h.Reason)
		return err
	})
	return out, err
}

// SetBookingStatus cancels a booking by hand, brings it back or marks it as a no-show.
func (in *Inbox) SetBookingStatus(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.BookingID, to club.BookingStatus, reason string, seen time.Time) (store.Booking, error) {
	var out store.Booking
	switch to {
	case club.BookingConfirmed, club.BookingCancelled, club.BookingNoShow:
	default:
		return out, club.Invalid("a booking is confirmed, cancelled or a no-show")
	}
	err := in.byHand(ctx, tenant, p, func(b *booker) error {
		old, err := FindBooking(ctx, b.tx, p, id)
		if err != nil {
			return err
		}
		s := stored{old: old, next: old, known: true}
		s.next.Status = to
		out, err = b.revise(ctx, p, s, seen, reason)
		return err
	})
	return out, err
}

func (in *Inbox) byHand(ctx context.Context, tenant *store.Tenant, p identity.Principal, fn func(*booker) error) error {
	if err := p.Require(identity.BookingsWrite); err != nil {
		return err
	}
	keys, err := in.keys(tenant)
	if err != nil {
		return fmt.Errorf("open keys: %w", err)
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		if p.Tenant != tx.Tenant {
			return club.Forbidden("you belong to another club")
		}
		b := newBooker(tx, keys)
		b.allows = p.AllowsLocation
		if err := fn(b); err != nil {
			return err
		}
		return b.tell(ctx, true)
	})
}

// fillByHand writes what a person says into x.
func (b *booker) fillByHand(ctx context.Context, x *store.Booking, h HandBooking, known bool) error {
	if h.Location.IsZero() {
		return invalid("location", "the booking needs a location", "choose one")
	}
	if f := booking.Span(h.Start, h.End); f != nil || h.Start.IsZero() {
		return invalid("end", "the booking must end after it begins, and within a day", "check start and end")
	}
	c := club.BookingChange{Location: h.Location.String(), Bay: h.Bay.String(), Start: h.Start, End: h.End, Phone: h.Phone, Email: h.Email, Cancelled: known && x.Status == club.BookingCancelled, Sequence: x.Sequence}
	if err := b.fill(ctx, x, c, known); err != nil {
		return err
	}
	if (h.Phone != "" || h.Email != "") && x.SubjectID.IsZero() {
		return invalid("holder", "nobody is known by this number or address", "write the number with its country code, or the address of one member")
	}
	if h.Nobody {
		x.SubjectID, x.MemberID = "", ""
	}
	if h.Overlap || x.BayID.IsZero() || x.Status != club.BookingConfirmed {
		return nil
	}
	there, err := b.tx.FindBookingsOfBay(ctx, store.FindBookingsOfBayParams{BayID: x.BayID, Since: x.StartsAt, Until: x.EndsAt})
	if err != nil {
		return fmt.Errorf("find bookings: %w", err)
	}
	for _, y := range there {
		if y.ID != x.ID && y.Status == club.BookingConfirmed {
			return &club.Error{Code: club.CodeConflict, Msg: "the bay is taken at that time", Err: &booking.Fault{Column: "overlap", Problem: "the bay is taken at that time", Remedy: "choose another time or bay, or say that both may stand"}}
		}
	}
	return nil
}

// revise stores a person's change of a booking that exists.
func (b *booker) revise(ctx context.Context, p identity.Principal, s stored, seen time.Time, reason string) (store.Booking, error) {
	if seen.IsZero() {
		seen = s.old.UpdatedAt
	}
	changed := &club.Error{Code: club.CodeConflict, Msg: "somebody else changed the booking meanwhile; please look again", Err: ErrChanged}
	if !seen.Equal(s.old.UpdatedAt) {
		return s.old, changed
	}
	if s.next == s.old {
		return s.old, nil
	}
	s.judge()
	s.next.UpdatedAt = b.tx.Now
	if !s.next.UpdatedAt.After(s.old.UpdatedAt) {
		s.next.UpdatedAt = s.old.UpdatedAt.Add(time.Microsecond)
	}
	n, err := b.tx.ReviseBooking(ctx, store.ReviseBookingParams{ID: s.next.ID, LocationID: s.next.LocationID, BayID: s.next.BayID, SubjectID: s.next.SubjectID, MemberID: s.next.MemberID,
		StartsAt: s.next.StartsAt, EndsAt: s.next.EndsAt, Status: s.next.Status, Now: s.next.UpdatedAt, Seen: seen})
	if err != nil {
		return s.old, fmt.Errorf("change booking: %w", err)
	}
	if n == 0 {
		return s.old, changed
	}
	if s.next.Source != SourceHand {
		if err := b.tx.PutBookingEdit(ctx, store.PutBookingEditParams{BookingID: s.next.ID, Told: told(s.old), EditedAt: b.tx.Now, EditedBy: p.Actor.String()}); err != nil {
			return s.old, fmt.Errorf("note edit: %w", err)
		}
	}
	b.changes = append(b.changes, event.Rebooked{Old: s.old, New: s.next, Known: true})
	b.tx.Changed(BookingTopic, s.next.ID.String())
	return s.next, auditBooking(ctx, b.tx, p.Actor, s, reason)
}
