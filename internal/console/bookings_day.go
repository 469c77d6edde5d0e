package console

import (
	"time"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/place"
	"clubos/internal/store"
)

// day is a location's day while it is being drawn.
type day struct {
	location store.Location
	from     time.Time // midnight there
	lanes    map[club.BayID]int
	out      page.BookingDay
}

// firstHour is where the drawing begins unless somebody plays earlier.
const firstHour = 6

func newDay(f frame, l store.Location, from time.Time) *day {
	d := &day{location: l, from: from, lanes: map[club.BayID]int{}}
	d.out = page.BookingDay{ID: l.ID.String(), Place: l.Name, Zone: l.TimeZone + " (" + from.Add(12*time.Hour).Format("MST") + ")", FromHour: firstHour, ToHour: 24, Now: -1}
	if now := f.Now.In(from.Location()); midnight(now).Equal(from) {
		d.out.Now = now.Hour()*60 + now.Minute()
	}
	return d
}

// addLanes makes a lane for every bay, so that what is free shows too.
func (d *day) addLanes(f frame, bays []store.Bay) {
	for _, b := range bays {
		if b.LocationID != d.location.ID {
			continue
		}
		l := page.BookingLane{Bay: b.Name, URL: f.At("bays", b.ID.String()), Rows: 1}
		if b.Status == place.BayOutOfService {
			l.Note = "Out of service"
		}
		d.lanes[b.ID] = len(d.out.Lanes)
		d.out.Lanes = append(d.out.Lanes, l)
	}
}

// add draws a booking. What is cancelled stands in the list only.
func (d *day) add(f frame, b store.Booking, row page.BookingRow) {
	if b.Status == club.BookingCancelled {
		return
	}
	i, ok := d.lanes[b.BayID]
	if !ok {
		i = len(d.out.Lanes)
		d.lanes[b.BayID] = i
		d.out.Lanes = append(d.out.Lanes, page.BookingLane{Bay: orText(row.Bay, "No bay"), Rows: 1})
	}
	zone := d.from.Location()
	start, end := row.Start.In(zone), row.End.In(zone)
	s := page.BookingSlot{From: d.minute(start), To: d.minute(end), Time: start.Format("15:04") + "–" + end.Format("15:04"), Label: orText(row.Member, "Not named"), URL: f.At("bookings", b.ID.String())}
	switch {
	case row.Running:
		s.Tone = page.ToneOK
	case row.Status == club.BookingNoShow:
		s.Tone = page.ToneWarn
	case row.End.Before(f.Now):
		s.Tone = page.ToneQuiet
	}
	d.out.FromHour = min(d.out.FromHour, s.From/60)
	l := &d.out.Lanes[i]
	taken := map[int]bool{}
	for j := range l.Slots {
		if o := &l.Slots[j]; o.To > s.From && o.From < s.To {
			taken[o.Row], o.Overlaps, s.Overlaps = true, true, true
		}
	}
	for taken[s.Row] {
		s.Row++
	}
	l.Rows = max(l.Rows, s.Row+1)
	l.Slots = append(l.Slots, s)
}

// minute is where an instant stands on the clock of the day, within the day.
func (d *day) minute(t time.Time) int {
	switch {
	case t.Before(d.from):
		return 0
	case !t.Before(d.from.AddDate(0, 0, 1)):
		return 24 * 60
	}
	return t.Hour()*60 + t.Minute()
}
