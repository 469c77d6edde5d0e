package pattern

import (
	"context"
	"slices"
)

// LearnerConfig is what a Learner promises.
type LearnerConfig struct {
	// Target is the share of answers that may be wrong; 0 means 0.05.
	Target float64
	// Alpha is how probable it may be, after all that is known, that more are; 0 means 0.08.
	Alpha float64
	Seed  uint64
}

// Learner decides events as they come and learns from what becomes known of
// them. It answers by itself only where its own record has earned it: every event
// is predicted before its label is known, and the predictions whose labels became
// known later (handed to a person, or audited) are the evidence.
//
// Labels become known more often where the learner was unsure. At a given score
// that selection says nothing about who was right, so each known event stands for
// all that came with about its score, known or not.
//
// A Learner is not safe for concurrent use. Training is left to the caller, who
// asks Due and calls Refit, so that it can be a job.
type Learner struct {
	cfg        LearnerConfig
	model      *Model
	selector   selector // of the first model
	examples   []Example
	trained    int // examples that the model was fitted on
	delta      *delta
	reader     eventReader
	record     []judged
	calibrator LabelCalibrator // fitted to what is known of the record
	known      int             // events of the record whose truth is known
	assessed   int             // as many were known when the record was last looked at
	fitted     int             // and when the calibrator was last fitted
	threshold  float64
	entitled   bool
}

// judged is a prediction of which the truth is known, or may become so.
type judged struct {
	label string  // predicted
	logit float64 // as the model of that time said
	known bool
	right bool
	own   float64 // how much its own outcome has changed its score
}

// Verdict is what a learner makes of an event.
type Verdict struct {
	Prediction
	Event Event
	// Answer says that the first candidate may be acted on without asking.
	Answer bool

	at int // 1 + its place in the learner's record; 0 when it has none
}

// NewLearner begins with a trained model and the examples that it was trained on.
func NewLearner(m *Model, examples []Example, cfg LearnerConfig) *Learner {
	if cfg.Target == 0 {
		cfg.Target = defaultTarget
	}
	if cfg.Alpha == 0 {
		cfg.Alpha = defaultAlpha
	}
	l := &Learner{cfg: cfg, model: m, selector: m.selector, examples: slices.Clone(examples), trained: len(examples)}
	l.delta = newDelta(m.c.vocabulary, nil)
	return l
}

// Decide predicts an event and says whether to answer.
func (l *Learner) Decide(e Event) Verdict {
	v := Verdict{Prediction: l.model.Predict(e), Event: e}
	if len(l.delta.examples) > 0 {
		l.model.heed(&v.Prediction, l.delta.precedents(l.model.c.vocabulary, l.reader.counts(&e)), l.model.examples)
	}
	best, ok := v.Best()
	if !ok {
		return v
	}
	j := judged{label: best.Label, logit: v.Logit}
	l.record = append(l.record, j)
	v.Logit = l.score(&j)
	v.share()
	v.Answer = l.entitled && v.Logit >= l.threshold
	v.at = len(l.record)
	return v
}

// Observe learns the true label of an event, which Decide has seen; empty is none of
// the known ones.
func (l *Learner) Observe(v Verdict, label string) {
	e := Example{Event: v.Event, Label: label}
	l.examples = append(l.examples, e)
	l.delta.add(l.model.c.vocabulary, &l.reader, e, true)
	if v.at == 0 {
		return
	}
	j := &l.record[v.at-1]
	if !j.known {
		l.known++
	}
	j.known, j.right = true, label != "" && j.label == label
	l.assess()
}

const (
	defaultTarget = 0.05 // share of the answers that may be wrong
	defaultAlpha  = 0.08 // of being wrong about that, once there are answers

	refitShare  = 0.20 // growth of the examples at which a model is due
	refitLeast  = 20
	fitEach     = 20  // known events between two fits of the calibrator
	assessShare = 100 // the record is looked at again when it has grown by one in so many
)

// Due reports whether enough has been learned to train another model.
func (l *Learner) Due() bool {
	return len(l.examples)-l.trained >= max(refitLeast, int(refitShare*float64(l.trained)))
}

// Refit trains another model on all examples.
func (l *Learner) Refit(ctx context.Context) error {
	m, err := trainSplit(ctx, l.examples, splitExamples(l.examples, mostLinear), l.selector, TrainOptions{Seed: l.cfg.Seed, Folds: 1})
	if err != nil {
		return err
	}
	l.model, l.trained, l.delta = m, len(l.examples), newDelta(m.c.vocabulary, nil)
	return nil
}

// assess fits the calibrator to what is known, now and then, and finds the threshold
// that the record has earned.
func (l *Learner) assess() {
	if l.known-l.assessed < 1+l.known/assessShare {
		return
	}
	l.assessed = l.known
	if l.known-l.fitted >= fitEach {
		l.fit()
	}
	events := make([]shown, len(l.record))
	for i := range l.record {
		j := &l.record[i]
		events[i] = shown{score: l.score(j), known: j.known, right: j.right}
		if j.known {
			events[i].score -= j.own
		}
	}
	l.threshold, l.entitled = entitles(events, l.cfg.Target, l.cfg.Alpha, l.entitled)
}

// score is the log odds of an event of the record, as they are seen with what has
// become known since.
func (l *Learner) score(j *judged) float64 { return l.calibrator.Logit(j.label, j.logit) }

// fit fits the calibrator to the record. Every known event is told what it did to its own score, so that it can
// be judged as if it had not been there: else a record looks better than it is, the more so the shorter it is.
func (l *Learner) fit() {
	l.fitted = l.known
	outcomes := make([]Outcome, 0, l.known)
	for i := range l.record {
		if l.record[i].known {
			outcomes = append(outcomes, l.record[i].outcome())
		}
	}
	l.calibrator = FitLabels(outcomes)
	for i := range l.record {
		if j := &l.record[i]; j.known {
			j.own = l.calibrator.own(j.outcome())
		}
	}
}

func (j *judged) outcome() Outcome { return Outcome{Label: j.label, Score: j.logit, Right: j.right} }

// Examples returns all that the learner knows, in the order in which it came.
func (l *Learner) Examples() []Example { return slices.Clone(l.examples) }

// Model returns the model that was trained last.
func (l *Learner) Model() *Model { return l.model }
