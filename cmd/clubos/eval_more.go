package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"clubos/internal/eval"
)

func newEvalStream(io std) *cobra.Command {
	var f evalFlags
	var cfg eval.StreamConfig
	cmd := &cobra.Command{
		Use: "stream", Short: "Learn row by row, as a club does", Args: cobra.NoArgs,
		Long: `The rows of split train are known at the start. The others arrive in a random order, one by one: the learner
predicts, and answers where its own record entitles it to. What it does not answer, a person labels; of its
answers a part is audited. From both it learns, also labels that it has never seen. The figures of the second half
show what a club has after it has run for a while.`,
		Example: "  clubos eval stream --data chat.jsonl --audit 0.1 --shuffles 20 --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			rows, err := f.rows()
			if err != nil {
				return err
			}
			if cfg.Audit < 0 || cfg.Audit > 1 || cfg.Shuffles < 1 {
				return usageError{fmt.Errorf("--audit lies between 0 and 1, and --shuffles is at least 1")}
			}
			say, end := progress(io.err)
			cfg.Target, cfg.Seed, cfg.Progress = f.target, f.seed, say
			r, err := eval.Stream(cmd.Context(), rows, cfg)
			end()
			if err != nil {
				return err
			}
			if f.json {
				return writeJSON(io.out, r)
			}
			return writeFigures(io.out, []figure{
				{"shuffles", fmt.Sprintf("%d, of %d rows each", r.Summary.N, r.Shuffles[0].Whole.N)},
				{"second half: answered rightly, of those in scope", percent(r.Summary.RightIn)},
				{"answered, of all", percent(r.Summary.Coverage)},
				{"wrong, of the answers", fmt.Sprintf("%s; at worst %s (at most %s promised)", percent(r.Summary.Error), percent(r.Summary.WorstError), percent(f.target))},
				{"shuffles that kept the promise", percent(r.Summary.KeptShare)},
				{"rows that nobody had to look at", percent(r.Summary.InterventionsSaved)},
			})
		},
	}
	f.add(cmd)
	cmd.Flags().Float64Var(&cfg.Audit, "audit", 0.1, "share of the answers whose label becomes known")
	cmd.Flags().IntVar(&cfg.Shuffles, "shuffles", 20, "how many orders of arrival")
	return cmd
}

func newEvalGuarantee(io std) *cobra.Command {
	var f evalFlags
	var v vectorFlags
	var cfg eval.StaticConfig
	var splits int
	cmd := &cobra.Command{
		Use: "guarantee", Short: "How often the errors stay within the bound", Args: cobra.NoArgs,
		Long: `Train once, then shuffle val and test together again and again, into parts of the sizes that they had. Each
time, calibrate on the one and count the errors of the other. With --embeddings, vectors are weighed in as
clubos eval static does.`,
		Example: "  clubos eval guarantee --data intents.jsonl --splits 50 --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			rows, err := f.rows()
			if err != nil {
				return err
			}
			if splits < 1 {
				return usageError{fmt.Errorf("--splits is at least 1")}
			}
			if err := checkBound(&cfg); err != nil {
				return err
			}
			vectors, done, err := v.vectors(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			say, end := progress(io.err)
			cfg.Target, cfg.Seed, cfg.Progress, cfg.Vectors = f.target, f.seed, say, vectors
			r, err := eval.Guarantee(cmd.Context(), rows, splits, cfg)
			end()
			if err != nil {
				return err
			}
			if f.json {
				return writeJSON(io.out, r)
			}
			return writeFigures(io.out, append([]figure{
				{"splits that kept the promise", fmt.Sprintf("%s of %d", percent(r.KeptShare), splits)},
				{"wrong, of the answers", fmt.Sprintf("%s on average, %s at worst (at most %s promised)", percent(r.Mean), percent(slices.Max(r.Errors)), percent(f.target))},
				{"answered rightly, of those in scope", fmt.Sprintf("%s to %s", percent(slices.Min(r.RightIn)), percent(slices.Max(r.RightIn)))},
			}, viewFigures(r.View)...))
		},
	}
	f.add(cmd)
	v.add(cmd)
	addBoundFlags(cmd, &cfg)
	cmd.Flags().IntVar(&splits, "splits", 50, "how many splits")
	return cmd
}
