package reliability

import (
	"math"
	"time"

	"clubos/internal/club"
)

// Level is whose record a claim rests on.
type Level string

// The levels, and the prior that a decision starts from.
const (
	LevelClub     Level = "club"
	LevelLocation Level = "location"
	LevelBay      Level = "bay"
	LevelPrior    Level = "prior" // no record: what somebody wrote down beforehand
)

// Prior is what a decision may claim before it has a record. A procedure that people have written and
// published is a decision that they have taken in advance; what was only learned has none.
type Prior struct {
	Rate float64 // 0: none
}

// maxPrior keeps every prior below the auto tier.
const maxPrior = 0.94

// Assessment is what a record may claim at a place. Bounds hold for the share of right decisions.
type Assessment struct {
	Counts   Counts // at the level of the claim
	Outcomes int    // how many there were, in the whole club
	People   int    // who judged in its favour, in the whole club
	Level    Level  // whose record the claim of the best tier rests on
	// Auto, Suggest and Approve are the bounds at the levels of the tiers' claims; 0 where too few people
	// or outcomes stand behind it.
	Auto, Suggest, Approve float64
	// Contradicted is set when the record refutes the prior.
	Contradicted bool
}

// Assess says what the record may claim at a place.
func (r Record) Assess(place Place, now time.Time, prior Prior, p Policy) Assessment {
	a := Assessment{Level: LevelPrior}
	people := map[string]bool{}
	for _, t := range r {
		a.Outcomes += t.Outcomes
		if t.Person != "" && t.Successes > 0 {
			people[t.Person] = true
		}
	}
	a.People = len(people)
	a.Counts = r.at(LevelClub, place).sum(now, "")
	a.Auto, a.Level = r.bound(club.TierAuto, place, now, p)
	a.Suggest, _ = r.bound(club.TierSuggest, place, now, p)
	a.Approve, _ = r.bound(club.TierApprove, place, now, p)
	if a.Level != LevelPrior {
		a.Counts = r.at(a.Level, place).sum(now, "")
	}
	a.applyPrior(r, place, now, prior, p)
	return a
}

// applyPrior lifts the bounds of the tiers below auto to what was written down beforehand, or to as much
// of it as the record does not refute.
func (a *Assessment) applyPrior(r Record, place Place, now time.Time, prior Prior, p Policy) {
	rate := min(prior.Rate, maxPrior)
	for _, level := range []Level{LevelClub, LevelLocation, LevelBay} {
		c := r.at(level, place).sum(now, "")
		if alpha := p.Suggest * share[level]; rate > 0 && c.refutes(rate, alpha) {
			a.Contradicted = true
			rate = c.UpperBound(alpha)
		}
	}
	a.Suggest, a.Approve = max(a.Suggest, rate), max(a.Approve, rate)
}

// bound is the best of what the club's, the location's and the bay's record prove at the tier's level,
// unless the narrower record refutes the wider one.
func (r Record) bound(t club.Tier, place Place, now time.Time, p Policy) (float64, Level) {
	best, from := 0.0, LevelPrior
	for _, level := range []Level{LevelClub, LevelLocation, LevelBay} {
		part := r.at(level, place)
		if len(part) == 0 {
			continue
		}
		alpha := p.alpha(t, level)
		if part.sum(now, "").refutes(best, p.level(t)) {
			best, from = 0, LevelPrior // this place is not like the rest
		}
		if b := p.standing(part, t, now, alpha); b > best {
			best, from = b, level
		}
	}
	return best, from
}

// standing is the bound that holds without any one person's successes, for the tiers that may act; the
// approve tier, where a person looks at every single one, asks for enough outcomes instead. Fewer
// successes never raise a bound, so the person with the most is the one to leave out.
func (p Policy) standing(r Record, t club.Tier, now time.Time, alpha float64) float64 {
	if t == club.TierApprove {
		return r.sum(now, "").LowerBound(alpha)
	}
	by := map[string]float64{}
	for _, tally := range r {
		if tally.Person != "" {
			by[tally.Person] += tally.countsAt(now).Successes
		}
	}
	foremost := ""
	for person, successes := range by {
		if foremost == "" || successes > by[foremost] || successes == by[foremost] && person < foremost {
			foremost = person
		}
	}
	return p.discount(r.sum(now, foremost).LowerBound(alpha))
}

