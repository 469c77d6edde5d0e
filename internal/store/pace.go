package store

import (
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// How much work a club may make before the others' goes first. What it makes beyond waits longer the more it is.
const (
	paceRate  = 20.0 // jobs per second
	paceBurst = 100.0
	// UrgentPriority is River's highest. Only what is urgent has it.
	UrgentPriority = 1
	// ordinaryPriority is that of a job of which nothing is said.
	ordinaryPriority = 2
	lowestPriority   = 4 // River's
)

// pace is how much work a club has made of late, in this process. The clubs of a PostgreSQL installation share a queue,
// which is worked by priority and then in order: without it a club that is sent thousands of texts would have all
// others wait until it is done. On SQLite its own work is ranked alike, so that what is urgent goes before it there as well.
type pace struct {
	mu    sync.Mutex // guards the fields below
	at    time.Time
	level float64 // jobs beyond the rate
}

// rank sets the priority of jobs. One that says its own keeps it; one that is not due in a moment, when all this may be over,
// is ordinary.
func (p *pace) rank(jobs []river.InsertManyParams, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.level = max(0, p.level-paceRate*max(0, now.Sub(p.at).Seconds()))
	p.at = now
	for i := range jobs {
		opts := jobs[i].InsertOpts
		if opts != nil && opts.Priority != 0 {
			continue
		}
		priority := ordinaryPriority
		if opts == nil || opts.ScheduledAt.Sub(now) <= 2*scheduler {
			p.level++
			for most := paceBurst; p.level > most && priority < lowestPriority; most *= 4 {
				priority++
			}
		}
		jobs[i].InsertOpts = ranked(opts, priority)
	}
}

// ranked returns options with a priority, if they have none. They may be another job's as well, and stay as they are.
func ranked(opts *river.InsertOpts, priority int) *river.InsertOpts {
	out := river.InsertOpts{Priority: priority}
	if opts != nil {
		if opts.Priority != 0 {
			return opts
		}
		out = *opts
		out.Priority = priority
	}
	return &out
}
