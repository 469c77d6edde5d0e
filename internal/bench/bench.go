package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/simulate"
)

// Scenario names a part of the measurement.
type Scenario string

// The scenarios, in the order in which they run.
const (
	Start    Scenario = "start"    // from the process's start to /readyz, and memory when idle
	Steady   Scenario = "steady"   // texts at a fixed rate, whatever the server does
	Ceiling  Scenario = "ceiling"  // as many texts as get through
	Overload Scenario = "overload" // three times what the server can do
	Decide   Scenario = "decide"   // how soon a decision follows the wait for a burst
)

// Scenarios lists those that run when none is chosen. Overload is not among them: where load and server share
// the processors, the load takes what the server would need.
func Scenarios() []Scenario { return []Scenario{Start, Steady, Ceiling, Decide} }

// ParseScenario returns the scenarios of a name: itself, or all.
func ParseScenario(name string) ([]Scenario, error) {
	all := Scenarios()
	if name == string(Cache) {
		return []Scenario{Cache}, nil
	}
	if name == "all" {
		return all, nil
	}
	if name == string(Overload) {
		return []Scenario{Overload}, nil
	}
	if i := slices.Index(all, Scenario(name)); i >= 0 {
		return all[i : i+1], nil
	}
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = string(s)
	}
	return nil, club.Invalid("there is no scenario %q; there are all, %s, %s", name, strings.Join(names, ", "), Overload)
}

// Limits of what may be asked for.
const (
	mostDuration    = 10 * time.Minute
	mostRate        = 50_000
	mostDecideRate  = 1000
	mostConnections = 4096
)

// Config says what to measure.
type Config struct {
	// Binary is the program; its subcommand serve is run. Default: the running executable.
	Binary string
	// Args are its arguments. Default: serve.
	Args []string
	// DatabaseURL is a PostgreSQL server on which databases may be made. Empty: SQLite.
	DatabaseURL string
	// Scenarios are what to run. Default: all.
	Scenarios []Scenario
	// Duration is how long each load lasts. Default 10 s.
	Duration time.Duration
	// Rate is texts per second of Steady. Default 2000.
	Rate int
	// DecideRate is texts per second of Decide, each of another sender. Default 50.
	DecideRate int
	// Connections is how many requests of a load may be under way. Default 256.
	Connections int
	// Idle is how long the server is left alone before its memory is read. Default 5 s.
	Idle time.Duration
	// ProfileDir, when set, is where the server of each load writes a CPU profile; it must take --cpu-profile.
	ProfileDir string
	// Log hears of progress. Default: nothing.
	Log *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.Binary == "" {
		exe, err := os.Executable()
		if err != nil {
			return c, fmt.Errorf("find the program: %w", err)
		}
		c.Binary = exe
	}
	if len(c.Args) == 0 {
		c.Args = []string{"serve"}
	}
	if len(c.Scenarios) == 0 {
		c.Scenarios = Scenarios()
	}
	c.Duration, c.Idle = cmp.Or(c.Duration, 10*time.Second), cmp.Or(c.Idle, 5*time.Second)
	c.Rate, c.DecideRate, c.Connections = cmp.Or(c.Rate, 2000), cmp.Or(c.DecideRate, 50), cmp.Or(c.Connections, 256)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case c.Duration < time.Second || c.Duration > mostDuration:
		return c, club.Invalid("a load lasts from 1 s to %s", mostDuration)
	case c.Rate < 1 || c.Rate > mostRate:
		return c, club.Invalid("the rate is from 1 to %d texts per second", mostRate)
	case c.DecideRate < 1 || c.DecideRate > mostDecideRate:
		return c, club.Invalid("the rate of decisions is from 1 to %d texts per second", mostDecideRate)
	case c.Connections < 1 || c.Connections > mostConnections:
		return c, club.Invalid("connections are from 1 to %d", mostConnections)
	case c.Idle < 0 || c.Idle > time.Minute:
		return c, club.Invalid("idle time is at most a minute")
	}
	return c, nil
}

// Run measures. An error says that something could not be run; a figure that misses its floor is no
// error but stands in the report.
func Run(ctx context.Context, cfg Config) (Report, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return Report{}, err
	}
	r := newReport(cfg)
	for _, s := range cfg.Scenarios {
		cfg.Log.InfoContext(ctx, "measuring", "event.action", "bench."+string(s))
		if err := runOne(ctx, cfg, s, &r); err != nil {
			return r, fmt.Errorf("measure %s: %w", s, err)
		}
	}
	return r, nil
}

// runOne runs a scenario on an installation of its own.
func runOne(ctx context.Context, cfg Config, s Scenario, r *Report) (err error) {
	if s == Cache {
		return measureCache(ctx, cfg, r)
	}
	in, err := install(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.remove(ctx)) }()
	c, err := in.serve(ctx, cfg, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	switch s {
	case Start:
		return measureStart(ctx, cfg, c, r)
	case Steady:
		return measureSteady(ctx, cfg, in, c, r)
	case Ceiling:
		return measureCeiling(ctx, cfg, in, c, r)
	case Overload:
		return measureOverload(ctx, cfg, in, r)
	case Decide:
		return measureDecide(ctx, cfg, in, c, r)
	}
	return fmt.Errorf("BUG: scenario %s", s)
}

