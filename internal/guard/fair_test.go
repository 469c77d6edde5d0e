package guard

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"clubos/internal/club"
)

func TestClubForWhichMuchIsAskedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(club.SystemClock{})
		l.limit = 1
		var held []func()
		for range traits(Ingest).own {
			done, err := l.AdmitFor(t.Context(), Ingest, "loud")
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, done)
		}
		var order []string // one place becomes free at a time
		next := make(chan struct{})
		ask := func(of string) {
			go func() {
				done, err := l.AdmitFor(t.Context(), Ingest, of)
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, of)
				<-next
				done()
			}()
			synctest.Wait()
		}
		for _, of := range []string{"loud", "loud", "quiet", "calm"} {
			ask(of)
		}
		held[0]()
		synctest.Wait()
		next <- struct{}{}
		synctest.Wait()
		if !slices.Equal(order, []string{"quiet", "calm"}) {
			t.Errorf("places were given in the order %v", order)
		}
		close(next)
		synctest.Wait()
	})
}

func TestClubForWhichMuchIsAskedPutsOffWhatIsLeftToDoForNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(club.SystemClock{})
		release := hold(t, l, Ingest, firstLimit)
		go func() {
			if _, err := l.AdmitFor(t.Context(), Ingest, "loud"); club.CodeOf(err) != club.CodeUnavailable {
				t.Errorf("got %v", err)
			}
		}()
		behind := func(want bool) {
			t.Helper()
			synctest.Wait()
			if l.Behind("loud") != want || l.Behind("quiet") {
				t.Errorf("behind: loud %v, quiet %v", l.Behind("loud"), l.Behind("quiet"))
			}
		}
		behind(false)
		<-time.After(standing + time.Millisecond) // it waits
		behind(true)
		<-time.After(traits(Ingest).patience) // it is parked
		behind(true)
		<-time.After(traits(Ingest).held) // it has just been refused
		if len(l.refused) != 1 {
			t.Fatalf("%d clubs are known to have been refused", len(l.refused))
		}
		<-time.After(standing)
		behind(false)
		l.turnAway(Ingest, "quiet")
		if len(l.refused) != 1 {
			t.Errorf("%d clubs are still known to have been refused", len(l.refused))
		}
		release()
	})
}

func TestFullQueueMakesRoomForAClubThatHasLessWaiting(t *testing.T) {
	t.Parallel()
	l := New(club.SystemClock{})
	for range mostWait {
		if w, _ := l.queue(Ingest, "loud"); w == nil {
			t.Fatal("no room in the queue")
		}
	}
	if w, _ := l.queue(Ingest, "loud"); w != nil {
		t.Error("the loud club pushes itself out")
	}
	if w, _ := l.queue(Ingest, "quiet"); w == nil {
		t.Error("another club finds no room")
	}
	if l.waiters != mostWait {
		t.Errorf("%d wait, want %d", l.waiters, mostWait)
	}
}
