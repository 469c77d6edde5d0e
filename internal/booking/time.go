package booking

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
)

// DateOrder says what comes first in a date like 3/4/2026.
type DateOrder string

// The orders.
const (
	DatesAuto  DateOrder = ""
	DayFirst   DateOrder = "day-first"
	MonthFirst DateOrder = "month-first"
)

// ParseDateOrder reads an order; ok is false when it is none.
func ParseDateOrder(s string) (o DateOrder, ok bool) {
	switch o = DateOrder(s); o {
	case DatesAuto, DayFirst, MonthFirst:
		return o, true
	}
	return DatesAuto, false
}

// slashed is a date in figures whose order is a matter of country: 3/4/2026, 03.04.2026, 3-4-2026.
var slashed = regexp.MustCompile(`^(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4})\b`)

// order finds out what comes first in the file's dates, by the ones that can be read one way only. Dots
// are written by those who put the day first.
func (t *table) order(records []record) error {
	if t.options.Dates != DatesAuto {
		return nil
	}
	var day, month, either int // lines that say so
	for _, r := range records {
		for _, column := range []string{"date", "start", "end"} {
			m := slashed.FindStringSubmatch(t.get(r.fields, column))
			if m == nil {
				continue
			}
			first, _ := strconv.Atoi(m[1])
			second, _ := strconv.Atoi(m[3])
			switch {
			case first > 12 || m[2] == ".":
				day = r.line
			case second > 12:
				month = r.line
			case first != second:
				either = r.line
			}
		}
	}
	switch {
	case day > 0 && month > 0:
		return club.Invalid("some dates have the day first (line %d), others the month (line %d); write them all like 2026-11-26", day, month)
	case day > 0:
		t.options.Dates = DayFirst
	case month > 0:
		t.options.Dates = MonthFirst
	case either > 0:
		return club.Invalid("the dates can be read in two ways (line %d); say whether the day or the month comes first, or write them like 2026-11-26", either)
	}
	return nil
}

