package hindsight

import (
	"slices"
	"time"

	"clubos/internal/club"
)

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

// Evidence is what stands behind a pattern before and after a change, and what stops it.
type Evidence struct {
	Pattern                              club.PatternID
	Title                                string
	Made, Gone                           bool
	Situations, Outcomes                 int // that count
	SituationsAfter, OutcomesAfter, Uses int
	Stop, StopAfter                      Stop
}

// Stop is what keeps a pattern from doing what its record has earned. The zero value stops nothing.
type Stop struct {
	Paused  bool
	Retired bool
	Merged  bool      // it is a part of another pattern, and followed as that
	Ceiling club.Tier // that people have set; "": none
	Broken  bool      // its breaker has tripped
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
