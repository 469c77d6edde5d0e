package module

// Seen counts decisions by whether a report stood beside them.
type Seen struct {
	With, Without float64
}

// Tell is the probability that a text is of a matter, after a report beside it: p before, and how often
// such a report stood beside decisions on that matter and beside others. It is Bayes' rule on the odds; the
// ratio is smoothed by the prior, so that it is learned as decisions come and never certain.
func Tell(p float64, matter, others Seen, prior Prior) float64 {
	if p <= 0 || p >= 1 {
		return p
	}
	// The prior's counts: a report beside one decision in Tells+1 of the matter's own, and beside
	// proportionally fewer of the others.
	own := prior.Tells / (prior.Tells + 1)
	hit := (matter.With + prior.Worth*own) / (matter.With + matter.Without + prior.Worth)
	miss := (others.With + prior.Worth*own/prior.Tells) / (others.With + others.Without + prior.Worth)
	odds := p / (1 - p) * hit / miss
	return odds / (1 + odds)
}
