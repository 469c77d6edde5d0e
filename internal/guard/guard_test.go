package guard

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"clubos/internal/club"
)

// house is a server of known cost: it works on a few requests at a time, each for as long, and on the
// others in turn.
type house struct {
	limiter *Limiter
	workers chan struct{}
	cost    time.Duration
	settled time.Time // when its limit should be found

	mu   sync.Mutex // guards the fields below
	done Counts
	late int  // texts that took longer than half a second, once it has found its limit
	calm bool // nobody asks any more
}

func newHouse(workers int, cost time.Duration) *house {
	return &house{limiter: New(club.SystemClock{}), workers: make(chan struct{}, workers), cost: cost, settled: time.Now().Add(2 * time.Second)}
}

func (h *house) ask(ctx context.Context, c Class) {
	start := time.Now()
	done, err := h.limiter.Admit(ctx, c)
	if err != nil {
		return
	}
	defer done()
	h.workers <- struct{}{}
	<-time.After(h.cost)
	<-h.workers
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done[c]++
	if !h.calm && c <= Ingest && start.After(h.settled) && time.Since(start) > 500*time.Millisecond {
		h.late++
	}
}

// drive asks at a fixed rate for a time, whatever becomes of it; mix says of which class each request is.
func (h *house) drive(perSecond int, lasts time.Duration, mix func(i int) Class) (asked Counts) {
	var all sync.WaitGroup
	for i := range int(lasts.Seconds() * float64(perSecond)) {
		c := mix(i)
		asked[c]++
		all.Go(func() { h.ask(context.Background(), c) })
		<-time.After(time.Second / time.Duration(perSecond))
	}
	h.mu.Lock()
	h.calm = true
	h.mu.Unlock()
	all.Wait()
	return asked
}

// everyone is a mix of all classes: of twenty requests two are emergencies and nine other texts.
func everyone(i int) Class {
	return []Class{Emergency, Ingest, Operator, Ingest, API, Ingest, Bulk, Ingest, API, Ingest, Emergency, Ingest, Operator, Ingest, API, Ingest, Bulk, Ingest, API, Ingest}[i%20]
}

func TestThreeTimesWhatItCanDoLeavesItDoingWhatItCan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const workers, cost = 8, 20 * time.Millisecond // 400 a second
		h := newHouse(workers, cost)
		const lasts = 10 * time.Second
		peak := 400 * lasts.Seconds()
		asked := h.drive(1200, lasts, everyone)
		s := h.limiter.State()
		if good := float64(h.done.Sum()); good < 0.9*peak {
			t.Errorf("%v done of %v that it could do", good, peak)
		}
		if s.Refused[Emergency] != 0 || h.done[Emergency] != asked[Emergency] {
			t.Errorf("%d emergencies refused, %d of %d done", s.Refused[Emergency], h.done[Emergency], asked[Emergency])
		}
		served := func(c Class) float64 { return float64(h.done[c]) / float64(asked[c]) }
		for _, c := range []Class{Ingest, Operator, API} {
			if served(c) < served(c+1) {
				t.Errorf("%s was served less than %s: %.2f, %.2f", c, c+1, served(c), served(c+1))
			}
		}
		if h.done[Operator] == 0 || h.done[API] == 0 || h.done[Bulk] == 0 {
			t.Errorf("a class was shut out: %v", h.done)
		}
		if texts := h.done[Emergency] + h.done[Ingest]; float64(h.late) > 0.05*float64(texts) {
			t.Errorf("%d of %d texts took longer than half a second", h.late, texts)
		}
		if s.Running != 0 || s.Waiting != 0 {
			t.Errorf("%d run and %d wait after the end", s.Running, s.Waiting)
		}
		if got := s.Admitted.Sum() + s.Refused.Sum(); got != asked.Sum() {
			t.Errorf("%d counted of %d", got, asked.Sum())
		}
	})
}

func TestNobodyIsRefusedWhileThereIsRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(8, 20*time.Millisecond)
		asked := h.drive(300, 5*time.Second, everyone)
		if s := h.limiter.State(); s.Refused.Sum() != 0 || h.done != asked {
			t.Errorf("refused %v; done %v of %v", s.Refused, h.done, asked)
		}
	})
}

func TestBurstWaitsInsteadOfBeingRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(1000, 100*time.Millisecond)
		var all sync.WaitGroup
		for range 500 {
			all.Go(func() { h.ask(t.Context(), Ingest) })
		}
		all.Wait()
		if h.done[Ingest] != 500 {
			t.Errorf("%d of 500 done", h.done[Ingest])
		}
	})
}

