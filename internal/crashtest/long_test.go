package crashtest

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"clubos/internal/failpoint"
	"clubos/internal/store/storetest"
)

// extent is how long the tests of this package go on. The environment gives it: make crash says how.
type extent struct {
	lasts time.Duration // of the long run; 0: there is none
	kills int           // at which the long run ends before that
	stops int           // of the database
}

func long(t *testing.T) extent {
	t.Helper()
	e := extent{kills: number(t, "CLUBOS_CRASH_KILLS", 1000), stops: number(t, "CLUBOS_CRASH_STOPS", stops)}
	if s := os.Getenv("CLUBOS_CRASH_FOR"); s != "" {
		var err error
		if e.lasts, err = time.ParseDuration(s); err != nil {
			t.Fatalf("CLUBOS_CRASH_FOR: %q is not a duration", s)
		}
	}
	return e
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("%s: %q is not a number", name, s)
	}
	return n
}

const (
	// ordinarily is how many texts begin to be delivered in each life of the long run.
	ordinarily = 100
	// between is how many lives lie between two moments at which all work must come to its end.
	between = 50
)

// TestTheLongRun ends the program over and over: at random hits of all failpoints, at random moments, and
// now and then by a deploy. Every so often it is left alone until all is done, compared, and what came of it is written
// down, so that runs add up.
func TestTheLongRun(t *testing.T) {
	e := long(t)
	if e.lasts == 0 {
		t.Skip("CLUBOS_CRASH_FOR says how long: make crash")
	}
	in := installSized(t, storetest.DatabaseURL(), size{locations: 12, bays: 40, members: 4000})
	ctx, cancel := context.WithTimeout(t.Context(), e.lasts+10*time.Minute)
	defer cancel()
	in.patience = 3 * time.Minute // a thousand texts may wait
	d := newDrive(t, in, seeded(t))
	all := summed(t)
	defer func() { all.with(d.made).show(t) }()
	points := append(failpoint.Points(), "*", "*", "*", "*", "*", "*")
	for until := time.Now().Add(e.lasts); time.Now().Before(until) && all.with(d.made).ends() < e.kills; {
		operator, off := context.WithCancel(ctx)
		d.wg.Go(func() { d.operate(operator) })
		for life := 0; life < between && time.Now().Before(until) && all.with(d.made).ends() < e.kills; life++ {
			d.trouble()
			if len(d.players) < 10 {
				d.cast() // who has played may write again
			}
			d.live(ctx, points[d.rng.IntN(len(points))])
		}
		off()
		d.conclude(ctx)
		all.keep(t, d.made)
	}
}

// live is one of the program's lives. One in six may end before it has begun.
func (d *drive) live(ctx context.Context, p failpoint.Point) {
	d.t.Helper()
	hit := 1 + d.rng.IntN(12)
	if p == "*" || p == failpoint.Commit || p == failpoint.Committed {
		hit = 1 + d.rng.IntN(600)
	}
	server := d.in.launch(d.t, fmt.Sprintf("CLUBOS_FAILPOINT=%s:%d", p, hit))
	ready := d.rng.IntN(6) > 0 && server.awaitReady(ctx, d.in.url+"/readyz") == nil
	d.send(ctx, ordinarily)
	fell := server.fell(d.t, time.Duration(200+d.rng.IntN(1200))*time.Millisecond)
	switch {
	case fell:
		d.made.Fell[p]++
	case !ready || d.rng.IntN(12) > 0:
		d.end(server, false)
	case server.deploy() == nil:
		d.made.Deploys++
	case server.fell(d.t, time.Second): // in the midst of its drain
		d.made.Fell[p]++
	default:
		d.t.Errorf("a server did not end\n%s", server.lastLines())
	}
}
