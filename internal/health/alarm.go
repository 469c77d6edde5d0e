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

// Judge looks for what people should be called for: promises that do not hold, and work that is due and that
// no process takes up. s is about AlarmOver; strays is how many audit entries found no week (store.CountStrays).
func Judge(s Speed, p Process, strays int64) Judgement {
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
	if strays > 0 {
		f.Detail = fmt.Sprintf("%d entries are kept apart until the job retention.weeks has made theirs; nothing is lost. See its log, and the clocks of servers and database.", strays)
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
