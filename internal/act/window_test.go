package act

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// zones change their clocks at different hours, by an hour or half of one, or never; some are not whole hours from UTC, and one
// has left out a day.
var zones = []string{"America/New_York", "America/St_Johns", "America/Los_Angeles", "America/Sao_Paulo", "America/Havana", "Europe/London", "Europe/Berlin", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut",
	"Asia/Jerusalem", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Tokyo", "Australia/Adelaide", "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Apia", "UTC"}

// bookedAt is a beginning that somebody could book in a zone: any minute of three years, or one of a day on
// which the clocks are changed there, or around the end of February.
func bookedAt(rt *rapid.T, zone *time.Location) time.Time {
	day := time.Date(2027, 1, rapid.IntRange(1, 3*366).Draw(rt, "day"), 0, 0, 0, 0, zone)
	switch rapid.IntRange(0, 3).Draw(rt, "kind") {
	case 0: // the day of a change, or the one before
		for range 366 {
			_, was := day.Zone()
			if _, is := day.AddDate(0, 0, 1).Zone(); is != was {
				break
			}
			day = day.AddDate(0, 0, 1)
		}
		day = day.AddDate(0, 0, -rapid.IntRange(0, 1).Draw(rt, "before"))
	case 1:
		day = time.Date(rapid.IntRange(2027, 2029).Draw(rt, "year"), 2, 28+rapid.IntRange(0, 1).Draw(rt, "leap"), 0, 0, 0, 0, zone)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 0, rapid.IntRange(0, 1439).Draw(rt, "minute"), 0, 0, zone)
}

func TestTheWindowIsAsLongInEveryZoneAndOnEveryDay(t *testing.T) {
	t.Parallel()
	const slack = 10 * time.Minute
	open, shut := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(zones).Draw(rt, "zone")
		zone, err := time.LoadLocation(name)
		if err != nil {
			rt.Fatal(err)
		}
		start := bookedAt(rt, zone)
		long := time.Duration(rapid.IntRange(1, 12).Draw(rt, "half hours")) * 30 * time.Minute
		s := &scene{location: store.Location{TimeZone: name}, booking: store.Booking{ID: club.NewBookingID(start), StartsAt: start.UTC(), EndsAt: start.Add(long).UTC()}}
		for range 40 {
			// Seconds from the beginning: anywhere within hours, or at an edge, or as far from it as a clock jumps.
			after := rapid.Int64Range(-3*3600, 9*3600).Draw(rt, "after")
			if edge := rapid.SampledFrom([]int64{-1, int64(-slack / time.Second), int64((long + slack) / time.Second)}).Draw(rt, "edge"); edge != -1 {
				after = edge + rapid.SampledFrom([]int64{0, -1, 1, -3600, 3600, -1800, 1800}).Draw(rt, "off")
			}
			want := after >= -600 && after <= int64(long/time.Second)+600
			now := time.Unix(start.Unix()+after, 0)
			_, why, err := prerequisite(t.Context(), &store.Tx{Now: now}, catalogue.Prerequisite{Kind: catalogue.WithinTimeWindow, Before: slack, After: slack}, s, sight{})
			if err != nil || (why == "") != want {
				rt.Fatalf("%s, booked %s for %s, at %s: refused because %q, %v", name, start, long, now.In(zone), why, err)
			}
			if want {
				open++
			} else {
				shut++
			}
		}
	})
	t.Logf("%d times open, %d times not", open, shut)
}

