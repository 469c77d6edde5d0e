package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"clubos/internal/bench"
)

func newBench(streams std) *cobra.Command {
	var cfg bench.Config
	var out benchOutput
	var scenario string
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure how much this machine carries: texts, decisions, pages, memory", Args: cobra.NoArgs,
		Long: `Measure how much this machine carries. Each scenario starts the server on an installation made for it
(a temporary directory, or a database of its own on the given PostgreSQL server), with a synthetic club
and stand-ins for the vendors, all on loopback, and removes it afterwards:

  start     from the start of the process until it is ready; memory when idle
  ingest    taking in texts: steady, then ceiling, each of which can be asked for alone
  steady    … at a fixed rate, whatever the server does; latency counts from when a text was due
  ceiling   … as many as get through, and against pgbench on the same PostgreSQL
  pipeline  how soon a decision follows the wait for the rest of a burst
  health    how soon a balancer's question is answered
  console   an operator's pages of a club with 100 000 threads, while texts come in
  api       a program's JSON list of those threads
  limiter   asking whether somebody may go on: in the process, and on Redis if one is given
  ratio     processor time of texts, decisions, pages, lists and limits against that of plain references
            in the same process: figures that are about the same on every machine

and, only by its name:

  overload  three times what the server can do: what is still done, whether danger is refused, whether all
            that was acknowledged is stored
  tenants   what each of many clubs costs in which nothing happens: memory, processor time, its first text
  restart   how long nobody answers when the server of a club with 100 000 threads is killed amid texts
  neighbour how long others wait while one club is sent as many texts as get through
  cache     what the demo club's day reads from the database, with and without what is kept

The load shares the machine with the server. A verdict is pass when the target is reached (or the floor
kept, where there is no target), floor when only the floor is kept, short when the target is not reached
and there is no floor, and FAIL when the floor is missed: then the exit status is 1.`,
		Example: "  clubos bench\n  clubos bench --scenario ingest --rate 2000 --duration 30s --html report.html\n  clubos bench --database-url postgres://postgres@127.0.0.1:5432/postgres --json > new.json\n  clubos bench compare old.json new.json",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if cfg.Scenarios, err = bench.ParseScenario(scenario); err != nil {
				return err
			}
			if cfg.ProfileDir != "" {
				cfg.Args = []string{"bench", "serve"}
			}
			cfg.Log = slog.New(slog.NewTextHandler(streams.err, nil))
			report, err := bench.Run(cmd.Context(), cfg)
			if err != nil && (len(report.Measures) == 0 || cmd.Context().Err() != nil) { // of a load that was cut off
				return err
			}
			return errors.Join(err, out.write(streams.out, report)) // what was measured is not lost with what could not be
		},
	}
	f := cmd.Flags()
	f.StringVar(&scenario, "scenario", "all", "what to measure: "+strings.Join(bench.ScenarioNames(), ", "))
	f.DurationVar(&cfg.Duration, "duration", 10*time.Second, "how long each load lasts")
	f.IntVar(&cfg.Rate, "rate", 2000, "texts per second of steady")
	f.IntVar(&cfg.DecideRate, "decide-rate", 50, "texts per second of pipeline, each of another sender")
	f.IntVar(&cfg.Connections, "connections", 256, "texts under way at a time")
	f.IntVar(&cfg.Threads, "threads", 100_000, "threads of the club of console, api and restart")
	f.IntVar(&cfg.Locations, "locations", 3, "locations of the club, of four bays each")
	f.IntVar(&cfg.Tenants, "tenants", 100, "clubs of tenants")
	f.IntVar(&cfg.Clients, "clients", 16, "people or programs that look at it at once")
	f.StringVar(&cfg.DatabaseURL, "database-url", "", "PostgreSQL server on which databases may be made; SQLite when empty")
	f.StringVar(&cfg.RedisURL, "redis-url", "", "Redis on which limiter counts too")
	f.StringVar(&cfg.ProfileDir, "profile-dir", "", "directory for CPU profiles of the server under each load")
	_ = f.MarkHidden("profile-dir") // the flag exists
	f.BoolVar(&out.json, "json", false, "print JSON")
	f.StringVar(&out.html, "html", "", "file for a report with charts, to be read in a browser")
	cmd.AddCommand(newBenchServe(streams), newBenchCompare(streams))
	return cmd
}

// benchOutput is how a report is given out.
type benchOutput struct {
	json bool
	html string // a file; "" for none
}

func (o benchOutput) write(w io.Writer, report bench.Report) (err error) {
	if o.html != "" {
		if err := writeFile(o.html, report.WriteHTML); err != nil {
			return err
		}
	}
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		err = enc.Encode(report)
	} else {
		err = report.WriteTable(w)
	}
	if err == nil && !report.Passed() {
		err = errors.New("a figure misses its floor; see above")
	}
	return err
}

// writeFile writes a file for whoever runs the program.
func writeFile(path string, write func(io.Writer) error) (err error) {
	out, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return write(out)
}

func newBenchCompare(streams std) *cobra.Command {
	var tolerance string
	var absolute bool
	cmd := &cobra.Command{
		Use: "compare OLD.json NEW.json", Short: "Compare two reports of clubos bench --json", Args: cobra.ExactArgs(2),
		Long: `Compare two reports of clubos bench --json. First come the figures that are about the same whatever else
the machine does: ratios to what was measured beside them, processor time, memory. The exit status is 1
when one of these is worse by more than the tolerance; with --absolute also when a rate or a time is.`,
		Example: "  clubos bench compare old.json new.json --tolerance 10%",
		RunE: func(_ *cobra.Command, args []string) error {
			within, err := bench.ParseTolerance(tolerance)
			if err != nil {
				return err
			}
			var reports [2]bench.Report
			for i, path := range args {
				b, err := os.ReadFile(filepath.Clean(path))
				if err != nil {
					return fmt.Errorf("read a report: %w", err)
				}
				if reports[i], err = bench.ParseReport(b); err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
			}
			c, err := bench.Compare(reports[0], reports[1], within, absolute)
			if err != nil {
				return err
			}
			if err := c.WriteTable(streams.out); err != nil {
				return err
			}
			if n := c.Regressions(); n > 0 {
				return fmt.Errorf("%d figures are worse by more than %s", n, tolerance)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&tolerance, "tolerance", "15%", "how much worse a figure may be")
	cmd.Flags().BoolVar(&absolute, "absolute", false, "rates and times count too")
	return cmd
}

// newBenchServe is serve with a CPU profile, for bench's own use.
func newBenchServe(streams std) *cobra.Command {
	serve := newServe(streams)
	cmd := &cobra.Command{Use: "serve", Short: "Serve, and write a CPU profile", Args: cobra.NoArgs, Hidden: true, Example: "  clubos bench serve --cpu-profile serve.pprof"}
	path := cmd.Flags().String("cpu-profile", "", "file to write; none when empty")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		serve.SetContext(cmd.Context())
		if *path == "" {
			return serve.RunE(serve, args)
		}
		return profiled(cmd.Context(), *path, func(context.Context) error { return serve.RunE(serve, args) })
	}
	return cmd
}

// profiled writes a CPU profile of fn.
func profiled(ctx context.Context, path string, fn func(context.Context) error) (err error) {
	out, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("open profile: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := pprof.StartCPUProfile(out); err != nil {
		return fmt.Errorf("start profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return fn(ctx)
}
