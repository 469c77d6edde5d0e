package simulate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/brianvoe/gofakeit/v7"
)

// step is what starts and ends of bookings are multiples of.
const step = 5 * time.Minute

// walkers is the share of members who never have a booking: whoever wants in without one is found
// among them.
const walkers = 5 // one in five

// calendar lays bookings so that no bay and no member is booked twice at once.
type calendar struct {
	f    *gofakeit.Faker
	club *Club
	busy [][]Booking // by member
	bays map[string][]Booking
	able int // members below this index may book
}

// inventBookings fills yesterday, today and tomorrow around now. At every location the first and the
// third bay are being played, the second has just been left and starts again within 7 minutes, the
// fourth stands empty for an hour; further bays repeat this. Bookings that stand already are kept clear
// of and are not among those returned.
func inventBookings(f *gofakeit.Faker, c *Club, now time.Time, standing []Booking) []Booking {
	cal := &calendar{f: f, club: c, busy: make([][]Booking, len(c.Members)), bays: map[string][]Booking{}, able: len(c.Members) - len(c.Members)/walkers}
	for _, b := range standing {
		if !b.Cancelled {
			cal.enter(b)
		}
	}
	type bayOf struct {
		location Location
		bay      Bay
		booked   []Booking
	}
	var bays []*bayOf
	for _, l := range c.Locations {
		for _, b := range l.Bays {
			bays = append(bays, &bayOf{location: l, bay: b})
		}
	}
	// What is near now comes first, so that it finds members who are free.
	for _, b := range bays {
		b.booked = cal.around(b.location, b.bay, now)
	}
	var out []Booking
	for _, b := range bays {
		out = append(out, cal.fill(b.location, b.bay, b.booked, now)...)
	}
	slices.SortFunc(out, func(a, b Booking) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ExternalID, b.ExternalID))
	})
	return out
}

func (cal *calendar) minutes(from, to int) time.Duration {
	return time.Duration(cal.f.IntRange(from, to)) * time.Minute
}

// around returns the bookings of a bay that touch the hour before and after now, by start.
func (cal *calendar) around(l Location, b Bay, now time.Time) []Booking {
	floor, ceil := now.Truncate(step), now.Add(step-1).Truncate(step)
	var out []Booking
	put := func(start, end time.Time) {
		if k, ok := cal.book(l, b, start, end); ok {
			out = append(out, k)
		}
	}
	switch (b.Number - 1) % 4 {
	case 0, 2:
		start := floor.Add(-cal.minutes(20, 55)).Truncate(step)
		for _, o := range cal.bays[Booking{Location: l.Name, Bay: b.Number}.bayKey()] {
			if o.End.After(start) {
				start = o.End // a club that is booked afresh: whoever played before has just left
			}
		}
		put(start, ceil.Add(cal.minutes(35, 80)).Truncate(step))
	case 1:
		start := now.Add(2*time.Minute + step - 1).Truncate(step) // 2 to 7 minutes from now
		put(start.Add(-95*time.Minute), start.Add(-20*time.Minute))
		put(start, start.Add(90*time.Minute))
	case 3:
		put(floor.Add(-110*time.Minute), floor.Add(-30*time.Minute))
		put(ceil.Add(65*time.Minute), ceil.Add(125*time.Minute))
	}
	return out
}

// fill adds bookings before and after those around now, from yesterday's to tomorrow's midnights.
func (cal *calendar) fill(l Location, b Bay, booked []Booking, now time.Time) []Booking {
	zone, err := time.LoadLocation(l.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	y, m, d := now.In(zone).Date()
	first, last := time.Date(y, m, d-1, 0, 0, 0, 0, zone).UTC(), time.Date(y, m, d+2, 0, 0, 0, 0, zone).UTC()
	before, after := now.Add(-2*time.Hour).Truncate(step), now.Add(3*time.Hour).Truncate(step)
	if len(booked) > 0 {
		before, after = booked[0].Start, booked[len(booked)-1].End
	}
	out := append(cal.stretch(l, b, first, before, zone), booked...)
	return append(out, cal.stretch(l, b, after, last, zone)...)
}

func (cal *calendar) stretch(l Location, b Bay, from, to time.Time, zone *time.Location) []Booking {
	var out []Booking
	for at := from.Add(step - 1).Truncate(step); ; {
		gap := time.Duration(cal.f.IntRange(0, 6)) * 15 * time.Minute
		if h := at.In(zone).Hour(); h < 7 {
			gap += 2 * time.Hour // few play at night
		}
		start := at.Add(gap)
		end := start.Add(time.Duration(cal.f.IntRange(2, 5)) * 30 * time.Minute)
		if end.After(to) {
			return out
		}
		if k, ok := cal.book(l, b, start, end); ok {
			switch cal.f.IntN(20) {
			case 0:
				k.Cancelled = true
			case 1:
				k.Member = -1
			}
			out = append(out, k)
		}
		at = end
	}
}

// book finds a member who is free and books them. With few members a slot may stay empty.
func (cal *calendar) book(l Location, b Bay, start, end time.Time) (Booking, bool) {
	k := Booking{ExternalID: fmt.Sprintf("%s-%d-%d", l.Slug, b.Number, start.Unix()), Location: l.Name, Bay: b.Number, Start: start, End: end}
	if slices.ContainsFunc(cal.bays[k.bayKey()], func(o Booking) bool { return k.overlaps(o, 0) }) {
		return k, false
	}
	for range 40 {
		if cal.able == 0 {
			break
		}
		k.Member = cal.f.IntN(cal.able)
		// Nobody books twice within a quarter of an hour: "the booking" of a member is then never in doubt.
		if !slices.ContainsFunc(cal.busy[k.Member], func(o Booking) bool { return k.overlaps(o, 15*time.Minute) }) {
			cal.enter(k)
			return k, true
		}
	}
	return k, false
}

func (cal *calendar) enter(b Booking) {
	cal.bays[b.bayKey()] = append(cal.bays[b.bayKey()], b)
	if b.Member >= 0 {
		cal.busy[b.Member] = append(cal.busy[b.Member], b)
	}
}

func (b Booking) bayKey() string { return fmt.Sprintf("%s\x00%d", b.Location, b.Bay) }

// overlaps reports whether less than apart lies between two bookings.
func (b Booking) overlaps(o Booking, apart time.Duration) bool {
	return b.Start.Add(-apart).Before(o.End) && o.Start.Before(b.End.Add(apart))
}
