package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"clubos/internal/club"
)

const (
	// shareAside are connections of the pool that no club's transactions get: the control plane, health checks
	// and the job queue's care for replicas that are gone need one now and then.
	shareAside = 3
	// shareLeast is how many connections a club may hold however many others there are.
	shareLeast = 4
	// shareRecent is how long a club counts among those who share after it last held one.
	shareRecent = time.Second
	// The work of a club that is alone holds one in shareStorm of the connections, two at least, while somebody outside waits all
	// the time.
	shareStorm = 8
)

// What connections are held for. Work is what may be put off: deciding, and whatever else a job commits.
const (
	forOutside = iota // somebody outside waits for it
	forOther
	forWork
)

// shares divides the connections of PostgreSQL's pool among the clubs that have wanted one of late, as nearly as
// may be in equal parts. A club that is sent thousands of texts would hold all of them otherwise, and have as many
// processes of the database run against the one that serves somebody else's text. While texts come all the time to a
// club that is alone, its work gets few, so that it does not run against taking them in.
type shares struct {
	size int

	mu    sync.Mutex // guards the fields below
	held  int
	clubs map[club.Slug]*share
	swept time.Time
}

// share is a club's part.
type share struct {
	held    int
	work    int       // of held
	waiting [3]queue  // by what for; they take turns
	turn    int       // whose it is
	outside crowd     // how often somebody outside wanted one
	last    time.Time // it wanted a connection
}

// queue is those who wait, in the order in which they came.
type queue []chan struct{}

// next returns what for the next connection is wanted that the club may have at present, beginning with whose turn it
// is; false when there is nothing. Were the texts of a storm always first, the club's work would hold the workers that others'
// work needs, and wait.
func (c *share) next(now time.Time, work int) (what int, ok bool) {
	for i := range len(c.waiting) {
		if what = (c.turn + i) % len(c.waiting); len(c.waiting[what]) > 0 && c.may(what, now, work) {
			return what, true
		}
	}
	return 0, false
}

// may reports whether the club may hold one more for something, where so many are left to work in a storm.
func (c *share) may(what int, now time.Time, work int) bool {
	return what != forWork || c.work < work || !c.outside.comes(now)
}

// hold notes a connection that the club got.
func (c *share) hold(what int) {
	c.held++
	if what == forWork {
		c.work++
	}
}

// release notes one that it gave back.
func (c *share) release(what int) {
	c.held--
	if what == forWork {
		c.work--
	}
}

func newShares(conns int) *shares {
	return &shares{size: max(conns-shareAside, 1), clubs: map[club.Slug]*share{}}
}

// most is how many connections a club may hold at present.
func (s *shares) most() int { return max(s.size/max(len(s.clubs), 1), min(shareLeast, s.size)) }

// work is how many connections a club's work may hold while somebody outside waits all the time. Beside other clubs it is as many
// as the club may hold: all clubs' jobs have the same workers, and those that wait for a connection would keep the others' from them.
func (s *shares) work() int {
	if len(s.clubs) > 1 {
		return s.size
	}
	return max(s.size/shareStorm, 2)
}

// take waits until the club may have a connection, and says what for. give returns it.
func (s *shares) take(ctx context.Context, slug club.Slug, now time.Time, what int) error {
	s.mu.Lock()
	s.sweep(now)
	c := s.clubs[slug]
	if c == nil {
		c = &share{}
		s.clubs[slug] = c
	}
	c.last = now
	at := time.Now()
	if what == forOutside {
		c.outside.came(at)
	}
	if _, waits := c.next(at, s.work()); !waits && s.held < s.size && c.held < s.most() && c.may(what, at, s.work()) {
		c.hold(what)
		s.held++
		s.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	c.waiting[what] = append(c.waiting[what], turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(c.waiting[what], turn); i >= 0 {
		c.waiting[what] = slices.Delete(c.waiting[what], i, i+1)
		return ctx.Err()
	}
	c.release(what) // it came at the same moment
	s.held--
	s.hand()
	return ctx.Err()
}

func (s *shares) give(slug club.Slug, what int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clubs[slug].release(what)
	s.held--
	s.hand()
}

// hand gives what is free to those who wait: to the club that holds the fewest first.
func (s *shares) hand() {
	now := time.Now()
	for s.held < s.size {
		var first *share
		var what int
		for _, c := range s.clubs {
			if w, waits := c.next(now, s.work()); waits && c.held < s.most() && (first == nil || c.held < first.held) {
				first, what = c, w
			}
		}
		if first == nil {
			return
		}
		q := &first.waiting[what]
		close((*q)[0])
		*q = (*q)[1:]
		first.turn = (what + 1) % len(first.waiting)
		first.hold(what)
		s.held++
	}
}

// sweep strikes off clubs that have held nothing of late, which leaves the others more.
func (s *shares) sweep(now time.Time) {
	if since := now.Sub(s.swept); since >= 0 && since < shareRecent/4 {
		return
	}
	s.swept = now
	for slug, c := range s.clubs {
		waits := slices.ContainsFunc(c.waiting[:], func(q queue) bool { return len(q) > 0 })
		if c.held == 0 && !waits && now.Sub(c.last) > shareRecent {
			delete(s.clubs, slug)
		}
	}
	s.hand()
}
