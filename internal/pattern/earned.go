package pattern

import (
	"cmp"
	"slices"
)

// shown is an event with its score, and what became known of it.
type shown struct {
	score        float64 // log odds
	known, right bool
}

const (
	// leastSeen is how many events must have come before any is answered.
	leastSeen = 100
	// leastAbove is how many of them must lie above a threshold: of fewer answers,
	// one that is wrong is more than one in twenty.
	leastAbove = 20
	// leastShare is the share of all events that must lie above it: where fewer can be
	// told, little work is saved.
	leastShare = 0.03
	// Of fewer than fewShare of all events, one or two mistakes in a season are more
	// than was promised, and so few answers are held to strict times the target.
	fewShare, strict = 0.10, 0.7
	// stay is how much of fewShare is few once there are answers, and begin how much
	// of alpha is allowed before: a threshold that is just about earned would else
	// come and go.
	stay, begin = 0.7, 0.3
	// priorWorth is how many outcomes the log odds count for: they come from
	// rehearsals on the club's own examples and from its record so far.
	priorWorth = 50.0
	// band is how many known events the unknown ones beside them are spread over.
	band = 20
	// patience is for what share of the events above a threshold the search goes on
	// below it after the bound has failed: one mistake is no abyss.
	patience = 0.05
)

// Earned returns the lowest log odds from which outcomes that are all known entitle to answer, by the same rule as
// a learner's that has not answered yet. ok is false where none does.
func Earned(outcomes []Outcome, target float64) (threshold float64, ok bool) {
	events := make([]shown, len(outcomes))
	for i, o := range outcomes {
		events[i] = shown{o.Score, true, o.Right}
	}
	return entitles(events, target, defaultAlpha, false)
}

// entitles returns the lowest score from which events entitle to answer. The share
// of errors above a score has a Beta law: its prior is what the log odds of the
// events promise, worth priorWorth outcomes, and it is updated by what was right
// and wrong. Scores are tried from strict to lax, until the share is no longer at most
// target with probability 1 − alpha; before there were answers (entitled), with more.
func entitles(events []shown, target, alpha float64, entitled bool) (threshold float64, ok bool) {
	if len(events) < leastSeen {
		return 0, false
	}
	few := fewShare * float64(len(events))
	if entitled {
		few *= stay
	} else {
		alpha *= begin
	}
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b shown) int { return cmp.Compare(b.score, a.score) })
	weight := standFor(events)
	least := max(leastAbove, leastShare*float64(len(events)))
	var n, right, wrong, square, expected float64
	failed := 0
	for i, e := range events {
		n++
		expected += 1 - logistic(e.score)
		square += weight[i] * weight[i]
		switch {
		case e.known && e.right:
			right += weight[i]
		case e.known:
			wrong += weight[i]
		}
		if n < least || right+wrong == 0 {
			continue
		}
		// Weighted outcomes count as many as their effective number (Kish 1965).
		size, promised := (right+wrong)/square, expected/n
		a, b := priorWorth*promised+size*wrong, priorWorth*(1-promised)+size*right
		most := target
		if n < few {
			most *= strict
		}
		if betaRegularised(most, a, b) >= 1-alpha {
			threshold, ok, failed = e.score, true, 0
			continue
		}
		if failed++; ok && n >= few && float64(failed) >= max(1, patience*n) {
			break
		}
	}
	return threshold, ok
}

// standFor returns how many events each known one stands for, itself included, when
// those whose truth is not known are spread over the known ones with about their
// score. events fall by score.
func standFor(events []shown) []float64 {
	weight := make([]float64, len(events))
	for from := 0; from < len(events); {
		to, known := from, 0
		for ; to < len(events) && known < band; to++ {
			if events[to].known {
				known++
			}
		}
		for i := from; i < to; i++ {
			if events[i].known {
				weight[i] = float64(to-from) / float64(known)
			}
		}
		from = to
	}
	return weight
}
