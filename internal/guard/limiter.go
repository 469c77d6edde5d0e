package guard

import (
	"context"
	"sync"
	"time"

	"clubos/internal/club"
)

// Limiter admits requests. It is safe for concurrent use.
type Limiter struct {
	clock club.Clock

	mu       sync.Mutex // guards the fields below
	limit    float64
	running  [classes]int
	inFlight int
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
	answer chan bool // receives true with a place, false when it made room for a higher class
}

// New returns a limiter that has seen nothing yet.
func New(clock club.Clock) *Limiter {
	return &Limiter{clock: clock, limit: firstLimit, idleAt: clock.Now()}
}

// errOverloaded is what is said to whoever is refused.
func errOverloaded() error {
	return &club.Error{Code: club.CodeUnavailable, Msg: "more is asked of this server than it can do at the moment: try again shortly"}
}

// Admit gives a request a place, perhaps after a short wait. The place is given back by done, which must
// be called once. The error is Unavailable when there is no place, or the context's.
func (l *Limiter) Admit(ctx context.Context, c Class) (done func(), err error) {
	l.mu.Lock()
	if l.hasRoom(c) && !l.isBehind(c) {
		l.start(c)
		l.mu.Unlock()
		return l.ender(c), nil
	}
	w, patience := l.queue(c)
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
		return l.ender(c), nil
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
		if club.CodeOf(why) == club.CodeUnavailable {
			l.counts.shed(l.clock.Now(), w.class)
		}
		return nil, why
	}
	if ok := <-w.answer; !ok {
		return nil, errOverloaded()
	}
	return l.ender(w.class), nil
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

func (l *Limiter) start(c Class) {
	l.running[c]++
	l.inFlight++
	l.seen.most = max(l.seen.most, l.inFlight)
	l.counts.admitted(l.clock.Now(), c)
}

// ender returns what gives a place back.
func (l *Limiter) ender(c Class) func() {
	began := l.clock.Now()
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		now := l.clock.Now()
		l.running[c]--
		l.inFlight--
		l.learn(now, c, now.Sub(began))
		l.admitWaiting()
	}
}

// queue has a request wait, and says how long. Nil when it must not: too many do already, and none of
// them matters less.
func (l *Limiter) queue(c Class) (*waiter, time.Duration) {
	now := l.clock.Now()
	if l.waiters == 0 {
		l.idleAt = now
	}
	if l.load.Pressure >= traits(c).yields && l.load.Short || l.waiters >= mostWait && !l.evict(c) {
		l.counts.shed(now, c)
		return nil, 0
	}
	w := &waiter{class: c, answer: make(chan bool, 1)}
	l.waiting[c] = append(l.waiting[c], w)
	l.waiters++
	patience := traits(c).patience
	if now.Sub(l.idleAt) > standing {
		patience = hurried
	}
	return w, patience
}

// evict refuses the newest of the lowest class that waits, if it is lower than a newcomer's.
func (l *Limiter) evict(c Class) bool {
	for i := Bulk; i > c; i-- {
		if n := len(l.waiting[i]); n > 0 {
			last := l.waiting[i][n-1]
			l.remove(last)
			l.counts.shed(l.clock.Now(), i)
			last.answer <- false
			return true
		}
	}
	return false
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

// admitWaiting gives free places to who waits, the highest class first.
func (l *Limiter) admitWaiting() {
	for _, c := range Classes() {
		for len(l.waiting[c]) > 0 && l.hasRoom(c) {
			w := l.waiting[c][0]
			l.waiting[c] = l.waiting[c][1:]
			l.waiters--
			l.start(c)
			w.answer <- true
		}
	}
	if l.waiters == 0 {
		l.idleAt = l.clock.Now()
	}
}
