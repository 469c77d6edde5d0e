package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	stdio "io"
	"os"
	"path/filepath"
	"sync"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"clubos/internal/eval"
)

func newEval(io std) *cobra.Command {
	cmd := &cobra.Command{
		Use: "eval", Short: "Measure the pattern engine on labelled data", Args: cobra.NoArgs,
		Long: `Measure how well the pattern engine recognises situations, on any labelled data. It is the engine that
decides in production, trained on the rows that you give it. The data is a file with one JSON object a line:

  {"text": "the screen froze", "label": "frozen_screen", "split": "train", "context": {"place": "north"}}
  {"text": "what is the meaning of life", "oos": true, "split": "test"}

split is train, val or test; rows with "oos" are of no label, whatever theirs says. The figures, all shares of 1:

  right_in          rows of a label that were answered automatically and rightly, of all rows of a label
  coverage          rows that were answered, of all rows
  error             answers that were wrong, of all answers; every answer to an oos row is wrong
  oos_false_accept  oos rows that were answered, of all oos rows

static     train once, calibrate on val, test on test
stream     learn row by row, as a club does: what is handed to a person or audited becomes known
guarantee  shuffle val and test again and again: how often the errors stay within the bound`,
		Example: "  clubos eval static --data intents.jsonl --target-error 0.05\n  clubos eval stream --data chat.jsonl --audit 0.1 --shuffles 20 --json\n  clubos eval guarantee --data intents.jsonl --splits 50",
	}
	cmd.AddCommand(newEvalStatic(io), newEvalStream(io), newEvalGuarantee(io))
	return cmd
}

// evalFlags are the flags of every measurement.
type evalFlags struct {
	data   string
	target float64
	seed   uint64
	json   bool
}

func (f *evalFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.data, "data", "", "file of labelled rows, one JSON object a line")
	cmd.Flags().Float64Var(&f.target, "target-error", 0.05, "share of answers that may be wrong")
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "seed of everything that is drawn by chance")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
}

// rows reads the data.
func (f *evalFlags) rows() ([]eval.Row, error) {
	if f.data == "" {
		return nil, usageError{fmt.Errorf("--data is missing: a file of labelled rows")}
	}
	if !(f.target > 0 && f.target < 1) {
		return nil, usageError{fmt.Errorf("--target-error is %v; it lies between 0 and 1", f.target)}
	}
	data, err := os.ReadFile(filepath.Clean(f.data))
	if err != nil {
		return nil, err
	}
	rows, err := eval.Read(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.data, err)
	}
	return rows, nil
}

// progress tells a person at a terminal what is being done, on one line that end takes away; into a file or
// a pipe it says nothing.
func progress(w stdio.Writer) (say func(string), end func()) {
	file, ok := w.(*os.File)
	if !ok {
		return nil, func() {}
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil, func() {}
	}
	var mu sync.Mutex // parts of a measurement run side by side
	return func(s string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "\r\033[K%s", s)
	}, func() { fmt.Fprint(w, "\r\033[K") }
}

// figure is a line of a table.
type figure struct {
	name  string
	value string
}

func writeFigures(w stdio.Writer, figures []figure) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range figures {
		fmt.Fprintf(t, "%s\t%s\n", f.name, f.value)
	}
	return t.Flush()
}

func writeJSON(w stdio.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

func percent(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }

func newEvalStatic(io std) *cobra.Command {
	var f evalFlags
	var v vectorFlags
	var cfg eval.StaticConfig
	cmd := &cobra.Command{
		Use: "static", Short: "Train once, calibrate on val, test on test", Args: cobra.NoArgs,
		Long: `Train on the rows of split train, calibrate on val, test on test. Without test rows, val is judged by
cross-fitting: each tenth by what was calibrated on the others. Without val rows, a fifth of each label's
training rows calibrates, and is not learned from.

With --embeddings the texts are sent, masked, to a server that answers with vectors, and these are weighed beside
the engine's own evidence. The server's key is read from CLUBOS_EMBEDDINGS_KEY or CLUBOS_EMBEDDINGS_KEY_FILE.`,
		Example: "  clubos eval static --data intents.jsonl --target-error 0.05 --json\n  clubos eval static --data intents.jsonl --embeddings http://127.0.0.1:8090 --embeddings-model all-minilm",
		RunE: func(cmd *cobra.Command, _ []string) error {
			rows, err := f.rows()
			if err != nil {
				return err
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
			r, err := eval.Static(cmd.Context(), rows, cfg)
			end()
			if err != nil {
				return err
			}
			if f.json {
				return writeJSON(io.out, r)
			}
			return writeFigures(io.out, append([]figure{
				{"tested on", fmt.Sprintf("%s, %d rows; trained on %d in %.1f s; calibrated on %s", r.TestedOn, r.NTest, r.NTrain, r.TrainSeconds, r.CalibratedOn)},
				{"in-scope accuracy", percent(r.InScopeAccuracy)},
				{"answered rightly, of those in scope", percent(r.RightIn)},
				{"answered, of all", percent(r.Coverage)},
				{"wrong, of the answers", fmt.Sprintf("%s (at most %s promised)", percent(r.Error), percent(f.target))},
				{"answered, of those out of scope", percent(r.OOSFalseAccept)},
				{"AUROC; FPR at 95 %", separation(r)},
				{"expected calibration error", fmt.Sprintf("%.3f", r.ECE)},
				{"time per prediction, p50 / p95", fmt.Sprintf("%.0f µs / %.0f µs", r.P50us, r.P95us)},
				{"memory: model / process", fmt.Sprintf("%.1f MB / %.0f MB", r.ModelMB, r.RSSMB)},
			}, viewFigures(r.View)...))
		},
	}
	f.add(cmd)
	v.add(cmd)
	addBoundFlags(cmd, &cfg)
	return cmd
}

// separation says how well strangers were told apart; of one kind alone there is nothing to tell.
func separation(r eval.StaticReport) string {
	if r.AUROC == 0 && r.FPR95 == 0 {
		return "none: rows in scope and out of scope are both needed"
	}
	return fmt.Sprintf("%.4f; %s", r.AUROC, percent(r.FPR95))
}

func addBoundFlags(cmd *cobra.Command, cfg *eval.StaticConfig) {
	cmd.Flags().Float64Var(&cfg.Confidence, "confidence", eval.DefaultConfidence, "confidence of the bound on errors")
	cmd.Flags().Float64Var(&cfg.Strangers, "strangers", eval.DefaultStrangers, "share of texts out of scope that the bound must stand, if val has some but fewer; 0: as many as val has")
}

// checkBound looks at the flags of addBoundFlags.
func checkBound(cfg *eval.StaticConfig) error {
	if cfg.Confidence <= 0 || cfg.Confidence >= 1 {
		return usageError{fmt.Errorf("--confidence is %v; it lies between 0 and 1", cfg.Confidence)}
	}
	if cfg.Strangers < 0 || cfg.Strangers >= 1 {
		return usageError{fmt.Errorf("--strangers is %v; it is 0 or more, and less than 1", cfg.Strangers)}
	}
	if cfg.Strangers == 0 {
		cfg.Strangers = eval.AsCalibrated
	}
	return nil
}
