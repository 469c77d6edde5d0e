package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"clubos/internal/pattern"
)

// StaticConfig is a measurement of one training.
type StaticConfig struct {
	Target     float64 // the share of answers that may be wrong; 0.05 when zero
	Confidence float64 // of the bound; see pattern.Threshold. DefaultConfidence when zero
	// Strangers is the share of events out of scope that the bound must stand,
	// when the calibration has some but fewer. DefaultStrangers when zero; AsCalibrated
	// for no more than the calibration has.
	Strangers float64
	Seed      uint64
	Progress  func(string) // told what is being done; may be nil
	// Vectors gives the texts another view, which is learned and weighed on the training rows. Nil: the
	// engine alone.
	Vectors *Vectors
}

// DefaultConfidence is that of the bound on errors. It allows for what chance
// does to the test as well as for what it does to the calibration.
const DefaultConfidence = 0.98

// DefaultStrangers is the share of events out of scope that a bound is made for: a
// validation set seldom has as many of them as life has.
const DefaultStrangers = 0.18

// AsCalibrated is the StaticConfig.Strangers of a bound for as many strangers as there are.
const AsCalibrated = -1

// StaticReport is what a measurement found. Shares are of 1.
type StaticReport struct {
	InScopeAccuracy float64 `json:"in_scope_accuracy"`
	RightIn         float64 `json:"right_in"`
	Coverage        float64 `json:"coverage"`
	Error           float64 `json:"error"`
	OOSFalseAccept  float64 `json:"oos_false_accept"`
	AUROC           float64 `json:"auroc"` // like FPR95, 0 without rows of both kinds
	FPR95           float64 `json:"fpr95"`
	ECE             float64 `json:"ece"`
	// Threshold is the least log odds of an answer; nil when none entitles to one.
	Threshold    *float64 `json:"threshold"`
	CalibratedOn string   `json:"calibrated_on"`
	NTrain       int      `json:"n_train"`
	NVal         int      `json:"n_val"`
	NTest        int      `json:"n_test"`
	TestedOn     string   `json:"tested_on"`
	P50us        float64  `json:"p50_us"`
	P95us        float64  `json:"p95_us"`
	TrainSeconds float64  `json:"train_s"`
	ModelMB      float64  `json:"model_mb"`
	RSSMB        float64  `json:"rss_mb"`
	// View is what the vectors brought; nil without any. Their fetching is not in the times above.
	View *ViewReport `json:"view,omitempty"`
}

// seen is the answer to one row.
type seen struct {
	inScope     bool
	right       bool
	score       float64
	probability float64
	micros      float64
}

// Static trains on train, calibrates on val and tests on test. Without test rows
// it tests on val by cross-fitting: each tenth is judged by what was calibrated
// on the others. Without val rows it calibrates on a fifth of the training rows,
// which it does not learn from.
func Static(ctx context.Context, rows []Row, cfg StaticConfig) (StaticReport, error) {
	cfg = cfg.withDefaults()
	p, err := divide(rows)
	if err != nil {
		return StaticReport{}, err
	}
	r := StaticReport{CalibratedOn: "val"}
	if len(p.val) == 0 {
		p.holdOut()
		r.CalibratedOn = "a fifth of train"
	}
	r.NTrain, r.NVal, r.NTest, r.TestedOn = len(p.train), len(p.val), len(p.test), "test"
	start := time.Now()
	m, err := train(ctx, p.train, cfg.Seed, cfg.say)
	if err != nil {
		return r, err
	}
	r.TrainSeconds = time.Since(start).Seconds()
	r.ModelMB = float64(m.SizeBytes()) / (1 << 20)
	look := unseen
	if cfg.Vectors != nil {
		if look, r.View, err = cfg.view(ctx, m, p); err != nil {
			return r, err
		}
	}
	cfg.say("predicting %d rows", len(p.val)+len(p.test))
	calibration, tested := judge(m, p.val, look), judge(m, p.test, look)
	whole := fitted(calibration, cfg)
	if !math.IsInf(whole.threshold, 0) {
		r.Threshold = &whole.threshold
	}
	var answered []answer
	if len(p.test) > 0 {
		answered = answers(tested, whole)
	} else {
		r.TestedOn, r.NTest = "val, cross-fitted", len(p.val)
		tested = dealt(calibration, cfg.Seed)
		for k := range tenths {
			from, to := k*len(tested)/tenths, (k+1)*len(tested)/tenths
			answered = append(answered, answers(tested[from:to], fitted(slices.Concat(tested[:from], tested[to:]), cfg))...)
		}
	}
	r.fill(tested, answered)
	r.RSSMB = residentMB()
	return r, nil
}

