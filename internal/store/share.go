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
)

// shares divides the connections of PostgreSQL's pool among the clubs that have wanted one of late, as nearly as
// may be in equal parts. A club that is sent thousands of texts would hold all of them otherwise, and have as many
// processes of the database run against the one that serves somebody else's text.
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
	waiting [2]queue  // those whom somebody outside waits for, and its work: they take turns
	turn    int       // whose it is
	last    time.Time // it wanted a connection
}

// queue is those who wait, in the order in which they came.
type queue []chan struct{}

func (c *share) waits() bool { return len(c.waiting[0])+len(c.waiting[1]) > 0 }

// pop takes out whoever is next. Were the texts of a storm always first, the club's work would hold the workers that
// others' work needs, and wait.
func (c *share) pop() chan struct{} {
	q := &c.waiting[c.turn]
	c.turn = 1 - c.turn
	if len(*q) == 0 {
		q = &c.waiting[c.turn]
	}
	next := (*q)[0]
	*q = (*q)[1:]
	return next
}

func newShares(conns int) *shares {
	return &shares{size: max(conns-shareAside, 1), clubs: map[club.Slug]*share{}}
}

// most is how many connections a club may hold at present.
func (s *shares) most() int { return max(s.size/max(len(s.clubs), 1), min(shareLeast, s.size)) }

// take waits until the club may have a connection. Those whom somebody outside waits for have a queue of their own. give
// returns it.
func (s *shares) take(ctx context.Context, slug club.Slug, now time.Time, first bool) error {
	s.mu.Lock()
	s.sweep(now)
	c := s.clubs[slug]
	if c == nil {
		c = &share{}
		s.clubs[slug] = c
	}
	c.last = now
	if !c.waits() && s.held < s.size && c.held < s.most() {
		c.held++
		s.held++
		s.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	q := &c.waiting[1]
	if first {
		q = &c.waiting[0]
	}
	*q = append(*q, turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(*q, turn); i >= 0 {
		*q = slices.Delete(*q, i, i+1)
		return ctx.Err()
	}
	c.held-- // it came at the same moment
	s.held--
	s.next()
	return ctx.Err()
}

func (s *shares) give(slug club.Slug) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clubs[slug].held--
	s.held--
	s.next()
}

// next gives what is free to those who wait: to the club that holds the fewest first.
func (s *shares) next() {
	for s.held < s.size {
		var first *share
		for _, c := range s.clubs {
			if c.waits() && c.held < s.most() && (first == nil || c.held < first.held) {
				first = c
			}
		}
		if first == nil {
			return
		}
		close(first.pop())
		first.held++
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
		if c.held == 0 && !c.waits() && now.Sub(c.last) > shareRecent {
			delete(s.clubs, slug)
		}
	}
	s.next()
}
