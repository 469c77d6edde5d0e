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
func taking(t *testing.T, s *shares, slug club.Slug, n, what int) (got *atomic.Int64) {
	t.Helper()
	got = &atomic.Int64{}
	for range n {
		go func() {
			if s.take(t.Context(), slug, time.Now(), what) == nil {
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
		loud := taking(t, s, "loud", 30, forOther)
		if loud.Load() != 20 {
			t.Fatalf("a club alone got %d of 20", loud.Load())
		}
		quiet := taking(t, s, "quiet", 2, forOther)
		if quiet.Load() != 0 {
			t.Fatalf("%d more than there are", quiet.Load())
		}
		s.give("loud", forOther)
		s.give("loud", forOther)
		synctest.Wait()
		if quiet.Load() != 2 || loud.Load() != 20 {
			t.Errorf("of what was given back the club that holds the fewest got %d, the other %d more", quiet.Load(), loud.Load()-20)
		}
		for range 10 {
			s.give("loud", forOther)
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
		if err := s.take(t.Context(), "quiet", time.Now(), forOther); err != nil {
			t.Fatal(err)
		}
		loud := taking(t, s, "loud", 15, forOther)
		if loud.Load() != 10 {
			t.Fatalf("%d beside another, want half", loud.Load())
		}
		s.give("quiet", forOther)
		<-time.After(shareRecent + time.Millisecond)
		if more := taking(t, s, "loud", 1, forOther); loud.Load()+more.Load() != 16 {
			t.Errorf("%d and %d, want all", loud.Load(), more.Load())
		}
	})
}

func TestWhoGivesUpWaitingLeavesNoHole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShares(1 + shareAside)
		if err := s.take(t.Context(), "a", time.Now(), forOther); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() { failed <- s.take(ctx, "a", time.Now(), forOther) }()
		synctest.Wait()
		cancel()
		if err := <-failed; err == nil {
			t.Fatal("it got what another holds")
		}
		s.give("a", forOther)
		if got := taking(t, s, "b", 1, forOther); got.Load() != 1 {
			t.Error("what was given back is gone")
		}
	})
}

func TestWhomSomebodyOutsideWaitsForTakesTurnsWithTheWorkOfItsClub(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShares(1 + shareAside)
		if err := s.take(t.Context(), "a", time.Now(), forOther); err != nil {
			t.Fatal(err)
		}
		var order []string
		for _, who := range []string{"work", "more work", "text", "text too"} {
			what := forWork
			if strings.HasPrefix(who, "text") {
				what = forOutside
			}
			go func() {
				if s.take(t.Context(), "a", time.Now(), what) == nil {
					order = append(order, who)
					s.give("a", what)
				}
			}()
			synctest.Wait()
		}
		s.give("a", forOther)
		synctest.Wait()
		if got := strings.Join(order, ", "); got != "text, work, text too, more work" {
			t.Errorf("they came in the order %s", got)
		}
	})
}

func TestWhileTextsComeAllTheTimeTheWorkOfTheirClubGetsFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShares(24 + shareAside)
		text := func() {
			t.Helper()
			if err := s.take(t.Context(), "a", time.Now(), forOutside); err != nil {
				t.Fatal(err)
			}
			s.give("a", forOutside)
		}
		for range often {
			text()
		}
		work := taking(t, s, "a", 10, forWork)
		if work.Load() != 3 {
			t.Fatalf("work got %d of 24 in a storm, want an eighth", work.Load())
		}
		if looks := taking(t, s, "a", 4, forOther); looks.Load() != 4 {
			t.Errorf("who looks got %d of 4 behind work that waits", looks.Load())
		}
		s.give("a", forWork)
		synctest.Wait()
		if work.Load() != 4 {
			t.Errorf("when one was given back, work had got %d, want one more", work.Load())
		}
		<-time.After(oftenWithin)
		s.give("a", forWork)
		synctest.Wait()
		if work.Load() != 10 {
			t.Errorf("after the storm work had got %d, want all", work.Load())
		}
		for range 4 {
			s.give("a", forOther)
		}
		for range often {
			text()
		}
		if other := taking(t, s, "b", 1, forWork); other.Load() != 1 {
			t.Error("another club got none")
		}
		if more := taking(t, s, "a", 1, forWork); more.Load() != 1 {
			t.Error("beside another club work got no more, though there are connections enough")
		}
	})
}