// train trains a model and tells how far it has come.
func train(ctx context.Context, rows []Row, seed uint64, say func(string, ...any)) (*pattern.Model, error) {
	say("training on %d rows", len(rows))
	m, err := pattern.TrainModel(ctx, examples(rows), pattern.TrainOptions{Seed: seed, Progress: func(done, of int) {
		say("training on %d rows: %d of %d models", len(rows), done, of)
	}})
	if errors.Is(err, pattern.ErrNoLabels) {
		return nil, fmt.Errorf(`no row of the split "train" has a label, and the engine learns from those that have: %w`, err)
	}
	return m, err
}

func (c StaticConfig) withDefaults() StaticConfig {
	if c.Target == 0 {
		c.Target = 0.05
	}
	if c.Confidence == 0 {
		c.Confidence = DefaultConfidence
	}
	if c.Strangers == 0 {
		c.Strangers = DefaultStrangers
	}
	return c
}

// judge predicts rows one by one; look is what a view sees in each.
func judge(m *pattern.Model, rows []Row, look func(Row) *pattern.Sight) []seen {
	out := make([]seen, len(rows))
	for i, r := range rows {
		start := time.Now()
		p := look(r).Refine(m.Predict(r.Event))
		out[i].micros = float64(time.Since(start).Nanoseconds()) / 1000
		best, ok := p.Best()
		out[i].inScope, out[i].right = r.Label != "", ok && best.Label == r.Label && r.Label != ""
		out[i].score = p.Logit
	}
	return out
}

// calibrated is what a calibration fixes.
type calibrated struct {
	threshold  float64
	calibrator pattern.Calibrator
}

func fitted(rows []seen, cfg StaticConfig) calibrated {
	outcomes := make([]pattern.Outcome, len(rows))
	outside := 0
	for i, s := range rows {
		outcomes[i] = pattern.Outcome{Score: s.score, Right: s.right}
		if !s.inScope {
			outside++
		}
	}
	calibrator := pattern.FitCalibrator(outcomes)
	weight := cfg.Strangers / (1 - cfg.Strangers) * float64(len(rows)-outside) / float64(max(1, outside))
	for i, s := range rows {
		if !s.inScope && weight > 1 {
			outcomes[i].Weight = weight
		}
	}
	confidence := cfg.Confidence
	if outside > 0 && weight > 1 { // being ready for more strangers than there are is a margin of its own
		confidence = min(confidence, 0.90)
	}
	t, _ := pattern.Threshold(outcomes, cfg.Target, confidence)
	return calibrated{t, calibrator}
}

// answer is a row with what was made of it.
type answer struct {
	seen
	given bool
}

func answers(rows []seen, c calibrated) []answer {
	out := make([]answer, len(rows))
	for i, s := range rows {
		s.probability = c.calibrator.Probability(s.score)
		// What is like nothing has no candidate to answer with.
		out[i] = answer{s, s.score >= c.threshold && !math.IsInf(s.score, -1)}
	}
	return out
}

// tenths is into how many parts rows are cut that are to calibrate and to be judged.
const tenths = 10

// dealt is rows in an order of chance.
func dealt(rows []seen, seed uint64) []seen {
	out := make([]seen, len(rows))
	for n, i := range rand.New(rand.NewPCG(seed, 11)).Perm(len(rows)) {
		out[n] = rows[i]
	}
	return out
}

func (r *StaticReport) fill(tested []seen, answered []answer) {
	s := summarise(answered)
	r.RightIn, r.Coverage, r.Error, r.OOSFalseAccept = s.RightIn, s.Coverage, s.Error, s.OOSFalseAccept
	inside, right := 0, 0
	var micros []float64
	for _, t := range tested {
		micros = append(micros, t.micros)
		if t.inScope {
			inside++
			if t.right {
				right++
			}
		}
	}
	r.InScopeAccuracy = share(right, inside)
	r.AUROC, r.FPR95 = separation(tested)
	r.ECE = calibrationError(answered)
	slices.Sort(micros)
	r.P50us, r.P95us = quantile(micros, 0.5), quantile(micros, 0.95)
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
