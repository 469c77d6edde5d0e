package club

import (
	"slices"
	"time"
)

// Tier is how far a decision may go by itself.
type Tier string

// The tiers, from the most to the least autonomous.
const (
	TierAuto     Tier = "auto"     // acts at once
	TierSuggest  Tier = "suggest"  // announces, acts at a deadline unless a person objects
	TierApprove  Tier = "approve"  // acts when a person says so
	TierEscalate Tier = "escalate" // a person takes over
)

// Tiers lists every tier, most autonomous first.
func Tiers() []Tier { return []Tier{TierAuto, TierSuggest, TierApprove, TierEscalate} }

func (t Tier) rank() int {
	for i, u := range Tiers() {
		if t == u {
			return i
		}
	}
	return len(Tiers()) - 1 // an unknown tier is the least autonomous one
}

// Lower returns the less autonomous of two tiers. Flags, switches and settings combine by it, so
// that none of them can ever raise a tier.
func (t Tier) Lower(ceiling Tier) Tier {
	if ceiling.rank() > t.rank() {
		return ceiling
	}
	return Tiers()[t.rank()]
}

// Thresholds are the confidences that the tiers ask for, each inclusive.
type Thresholds struct {
	High   float64 `json:"high"`   // auto
	Medium float64 `json:"medium"` // suggest
	Low    float64 `json:"low"`    // approve
}

// DefaultThresholds returns 0.95, 0.75 and 0.50.
func DefaultThresholds() Thresholds { return Thresholds{High: 0.95, Medium: 0.75, Low: 0.50} }

// Validate reports thresholds that are out of order or out of (0, 1].
func (t Thresholds) Validate() error {
	if !(0 < t.Low && t.Low <= t.Medium && t.Medium <= t.High && t.High <= 1) {
		return Invalid("confidence thresholds must satisfy 0 < low ≤ medium ≤ high ≤ 1, not %g, %g, %g", t.Low, t.Medium, t.High)
	}
	return nil
}

// Tier returns the tier that a confidence earns. NaN earns nothing.
func (t Thresholds) Tier(confidence float64) Tier {
	switch {
	case confidence >= t.High:
		return TierAuto
	case confidence >= t.Medium:
		return TierSuggest
	case confidence >= t.Low:
		return TierApprove
	}
	return TierEscalate
}

// Fact is one thing the decision rests on, with where it was found and when. It holds no personal
// data: names and numbers are masked before they become facts.
type Fact struct {
	Name   string    `json:"name"`             // "booking", "device", "recent action", …
	Value  string    `json:"value"`            // for a person to read
	Source string    `json:"source"`           // "bookings", "ninjaone", "executions", "text"
	At     time.Time `json:"at"`               // when it was true
	Thread ThreadID  `json:"thread,omitempty"` // another conversation that it is about
}

// FactDidNotWork names the fact that a vendor's own record says that a command was carried out and failed.
const FactDidNotWork = "did not work"

// Candidate is a procedure or pattern that was weighed.
type Candidate struct {
	SOP        SOPID     `json:"sop,omitempty"`
	SOPVersion int       `json:"sop_version,omitempty"`
	Pattern    PatternID `json:"pattern,omitempty"` // of one that people taught
	Title      string    `json:"title"`
	Scope      string    `json:"scope"`            // "global", "location", "bay"
	Holds      string    `json:"holds,omitempty"`  // why this version of the procedure is the one for the place
	Why        string    `json:"why"`              // which trigger or precedent matched, and how
	Score      float64   `json:"score"`            // similarity in [0, 1]
	Confidence float64   `json:"confidence"`       // lower bound on being right here, in [0, 1]
	Note       string    `json:"note,omitempty"`   // why it was not taken
	Record     string    `json:"record,omitempty"` // what came of it before
}

// Evidence is why a decision was taken, so that a person can judge it. Limits lists everything that
// lowered the tier ("shadow mode", "not yet calibrated", "switch: door").
type Evidence struct {
	Text       string      `json:"text"` // the member's words, masked
	Facts      []Fact      `json:"facts"`
	Candidates []Candidate `json:"candidates"`
	Rule       string      `json:"rule,omitempty"` // a deterministic rule that decided: "opt-out", "emergency", …
	Limits     []string    `json:"limits,omitempty"`
	Model      string      `json:"model,omitempty"` // version of the matcher
	// Course is what the tier followed from; nil of decisions that followed nothing known.
	Course *Course `json:"course,omitempty"`
	// Refutes is the earlier decision of which the member says here that it was not what they had asked for, or that
	// what it told them is not so.
	Refutes DecisionID `json:"refutes,omitempty"`
}

