package anomaly

import (
	"fmt"
	"math"

	"clubos/internal/club"
)

// Kind is what is unusual. It is a name for people.
type Kind string

// The kinds of findings.
const (
	KindNew       Kind = "new situation"
	KindFrequency Kind = "unusual frequency"
	KindTime      Kind = "unusual time"
	KindMember    Kind = "unusual member"
	KindBurst     Kind = "burst"
	KindConflict  Kind = "conflicting data"
	KindSecurity  Kind = "security"
	KindSituation Kind = "same situation"
)

// Need is what a finding asks for.
type Need int

// The needs, from the least to the most.
const (
	NeedNothing  Need = iota // to be known
	NeedStep                 // one tier less: what would act is announced, what would be announced is asked
	NeedApproval             // a person agrees first
	NeedPerson               // a person takes over
)

// Ceiling is the most that a need leaves of a tier.
func (n Need) Ceiling(t club.Tier) club.Tier {
	switch n {
	case NeedNothing:
		return t
	case NeedStep:
		if t == club.TierAuto {
			return club.TierSuggest
		}
		return t.Lower(club.TierApprove)
	case NeedApproval:
		return t.Lower(club.TierApprove)
	case NeedPerson:
	}
	return club.TierEscalate
}

// Finding is one unusual thing about a matter.
type Finding struct {
	Kind Kind
	Need Need
	// P is the strength: the probability of something as unusual while nothing has changed. 0 where
	// nothing was tested.
	P float64
	// Words say it to people, with the rate it is compared with. They hold no personal data.
	Words string
	// Acting is set where it counts only if something would be done besides answering.
	Acting bool
	// Threads are the others that it is about, oldest first.
	Threads []club.ThreadID
}

// Usual says a rate at an hour of the week to people.
func Usual(perHour float64) string {
	switch days := math.Round(1 / perHour); {
	case perHour >= 1.5:
		return fmt.Sprintf("at this hour about %.0f are usual", perHour)
	case days <= 1:
		return "at this hour about one is usual"
	case days <= 30:
		return fmt.Sprintf("at this hour one in %.0f days is usual", days)
	}
	return "at this hour none is usual"
}

// chance says a probability to people.
func chance(p float64) string {
	if p <= 0 || p < 1e-6 {
		return "by chance less often than once in a million"
	}
	return fmt.Sprintf("by chance once in %.0f", 1/p)
}
