package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"clubos/internal/audit"
	"clubos/internal/booking"
	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// BookingTopic is what Tx.Changed announces for a booking; without an id, for many.
const BookingTopic = "booking"

// bookingsProvider names the deliveries of booking systems.
const bookingsProvider = "bookings"

// Booking stores a booking, or a later change of one, and returns its id. A change that is older than
// what is stored changes nothing. Invalid when its location or bay is none of the club's, or it is
// malformed. deliveryID may be "".
func (in *Inbox) Booking(ctx context.Context, tenant *store.Tenant, deliveryID string, c club.BookingChange) (club.BookingID, error) {
	keys, err := in.keys(tenant)
	if err != nil {
		return "", fmt.Errorf("open keys: %w", err)
	}
	var id club.BookingID
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		if deliveryID != "" {
			n, err := tx.CreateDelivery(ctx, store.CreateDeliveryParams{Provider: bookingsProvider, DeliveryID: key(deliveryID), ReceivedAt: tx.Now})
			if err != nil {
				return fmt.Errorf("record delivery: %w", err)
			}
			if n == 0 {
				tx.Relies()
				b, err := findBooking(ctx, tx, c)
				if err == nil {
					id = b.ID
					return nil
				}
				if !missing(err) {
					return fmt.Errorf("find booking: %w", err)
				}
			}
		}
		b := newBooker(tx, keys)
		done, err := b.put(ctx, c)
		if err != nil {
			return err
		}
		id = done.next.ID
		return b.tell(ctx, true)
	})
	return id, err
}

func findBooking(ctx context.Context, tx *store.Tx, c club.BookingChange) (store.Booking, error) {
	return tx.FindBookingByExternalID(ctx, store.FindBookingByExternalIDParams{Source: key(c.Source), ExternalID: key(c.ExternalID)})
}

// Verdict is what a change does to a booking.
type Verdict string

// The verdicts.
const (
	BookingCreated   Verdict = "created"
	BookingChanged   Verdict = "changed"
	BookingCancelled Verdict = "cancelled"
	BookingUnchanged Verdict = "unchanged"
	BookingKept      Verdict = "kept"     // a person has changed it here, and its source says nothing else than before
	BookingRejected  Verdict = "rejected" // it cannot be used
)

// booker stores bookings in one transaction. It remembers the club's places, so that a file of thousands
// asks for them once.
type booker struct {
	tx   *store.Tx
	keys *vault.Tenant
	dry  bool // looks only: nothing is written
	bulk bool // what changed is announced as a whole by the caller
	// allows says of a location whether it may be written to; nil allows every one.
	allows func(club.LocationID) bool

	locations []store.Location
	bays      map[club.LocationID][]store.Bay
	region    *string
	changes   []event.Rebooked // what was stored so far
}

func newBooker(tx *store.Tx, keys *vault.Tenant) *booker {
	return &booker{tx: tx, keys: keys, bays: map[club.LocationID][]store.Bay{}}
}

// stored is what became of a change.
type stored struct {
	verdict   Verdict
	old, next store.Booking
	known     bool
}

// put stores c.
func (b *booker) put(ctx context.Context, c club.BookingChange) (stored, error) {
	if c.Source == "" || strings.TrimSpace(c.ExternalID) == "" {
		return stored{}, club.Invalid("a booking needs the id that its booking system gave it")
	}
	old, err := findBooking(ctx, b.tx, c)
	if err != nil && !missing(err) {
		return stored{}, fmt.Errorf("find booking: %w", err)
	}
	s := stored{verdict: BookingUnchanged, old: old, next: old, known: err == nil}
	if s.known && !b.may(old.LocationID) {
		return s, invalid("booking_id", "the id belongs to a booking of a location that is not yours", "leave the line out")
	}
	if s.known && c.Sequence < old.Sequence {
		return s, nil
	}
	if !s.known {
		s.next = store.Booking{ID: club.NewBookingID(b.tx.Now), Source: key(c.Source), ExternalID: key(c.ExternalID)}
	}
	if err := b.fill(ctx, &s.next, c, s.known); err != nil {
		return s, err
	}
	if s.known {
		kept, err := b.keeps(ctx, s)
		if err != nil || kept {
			s.verdict, s.next = BookingKept, old
			return s, err
		}
	}
	s.judge()
	return s, b.write(ctx, s, c)
}

// judge says what the change does. One that is told again, later, changes nothing that anybody would
// look for.
func (s *stored) judge() {
	same := s.next
	same.Sequence = s.old.Sequence
	switch {
	case s.known && same == s.old:
		s.verdict = BookingUnchanged
	case s.next.Status == club.BookingCancelled && s.old.Status != club.BookingCancelled:
		s.verdict = BookingCancelled
	case s.known:
		s.verdict = BookingChanged
	default:
		s.verdict = BookingCreated
	}
}