func TestDoorsOpenByTheBookingsInstantsOnDaysThatAreUnlikeOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone, from string // as the wall shows it
		long       time.Duration
		at         map[string]bool // what the clock shows, with its offset, and whether the door opens
	}{
		"an hour is left out": {"America/New_York", "2027-03-14 01:30", time.Hour, map[string]bool{
			"2027-03-14T01:19:59-05:00": false, "2027-03-14T01:20:00-05:00": true, "2027-03-14T03:40:00-04:00": true, "2027-03-14T03:40:01-04:00": false, "2027-03-14T02:40:00-04:00": true}},
		"half an hour comes twice": {"Australia/Lord_Howe", "2027-04-04 01:00", time.Hour, map[string]bool{
			"2027-04-04T01:40:00+11:00": true, "2027-04-04T01:40:00+10:30": true, "2027-04-04T01:40:01+10:30": false}},
		"from the leap day into March": {"America/New_York", "2028-02-29 23:30", time.Hour, map[string]bool{
			"2028-02-28T23:45:00-05:00": false, "2028-02-29T23:19:59-05:00": false, "2028-02-29T23:59:59-05:00": true, "2028-03-01T00:40:00-05:00": true, "2028-03-01T00:40:01-05:00": false, "2028-03-01T23:45:00-05:00": false}},
		"February's end without one": {"UTC", "2027-02-28 23:30", time.Hour, map[string]bool{"2027-03-01T00:40:00Z": true, "2027-03-01T00:40:01Z": false, "2027-02-28T23:20:00Z": true}},
		"the year's end":             {"Pacific/Auckland", "2027-12-31 23:30", time.Hour, map[string]bool{"2028-01-01T00:40:00+13:00": true, "2028-01-01T00:40:01+13:00": false, "2027-12-31T10:20:00Z": true, "2027-12-31T10:19:59Z": false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			storetest.Exec(t, w.tenant, "UPDATE locations SET time_zone = $1", c.zone)
			start, err := time.ParseInLocation("2006-01-02 15:04", c.from, club.Zone(c.zone))
			if err != nil {
				t.Fatal(err)
			}
			for at, open := range c.at {
				now, err := time.Parse(time.RFC3339, at)
				if err != nil {
					t.Fatal(err)
				}
				w.clock.Advance(now.Sub(w.clock.Now()))
				w.reset()
				storetest.Exec(t, w.tenant, "DELETE FROM bookings")
				w.book(w.member.SubjectID, w.bay, start, c.long)
				w.request(operator, "unlock_door", nil, "")
				if w.drain(); (len(w.vendor.unlocked) == 1) != open {
					t.Errorf("at %s: unlocked %v", at, w.vendor.unlocked)
				}
			}
		})
	}
}

// TestClockThatJumpsUnlocksNoDoorOutsideTheWindow sets the clock an hour on or back, or by any other time, between the gate
// and the call. What the clock shows at the call counts, and a door that may open does, once.
func TestClockThatJumpsUnlocksNoDoorOutsideTheWindow(t *testing.T) {
	t.Parallel()
	w := build(t)
	rng := rand.New(rand.NewPCG(29, 2))
	opened, refused, late := 0, 0, 0
	for range 60 {
		w.reset()
		storetest.Exec(t, w.tenant, "DELETE FROM bookings")
		start := w.clock.Now().Add(time.Duration(rng.IntN(7200)-4800) * time.Second)
		w.book(w.member.SubjectID, w.bay, start, 30*time.Minute)
		within := func(at time.Time) bool {
			return !at.Before(start.Add(-10*time.Minute)) && !at.After(start.Add(40*time.Minute))
		}
		asked := w.clock.Now()
		_, no := w.request(operator, "unlock_door", nil, "")
		if (no == "") != within(asked) {
			t.Fatalf("asked %s from the beginning: refused because %q", asked.Sub(start), no)
		}
		jump := [...]time.Duration{time.Hour, -time.Hour, time.Minute, -time.Minute, time.Duration(rng.IntN(7200)-3600) * time.Second}[rng.IntN(5)]
		w.clock.Advance(jump)
		at := w.clock.Now()
		w.drain()
		what := fmt.Sprintf("asked %s from the beginning, then the clock jumped by %s", asked.Sub(start), jump)
		for _, seen := range w.vendor.unlocked {
			if opened++; !within(seen) {
				t.Errorf("%s: unlocked %s from the beginning", what, seen.Sub(start))
			}
		}
		switch n := len(w.vendor.unlocked); {
		case no != "":
			if refused++; n > 0 {
				t.Errorf("%s: unlocked though the gate refused", what)
			}
		case n == 0:
			if late++; within(at) && jump <= passLife {
				t.Errorf("%s: not unlocked", what)
			}
			if len(w.reasons) == 0 {
				t.Errorf("%s: not unlocked, and no person knows", what)
			}
		}
	}
	if t.Logf("%d unlocked, %d refused, %d not done after a jump", opened, refused, late); min(opened, refused, late) < 5 {
		t.Error("one of these hardly happened")
	}
}
