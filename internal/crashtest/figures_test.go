package crashtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/failpoint"
)

// figures are what a run comes to.
type figures struct {
	began     time.Time
	Kills     int                     // by SIGKILL, at random moments
	Fell      map[failpoint.Point]int // ends at failpoints
	Deploys   int
	Stops     int // of the database, immediate
	Texts     int // that were written, each delivered up to three times
	Acked     int
	Stored    int
	Found     int // brought once, in vain, and looked for at their vendor
	Lost      int // acknowledged or to be found, and not stored
	Doubled   int // stored, said or done more often than once
	Silent    int // left in doubt, and with nobody
	Stuck     int // kinds of work that did not end
	Replies   int
	Commands  int           // to devices
	Doubtful  int           // replies of which nobody can say whether they went out, with a person
	Recovered time.Duration // longest time from a start until nothing was left to do
	Took      time.Duration // of a run that is kept
}

func newFigures() *figures { return &figures{began: time.Now(), Fell: map[failpoint.Point]int{}} }

// ends is how often a process was ended without being asked.
func (f *figures) ends() int {
	n := f.Kills
	for _, k := range f.Fell {
		n += k
	}
	return n
}

// add adds another run's.
func (f *figures) add(x *figures) {
	for p, n := range x.Fell {
		f.Fell[p] += n
	}
	f.Kills, f.Deploys, f.Stops, f.Texts, f.Acked, f.Found, f.Stored = f.Kills+x.Kills, f.Deploys+x.Deploys, f.Stops+x.Stops, f.Texts+x.Texts, f.Acked+x.Acked, f.Found+x.Found, f.Stored+x.Stored
	f.Lost, f.Doubled, f.Silent, f.Stuck = f.Lost+x.Lost, f.Doubled+x.Doubled, f.Silent+x.Silent, f.Stuck+x.Stuck
	f.Replies, f.Commands, f.Doubtful = f.Replies+x.Replies, f.Commands+x.Commands, f.Doubtful+x.Doubtful
	f.Recovered, f.Took = max(f.Recovered, x.Recovered), f.Took+x.Took
}

// show prints the table.
func (f *figures) show(t *testing.T) {
	var b strings.Builder
	row := func(name string, value any) { fmt.Fprintf(&b, "\n  %-34s %v", name, value) }
	row("kill -9", f.ends())
	row("  at random moments", f.Kills)
	for _, p := range slices.SortedFunc(maps.Keys(f.Fell), func(x, y failpoint.Point) int {
		return cmp.Compare(slices.Index(failpoint.Points(), x), slices.Index(failpoint.Points(), y))
	}) {
		row("  at "+string(p), f.Fell[p])
	}
	row("deploys", f.Deploys)
	row("database stops, immediate", f.Stops)
	row("texts", f.Texts)
	row("acknowledged", f.Acked)
	row("  brought once, in vain, and found", f.Found)
	row("stored", f.Stored)
	row("acknowledged or brought, and lost", f.Lost)
	row("stored, said or done twice", f.Doubled)
	row("in doubt and with nobody", f.Silent)
	row("kinds of work that are stuck", f.Stuck)
	row("replies", f.Replies)
	row("  in doubt, with a person", f.Doubtful)
	row("commands to devices", f.Commands)
	row("longest recovery", f.Recovered.Round(time.Millisecond))
	if !f.began.IsZero() {
		f.Took = time.Since(f.began)
	}
	row("took", f.Took.Round(time.Second))
	t.Log(b.String())
}
