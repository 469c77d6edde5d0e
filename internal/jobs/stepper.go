package jobs

import (
	"cmp"
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

// compare orders by time, then by age.
func (j step) compare(k step) int { return cmp.Or(j.at.Compare(k.at), cmp.Compare(j.seq, k.seq)) }

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

// Bind gives the stepper its handlers, and has the periodic jobs of a club worked from here on. Another
// registry takes the place of the first, as a process that was started again does; what waits stays.
func (s *Stepper) Bind(r *Registry, slug club.Slug) {
	s.registry = r
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs = slices.DeleteFunc(s.jobs, func(j step) bool { return j.tick > 0 })
	heap.Init(&s.jobs)
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
	t := s.takeLocked(0)
	s.mu.Unlock()
	if wait := t.job.at.Sub(s.Clock.Now()); wait > 0 {
		s.Clock.Advance(wait)
	}
	return t.End(t.Work(ctx))
}

// Waiting is a job that waits for its time.
type Waiting struct {
	At       time.Time
	Kind     string // of a periodic job its name after "tick/"
	Periodic bool

	seq int64
}

// Waiting lists what waits, by time and then by age.
func (s *Stepper) Waiting() []Waiting {
	s.mu.Lock()
	list := slices.Clone(s.jobs)
	s.mu.Unlock()
	slices.SortFunc(list, step.compare)
	out := make([]Waiting, len(list))
	for i, j := range list {
		out[i] = Waiting{At: j.at, Kind: j.args.Kind(), Periodic: j.tick > 0, seq: j.seq}
		if tick, ok := j.args.(tickJob); ok {
			out[i].Kind = "tick/" + tick.Name
		}
	}
	return out
}

// Taken is a job in the hands of whoever works it: as one of several that are under way, in an order of their
// own. It must be ended or abandoned.
type Taken struct {
	stepper *Stepper
	job     step
}

// Take takes a job that waits, due or not. One that waits no more is our bug and panics.
func (s *Stepper) Take(w Waiting) *Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.jobs, func(j step) bool { return j.seq == w.seq })
	if i < 0 {
		panic("BUG: the job " + w.Kind + " does not wait")
	}
	return s.takeLocked(i)
}

func (s *Stepper) takeLocked(i int) *Taken {
	t := &Taken{stepper: s, job: heap.Remove(&s.jobs, i).(step)}
	t.job.attempt++
	return t
}

var errNoHandler = errors.New("no handler for jobs")

// Args returns what the job was enqueued with.
func (t *Taken) Args() river.JobArgs { return t.job.args }

// Work tries the job once.
func (t *Taken) Work(ctx context.Context) error { return t.WorkBy(ctx, t.stepper.registry) }

// WorkBy is Work by the handlers of one of several replicas.
func (t *Taken) WorkBy(ctx context.Context, r *Registry) error {
	kind := t.job.args.Kind()
	if tick, ok := t.job.args.(tickJob); ok {
		return (&tickWorker{registry: r}).Work(ctx, &river.Job[tickJob]{Args: tick})
	}
	work, ok := r.byKind[kind]
	if !ok {
		return fmt.Errorf("%w of kind %s", errNoHandler, kind)
	}
	body, err := json.Marshal(t.job.args) // as if it had been stored
	if err != nil {
		return fmt.Errorf("encode job %s: %w", kind, err)
	}
	return work(ctx, &rivertype.JobRow{Kind: kind, Attempt: t.job.attempt, MaxAttempts: maxAttempts}, body)
}

// End takes in how the try ended: a job that failed, or that asked for it, waits again. It returns the error
// of a job that was lost, or of a turn of a periodic one.
func (t *Taken) End(err error) error {
	s, j := t.stepper, t.job
	var later *river.JobSnoozeError
	switch {
	case j.tick > 0:
		s.again(j, s.Clock.Now().Add(j.tick))
		return err
	case err == nil:
		return nil
	case errors.As(err, &later):
		j.attempt--
		s.again(j, s.Clock.Now().Add(later.Duration))
		return nil
	case j.attempt >= maxAttempts, errors.Is(err, errNoHandler):
		return fmt.Errorf("job %s was lost: %w", j.args.Kind(), err)
	}
	s.again(j, s.Clock.Now().Add(retryWait(j.failures)))
	return nil
}

// Abandon says that whoever worked the job is gone, and nobody knows how far it came: it is begun anew at once,
// and the try has counted.
func (t *Taken) Abandon() {
	s, j := t.stepper, t.job
	if j.tick > 0 {
		s.again(j, s.Clock.Now().Add(j.tick))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j.at = s.Clock.Now()
	s.pushLocked(j)
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
	return q[i].compare(q[j]) < 0
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
