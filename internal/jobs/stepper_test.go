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
