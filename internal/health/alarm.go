package health

import (
	"fmt"
	"time"

	"clubos/internal/club"
)

const (
	// AlarmOver is how far back an alarm looks: far enough to judge by, near enough to see the end of it.
	AlarmOver = 15 * time.Minute
	// alarmCount is how many must have been measured for people to be called: one text that took long is
	// shown, and is no alarm.
	alarmCount = 5
)

// Fault is what is not as it should be.
type Fault struct {
	Name   string // for programs
	Title  string // for people
	Detail string // what it came to
	Here   bool   // measured in the process that looked
}

// Judgement is what a look at a club and the process came to.
type Judgement struct {
	Looked []Fault // everything that was judged, well or not, without Detail
	Faults []Fault
}

// Log is how the audit log fares.
type Log struct {
	Strays  int64         // entries that found no week (store.CountStrays)
	Waiting time.Duration // age of the oldest entry that has no place in the tree
	Fault   string        // what its verification found; "": nothing
}

// LongUnplaced is how old an entry without a place may be before somebody should know: a turn is due every minute.
const LongUnplaced = 30 * time.Minute

// Judge looks for what people should be called for: promises that do not hold, work that is due and that no process takes
// up, and an audit log that is not whole. s is about AlarmOver.
func Judge(s Speed, p Process, log Log) Judgement {
	var j Judgement
	for _, pr := range Promises(Report{Speed: s}, &p) {
		f := Fault{Name: pr.Name, Title: pr.Title + ": slower than promised", Here: pr.Here}
		j.Looked = append(j.Looked, f)
		if pr.Count >= alarmCount && !pr.Kept() {
			f.Detail = fmt.Sprintf("%d of 100 within %s; promised are %s. Looked at: %d in %s.", pr.Share, span(pr.Took), span(pr.Within), pr.Count, club.Span(pr.Over))
			j.Faults = append(j.Faults, f)
		}
	}
	f := Fault{Name: "jobs", Title: "Work waits too long"}
	j.Looked = append(j.Looked, f)
	for _, q := range p.Queues {
		if q.Late() && f.Detail == "" {
			f.Detail = fmt.Sprintf("In the queue %s the first of %d jobs that are due has waited for %s.", q.Name, q.Due, club.Span(q.Oldest))
			j.Faults = append(j.Faults, f)
		}
	}
	f = Fault{Name: "weeks", Title: "The audit log lacks its present week"}
	j.Looked = append(j.Looked, f)
	if log.Strays > 0 {
		f.Detail = fmt.Sprintf("%d entries are kept apart until the job retention.weeks has made theirs; nothing is lost. See its log, and the clocks of servers and database.", log.Strays)
		j.Faults = append(j.Faults, f)
	}
	f = Fault{Name: "audit_lag", Title: "Audit entries get no place in the signed log"}
	j.Looked = append(j.Looked, f)
	if log.Waiting > LongUnplaced {
		f.Detail = fmt.Sprintf("The oldest that waits is of %s ago; until it has its place, nobody would notice a change of it. See the log of the job audit.sequence.", club.Span(log.Waiting))
		j.Faults = append(j.Faults, f)
	}
	f = Fault{Name: "audit", Title: "The audit log is not what was signed"}
	j.Looked = append(j.Looked, f)
	if log.Fault != "" {
		f.Detail = log.Fault + ". Change nothing, keep the backups, and run clubos audit verify."
		j.Faults = append(j.Faults, f)
	}
	return j
}

// span writes a short time so that what was promised and what it came to can be told apart.
func span(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return club.Span(d)
}
