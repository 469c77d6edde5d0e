package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

type greetJob struct {
	jobs.Meta
	Word string `json:"word"`
}

func (greetJob) Kind() string { return "greet" }

func enqueue(t testing.TB, tenant *store.Tenant, word string, opts *river.InsertOpts) {
	t.Helper()
	err := tenant.Write(club.WithCorrelation(t.Context(), "cor_1"), func(tx *store.Tx) error {
		tx.Enqueue(greetJob{Meta: jobs.For(tx), Word: word}, opts)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func start(t testing.TB, r *jobs.Registry) *jobs.Runner {
	t.Helper()
	return startAs(t, r, jobs.Config{Node: "test", Poll: 20 * time.Millisecond})
}

func startAs(t testing.TB, r *jobs.Registry, cfg jobs.Config) *jobs.Runner {
	t.Helper()
	runner := jobs.NewRunner(r, cfg)
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := runner.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return runner
}

func receive[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came within 10 s")
		panic("unreachable")
	}
}

func TestJobRunsForItsTenantWithItsCorrelation(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	got := make(chan [3]string, 1)
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(ctx context.Context, tn *store.Tenant, j greetJob) error {
		got <- [3]string{tn.Slug.String(), club.CorrelationFrom(ctx).String(), j.Word}
		return nil
	}})
	enqueue(t, tenant, "hello", nil)
	if p := jobstest.Pending[greetJob](t, c, tenant); len(p) != 1 || p[0].Word != "hello" {
		t.Fatalf("pending %+v", p)
	}
	start(t, r)
	if g := receive(t, got); g != [3]string{"aa", "cor_1", "hello"} {
		t.Errorf("ran with %v", g)
	}
}

type followJob struct{ jobs.Meta }

func (followJob) Kind() string { return "follow" }

// Somebody bleeds while thousands ask for the wifi: what is done about it is urgent up to the call of a person.
func TestWhatFollowsFromUrgentWorkIsUrgent(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	done := make(chan struct{}, 8)
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(ctx context.Context, tn *store.Tenant, _ greetJob) error {
		defer func() { done <- struct{}{} }()
		return tn.Write(ctx, func(tx *store.Tx) error {
			tx.Enqueue(followJob{jobs.For(tx)}, jobs.At(tx.Now.Add(time.Hour)))
			return nil
		})
	}})
	enqueue(t, tenant, "wifi?", nil)
	err := tenant.Write(store.AtWork(t.Context(), true), func(tx *store.Tx) error {
		tx.Enqueue(greetJob{Meta: jobs.For(tx), Word: "he is bleeding"}, jobs.Urgent())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	enqueue(t, tenant, "wifi?", nil)
	start(t, r)
	for range 3 {
		receive(t, done)
	}
	urgent := 0
	for _, j := range jobstest.Pending[followJob](t, c, tenant) {
		if j.Urgent {
			urgent++
		}
	}
	if urgent != 1 {
		t.Errorf("%d of the jobs that follow are urgent, want what followed from the one that was", urgent)
	}
}

func TestJobWhoseLastTryFailsReachesLost(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	lost := make(chan error, 1)
	boom := errors.New("boom")
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{
		Work: func(context.Context, *store.Tenant, greetJob) error { return boom },
		Lost: func(_ context.Context, _ *store.Tenant, _ greetJob, cause error) error { lost <- cause; return nil },
	})
	enqueue(t, tenant, "x", &river.InsertOpts{MaxAttempts: 1})
	start(t, r)
	if err := receive(t, lost); !errors.Is(err, boom) {
		t.Errorf("lost with %v", err)
	}
}

func TestALostJobOfWhichNobodyCouldBeToldIsTriedAgain(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	lost := make(chan error, 2)
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{
		Work: func(context.Context, *store.Tenant, greetJob) error { return errors.New("boom") },
		Lost: func(_ context.Context, _ *store.Tenant, _ greetJob, cause error) error {
			lost <- cause
			if len(lost) == 1 {
				return errors.New("the database is away as well")
			}
			return nil
		},
	})
	enqueue(t, tenant, "x", &river.InsertOpts{MaxAttempts: 1})
	tries := make(chan string, 8)
	startAs(t, r, jobs.Config{Node: "test", Poll: 20 * time.Millisecond, Pause: 30 * time.Millisecond, Observe: func(try jobs.Try) { tries <- try.Outcome }})
	for _, want := range []string{"later", "lost"} {
		if got := receive(t, tries); got != want {
			t.Errorf("a try ended as %q, want %q", got, want)
		}
	}
	if len(lost) != 2 {
		t.Errorf("a person was to be told %d times", len(lost))
	}
}

func TestPanicInAHandlerIsAFailedTry(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	lost := make(chan error, 1)
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{
		Work: func(context.Context, *store.Tenant, greetJob) error { panic("oh") },
		Lost: func(_ context.Context, _ *store.Tenant, _ greetJob, cause error) error { lost <- cause; return nil },
	})
	enqueue(t, tenant, "x", &river.InsertOpts{MaxAttempts: 1})
	start(t, r)
	if err := receive(t, lost); err == nil {
		t.Error("no cause")
	}
}

func TestLaterRunsAgainSoonWithoutCountingATry(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	var runs atomic.Int64
	done := make(chan struct{})
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(context.Context, *store.Tenant, greetJob) error {
		if runs.Add(1) < 3 {
			return jobs.Later(10 * time.Millisecond)
		}
		close(done)
		return nil
	}})
	enqueue(t, tenant, "x", &river.InsertOpts{MaxAttempts: 1})
	start(t, r)
	receive(t, done)
}

