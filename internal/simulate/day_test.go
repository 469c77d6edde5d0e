package simulate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/club"
	"clubos/internal/phrase"
	"clubos/internal/simulate"
	"clubos/internal/store/storetest"
)

func invented(t *testing.T, seed uint64) *simulate.Club {
	t.Helper()
	c, err := simulate.Invent(simulate.Options{Seed: seed, Now: storetest.Start})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDayIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	plan := func(seed uint64) []simulate.DayEvent {
		got, err := simulate.PlanDay(invented(t, 1), storetest.Start, simulate.DayConfig{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if d := cmp.Diff(plan(5), plan(5)); d != "" {
		t.Error(d)
	}
	if cmp.Equal(plan(5), plan(6)) {
		t.Error("another seed gave the same day")
	}
}

func TestDayHasItsTextsInItsTimeAndShowsEverythingEarly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		cfg := simulate.DayConfig{Seed: seed, Texts: 60, Length: 6 * time.Minute}
		got, err := simulate.PlanDay(invented(t, seed), storetest.Start, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) < 58 || len(got) > 62 || got[len(got)-1].At > cfg.Length || got[0].At > cfg.Length/20 {
			t.Errorf("seed %d: %d texts from %s to %s", seed, len(got), got[0].At, got[len(got)-1].At)
		}
		if !slices.IsSortedFunc(got, func(a, b simulate.DayEvent) int { return int(a.At - b.At) }) {
			t.Errorf("seed %d: not in order", seed)
		}
		for _, want := range []string{"wifi", "frozen", "door", "frozen again", "door without booking", "refund", "injury", "thanks"} {
			i := slices.IndexFunc(got, func(e simulate.DayEvent) bool { return e.Matter == want })
			if i < 0 || got[i].At > cfg.Length/2 {
				t.Errorf("seed %d: no %s in the first half", seed, want)
			}
		}
	}
}

func TestNobodyRepeatsThemselvesInDaysThatFollowOneAnother(t *testing.T) {
	t.Parallel()
	days, err := simulate.PlanDaysForTest(invented(t, 4), storetest.Start, simulate.DayConfig{Seed: 4, Texts: 60, Length: 4 * time.Minute}, 8)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, day := range days {
		if len(day) < 30 {
			t.Errorf("day %d has %d texts", i, len(day))
		}
		for _, e := range day {
			if strings.HasSuffix(e.Matter, "afterwards") || e.Broken {
				continue
			}
			about := e.Phone + " " + e.Matter
			if seen[about] {
				t.Errorf("day %d: %s asks again: %s", i, e.Phone, e.Matter)
			}
			seen[about] = true
		}
	}
}

func TestDayIsPlausible(t *testing.T) {
	t.Parallel()
	c := invented(t, 3)
	got, err := simulate.PlanDay(c, storetest.Start, simulate.DayConfig{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	first := map[string]time.Duration{}
	for _, e := range got {
		at, known := first[e.Phone]
		if !known || e.At < at {
			first[e.Phone] = e.At
		}
		if strings.Contains(e.Say, "%") {
			t.Errorf("%q was not filled in", e.Say)
		}
		if strings.HasSuffix(e.Matter, "afterwards") && !known {
			t.Errorf("thanks before the matter: %+v", e)
		}
		if e.Frozen && e.Bay == 0 {
			t.Errorf("a frozen bay that is none: %+v", e)
		}
		if _, ok := c.FindLocation(e.Place); !ok || e.Phone == "" {
			t.Errorf("nobody to write: %+v", e)
		}
		if phrase.Mask(e.Say) != e.Say && !strings.ContainsAny(e.Say, "“🙏") {
			t.Errorf("a script with personal data: %q", e.Say)
		}
	}
}

func TestClubWithoutMembersHasNoDay(t *testing.T) {
	t.Parallel()
	c := invented(t, 1)
	c.Members, c.Bookings = nil, nil
	cfg := simulate.DayConfig{Texts: 400}
	if got, err := simulate.PlanDay(c, storetest.Start, cfg); err == nil {
		for _, e := range got {
			if e.Member >= 0 {
				t.Errorf("a member of a club without members: %+v", e)
			}
		}
	} else if club.CodeOf(err) != club.CodeUnavailable {
		t.Error(err)
	}
}
