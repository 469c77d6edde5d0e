package inbox

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/people"
	"clubos/internal/phone"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// BookingTopic is what Tx.Changed announces for a booking.
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
		id, err = putBooking(ctx, tx, keys, c)
		return err
	})
	return id, err
}

func findBooking(ctx context.Context, tx *store.Tx, c club.BookingChange) (store.Booking, error) {
	return tx.FindBookingByExternalID(ctx, store.FindBookingByExternalIDParams{Source: key(c.Source), ExternalID: key(c.ExternalID)})
}

// putBooking stores c in tx.
func putBooking(ctx context.Context, tx *store.Tx, keys *vault.Tenant, c club.BookingChange) (club.BookingID, error) {
	if c.Source == "" || strings.TrimSpace(c.ExternalID) == "" {
		return "", club.Invalid("a booking needs the id that its booking system gave it")
	}
	old, err := findBooking(ctx, tx, c)
	known := err == nil
	if err != nil && !missing(err) {
		return "", fmt.Errorf("find booking: %w", err)
	}
	if known && c.Sequence < old.Sequence {
		return old.ID, nil
	}
	next := old
	if !known {
		next = store.Booking{ID: club.NewBookingID(tx.Now), Source: key(c.Source), ExternalID: key(c.ExternalID)}
	}
	if err := fillBooking(ctx, tx, keys, &next, c, known); err != nil {
		return "", err
	}
	if known && next == old {
		return old.ID, nil
	}
	id, err := tx.PutBooking(ctx, store.PutBookingParams{
		ID: next.ID, Source: next.Source, ExternalID: next.ExternalID, LocationID: next.LocationID, BayID: next.BayID, SubjectID: next.SubjectID,
		MemberID: next.MemberID, StartsAt: next.StartsAt, EndsAt: next.EndsAt, Status: next.Status, Sequence: next.Sequence, Now: tx.Now,
	})
	if missing(err) { // a later change came in between
		return next.ID, nil
	}
	if err != nil {
		return "", fmt.Errorf("store booking: %w", err)
	}
	if old.Sequence = next.Sequence; known && next == old {
		return id, nil // told again, later: nothing that anybody would look for in the log
	}
	tx.Changed(BookingTopic, id.String())
	return id, auditBooking(ctx, tx, id, old, next, known)
}

func auditBooking(ctx context.Context, tx *store.Tx, id club.BookingID, old, next store.Booking, known bool) error {
	action := "booking.created"
	detail := map[string]any{"source": next.Source, "location": next.LocationID, "bay": next.BayID, "starts_at": next.StartsAt, "ends_at": next.EndsAt, "holder_known": !next.SubjectID.IsZero()}
	switch {
	case next.Status == club.BookingCancelled && old.Status != club.BookingCancelled:
		action = "booking.cancelled"
	case known:
		action = "booking.changed"
		detail["before"] = map[string]any{"location": old.LocationID, "bay": old.BayID, "starts_at": old.StartsAt, "ends_at": old.EndsAt, "status": old.Status}
	}
	return audit.Write(ctx, tx, audit.Entry{Actor: club.System("inbox"), Action: action, Object: id.String(), Detail: detail})
}

// fillBooking writes what c says into b. A cancellation may leave out everything but its id.
func fillBooking(ctx context.Context, tx *store.Tx, keys *vault.Tenant, b *store.Booking, c club.BookingChange, known bool) error {
	b.Sequence = c.Sequence
	if c.Cancelled && known && c.Start.IsZero() {
		b.Status = club.BookingCancelled
		return nil
	}
	if c.Cancelled && c.Start.IsZero() {
		return club.Invalid("the booking that is cancelled is not known here")
	}
	start, end := c.Start.UTC().Truncate(time.Microsecond), c.End.UTC().Truncate(time.Microsecond)
	if c.Start.IsZero() || c.End.IsZero() || !start.Before(end) {
		return club.Invalid("a booking needs a start, and an end after it")
	}
	location, err := findLocation(ctx, tx, c.Location)
	if err != nil {
		return err
	}
	bay, err := findBay(ctx, tx, location, c.Bay)
	if err != nil {
		return err
	}
	subject, member, err := findHolder(ctx, tx, keys, c)
	if err != nil {
		return err
	}
	moved := !b.StartsAt.Equal(start) || !b.EndsAt.Equal(end) || b.LocationID != location.ID || b.BayID != bay
	switch {
	case c.Cancelled:
		b.Status = club.BookingCancelled
	case b.Status != club.BookingNoShow || moved:
		b.Status = club.BookingConfirmed
	}
	if moved { // otherwise the instants stay as they were read, so that nothing differs
		b.StartsAt, b.EndsAt = start, end
	}
	b.LocationID, b.BayID = location.ID, bay
	if !subject.IsZero() || c.Phone != "" || c.Email != "" { // who names a holder that we cannot find has named another one
		b.SubjectID, b.MemberID = subject, member
	}
	return nil
}

