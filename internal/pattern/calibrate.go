package pattern

import "math"

// Calibrator turns the log odds of a prediction into the probability that its
// first candidate is right, as outcomes have shown it: p = σ(a + b·logit)
// (Platt 1999). The zero Calibrator takes the log odds as they are.
type Calibrator struct {
	Shift, Stretch float64 // a, and b − 1
	N              int     // outcomes that it was fitted on
}

// calibrationPull holds a calibrator to the model's own odds as strongly as that
// many outcomes: with few, little changes.
const calibrationPull = 2.0

// FitCalibrator fits a calibrator to outcomes whose Score is the Logit of a prediction.
func FitCalibrator(outcomes []Outcome) Calibrator {
	c, _ := fitCalibrator(outcomes)
	return c
}

// curvature is that of a calibrator's loss at its minimum: its second derivatives by a and b.
type curvature struct{ aa, ab, bb float64 }

// leverage is the variance of the log odds at a score: how far one outcome there pulls the fit towards itself.
func (h curvature) leverage(score float64) float64 {
	x := tame(score)
	return (h.bb - 2*h.ab*x + h.aa*x*x) / (h.aa*h.bb - h.ab*h.ab)
}

// tame keeps log odds finite.
func tame(logit float64) float64 { return max(-30, min(30, logit)) }

func fitCalibrator(outcomes []Outcome) (Calibrator, curvature) {
	a, b := 0.0, 1.0
	var h curvature
	for range 50 {
		ga, gb := calibrationPull*a, calibrationPull*(b-1)
		h = curvature{aa: calibrationPull, bb: calibrationPull}
		for _, o := range outcomes {
			x := tame(o.Score)
			p := logistic(a + b*x)
			miss := p
			if o.Right {
				miss--
			}
			curve := max(p*(1-p), 1e-9)
			ga += miss
			gb += miss * x
			h.aa += curve
			h.ab += curve * x
			h.bb += curve * x * x
		}
		det := h.aa*h.bb - h.ab*h.ab
		da, db := (h.bb*ga-h.ab*gb)/det, (h.aa*gb-h.ab*ga)/det
		damp := min(1, 2/max(math.Abs(da), math.Abs(db), 1e-12))
		a, b = a-damp*da, b-damp*db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	return Calibrator{Shift: a, Stretch: max(b, 0.05) - 1, N: len(outcomes)}, h
}

// Probability is that of the first candidate being right.
func (c Calibrator) Probability(logit float64) float64 {
	return logistic(c.logit(logit))
}

// logit is the log odds that outcomes have shown.
func (c Calibrator) logit(logit float64) float64 {
	return c.Shift + (1+c.Stretch)*tame(logit)
}

// LabelCalibrator is a Calibrator that also knows how much better or worse the matches of each label do than
// those of the others. Both a club's memory and the Learner of a stream correct by it what a model says. The
// zero LabelCalibrator takes the log odds as they are.
type LabelCalibrator struct {
	Calibrator
	labels residues
	curve  curvature
}

// FitLabels fits a calibrator to the outcomes of all labels, and then an offset for each label.
func FitLabels(outcomes []Outcome) LabelCalibrator {
	c := LabelCalibrator{labels: residues{}}
	c.Calibrator, c.curve = fitCalibrator(outcomes)
	for _, o := range outcomes {
		if o.Label != "" {
			c.labels.add(o.Label, residueOf(c.logit(o.Score), o.Right))
		}
	}
	return c
}

// Logit is the log odds of a first candidate with this label being right.
func (c LabelCalibrator) Logit(label string, logit float64) float64 {
	return c.logit(logit) + c.labels.offset(label)
}

// ProbabilityOf is the probability of it.
func (c LabelCalibrator) ProbabilityOf(label string, logit float64) float64 {
	return logistic(c.Logit(label, logit))
}

// own is by how much an outcome that c was fitted to has changed its own log odds.
func (c LabelCalibrator) own(o Outcome) float64 {
	x := residueOf(c.logit(o.Score), o.Right)
	h := c.curve.leverage(o.Score)
	return h*x.miss/max(0.2, 1-h*x.curve) + c.labels.offset(o.Label) - c.labels.offsetWithout(o.Label, x)
}
