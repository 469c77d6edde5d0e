package pattern

import (
	"context"
	"slices"
)

// LearnerConfig is what a Learner promises.
type LearnerConfig struct {
	// Target is the share of answers that may be wrong; 0 means 0.03.
	Target float64
	// Alpha is how probable it may be, after all that is known, that more are; 0 means 0.03.
	Alpha float64
	Seed  uint64
}

// Learner decides events as they come and learns from what becomes known of
// them. It answers by itself only where its own record has earned it: every event
// is predicted before its label is known, and the predictions whose labels became
// known later (handed to a person, or audited) are the evidence.
//
// Labels become known more often where the learner was unsure. At a given score
// that selection says nothing about who was right, and among all above a
// threshold it counts the unsure ones too often, so the bound errs on the safe
// side.
//
// A Learner is not safe for concurrent use. Training is left to the caller, who
// asks Due and calls Refit, so that it can be a job.
type Learner struct {
	cfg       LearnerConfig
	model     *Model
	selector  selector
	prior     selector // of the first model
	examples  []Example
	trained   int // examples that the model was fitted on
	delta     *delta
	reader    eventReader
	record    []judged
	offset    map[string]float64 // by label: what its record adds to the log odds
	fitted    int                // judged events that the selector was fitted on
	threshold float64
	entitled  bool
}

// judged is a prediction whose truth became known.
type judged struct {
	label   string // predicted
	signals [signals]float32
	heeded  float64 // what fresh precedents changed in the log odds
	right   bool
}

// Verdict is what a learner makes of an event.
type Verdict struct {
	Prediction
	Event Event
	// Answer says that the first candidate may be acted on without asking.
	Answer bool
}

// NewLearner begins with a trained model and the examples that it was trained on.
func NewLearner(m *Model, examples []Example, cfg LearnerConfig) *Learner {
	if cfg.Target == 0 {
		cfg.Target = 0.05
	}
	if cfg.Alpha == 0 {
		cfg.Alpha = 0.03
	}
	l := &Learner{cfg: cfg, model: m, prior: m.selector, selector: m.selector, examples: slices.Clone(examples), trained: len(examples), offset: map[string]float64{}}
	l.delta = newDelta(m.c.vocabulary, nil)
	return l
}

// Decide predicts an event and says whether to answer.
func (l *Learner) Decide(e Event) Verdict {
	v := Verdict{Prediction: l.model.Predict(e), Event: e}
	before := v.Logit
	if len(l.delta.examples) > 0 {
		l.model.heed(&v.Prediction, l.delta.precedents(l.model.c.vocabulary, l.reader.counts(&e)), l.model.examples)
	}
	v.heeded = v.Logit - before
	best, ok := v.Best()
	if !ok {
		return v
	}
	v.Logit = l.selector.logit(&v.signals) + v.heeded + l.offset[best.Label]
	v.share()
	v.Answer = l.entitled && v.Logit >= l.threshold
	return v
}

// Observe learns the true label of an event; empty is none of the known ones.
func (l *Learner) Observe(v Verdict, label string) {
	e := Example{Event: v.Event, Label: label}
	l.examples = append(l.examples, e)
	l.delta.add(l.model.c.vocabulary, &l.reader, e, true)
	if best, ok := v.Best(); ok {
		l.record = append(l.record, judged{best.Label, v.signals, v.heeded, label != "" && best.Label == label})
	}
	l.assess()
}

const (
	refitShare = 0.20 // growth of the examples at which a model is due
	refitLeast = 20
	selectEach = 20 // judged events between two fits of the selector
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

// assess fits the selector to the record, now and then, and finds the threshold
// that the record has earned.
func (l *Learner) assess() {
	if len(l.record)-l.fitted >= selectEach {
		l.fitted = len(l.record)
		seen := make([]observation, len(l.record))
		for i, j := range l.record {
			seen[i] = observation{j.signals, j.right, 1}
		}
		l.selector = fitSelector(seen, l.prior)
		l.offsets()
	}
	outcomes := make([]Outcome, len(l.record))
	for i := range l.record {
		j := &l.record[i]
		outcomes[i] = Outcome{Score: l.selector.logit(&j.signals) + j.heeded + l.offset[j.label], Right: j.right}
	}
	l.threshold, l.entitled = Earned(outcomes, l.cfg.Target, l.cfg.Alpha)
}

const (
	// leastJudged is how many events must have been judged before any is answered.
	leastJudged = 30
	// leastAbove is how many of them must lie above a threshold: of fewer answers,
	// one that is wrong is more than one in twenty.
	leastAbove = 20
	// priorWorth is how many outcomes the log odds count for: they come from
	// rehearsals on the club's own examples and from its record so far.
	priorWorth = 50.0
)

// Earned returns the lowest score from which the record entitles to answer. The
// share of errors above a score has a Beta law: its prior is what the log odds
// of the record's events promise, worth priorWorth outcomes, and it is updated by
// what was right and wrong. Scores are tried from strict to lax, until the share is
// no longer at most target with probability 1 − alpha.
func Earned(outcomes []Outcome, target, alpha float64) (threshold float64, ok bool) {
	if len(outcomes) < leastJudged {
		return 0, false
	}
	t := newTally(outcomes)
	for n := 1; n <= len(outcomes); n++ {
		promised := t.expected[n] / float64(n)
		a, b := priorWorth*promised+t.wrong[n], priorWorth*(1-promised)+t.right[n]
		switch {
		case n < leastAbove:
		case betaRegularised(target, a, b) >= 1-alpha:
			threshold, ok = t.score[n-1], true
		case ok:
			return threshold, true
		}
	}
	return threshold, ok
}

// offsetPull holds the offset of a label to zero, as a Gaussian prior of that precision.
const offsetPull = 2.0

// offsets estimates how much better or worse each label's record is than its
// signals say: one Newton step of a random effect.
func (l *Learner) offsets() {
	type sum struct{ miss, curve float64 }
	sums := map[string]sum{}
	for i := range l.record {
		j := &l.record[i]
		p := logistic(l.selector.logit(&j.signals) + j.heeded)
		s := sums[j.label]
		s.miss -= p
		if j.right {
			s.miss++
		}
		s.curve += p * (1 - p)
		sums[j.label] = s
	}
	for label, s := range sums {
		l.offset[label] = s.miss / (s.curve + offsetPull)
	}
}

// Examples returns all that the learner knows, in the order in which it came.
func (l *Learner) Examples() []Example { return slices.Clone(l.examples) }

// Model returns the model that was trained last.
func (l *Learner) Model() *Model { return l.model }
