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

const (
	promisingPeople  = 2 // behind a promising lesson, even where a club lets one suffice to act
	promisingAgainst = 2 // times what people call wrong by mistake may speak against it
)

// Promising reports whether enough people and outcomes stand behind what was learned for it to act, and hardly
// anything speaks against it: no more than twice of what people call wrong by mistake. It says nothing of how much is
// proved: three outcomes of three are promising. Two people it takes even where a club lets one suffice to act, for the
// word of one is not what other lessons have proved.
func (r Record) Promising(now time.Time, p Policy) bool {
	var a Assessment
	a.count(r)
	c := r.sum(now, "")
	return a.entitled(true, max(promisingPeople, p.ExecutePeople), p) && c.Failures <= promisingAgainst*p.LabelError*c.Total()
}

// Announces reports whether the record suffices for an announcement by itself, where the match is certain.
func (a Assessment) Announces(p Policy) bool { return a.Suggest >= p.Thresholds.Medium }

// Together is the prior that the record of promising lessons gives to each of them. That record holds what came of
// every decision on a lesson that was promising when it was taken and that did not announce by its own record yet, so
// that its bound holds for such decisions on average under any number of looks; like that of one lesson it rests on
// nobody's word alone. What a lesson with a record of its own does, however often it is right, says nothing of those
// that have none, and would soon outnumber them.
func (p Policy) Together(lessons Record, now time.Time) Prior {
	return Prior{Rate: p.standing(lessons, club.TierSuggest, now, p.alpha(club.TierSuggest, LevelLessons), 0),
		Match: lessons.sum(now, "").Match(), Promising: true}
}
