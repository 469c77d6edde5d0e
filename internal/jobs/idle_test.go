package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// startSleepy starts a runner whose clubs are soon idle, and that on SQLite hears of nothing by polling.
func startSleepy(t *testing.T, r *jobs.Registry, idle time.Duration) *jobs.Runner {
	t.Helper()
	cfg := jobs.Config{Node: "test", Poll: time.Hour, Idle: idle}
	if storetest.DatabaseURL() != "" {
		cfg.Poll = 0 // of two jobs that are stored in one instant River announces one there, and polls for the other
	}
	return startAs(t, r, cfg)
}

// clients counts the job clients that work a club's file.
func clients(t *testing.T, tenant *store.Tenant) int {
	return storetest.Count(t, tenant, "SELECT COUNT(*) FROM river_leader")
}

// untilIdle waits until a SQLite club has no client.
func untilIdle(t *testing.T, tenant *store.Tenant) {
	t.Helper()
	if storetest.DatabaseURL() != "" {
		return // on PostgreSQL all clubs have one
	}
	limit := time.After(10 * time.Second)
	for {
		if clients(t, tenant) == 0 {
			return
		}
		select {
		case <-limit:
			t.Fatal("the club has nothing to do and is not idle")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestIdleClubWakesForWhatIsEnqueuedAndForWhatComesDue(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	worked := make(chan string, 8)
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(_ context.Context, _ *store.Tenant, j greetJob) error { worked <- j.Word; return nil }})
	startSleepy(t, r, 40*time.Millisecond)
	for i := range 3 {
		untilIdle(t, tenant)
		word := fmt.Sprint("number ", i)
		enqueue(t, tenant, word, nil)
		if got := receive(t, worked); got != word {
			t.Errorf("worked %q, want %q", got, word)
		}
	}
	due := time.Now().Add(700 * time.Millisecond)
	enqueue(t, tenant, "due", jobs.At(due))
	untilIdle(t, tenant) // it is farther away than a club stays awake for
	if got := receive(t, worked); got != "due" || time.Now().Before(due) {
		t.Errorf("%q was worked %s before it was due", got, time.Until(due))
	}
	untilIdle(t, tenant)
}

func TestIdleClubWakesForWhatAnotherProcessEnqueues(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	here, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = here.Close() })
	tenant := storetest.AddTenant(t, here, "aa")
	r := jobs.NewRegistry(here, slog.New(slog.DiscardHandler))
	worked := make(chan string, 8)
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(_ context.Context, _ *store.Tenant, j greetJob) error { worked <- j.Word; return nil }})
	startSleepy(t, r, 40*time.Millisecond)
	untilIdle(t, tenant)
	there, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = there.Close() })
	enqueue(t, storetest.OpenTenant(t, there, "aa"), "from the command line", nil)
	if got := receive(t, worked); got != "from the command line" {
		t.Errorf("worked %q", got)
	}
}

func TestPeriodicJobsOfAnIdleClubHaveTheirTurns(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	turns := make(chan struct{}, 64)
	r.Every("sweep", time.Second, func(context.Context, *store.Tenant) error { turns <- struct{}{}; return nil })
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(context.Context, *store.Tenant, greetJob) error { return nil }})
	startSleepy(t, r, 20*time.Millisecond)
	receive(t, turns)
	untilIdle(t, tenant)
	receive(t, turns)
}

// TestNoJobIsLeftWhileAClubFallsAsleepAndWakes enqueues jobs at instants at which the club may just be turning.
func TestNoJobIsLeftWhileAClubFallsAsleepAndWakes(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	worked := make(chan string, 256)
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(_ context.Context, _ *store.Tenant, j greetJob) error { worked <- j.Word; return nil }})
	runner := startSleepy(t, r, 20*time.Millisecond)
	const each, writers = 20, 3
	var wg sync.WaitGroup
	for w := range writers {
		rng := rand.New(rand.NewPCG(7, uint64(w)))
		wg.Go(func() {
			for i := range each {
				var opts *river.InsertOpts
				if rng.IntN(2) == 0 {
					opts = jobs.At(time.Now().Add(time.Duration(rng.IntN(150)) * time.Millisecond))
				}
				enqueue(t, tenant, fmt.Sprint(w, " ", i), opts)
				<-time.After(time.Duration(rng.IntN(60)) * time.Millisecond) // about as long as it takes to fall asleep
			}
		})
	}
	wg.Wait()
	times := map[string]int{}
	for len(times) < each*writers {
		times[receive(t, worked)]++
	}
	for word, n := range times {
		if n != 1 {
			t.Errorf("job %s was worked %d times", word, n)
		}
	}
	untilIdle(t, tenant)
	limit := time.After(10 * time.Second)
	for { // that a job is done is stored a moment later
		list, err := runner.Backlog(t.Context())
		if err == nil && len(list) == 0 {
			return
		}
		select {
		case <-limit:
			t.Fatalf("%+v waits, %v", list, err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// TestJobThatBeginsAsItsClubFallsAsleepIsWorkedToItsEnd has jobs that take longer than the end of a client is waited for.
func TestJobThatBeginsAsItsClubFallsAsleepIsWorkedToItsEnd(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	worked := make(chan string, 8)
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(ctx context.Context, _ *store.Tenant, j greetJob) error {
		word := j.Word
		if word == "slow" {
			select {
			case <-time.After(250 * time.Millisecond):
			case <-ctx.Done():
				word = "cut off"
			}
		}
		worked <- word
		return nil
	}})
	startSleepy(t, r, 100*time.Millisecond)
	enqueue(t, tenant, "quick", nil)
	receive(t, worked)
	for i := range 4 {
		<-time.After(100*time.Millisecond + time.Duration(3*i)*time.Millisecond) // just when it falls asleep
		enqueue(t, tenant, "slow", nil)
		enqueue(t, tenant, "quick", nil)
		if one, two := receive(t, worked), receive(t, worked); one != "quick" && one != "slow" || two != "quick" && two != "slow" || one == two {
			t.Errorf("%q and %q were worked", one, two)
		}
	}
}
