package rota

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
)

// Clock is a time of day in minutes after midnight, 0 to 1439.
type Clock int

// ParseClock reads "22:00".
func ParseClock(s string) (Clock, error) {
	h, m, ok := strings.Cut(s, ":")
	hours, err := strconv.Atoi(h)
	minutes, err2 := strconv.Atoi(m)
	if !ok || err != nil || err2 != nil || len(m) != 2 || len(h) > 2 || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return 0, club.Invalid("%.20q is not a time of day like 22:00", s)
	}
	return Clock(60*hours + minutes), nil
}

func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// On returns the instant at which a day's clocks show c, see the package comment.
func (c Clock) On(year int, month time.Month, day int, zone *time.Location) time.Time {
	at := time.Date(year, month, day, int(c)/60, int(c)%60, 0, 0, zone)
	want := time.Date(year, month, day, int(c)/60, int(c)%60, 0, 0, time.UTC)
	wall := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
	begin, end := at.ZoneBounds()
	switch {
	case wall.After(want): // the day has no such time; at lies behind the jump
		return begin
	case wall.Before(want):
		return end
	case !begin.IsZero():
		// The same time may have come an hour before, when clocks were set back since.
		_, now := at.Zone()
		_, before := begin.Add(-1).Zone()
		if first := at.Add(time.Duration(now-before) * time.Second); before > now && first.Before(begin) {
			return first
		}
	}
	return at
}

// Between reports whether an instant lies in a daily stretch of time, from inclusive, until exclusive. A
// stretch that does not end after it begins goes over midnight.
func Between(at time.Time, zone *time.Location, from, until Clock) bool {
	local := at.In(zone)
	now := Clock(60*local.Hour() + local.Minute())
	if from < until {
		return now >= from && now < until
	}
	return now >= from || now < until
}

// Days is a set of week days.
type Days uint8

// dayNames are in the order in which people look at a week.
var dayNames = []struct {
	name string
	day  time.Weekday
}{{"mon", time.Monday}, {"tue", time.Tuesday}, {"wed", time.Wednesday}, {"thu", time.Thursday}, {"fri", time.Friday}, {"sat", time.Saturday}, {"sun", time.Sunday}}

// EveryDay is the whole week.
const EveryDay Days = 1<<7 - 1

// ParseDays reads "mon,tue". At least one day is needed.
func ParseDays(names ...string) (Days, error) {
	var out Days
	for _, list := range names {
		for name := range strings.SplitSeq(list, ",") {
			bit := Days(0)
			for _, d := range dayNames {
				if d.name == strings.ToLower(strings.TrimSpace(name)) {
					bit = 1 << d.day
				}
			}
			if bit == 0 {
				return 0, club.Invalid("%.20q is not a day of the week like mon", name)
			}
			out |= bit
		}
	}
	if out == 0 {
		return 0, club.Invalid("a shift needs at least one day of the week")
	}
	return out, nil
}

// Has reports whether a day is in the set.
func (d Days) Has(day time.Weekday) bool { return d&(1<<day) != 0 }

// Names lists the days from Monday on: "mon", "tue".
func (d Days) Names() []string {
	var out []string
	for _, n := range dayNames {
		if d.Has(n.day) {
			out = append(out, n.name)
		}
	}
	return out
}

func (d Days) String() string { return strings.Join(d.Names(), ",") }
