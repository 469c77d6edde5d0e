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
	a, b := 0.0, 1.0
	for range 50 {
		ga, gb := calibrationPull*a, calibrationPull*(b-1)
		haa, hab, hbb := calibrationPull, 0.0, calibrationPull
		for _, o := range outcomes {
			x := max(-30, min(30, o.Score))
			p := logistic(a + b*x)
			miss := p
			if o.Right {
				miss--
			}
			curve := max(p*(1-p), 1e-9)
			ga += miss
			gb += miss * x
			haa += curve
			hab += curve * x
			hbb += curve * x * x
		}
		det := haa*hbb - hab*hab
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		damp := min(1, 2/max(math.Abs(da), math.Abs(db), 1e-12))
		a, b = a-damp*da, b-damp*db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	return Calibrator{Shift: a, Stretch: max(b, 0.05) - 1, N: len(outcomes)}
}

// Probability is that of the first candidate being right.
func (c Calibrator) Probability(logit float64) float64 {
	return logistic(c.logit(logit))
}

// logit is the log odds that outcomes have shown.
func (c Calibrator) logit(logit float64) float64 {
	return c.Shift + (1+c.Stretch)*max(-30, min(30, logit))
}

// LabelCalibrator is a Calibrator that also knows how much better or worse the matches of each label do than
// those of the others, as in a Learner. The zero LabelCalibrator takes the log odds as they are.
type LabelCalibrator struct {
	Calibrator
	offset map[string]float64
}

// FitLabels fits a calibrator to the outcomes of all labels, and then an offset for each.
func FitLabels(outcomes []Outcome) LabelCalibrator {
	c := LabelCalibrator{FitCalibrator(outcomes), map[string]float64{}}
	all := residues{}
	for _, o := range outcomes {
		if o.Label != "" {
			all.add(o.Label, residueOf(c.logit(o.Score), o.Right))
		}
	}
	for label := range all {
		c.offset[label] = all.offset(label)
	}
	return c
}

// ProbabilityOf is that of a first candidate with this label being right.
func (c LabelCalibrator) ProbabilityOf(label string, logit float64) float64 {
	return logistic(c.logit(logit) + c.offset[label])
}
