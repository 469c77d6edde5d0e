package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/spf13/cobra"

	"clubos/internal/bench"
)

func newBench(io std) *cobra.Command {
	var cfg bench.Config
	var asJSON bool
	var scenario string
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure this machine: start, memory, texts per second, decisions", Args: cobra.NoArgs,
		Long: `Measure what this machine makes of ClubOS. Each scenario starts the server on an installation made for
it (a temporary directory, or a database of its own on the given PostgreSQL server), with a synthetic
club and stand-ins for the vendors, all on loopback, and removes it afterwards:

  start     from the start of the process until it is ready; memory when idle
  steady    texts at a fixed rate, whatever the server does
  ceiling   as many texts as get through
  decide    how soon a decision follows the wait for the rest of a burst
  overload  three times what the server can do, only when it is asked for: what is still done, whether danger
            is refused, whether all that was acknowledged is stored

and, by its name only, for it plays the demo club's day twice:

  cache     what a day reads from the database, with and without what is kept

The load shares the machine with the server. The exit status is 1 when a figure misses its floor.`,
		Example: "  clubos bench\n  clubos bench --scenario steady --rate 2000 --duration 30s\n  clubos bench --database-url postgres://postgres@127.0.0.1:5432/postgres --json",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if cfg.Scenarios, err = bench.ParseScenario(scenario); err != nil {
				return err
			}
			if cfg.ProfileDir != "" {
				cfg.Args = []string{"bench", "serve"}
			}
			cfg.Log = slog.New(slog.NewTextHandler(io.err, nil))
			report, err := bench.Run(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(io.out)
				enc.SetIndent("", "  ")
				err = enc.Encode(report)
			} else {
				err = report.WriteTable(io.out)
			}
			if err == nil && !report.Passed() {
				err = errors.New("a figure misses its floor; see above")
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&scenario, "scenario", "all", "what to measure: all, start, steady, ceiling, decide or overload")
	f.DurationVar(&cfg.Duration, "duration", 10*time.Second, "how long each load lasts")
	f.IntVar(&cfg.Rate, "rate", 2000, "texts per second of steady")
	f.IntVar(&cfg.DecideRate, "decide-rate", 50, "texts per second of decide, each of another sender")
	f.IntVar(&cfg.Connections, "connections", 256, "requests under way at a time")
	f.StringVar(&cfg.DatabaseURL, "database-url", "", "PostgreSQL server on which databases may be made; SQLite when empty")
	f.StringVar(&cfg.ProfileDir, "profile-dir", "", "directory for CPU profiles of the server under each load")
	_ = f.MarkHidden("profile-dir") // the flag exists
	f.BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(newBenchServe(io))
	return cmd
}

// newBenchServe is serve with a CPU profile, for bench's own use.
func newBenchServe(io std) *cobra.Command {
	serve := newServe(io)
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
