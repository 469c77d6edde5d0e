package jobs

import (
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"clubos/internal/club"
)

// Stepper works jobs one by one in the order of their due time, and moves the clock from one to the
// next: a year passes in minutes. It takes the place of the Runner and of River's tables for
// installations whose time is not the world's, and keeps jobs in memory: nothing of such an installation
// outlives its process. Handlers, retries and lost jobs are as in production.
//
// Jobs of the same instant are worked in the order in which they were stored, so that the same causes
// have the same effects.
type Stepper struct {
	// Clock is the installation's clock. The stepper and whoever makes events move it.
	Clock *club.ManualClock
	// TickEvery is the shortest interval of periodic jobs. They look for what was lost, and where every job
	// is worked in turn nothing is. Default 6 h.
	TickEvery time.Duration
	// Leave are kinds of jobs that are left alone: somebody else will do them.
	Leave []string

	registry *Registry

	mu   sync.Mutex // guards the fields below
	jobs stepQueue
	last int64
}

// NewStepper returns a stepper that begins at an instant. Queue goes to store.Config; Bind must be called
// before the first step.
func NewStepper(begin time.Time) *Stepper {
	return &Stepper{Clock: club.NewManualClock(begin), TickEvery: 6 * time.Hour}
}

// step is a job that waits for its time.
type step struct {
	at       time.Time
	seq      int64
	args     river.JobArgs
	attempt  int
	failures int
	tick     time.Duration // of a periodic job: the interval
}

// Queue takes the jobs of a transaction that has committed.
func (s *Stepper) Queue(_ club.Slug, list []river.InsertManyParams) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range list {
		if slices.Contains(s.Leave, p.Args.Kind()) {
			continue
		}
		at := s.Clock.Now()
		if p.InsertOpts != nil && p.InsertOpts.ScheduledAt.After(at) {
			at = p.InsertOpts.ScheduledAt
		}
		s.pushLocked(step{at: at, args: p.Args})
	}
}

func (s *Stepper) pushLocked(j step) {
	s.last++
	j.seq = s.last
	heap.Push(&s.jobs, j)
}

// Bind gives the stepper its handlers, and has the periodic jobs of a club worked from here on.
func (s *Stepper) Bind(r *Registry, slug club.Slug) {
	s.registry = r
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(r.ticks)) {
		every := max(r.ticks[name].every, s.TickEvery)
		s.pushLocked(step{at: s.Clock.Now().Add(every), args: tickJob{Name: name, Tenant: slug}, tick: every})
	}
}

// Next returns when the next job is due; ok is false when there is none.
func (s *Stepper) Next() (at time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.jobs) == 0 {
		return at, false
	}
	return s.jobs[0].at, true
}

// Step moves the clock to when the next job is due and works it. It returns the error of a job that was
// lost, or whose handler nobody knows; one that is tried again is no error.
func (s *Stepper) Step(ctx context.Context) error {
	s.mu.Lock()
	if len(s.jobs) == 0 {
		s.mu.Unlock()
		return nil
	}
	j := heap.Pop(&s.jobs).(step)
	s.mu.Unlock()
	if wait := j.at.Sub(s.Clock.Now()); wait > 0 {
		s.Clock.Advance(wait)
	}
	if j.tick > 0 {
		defer s.again(j, s.Clock.Now().Add(j.tick))
		return (&tickWorker{registry: s.registry}).Work(ctx, &river.Job[tickJob]{Args: j.args.(tickJob)})
	}
	work, ok := s.registry.byKind[j.args.Kind()]
	if !ok {
		return fmt.Errorf("no handler for jobs of kind %s", j.args.Kind())
	}
	j.attempt++
	body, err := json.Marshal(j.args) // as if it had been stored
	if err != nil {
		return fmt.Errorf("encode job %s: %w", j.args.Kind(), err)
	}
	row := &rivertype.JobRow{Kind: j.args.Kind(), Attempt: j.attempt, MaxAttempts: maxAttempts}
	err = work(ctx, row, body)
	var later *river.JobSnoozeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &later):
		j.attempt--
		s.again(j, s.Clock.Now().Add(later.Duration))
		return nil
	case j.attempt >= maxAttempts:
		return fmt.Errorf("job %s was lost: %w", j.args.Kind(), err)
	}
	s.again(j, s.Clock.Now().Add(retryWait(j.failures)))
	return nil
}

func (s *Stepper) again(j step, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j.at = at
	j.failures = j.attempt
	s.pushLocked(j)
}

// stepQueue is a heap by time, then by age.
type stepQueue []step

func (q stepQueue) Len() int { return len(q) }
func (q stepQueue) Less(i, j int) bool {
	if c := q[i].at.Compare(q[j].at); c != 0 {
		return c < 0
	}
	return q[i].seq < q[j].seq
}
func (q stepQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *stepQueue) Push(x any)   { *q = append(*q, x.(step)) }
func (q *stepQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = step{}
	*q = old[:len(old)-1]
	return last
}
