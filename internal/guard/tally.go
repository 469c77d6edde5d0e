package guard

import "time"

// Counts are requests by class.
type Counts [classes]int64

// Of returns the count of a class.
func (n Counts) Of(c Class) int64 { return n[c] }

// Sum returns the count of all classes.
func (n Counts) Sum() (all int64) {
	for _, of := range n {
		all += of
	}
	return all
}

// State is what a limiter does at an instant.
type State struct {
	Limit    int // requests that may run at a time
	Running  int
	Waiting  int
	Load     Load
	Admitted Counts // since the start
	Refused  Counts // since the start
	// RecentlyAdmitted and RecentlyRefused are about the present minute and the Recent-1 before it.
	RecentlyAdmitted, RecentlyRefused Counts
}

// Recent is how many minutes the recent counts are about.
const Recent = 5

// tally counts by minute, and in all.
type tally struct {
	admittedAll, shedAll Counts
	minutes              [Recent]minute
}

type minute struct {
	at             int64 // minutes since 1970
	admitted, shed Counts
}

func (t *tally) minute(now time.Time) *minute {
	at := now.Unix() / 60
	m := &t.minutes[at%Recent]
	if m.at != at {
		*m = minute{at: at}
	}
	return m
}

func (t *tally) admitted(now time.Time, c Class) {
	t.admittedAll[c]++
	t.minute(now).admitted[c]++
}

func (t *tally) shed(now time.Time, c Class) {
	t.shedAll[c]++
	t.minute(now).shed[c]++
}

// State returns what the limiter does.
func (l *Limiter) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := State{Limit: int(l.limit), Running: l.inFlight, Waiting: l.waiters, Load: l.load, Admitted: l.counts.admittedAll, Refused: l.counts.shedAll}
	oldest := l.clock.Now().Unix()/60 - Recent + 1
	for _, m := range l.counts.minutes {
		if m.at < oldest {
			continue
		}
		for c := range m.admitted {
			s.RecentlyAdmitted[c] += m.admitted[c]
			s.RecentlyRefused[c] += m.shed[c]
		}
	}
	return s
}
