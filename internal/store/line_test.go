package store

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// turns has a line used and notes in which order.
type turns struct {
	line
	t     *testing.T
	wg    sync.WaitGroup
	mu    sync.Mutex // guards order
	order []string
}

// use takes the writer for a time, as soon as it is to be had.
func (u *turns) use(name string, class int, holds time.Duration) {
	u.wg.Go(func() {
		if err := u.enter(context.Background(), class); err != nil {
			u.t.Error(err)
			return
		}
		u.mu.Lock()
		u.order = append(u.order, name)
		u.mu.Unlock()
		<-time.After(holds)
		u.leave()
	})
	synctest.Wait()
}

// storm has those who go first come as often as makes them come all the time, each so long after the one before.
func (u *turns) storm(apart time.Duration) (order []string) {
	for range often {
		u.use("first", classFirst, 0)
		order = append(order, "first")
		<-time.After(apart)
	}
	return order
}

func (u *turns) expect(want ...string) {
	u.t.Helper()
	u.wg.Wait()
	if !slices.Equal(u.order, want) {
		u.t.Errorf("order %q, want %q", u.order, want)
	}
}

func TestWhileThoseWhoGoFirstComeAllTheTimeTheWriterIsLeftToThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &turns{t: t}
		want := u.storm(0)
		u.use("other", classOther, 10*time.Millisecond)
		u.use("next", classOther, time.Millisecond)
		<-time.After(15 * time.Millisecond) // the first of the others has ended 5 ms ago
		u.use("first", classFirst, time.Millisecond)
		u.use("eased", classRelaxed, time.Millisecond)
		u.expect(append(want, "other", "first", "eased", "next")...)
	})
}

func TestWhereThoseWhoGoFirstAreFewNobodyWaitsForThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &turns{t: t}
		want := u.storm(2 * oftenWithin / often)
		began := time.Now()
		u.use("other", classOther, 10*time.Millisecond)
		u.use("next", classOther, 0)
		u.expect(append(want, "other", "next")...)
		if took := time.Since(began); took != 10*time.Millisecond {
			t.Errorf("it took %s", took)
		}
	})
}

func TestTheWriterIsNotLeftToThoseWhoGoFirstForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &turns{t: t}
		u.use("long", classOther, time.Second)
		<-time.After(time.Second - oftenWithin/2)
		for range often {
			u.use("first", classFirst, 0)
		}
		u.use("next", classOther, 0)
		began := time.Now()
		u.wg.Wait()
		if took := time.Since(began); took != oftenWithin/2+mostRest {
			t.Errorf("the next came after %s", took)
		}
	})
}

func TestWhatIsUrgentWaitsForNoRestAndDoesNotHoldUpTheOthersForGood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &turns{t: t}
		want := u.storm(0)
		u.use("other", classOther, 10*time.Millisecond)
		u.use("next", classOther, 0)
		<-time.After(11 * time.Millisecond)
		u.use("urgent", classUrgent, time.Second) // in the rest, and until it is over
		want = append(want, "other", "urgent")
		for range mostUrgent {
			u.use("urgent", classUrgent, 0)
		}
		for range mostUrgent - 1 {
			want = append(want, "urgent")
		}
		u.expect(append(want, "next", "urgent")...)
	})
}
