package bench

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestContestTellsHowOftenMoreOneTakesThanTheOther(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	l := limiterContest(&references{counts: map[string]int{}})
	l.plain = l.ours
	ratio, _, err := l.hold(ctx)
	if err != nil || ratio < 0.4 || ratio > 2.5 {
		t.Errorf("the same against itself: %f, %v", ratio, err)
	}
	broken := errors.New("broken")
	l.plain = func(context.Context) (int, error) { return 0, broken }
	if _, _, err := l.hold(ctx); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, err := processorTime(ctx, func(context.Context) (int, error) { return 0, nil }); err == nil {
		t.Error("nothing has a cost")
	}
}

func TestReferencesAreTheSameWorkEachTime(t *testing.T) {
	t.Parallel()
	ref, err := newReferences(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ref.close(); err != nil {
			t.Error(err)
		}
	})
	rows, err := ref.read(t.Context())
	if err != nil || len(rows) != plainRows || rows[0].ID != ratioThreads {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if n, err := ref.transactions(t.Context()); err != nil || n != ratioDecisions {
		t.Errorf("%d transactions, %v", n, err)
	}
	if n := ref.count(limiterNames(), 10); n != 10 || ref.counts[limiterNames()[0]] != 1 {
		t.Errorf("counted %d", n)
	}
	if d, err := used(); err != nil || d <= 0 || d > 24*time.Hour {
		t.Errorf("used %s, %v", d, err)
	}
}
