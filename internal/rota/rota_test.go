package rota

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clubos/internal/club"
)

const (
	opal, oscar, adam = club.UserID("usr_opal"), club.UserID("usr_oscar"), club.UserID("usr_adam")
	north, harbour    = club.LocationID("loc_north"), club.LocationID("loc_harbour")
)

func zoneNamed(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// zones change their clocks at 2, at 1, at midnight, by half an hour, and never.
var zones = []string{"America/New_York", "Europe/London", "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC"}

func clock(t testing.TB, s string) Clock {
	t.Helper()
	c, err := ParseClock(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func shift(t testing.TB, user club.UserID, days Days, from, until string) Shift {
	return Shift{User: user, Days: days, From: clock(t, from), Until: clock(t, until)}
}

func days(t testing.TB, s string) Days {
	t.Helper()
	d, err := ParseDays(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func check(t *testing.T, r Rota, place club.LocationID, at string, want ...club.UserID) {
	t.Helper()
	z := r.Zone
	if r.Zones[place] != nil {
		z = r.Zones[place]
	}
	now, err := time.ParseInLocation("2006-01-02 15:04", at, z)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.OnCall(now, place); !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", at, got, want)
	}
}

func TestShiftOverMidnightIsOfTheDayOnWhichItBegins(t *testing.T) {
	t.Parallel()
	r := Rota{Zone: zoneNamed(t, "America/New_York"), Shifts: []Shift{shift(t, opal, days(t, "fri"), "22:00", "06:00")}}
	check(t, r, "", "2026-11-27 21:59")
	check(t, r, "", "2026-11-27 22:00", opal)
	check(t, r, "", "2026-11-28 05:59", opal)
	check(t, r, "", "2026-11-28 06:00")
	check(t, r, "", "2026-11-28 22:00")
}

func TestShiftIsReadInTheZoneOfItsPlace(t *testing.T) {
	t.Parallel()
	s := shift(t, opal, EveryDay, "08:00", "16:00")
	r := Rota{Zone: time.UTC, Zones: map[club.LocationID]*time.Location{north: zoneNamed(t, "America/New_York"), harbour: zoneNamed(t, "Europe/London")}, Shifts: []Shift{s}}
	at := time.Date(2026, 11, 26, 8, 30, 0, 0, time.UTC)
	if got := r.OnCall(at, harbour); !slices.Equal(got, []club.UserID{opal}) {
		t.Errorf("half past eight in London: %v", got)
	}
	if got := r.OnCall(at, north); len(got) != 0 {
		t.Errorf("half past three in New York: %v", got)
	}
	r.Shifts[0].Location = north
	if got := r.OnCall(at.Add(5*time.Hour), harbour); len(got) != 0 {
		t.Errorf("the shift of another place counts: %v", got)
	}
	if got := r.OnCall(at.Add(5*time.Hour), ""); len(got) != 1 {
		t.Errorf("a matter of no place has nobody: %v", got)
	}
}

func TestCoverTakesThePlaceOfOneOrOfEverybody(t *testing.T) {
	t.Parallel()
	z := zoneNamed(t, "Europe/London")
	start, end := time.Date(2026, 11, 27, 22, 0, 0, 0, z), time.Date(2026, 11, 28, 6, 0, 0, 0, z)
	r := Rota{Zone: z, Shifts: []Shift{shift(t, opal, EveryDay, "18:00", "02:00"), shift(t, adam, EveryDay, "20:00", "04:00")}}
	r.Covers = []Cover{{User: oscar, InsteadOf: opal, Start: start, End: end}}
	check(t, r, "", "2026-11-27 21:59", opal, adam)
	check(t, r, "", "2026-11-27 22:00", oscar, adam)
	check(t, r, "", "2026-11-28 02:30", adam) // opal would be at home by then, and so is oscar
	r.Covers = []Cover{{User: oscar, Start: start, End: end}}
	check(t, r, "", "2026-11-28 01:00", oscar)
	check(t, r, "", "2026-11-28 05:59", oscar) // where the week has nobody
	check(t, r, "", "2026-11-28 06:00")
	r.Covers = append(r.Covers, Cover{User: adam, InsteadOf: oscar, Start: start.Add(time.Hour), End: end})
	check(t, r, "", "2026-11-27 22:30", oscar)
	check(t, r, "", "2026-11-27 23:00", adam) // who covers can be covered
	r.Covers = []Cover{{User: adam, InsteadOf: opal, Start: start, End: end, Location: north}}
	check(t, r, harbour, "2026-11-27 22:30", opal, adam)
	check(t, r, north, "2026-11-27 22:30", adam)
}

func TestClocksThatAreChangedMakeShiftsShorterOrLonger(t *testing.T) {
	t.Parallel()
	z := zoneNamed(t, "America/New_York")
	night := shift(t, opal, EveryDay, "22:00", "06:00")
	for day, want := range map[int]time.Duration{7: 7 * time.Hour, 8: 8 * time.Hour} { // 8 March 2026, 02:00
		start, end := night.occurrence(2026, 3, day, z)
		if got := end.Sub(start); got != want {
			t.Errorf("night of 2026-03-%d: %s, want %s", day, got, want)
		}
	}
	if start, end := night.occurrence(2026, 10, 31, z); end.Sub(start) != 9*time.Hour {
		t.Errorf("night of 2026-10-31: %s", end.Sub(start))
	}
	jumped := clock(t, "02:30").On(2026, 3, 8, z)
	if want := time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC); !jumped.Equal(want) {
		t.Errorf("a time that the day does not have is %s, want %s", jumped.UTC(), want)
	}
	twice := clock(t, "01:30").On(2026, 11, 1, z)
	if want := time.Date(2026, 11, 1, 5, 30, 0, 0, time.UTC); !twice.Equal(want) {
		t.Errorf("a time that the day has twice is %s, want %s", twice.UTC(), want)
	}
}

func TestGapsAndOverlapsShow(t *testing.T) {
	t.Parallel()
	r := Rota{Zone: time.UTC, Shifts: []Shift{shift(t, opal, days(t, "thu"), "08:00", "14:00"), shift(t, oscar, days(t, "thu"), "12:00", "00:00")}}
	from := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	var got []string
	for _, s := range r.Spans(from, from.AddDate(0, 0, 1), north) {
		got = append(got, fmt.Sprintf("%s-%s %v", s.Start.Format("15"), s.End.Format("15"), s.Users))
	}
	want := []string{"00-08 []", "08-12 [usr_opal]", "12-14 [usr_opal usr_oscar]", "14-00 [usr_oscar]"}
	if !slices.Equal(got, want) {
		t.Errorf("spans %q, want %q", got, want)
	}
	if gaps := r.Gaps(from, from.AddDate(0, 0, 2), north); len(gaps) != 2 || gaps[1].End.Sub(gaps[1].Start) != 24*time.Hour {
		t.Errorf("gaps %v", gaps)
	}
}

// Around the days on which clocks are changed, and on any others.
func anyInstant(t *rapid.T) time.Time {
	return time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 3*366*24*60).Draw(t, "minute")) * time.Minute)
}

