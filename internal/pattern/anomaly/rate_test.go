package anomaly

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"clubos/internal/club"
)

var (
	policy = DefaultPolicy()
	noon   = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) // a Thursday
)

// within fails when more of the looks than the level and three standard errors allow were alarms.
func within(t *testing.T, what string, alarms, looks int, level float64) {
	t.Helper()
	if limit := float64(looks)*level + 3*math.Sqrt(float64(looks)*level*(1-level)); looks == 0 || float64(alarms) > limit {
		t.Errorf("%s: %d alarms in %d looks, at most %.0f are allowed at level %g", what, alarms, looks, limit, level)
	}
}

// poisson gives the instants of a process whose rate per hour depends on the hour of the week.
func poisson(rng *rand.Rand, from, until time.Time, rate func(hour int) float64) []time.Time {
	var out []time.Time
	for at := from; at.Before(until); at = at.Add(time.Hour) {
		left := rate(hourOf(at))
		for gap := rng.ExpFloat64(); gap < left; gap += rng.ExpFloat64() {
			out = append(out, at.Add(time.Duration(gap/left*float64(time.Hour))))
		}
	}
	return out
}

// visits makes events of the instants, each of another member.
func visits(times []time.Time, matter string) []Event {
	out := make([]Event, len(times))
	for i, at := range times {
		out[i] = Event{Matter: matter, Member: club.SubjectID(fmt.Sprint("sub_", i)), Thread: club.ThreadID(fmt.Sprint("thr_", i)), At: at}
	}
	return out
}

func TestTheTailIsThatOfTheBinomial(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 5} {
		for _, k := range []int{0, 1, 7} {
			x, sum := 1.0/13, 0.0
			for i := n; i <= n+k; i++ {
				sum += math.Gamma(float64(n+k+1)) / math.Gamma(float64(i+1)) / math.Gamma(float64(n+k-i+1)) * math.Pow(x, float64(i)) * math.Pow(1-x, float64(n+k-i))
			}
			if got := Tail(n, 1, float64(k), 12); math.Abs(got-sum) > 1e-12 {
				t.Errorf("%d against %d: %g, want %g", n, k, got, sum)
			}
		}
	}
	for _, p := range []float64{Tail(0, 1, 5, 5), Tail(5, 1, 0, 0), Tail(5, 0, 0, 1), Tail(5, 1, math.NaN(), 1)} {
		if p != 1 {
			t.Errorf("nothing to compare is %g surprising", p)
		}
	}
}

// A place that changes nothing but keeps its hours must not raise more alarms than the level says,
// however busy it is.
func TestFalseAlarmsOfFrequencyStayWithinTheLevel(t *testing.T) {
	t.Parallel()
	for name, rate := range map[string]func(int) float64{
		"a quiet place": func(int) float64 { return 0.05 },
		"a steady one":  func(int) float64 { return 0.6 },
		"one with evenings": func(hour int) float64 {
			if h := hour % 24; h >= 17 && h < 22 {
				return 3
			}
			return 0.1
		},
		"one with Saturdays": func(hour int) float64 {
			if hour/24 == 6 {
				return 2
			}
			return 0.05
		},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		alarms, small, looks := 0, 0, 0
		for range 25 {
			from, until := noon.Add(-8*week), noon
			h := NewHistory(visits(poisson(rng, from, until, rate), "m"), from, until, time.UTC)
			after := poisson(rng, until, until.Add(2*week), rate)
			for i, at := range after {
				others := 0
				for j := i - 1; j >= 0 && at.Sub(after[j]) <= policy.Window; j-- {
					others++
				}
				looks++
				c := h.Frequency(Series{Matter: "m"}, others, policy.Window, at, policy)
				if c.P <= 0.05 {
					alarms++
				}
				if c.P <= policy.Frequency {
					small++
				}
			}
		}
		within(t, name+" at 5 %", alarms, looks, 0.05)
		within(t, name, small, looks, policy.Frequency)
	}
}

