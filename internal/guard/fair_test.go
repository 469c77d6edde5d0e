package guard

import (
	"maps"
	"math/rand/v2"
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
		l.limit, l.mostBeside = 1, mostLimit // it holds too many already
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
		synctest.Wait()
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

func TestClubHoldsOnlyAFewPlacesWhileTextsComeForOthersAndAllOfThemAfterwards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(club.SystemClock{})
		l.mostBeside = 4
		const texts = 60
		more := make(chan struct{})
		ask := func(of string, n int) {
			for range n {
				go func() {
					done, err := l.AdmitFor(t.Context(), Ingest, of)
					if err != nil {
						t.Errorf("%s: %v", of, err)
						return
					}
					<-more
					done()
				}()
			}
			synctest.Wait()
		}
		holds := func(when string, loud, quiet int) {
			t.Helper()
			synctest.Wait()
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.held[share{Ingest, "loud"}] != loud || l.held[share{Ingest, "quiet"}] != quiet {
				t.Errorf("%s: %v are held", when, l.held)
			}
		}
		ask("loud", 2)
		ask("quiet", 1)
		ask("loud", texts-2)
		holds("beside another", 4, 1)
		ask("quiet", 1)
		holds("one more of the other, though many wait", 4, 2)
		for range 10 {
			more <- struct{}{} // may be of either
			synctest.Wait()
		}
		<-time.After(lately / 2)
		ask("quiet", 1)
		<-time.After(lately - time.Millisecond - traits(Ingest).patience) // they wait, and none is turned away
		if s := l.State(); s.Running > 4+3 || s.Refused.Sum() != 0 {
			t.Errorf("%+v", s)
		}
		<-time.After(traits(Ingest).patience)
		<-time.After(time.Second) // the other has gone
		more <- struct{}{}
		synctest.Wait()
		if s := l.State(); s.Waiting != 0 || l.without(Ingest) != 0 {
			t.Errorf("%d wait, %d found no place, though nobody else asks", s.Waiting, l.without(Ingest))
		}
		close(more)
		synctest.Wait()
	})
}

func TestANewcomerOfTheClubThatWaitsDoesNotOvertakeIt(t *testing.T) {
	t.Parallel()
	clock := club.NewManualClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	l := New(clock)
	l.mostBeside = 1
	hold(t, l, Ingest, 1)
	l.texts.ask(clock.Now(), Ingest, "loud")
	l.texts.ask(clock.Now(), Ingest, "quiet")
	l.start(Ingest, "loud")
	w, _ := l.queue(Ingest, "loud")
	if w == nil || l.mayHoldMore(Ingest, "loud") || !l.mayHoldMore(Ingest, "quiet") || l.isBehind(Ingest, "quiet") {
		t.Fatal("who waits for its own club's place is in another's way")
	}
	clock.Advance(lately)
	if !l.mayHoldMore(Ingest, "loud") || !l.isBehind(Ingest, "loud") || !l.isBehind(Ingest, "quiet") {
		t.Error("who came first does not go first")
	}
}

func TestRivalsAreTheTwoClubsForWhichTextsCameLast(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var r rivals
	alone := func(of string, want bool) {
		t.Helper()
		if r.others(at, of) == want {
			t.Errorf("%s is alone: %v", of, !want)
		}
	}
	r.ask(at, Ingest, "a")
	r.ask(at, Ingest, "a")
	r.ask(at, API, "b") // no text
	r.ask(at, Ingest, "")
	alone("a", true)
	r.ask(at, Emergency, "b")
	alone("a", false)
	alone("b", false)
	for range 3 {
		at = at.Add(lately / 2)
		r.ask(at, Ingest, "a")
	}
	alone("a", true)
	alone("b", false)
}

func TestLineGivesEachClubsInTheOrderInWhichTheyCame(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var l line
	var model []*waiter
	held := map[string]int{"a": 0, "b": 1, "c": 1, "d": 9}
	for came := range uint64(4000) {
		if rng.IntN(2) == 0 {
			w := &waiter{club: string(rune('a' + rng.IntN(4))), came: came}
			l.push(w)
			model = append(model, w)
		} else if len(model) > 0 {
			i := rng.IntN(len(model))
			if !l.remove(model[i]) || l.remove(model[i]) {
				t.Fatal("one that waits is not there, or there twice")
			}
			model = slices.Delete(model, i, i+1)
		}
		var want, newest *waiter
		n := map[string]int{}
		for _, w := range model {
			n[w.club]++
			newest = w
			if w.club != "d" && (want == nil || held[w.club] < held[want.club]) {
				want = w
			}
		}
		if got := l.next(func(of string) (int, bool) { return held[of], of != "d" }); got != want {
			t.Fatalf("next is %+v, want %+v", got, want)
		}
		last, most := l.newestOfMost()
		if l.n != len(model) || l.newest() != newest || (most > 0) != (l.n > 0) || most > 0 && (n[last.club] != most || slices.Max(slices.Collect(maps.Values(n))) != most) {
			t.Fatalf("%d of %d wait; %+v is the newest of %v", l.n, len(model), last, n)
		}
	}
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