var (
	isoT   = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})T`)
	ampm   = regexp.MustCompile(`(?i)\s*([ap])\.?m\.?$`)
	half   = regexp.MustCompile(`(?i)^[ap]\.?m\.?$`)
	spaces = regexp.MustCompile(`[\s,]+`)
	clock  = regexp.MustCompile(`^\d{1,2}(:\d{2}){0,2}$`)
)

// isClock reports whether a text is a time of day without a date.
func isClock(s string) bool {
	bare := ampm.ReplaceAllString(strings.TrimSpace(s), "")
	return clock.MatchString(bare) && (strings.Contains(bare, ":") || bare != strings.TrimSpace(s))
}

var dateLayouts = []string{"2006-1-2", "2006/1/2", "20060102", "2 Jan 2006", "2 January 2006", "Jan 2 2006", "January 2 2006", "Mon 2 Jan 2006", "Monday 2 January 2006", "Mon Jan 2 2006"}

// instant reads a moment. day is the date where value is a time of day only. A local time is read in
// zone; one that the clocks skip or repeat is a fault.
func instant(day, value string, zone *time.Location, order DateOrder) (time.Time, *Fault) {
	wrong := &Fault{Problem: "this is no date and time", Remedy: "write it like 2026-11-26 18:00, or with its offset like 2026-11-26T18:00:00-05:00"}
	if value == "" {
		return time.Time{}, &Fault{Problem: "the time is missing", Remedy: wrong.Remedy}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, strings.Replace(value, " ", "T", 1)); err == nil {
			return t.UTC().Truncate(time.Microsecond), nil
		}
	}
	if isClock(value) {
		if day == "" {
			return time.Time{}, &Fault{Problem: "the time has no date", Remedy: "add a column date, or write date and time in one"}
		}
		value = day + " " + value
	}
	value = spaces.ReplaceAllString(isoT.ReplaceAllString(strings.TrimSpace(value), "$1 "), " ")
	date, at := cutTime(value)
	d, ok := dateOf(date, order)
	if !ok {
		return time.Time{}, wrong
	}
	c, ok := clockOf(at)
	if !ok {
		return time.Time{}, wrong
	}
	return local(d, c, zone)
}

// cutTime cuts "26 Nov 2026 6:00 PM" before its time of day.
func cutTime(s string) (date, at string) {
	words := strings.Fields(s)
	for i, w := range words {
		if strings.Contains(w, ":") || i == len(words)-2 && half.MatchString(words[i+1]) {
			return strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		}
	}
	if n := len(words); n > 1 && ampm.MatchString(words[n-1]) && words[n-1][0] >= '0' && words[n-1][0] <= '9' {
		return strings.Join(words[:n-1], " "), words[n-1]
	}
	return s, ""
}

func dateOf(s string, order DateOrder) (time.Time, bool) {
	if m := slashed.FindStringSubmatch(s); m != nil && len(m[0]) == len(s) {
		day, month := m[1], m[3]
		if order == MonthFirst {
			day, month = month, day
		}
		t, err := time.Parse("2006-1-2", m[4]+"-"+month+"-"+day)
		return t, err == nil
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func clockOf(s string) (time.Time, bool) {
	s = ampm.ReplaceAllStringFunc(s, func(m string) string { return strings.ToUpper(strings.TrimSpace(m))[:1] + "M" })
	for _, layout := range []string{"15:04", "15:04:05", "3:04PM", "3:04:05PM", "3PM"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// local is the moment at which the clocks of a zone show a date and a time of day. Twice a year there
// are times that no clock shows and times that it shows twice.
func local(d, c time.Time, zone *time.Location) (time.Time, *Fault) {
	t := time.Date(d.Year(), d.Month(), d.Day(), c.Hour(), c.Minute(), c.Second(), 0, zone)
	if t.Hour() != c.Hour() || t.Minute() != c.Minute() {
		if t.Hour() < c.Hour() {
			t = t.Add(time.Hour) // what a clock shows that was not put forward
		}
		return t, &Fault{Problem: "the clocks go forward and skip this time", Remedy: "write the time with its offset, like " + t.Format(time.RFC3339)}
	}
	for _, shift := range []time.Duration{-time.Hour, time.Hour, -30 * time.Minute, 30 * time.Minute} {
		other := t.Add(shift)
		if other.Day() == t.Day() && other.Hour() == t.Hour() && other.Minute() == t.Minute() {
			first, second := t, other
			if second.Before(first) {
				first, second = second, first
			}
			return t, &Fault{Problem: "the clocks go back and show this time twice", Remedy: "write the time with its offset: " + first.Format(time.RFC3339) + " or " + second.Format(time.RFC3339)}
		}
	}
	return t.UTC(), nil
}

// Local reads a date (2026-11-26) and a time of day (18:00) in a zone, as forms send them.
func Local(day, at string, zone *time.Location) (time.Time, *Fault) {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{}, &Fault{Column: "date", Problem: "this is no date", Remedy: "choose a day"}
	}
	c, ok := clockOf(at)
	if !ok {
		return time.Time{}, &Fault{Problem: "this is no time of day", Remedy: "write it like 18:00"}
	}
	return local(d, c, zone)
}

// minutes reads a duration: "90", "1:30", "1h30", "90 min".
func minutes(s string) (time.Duration, bool) {
	s = strings.ToLower(strings.ReplaceAll(s, " ", ""))
	for _, unit := range []string{"minutes", "mins", "min", "m"} {
		s = strings.TrimSuffix(s, unit)
	}
	hours, rest, clocked := strings.Cut(s, ":")
	if !clocked {
		hours, rest, clocked = strings.Cut(s, "h")
	}
	if !clocked {
		n, err := strconv.Atoi(s)
		return time.Duration(n) * time.Minute, err == nil && n > 0
	}
	h, err := strconv.Atoi(hours)
	m := 0
	if err == nil && rest != "" {
		m, err = strconv.Atoi(rest)
	}
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	return d, err == nil && d > 0 && h >= 0 && m >= 0 && m < 60
}
