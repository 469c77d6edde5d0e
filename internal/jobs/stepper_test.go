package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

type stepJob struct {
	jobs.Meta
	Name string `json:"name"`
}

func (stepJob) Kind() string { return "step_test" }

func TestStepperWorksJobsInTheOrderOfTheirTimeAndMovesTheClock(t *testing.T) {
	t.Parallel()
	begin := time.Date(2025, time.January, 6, 6, 0, 0, 0, time.UTC)
	s := jobs.NewStepper(begin)
	cfg := storetest.Config(t)
	cfg.Clock, cfg.Queue = s.Clock, s.Queue
	c, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	tenant, _ := vaulttest.AddTenant(t, c, "test")
	var did []string
	failures := 0
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[stepJob]{Work: func(_ context.Context, _ *store.Tenant, j stepJob) error {
		did = append(did, j.Name+" "+s.Clock.Now().Sub(begin).String())
		switch {
		case j.Name == "fails" && failures < 2:
			failures++
			return errors.New("not yet")
		case j.Name == "waits" && s.Clock.Now().Before(begin.Add(time.Hour)):
			return jobs.Later(time.Hour)
		}
		return nil
	}})
	s.Bind(r, "test")
	at := func(d time.Duration) *river.InsertOpts { return jobs.At(begin.Add(d)) }
	err = tenant.Write(t.Context(), func(tx *store.Tx) error {
		tx.Enqueue(stepJob{Meta: jobs.For(tx), Name: "last"}, at(24*time.Hour))
		tx.Enqueue(stepJob{Meta: jobs.For(tx), Name: "fails"}, at(time.Minute))
		tx.Enqueue(stepJob{Meta: jobs.For(tx), Name: "first"}, nil)
		tx.Enqueue(stepJob{Meta: jobs.For(tx), Name: "waits"}, nil)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if due, ok := s.Next(); !ok || due.After(begin.Add(48*time.Hour)) {
			break
		}
		if err := s.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"first 0s", "waits 0s", "fails 1m0s", "fails 1m1s", "fails 1m3s", "waits 1h0m0s", "last 24h0m0s"}
	if !slices.Equal(did, want) {
		t.Errorf("worked %v, want %v", did, want)
	}
}

func TestAJobThatIsAbandonedIsBegunAnewAndItsTryCounts(t *testing.T) {
	t.Parallel()
	s := jobs.NewStepper(time.Date(2025, time.January, 6, 6, 0, 0, 0, time.UTC))
	cfg := storetest.Config(t)
	cfg.Clock, cfg.Queue = s.Clock, s.Queue
	c, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	tenant, _ := vaulttest.AddTenant(t, c, "test")
	lost := 0
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[stepJob]{
		Work: func(context.Context, *store.Tenant, stepJob) error { return errors.New("no") },
		Lost: func(context.Context, *store.Tenant, stepJob, error) error { lost++; return nil },
	})
	s.Bind(r, "test")
	err = tenant.Write(t.Context(), func(tx *store.Tx) error {
		tx.Enqueue(stepJob{Meta: jobs.For(tx), Name: "one"}, nil)
		tx.Enqueue(stepJob{Meta: jobs.For(tx), Name: "two"}, jobs.At(tx.Now.Add(time.Hour)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if two := s.Waiting()[1]; two.Kind != "step_test" || two.Periodic || !two.At.Equal(s.Clock.Now().Add(time.Hour)) {
		t.Errorf("the second that waits is %+v", two)
	}
	for range 7 { // processes end while they work it
		s.Take(s.Waiting()[0]).Abandon()
		s.Bind(r, "test") // and begin again
	}
	last := s.Take(s.Waiting()[0])
	if args := last.Args().(stepJob); args.Name != "one" {
		t.Errorf("the first that waits is %+v", args)
	}
	if err := last.End(last.Work(t.Context())); err == nil || lost != 1 {
		t.Errorf("its eighth try ends with %v, and it was lost %d times", err, lost)
	}
	if n := len(s.Waiting()); n != 1 {
		t.Errorf("%d jobs wait, want the other", n)
	}
}
