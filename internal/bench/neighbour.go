package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/simulate"
	"clubos/internal/store"
)

const (
	quietClubs   = 4
	quietRate    = 5 // texts per second of each, of other senders in each run
	quietSenders = 3000
)

// measureNeighbour sends a few texts to some clubs, first alone and then while another club is sent as many as get
// through, in one run on one server: what may be compared is the ratio.
func measureNeighbour(ctx context.Context, cfg Config, r *Report) (err error) {
	in, err := install(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.remove(ctx)) }()
	if _, err := in.addClubs(ctx, quietClubs); err != nil {
		return err
	}
	c, err := in.serve(ctx, cfg, Neighbour)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	if _, err := in.quiet(ctx, cfg, "warm"); err != nil { // opens what is opened once
		return err
	}
	alone, err := in.quiet(ctx, cfg, "alone")
	if err != nil {
		return err
	}
	if err := in.decided(ctx, &alone); err != nil {
		return err
	}
	var loud simulate.Report
	var beside quietness
	var loudErr, quietErr error
	var both sync.WaitGroup
	both.Go(func() {
		load := in.load(cfg)
		load.Duration += 2 * loudAhead
		loud, loudErr = simulate.Load(ctx, load)
	})
	both.Go(func() {
		if quietErr = pause(ctx, loudAhead); quietErr == nil {
			beside, quietErr = in.quiet(ctx, cfg, "beside")
		}
		if quietErr == nil {
			quietErr = in.decided(ctx, &beside)
		}
	})
	both.Wait()
	if err := errors.Join(loudErr, quietErr); err != nil {
		return err
	}
	r.load("neighbour", fmt.Sprintf("the loud club's texts by %d connections", cfg.Connections), loud, c)
	r.add(Measure{Name: "neighbour_loud", Title: "texts of a club that is sent as many as get through", Value: loud.RatePerS, Unit: "/s", Better: More},
		Measure{Name: "neighbour_failed", Title: fmt.Sprintf("… texts of %d others that failed, %d/s each", quietClubs, quietRate), Value: float64(beside.failed), Better: Less, Floor: bound(0)},
		Measure{Name: "neighbour_p50_alone", Title: "… half of them acknowledged within, without it", Value: alone.p50, Unit: "ms", Better: Less},
		Measure{Name: "neighbour_p50", Title: "… beside it", Value: beside.p50, Unit: "ms", Better: Less},
		Measure{Name: "neighbour_p99_alone", Title: "… 99 of 100 acknowledged within, without it", Value: alone.p99, Unit: "ms", Better: Less},
		Measure{Name: "neighbour_p99", Title: "… beside it", Value: beside.p99, Unit: "ms", Better: Less},
		Measure{Name: "neighbour_ratio", Title: "… that is so many times as long", Value: beside.p99 / max(alone.p99, 0.01), Better: Less, Target: bound(2)})
	r.add(Measure{Name: "neighbour_decided_alone", Title: "decisions of the others after the wait, 95 of 100 within, without it", Value: alone.decided.P95, Unit: "ms", Better: Less},
		Measure{Name: "neighbour_decided", Title: "… beside it", Value: beside.decided.P95, Unit: "ms", Better: Less},
		Measure{Name: "neighbour_decided_ratio", Title: "… that is so many times as long", Value: beside.decided.P95 / max(alone.decided.P95, 0.01), Better: Less, Target: bound(2)})
	return nil
}

// decidedEvery is how often it is looked whether all has been decided.
const decidedEvery = 250 * time.Millisecond

// loudAhead is how long the loud club's load runs before and after the others' texts.
const loudAhead = 2 * time.Second

// quietness is what came of the quiet clubs' texts.
type quietness struct {
	from    time.Time
	p50     float64 // of all of them, in milliseconds
	p99     float64
	sent    int
	failed  int
	decided Load
}

// quiet sends the quiet clubs their texts.
func (in *installation) quiet(ctx context.Context, cfg Config, run string) (quietness, error) {
	out := quietness{from: club.SystemClock{}.Now()}
	got, errs := make([]simulate.Report, len(in.clubs)), make([]error, len(in.clubs))
	var all sync.WaitGroup
	for i, slug := range in.clubs {
		all.Go(func() {
			load := in.load(cfg)
			load.Tenant, load.Rate, load.Connections, load.Run = slug, quietRate, quietRate, run
			load.Senders, load.FirstSender = quietSenders, quietSenders*len(run)
			load.Text = func(i int) string { return questions[i%len(questions)] }
			got[i], errs[i] = simulate.Load(ctx, load)
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return out, err
	}
	together := got[0].Latencies
	for i, g := range got {
		out.sent, out.failed = out.sent+g.Acked, out.failed+g.Failed+g.Unsent
		if i > 0 {
			together.Merge(g.Latencies)
		}
	}
	out.p50, out.p99 = float64(together.ValueAtQuantile(50))/1000, float64(together.ValueAtQuantile(99))/1000
	return out, nil
}

// decided waits until the quiet clubs' texts have been decided on, and reads how long that took.
func (in *installation) decided(ctx context.Context, q *quietness) error {
	return in.open(ctx, func(a *app.App) error {
		var all []time.Duration
		for _, slug := range in.clubs {
			tenant, _, err := a.Tenant(ctx, slug)
			if err != nil {
				return err
			}
			var s setting.Settings
			if err := tenant.Read(ctx, func(tx *store.Tx) (err error) { s, err = setting.Load(ctx, tx); return err }); err != nil {
				return err
			}
			var waits []time.Duration
			for range int((s.BurstWait + settleWithin) / decidedEvery) {
				if len(waits) >= q.sent/len(in.clubs) {
					break
				}
				if waits, err = readWaits(ctx, tenant, s.BurstWait, q.from); err != nil {
					return err
				}
				if err := pause(ctx, decidedEvery); err != nil {
					return err
				}
			}
			all = append(all, waits...)
		}
		q.decided.lie(all)
		q.decided.Acked = len(all)
		return nil
	})
}
