package main

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"clubos/internal/club"
	"clubos/internal/simulate/trial"
)

// quick is how much the heap of trials may grow before garbage is collected, in percent.
const quick = 400

func newSimulateSeeds(io std) *cobra.Command {
	var s trial.Series
	var asJSON, trace bool
	cmd := &cobra.Command{
		Use: "seeds", Short: "Put the way of a text on trial: whatever may go wrong does, decided by seeds", Args: cobra.NoArgs,
		Long: `Hold trials: some hours of a small club each, in which texts are delivered several times and out of order,
vendors fail, answer late or not at all, people click twice, bookings are cancelled, the clock jumps, the
database goes away and the process ends anywhere. Whose turn it is is drawn, a transaction at a time. After each
trial the promises are looked at: each text stored once, nothing done twice, no door opened without a booking, no
conversation silent, and so on.

The exit status is 1 when a promise is broken. A seed that failed is brought down to the fewest of its events
with which it still fails, and printed with the command that shows it again. The same seed has the same trace.`,
		Example: "  clubos simulate seeds --seeds 2000\n  clubos simulate seeds --from 4711 --seeds 1 --trace",
	}
	f := cmd.Flags()
	f.Uint64Var(&s.From, "from", 1, "the first seed")
	f.IntVar(&s.Seeds, "seeds", 200, "how many seeds are tried")
	f.IntVar(&s.Events, "events", 0, "let only the first so many events of a seed happen; 0: all")
	f.IntVar(&s.Workers, "workers", 0, "trials at a time; 0: one per processor")
	f.BoolVar(&s.Twice, "twice", false, "hold each trial twice and compare what happened")
	f.BoolVar(&trace, "trace", false, "write all that happened in the trial of one seed")
	f.BoolVar(&asJSON, "json", false, "write the report as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case s.Seeds < 1 || s.Events < 0 || s.Workers < 0:
			return club.Invalid("--seeds is at least 1, --events and --workers at least 0")
		case trace && (s.Seeds != 1 || asJSON):
			return club.Invalid("--trace is for one seed (--seeds 1), without --json")
		case trace:
			return traceSeed(cmd, io, s)
		}
		debug.SetGCPercent(quick) // what a trial leaves behind is small, and there are thousands
		s.Tell = func(line string) { fmt.Fprintln(io.err, line) }
		r, err := trial.Run(cmd.Context(), s)
		if err != nil {
			return err
		}
		if asJSON {
			enc := json.NewEncoder(io.out)
			enc.SetIndent("", "  ")
			err = enc.Encode(r)
		} else {
			writeTrials(io, r)
		}
		if err == nil && len(r.Failures) > 0 {
			return fmt.Errorf("promises are broken with %d of %d seeds", len(r.Failures), r.Seeds)
		}
		return err
	}
	return cmd
}

func traceSeed(cmd *cobra.Command, io std, s trial.Series) error {
	m, err := trial.NewMould(cmd.Context())
	if err != nil {
		return err
	}
	defer func() { _ = m.Close() }()
	o, err := m.Run(cmd.Context(), trial.Config{Seed: s.From, Events: s.Events})
	if err != nil {
		return err
	}
	if _, err := io.out.Write(o.Trace); err != nil {
		return err
	}
	if len(o.Broken) > 0 {
		return fmt.Errorf("broken: %s", strings.Join(o.Broken, "; "))
	}
	return nil
}

func writeTrials(io std, r *trial.Report) {
	c := r.Counts
	fmt.Fprintf(io.out, "%d seeds from %d in %.1f s: %.0f a minute with %d at a time\n", r.Seeds, r.From, r.Seconds, r.PerMinute, r.Workers)
	fmt.Fprintf(io.out, "%d texts, %d deliveries, %d jobs in %d turns; %d rows of kept texts were filed, %d times the process ended, %d transactions were refused\n", c.Texts, c.Deliveries, c.Jobs, c.Turns, c.Filed, c.Crashes, c.Refused)
	fmt.Fprintf(io.out, "%d decisions, %d things done by vendors, %d of them unlocking a door; %d conversations before a person\n", c.Decisions, c.Effects, c.Unlocks, c.Escalations)
	if r.Twice {
		fmt.Fprintf(io.out, "each was held twice: %d of %d decisions came out the same to the byte, with all that led to them\n", r.Alike, c.Decisions)
	}
	for _, f := range r.Failures {
		fmt.Fprintf(io.out, "\nseed %d, %d of its %d events:\n  %s\n  %s\n", f.Seed, f.Events, f.Of, strings.Join(f.Broken, "\n  "), f.Replay)
	}
	if len(r.Failures) == 0 {
		fmt.Fprintln(io.out, "every promise was kept")
	}
}
