package jobs

import (
	"context"
	"hash/fnv"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"clubos/internal/club"
)

const (
	// roundsAtOnce bounds the periodic jobs of all clubs that are worked side by side.
	roundsAtOnce = 64
	// oneByOne is how long a periodic job waits for another one of its club, so that they share a connection: those that
	// take longer wait for somebody outside.
	oneByOne = time.Second
	// roundsApart is over how long the rounds of clubs are spread, so that not all of them come in the same instant.
	roundsApart = time.Minute
)

// rounds has the periodic jobs of SQLite clubs worked. A club's file has one process, so that nobody else could work
// them and nothing need be stored of them: as after any start, all of them have their turn at once, and then every
// interval. What an interval finds still under way is passed over.
type rounds struct {
	registry *Registry
	places   chan struct{}

	mu      sync.Mutex // guards the fields below, and adding to running
	list    []*round
	clubs   map[club.Slug]chan struct{} // holds one while a club's periodic job is under way
	closed  bool
	running sync.WaitGroup
}

// round is a periodic job of a club.
type round struct {
	name     string
	every    time.Duration
	slug     club.Slug
	at       time.Time // when its turn is due
	underWay bool
}

func newRounds(r *Registry) *rounds {
	return &rounds{registry: r, places: make(chan struct{}, roundsAtOnce), clubs: map[club.Slug]chan struct{}{}}
}

// add begins the rounds of a club.
func (s *rounds) add(slug club.Slug, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clubs[slug] = make(chan struct{}, 1)
	for name, t := range s.registry.ticks {
		s.list = append(s.list, &round{name: name, every: t.every, slug: slug, at: now})
	}
}

// next is when the first turn after now is due. But for the very first, which comes at once, turns keep to the club's own
// instants, at which its jobs of one interval come together.
func (r *round) next(now time.Time) time.Time {
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.slug))
	own := time.Duration(h.Sum32()) * time.Microsecond % roundsApart
	at := now.Truncate(r.every).Add(own % r.every)
	for !at.After(now) {
		at = at.Add(r.every)
	}
	return at
}

// begin begins the turns that are due; the end of ctx ends them.
func (s *rounds) begin(ctx context.Context, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	for _, r := range s.list {
		if now.Before(r.at) {
			continue
		}
		due := r.at
		if r.at = r.next(now); r.underWay {
			continue
		}
		r.underWay = true
		one := s.clubs[r.slug]
		s.running.Go(func() { s.turn(ctx, r, due, one) })
	}
}

// turn works a periodic job once.
func (s *rounds) turn(ctx context.Context, r *round, due time.Time, one chan struct{}) {
	defer func() {
		s.mu.Lock()
		r.underWay = false
		s.mu.Unlock()
	}()
	patience := time.NewTimer(oneByOne)
	defer patience.Stop()
	select {
	case one <- struct{}{}:
		defer func() { <-one }()
	case <-patience.C:
	case <-ctx.Done():
		return
	}
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-ctx.Done():
		return
	}
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tickWithin)
	defer cancel()
	job := &river.Job[tickJob]{JobRow: &rivertype.JobRow{ScheduledAt: due}, Args: tickJob{Name: r.name, Tenant: r.slug}}
	_ = (&tickWorker{registry: s.registry}).Work(ctx, job) // it has told of its failure, and the next turn is its next try
}

// stop begins no more turns and waits for those under way until ctx ends; then cancel ends them.
func (s *rounds) stop(ctx context.Context, cancel context.CancelFunc) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return within(ctx, &s.running, cancel)
}
