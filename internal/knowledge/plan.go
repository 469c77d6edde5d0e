package knowledge

import "slices"

// Plan is what a run carries out: a document's steps and its fallback. It says which step is next and
// nothing else; a runner stores the Position after every step, so that a run survives a restart.
type Plan struct {
	Steps    []Step `json:"steps"`
	Fallback []Step `json:"fallback,omitempty"`
}

// Plan returns the document's plan.
func (d Document) Plan() Plan { return Plan{Steps: d.Steps, Fallback: d.Fallback} }

// Position is where a run stands. The zero value is its beginning.
type Position struct {
	Step int  `json:"step"` // counts on from the steps into the fallback
	Last When `json:"last"` // how the last action of this part ended; "" before the first
}

// FallbackStart is where a run begins whose prerequisites do not hold. Done is true when there is no
// fallback: then a person must hear of it.
func (p Plan) FallbackStart() (at Position, done bool) {
	return Position{Step: len(p.Steps)}, len(p.Fallback) == 0
}

// Next returns the step that runs from a position, and its own position, which goes into Passed or
// Ended when it is through. It is false when the run is done.
func (p Plan) Next(at Position) (Step, Position, bool) {
	part, first := p.part(at.Step)
	for i := max(at.Step-first, 0); i < len(part); i++ {
		if part[i].Runs(at.Last) {
			return part[i], Position{Step: first + i, Last: at.Last}, true
		}
	}
	return Step{}, at, false
}

// Passed returns the position behind a step that is not an action. The end of the steps is the end of
// the run: the fallback begins only by Ended or FallbackStart.
func (p Plan) Passed(at Position) Position {
	if at.Step == len(p.Steps)-1 {
		return Position{Step: p.end(), Last: at.Last}
	}
	return Position{Step: at.Step + 1, Last: at.Last}
}

// Ended returns the position behind an action that ended so. It is false when nothing waits for that
// outcome: then a person must take over, and the run is done.
func (p Plan) Ended(at Position, outcome When) (Position, bool) {
	part, first := p.part(at.Step)
	handled := outcome == WhenSuccess || Handles(part[min(at.Step-first+1, len(part)):], outcome)
	switch {
	case handled:
		next := p.Passed(at)
		next.Last = outcome
		return next, true
	case outcome == WhenFailed && first == 0 && len(p.Fallback) > 0:
		return Position{Step: len(p.Steps)}, true
	}
	return Position{Step: p.end(), Last: outcome}, false
}

func (p Plan) end() int { return len(p.Steps) + len(p.Fallback) }

// part returns the steps or the fallback, whichever i is in, and the number of its first step.
func (p Plan) part(i int) ([]Step, int) {
	if i < len(p.Steps) {
		return p.Steps, 0
	}
	return p.Fallback, len(p.Steps)
}

// Flat returns all steps, the fallback's behind the others, as Position counts them.
func (p Plan) Flat() []Step { return slices.Concat(p.Steps, p.Fallback) }
