package jobs_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// startLazy starts a runner that hardly ever polls.
func startLazy(t *testing.T, r *jobs.Registry) {
	t.Helper()
	startAs(t, r, jobs.Config{Node: "test", Poll: time.Hour})
}

// words has greetings worked by handing on their words.
func words(r *jobs.Registry) <-chan string {
	worked := make(chan string, 4)
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(_ context.Context, _ *store.Tenant, j greetJob) error {
		worked <- j.Word
		return nil
	}})
	return worked
}

func TestJobIsWorkedWhenItIsDueWithoutPolling(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	worked := words(r)
	startLazy(t, r)
	enqueue(t, tenant, "at once", nil)
	if got := receive(t, worked); got != "at once" {
		t.Errorf("%q came first", got)
	}
	enqueue(t, tenant, "due", jobs.At(time.Now().Add(50*time.Millisecond)))
	if got := receive(t, worked); got != "due" {
		t.Errorf("%q came next", got)
	}
}

// Two members write in the same moment. On PostgreSQL the second one's job is found a tenth of a second later at most, by polling;
// a club's file is looked at every few seconds.
func TestJobStoredRightAfterAnotherIsFoundAsWell(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	worked := words(r)
	if c.Engine() == "sqlite" {
		startLazy(t, r)
	} else {
		start(t, r)
	}
	for _, word := range []string{"one", "two", "three", "four", "five"} {
		enqueue(t, tenant, word, nil)
		if got := receive(t, worked); got != word {
			t.Errorf("%q came, want %q", got, word)
		}
	}
}
