package hindsight

import (
	"slices"

	"clubos/internal/club"
	"clubos/internal/learn"
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
	to.Safe = c.safe()
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
	if state && (c.k.row.State == learn.StatePaused || c.k.row.State == learn.StateRetired) {
		added = append(added, club.Hold{By: club.HoldState, To: club.TierEscalate})
	}
	if pin && c.k.row.Ceiling != club.TierAuto {
		added = append(added, club.Hold{By: club.HoldPin, To: c.k.row.Ceiling})
	}
	var breakers []string
	for _, kind := range []string{learn.BreakerPattern, learn.BreakerAction, learn.BreakerClub} {
		if !c.breaks(kind) {
			continue
		}
		if breakers = append(breakers, kind); c.after.broken(kind, c.past, c.k) {
			added = append(added, club.Hold{By: club.HoldBreaker, Key: kind, To: learn.BrokenCeiling})
		}
	}
	permits := c.permits()
	if c.before != nil {
		added = append(added, c.stopped()...)
		// What went out as plain information was not asked what else is permitted.
		if (permits || c.past.Course != nil && c.past.Course.Safe && !c.safe()) && !c.after.allows(c.past) {
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
		case club.HoldCalibration, club.HoldFinal, club.HoldLate, club.HoldBooking, club.HoldFinding, club.HoldWords:
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
		return kind == learn.BreakerPattern
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

// safe reports whether the decision would have gone out as plain information: as it was recorded, unless the club
// would have let such go out otherwise, or the record behind it would have been doubtful where it was not, or the
// other way round.
func (c change) safe() bool {
	course := c.past.Course
	doubtful := c.k != nil && c.after.doubtful(c.k, c.past)
	if !c.plain() && (c.k == nil || c.was != nil && doubtful == c.before.doubtful(c.was, c.past)) {
		return course.Safe
	}
	return course.Plain && c.after.settings.AutoSafeReplies && !doubtful && !slices.ContainsFunc(course.Held, func(h club.Hold) bool { return h.By == club.HoldCalibration })
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
	if c.before == nil || c.permits() || c.plain() || state && c.k.row.State == learn.StateActive || pin && c.k.row.Ceiling.Lower(c.was.row.Ceiling) != c.k.row.Ceiling {
		return true
	}
	thrown := func(w *World) []string { return w.settings.SwitchedOff }
	return len(c.before.tripped) != len(c.after.tripped) || slices.ContainsFunc(thrown(c.before), c.thrownNoMore) ||
		slices.ContainsFunc(thrown(c.after), func(key string) bool { return !slices.Contains(thrown(c.before), key) && !c.after.stops(c.past, key) })
}
