package event

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Rebooked is a booking that was stored, and what it was before.
type Rebooked struct {
	Old, New store.Booking
	Known    bool // it is a change of Old
}

const (
	// stockTaking is how many bookings at once are an import and no news: the first reading of a calendar,
	// or a file. What overlaps is told all the same.
	stockTaking = 20
	// fewBookings is up to how many each is compared by a query of its own.
	fewBookings = 50
	// longest is how long a booking lasts at most.
	longest = 24 * time.Hour
)

// TakeBookings takes in what has become of bookings, in the transaction that has stored them all. What is
// over is no news. Where news is false, they are what a source had before we knew it.
func TakeBookings(ctx context.Context, tx *store.Tx, list []Rebooked, news bool) error {
	if slices.ContainsFunc(list, func(r Rebooked) bool { return r.Known }) {
		if err := endOverlaps(ctx, tx); err != nil {
			return err
		}
	}
	coming := make([]Rebooked, 0, len(list))
	for _, r := range list {
		if r.New.EndsAt.After(tx.Now) {
			coming = append(coming, r)
		}
	}
	if err := takeOverlaps(ctx, tx, coming); err != nil || !news || len(coming) > stockTaking {
		return err
	}
	for _, r := range coming {
		code := r.code()
		_, err := Take(ctx, tx, Report{Code: code, Vendor: "inbox", Key: fmt.Sprintf("%s@%d", openKey(code, r.New.ID.String()), tx.Now.UnixMicro()),
			Location: r.New.LocationID, Bay: r.New.BayID, Booking: r.New.ID})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r Rebooked) code() club.EventCode {
	switch {
	case !r.Known:
		return club.EventBookingCreated
	case r.New.Status == club.BookingCancelled && r.Old.Status != club.BookingCancelled:
		return club.EventBookingCancelled
	}
	return club.EventBookingChanged
}

// takeOverlaps reports which bookings share their bay with another one at a time.
func takeOverlaps(ctx context.Context, tx *store.Tx, list []Rebooked) error {
	var standing []store.Booking
	var bays []club.BayID
	for _, r := range list {
		if r.New.Status == club.BookingConfirmed && !r.New.BayID.IsZero() {
			standing, bays = append(standing, r.New), append(bays, r.New.BayID)
		}
	}
	if len(standing) == 0 {
		return nil
	}
	slices.Sort(bays)
	for _, bay := range slices.Compact(bays) { // of two that are stored at one moment, the second sees the first
		if err := tx.LockForGate(ctx, store.LockForGateParams{Target: "bookings:" + bay.String(), LastAt: tx.Now}); err != nil {
			return wrap("lock bookings", err)
		}
	}
	pairs, err := clashes(ctx, tx, standing)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := takeOverlap(ctx, tx, p); err != nil {
			return err
		}
	}
	return nil
}

// pair is two bookings of one bay, of which the first begins first.
type pair [2]store.Booking

func pairOf(a, b store.Booking) pair {
	if b.StartsAt.Before(a.StartsAt) || b.StartsAt.Equal(a.StartsAt) && b.ID < a.ID {
		a, b = b, a
	}
	return pair{a, b}
}

// key names the state that the pair overlaps, whichever of them begins first.
func (p pair) key() string {
	a, b := p[0].ID.String(), p[1].ID.String()
	return openKey(club.EventBookingOverlap, min(a, b), max(a, b))
}

// overlaps reports whether both stand in one bay at one time that is not past.
func (p pair) overlaps(now time.Time) bool {
	a, b := p[0], p[1]
	return a.ID != b.ID && a.Status == club.BookingConfirmed && b.Status == club.BookingConfirmed && a.BayID == b.BayID && !a.BayID.IsZero() &&
		a.StartsAt.Before(b.EndsAt) && b.StartsAt.Before(a.EndsAt) && a.EndsAt.After(now) && b.EndsAt.After(now)
}

// clashes finds the pairs that bookings make with each other and with what stands there already.
func clashes(ctx context.Context, tx *store.Tx, list []store.Booking) ([]pair, error) {
	var out []pair
	if len(list) <= fewBookings {
		for _, b := range list {
			others, err := tx.FindClashes(ctx, store.FindClashesParams{BayID: b.BayID, Until: b.EndsAt, DayBefore: b.StartsAt.Add(-longest), Since: b.StartsAt, OtherThan: b.ID})
			if err != nil {
				return nil, wrap("find bookings of the bay", err)
			}
			for _, o := range others {
				out = append(out, pairOf(b, o))
			}
		}
		return out, nil
	}
	changed := map[club.BookingID]bool{}
	since, until := list[0].StartsAt, list[0].EndsAt
	for _, b := range list {
		changed[b.ID] = true
		if b.StartsAt.Before(since) {
			since = b.StartsAt
		}
		if b.EndsAt.After(until) {
			until = b.EndsAt
		}
	}
	all, err := tx.FindStandingBookings(ctx, store.FindStandingBookingsParams{Since: since.Add(-longest), Until: until})
	if err != nil {
		return nil, wrap("find bookings", err)
	}
	for i, a := range all { // by bay and start
		for _, b := range all[i+1:] {
			if b.BayID != a.BayID || !b.StartsAt.Before(a.EndsAt) {
				break
			}
			if changed[a.ID] || changed[b.ID] {
				out = append(out, pairOf(a, b))
			}
		}
	}
	return out, nil
}

// takeOverlap reports a pair once for as long as it overlaps. It is about the one that begins later: whose
// member finds the bay taken.
func takeOverlap(ctx context.Context, tx *store.Tx, p pair) error {
	if !p.overlaps(tx.Now) {
		return nil
	}
	l, err := tx.FindLocation(ctx, p[1].LocationID)
	if err != nil {
		return wrap("find location", err)
	}
	zone := club.Zone(l.TimeZone)
	detail := fmt.Sprintf("%s, %s and %s", p[0].StartsAt.In(zone).Format("Mon 2 Jan"), club.Hours(p[0].StartsAt, p[0].EndsAt, l.TimeZone), club.Hours(p[1].StartsAt, p[1].EndsAt, l.TimeZone))
	open := p.key()
	_, err = Take(ctx, tx, Report{Code: club.EventBookingOverlap, Vendor: "inbox", Key: fmt.Sprintf("%s@%d", open, tx.Now.UnixMicro()), Open: open, Detail: detail,
		Location: p[1].LocationID, Bay: p[1].BayID, Booking: p[1].ID})
	return err
}

// endOverlaps ends what no longer overlaps: one was cancelled or moved, or their time is past.
func endOverlaps(ctx context.Context, tx *store.Tx) error {
	prefix := openKey(club.EventBookingOverlap)
	list, err := tx.FindOpenEvents(ctx, prefix+"%")
	if err != nil {
		return wrap("find overlaps", err)
	}
	for _, e := range list {
		first, second, _ := strings.Cut(strings.TrimPrefix(*e.OpenKey, prefix), ":")
		var p pair
		for i, id := range []string{first, second} {
			if p[i], err = tx.FindBooking(ctx, club.BookingID(id)); err != nil {
				return wrap("find booking", err)
			}
		}
		if p.overlaps(tx.Now) {
			continue
		}
		if err := End(ctx, tx, *e.OpenKey); err != nil {
			return err
		}
	}
	return nil
}
