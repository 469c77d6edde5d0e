package guard

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"clubos/internal/club"
)

// Limiter admits requests. It is safe for concurrent use.
type Limiter struct {
	// Club names the club of a request that Protect looks at, by its route; "" for nobody's. Set before use; nil
	// names none.
	Club func(*http.Request) string

	clock club.Clock

	mu       sync.Mutex // guards the fields below
	limit    float64
	rate     float64              // requests done in a second, at best and of late
	parked   int                  // found no place in time, and are not refused yet
	late     [classes][]*waiter   // those, in the order in which they were parked
	refused  map[string]time.Time // when one of a club was refused last, for a while
	forgotAt time.Time            // when refused was last cleared of what is long past
	running  [classes]int
	inFlight int
	held     map[string]int     // places by club
	waiting  [classes][]*waiter // in the order in which they came
	waiters  int
	idleAt   time.Time // when nobody last waited
	load     Load
	seen     sample
	counts   tally
}

// waiter is a request without a place.
type waiter struct {
	class  Class
	club   string
	answer chan bool // receives true with a place, false when it made room for a higher class
}

// New returns a limiter that has seen nothing yet.
func New(clock club.Clock) *Limiter {
	return &Limiter{clock: clock, limit: firstLimit, held: map[string]int{}, refused: map[string]time.Time{}, idleAt: clock.Now()}
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
// gets the next, so that one for which very much is asked holds up no other.
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
	if now.Sub(l.forgotAt) >= standing {
		l.forgotAt = now
		maps.DeleteFunc(l.refused, func(_ string, at time.Time) bool { return now.Sub(at) >= standing })
	}
	l.refused[of] = now
}

// park keeps one for whom there is no place waiting all the same, unless memory is short or too many are kept already.
// A place that nobody else wants is theirs.
func (l *Limiter) park(ctx context.Context, c Class, of string, d time.Duration) (done func(), err error) {
	w := &waiter{class: c, club: of, answer: make(chan bool, 1)}
	l.mu.Lock()
	full := d <= 0 || l.parked >= mostHeld || l.load.Short
	if !full {
		l.parked++
		l.late[c] = append(l.late[c], w)
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
	if i := slices.Index(l.late[c], w); i >= 0 {
		l.late[c] = slices.Delete(l.late[c], i, i+1)
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
	ofClub := func(w *waiter) bool { return w.club == of }
	now := l.clock.Now()
	stands := l.stands(now)
	for _, c := range Classes() {
		if slices.ContainsFunc(l.late[c], ofClub) || stands && slices.ContainsFunc(l.waiting[c], ofClub) {
			return true
		}
	}
	at, lately := l.refused[of]
	return lately && now.Sub(at) < standing
}

// stands reports whether there was somebody in the queue all the time lately.
func (l *Limiter) stands(now time.Time) bool {
	return l.waiters > 0 && now.Sub(l.idleAt) > standing
}

func (l *Limiter) admit(ctx context.Context, c Class, of string) (done func(), err error) {
	l.mu.Lock()
	if l.hasRoom(c) && !l.isBehind(c) {
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

// isBehind reports whether somebody waits who comes before a newcomer of the class.
func (l *Limiter) isBehind(c Class) bool {
	for i := range c + 1 {
		if len(l.waiting[i]) > 0 && l.hasRoom(i) {
			return true
		}
	}
	return len(l.waiting[c]) > 0
}

func (l *Limiter) start(c Class, of string) {
	l.running[c]++
	l.held[of]++
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
		if l.held[of]--; l.held[of] == 0 {
			delete(l.held, of)
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
	w := &waiter{class: c, club: of, answer: make(chan bool, 1)}
	l.waiting[c] = append(l.waiting[c], w)
	l.waiters++
	patience := traits(c).patience
	if l.stands(now) {
		patience = hurried
	}
	return w, patience
}

// evict refuses the newest of the lowest class that waits, if it is lower than a newcomer's.
func (l *Limiter) evict(c Class) bool {
	for i := Bulk; i > c; i-- {
		if n := len(l.waiting[i]); n > 0 {
			l.refuse(l.waiting[i][n-1])
			return true
		}
	}
	return false
}

// evictOf refuses the newest of the club that has the most waiting in a class, if it has more than a newcomer's.
func (l *Limiter) evictOf(c Class, of string) bool {
	count := map[string]int{}
	newest := map[string]*waiter{}
	for _, w := range l.waiting[c] {
		count[w.club]++
		newest[w.club] = w
	}
	most := of
	for name, n := range count {
		if n > count[most] {
			most = name
		}
	}
	if count[most] <= count[of]+1 {
		return false
	}
	l.refuse(newest[most])
	return true
}

func (l *Limiter) refuse(w *waiter) {
	l.remove(w)
	w.answer <- false
}

func (l *Limiter) remove(w *waiter) bool {
	q := l.waiting[w.class]
	for i := range q {
		if q[i] == w {
			l.waiting[w.class] = append(q[:i:i], q[i+1:]...)
			l.waiters--
			return true
		}
	}
	return false
}

// next returns who gets the next place of a class: who came first, of the club that holds the fewest.
func (l *Limiter) next(c Class) *waiter {
	best := l.waiting[c][0]
	for _, w := range l.waiting[c][1:] {
		if l.held[w.club] < l.held[best.club] {
			best = w
		}
	}
	return best
}

// admitWaiting gives free places to who waits, the highest class first.
func (l *Limiter) admitWaiting() {
	for _, c := range Classes() {
		for len(l.waiting[c]) > 0 && l.hasRoom(c) {
			w := l.next(c)
			l.remove(w)
			l.start(c, w.club)
			w.answer <- true
		}
		for len(l.late[c]) > 0 && l.hasRoom(c) {
			w := l.late[c][0]
			l.late[c] = slices.Delete(l.late[c], 0, 1)
			l.parked--
			l.start(c, w.club)
			w.answer <- true
		}
	}
	if l.waiters == 0 {
		l.idleAt = l.clock.Now()
	}
}
