package trial

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Series says which trials are held.
type Series struct {
	// From is the first seed, Seeds how many follow it. Default: one.
	From  uint64
	Seeds int
	// Events bounds what happens in each. 0: all that its seed has happen.
	Events int
	// Workers are held at a time. Default: as many as there are processors.
	Workers int
	// Twice holds each trial twice and compares the traces.
	Twice bool
	// Tell is called with a line of progress now and then. Nil tells nobody.
	Tell func(line string)
}

// Failure is a seed with which a promise was not kept.
type Failure struct {
	Seed   uint64   `json:"seed"`
	Events int      `json:"events"` // the fewest of its events with which it fails
	Of     int      `json:"of"`
	Broken []string `json:"broken"`
	Replay string   `json:"replay"` // the command that shows it again
	Trace  []byte   `json:"-"`
}

// Report is what came of a series.
type Report struct {
	From      uint64  `json:"from"`
	Seeds     int     `json:"seeds"`
	Workers   int     `json:"workers"`
	Seconds   float64 `json:"seconds"`
	PerMinute float64 `json:"seeds_per_minute"`
	Twice     bool    `json:"twice"`
	Counts    Counts  `json:"counts"`
	// Alike are the decisions that came out the same, to the byte, when their trial was held again. Words that are sealed
	// have another cipher each time and are left out; what was sent of them is compared as the vendors saw it.
	Alike    int64     `json:"decisions_alike"`
	Failures []Failure `json:"failures"`
}

// shrunk is how many failures are brought down to their fewest events.
const shrunk = 5

// Run holds the trials. An error is said of trials that could not be held; broken promises are in the report.
func Run(ctx context.Context, s Series) (*Report, error) {
	s.Seeds, s.Workers = cmp.Or(s.Seeds, 1), cmp.Or(s.Workers, runtime.GOMAXPROCS(0))
	s.Workers = min(s.Workers, s.Seeds)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	h := newHall(s)
	var workers sync.WaitGroup
	errs := make([]error, s.Workers)
	begin := time.Now()
	for i := range s.Workers {
		workers.Go(func() {
			if errs[i] = h.open(ctx); errs[i] != nil {
				stop()
			}
		})
	}
	workers.Wait()
	r := h.report
	r.Seconds = time.Since(begin).Seconds()
	r.PerMinute = float64(r.Seeds) / r.Seconds * 60
	slices.SortFunc(r.Failures, func(a, b Failure) int { return cmp.Compare(a.Seed, b.Seed) })
	return r, errors.Join(errs...)
}

// hall is where trials are held side by side.
type hall struct {
	Series

	mu     sync.Mutex // guards the fields below
	taken  int
	report *Report
}

// open holds trials with a mould of its own.
func (h *hall) open(ctx context.Context) error {
	m, err := NewMould(ctx)
	if err != nil {
		return err
	}
	return errors.Join(h.work(ctx, m), m.Close())
}

// work holds one trial after the other.
func (h *hall) work(ctx context.Context, m *Mould) error {
	for {
		seed, ok := h.next()
		if !ok {
			return nil
		}
		if err := h.hold(ctx, m, seed); err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
	}
}

func newHall(s Series) *hall {
	return &hall{Series: s, report: &Report{From: s.From, Seeds: s.Seeds, Workers: s.Workers, Twice: s.Twice, Failures: []Failure{}}}
}

func (h *hall) next() (seed uint64, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.taken == h.Seeds {
		return 0, false
	}
	h.taken++
	if h.Tell != nil && h.taken%500 == 0 {
		h.Tell(fmt.Sprintf("%d of %d seeds, %d with broken promises", h.taken, h.Seeds, len(h.report.Failures)))
	}
	return h.From + uint64(h.taken) - 1, true
}

func (h *hall) hold(ctx context.Context, m *Mould, seed uint64) error {
	o, err := m.Run(ctx, Config{Seed: seed, Events: h.Events})
	if err != nil {
		return err
	}
	broken, alike := o.Broken, int64(0)
	if h.Twice {
		again, err := m.Run(ctx, Config{Seed: seed, Events: h.Events})
		if err != nil {
			return err
		}
		if line, other, same := compare(o.Trace, again.Trace); !same {
			broken = append(broken, fmt.Sprintf("the same seed has another trace: %q, then %q", line, other))
		} else {
			alike = o.Counts.Decisions
		}
	}
	h.mu.Lock()
	h.report.Counts.add(o.Counts)
	h.report.Alike += alike
	few := len(h.report.Failures) < shrunk
	h.mu.Unlock()
	if len(broken) == 0 {
		return nil
	}
	f := Failure{Seed: seed, Events: o.Events, Of: o.Events, Broken: broken, Trace: o.Trace}
	if few && h.Events == 0 && len(o.Broken) > 0 {
		if err := shrink(ctx, m, &f); err != nil {
			return err
		}
	}
	f.Replay = fmt.Sprintf("clubos simulate seeds --from %d --seeds 1 --events %d --trace", seed, cmp.Or(h.Events, f.Events))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.report.Failures = append(h.report.Failures, f)
	return nil
}

// shrink finds the fewest of a seed's events with which a promise is still broken.
func shrink(ctx context.Context, m *Mould, f *Failure) error {
	for n := 1; n < f.Of; n++ {
		o, err := m.Run(ctx, Config{Seed: f.Seed, Events: n})
		if err != nil {
			return err
		}
		if len(o.Broken) > 0 {
			f.Events, f.Broken, f.Trace = n, o.Broken, o.Trace
			return nil
		}
	}
	return nil
}

// compare returns the first lines in which two traces differ.
func compare(a, b []byte) (line, other string, same bool) {
	if bytes.Equal(a, b) {
		return "", "", true
	}
	x, y := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range max(len(x), len(y)) {
		var p, q []byte
		if i < len(x) {
			p = x[i]
		}
		if i < len(y) {
			q = y[i]
		}
		if !bytes.Equal(p, q) {
			return string(p), string(q), false
		}
	}
	return "", "", true
}
