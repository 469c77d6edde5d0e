package reliability

import (
	"cmp"
	"slices"
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
	LevelLessons  Level = "lessons" // that of the club's promising lessons together
	LevelPrior    Level = "prior"   // no record: what somebody wrote down beforehand
)

// Assessment is what a record may claim at a place. Bounds hold for the share of right decisions.
type Assessment struct {
	Counts   Counts // at the level of the claim
	Outcomes int    // how many there were, in the whole club
	People   int    // who judged in its favour, in the whole club
	Level    Level  // whose record the claim of the best tier rests on
	// Auto, Suggest and Approve are the bounds at the levels of the tiers' claims, for a situation that is the
	// known one; 0 where too few people or outcomes stand behind it.
	Auto, Suggest, Approve float64
	// Prior is what the decision may claim below auto without a record, and PriorMatch how sure the matches were
	// that it was proved by.
	Prior, PriorMatch float64
	// Contradicted is set when the record refutes the prior, and Refuted when it refutes what auto claims.
	Contradicted, Refuted bool
}

// Assess says what the record may claim at a place.
func (r Record) Assess(place Place, now time.Time, prior Prior, p Policy) Assessment {
	a := Assessment{Level: LevelPrior}
	a.count(r)
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

// count notes how many outcomes there were, and how many people judged in the decision's favour.
func (a *Assessment) count(r Record) {
	people := map[string]bool{}
	for _, t := range r {
		a.Outcomes += t.Outcomes
		if t.Person != "" && t.Successes > 0 {
			people[t.Person] = true
		}
	}
	a.People = len(people)
}

// applyPrior lets the tiers below auto claim what was written down beforehand, or as much of it as the record
// does not refute, and notes whether it refutes the claim of auto.
func (a *Assessment) applyPrior(r Record, place Place, now time.Time, prior Prior, p Policy) {
	rate := min(prior.Rate, maxPrior)
	if a.PriorMatch = cmp.Or(prior.Match, 1); prior.Promising && !r.Promising(now, p) {
		rate = 0
	}
	for _, level := range []Level{LevelClub, LevelLocation, LevelBay} {
		c := r.at(level, place).sum(now, "")
		a.Refuted = a.Refuted || c.refutes(p.Thresholds.High, p.Auto*against[level], p.LabelError)
		if alpha := p.Suggest * against[level]; rate > 0 && c.refutes(rate, alpha, p.LabelError) {
			a.Contradicted = true
			rate = c.upperBound(alpha, p.LabelError)
		}
	}
	a.Prior = rate
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
		if part.sum(now, "").refutes(best, p.level(t), p.LabelError) {
			best, from = 0, LevelPrior // this place is not like the rest
		}
		if b := p.standing(part, t, now, alpha, best); b > best {
			best, from = b, level
		}
	}
	return best, from
}

// standing is the bound that holds whichever one person's word is worth nothing, for the tiers that may act:
// the smallest of those that leave out one person, and of that which leaves out nobody. In the approve tier,
// where a person looks at every single one, everybody's word counts, and in full. A bound that would be less than
// least is 0.
func (p Policy) standing(r Record, t club.Tier, now time.Time, alpha, least float64) float64 {
	if t == club.TierApprove {
		return Counts{Part: r.sum(now, "").full()}.LowerBound(alpha)
	}
	people := []string{""}
	for _, tally := range r {
		if !slices.Contains(people, tally.Person) {
			people = append(people, tally.Person)
		}
	}
	without := make([]Counts, 0, len(people))
	for _, person := range people {
		c := r.sum(now, person)
		if !c.reaches(least, alpha, p.LabelError) {
			return 0
		}
		without = append(without, c)
	}
	slices.SortFunc(without, func(a, b Counts) int { return cmp.Compare(a.Successes, b.Successes) })
	bound := 1.0
	for _, c := range without { // the fewest successes lower it furthest, so that the others need one look
		if !c.reaches(bound, alpha, p.LabelError) {
			bound = c.lowerBound(alpha, p.LabelError)
		}
	}
	return bound
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

// sum adds the tallies up, without those of one person ("" leaves nobody out).
func (r Record) sum(now time.Time, without string) Counts {
	var c Counts
	for _, t := range r {
		if without == "" || t.Person != without {
			c = c.plus(t.countsAt(now))
		}
	}
	return c
}

// Bound is what a tier may claim where the situation is the known one: by the record, or by what was written
// down beforehand.
func (a Assessment) Bound(t club.Tier) float64 {
	switch t {
	case club.TierAuto:
		return a.Auto
	case club.TierSuggest:
		return max(a.Suggest, a.Prior)
	case club.TierApprove:
		return max(a.Approve, a.Prior)
	}
	return 0
}

// Confidence is the claim: a lower bound on the probability that the decision is right here, given how
// probable it is that the situation is the one decided on. Where the bound at the strict level of a tier
// does not reach it, the bound at the next tier's level counts, but never as more than that tier asks.
func (a Assessment) Confidence(match float64, p Policy, learned bool) float64 {
	if !(match > 0) {
		return 0
	}
	match = min(match, 1)
	usual := min(match, a.Counts.Match()) // a better match than the record's claims no more than the record
	prior := min(match, a.PriorMatch) * a.Prior
	if c := usual * a.Auto; c >= p.Thresholds.High && a.entitled(learned, p.ExecutePeople, p) {
		return c
	}
	if c := max(usual*a.Suggest, prior); c >= p.Thresholds.Medium && a.entitled(learned, p.ExecutePeople, p) {
		return min(c, below(p.Thresholds.High))
	}
	c := min(max(usual*a.Approve, prior), below(p.Thresholds.Medium))
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
		return r.with(place, now, match, n).Assess(place, now, prior, p).Confidence(match, p, learned) >= want
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

// with is the record after n further verified outcomes of such a match, and the agreement of people who are not
// in it.
func (r Record) with(place Place, now time.Time, match float64, n int) Record {
	further := func(person string, n int) Tally {
		p := Part{Successes: float64(n), Expected: float64(n) * match, Seen: float64(n)}
		return Tally{Person: person, Place: place, Part: p, Outcomes: n, At: now}
	}
	return append(append(Record(nil), r...), further("\x00one", (n+1)/2), further("\x00two", n/2))
}
