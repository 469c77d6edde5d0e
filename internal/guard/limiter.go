package guard

import (
	"context"
	"maps"
	"net/http"
	"runtime"
	"sync"
	"time"

	"clubos/internal/club"
)

// Limiter admits requests. It is safe for concurrent use.
type Limiter struct {
	// Club names the club of a request that Protect looks at, by its route; "" for nobody's. Set before use; nil
	// names none.
	Club func(*http.Request) string

	clock      club.Clock
	mostBeside int // places for texts that a club may hold while texts come for others

	mu       sync.Mutex // guards the fields below
	limit    float64
	rate     float64              // requests done in a second, at best and of late
	parked   int                  // found no place in time, and are not refused yet
	late     [classes]line        // those
	refused  map[string]time.Time // when one of a club was refused last, for a while
	forgotAt time.Time            // when refused was last cleared of what is long past
	running  [classes]int
	inFlight int
	held     map[share]int
	waiting  [classes]line
	waiters  int
	came     uint64 // who ever waited
	texts    rivals
	idleAt   time.Time // when nobody last waited
	load     Load
	seen     sample
	counts   tally
}

// share is what the places of a club are counted by.
type share struct {
	class Class
	club  string
}

// New returns a limiter that has seen nothing yet.
func New(clock club.Clock) *Limiter {
	return &Limiter{clock: clock, mostBeside: besideEach * runtime.GOMAXPROCS(0), limit: firstLimit, held: map[share]int{}, refused: map[string]time.Time{}, idleAt: clock.Now()}
}

// errOverloaded is what is said to whoever is refused.
func errOverloaded() error {
	return &club.Error{Code: club.CodeUnavailable, Msg: "more is asked of this server than it can do at the moment: try again shortly"}
}

// Admit gives a request a place, perhaps after a short wait. The place is given back by done, which must
// be called once. The error is Unavailable when there is no place, or the context's.
func (l *Limiter) Admit(ctx context.Context, c Class) (done func(), err error) {
	return l.AdmitFor(ctx, c, "")
}

// AdmitFor is Admit for a request of a club. Of those of one class that wait, the club that holds the fewest places
// gets the next, so that one for which very much is asked holds up no other; and while texts come for others, it holds
// only as many for its texts as keep the processors busy, for each that it holds beyond those is one more in whose turn
// the others' work waits.
func (l *Limiter) AdmitFor(ctx context.Context, c Class, of string) (done func(), err error) {
	came := l.clock.Now()
	if done, err = l.admit(ctx, c, of); club.CodeOf(err) != club.CodeUnavailable {
		return done, err
	}
	if done, err = l.park(ctx, c, of, traits(c).held-l.clock.Now().Sub(came)); club.CodeOf(err) == club.CodeUnavailable {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.turnAway(c, of)
	}
	return done, err
}

// turnAway takes note of somebody who was refused.
func (l *Limiter) turnAway(c Class, of string) {
	now := l.clock.Now()
	l.counts.shed(now, c)
	if now.Sub(l.forgotAt).Abs() >= standing { // the clock may have been set back
		l.forgotAt = now
		maps.DeleteFunc(l.refused, func(_ string, at time.Time) bool { return now.Sub(at).Abs() >= standing })
	}
	l.refused[of] = now
}

// park keeps one for whom there is no place waiting all the same, unless memory is short or too many are kept already.
// A place that nobody else wants is theirs.
func (l *Limiter) park(ctx context.Context, c Class, of string, d time.Duration) (done func(), err error) {
	l.mu.Lock()
	w := l.newWaiter(c, of)
	full := d <= 0 || l.parked >= mostHeld || l.load.Short
	if !full {
		l.parked++
		l.late[c].push(w)
	}
	l.mu.Unlock()
	if full {
		return nil, errOverloaded()
	}
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-w.answer:
		return l.ender(c, of), nil
	case <-over.C:
		err = errOverloaded()
	case <-ctx.Done():
		err = ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.late[c].remove(w) {
		l.parked--
		return nil, err
	}
	return l.ender(c, of), nil // a place came in the same moment
}

// Behind reports whether more is asked for a club than can be done: some of its requests find no place, or one of them
// waits while somebody has waited at every moment for a while. What can be done later for that club should be. For how
// much is asked of others says nothing: they get their places in turn.
func (l *Limiter) Behind(of string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	stands := l.stands(now)
	for _, c := range Classes() {
		if l.late[c].of(of) > 0 || stands && l.waiting[c].of(of) > 0 {
			return true
		}
	}
	at, was := l.refused[of]
	return was && now.Sub(at).Abs() < standing
}

// stands reports whether there was somebody in the queue all the time lately.
func (l *Limiter) stands(now time.Time) bool {
	return l.waiters > 0 && now.Sub(l.idleAt) > standing
}

func (l *Limiter) admit(ctx context.Context, c Class, of string) (done func(), err error) {
	l.mu.Lock()
	l.texts.ask(l.clock.Now(), c, of)
	if l.hasRoom(c) && l.mayHoldMore(c, of) && !l.isBehind(c, of) {
		l.start(c, of)
		l.mu.Unlock()
		return l.ender(c, of), nil
	}
	w, patience := l.queue(c, of)
	l.mu.Unlock()
	if w == nil {
		return nil, errOverloaded()
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case ok := <-w.answer:
		if !ok {
			return nil, errOverloaded()
		}
		return l.ender(c, of), nil
	case <-late.C:
		err = errOverloaded()
	case <-ctx.Done():
		err = ctx.Err()
	}
	return l.giveUp(w, err)
}

