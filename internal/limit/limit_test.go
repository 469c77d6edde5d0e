package limit_test

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"pgregory.net/rapid"

	"clubos/internal/limit"
	"clubos/internal/redis"
	"clubos/internal/redis/redistest"
)

// hand is time that a test moves.
type hand struct{ at atomic.Int64 }

func (h *hand) elapsed() time.Duration { return time.Duration(h.at.Load()) }

func TestRateAdmitsItsMaximumAtOnceAndThenAsItIsWorkedOff(t *testing.T) {
	t.Parallel()
	var h hand
	l := limit.New(limit.Config{Elapsed: h.elapsed})
	r := limit.Rate{Name: "operator", Max: 4, Window: time.Minute}
	for i, s := range []struct {
		after time.Duration
		ok    bool
		left  int
	}{{0, true, 3}, {0, true, 2}, {0, true, 1}, {0, true, 0}, {0, false, 0}, {15*time.Second - 1, false, 0}, {1, true, 0}, {0, false, 0}, {time.Hour, true, 3}} {
		h.at.Add(int64(s.after))
		if v := l.Take(t.Context(), r, "a"); v.OK != s.ok || v.Left != s.left {
			t.Errorf("step %d: %+v", i, v)
		}
	}
	if v := l.Take(t.Context(), r, "b"); !v.OK || v.Left != 3 {
		t.Errorf("another key: %+v", v)
	}
	if f := l.Facts(); f.Admitted != 7 || f.Refused != 3 {
		t.Errorf("facts %+v", f)
	}
}

// TestNeverMoreThanTheRateAndNearlyAllOfIt has 64 goroutines ask at once for all there is while time goes on in leaps, and
// back: in each time t at most Max + t·Max/Window are admitted, and of what could be, 99 of 100. Time that goes back
// is worked off again, but for no longer than a window.
func TestNeverMoreThanTheRateAndNearlyAllOfIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		every := rapid.Int64Range(1, int64(30*time.Second)).Draw(rt, "every")
		r := limit.Rate{Name: "x", Max: rapid.IntRange(1, 120).Draw(rt, "max")}
		r.Window = time.Duration(every * int64(r.Max))
		var h hand
		h.at.Store(int64(1000 * time.Hour))
		l := limit.New(limit.Config{Elapsed: h.elapsed})
		var gone time.Duration // time that was worked off in, at most
		var admitted atomic.Int64
		usable, free := int64(0), int64(r.Window) // what one who counts alone admits; how much of the window is worked off
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			leap := rapid.Int64Range(-3*int64(r.Window), 3*int64(r.Window)).Draw(rt, "leap")
			h.at.Add(leap)
			gone += time.Duration(max(leap, 0))
			free = min(max(free+leap, 0), int64(r.Window))
			usable += free / every
			free %= every
			var wg sync.WaitGroup
			for range 64 {
				wg.Go(func() {
					for range r.Max/64 + 2 {
						if l.Take(t.Context(), r, "k").OK {
							admitted.Add(1)
						}
					}
				})
			}
			wg.Wait()
			if most := float64(r.Max) + gone.Seconds()*float64(r.Max)/r.Window.Seconds() + 1e-6; float64(admitted.Load()) > most+float64(r.Max)*1e-6 {
				rt.Fatalf("%d admitted, %.3f allowed", admitted.Load(), most)
			}
			if n := admitted.Load(); n*100 < usable*99 {
				rt.Fatalf("%d admitted, and %d could be", n, usable)
			}
		}
	})
}

func TestNinetyNineOfAHundredOfWhatARateAllowsCanBeUsed(t *testing.T) {
	t.Parallel()
	var h hand
	l := limit.New(limit.Config{Elapsed: h.elapsed})
	r := limit.Rate{Name: "x", Max: 1000, Window: time.Minute}
	admitted := 0
	const minutes = 10
	for range minutes * 6000 {
		h.at.Add(int64(10 * time.Millisecond))
		if l.Take(t.Context(), r, "k").OK {
			admitted++
		}
	}
	if allowed := r.Max * (1 + minutes); float64(admitted) < 0.99*float64(allowed) || admitted > allowed {
		t.Errorf("%d of %d", admitted, allowed)
	}
}

