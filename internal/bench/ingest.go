package bench

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/simulate"
)

// load is what the loads of texts have in common.
func (in *installation) load(cfg Config) simulate.LoadConfig {
	return simulate.LoadConfig{Target: in.url(), Tenant: in.slug, Line: in.line, Secret: in.secret, Duration: cfg.Duration, Connections: cfg.Connections}
}

// steadyWarm is how long a schedule has been kept before latencies count.
const steadyWarm = time.Second

func measureSteady(ctx context.Context, cfg Config, in *installation, c *child, r *Report) error {
	load := in.load(cfg)
	load.Rate, load.Warm = cfg.Rate, steadyWarm
	load.Duration += load.Warm
	got, err := simulate.Load(ctx, load)
	if err != nil {
		return err
	}
	l := r.load("steady", fmt.Sprintf("texts at %d/s", cfg.Rate), got, c)
	r.add(Measure{Name: "steady_rate", Title: fmt.Sprintf("texts acknowledged of %d/s", cfg.Rate), Value: got.RatePerS, Unit: "/s", Better: More, Floor: bound(0.99 * float64(cfg.Rate))},
		Measure{Name: "steady_failed", Title: "… failed or unsent", Value: float64(got.Failed + got.Unsent), Better: Less, Floor: bound(0)},
		Measure{Name: "steady_p50", Title: "… median", Value: l.P50, Unit: "ms", Better: Less},
		Measure{Name: "steady_p95", Title: "… 95 of 100 within", Value: l.P95, Unit: "ms", Better: Less},
		Measure{Name: "steady_p99", Title: "… 99 of 100 within", Value: l.P99, Unit: "ms", Better: Less, Target: bound(10)},
		Measure{Name: "steady_max", Title: "… slowest", Value: l.Max, Unit: "ms", Better: Less})
	if l.RSS > 0 {
		r.add(Measure{Name: "load_memory", Title: "memory under this load, at most", Value: l.RSS, Unit: "MiB", Better: Less, Target: bound(150), Steady: true})
	}
	return nil
}

func measureCeiling(ctx context.Context, cfg Config, in *installation, c *child, r *Report) error {
	before := in.processors(ctx, c)
	got, err := simulate.Load(ctx, in.load(cfg))
	if err != nil {
		return err
	}
	after := in.processors(ctx, c)
	ended := time.Now()
	l := r.load("ceiling", fmt.Sprintf("texts by %d connections", cfg.Connections), got, c)
	r.add(Measure{Name: "ceiling_rate", Title: "most texts acknowledged", Value: got.RatePerS, Unit: "/s", Better: More, Floor: bound(8000), Target: bound(12_000)},
		Measure{Name: "ceiling_failed", Title: "… failed", Value: float64(got.Failed), Better: Less, Floor: bound(0)},
		Measure{Name: "ceiling_p99", Title: "… 99 of 100 within", Value: l.P99, Unit: "ms", Better: Less})
	// Unlike the rate these say about the same on a busy machine. The filing and the decisions that run meanwhile
	// are in them.
	for i, who := range []struct{ name, title string }{{"server", "the server's"}, {"generator", "the load's own"}, {"database", "the database's"}} {
		if cost, ok := each(before[i], after[i], got.Acked); ok {
			r.add(Measure{Name: "cpu_us_per_text_" + who.name, Title: "… " + who.title + " processor time per text", Value: cost, Unit: "µs", Better: Less, Steady: true})
		}
	}
	if cost, ok := each(before[0], after[0], got.Acked); ok {
		l.CPU = cost
	}
	if l.RSS > 0 {
		r.add(Measure{Name: "ceiling_memory", Title: "memory at the ceiling, at most", Value: l.RSS, Unit: "MiB", Better: Less, Target: bound(150), Steady: true})
	}
	if err := in.filed(ctx); err != nil {
		return err
	}
	r.add(Measure{Name: "ceiling_filed", Title: "all filed in their threads after another", Value: ms(time.Since(ended)), Unit: "ms", Better: Less})
	best, ok, err := in.reference(ctx, cfg)
	if err != nil || !ok {
		return err
	}
	r.add(Measure{Name: "reference_rate", Title: "pgbench, a message and a job", Value: best, Unit: "/s"},
		Measure{Name: "reference_ratio", Title: "… of which the ceiling is", Value: 100 * got.RatePerS / best, Unit: "%", Better: More, Steady: true})
	return nil
}

// processors returns the processor time that the server, this process and the database have used; -1 where
// the system does not tell.
func (in *installation) processors(ctx context.Context, c *child) [3]time.Duration {
	out := [3]time.Duration{-1, -1, -1}
	if d, ok := c.cpu(); ok {
		out[0] = d
	}
	if d, ok := cpuOf("self"); ok {
		out[1] = d
	}
	if d, ok := in.databaseCPU(ctx); ok {
		out[2] = d
	}
	return out
}

// each returns the processor time that each of n took, in microseconds; ok is false where the system did not tell.
func each(before, after time.Duration, n int) (µs float64, ok bool) {
	if before < 0 || after <= before || n == 0 {
		return 0, false
	}
	return ms(after-before) * 1000 / float64(n), true
}