func measureStart(ctx context.Context, cfg Config, c *child, r *Report) error {
	r.add(Measure{Name: "start", Title: "start to ready", Value: ms(c.started), Unit: "ms", AtMost: 1000})
	if err := pause(ctx, cfg.Idle); err != nil {
		return err
	}
	if b, ok := c.memory(); ok {
		r.add(Measure{Name: "idle_memory", Title: "memory when idle", Value: mib(b.now), Unit: "MiB", AtMost: 120})
	}
	return nil
}

// load is what the loads have in common.
func (in *installation) load(cfg Config) simulate.LoadConfig {
	return simulate.LoadConfig{Target: in.url(), Tenant: in.slug, Line: in.line, Secret: in.secret, Duration: cfg.Duration, Connections: cfg.Connections}
}

func measureSteady(ctx context.Context, cfg Config, in *installation, c *child, r *Report) error {
	load := in.load(cfg)
	load.Rate = cfg.Rate
	got, err := simulate.Load(ctx, load)
	if err != nil {
		return err
	}
	r.Steady = summary(got)
	r.add(Measure{Name: "steady_rate", Title: fmt.Sprintf("acknowledged of %d/s", cfg.Rate), Value: got.RatePerS, Unit: "/s", AtLeast: 0.99 * float64(cfg.Rate)},
		Measure{Name: "steady_failed", Title: "… failed or unsent", Value: float64(got.Failed + got.Unsent), Unit: "", AtMost: 0, Judged: true},
		Measure{Name: "steady_p50", Title: "… median", Value: ms(got.P50), Unit: "ms"},
		Measure{Name: "steady_p95", Title: "… 95 of 100 within", Value: ms(got.P95), Unit: "ms"},
		Measure{Name: "steady_p99", Title: "… 99 of 100 within", Value: ms(got.P99), Unit: "ms"},
		Measure{Name: "steady_max", Title: "… slowest", Value: ms(got.Max), Unit: "ms"})
	if b, ok := c.memory(); ok {
		r.add(Measure{Name: "load_memory", Title: "memory under this load, at most", Value: mib(b.most), Unit: "MiB"})
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
	r.Ceiling = summary(got)
	r.add(Measure{Name: "ceiling_rate", Title: "most acknowledged", Value: got.RatePerS, Unit: "/s", AtLeast: 2000},
		Measure{Name: "ceiling_failed", Title: "… failed", Value: float64(got.Failed), AtMost: 0, Judged: true},
		Measure{Name: "ceiling_p99", Title: "… 99 of 100 within", Value: ms(got.P99), Unit: "ms"})
	// Unlike the rate these say about the same on a busy machine. The filing and the decisions that run meanwhile
	// are in them.
	for i, who := range []struct{ name, title string }{{"server", "the server's"}, {"generator", "the load's own"}, {"database", "the database's"}} {
		if after[i] > before[i] && before[i] >= 0 && got.Acked > 0 {
			r.add(Measure{Name: "cpu_us_per_text_" + who.name, Title: "… " + who.title + " processor time per text", Value: ms(after[i]-before[i]) * 1000 / float64(got.Acked), Unit: "µs"})
		}
	}
	if b, ok := c.memory(); ok {
		r.add(Measure{Name: "ceiling_memory", Title: "memory at the ceiling, at most", Value: mib(b.most), Unit: "MiB"})
	}
	if err := in.filed(ctx); err != nil {
		return err
	}
	r.add(Measure{Name: "ceiling_filed", Title: "all filed in their threads after another", Value: ms(time.Since(ended)), Unit: "ms"})
	best, ok, err := in.reference(ctx, cfg)
	if err != nil || !ok {
		return err
	}
	r.add(Measure{Name: "reference_rate", Title: "pgbench, a message and a job", Value: best, Unit: "/s"},
		Measure{Name: "reference_ratio", Title: "… of which the ceiling is", Value: 100 * got.RatePerS / best, Unit: "%"})
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

// questions are what members ask about the wifi; each sender asks once.
var questions = []string{"what's the wifi password?", "wifi password please", "hi, how do I get on the wifi", "whats the wi-fi code", "can you send me the wifi details"}

func measureDecide(ctx context.Context, cfg Config, in *installation, c *child, r *Report) error {
	load := in.load(cfg)
	load.Rate = cfg.DecideRate
	load.Senders = cfg.DecideRate*int(cfg.Duration/time.Second) + cfg.DecideRate
	load.Text = func(i int) string { return questions[i%len(questions)] }
	got, err := simulate.Load(ctx, load)
	if err != nil {
		return err
	}
	waits, burst, err := in.decisions(ctx, got.Acked)
	if err != nil {
		return err
	}
	replies, err := in.replies(ctx)
	if err != nil {
		return err
	}
	r.Decide = spread(waits)
	r.add(Measure{Name: "decided", Title: fmt.Sprintf("decided of %d texts at %d/s", got.Acked, cfg.DecideRate), Value: float64(len(waits)), AtLeast: float64(got.Acked)},
		Measure{Name: "decide_p50", Title: fmt.Sprintf("decision after the wait of %s, median", burst), Value: ms(r.Decide.P50), Unit: "ms"},
		Measure{Name: "decide_p95", Title: "… 95 of 100 within", Value: ms(r.Decide.P95), Unit: "ms", AtMost: 200},
		Measure{Name: "decide_max", Title: "… slowest", Value: ms(r.Decide.Max), Unit: "ms"},
		Measure{Name: "replies", Title: "replies that went out unasked, to members", Value: float64(replies)})
	if b, ok := c.memory(); ok {
		r.add(Measure{Name: "decide_memory", Title: "memory under this load, at most", Value: mib(b.most), Unit: "MiB"})
	}
	return nil
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