func TestJobThatIsDueSoonRunsThenAndNotBefore(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	ran := make(chan time.Time, 3)
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(context.Context, *store.Tenant, greetJob) error { ran <- time.Now(); return nil }})
	start(t, r)
	due := time.Now().Add(300 * time.Millisecond)
	for range cap(ran) {
		enqueue(t, tenant, "x", jobs.At(due))
	}
	for range cap(ran) {
		if at := receive(t, ran); at.Before(due.Truncate(time.Millisecond)) || at.After(due.Add(4*time.Second)) {
			t.Errorf("ran %s after its time", at.Sub(due))
		}
	}
}

func TestPeriodicJobVisitsEveryTenant(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	storetest.AddTenant(t, c, "aa")
	storetest.AddTenant(t, c, "bb")
	seen := make(chan club.Slug, 16)
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	r.Every("sweep", time.Hour, func(_ context.Context, tn *store.Tenant) error { seen <- tn.Slug; return nil })
	start(t, r)
	got := map[club.Slug]bool{}
	for len(got) < 2 {
		got[receive(t, seen)] = true
	}
}

func TestJobLeftRunningByAKilledProcessIsTakenUpAtOnce(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	first, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	tenant := storetest.AddTenant(t, first, "aa")
	entered, release := make(chan struct{}), make(chan struct{})
	r := jobs.NewRegistry(first, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(ctx context.Context, _ *store.Tenant, _ greetJob) error {
		close(entered)
		<-release
		return ctx.Err()
	}})
	runner := jobs.NewRunner(r, jobs.Config{Node: "test", Workers: 1, Poll: 20 * time.Millisecond, Look: time.Hour}) // one, so that it takes nothing up itself
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	enqueue(t, tenant, "x", nil)
	receive(t, entered) // the row says running, as it would after kill -9
	if pool, _, ok := first.Postgres(); ok {
		// A killed process shows no life: its connections end with it.
		if _, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_stat_activity USING (pid)
			WHERE locktype = 'advisory' AND application_name = current_setting('application_name')`); err != nil {
			t.Fatal(err)
		}
	}

	second, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	r2 := jobs.NewRegistry(second, slog.New(slog.DiscardHandler))
	jobs.Handle(r2, jobs.Handler[greetJob]{Work: func(context.Context, *store.Tenant, greetJob) error { close(done); return nil }})
	runner2 := jobs.NewRunner(r2, jobs.Config{Node: "test", Poll: 20 * time.Millisecond})
	if err := runner2.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	receive(t, done)
	close(release)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := errors.Join(runner2.Stop(ctx), runner.Stop(ctx), second.Close(), first.Close()); err != nil {
		t.Error(err)
	}
}

func TestJobOfASuspendedClubIsKeptUntilItIsResumed(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	held, served := storetest.AddTenant(t, c, "aa"), storetest.AddTenant(t, c, "bb")
	got, ticked := make(chan club.Slug, 8), make(chan club.Slug, 8)
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{
		Work: func(_ context.Context, tn *store.Tenant, _ greetJob) error { got <- tn.Slug; return nil },
		Lost: func(_ context.Context, tn *store.Tenant, _ greetJob, cause error) error {
			t.Errorf("lost for %s: %v", tn.Slug, cause)
			return nil
		},
	})
	r.Every("sweep", time.Hour, func(_ context.Context, tn *store.Tenant) error { ticked <- tn.Slug; return nil })
	runner := jobs.NewRunner(r, jobs.Config{Node: "test", Poll: 10 * time.Millisecond, Pause: 50 * time.Millisecond})
	if err := c.SetTenantStatus(t.Context(), "aa", store.StatusSuspended); err != nil {
		t.Fatal(err)
	}
	enqueue(t, held, "x", &river.InsertOpts{MaxAttempts: 1})
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := runner.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	enqueue(t, served, "y", nil)
	if slug := receive(t, got); slug != "bb" {
		t.Errorf("a job of %s was worked", slug)
	}
	if slug := receive(t, ticked); slug != "bb" {
		t.Errorf("a periodic job ran for %s", slug)
	}
	if p := jobstest.Pending[greetJob](t, c, held); len(p) != 1 {
		t.Errorf("%d jobs are kept", len(p))
	}
	if err := c.SetTenantStatus(t.Context(), "aa", store.StatusActive); err != nil {
		t.Fatal(err)
	}
	if err := runner.AddTenant(t.Context(), "aa"); err != nil {
		t.Fatal(err)
	}
	if slug := receive(t, got); slug != "aa" {
		t.Errorf("after it was resumed a job of %s was worked", slug)
	}
	// A club whose jobs are being worked already is suspended too.
	if err := c.SetTenantStatus(t.Context(), "aa", store.StatusSuspended); err != nil {
		t.Fatal(err)
	}
	enqueue(t, held, "z", &river.InsertOpts{MaxAttempts: 1})
	enqueue(t, served, "y", nil)
	if slug := receive(t, got); slug != "bb" {
		t.Errorf("a job of %s was worked", slug)
	}
	if err := c.SetTenantStatus(t.Context(), "aa", store.StatusActive); err != nil {
		t.Fatal(err)
	}
	if slug := receive(t, got); slug != "aa" {
		t.Errorf("in the end a job of %s was worked", slug)
	}
}
