package anomaly

import (
	"slices"
	"time"

	"clubos/internal/club"
)

// Event is one matter that was decided on.
type Event struct {
	Matter string // what it was about
	Bay    club.BayID
	Member club.SubjectID
	Thread club.ThreadID
	Booked bool // the member had a booking at the time
	At     time.Time
}

// Series is what is counted together: a matter at a location, or at one of its bays.
type Series struct {
	Matter string
	Bay    club.BayID
}

// History is what happened at a location, as counts. It is immutable and safe for concurrent use.
type History struct {
	zone     *time.Location
	exposure [hours]float64 // how often each hour of the week has gone by
	counts   map[Series]*[hours]float64
	// matters and bays say, ascending, how many of each a member had in a day.
	matters, bays []int
}

// again is how soon a member who writes anew about a matter is still at the same one.
const again = time.Hour

// NewHistory counts events between two instants, in the place's own time.
func NewHistory(events []Event, from, until time.Time, zone *time.Location) *History {
	h := &History{zone: zone, counts: map[Series]*[hours]float64{}}
	for at := from; !at.Add(time.Hour).After(until); at = at.Add(time.Hour) {
		h.exposure[hourOf(at.In(zone))]++
	}
	type day struct {
		member club.SubjectID
		date   int
	}
	matters, bays := map[day]int{}, map[day][]club.BayID{}
	for _, e := range Distinct(events) {
		if e.At.Before(from) || !e.At.Before(until) {
			continue
		}
		local := e.At.In(zone)
		h.count(Series{Matter: e.Matter}, local)
		if !e.Bay.IsZero() {
			h.count(Series{e.Matter, e.Bay}, local)
		}
		d := day{e.Member, local.Year()*1000 + local.YearDay()}
		matters[d]++
		if !e.Bay.IsZero() && !slices.Contains(bays[d], e.Bay) {
			bays[d] = append(bays[d], e.Bay)
		}
	}
	for d, n := range matters {
		h.matters = append(h.matters, n)
		h.bays = append(h.bays, len(bays[d]))
	}
	slices.Sort(h.matters)
	slices.Sort(h.bays)
	return h
}

// Distinct leaves out, of a member's events of one matter, those within an hour of the one before: it is
// the same matter still. The result is in order of time.
func Distinct(events []Event) []Event {
	type key struct {
		matter string
		member club.SubjectID
	}
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b Event) int { return a.At.Compare(b.At) })
	last := map[key]time.Time{}
	out := sorted[:0]
	for _, e := range sorted {
		k := key{e.Matter, e.Member}
		before, seen := last[k]
		last[k] = e.At
		if !seen || e.At.Sub(before) >= again {
			out = append(out, e)
		}
	}
	return out
}

func (h *History) count(s Series, local time.Time) {
	if h.counts[s] == nil {
		h.counts[s] = new([hours]float64)
	}
	h.counts[s][hourOf(local)]++
}

func (h *History) at(s Series, hour int) float64 {
	if c := h.counts[s]; c != nil {
		return c[hour]
	}
	return 0
}

func hourOf(local time.Time) int { return int(local.Weekday())*24 + local.Hour() }

// Time is the probability that a matter comes at an hour of the week as lonely as this one; 1 where it has
// come around this hour before.
func (h *History) Time(matter string, at time.Time) float64 {
	c := h.counts[Series{Matter: matter}]
	if c == nil {
		return 1
	}
	around := func(hour int) float64 { return c[(hour+hours-1)%hours] + c[hour] + c[(hour+1)%hours] }
	if around(hourOf(at.In(h.zone))) > 0 {
		return 1
	}
	total, alone := 0.0, 0.0
	for hour, n := range c {
		total += n
		if n == 1 && around(hour) == 1 {
			alone++
		}
	}
	return (alone + 1) / (total + 1)
}

// rank is the probability that a member's day has as much as n; known is false where there are too few days
// for the level.
func rank(days []int, n int, level float64) (p float64, known bool) {
	at, _ := slices.BinarySearch(days, n)
	return float64(1+len(days)-at) / float64(1+len(days)), 1/float64(1+len(days)) <= level
}