func anyRota(t *rapid.T, z *time.Location) Rota {
	users := []club.UserID{opal, oscar, adam}
	r := Rota{Zone: z}
	for range rapid.IntRange(0, 5).Draw(t, "shifts") {
		r.Shifts = append(r.Shifts, Shift{User: rapid.SampledFrom(users).Draw(t, "user"), Location: rapid.SampledFrom([]club.LocationID{"", north, harbour}).Draw(t, "location"),
			Days: Days(rapid.IntRange(1, int(EveryDay)).Draw(t, "days")), From: Clock(rapid.IntRange(0, 1439).Draw(t, "from")), Until: Clock(rapid.IntRange(0, 1439).Draw(t, "until"))})
	}
	for range rapid.IntRange(0, 3).Draw(t, "covers") {
		start := anyInstant(t)
		r.Covers = append(r.Covers, Cover{User: rapid.SampledFrom(users).Draw(t, "cover"), InsteadOf: rapid.SampledFrom(append(users, "")).Draw(t, "instead"),
			Start: start, End: start.Add(time.Duration(rapid.IntRange(1, 9000).Draw(t, "minutes")) * time.Minute)})
	}
	return r
}

func TestShiftsThatMeetNeverLeaveAGapNorOverlap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		z := zoneNamed(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		a, b := Clock(rapid.IntRange(0, 1439).Draw(rt, "a")), Clock(rapid.IntRange(0, 1439).Draw(rt, "b"))
		if a == b {
			b = (a + 1) % 1440
		}
		r := Rota{Zone: z, Shifts: []Shift{{User: opal, Days: EveryDay, From: a, Until: b}, {User: oscar, Days: EveryDay, From: b, Until: a}}}
		at := anyInstant(rt)
		if got := r.OnCall(at, north); len(got) != 1 {
			rt.Fatalf("%s in %s: %v", at, z, got)
		}
	})
}

