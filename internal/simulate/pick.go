package simulate

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"clubos/internal/club"
)

// Player is somebody of a scenario's cast.
type Player struct {
	Name    string   // in the scenario
	Member  int      // index in Club.Members; -1 for an unknown number
	Phone   string   // E.164
	Place   Location // whose line they text
	Booking *Booking // what they were chosen by
}

// cast finds a person for every part. Unavailable when the club has nobody who fits: with bookings laid
// around another instant, say.
func (c *Club) cast(s Scenario, now time.Time) (map[string]Player, error) {
	out := map[string]Player{}
	taken := map[int]bool{}
	// Whoever must share a location with somebody comes after them.
	names := slices.Sorted(maps.Keys(s.Cast))
	slices.SortStableFunc(names, func(a, b string) int { return len(s.Cast[a].Repeat) - len(s.Cast[b].Repeat) })
	for i, name := range names {
		p := s.Cast[name]
		if p.Repeat != "" {
			p.Location = out[p.Repeat].Place.Name
		}
		player, ok := c.pick(p, now, taken)
		if !ok {
			return nil, club.Unavailable(nil, "nobody of the club can play %s (booking %q at %q, bay %d)", name, p.Booking, p.Location, p.Bay)
		}
		if player.Name = name; player.Member >= 0 {
			taken[player.Member] = true
		} else {
			player.Phone = strangerNumber(i)
		}
		out[name] = player
	}
	return out, nil
}

// strangerNumber is a number of the fictional range that no club of fewer than 78 000 members gives out.
func strangerNumber(i int) string { return memberNumber(areas*99 - 1 - i) }

func (c *Club) pick(p Pick, now time.Time, taken map[int]bool) (Player, bool) {
	place := c.Locations[0]
	if p.Location != "" {
		var ok bool
		if place, ok = c.FindLocation(p.Location); !ok {
			return Player{}, false
		}
	}
	if p.Unknown {
		return Player{Member: -1, Place: place}, true
	}
	if p.Booking == BookingNone || p.Booking == BookingAny {
		return c.pickWithout(p, place, taken)
	}
	for i := range c.Bookings {
		b := &c.Bookings[i]
		fits := b.Member >= 0 && !b.Cancelled && !taken[b.Member] && (p.Location == "" || b.Location == p.Location) && (p.Bay == 0 || b.Bay == p.Bay)
		if !fits || !p.Booking.fits(*b, now) || p.Booking != BookingNow && p.Booking != BookingSoon && c.busyAround(b.Member, now) {
			continue
		}
		l, _ := c.FindLocation(b.Location)
		return Player{Member: b.Member, Phone: c.Members[b.Member].Phone, Place: l, Booking: b}, true
	}
	return Player{}, false
}

func (c *Club) pickWithout(p Pick, place Location, taken map[int]bool) (Player, bool) {
	booked := map[int]bool{}
	for _, b := range c.Bookings {
		booked[b.Member] = true
	}
	for i := len(c.Members) - 1; i >= 0; i-- {
		if m := c.Members[i]; !taken[i] && !booked[i] && (p.Location == "" || m.Home == p.Location) {
			home, _ := c.FindLocation(m.Home)
			return Player{Member: i, Phone: m.Phone, Place: home}, true
		}
	}
	// Nobody lives there: anybody without a booking who texts that place's line.
	for i := len(c.Members) - 1; i >= 0; i-- {
		if !taken[i] && !booked[i] {
			return Player{Member: i, Phone: c.Members[i].Phone, Place: place}, true
		}
	}
	return Player{}, false
}

func (p BookingPick) fits(b Booking, now time.Time) bool {
	switch p {
	case BookingNow:
		return b.Active(now) && b.End.Sub(now) >= 15*time.Minute
	case BookingSoon:
		return b.Start.After(now) && b.Start.Sub(now) <= 8*time.Minute
	case BookingLater:
		return b.Start.Sub(now) >= 40*time.Minute
	case BookingEnded:
		return now.Sub(b.End) >= 15*time.Minute && now.Sub(b.End) < 3*time.Hour
	case BookingAny, BookingNone:
	}
	return false
}

// busyAround reports whether the member has a booking that lets them in now.
func (c *Club) busyAround(member int, now time.Time) bool {
	return slices.ContainsFunc(c.Bookings, func(b Booking) bool {
		return b.Member == member && !b.Cancelled && b.Start.Add(-15*time.Minute).Before(now) && b.End.Add(15*time.Minute).After(now)
	})
}

// bay returns the bay of the player's booking.
func (p Player) bay() (Bay, error) {
	if p.Booking == nil {
		return Bay{}, fmt.Errorf("%s has no booking and so no bay", p.Name)
	}
	for _, b := range p.Place.Bays {
		if b.Number == p.Booking.Bay {
			return b, nil
		}
	}
	return Bay{}, fmt.Errorf("%s's bay %d is not there", p.Name, p.Booking.Bay)
}
