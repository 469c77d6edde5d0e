package learn

import (
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/setting"
)

// Would is what would have become of a decision.
type Would struct {
	Tier club.Tier
	// Other is set where something else would have been said or done.
	Other bool
	// Unknown is set where too little was written down to say: the decision is older than the program that
	// writes down what held it back.
	Unknown bool
}

// Replay says what tier a decision would have had in another world than the one before. What differs
// between the two worlds takes the place of what was recorded (the record behind the bound, what people
// set for the pattern, its breaker, kill switches, permissions, thresholds); all else stays as it was
// recorded then: the match, what was unusual, the booking, what cannot be undone, the rest of the settings.
// Without a world before, everything of the pattern is taken from the world after.
//
// It does not model what would have followed: outcomes that there would not have been, or that there would
// have been beside; that a matcher trained on other situations would have seen another match, or that the
// next candidate would have been followed (a decision that loses its pattern goes to a person); that a
// breaker would have tripped at another time; and what was recorded of outcomes counts from the decision on
// and not from the moment at which it became known.
//
// Decisions must come in the order in which they were taken, for the records grow with them.
func Replay(p Past, before, after *World) Would {
	k, was := (*known)(nil), (*known)(nil)
	if after.patterns != nil {
		if k = after.follows(p, before); k == nil {
			return Would{Tier: club.TierEscalate, Other: true}
		}
		if before != nil {
			was = before.follows(p, nil)
		}
	}
	out := Would{Other: k != nil && was != nil && k.does != was.does}
	c := change{past: p, before: before, after: after, k: k, was: was}
	earned, another := c.earned()
	gone, added := c.holds()
	if p.Course == nil {
		out.Tier = p.Tier
		for _, h := range added {
			out.Tier = out.Tier.Lower(h.To)
		}
		out.Unknown = out.Tier != club.TierEscalate && (another || c.lifts())
		return out
	}
	to := *p.Course
	to.Held = append(added, slices.DeleteFunc(slices.Clone(p.Course.Held), gone)...)
	if c.plain() {
		to.Safe = to.Plain && after.settings.AutoSafeReplies
	}
	out.Tier = to.Tier(earned)
	return out
}

// change is what two worlds differ by for one decision.
type change struct {
	past          Past
	before, after *World
	k, was        *known // its pattern; nil: as it was
}

// earned is the tier that the decision would have earned, and whether that is another one.
func (c change) earned() (club.Tier, bool) {
	switch {
	case c.k == nil:
		return c.past.Earned, false
	case c.was == nil:
		to := c.after.earned(c.k, c.past)
		return to, to != c.past.Earned
	}
	if from, to := c.before.earned(c.was, c.past), c.after.earned(c.k, c.past); from != to {
		return to, true
	}
	return c.past.Earned, false
}

// holds says which of the recorded holds would not have been there, and which others would.
func (c change) holds() (gone func(club.Hold) bool, added []club.Hold) {
	state, pin := c.pattern()
	if state && (c.k.row.State == statePaused || c.k.row.State == stateRetired) {
		added = append(added, club.Hold{By: club.HoldState, To: club.TierEscalate})
	}
	if pin && c.k.row.Ceiling != club.TierAuto {
		added = append(added, club.Hold{By: club.HoldPin, To: c.k.row.Ceiling})
	}
	var breakers []string
	for _, kind := range []string{breakerPattern, breakerAction, breakerClub} {
		if !c.breaks(kind) {
			continue
		}
		if breakers = append(breakers, kind); c.after.broken(kind, c.past, c.k) {
			added = append(added, club.Hold{By: club.HoldBreaker, Key: kind, To: brokenCeiling})
		}
	}
	permits := c.permits()
	if c.before != nil {
		added = append(added, c.stopped()...)
		// What went out as plain information was not asked what else is permitted.
		if (permits || c.plain() && !c.after.settings.AutoSafeReplies && c.past.Course != nil && c.past.Course.Safe) && !c.after.allows(c.past) {
			added = append(added, club.Hold{By: club.HoldUnasked, To: club.TierApprove})
		}
	}
	return func(h club.Hold) bool {
		switch h.By {
		case club.HoldState:
			return state
		case club.HoldPin:
			return pin
		case club.HoldBreaker:
			return slices.Contains(breakers, h.Key)
		case club.HoldUnasked:
			return permits
		case club.HoldSwitch:
			return c.thrownNoMore(h.Key)
		case club.HoldCalibration, club.HoldFinal, club.HoldBooking, club.HoldFinding, club.HoldWords:
		}
		return false
	}, added
}

// stopped are the switches that would have stopped the decision and did not, or that still do where the
// one that did is thrown no more.
func (c change) stopped() (added []club.Hold) {
	for _, key := range c.after.settings.SwitchedOff {
		if c.after.stops(c.past, key) && (!slices.Contains(c.before.settings.SwitchedOff, key) || c.freed()) {
			added = append(added, club.Hold{By: club.HoldSwitch, Key: key, To: club.TierEscalate})
		}
	}
	return added
}

// pattern says what people set for the pattern otherwise.
func (c change) pattern() (state, pin bool) {
	switch {
	case c.k == nil:
		return false, false
	case c.was == nil:
		return true, true
	}
	return c.k.row.State != c.was.row.State, c.k.row.Ceiling != c.was.row.Ceiling
}

// breaks reports whether a breaker of a kind stands otherwise.
func (c change) breaks(kind string) bool {
	if c.before == nil {
		return kind == breakerPattern
	}
	return c.before.broken(kind, c.past, c.was) != c.after.broken(kind, c.past, c.k)
}

