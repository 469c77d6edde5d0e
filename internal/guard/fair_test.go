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

func TestClubHoldsItsPartOnlyWhileOthersAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(club.SystemClock{})
		var ends []func()
		ask := func(of string) (admitted chan func()) {
			admitted = make(chan func(), 1)
			go func() {
				if done, err := l.AdmitFor(t.Context(), Ingest, of); err == nil {
					admitted <- done
				}
			}()
			synctest.Wait()
			return admitted
		}
		admit := func(of string) {
			t.Helper()
			select {
			case done := <-ask(of):
				ends = append(ends, done)
			default:
				t.Fatalf("%s finds no place beside %d of %d", of, len(ends), firstLimit)
			}
		}
		for range firstLimit / 2 { // nobody else asks
			admit("loud")
		}
		admit("quiet")
		waits := ask("loud")
		if len(waits) > 0 {
			t.Fatal("the loud club goes beyond its half")
		}
		admit("quiet")
		<-time.After(2 * standing)
		if l.Behind() {
			t.Error("that a club has used up its part is taken for more than can be done")
		}
		if len(waits) > 0 {
			t.Error("it goes beyond its half while it has waited")
		}
		ends[0]()
		synctest.Wait()
		if len(waits) == 0 {
			t.Fatal("whoever waited does not get the place that its club gave back")
		}
		ends[0] = <-waits
		<-time.After(2 * asksFor)
		for range firstLimit / 4 { // nobody else asks any more
			admit("loud")
		}
		for _, done := range ends {
			done()
		}
	})
}
