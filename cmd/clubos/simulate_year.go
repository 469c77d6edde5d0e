package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"clubos/internal/club"
	"clubos/internal/simulate/year"
)

func newSimulateYear(io std) *cobra.Command {
	var cfg year.Config
	var asJSON, explain bool
	var trace string
	cmd := &cobra.Command{
		Use: "year", Short: "Live a year of a synthetic club and see what it learns and gets wrong", Args: cobra.NoArgs,
		Long: `Live a year of a club that never was in minutes. Members write about some fifty kinds of matters, a
third of which nobody has written a procedure for; devices fail and heal; people approve, answer and
err. In the middle of the year a new fault appears, and a procedure stops working. The rooms are the
product's own, with a simulated clock and stand-ins for vendors.

The exit status is 1 when a promise is missed. The same seed and options have the same trace.`,
		Example: "  clubos simulate year\n  clubos simulate year --days 120 --seed 7 --hostile --json",
	}
	f := cmd.Flags()
	f.Uint64Var(&cfg.Seed, "seed", 24, "another seed is another year")
	f.IntVar(&cfg.Days, "days", 365, "how many days are lived")
	f.Float64Var(&cfg.PerDay, "per-day", 20, "matters in a day of spring")
	f.Float64Var(&cfg.Wrong, "wrong", 0.05, "share of mistaken judgements of each operator")
	f.BoolVar(&cfg.Hostile, "hostile", false, "one of the operators approves everything and answers wrongly")
	f.BoolVar(&cfg.NoDrift, "no-drift", false, "leave out what changes in the middle of the year")
	f.IntVar(&cfg.Learning, "learning", 14, "days until the owner lets ClubOS act unasked")
	f.StringVar(&cfg.DatabaseURL, "database-url", "", "use this PostgreSQL instead of SQLite (its schemas must be empty)")
	f.StringVar(&trace, "trace", "", "write all that happens to this file")
	f.BoolVar(&explain, "explain", false, "say what people still had to do, and why, by month")
	f.BoolVar(&asJSON, "json", false, "write the report as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg.Tell = func(line string) { fmt.Fprintln(io.err, line) }
		if cfg.Wrong == 0 {
			cfg.Wrong = -1 // nobody errs
		}
		if trace != "" {
			file, err := os.Create(trace)
			if err != nil {
				return club.Invalid("%s cannot be written", trace)
			}
			defer func() { _ = file.Close() }()
			cfg.Trace = file
		}
		r, err := year.Run(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		if asJSON {
			enc := json.NewEncoder(io.out)
			enc.SetIndent("", "  ")
			err = enc.Encode(r)
		} else {
			err = r.WriteTable(io.out)
			if err == nil && explain {
				err = r.WriteRemaining(io.out)
			}
		}
		if missed := r.Missed(); err == nil && len(missed) > 0 {
			return fmt.Errorf("not kept: %s", strings.Join(missed, "; "))
		}
		return err
	}
	return cmd
}
