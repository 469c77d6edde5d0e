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
	kills     int                     // by SIGKILL, at random moments
	fell      map[failpoint.Point]int // ends at failpoints
	deploys   int
	stops     int // of the database, immediate
	texts     int // that were written, each delivered up to three times
	acked     int
	stored    int
	lost      int // acknowledged, and not stored
	doubled   int // stored, said or done more often than once
	silent    int // left in doubt, and with nobody
	stuck     int // kinds of work that did not end
	replies   int
	commands  int           // to devices
	doubtful  int           // replies of which nobody can say whether they went out, with a person
	recovered time.Duration // longest time from a start until nothing was left to do
}

func newFigures() *figures { return &figures{began: time.Now(), fell: map[failpoint.Point]int{}} }

// ends is how often a process was ended without being asked.
func (f *figures) ends() int {
	n := f.kills
	for _, k := range f.fell {
		n += k
	}
	return n
}

// show prints the table.
func (f *figures) show(t *testing.T) {
	var b strings.Builder
	row := func(name string, value any) { fmt.Fprintf(&b, "\n  %-34s %v", name, value) }
	row("kill -9", f.ends())
	row("  at random moments", f.kills)
	for _, p := range slices.SortedFunc(maps.Keys(f.fell), func(x, y failpoint.Point) int {
		return cmp.Compare(slices.Index(failpoint.Points(), x), slices.Index(failpoint.Points(), y))
	}) {
		row("  at "+string(p), f.fell[p])
	}
	row("deploys", f.deploys)
	row("database stops, immediate", f.stops)
	row("texts", f.texts)
	row("acknowledged", f.acked)
	row("stored", f.stored)
	row("acknowledged and lost", f.lost)
	row("stored, said or done twice", f.doubled)
	row("in doubt and with nobody", f.silent)
	row("kinds of work that are stuck", f.stuck)
	row("replies", f.replies)
	row("  in doubt, with a person", f.doubtful)
	row("commands to devices", f.commands)
	row("longest recovery", f.recovered.Round(time.Millisecond))
	row("took", time.Since(f.began).Round(time.Second))
	t.Log(b.String())
}
