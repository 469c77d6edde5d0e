package crashtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"clubos/internal/failpoint"
	"clubos/internal/store/storetest"
)

// What reaches a failpoint is done again and again: a kept text takes a crowd that comes at one moment.
const (
	reachAgain = 5 * time.Second
	reaches    = 12
)

// onTheWayOfAnAct are the failpoints that only an act reaches; all others lie on the way of a text.
func onTheWayOfAnAct() []failpoint.Point {
	return []failpoint.Point{failpoint.DeadlinePass, failpoint.DeadlineOver, failpoint.RunStep, failpoint.GateLooked, failpoint.GateClaim, failpoint.GateClaimed,
		failpoint.ActStarted, failpoint.ActCalled, failpoint.ActRecording, failpoint.ActRecorded, failpoint.ActVerifying, failpoint.ActVerified}
}

// spread leaves out, on PostgreSQL, every second point: what differs between the engines is how rows are
// committed and jobs are taken, and each point that is left has a neighbour of the same kind.
func spread(points []failpoint.Point) []failpoint.Point {
	if storetest.DatabaseURL() == "" {
		return points
	}
	var out []failpoint.Point
	for i, p := range points {
		if i%2 == 1 {
			out = append(out, p)
		}
	}
	return out
}

// TestTheProgramMayEndAtEveryStepOfATextsWay ends the program once at each failpoint between a webhook and
// the reply, and the call of a person.
func TestTheProgramMayEndAtEveryStepOfATextsWay(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.DatabaseURL())
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	d := newDrive(t, in, seeded(t))
	defer d.made.show(t)
	d.players = nil
	for _, p := range spread(slices.DeleteFunc(failpoint.Points(), func(p failpoint.Point) bool { return slices.Contains(onTheWayOfAnAct(), p) })) {
		hit := 1
		if p == failpoint.Commit || p == failpoint.Committed || p == failpoint.JobBegun || p == failpoint.JobDone {
			hit += d.rng.IntN(40) // they are all along the way
		}
		over := sendOver
		if p == failpoint.TextFile || p == failpoint.TextFiled {
			over = time.Nanosecond
		}
		d.fall(ctx, p, hit, func() { d.sendWithin(ctx, perLife/2, over) })
	}
	d.conclude(ctx)
}

// TestTheProgramMayEndAtEveryStepOfAnAct ends the program once at each failpoint between an announcement,
// or an operator's approval, and what a second look at the device has seen.
func TestTheProgramMayEndAtEveryStepOfAnAct(t *testing.T) {
	t.Parallel()
	in := install(t, storetest.DatabaseURL())
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	d := newDrive(t, in, seeded(t))
	defer d.made.show(t)
	for _, p := range spread(onTheWayOfAnAct()) {
		operator, off := context.WithCancel(ctx)
		var begin sync.Once
		d.fall(ctx, p, 1, func() {
			if len(d.players) == 0 {
				d.cast() // who has played may write again
			}
			d.play(ctx, "my screen is frozen")
			if p != failpoint.DeadlinePass && p != failpoint.DeadlineOver {
				begin.Do(func() { d.wg.Go(func() { d.operate(operator) }) })
			}
		})
		off()
	}
	d.conclude(ctx)
	if d.made.Commands == 0 {
		t.Error("no device got a command")
	}
}

// fall starts a server that ends at the n-th hit of a point, and does what reaches it until it does.
func (d *drive) fall(ctx context.Context, p failpoint.Point, n int, reach func()) {
	d.t.Helper()
	server := d.in.launch(d.t, fmt.Sprintf("CLUBOS_FAILPOINT=%s:%d", p, n))
	for range reaches {
		reach()
		if server.fell(d.t, reachAgain) {
			d.made.Fell[p]++
			if ctx.Err() != nil {
				d.t.Fatal(ctx.Err())
			}
			return
		}
	}
	d.t.Errorf("%s was not reached %d times\n%s", p, n, server.lastLines())
	d.end(server, false)
}
