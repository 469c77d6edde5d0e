package store

import (
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// QueueOverflow is where the clubs of PostgreSQL have the work that they make beyond their pace. It has workers of its own, so that however much waits there, whoever else has something to do finds the others free.
const QueueOverflow = "overflow"

// How much work a club may make before it is put off. What it makes beyond waits longer the more it is.
const (
	paceRate  = 10.0 // jobs per second
	paceBurst = 50.0
	// paceMost is the most that is held against a club: five minutes later it has its pace again.
	paceMost = 60 * 5 * paceRate
	// paceAhead is how far ahead a job may be due that counts. It is longer than the texts of a backlog are put off.
	paceAhead = time.Minute
	// lowestPriority is River's; the highest, which is also that of a job of which nothing is said, is 1.
	lowestPriority = 4
)

// pace is how much work a club has made of late, in this process. The clubs of a PostgreSQL installation share their queues,
// each of which is worked by priority and then in order: without it a club that is sent thousands of texts would have all
// others wait until it is done.
type pace struct {
	mu    sync.Mutex // guards the fields below
	at    time.Time
	level float64 // jobs beyond the rate
}

// rank puts off jobs beyond the pace that are due at once or in a moment: they get a lower priority, and go into the queue
// for such unless they have a queue of their own. One that says its priority keeps it, and so does one that is due
// later, when all this may be over.
func (p *pace) rank(jobs []river.InsertManyParams, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.After(p.at) { // transactions do not commit in the order in which they began
		p.level = max(0, p.level-paceRate*now.Sub(p.at).Seconds())
		p.at = now
	}
	for i := range jobs {
		opts := jobs[i].InsertOpts
		if opts != nil && (opts.Priority != 0 || opts.ScheduledAt.Sub(now) > paceAhead) {
			continue
		}
		p.level = min(p.level+1, paceMost)
		priority := 1
		for most := paceBurst; p.level > most && priority < lowestPriority; most *= 4 {
			priority++
		}
		if priority == 1 {
			continue
		}
		ranked := river.InsertOpts{}
		if opts != nil {
			ranked = *opts // which may be another job's as well
		}
		ranked.Priority = priority
		if ranked.Queue == "" {
			ranked.Queue = QueueOverflow
		}
		jobs[i].InsertOpts = &ranked
	}
}