// hold takes places and gives them back together.
func hold(t *testing.T, l *Limiter, c Class, n int) (release func()) {
	t.Helper()
	var all []func()
	for range n {
		done, err := l.Admit(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, done)
	}
	return func() {
		for _, done := range all {
			done()
		}
	}
}

func TestWhoMattersMoreGoesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(club.SystemClock{})
		var places []func()
		for range firstLimit {
			places = append(places, hold(t, l, Ingest, 1))
		}
		own := []func(){hold(t, l, Operator, traits(Operator).own), hold(t, l, API, traits(API).own), hold(t, l, Bulk, traits(Bulk).own)}
		var mu sync.Mutex
		var order []Class
		var all sync.WaitGroup
		for _, c := range []Class{Bulk, API, Operator, Ingest} {
			all.Go(func() {
				done, err := l.Admit(t.Context(), c)
				if err != nil {
					t.Errorf("%s: %v", c, err)
					return
				}
				defer done()
				mu.Lock()
				defer mu.Unlock()
				order = append(order, c)
			})
			synctest.Wait()
		}
		if s := l.State(); s.Waiting != 4 || len(order) != 0 {
			t.Errorf("%d wait, %v went in over the limit", s.Waiting, order)
		}
		hold(t, l, Emergency, 1)()
		for _, give := range append(places, own...) {
			give()
			synctest.Wait()
		}
		all.Wait()
		if !slices.Equal(order, []Class{Ingest, Operator, API, Bulk}) {
			t.Errorf("went in: %v", order)
		}
	})
}

func TestFullQueueMakesRoomForWhoMattersMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(club.SystemClock{})
		release := hold(t, l, Ingest, firstLimit)
		defer release()
		bulk := hold(t, l, Bulk, traits(Bulk).own)
		defer bulk()
		var all sync.WaitGroup
		for range mostWait {
			all.Go(func() {
				if done, err := l.Admit(t.Context(), Bulk); err == nil {
					done()
				}
			})
		}
		synctest.Wait()
		all.Go(func() {
			if _, err := l.Admit(t.Context(), Bulk); club.CodeOf(err) != club.CodeUnavailable {
				t.Errorf("one too many: %v", err)
			}
		})
		synctest.Wait()
		all.Go(func() {
			if done, err := l.Admit(t.Context(), Ingest); err == nil {
				done()
			}
		})
		synctest.Wait()
		if s := l.State(); s.Waiting != mostWait || l.without(Bulk) != 2 || l.without(Ingest) != 0 {
			t.Errorf("%d wait, %d of bulk and %d others have no place among them", s.Waiting, l.without(Bulk), l.without(Ingest))
		}
		all.Wait()
	})
}

func TestWhoIsRefusedHearsOfItLateSoThatNobodyAsksAllTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(club.SystemClock{})
		release := hold(t, l, Ingest, firstLimit)
		defer release()
		refused := func(c Class) time.Duration {
			start := time.Now()
			if _, err := l.Admit(t.Context(), c); club.CodeOf(err) != club.CodeUnavailable {
				t.Errorf("%s: %v", c, err)
			}
			return time.Since(start)
		}
		if took := refused(Ingest); took != traits(Ingest).held {
			t.Errorf("a text heard after %s", took)
		}
		pages := hold(t, l, Operator, traits(Operator).own)
		defer pages()
		if took := refused(Operator); took > traits(Operator).patience {
			t.Errorf("a person heard after %s", took)
		}
		l.bear(Load{Pressure: mostPressure, Short: true})
		if took := refused(Ingest); took != 0 {
			t.Errorf("with no memory to spare a text heard after %s", took)
		}
		if l.parked != 0 {
			t.Errorf("%d are kept waiting", l.parked)
		}
	})
}

// without is how many of a class found no place in time and are not refused yet.
func (l *Limiter) without(c Class) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.late[c].n
}

func TestAPlaceThatNobodyElseWantsIsGivenToWhoFoundNoneInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(club.SystemClock{})
		release := hold(t, l, Ingest, firstLimit)
		var got atomic.Int64
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if done, err := l.Admit(t.Context(), Ingest); err == nil {
					got.Add(1)
					done()
				}
			})
			synctest.Wait()
		}
		<-time.After(traits(Ingest).patience + time.Second)
		if l.without(Ingest) != 10 || !l.Behind("") {
			t.Errorf("%d found no place; behind %v", l.without(Ingest), l.Behind(""))
		}
		release()
		all.Wait()
		if s := l.State(); got.Load() != 10 || s.Refused.Sum() != 0 || l.without(Ingest) != 0 || l.Behind("") {
			t.Errorf("%d got one, %d were refused, %d are left, behind %v", got.Load(), s.Refused.Sum(), l.without(Ingest), l.Behind(""))
		}
	})
}

