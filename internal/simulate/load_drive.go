package simulate

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// schedule says when requests are sent, and by how many connections.
type schedule struct {
	rate        int // per second; 0: each connection's next when its last is answered
	duration    time.Duration
	warm        time.Duration // of it, whose latencies do not count
	connections int
	timeout     time.Duration
}

// worker is one connection's share of a load.
type worker struct {
	wire      *wire
	histogram *hdrhistogram.Histogram
	report    Report
	meanwhile int // acknowledged by the end of the load's duration
}

// newHistogram holds up to an hour of microseconds by three digits.
func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, 60*60*1e6, 3) }

// drive sends requests by the schedule and measures how they are answered.
func drive(ctx context.Context, s schedule, newWire func() (*wire, error)) (Report, error) {
	planned := int(float64(s.rate) * s.duration.Seconds())
	workers := make([]worker, s.connections)
	for i := range workers {
		var err error
		if workers[i].wire, err = newWire(); err != nil {
			return Report{}, err
		}
		workers[i].histogram = newHistogram() // large: what it takes is not the server's
		workers[i].report = Report{Statuses: map[int]int{}, Errors: map[string]int{}}
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for w := range workers {
		wg.Go(func() {
			defer workers[w].wire.close()
			timer := time.NewTimer(time.Hour)
			defer timer.Stop()
			for {
				i := int(next.Add(1) - 1)
				due := time.Now()
				if s.rate > 0 {
					if i >= planned {
						return
					}
					due = start.Add(time.Duration(float64(i) / float64(s.rate) * float64(time.Second)))
					// Whoever is late sends at once; but not for ever after the end.
					if !sleepUntil(ctx, timer, due) || time.Since(start) > s.duration+s.timeout {
						return
					}
				} else if time.Since(start) >= s.duration || ctx.Err() != nil {
					return
				}
				workers[w].send(ctx, i, due, start.Add(s.duration), !due.Before(start.Add(s.warm)))
			}
		})
	}
	wg.Wait()
	return collect(workers, s, planned, time.Since(start)), nil
}

func sleepUntil(ctx context.Context, timer *time.Timer, due time.Time) bool {
	wait := time.Until(due)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer.Reset(wait)
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// send sends one request and records what came of it, and how long it took if that counts.
func (w *worker) send(ctx context.Context, i int, due, end time.Time, timed bool) {
	w.report.Sent++
	status, err := w.wire.exchange(ctx, i)
	now := time.Now()
	if timed {
		_ = w.histogram.RecordValue(max(1, now.Sub(due).Microseconds()))
	}
	if err == nil && status/100 == 2 && now.Before(end) {
		w.meanwhile++
	}
	switch {
	case err != nil:
		w.report.Failed++
		w.report.Errors[kindOf(err)]++
	case status/100 == 2:
		w.report.Acked++
		w.report.Statuses[status]++
	default:
		w.report.Failed++
		w.report.Statuses[status]++
	}
}

// curve lists which parts of the requests a report tells the latency of.
func curve() []float64 {
	return []float64{0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97.5, 98, 99, 99.5, 99.9, 99.95, 99.99, 100}
}

func collect(workers []worker, s schedule, planned int, elapsed time.Duration) Report {
	all := newHistogram()
	out := Report{Planned: planned, Elapsed: elapsed, Statuses: map[int]int{}, Errors: map[string]int{}, Latencies: all}
	meanwhile := 0
	for _, w := range workers {
		meanwhile += w.meanwhile
		all.Merge(w.histogram)
		out.Sent, out.Acked, out.Failed = out.Sent+w.report.Sent, out.Acked+w.report.Acked, out.Failed+w.report.Failed
		for k, n := range w.report.Statuses {
			out.Statuses[k] += n
		}
		for k, n := range w.report.Errors {
			out.Errors[k] += n
		}
	}
	if s.rate == 0 {
		out.Planned = out.Sent
	}
	out.Unsent = out.Planned - out.Sent
	if elapsed > 0 {
		out.RatePerS = float64(out.Acked) / elapsed.Seconds()
	}
	out.RateMeanwhile = float64(meanwhile) / s.duration.Seconds()
	at := func(q float64) time.Duration { return time.Duration(all.ValueAtQuantile(q)) * time.Microsecond }
	out.P50, out.P90, out.P95, out.P99, out.P999 = at(50), at(90), at(95), at(99), at(99.9)
	out.Max, out.Mean = time.Duration(all.Max())*time.Microsecond, time.Duration(all.Mean())*time.Microsecond
	if all.TotalCount() > 0 {
		for _, q := range curve() {
			out.Curve = append(out.Curve, Quantile{Percent: q, Latency: at(q)})
		}
	}
	return out
}
