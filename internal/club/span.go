package club

import (
	"fmt"
	"time"
)

// Span says a length of time to people, in its two largest units: "40 s", "3 min", "17 h 2 min",
// "2 days 4 h". From a minute up seconds are left out, from a day up minutes. A negative one counts as
// none.
func Span(d time.Duration) string {
	if d = max(d, 0).Round(time.Second); d < time.Minute {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	if d = d.Round(time.Minute); d < time.Hour {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	if d < 24*time.Hour {
		return units(d/time.Hour, "h", d%time.Hour/time.Minute, "min")
	}
	d = d.Round(time.Hour)
	days := "days"
	if d < 48*time.Hour {
		days = "day"
	}
	return units(d/(24*time.Hour), days, d%(24*time.Hour)/time.Hour, "h")
}

func units(n time.Duration, unit string, rest time.Duration, small string) string {
	if rest == 0 {
		return fmt.Sprintf("%d %s", n, unit)
	}
	return fmt.Sprintf("%d %s %d %s", n, unit, rest, small)
}

// Hours says to people from when until when something goes, by the clocks of a time zone: "14:30–16:00".
// A zone that is unknown is UTC.
func Hours(from, until time.Time, zone string) string {
	at := Zone(zone)
	return from.In(at).Format("15:04") + "–" + until.In(at).Format("15:04")
}

// Zone is a time zone by its IANA name; UTC where there is none of that name.
func Zone(name string) *time.Location {
	if at, err := time.LoadLocation(name); err == nil {
		return at
	}
	return time.UTC
}