func TestMoreIsAskedThanCanBeDoneWhileSomebodyWaitsAllTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(club.SystemClock{})
		release := hold(t, l, Ingest, firstLimit)
		ctx, leave := context.WithCancel(t.Context())
		for range 3 {
			go func() {
				if done, err := l.Admit(ctx, Ingest); err == nil {
					done()
				}
			}()
		}
		synctest.Wait()
		if l.Behind("") {
			t.Error("a queue of this very moment counts")
		}
		<-time.After(standing + time.Millisecond)
		if !l.Behind("") {
			t.Error("a queue that stands does not count")
		}
		release()
		synctest.Wait()
		if l.Behind("") {
			t.Error("it counts after everybody has had a place")
		}
		leave()
	})
}

// TestLateRequestsDoNotMakeFewerRunThanTheRateNeeds is about a processor that something else takes: what runs
// is late however few they are.
func TestLateRequestsDoNotMakeFewerRunThanTheRateNeeds(t *testing.T) {
	t.Parallel()
	clock := club.NewManualClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	l := New(clock)
	second := func(done int) {
		for range done {
			clock.Advance(time.Second / time.Duration(done))
			l.mu.Lock()
			l.learn(clock.Now(), Ingest, time.Second)
			l.mu.Unlock()
		}
	}
	for range 5 {
		second(3000)
	}
	if limit := l.State().Limit; limit < 290 {
		t.Errorf("%d places for 3000 a second", limit)
	}
	for range 60 {
		second(50) // it really can do no more
	}
	if limit := l.State().Limit; limit != leastLimit {
		t.Errorf("%d places for 50 a second", limit)
	}
}

func TestClientThatGoesWhileItWaitsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(club.SystemClock{})
		defer hold(t, l, Ingest, firstLimit)()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := l.Admit(ctx, Ingest); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error: %v", err)
		}
		if s := l.State(); s.Waiting != 0 || s.Refused.Sum() != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestProtectedHandlerAnswersRefusalsWithRetryAfterAndLetsStreamsBe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(club.SystemClock{})
		h := l.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
			func(r *http.Request) (Class, bool) { return API, r.URL.Path != "/live" },
			http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
		get := func(path string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			return w
		}
		if w := get("/x"); w.Code != http.StatusNoContent {
			t.Errorf("with room: %d", w.Code)
		}
		defer hold(t, l, Ingest, firstLimit)()
		defer hold(t, l, API, traits(API).own)()
		if w := get("/x"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "2" {
			t.Errorf("without room: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
		}
		if w := get("/live"); w.Code != http.StatusNoContent {
			t.Errorf("a stream: %d", w.Code)
		}
	})
}

// given is a meter that reads what a test says.
type given struct {
	reading Reading
	silent  bool
}

func (g *given) Read() (Reading, bool) { return g.reading, !g.silent }

// watched is a limiter with a watch on two processors, by a clock that the test moves.
func watched(cpu float64, memory int64) (look func(share float64, memory int64) Load, l *Limiter) {
	clock := club.NewManualClock(time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC))
	l = New(clock)
	m := &given{}
	w := &Watch{Processors: 2, CPU: cpu, Memory: memory, Meter: m, Clock: clock, Log: slog.New(slog.DiscardHandler)}
	w.Look(context.Background(), l)
	return func(share float64, memory int64) Load {
		clock.Advance(time.Second)
		m.reading.CPU += time.Duration(share * 2 * float64(time.Second))
		m.reading.Memory = memory
		w.Look(context.Background(), l)
		return l.State().Load
	}, l
}