// giveUp takes a waiter out of the queue, unless it has got its answer in the same moment.
func (l *Limiter) giveUp(w *waiter, why error) (func(), error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.remove(w) {
		return nil, why
	}
	if ok := <-w.answer; !ok {
		return nil, errOverloaded()
	}
	return l.ender(w.class, w.club), nil
}

// hasRoom reports whether one more of a class may run.
func (l *Limiter) hasRoom(c Class) bool {
	t := traits(c)
	switch {
	case c == Emergency:
		return true
	case l.load.Pressure >= t.yields && l.load.Short && c >= API:
		return false // each takes memory, and there is none
	case l.running[c] < t.own:
		return true
	case l.load.Pressure >= t.yields:
		return false
	}
	return float64(l.inFlight) < l.limit*t.share
}

// mayHoldMore reports whether a club may hold one more place of a class, as far as the other clubs are concerned.
func (l *Limiter) mayHoldMore(c Class, of string) bool {
	return c != Ingest || l.held[share{c, of}] < l.mostBeside || !l.texts.others(l.clock.Now(), of)
}

// isBehind reports whether somebody waits who comes before a newcomer of a class and club.
func (l *Limiter) isBehind(c Class, of string) bool {
	for i := range c {
		if l.hasRoom(i) && l.next(&l.waiting[i], i) != nil {
			return true
		}
	}
	return l.waiting[c].of(of) > 0 || l.next(&l.waiting[c], c) != nil
}

func (l *Limiter) start(c Class, of string) {
	l.running[c]++
	l.held[share{c, of}]++
	l.inFlight++
	l.seen.most = max(l.seen.most, l.inFlight)
	l.counts.admitted(l.clock.Now(), c)
}

// ender returns what gives a place back.
func (l *Limiter) ender(c Class, of string) func() {
	began := l.clock.Now()
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		now := l.clock.Now()
		l.running[c]--
		at := share{c, of}
		if l.held[at]--; l.held[at] == 0 {
			delete(l.held, at)
		}
		l.inFlight--
		l.learn(now, c, now.Sub(began))
		l.admitWaiting()
	}
}

// queue has a request wait, and says how long. Nil when it must not: too many do already, and none of
// them matters less, or is of a club for which more wait.
func (l *Limiter) queue(c Class, of string) (*waiter, time.Duration) {
	now := l.clock.Now()
	if l.waiters == 0 {
		l.idleAt = now
	}
	if l.load.Pressure >= traits(c).yields && l.load.Short || l.waiters >= mostWait && !l.evict(c) && !l.evictOf(c, of) {
		return nil, 0
	}
	w := l.newWaiter(c, of)
	l.waiting[c].push(w)
	l.waiters++
	patience := traits(c).patience
	if l.stands(now) && l.mayHoldMore(c, of) {
		patience = hurried
	}
	return w, patience
}

// newWaiter is a request that finds no place.
func (l *Limiter) newWaiter(c Class, of string) *waiter {
	l.came++
	return &waiter{class: c, club: of, came: l.came, answer: make(chan bool, 1)}
}

// evict refuses the newest of the lowest class that waits, if it is lower than a newcomer's.
func (l *Limiter) evict(c Class) bool {
	for i := Bulk; i > c; i-- {
		if w := l.waiting[i].newest(); w != nil {
			l.refuse(w)
			return true
		}
	}
	return false
}

// evictOf refuses the newest of the club that has the most waiting in a class, if it has more than a newcomer's.
func (l *Limiter) evictOf(c Class, of string) bool {
	w, most := l.waiting[c].newestOfMost()
	if most <= l.waiting[c].of(of)+1 {
		return false
	}
	l.refuse(w)
	return true
}

func (l *Limiter) refuse(w *waiter) {
	l.remove(w)
	w.answer <- false
}

func (l *Limiter) remove(w *waiter) bool {
	if !l.waiting[w.class].remove(w) {
		return false
	}
	l.waiters--
	return true
}

// next returns who gets the next place of a class: who came first, of the club that holds the fewest. Nil when
// nobody waits who may hold one more.
func (l *Limiter) next(of *line, c Class) *waiter {
	return of.next(func(club string) (int, bool) { return l.held[share{c, club}], l.mayHoldMore(c, club) })
}

// admitWaiting gives free places to who waits, the highest class first.
func (l *Limiter) admitWaiting() {
	for _, c := range Classes() {
		for l.waiting[c].n > 0 && l.hasRoom(c) {
			w := l.next(&l.waiting[c], c)
			if w == nil {
				break
			}
			l.remove(w)
			l.start(c, w.club)
			w.answer <- true
		}
		for l.late[c].n > 0 && l.hasRoom(c) {
			w := l.next(&l.late[c], c)
			if w == nil {
				break
			}
			l.late[c].remove(w)
			l.parked--
			l.start(c, w.club)
			w.answer <- true
		}
	}
	if l.waiters == 0 {
		l.idleAt = l.clock.Now()
	}
}