// at is the part of the record that a level sees; nil where the place is not known so closely.
func (r Record) at(level Level, place Place) Record {
	var out Record
	for _, t := range r {
		switch level {
		case LevelClub:
		case LevelLocation:
			if place.Location == "" || t.Place.Location != place.Location {
				continue
			}
		case LevelBay:
			if place.Bay == "" || t.Place.Bay != place.Bay {
				continue
			}
		default:
			continue
		}
		out = append(out, t)
	}
	return out
}

// sum adds the tallies up, without the successes of one person ("" leaves nobody out).
func (r Record) sum(now time.Time, without string) Counts {
	var c Counts
	for _, t := range r {
		k := t.countsAt(now)
		if without != "" && t.Person == without {
			k.Successes = 0
		}
		c = c.plus(k)
	}
	return c
}

// Confidence is the claim: a lower bound on the probability that the decision is right here, given how
// probable it is that the situation is the one decided on. Where the bound at the strict level of a tier
// does not reach it, the bound at the next tier's level counts, but never as more than that tier asks.
func (a Assessment) Confidence(match float64, p Policy, learned bool) float64 {
	if !(match > 0) {
		return 0
	}
	match = min(match, 1)
	if c := match * a.Auto; c >= p.Thresholds.High && a.entitled(learned, p.ExecutePeople, p) {
		return c
	}
	if c := match * a.Suggest; c >= p.Thresholds.Medium && a.entitled(learned, p.ExecutePeople, p) {
		return min(c, below(p.Thresholds.High))
	}
	c := min(match*a.Approve, below(p.Thresholds.Medium))
	if !a.entitled(learned, p.ProposePeople, p) {
		return min(c, below(p.Thresholds.Low))
	}
	return c
}

// entitled is the quarantine: what was only learned waits for enough outcomes and people.
func (a Assessment) entitled(learned bool, people int, p Policy) bool {
	return !learned || a.Outcomes >= p.ProposeOutcomes && a.People >= people
}

// below is the largest number under x that a person would read as such.
func below(x float64) float64 { return x - 0.0001 }

// Next is the way to the next tier.
type Next struct {
	Tier club.Tier
	// Outcomes is how many further clean outcomes, each fully counted and spread over people, it would
	// take; 0 with Match set.
	Outcomes int
	// Match is set when no record could suffice, for the situation itself is too uncertain.
	Match bool
}

// maxAhead bounds what Missing looks for.
const maxAhead = 4096

// Missing says what is missing for the next tier; ok is false in the highest.
func (r Record) Missing(place Place, now time.Time, match float64, prior Prior, p Policy, learned bool) (Next, bool) {
	have := p.Thresholds.Tier(r.Assess(place, now, prior, p).Confidence(match, p, learned))
	if have == club.TierAuto {
		return Next{}, false
	}
	tiers := club.Tiers()
	next := Next{Tier: tiers[0]}
	for i, t := range tiers[1:] {
		if t == have {
			next.Tier = tiers[i]
		}
	}
	want := p.threshold(next.Tier)
	reached := func(n int) bool {
		return r.with(place, now, n).Assess(place, now, prior, p).Confidence(match, p, learned) >= want
	}
	if !reached(maxAhead) {
		next.Match = true
		return next, true
	}
	low, high := 0, maxAhead
	for high-low > 1 {
		if middle := (low + high) / 2; reached(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	next.Outcomes = high
	return next, true
}

// with is the record after n further verified outcomes and the agreement of people who are not in it.
func (r Record) with(place Place, now time.Time, n int) Record {
	out := append(Record(nil), r...)
	half := float64(n) / 2
	return append(out,
		Tally{Person: "\x00one", Place: place, Successes: math.Ceil(half), Outcomes: int(math.Ceil(half)), At: now},
		Tally{Person: "\x00two", Place: place, Successes: math.Floor(half), Outcomes: int(math.Floor(half)), At: now},
	)
}