// How many members within ten minutes it takes until a burst is noticed, by what is usual at the hour.
func TestABurstIsNoticedAfterSoManyMembers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		perHour float64
		weeks   int
		want    int
	}{{0, 12, 3}, {0.25, 12, 3}, {1, 12, 5}, {3, 12, 6}, {0, 0, 4}} {
		h := constant(tc.perHour, tc.weeks)
		n := policy.BurstMembers - 1
		for h.Frequency(Series{Matter: "m"}, n, policy.BurstWindow, noon, policy).P > policy.Burst {
			n++
		}
		if n+1 != tc.want {
			t.Errorf("%g an hour over %d weeks: noticed at %d members, want %d", tc.perHour, tc.weeks, n+1, tc.want)
		}
	}
}

// How many matters it takes, on average, until a rate that has risen is noticed.
func TestARisenRateIsNoticedSoon(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	h := constant(0.5, 12)
	for _, tc := range []struct {
		times float64
		most  float64
	}{{6, 60}, {12, 10}, {24, 8}} {
		const runs = 60
		total := 0
		for range runs {
			total += delay(rng, h, 0.5*tc.times)
		}
		mean := float64(total) / runs
		t.Logf("a rate %.0f times the usual is noticed after %.1f matters", tc.times, mean)
		if mean > tc.most {
			t.Errorf("a rate %.0f times the usual is noticed after %.1f matters, at most %.0f are allowed", tc.times, mean, tc.most)
		}
	}
}

// delay counts matters of a rate until one of the two windows raises the alarm.
func delay(rng *rand.Rand, h *History, perHour float64) int {
	var times []time.Time
	for at := noon; len(times) < 500; {
		at = at.Add(time.Duration(rng.ExpFloat64() / perHour * float64(time.Hour)))
		times = append(times, at)
		lately := func(span time.Duration) (n int) {
			for _, b := range times[:len(times)-1] {
				if at.Sub(b) <= span {
					n++
				}
			}
			return n
		}
		s := Series{Matter: "m"}
		few := lately(policy.BurstWindow)
		if h.Frequency(s, lately(policy.Window), policy.Window, at, policy).P <= policy.Frequency/2 ||
			few+1 >= policy.BurstMembers && h.Frequency(s, few, policy.BurstWindow, at, policy).P <= policy.Burst {
			break
		}
	}
	return len(times)
}

// constant is the history of a place with the same rate at every hour.
func constant(perHour float64, weeks int) *History {
	from := noon.Add(-time.Duration(weeks) * week)
	var times []time.Time
	if perHour > 0 {
		gap := time.Duration(float64(time.Hour) / perHour)
		for at := from.Add(gap / 2); at.Before(noon); at = at.Add(gap) {
			times = append(times, at)
		}
	}
	return NewHistory(visits(times, "m"), from, noon, time.UTC)
}

func TestANewPlaceIsComparedWithTheShippedRate(t *testing.T) {
	t.Parallel()
	fresh := constant(0, 0)
	if c := fresh.Frequency(Series{Matter: "m"}, 1, policy.BurstWindow, noon, policy); c.P < 0.01 || c.Usual != policy.PriorRate {
		t.Errorf("two matters within ten minutes at a new place: %+v", c)
	}
	if c := fresh.Frequency(Series{Matter: "m"}, 6, policy.BurstWindow, noon, policy); c.P > 1e-4 {
		t.Errorf("seven: %+v", c)
	}
}

func TestARateIsSaidInWords(t *testing.T) {
	t.Parallel()
	for rate, want := range map[float64]string{5: "at this hour about 5 are usual", 1.2: "at this hour about one is usual", 0.7: "at this hour about one is usual", 1.0 / 3: "at this hour one in 3 days is usual", 0.001: "at this hour none is usual", 0: "at this hour none is usual"} {
		if got := Usual(rate); got != want {
			t.Errorf("%g: %q, want %q", rate, got, want)
		}
	}
}