// permits reports whether the club permits something else.
func (c change) permits() bool {
	if c.before == nil || c.past.Course != nil && c.past.Course.Report {
		return false
	}
	a, b := c.before.settings, c.after.settings
	return a.AutoExecution != b.AutoExecution || !slices.Equal(sorted(a.AutoActions), sorted(b.AutoActions)) || !slices.Equal(sorted(a.AutoPlaces), sorted(b.AutoPlaces))
}

// plain reports whether plain information goes out otherwise.
func (c change) plain() bool {
	return c.before != nil && c.before.settings.AutoSafeReplies != c.after.settings.AutoSafeReplies
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

func (c change) thrownNoMore(key string) bool {
	return c.before != nil && slices.Contains(c.before.settings.SwitchedOff, key) && !slices.Contains(c.after.settings.SwitchedOff, key)
}

// freed reports whether a switch that stopped the decision is thrown no more.
func (c change) freed() bool {
	return c.past.Course != nil && slices.ContainsFunc(c.past.Course.Held, func(h club.Hold) bool { return h.By == club.HoldSwitch && c.thrownNoMore(h.Key) })
}

// lifts reports whether anything may have held a decision back that holds it no more, or may stop it: of
// one of which little was written down.
func (c change) lifts() bool {
	state, pin := c.pattern()
	if c.before == nil || c.permits() || c.plain() || state && c.k.row.State == stateActive || pin && c.k.row.Ceiling.Lower(c.was.row.Ceiling) != c.k.row.Ceiling {
		return true
	}
	thrown := func(w *World) []string { return w.settings.SwitchedOff }
	return len(c.before.tripped) != len(c.after.tripped) || slices.ContainsFunc(thrown(c.before), c.thrownNoMore) ||
		slices.ContainsFunc(thrown(c.after), func(key string) bool { return !slices.Contains(thrown(c.before), key) && !c.after.stops(c.past, key) })
}

// Spread is how decisions went out.
type Spread struct{ Alone, Announced, Asked, Called int }

// Sum is how many there were.
func (s Spread) Sum() int { return s.Alone + s.Announced + s.Asked + s.Called }

func (s *Spread) add(t club.Tier) {
	switch t {
	case club.TierAuto:
		s.Alone++
	case club.TierSuggest:
		s.Announced++
	case club.TierApprove:
		s.Asked++
	case club.TierEscalate:
		s.Called++
	}
}

// Share is a number of decisions, and of how many of them it is known that they were right, or wrong.
type Share struct{ N, Right, Wrong int }

func (s *Share) add(p Past) {
	s.N++
	switch {
	case p.Known && p.Right:
		s.Right++
	case p.Known:
		s.Wrong++
	}
}

// Difference is a decision that would have gone otherwise.
type Difference struct {
	Past
	Would
}

// Impact is what a change would have done to the decisions of a time.
type Impact struct {
	Since, Until time.Time
	Was, Would   Spread
	// Fewer are those that were done alone or announced and would not have been; More the other way round.
	Fewer, More Share
	Other       int          // that would have said or done something else
	Unknown     int          // of which too little was recorded
	Rivals      int          // that would have lost their pattern, where another known situation was likely enough to be followed
	Differ      []Difference // newest first
	// Wait is how long people took over what they were asked, in the middle of so many cases.
	Wait  time.Duration
	Waits int
	// Evidence is what becomes of the record of the patterns that are changed.
	Evidence []Evidence
	// More than is looked at.
	Truncated bool
}

// Evidence is what stands behind a pattern before and after a change.
type Evidence struct {
	Pattern                              club.PatternID
	Title                                string
	Made, Gone                           bool
	Situations, Outcomes                 int // that count
	SituationsAfter, OutcomesAfter, Uses int
}

// acts reports whether a tier may act without anybody's word.
func acts(t club.Tier) bool { return t == club.TierAuto || t == club.TierSuggest }

// Compare replays decisions, oldest first, in another world than the one before.
func Compare(list []Past, before, after *World) Impact {
	var e Impact
	for _, p := range list {
		w := Replay(p, before, after)
		e.Was.add(p.Tier)
		if w.Unknown {
			e.Unknown++
			e.Would.add(p.Tier)
			continue
		}
		e.Would.add(w.Tier)
		if w.Tier == p.Tier && !w.Other {
			continue
		}
		e.Differ = append(e.Differ, Difference{p, w})
		switch {
		case acts(p.Tier) && !acts(w.Tier), p.Tier == club.TierAuto && w.Tier == club.TierSuggest:
			e.Fewer.add(p)
		case acts(w.Tier) && !acts(p.Tier), w.Tier == club.TierAuto && p.Tier == club.TierSuggest:
			e.More.add(p)
		}
		if w.Other {
			e.Other++
			if w.Tier == club.TierEscalate && p.Rival {
				e.Rivals++
			}
		}
	}
	slices.Reverse(e.Differ)
	e.Truncated = len(list) >= mostPasts
	return e
}

// With is the world in which a switch is thrown, or is not.
func (w *World) With(key string, stopped bool) *World {
	out := *w
	out.settings.SwitchedOff = slices.DeleteFunc(slices.Clone(w.settings.SwitchedOff), func(o string) bool { return o == key })
	if stopped {
		out.settings.SwitchedOff = append(out.settings.SwitchedOff, key)
	}
	return &out
}

// judgesOtherwise reports whether two settings claim something else of the same record.
func judgesOtherwise(a, b setting.Settings) bool {
	return a.Thresholds != b.Thresholds || a.ProposeOutcomes != b.ProposeOutcomes || a.ProposePeople != b.ProposePeople || a.ExecutePeople != b.ExecutePeople
}
