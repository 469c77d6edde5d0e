package rota

import (
	"slices"
	"time"

	"clubos/internal/club"
)

// Shift comes every week.
type Shift struct {
	ID       club.ShiftID
	User     club.UserID
	Location club.LocationID // zero: every location
	Days     Days            // on which it begins
	From     Clock
	Until    Clock // not after From: on the next day
}

// Cover puts somebody on call for once.
type Cover struct {
	ID         club.CoverID
	User       club.UserID
	InsteadOf  club.UserID     // zero: of everybody; else it counts only while that one would be on call
	Location   club.LocationID // zero: every location
	Start, End time.Time
}

// Rota is a club's.
type Rota struct {
	Shifts []Shift
	Covers []Cover // in the order in which they were made: a later one changes what an earlier one says
	Zones  map[club.LocationID]*time.Location
	Zone   *time.Location // where no location's counts; nil is UTC
}

// Span is a stretch of time in which the same people are on call. Nobody is a gap.
type Span struct {
	Start, End time.Time
	Users      []club.UserID
}

// zone is the time zone in which a shift is read when somebody asks about a place.
func (r Rota) zone(s Shift, place club.LocationID) *time.Location {
	if !s.Location.IsZero() {
		place = s.Location
	}
	if z := r.Zones[place]; z != nil {
		return z
	}
	if r.Zone != nil {
		return r.Zone
	}
	return time.UTC
}

// at reports whether something for one location, or for every one, counts at a place. What concerns no
// place concerns everybody.
func at(location, place club.LocationID) bool {
	return location.IsZero() || place.IsZero() || location == place
}

// occurrence is the shift as it begins on a local day.
func (s Shift) occurrence(year int, month time.Month, day int, zone *time.Location) (start, end time.Time) {
	start = s.From.On(year, month, day, zone)
	if s.Until <= s.From {
		day++
	}
	return start, s.Until.On(year, month, day, zone)
}

// around calls found with the occurrences of a shift that begin on the local days from the one before an
// instant to the one after another.
func (s Shift) around(from, until time.Time, zone *time.Location, found func(start, end time.Time)) {
	local := from.In(zone)
	for i := -1; ; i++ {
		day := time.Date(local.Year(), local.Month(), local.Day()+i, 12, 0, 0, 0, time.UTC) // a day of the calendar, whatever its clocks do
		if !s.Days.Has(day.Weekday()) {
			if day.After(until.Add(48 * time.Hour)) {
				return
			}
			continue
		}
		start, end := s.occurrence(day.Year(), day.Month(), day.Day(), zone)
		if start.After(until) {
			return
		}
		found(start, end)
	}
}

// OnCall returns who is on call at a place at an instant, each once, in the order of the shifts. The zero
// place asks for whoever is on call anywhere.
func (r Rota) OnCall(now time.Time, place club.LocationID) []club.UserID {
	var out []club.UserID
	for _, s := range r.Shifts {
		if !at(s.Location, place) || slices.Contains(out, s.User) {
			continue
		}
		s.around(now, now, r.zone(s, place), func(start, end time.Time) {
			if !now.Before(start) && now.Before(end) && !slices.Contains(out, s.User) {
				out = append(out, s.User)
			}
		})
	}
	for _, c := range r.Covers {
		if at(c.Location, place) && !now.Before(c.Start) && now.Before(c.End) {
			out = c.change(out)
		}
	}
	return out
}

// change applies a cover to those who would be on call without it.
func (c Cover) change(users []club.UserID) []club.UserID {
	if c.InsteadOf.IsZero() {
		return []club.UserID{c.User}
	}
	i := slices.Index(users, c.InsteadOf)
	if i < 0 {
		return users
	}
	users = slices.Delete(slices.Clone(users), i, i+1)
	if slices.Contains(users, c.User) {
		return users
	}
	return slices.Insert(users, i, c.User)
}

// Spans cuts a stretch of time into spans, one after the other without holes. A location's spans are
// those of its own place, so the zero place is of little use here.
func (r Rota) Spans(from, until time.Time, place club.LocationID) []Span {
	edges := []time.Time{from, until}
	edge := func(ts ...time.Time) {
		for _, t := range ts {
			if t.After(from) && t.Before(until) {
				edges = append(edges, t)
			}
		}
	}
	for _, s := range r.Shifts {
		if at(s.Location, place) {
			s.around(from, until, r.zone(s, place), func(start, end time.Time) { edge(start, end) })
		}
	}
	for _, c := range r.Covers {
		if at(c.Location, place) {
			edge(c.Start, c.End)
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	var out []Span
	for i := 1; i < len(edges); i++ {
		if !edges[i-1].Before(edges[i]) {
			continue
		}
		users := r.OnCall(edges[i-1], place)
		if n := len(out); n > 0 && slices.Equal(out[n-1].Users, users) {
			out[n-1].End = edges[i]
			continue
		}
		out = append(out, Span{Start: edges[i-1], End: edges[i], Users: users})
	}
	return out
}

// Gaps returns the spans in which nobody is on call.
func (r Rota) Gaps(from, until time.Time, place club.LocationID) []Span {
	return slices.DeleteFunc(r.Spans(from, until, place), func(s Span) bool { return len(s.Users) > 0 })
}