// findLocation finds a location by id, short name or name. A club of one location need not be told it.
func findLocation(ctx context.Context, tx *store.Tx, name string) (store.Location, error) {
	name = clean(strings.TrimSpace(name), maxKey)
	if name == "" {
		all, err := tx.FindLocations(ctx)
		if err != nil {
			return store.Location{}, fmt.Errorf("find locations: %w", err)
		}
		if len(all) == 1 {
			return all[0], nil
		}
		return store.Location{}, club.Invalid("the booking does not say which location it is for")
	}
	l, err := tx.FindLocationByName(ctx, name)
	if missing(err) {
		return l, club.Invalid("there is no location called %q", clip(name, 80))
	}
	if err != nil {
		return l, fmt.Errorf("find location: %w", err)
	}
	return l, nil
}

// findBay finds a bay of a location by id, name or number ("Bay 3", "3", "#3"). No name is no bay.
func findBay(ctx context.Context, tx *store.Tx, at store.Location, name string) (club.BayID, error) {
	name = clean(strings.TrimSpace(name), maxKey)
	if name == "" {
		return "", nil
	}
	bays, err := tx.FindBaysOfLocation(ctx, at.ID)
	if err != nil {
		return "", fmt.Errorf("find bays: %w", err)
	}
	for _, b := range bays {
		if b.ID.String() == name || strings.EqualFold(b.Name, name) {
			return b.ID, nil
		}
	}
	digits := strings.TrimLeft(name, "#")
	if i := strings.LastIndexAny(name, " #"); i >= 0 {
		digits = name[i+1:]
	}
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		for _, b := range bays {
			if b.Number == n {
				return b.ID, nil
			}
		}
	}
	return "", club.Invalid("there is no bay called %q at %s", clip(name, 80), at.Name)
}

// findHolder finds who holds the booking: by number, else by e-mail address. A number that nobody has
// texted from makes a subject, so that its first text is known to have a booking. An address that
// several members share proves nobody.
func findHolder(ctx context.Context, tx *store.Tx, keys *vault.Tenant, c club.BookingChange) (club.SubjectID, club.MemberID, error) {
	if c.Phone != "" {
		settings, err := setting.Load(ctx, tx)
		if err != nil {
			return "", "", err
		}
		if number, ok := phone.Normalise(c.Phone, settings.Region); ok {
			return holderByPhone(ctx, tx, keys, number)
		}
	}
	email := strings.ToLower(strings.TrimSpace(c.Email))
	if email == "" {
		return "", "", nil
	}
	index := keys.Index(vault.IndexEmail, email)
	found, err := tx.FindMembersByEmail(ctx, &index)
	if err != nil {
		return "", "", fmt.Errorf("find member: %w", err)
	}
	if len(found) != 1 {
		return "", "", nil
	}
	return found[0].SubjectID, found[0].ID, nil
}

func holderByPhone(ctx context.Context, tx *store.Tx, keys *vault.Tenant, number string) (club.SubjectID, club.MemberID, error) {
	s, err := findSubject(ctx, tx, keys, number)
	if err != nil {
		return "", "", err
	}
	m, err := tx.FindMemberBySubject(ctx, s.ID)
	if missing(err) {
		return s.ID, "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("find member: %w", err)
	}
	return s.ID, m.ID, nil
}

// findSubject finds or makes the subject behind a number.
func findSubject(ctx context.Context, tx *store.Tx, keys *vault.Tenant, number string) (store.Subject, error) {
	s, err := people.Subject(ctx, tx, keys, number)
	if err == nil && len(s.WrappedKey) == 0 {
		// The person was erased. Whoever uses the number is a stranger: nothing may wake the old record.
		if _, err = tx.ReleaseErasedNumber(ctx, store.ReleaseErasedNumberParams{ID: s.ID, UpdatedAt: tx.Now}); err == nil {
			s, err = people.Subject(ctx, tx, keys, number)
		}
	}
	if err != nil {
		return s, fmt.Errorf("find subject: %w", err)
	}
	return s, nil
}
