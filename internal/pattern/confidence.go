package pattern

import "math"

// The constants of confidence, set by hand on golf-simulator texts; they are
// opinions, not estimates.
const (
	leastScore = 0.15 // below this a label is not listed at all
	middle     = 0.33 // the score of a vague match
	slope      = 11.0 // how fast confidence rises around it
	wideLead   = 0.15 // a lead over the next label from which it counts in full
	noLead     = 0.55 // what is left of the confidence when two labels are level
)

// confidence is MaxConfidence · σ(slope · (score − middle)) · lead, where σ is
// the logistic function and lead rises from noLead for no lead over the best
// other label to 1 at wideLead. It never falls when score or lead rise.
func confidence(score, margin float64) float64 {
	lead := noLead + (1-noLead)*min(1, max(0, margin)/wideLead)
	if margin < 0 {
		lead = noLead * math.Exp(4*margin)
	}
	return MaxConfidence * lead / (1 + math.Exp(-slope*(score-middle)))
}
