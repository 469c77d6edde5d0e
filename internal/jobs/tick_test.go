package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// TestClubsThatATurnHasNoTimeForHaveTheirsLater ends each turn when as many clubs as are worked side by side hang.
func TestClubsThatATurnHasNoTimeForHaveTheirsLater(t *testing.T) {
	t.Parallel()
	if storetest.DatabaseURL() != "" {
		t.Skip("whatever the database; clubs are sooner made on SQLite")
	}
	c, _ := storetest.Cluster(t)
	const clubs = ticksAtOnce + 2
	for i := range clubs {
		storetest.AddTenant(t, c, club.Slug(fmt.Sprintf("c%02d", i)))
	}
	var mu sync.Mutex
	seen := map[club.Slug]bool{}
	hang := make(chan struct{}, clubs)
	r := NewRegistry(c, slog.New(slog.DiscardHandler))
	r.Every("sweep", 1, func(ctx context.Context, tn *store.Tenant) error {
		mu.Lock()
		seen[tn.Slug] = true
		mu.Unlock()
		hang <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	turns := 0
	for ; len(seen) < clubs && turns < 100; turns++ {
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- (&tickWorker{registry: r}).Work(ctx, &river.Job[tickJob]{Args: tickJob{Name: "sweep"}})
		}()
		for range ticksAtOnce {
			<-hang
		}
		end()
		if err := <-ended; err == nil {
			t.Fatal("a turn that was too short for some ended well")
		}
	}
	if len(seen) < clubs {
		t.Errorf("after %d turns %d of %d clubs have had one", turns, len(seen), clubs)
	}
}

func TestATurnBeginsWhenTheOneBeforeHasEnded(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	storetest.AddTenant(t, c, "aa")
	begun, finish := make(chan struct{}, 2), make(chan struct{})
	r := NewRegistry(c, slog.New(slog.DiscardHandler))
	r.Every("sweep", 1, func(context.Context, *store.Tenant) error {
		begun <- struct{}{}
		<-finish
		return nil
	})
	turn := func() error {
		return (&tickWorker{registry: r}).Work(t.Context(), &river.Job[tickJob]{Args: tickJob{Name: "sweep"}})
	}
	first := make(chan error, 1)
	go func() { first <- turn() }()
	<-begun
	if err := turn(); err != nil || len(begun) != 0 {
		t.Errorf("a second turn: %v, begun %d times", err, len(begun))
	}
	close(finish)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if err := turn(); err != nil || len(begun) != 1 {
		t.Errorf("the turn after that: %v, begun %d times", err, len(begun))
	}
}
