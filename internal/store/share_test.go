package store

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"clubos/internal/club"
)

// taking has a club take connections, and counts those that it got.
func taking(t *testing.T, s *shares, slug club.Slug, n int) (got *atomic.Int64) {
	t.Helper()
	got = &atomic.Int64{}
	for range n {
		go func() {
			if s.take(t.Context(), slug, time.Now(), false) == nil {
				got.Add(1)
			}
		}()
		synctest.Wait()
	}
	return got
}

func TestConnectionsAreSharedAmongTheClubsThatWantThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShares(20 + shareAside)
		loud := taking(t, s, "loud", 30)
		if loud.Load() != 20 {
			t.Fatalf("a club alone got %d of 20", loud.Load())
		}
		quiet := taking(t, s, "quiet", 2)
		if quiet.Load() != 0 {
			t.Fatalf("%d more than there are", quiet.Load())
		}
		s.give("loud")
		s.give("loud")
		synctest.Wait()
		if quiet.Load() != 2 || loud.Load() != 20 {
			t.Errorf("of what was given back the club that holds the fewest got %d, the other %d more", quiet.Load(), loud.Load()-20)
		}
		for range 10 {
			s.give("loud")
		}
		synctest.Wait()
		if loud.Load() != 22 {
			t.Errorf("beside another club one got %d, want 2 more than 20: it holds its half", loud.Load())
		}
	})
}

func TestAClubThatWantsNothingAnyMoreLeavesTheOthersItsShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShares(20 + shareAside)
		if err := s.take(t.Context(), "quiet", time.Now(), false); err != nil {
			t.Fatal(err)
		}
		loud := taking(t, s, "loud", 15)
		if loud.Load() != 10 {
			t.Fatalf("%d beside another, want half", loud.Load())
		}
		s.give("quiet")
		<-time.After(shareRecent + time.Millisecond)
		if more := taking(t, s, "loud", 1); loud.Load()+more.Load() != 16 {
			t.Errorf("%d and %d, want all", loud.Load(), more.Load())
		}
	})
}

func TestWhoGivesUpWaitingLeavesNoHole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShares(1 + shareAside)
		if err := s.take(t.Context(), "a", time.Now(), false); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() { failed <- s.take(ctx, "a", time.Now(), false) }()
		synctest.Wait()
		cancel()
		if err := <-failed; err == nil {
			t.Fatal("it got what another holds")
		}
		s.give("a")
		if got := taking(t, s, "b", 1); got.Load() != 1 {
			t.Error("what was given back is gone")
		}
	})
}

func TestWhomSomebodyOutsideWaitsForTakesTurnsWithTheWorkOfItsClub(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShares(1 + shareAside)
		if err := s.take(t.Context(), "a", time.Now(), false); err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, who := range []string{"work", "more work", "text", "text too"} {
			go func() {
				if s.take(t.Context(), "a", time.Now(), strings.HasPrefix(who, "text")) == nil {
					order = append(order, who)
					s.give("a")
				}
			}()
			synctest.Wait()
		}
		s.give("a")
		synctest.Wait()
		if got := strings.Join(order, ", "); got != "text, work, text too, more work" {
			t.Errorf("they came in the order %s", got)
		}
	})
}
