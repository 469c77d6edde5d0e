package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"clubos/internal/club"
)

// Limits of what may be asked for.
const (
	mostDuration    = 10 * time.Minute
	mostRate        = 50_000
	mostDecideRate  = 1000
	mostThreads     = 2_000_000
	mostConnections = 4096
	mostTenants     = 5000
	mostLocations   = 500
)

// Config says what to measure.
type Config struct {
	// Binary is the program; its subcommand serve is run. Default: the running executable.
	Binary string
	// Args are its arguments. Default: serve.
	Args []string
	// DatabaseURL is a PostgreSQL server on which databases may be made. Empty: SQLite.
	DatabaseURL string
	// RedisURL is a Redis on which Limiter counts too. Empty: it counts in the process only.
	RedisURL string
	// Scenarios are what to run. Default: those of Scenarios.
	Scenarios []Scenario
	// Duration is how long each load lasts. Default 10 s.
	Duration time.Duration
	// Rate is texts per second of Steady. Default 2000.
	Rate int
	// DecideRate is texts per second of Pipeline, each of another sender. Default 50.
	DecideRate int
	// Threads is how many the club of Console, API and Restart has. Default 100 000.
	Threads int
	// Locations is how many places the club has, of four bays each. Default 3.
	Locations int
	// Tenants is how many clubs Tenants makes beside the first. Default 100.
	Tenants int
	// Clients is how many people, or programs, look at it at once. Default 16.
	Clients int
	// Connections is how many requests of a load may be under way. Default 256.
	Connections int
	// Idle is how long the server is left alone before its memory is read. Default 20 s: what
	// only the start needed is given back by then.
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
	c.Duration, c.Idle = cmp.Or(c.Duration, 10*time.Second), cmp.Or(c.Idle, 20*time.Second)
	c.Rate, c.DecideRate, c.Connections = cmp.Or(c.Rate, 2000), cmp.Or(c.DecideRate, 50), cmp.Or(c.Connections, 256)
	c.Threads, c.Clients, c.Tenants, c.Locations = cmp.Or(c.Threads, 100_000), cmp.Or(c.Clients, 16), cmp.Or(c.Tenants, 100), cmp.Or(c.Locations, 3)
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
	case c.Threads < 1 || c.Threads > mostThreads:
		return c, club.Invalid("threads are from 1 to %d", mostThreads)
	case c.Locations < 1 || c.Locations > mostLocations:
		return c, club.Invalid("locations are from 1 to %d", mostLocations)
	case c.Tenants < 1 || c.Tenants > mostTenants:
		return c, club.Invalid("clubs are from 1 to %d", mostTenants)
	case c.Clients < 1 || c.Clients > mostConnections:
		return c, club.Invalid("clients are from 1 to %d", mostConnections)
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
	for _, part := range parts(cfg.Scenarios) {
		if err := run(ctx, cfg, part, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

// parts groups the scenarios by installation: each has one of its own, but for those that look at very many
// threads, which take longer to make than to look at.
func parts(all []Scenario) [][]Scenario {
	var out [][]Scenario
	for _, s := range all {
		if n := len(out); n > 0 && crowded(s) && crowded(out[n-1][0]) {
			out[n-1] = append(out[n-1], s)
			continue
		}
		out = append(out, []Scenario{s})
	}
	return out
}

// crowded reports whether a scenario looks at a club with very many threads.
func crowded(s Scenario) bool { return s == Console || s == API || s == Restart }

// run measures the scenarios of one installation.
func run(ctx context.Context, cfg Config, part []Scenario, r *Report) (err error) {
	first := part[0]
	failed := func(s Scenario, err error) error {
		if err != nil {
			return fmt.Errorf("measure %s: %w", s, err)
		}
		return nil
	}
	begin := func(s Scenario) {
		cfg.Log.InfoContext(ctx, "measuring", "event.action", "bench."+string(s))
		r.scenario = s
	}
	switch begin(first); first {
	case Cache:
		return failed(first, measureCache(ctx, cfg, r))
	case Limiter:
		return failed(first, measureLimiter(ctx, cfg, r))
	case Tenants:
		return failed(first, measureTenants(ctx, cfg, r))
	case Neighbour:
		return failed(first, measureNeighbour(ctx, cfg, r))
	}
	if first == Ratio {
		cfg.DatabaseURL = "" // its references are of SQLite
	}
	in, err := install(ctx, cfg)
	if err != nil {
		return failed(first, err)
	}
	defer func() { err = errors.Join(err, in.remove(ctx)) }()
	if first == Ratio {
		return failed(first, measureRatio(ctx, in, r))
	}
	if crowded(first) {
		if err := in.fill(ctx, cfg.Threads); err != nil {
			return failed(first, err)
		}
	}
	c, err := in.serve(ctx, cfg, first)
	if err != nil {
		return failed(first, err)
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	for _, s := range part {
		begin(s)
		if err := measure(ctx, cfg, s, in, c, r); err != nil {
			return failed(s, err)
		}
	}
	return nil
}

// measure measures a scenario on a server that runs.
func measure(ctx context.Context, cfg Config, s Scenario, in *installation, c *child, r *Report) error {
	switch s {
	case Start:
		return measureStart(ctx, cfg, c, r)
	case Steady:
		return measureSteady(ctx, cfg, in, c, r)
	case Ceiling:
		return measureCeiling(ctx, cfg, in, c, r)
	case Pipeline:
		return measurePipeline(ctx, cfg, in, c, r)
	case Health:
		return measureHealth(ctx, cfg, in, c, r)
	case Console:
		return measureConsole(ctx, cfg, in, c, r)
	case API:
		return measureAPI(ctx, cfg, in, c, r)
	case Restart:
		return measureRestart(ctx, cfg, in, c, r)
	case Overload:
		return measureOverload(ctx, cfg, in, c, r)
	}
	return fmt.Errorf("BUG: scenario %s", s)
}

func measureStart(ctx context.Context, cfg Config, c *child, r *Report) error {
	r.add(Measure{Name: "start", Title: "start to ready", Value: ms(c.started), Unit: "ms", Better: Less, Floor: bound(1000), Target: bound(300)})
	if err := pause(ctx, cfg.Idle); err != nil {
		return err
	}
	if b, ok := c.memory(); ok {
		r.add(Measure{Name: "idle_memory", Title: "memory when idle", Value: mib(b.now), Unit: "MiB", Better: Less, Floor: bound(120), Target: bound(60), Steady: true})
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