// TestSharedRateHoldsOverAllReplicas has 64 goroutines of two processes ask at once.
func TestSharedRateHoldsOverAllReplicas(t *testing.T) {
	t.Parallel()
	at, space := redistest.URL(t), redistest.Space()
	var limiters []*limit.Limiter
	for range 2 {
		limiters = append(limiters, limit.New(limit.Config{Redis: redistest.Open(t, redis.Config{URL: at, Timeout: 5 * time.Second}), Space: space}))
	}
	r := limit.Rate{Name: "x", Max: 400, Window: 2 * time.Second}
	start := time.Now()
	var admitted atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for time.Since(start) < time.Second {
				if limiters[i%2].Take(t.Context(), r, "k").OK {
					admitted.Add(1)
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	allowed := float64(r.Max) + took.Seconds()*float64(r.Max)/r.Window.Seconds()
	if n := float64(admitted.Load()); n > math.Ceil(allowed) || n < 0.8*(float64(r.Max)+float64(r.Max)/r.Window.Seconds()) {
		t.Errorf("%.0f admitted in %s, %.1f allowed", n, took, allowed)
	}
	for _, l := range limiters {
		if f := l.Facts(); f.Alone != 0 || f.Refused == 0 {
			t.Errorf("facts %+v", f)
		}
	}
}

func TestRedisWhoseClockWentBackMakesNobodyWaitLongerThanAWindow(t *testing.T) {
	t.Parallel()
	c, space := redistest.Open(t, redis.Config{URL: redistest.URL(t), Timeout: 5 * time.Second}), redistest.Space()
	l := limit.New(limit.Config{Redis: c, Space: space})
	r := limit.Rate{Name: "x", Max: 4, Window: 400 * time.Millisecond}
	_, err := c.Do(t.Context(), func(b rueidis.Builder) []rueidis.Completed { // what a clock an hour ahead left
		return []rueidis.Completed{b.Set().Key(space + ":limit:x:k").Value(strconv.FormatInt(time.Now().Add(time.Hour).UnixMicro(), 10)).Px(time.Hour).Build()}
	})
	if err != nil {
		t.Fatal(err)
	}
	if v := l.Take(t.Context(), r, "k"); v.OK || v.Wait > r.Window {
		t.Errorf("%+v", v)
	}
	redistest.Await(t, "a place is worked off", func() bool { return l.Take(t.Context(), r, "k").OK })
	if f := l.Facts(); f.Alone != 0 {
		t.Errorf("facts %+v", f)
	}
}

func TestEachProcessCountsByItselfWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	wire := redistest.NewWire(t)
	l := limit.New(limit.Config{Redis: redistest.Open(t, redis.Config{URL: wire.URL, Timeout: 50 * time.Millisecond, ProbeEvery: 10 * time.Millisecond}), Space: redistest.Space()})
	r := limit.Rate{Name: "x", Max: 5, Window: time.Hour}
	wire.Hang()
	admitted := 0
	for range 20 {
		if l.Take(t.Context(), r, "k").OK {
			admitted++
		}
	}
	if f := l.Facts(); admitted != 5 || f.Alone != 20 {
		t.Errorf("%d admitted, %+v", admitted, f)
	}
	wire.Mend()
	redistest.Await(t, "Redis counts again", func() bool {
		before := l.Facts().Alone
		l.Take(t.Context(), r, "other")
		return l.Facts().Alone == before
	})
}

func TestFloodOfKeysTakesBoundedMemoryAndSharesOneRate(t *testing.T) {
	t.Parallel()
	var h hand
	l := limit.New(limit.Config{Elapsed: h.elapsed})
	r := limit.Rate{Name: "x", Max: 1, Window: time.Hour}
	admitted := 0
	for i := range 600_000 {
		if l.Take(t.Context(), r, strconv.Itoa(i)).OK {
			admitted++
		}
	}
	if most := 64 * (1<<13 + 1); admitted > most {
		t.Errorf("%d keys are known, %d allowed", admitted, most)
	}
	h.at.Add(int64(2 * time.Hour))
	if !l.Take(t.Context(), r, "later").OK {
		t.Error("what is worked off still takes room")
	}
}

func TestHeadersSayWhatIsLeftAndWhenToComeBack(t *testing.T) {
	t.Parallel()
	l := limit.New(limit.Config{})
	r := limit.Rate{Name: "key", Max: 1, Window: time.Minute}
	h := http.Header{}
	l.Take(t.Context(), r, "k").Write(h)
	if h.Get("RateLimit-Policy") != `"key";q=1;w=60` || h.Get("RateLimit") != `"key";r=0;t=60` || h.Get("Retry-After") != "" {
		t.Errorf("%v", h)
	}
	l.Take(t.Context(), r, "k").Write(h)
	if h.Get("Retry-After") != "60" {
		t.Errorf("%v", h)
	}
	none := http.Header{}
	var off *limit.Limiter
	if v := off.Take(t.Context(), r, "k"); !v.OK {
		t.Error("nobody limits, and yet one is refused")
	}
	l.Take(t.Context(), limit.Rate{Name: "off"}, "k").Write(none)
	if len(none) != 0 {
		t.Errorf("%v", none)
	}
}

func BenchmarkTakeInProcess(b *testing.B) {
	l := limit.New(limit.Config{})
	r := limit.Rate{Name: "operator", Max: 1 << 30, Window: time.Minute}
	keys := make([]string, 1024)
	for i := range keys {
		keys[i] = fmt.Sprintf("usr_%026d", i)
	}
	ctx := b.Context()
	b.ReportAllocs()
	i, before := 0, processorTime(b)
	for b.Loop() {
		l.Take(ctx, r, keys[i&1023])
		i++
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op") // says the same on a busy machine
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkTakeInRedis(b *testing.B) {
	l := limit.New(limit.Config{Redis: redistest.Open(b, redis.Config{URL: redistest.URL(b), Timeout: 5 * time.Second}), Space: redistest.Space()})
	r := limit.Rate{Name: "operator", Max: 1 << 20, Window: time.Minute}
	b.SetParallelism(256)
	before := processorTime(b)
	var who atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		key := fmt.Sprintf("usr_%026d", who.Add(1))
		for pb.Next() {
			l.Take(b.Context(), r, key)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "takes/s")
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}