func TestSpansAreWhatOnCallSaysAtEveryInstant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := anyRota(rt, zoneNamed(t, rapid.SampledFrom(zones).Draw(rt, "zone")))
		from := anyInstant(rt)
		until := from.Add(8 * 24 * time.Hour)
		spans := r.Spans(from, until, north)
		next := from
		for i, s := range spans {
			if !s.Start.Equal(next) || !s.Start.Before(s.End) || i > 0 && slices.Equal(spans[i-1].Users, s.Users) {
				rt.Fatalf("span %d is %v after %s", i, s, next)
			}
			next = s.End
			for _, at := range []time.Time{s.Start, s.Start.Add(s.End.Sub(s.Start) / 2), s.End.Add(-1)} {
				if got := r.OnCall(at, north); !slices.Equal(got, s.Users) {
					rt.Fatalf("%s: on call are %v, the span says %v", at, got, s.Users)
				}
			}
		}
		if !next.Equal(until) {
			rt.Fatalf("the spans end at %s, want %s", next, until)
		}
	})
}

func TestCoverChangesNothingOutsideItsTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := anyRota(rt, time.UTC)
		at := anyInstant(rt)
		with := slices.ContainsFunc(r.Covers, func(c Cover) bool { return !at.Before(c.Start) && at.Before(c.End) })
		got := r.OnCall(at, north)
		plain := Rota{Zone: r.Zone, Shifts: r.Shifts}.OnCall(at, north)
		if !with && !slices.Equal(got, plain) {
			rt.Fatalf("%v without a cover, %v with those of other times", plain, got)
		}
		if slices.Sort(got); len(slices.Compact(slices.Clone(got))) != len(got) {
			rt.Fatalf("somebody is on call twice: %v", got)
		}
	})
}

func TestTimesOfDayKeepTheirOrderOnEveryDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		z := zoneNamed(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		d := anyInstant(rt)
		a, b := Clock(rapid.IntRange(0, 1439).Draw(rt, "a")), Clock(rapid.IntRange(0, 1439).Draw(rt, "b"))
		x, y := min(a, b).On(d.Year(), d.Month(), d.Day(), z), max(a, b).On(d.Year(), d.Month(), d.Day(), z)
		if y.Before(x) {
			rt.Fatalf("%s is %s, %s is %s", min(a, b), x, max(a, b), y)
		}
	})
}

func TestQuietHoursMayGoOverMidnight(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]bool{"21:59": false, "22:00": true, "03:00": true, "06:59": true, "07:00": false} {
		c := clock(t, at)
		if got := Between(time.Date(2026, 11, 26, int(c)/60, int(c)%60, 0, 0, time.UTC), time.UTC, clock(t, "22:00"), clock(t, "07:00")); got != want {
			t.Errorf("%s is quiet: %v", at, got)
		}
	}
	if Between(time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC), time.UTC, clock(t, "12:00"), clock(t, "13:00")) {
		t.Error("two o'clock lies in the lunch hour")
	}
}

func TestWhatIsNoTimeOrDayIsRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "24:00", "7", "7:5", "12:60", "-1:00", "ab:cd", "012:00"} {
		if _, err := ParseClock(s); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"", "mo", "mon,", "monday"} {
		if _, err := ParseDays(s); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%q: %v", s, err)
		}
	}
	if _, err := ParseDays(); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("no day: %v", err)
	}
	if d := days(t, "Sun, mon"); d.String() != "mon,sun" || d.Has(time.Tuesday) || clock(t, "7:05").String() != "07:05" {
		t.Errorf("days %s", d)
	}
}