func (b *booker) write(ctx context.Context, s stored, c club.BookingChange) error {
	if b.dry || s.next == s.old || b.bulk && s.verdict == BookingUnchanged {
		return nil
	}
	next := s.next
	_, err := b.tx.PutBooking(ctx, store.PutBookingParams{
		ID: next.ID, Source: next.Source, ExternalID: next.ExternalID, LocationID: next.LocationID, BayID: next.BayID, SubjectID: next.SubjectID,
		MemberID: next.MemberID, StartsAt: next.StartsAt, EndsAt: next.EndsAt, Status: next.Status, Sequence: next.Sequence, Now: b.tx.Now,
	})
	if missing(err) { // a later change came in between
		return nil
	}
	if err != nil {
		return fmt.Errorf("store booking: %w", err)
	}
	if s.verdict == BookingUnchanged {
		return nil
	}
	if s.known { // what a person had changed gives way to what the source says anew
		if _, err := b.tx.DeleteBookingEdit(ctx, next.ID); err != nil {
			return fmt.Errorf("forget edit: %w", err)
		}
	}
	b.changes = append(b.changes, event.Rebooked{Old: s.old, New: next, Known: s.known})
	if !b.bulk {
		b.tx.Changed(BookingTopic, next.ID.String())
	}
	by := c.By
	if by.Kind == "" {
		by = club.System("inbox")
	}
	return auditBooking(ctx, b.tx, by, s, c.Reason)
}

// tell reports what was stored, once all of it is. Where news is false, it is what a source had before we
// knew it.
func (b *booker) tell(ctx context.Context, news bool) error {
	if len(b.changes) == 0 {
		return nil
	}
	if err := event.TakeBookings(ctx, b.tx, b.changes, news); err != nil {
		return fmt.Errorf("report bookings: %w", err)
	}
	return nil
}

// keeps reports whether a person's change stands against what the source says: it said the same before.
func (b *booker) keeps(ctx context.Context, s stored) (bool, error) {
	if s.next == s.old || s.next.Sequence != s.old.Sequence {
		return false, nil
	}
	edit, err := b.tx.FindBookingEdit(ctx, s.old.ID)
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find edit: %w", err)
	}
	return edit.Told == told(s.next), nil
}

// told is a digest of what a source says about a booking: when, where, and whether it stands.
func told(b store.Booking) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%d|%d|%t", b.LocationID, b.BayID, b.StartsAt.UnixMicro(), b.EndsAt.UnixMicro(), b.Status == club.BookingCancelled))
	return hex.EncodeToString(sum[:12])
}

func auditBooking(ctx context.Context, tx *store.Tx, by club.Actor, s stored, reason string) error {
	next, old := s.next, s.old
	detail := map[string]any{"source": next.Source, "location": next.LocationID, "bay": next.BayID, "starts_at": next.StartsAt, "ends_at": next.EndsAt, "holder_known": !next.SubjectID.IsZero()}
	if s.known {
		detail["before"] = map[string]any{"location": old.LocationID, "bay": old.BayID, "starts_at": old.StartsAt, "ends_at": old.EndsAt, "status": old.Status}
		detail["holder_changed"] = old.SubjectID != next.SubjectID
	}
	if reason != "" {
		detail["reason"] = reason
	}
	return audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "booking." + string(s.verdict), Object: next.ID.String(), Detail: detail})
}

// fill writes what c says into x. A cancellation may leave out everything but its id.
func (b *booker) fill(ctx context.Context, x *store.Booking, c club.BookingChange, known bool) error {
	x.Sequence = c.Sequence
	if c.Cancelled && known && c.Start.IsZero() {
		x.Status = club.BookingCancelled
		return nil
	}
	if c.Cancelled && c.Start.IsZero() {
		return invalid("booking_id", "the booking that is cancelled is not known here", "leave the line out: there is nothing to cancel")
	}
	start, end := c.Start.UTC().Truncate(time.Microsecond), c.End.UTC().Truncate(time.Microsecond)
	if c.Start.IsZero() || c.End.IsZero() || !start.Before(end) {
		return invalid("end", "a booking needs a start, and an end after it", "check start and end")
	}
	location, err := b.location(ctx, c.Location)
	if err != nil {
		return err
	}
	bay, err := b.bay(ctx, location, c.Bay)
	if err != nil {
		return err
	}
	subject, member, err := b.holder(ctx, c)
	if err != nil {
		return err
	}
	moved := !x.StartsAt.Equal(start) || !x.EndsAt.Equal(end) || x.LocationID != location.ID || x.BayID != bay
	switch {
	case c.Cancelled:
		x.Status = club.BookingCancelled
	case x.Status != club.BookingNoShow || moved:
		x.Status = club.BookingConfirmed
	}
	if moved { // otherwise the instants stay as they were read, so that nothing differs
		x.StartsAt, x.EndsAt = start, end
	}
	x.LocationID, x.BayID = location.ID, bay
	if !subject.IsZero() || c.Phone != "" || c.Email != "" { // who names a holder that we cannot find has named another one
		x.SubjectID, x.MemberID = subject, member
	}
	return nil
}

// invalid is a refusal that says which column of a file is to blame, and what to do.
func invalid(column, problem, remedy string) error {
	return &club.Error{Code: club.CodeInvalid, Msg: problem, Err: &booking.Fault{Column: column, Problem: problem, Remedy: remedy}}
}
