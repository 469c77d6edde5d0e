package health

import (
	"context"
	"time"

	"clubos/internal/store"
)

// Process is how the process that is asked fares, and what waits for any of them. It is of the whole
// installation, and for those who look after a club, not for everybody.
type Process struct {
	Classes   []Admission // the most important first
	Places    int         // requests that may run at a time
	Running   int
	Waiting   int
	Pressure  int // how many classes give way
	CPU       Use // shares of the processors
	Memory    Use // bytes
	Pool      Use // connections to the database; a zero limit is none to speak of
	CacheHits float64
	CacheUsed bool   // something was asked of the cache
	Redis     string // "none", "here" or "away"
	Queues    []Queue
	Replicas  int // processes that show that they live, with this one; 0 is not known
	Intake    Percentiles
	Pages     Percentiles
	Checks    Percentiles
}

// Use is how much there is of something, and how much there may be; 0 is no limit.
type Use struct{ Now, Limit float64 }

// Admission counts the requests of a class in the last minutes.
type Admission struct {
	Class             string
	Admitted, Refused int64
}

// Queue is what waits in a queue of jobs.
type Queue struct {
	Name    string
	Due     int // should run, and have no worker yet
	Running int
	Later   int           // are due later, or are to be tried again
	Oldest  time.Duration // how long the first that is due has waited
}

// LongWait is how long a job that is due may wait before somebody should know. What a club makes beyond its pace waits by
// design, for OverflowWait.
const (
	LongWait     = 2 * time.Minute
	OverflowWait = 15 * time.Minute
)

// Late reports whether the queue's jobs wait longer than they should.
func (q Queue) Late() bool {
	if q.Name == store.QueueOverflow {
		return q.Oldest > OverflowWait
	}
	return q.Oldest > LongWait
}

// Processes looks at the process that is asked.
type Processes func(context.Context) (Process, error)

// Promise is what ClubOS promises of how long something takes, and what it came to.
type Promise struct {
	Name   string // for programs
	Title  string // for people
	Share  int    // of a hundred that must keep to Within
	Within time.Duration
	Count  int           // that were measured; 0 says nothing
	Took   time.Duration // that Share of a hundred kept to
	P50    time.Duration
	P99    time.Duration
	Over   time.Duration // the time that it is about
	Here   bool          // measured in the process that is asked, not from stored rows
}

// Kept reports whether the promise holds, as far as anything was measured.
func (p Promise) Kept() bool { return p.Count == 0 || p.Took < p.Within }

// Promises judges a club's report and, where p is known, its process.
func Promises(r Report, p *Process) []Promise {
	out := []Promise{
		{Name: "decision", Title: "Texts decided on, after the wait for more", Share: 95, Within: 500 * time.Millisecond, Count: r.Speed.Decisions, Took: max(0, r.Speed.P95-r.Speed.Waits),
			P50: max(0, r.Speed.P50-r.Speed.Waits), P99: max(0, r.Speed.P99-r.Speed.Waits), Over: r.Speed.Over},
		{Name: "action", Title: "Actions sent to the vendor", Share: 95, Within: 5 * time.Second, Count: r.Speed.Actions.Count, Took: r.Speed.Actions.P95, P50: r.Speed.Actions.P50, P99: r.Speed.Actions.P99, Over: r.Speed.Over},
	}
	if p == nil {
		return out
	}
	here := func(name, title string, share int, within time.Duration, t Percentiles, took time.Duration) Promise {
		return Promise{Name: name, Title: title, Share: share, Within: within, Count: t.Count, Took: took, P50: t.P50, P99: t.P99, Over: TimedOver * time.Minute, Here: true}
	}
	return append([]Promise{here("intake", "Texts and reports taken in", 95, 500*time.Millisecond, p.Intake, p.Intake.P95)}, append(out,
		here("page", "Pages shown", 90, time.Second, p.Pages, p.Pages.P90),
		here("check", "Health checks answered", 99, time.Second, p.Checks, p.Checks.P99))...)
}