// Course is how a decision came from what its record had earned to its tier, for whoever asks what
// something else would have made of it. Held stands in the order in which it counts.
type Course struct {
	Held []Hold `json:"held,omitempty"`
	// Plain is set of plain information that a procedure marks as safe to send, and Safe where the club let
	// that go out unasked, whatever else it permits.
	Plain bool `json:"plain,omitempty"`
	Safe  bool `json:"safe,omitempty"`
	// Report is set of what was only reported: its acts wait for a person in any case, and what tells people
	// of it needs nobody's leave.
	Report bool `json:"report,omitempty"`
	// Acts are the actions that it would begin with, without anybody's answer.
	Acts []ActionName `json:"acts,omitempty"`
}

// Tier is that of a decision which has earned one, by all that holds it.
func (c Course) Tier(earned Tier) Tier {
	tier := c.held(earned, HoldState, HoldPin, HoldBreaker, HoldCalibration, HoldSwitch, HoldFinal, HoldLate, HoldBooking)
	if c.Report {
		if len(c.Acts) == 0 && len(c.Held) == 0 && tier != TierEscalate {
			return TierAuto
		}
		return tier
	}
	tier = c.held(tier, HoldFinding)
	if c.Safe && (tier == TierSuggest || tier == TierAuto) {
		tier = TierAuto // plain information needs no leave
	} else {
		tier = c.held(tier, HoldUnasked)
	}
	return c.held(tier, HoldWords)
}

// held is a tier after the holds of some kinds. What takes off a step counts from the tier before them.
func (c Course) held(from Tier, kinds ...HoldKind) Tier {
	tier := from
	for _, h := range c.Held {
		switch {
		case !slices.Contains(kinds, h.By):
		case h.Step && from == TierAuto:
			tier = tier.Lower(TierSuggest)
		case h.Step:
			tier = tier.Lower(TierApprove)
		default:
			tier = tier.Lower(h.To)
		}
	}
	return tier
}

// HoldKind is what holds decisions back.
type HoldKind string

// The kinds of holds.
const (
	HoldState       HoldKind = "state"       // people paused or retired the pattern
	HoldPin         HoldKind = "pin"         // people set a limit for the pattern
	HoldBreaker     HoldKind = "breaker"     // a breaker has tripped; the key is its kind
	HoldCalibration HoldKind = "calibration" // of such matches too many were wrong
	HoldSwitch      HoldKind = "switch"      // a kill switch is thrown; the key is the switch
	HoldFinal       HoldKind = "final"       // what would be done cannot be undone
	HoldLate        HoldKind = "late"        // the text came long after it was sent
	HoldBooking     HoldKind = "booking"     // nobody has booked
	HoldFinding     HoldKind = "finding"     // something is unusual
	HoldUnasked     HoldKind = "unasked"     // the club does not let it happen unasked
	HoldWords       HoldKind = "words"       // its words lack something
)

// Hold is one thing that lets a decision do no more than a tier, whether or not something else did already.
type Hold struct {
	By  HoldKind `json:"by"`
	Key string   `json:"key,omitempty"`
	To  Tier     `json:"to,omitempty"`
	// Step takes off one tier, whatever it was, in place of To.
	Step bool `json:"step,omitempty"`
}

// ProposalStatus is where a proposal stands.
type ProposalStatus string

// The statuses of a proposal. Only open ones can be claimed, and a claim is one conditional UPDATE.
const (
	ProposalOpen     ProposalStatus = "open"
	ProposalApproved ProposalStatus = "approved" // a person said yes, perhaps with an edited reply
	ProposalRejected ProposalStatus = "rejected"
	ProposalExecuted ProposalStatus = "executed"   // its deadline passed and it was entitled to act
	ProposalExpired  ProposalStatus = "expired"    // its deadline passed and it was not; a person was told
	ProposalStale    ProposalStatus = "superseded" // the matter moved on (new text, hand reply, merge)
)
