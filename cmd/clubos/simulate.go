package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clubos/internal/club"
	"clubos/internal/demo"
	"clubos/internal/simulate"
)

func newSimulate(io std) *cobra.Command {
	cmd := &cobra.Command{Use: "simulate", Short: "Play scenarios against the real server with simulated vendors", Example: "  clubos simulate list\n  clubos simulate run door"}
	list := &cobra.Command{
		Use: "list", Short: "List the scenarios", Args: cobra.NoArgs, Example: "  clubos simulate list",
		RunE: func(*cobra.Command, []string) error {
			all, err := simulate.Scenarios()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
			for _, s := range all {
				fmt.Fprintf(w, "%s\t%s\n", s.Name, s.Title)
			}
			return w.Flush()
		},
	}
	var database string
	run := &cobra.Command{
		Use: "run [PATTERN]", Short: "Play the scenarios whose name matches, each in a club of its own", Args: cobra.MaximumNArgs(1),
		Long:    "Play scenarios: members text, vendors fail, operators decide, and what must come of it is looked at from outside. Each runs in a fresh club on this machine. The exit status is 1 when one does not hold.",
		Example: "  clubos simulate run\n  clubos simulate run 'door|frozen'",
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := simulate.Scenarios()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				pattern, err := regexp.Compile(args[0])
				if err != nil {
					return club.Invalid("%q is not a regular expression", args[0])
				}
				kept := all[:0]
				for _, s := range all {
					if pattern.MatchString(s.Name) {
						kept = append(kept, s)
					}
				}
				all = kept
			}
			if len(all) == 0 {
				return club.NotFound("no scenario matches; clubos simulate list names them")
			}
			return playAll(cmd.Context(), io, all, database)
		},
	}
	run.Flags().StringVar(&database, "database-url", "", "use this PostgreSQL instead of SQLite (its schemas must be empty)")
	cmd.AddCommand(list, run, newSimulateYear(io), newSimulateSeeds(io))
	return cmd
}

func playAll(ctx context.Context, io std, all []simulate.Scenario, database string) error {
	failed, n := 0, 0
	open := func(ctx context.Context, _ simulate.Scenario) (*simulate.World, func(), error) {
		d, err := demo.Start(ctx, demo.Config{DatabaseURL: database, Log: slog.New(slog.DiscardHandler), Quick: true})
		if err != nil {
			return nil, nil, err
		}
		w, err := d.World()
		return w, func() { _ = d.Close() }, err
	}
	err := simulate.RunAll(ctx, all, open, func(r simulate.Result) {
		n++
		if r.Err == nil {
			fmt.Fprintf(io.out, "ok    %2d/%d  %s (%.1fs)\n", n, len(all), r.Scenario.Name, r.Took.Seconds())
			return
		}
		failed++
		fmt.Fprintf(io.out, "FAIL  %2d/%d  %s: %s\n      %v\n", n, len(all), r.Scenario.Name, r.Scenario.Title, r.Err)
	})
	if failed > 0 {
		return errors.Join(fmt.Errorf("%d of %d scenarios do not hold", failed, len(all)), err)
	}
	return err
}
