package storetest

import (
	"context"
	"sync/atomic"
	"testing"
)

// Fuse is a context that ends after it was asked for its end so many times. Each database call asks a
// few times, so an ever longer fuse cuts an act off at every point of it, as a crash would.
type Fuse struct {
	context.Context
	left   *atomic.Int64
	cancel context.CancelFunc
}

// NewFuse returns a fuse of length n.
func NewFuse(ctx context.Context, n int64) Fuse {
	ctx, cancel := context.WithCancel(ctx)
	f := Fuse{ctx, &atomic.Int64{}, cancel}
	f.left.Store(n)
	return f
}

// Done counts how often it is asked.
func (f Fuse) Done() <-chan struct{} {
	if f.left.Add(-1) < 0 {
		f.cancel()
	}
	return f.Context.Done()
}

// CutOff runs act with ever longer fuses until it gets through, and fails the test when an act that
// was cut off changed what state counts. The steps are larger on PostgreSQL, where each cut costs
// a connection. It returns how often the act was cut off.
func CutOff[S comparable](t testing.TB, state func() S, act func(context.Context) error) int {
	t.Helper()
	stride := int64(3)
	if DatabaseURL() != "" {
		stride = 31
	}
	before := state()
	for cut, n := 0, int64(1); n <= 5000; cut, n = cut+1, n+stride {
		f := NewFuse(t.Context(), n)
		err := act(f)
		f.cancel()
		if err == nil {
			return cut
		}
		if after := state(); after != before {
			t.Fatalf("cut off after %d looks (%v), the act changed %v to %v", n, err, before, after)
		}
	}
	t.Fatal("the act never gets through")
	return 0
}

// InBatches cuts an act off again and again, by ever longer fuses, until it gets through, and fails the test unless
// count, which begins at rows and ends at zero, only ever fell by whole batches.
func InBatches(t testing.TB, rows, batch int, count func() int, act func(context.Context) error) {
	t.Helper()
	seen, stride := map[int]bool{}, int64(3)
	if DatabaseURL() != "" {
		stride = 31
	}
	for n := int64(1); n <= 5000; n += stride {
		f := NewFuse(t.Context(), n)
		err := act(f)
		f.cancel()
		left := count()
		if seen[left] = true; left != 0 && (rows-left)%batch != 0 {
			t.Fatalf("%d of %d rows are left, and a batch is %d", left, rows, batch)
		}
		if err != nil {
			continue
		}
		if left != 0 || len(seen) < rows/batch {
			t.Errorf("%d rows are left; between transactions there were %v", left, seen)
		}
		return
	}
	t.Fatal("the act never gets through")
}
