package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// ratioRounds is how often each contest is held. The median of an odd number is one of them.
const ratioRounds = 7

// contest holds what ClubOS does against something plain that does the same kind of work in the same process:
// the same share of system calls, of SQLite, of encoding. How often more processor time the one takes says
// about the same on every machine, however busy: what makes the one slower makes the other so too.
type contest struct {
	name, title string
	// most is what a change must not exceed. It is one and a half times what was measured when the bound was
	// set: twice as much work breaks it, and what differs between machines and rounds does not.
	most float64
	// ours and plain do their work and return how often; only that is timed.
	ours, plain func(ctx context.Context) (n int, err error)
	// before, when set, makes a round ready.
	before func(ctx context.Context) error
}

// hold returns the median ratio over the rounds, and what one of ours takes, in microseconds, at the median.
func (c contest) hold(ctx context.Context) (ratio, µs float64, err error) {
	var ratios, costs []float64
	for range ratioRounds {
		if c.before != nil {
			if err := c.before(ctx); err != nil {
				return 0, 0, err
			}
		}
		plain, err := processorTime(ctx, c.plain)
		if err != nil {
			return 0, 0, fmt.Errorf("the reference of %s: %w", c.name, err)
		}
		ours, err := processorTime(ctx, c.ours)
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", c.name, err)
		}
		ratios, costs = append(ratios, ours/plain), append(costs, ours)
	}
	slices.Sort(ratios)
	slices.Sort(costs)
	return ratios[ratioRounds/2], costs[ratioRounds/2], nil
}

// processorTime returns what each of the things that fn does takes of the processors, in microseconds.
func processorTime(ctx context.Context, fn func(context.Context) (int, error)) (µs float64, err error) {
	runtime.GC() // the garbage of one is not swept at the other's cost
	before, err := used()
	if err != nil {
		return 0, err
	}
	n, err := fn(ctx)
	if err != nil {
		return 0, err
	}
	after, err := used()
	if err != nil {
		return 0, err
	}
	if n == 0 || after <= before {
		return 0, errors.New("nothing was done")
	}
	return ms(after-before) * 1000 / float64(n), nil
}

// used returns the processor time that this process has used.
func used() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("read the processor time: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// judge holds a contest and adds what came of it.
func (c contest) judge(ctx context.Context, r *Report) error {
	ratio, cost, err := c.hold(ctx)
	if err != nil {
		return err
	}
	r.add(Measure{Name: "ratio_" + c.name, Title: c.title, Value: ratio, Unit: "×", Better: Less, Floor: bound(c.most), Steady: true},
		Measure{Name: "ratio_" + c.name + "_us", Title: "… each takes", Value: cost, Unit: "µs", Better: Less})
	return nil
}
