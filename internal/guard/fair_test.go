package guard

import (
	"slices"
	"testing"
	"testing/synctest"

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