func TestRefusalsAreOneLineWhenTheyBeginAndOneWhenTheyAreOver(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	clock := club.NewManualClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	l := New(clock)
	w := &Watch{Processors: 1, Meter: &given{}, Clock: clock, Log: slog.New(slog.NewTextHandler(&out, nil))}
	second := func(refused int) {
		for range refused {
			l.mu.Lock()
			l.counts.shed(clock.Now(), Ingest)
			l.mu.Unlock()
		}
		clock.Advance(time.Second)
		w.Look(context.Background(), l)
	}
	for _, refused := range []int{0, 500, 500, 0, 0, 500, 0} {
		second(refused)
	}
	if n := strings.Count(out.String(), "event.action=guard.shed "); n != 1 || strings.Contains(out.String(), "shed_over") {
		t.Errorf("%d lines:\n%s", n, out.String())
	}
	for range 12 {
		second(0)
	}
	if !strings.Contains(out.String(), "labels.refused_ingest=1500") || strings.Count(out.String(), "event.action=guard.shed_over") != 1 {
		t.Errorf("the end:\n%s", out.String())
	}
	second(3)
	if !strings.Contains(out.String(), "labels.refused_ingest=3\n") || strings.Count(out.String(), "\n") != 3 {
		t.Errorf("another time:\n%s", out.String())
	}
}

func TestProcessorTimeMakesLowerClassesGiveWayOneAfterTheOther(t *testing.T) {
	t.Parallel()
	look, l := watched(0.8, 0)
	for range 5 {
		if got := look(0.7, 0); got.Pressure != 0 {
			t.Fatalf("below the limit: %+v", got)
		}
	}
	var steps []int
	for range 20 {
		steps = append(steps, look(1, 0).Pressure)
	}
	for i := 1; i < len(steps); i++ {
		if d := steps[i] - steps[i-1]; d < 0 || d > 1 {
			t.Errorf("pressure jumps: %v", steps)
		}
	}
	if steps[0] != 0 || steps[19] != cpuPressure {
		t.Errorf("pressure: %v", steps)
	}
	if got := l.State().Load.CPU; math.Abs(got-1) > 0.01 {
		t.Errorf("share of the processors: %.2f", got)
	}
	release := hold(t, l, API, traits(API).own)
	if l.hasRoom(API) || !l.hasRoom(Operator) || !l.hasRoom(Ingest) || !l.hasRoom(Bulk) {
		t.Error("under pressure a class has more, or less, than its own places")
	}
	release()
	for range 10 {
		look(0.1, 0)
	}
	if got := l.State().Load.Pressure; got != 0 {
		t.Errorf("pressure stays: %d", got)
	}
}

func TestMemoryShutsBulkAndProgramsOutBeforeAnybodyElse(t *testing.T) {
	t.Parallel()
	const limit = 1 << 30
	look, l := watched(0.8, limit)
	look(0, limit+1)
	look(0, limit+1)
	if s := l.State().Load; s.Pressure != 1 || !s.Short || l.hasRoom(Bulk) || !l.hasRoom(API) {
		t.Errorf("first step: %+v", s)
	}
	for range 20 {
		look(0, limit+1)
	}
	if l.hasRoom(API) || !l.hasRoom(Operator) || !l.hasRoom(Ingest) || !l.hasRoom(Emergency) {
		t.Errorf("last step: %+v", l.State().Load)
	}
	if look(0, limit*95/100).Pressure != mostPressure {
		t.Error("pressure falls just below the limit")
	}
	for range mostPressure {
		look(0, limit/2)
	}
	if s := l.State().Load; s.Pressure != 0 || s.Short {
		t.Errorf("memory is back: %+v", s)
	}
}

func TestWithoutLimitsOrFiguresNothingGivesWay(t *testing.T) {
	t.Parallel()
	look, _ := watched(0, 0)
	for range 20 {
		if got := look(1, 1<<40); got.Pressure != 0 {
			t.Fatalf("%+v", got)
		}
	}
}

func TestUsageIsReadWhateverTheProgramIsCalled(t *testing.T) {
	t.Parallel()
	got, ok := parseStat("4711 (club (os) 1) S 1 4711 4711 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1000 200 18446744073709551615", 4096)
	if want := (Reading{CPU: 3 * time.Second, Memory: 200 * 4096}); !ok || got != want {
		t.Errorf("got %+v, %t; want %+v", got, ok, want)
	}
	for _, bad := range []string{"", "4711 (clubos) S 1", "1 (c) S 1 1 1 0 -1 0 0 0 0 0 x 50 0 0 20 0 9 0 100 1000 200"} {
		if _, ok := parseStat(bad, 4096); ok {
			t.Errorf("%q has figures", bad)
		}
	}
	if r, ok := (Process{}).Read(); ok && (r.Memory <= 0 || r.CPU < 0) {
		t.Errorf("this process: %+v", r)
	}
}

func BenchmarkAdmit(b *testing.B) {
	l := New(club.SystemClock{})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if done, err := l.Admit(context.Background(), Ingest); err == nil {
				done()
			}
		}
	})
}
