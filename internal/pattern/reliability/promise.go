package reliability

import (
	"time"

	"clubos/internal/club"
)

// Prior is what a decision may claim, below auto, before its own record reaches as far. A procedure that people
// have written and published is a decision that they have taken in advance. What was only learned may claim no more
// than what lessons that had come as far have proved together.
type Prior struct {
	Rate float64 // 0: none
	// Match is how sure the matches were, on average, that Rate was proved by. 0: certain.
	Match float64
	// Promising is set where Rate is for promising records alone.
	Promising bool
}

// maxPrior keeps every prior below the auto tier.
const maxPrior = 0.94

// Promising reports whether enough people and outcomes stand behind what was learned for it to act, and hardly
// anything speaks against it: no more than twice of what people call wrong by mistake. It says nothing of how much is
// proved: three outcomes of three are promising.
func (r Record) Promising(now time.Time, p Policy) bool {
	var a Assessment
	a.count(r)
	c := r.sum(now, "")
	return a.entitled(true, p.ExecutePeople, p) && c.Failures <= 2*p.LabelError*c.Total()
}

// Together is the prior that the record of promising lessons gives to each of them. That record holds what came of
// every decision on a lesson that was promising when it was taken, in the order in which it became known, so that
// its bound holds for the next such decision under any number of looks, as the bound of one lesson's record
// does; like that it rests on nobody's word alone.
func (p Policy) Together(lessons Record, now time.Time) Prior {
	return Prior{Rate: p.standing(lessons, club.TierSuggest, now, p.alpha(club.TierSuggest, LevelLessons), 0),
		Match: lessons.sum(now, "").Match(), Promising: true}
}
