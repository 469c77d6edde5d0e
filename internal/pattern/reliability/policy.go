package reliability

import "clubos/internal/club"

// Policy is what a claim must satisfy. The zero value is not usable; see DefaultPolicy.
type Policy struct {
	// Thresholds are the rates of right decisions that the tiers claim.
	Thresholds club.Thresholds
	// Auto, Suggest and Approve are the levels at which the tiers' claims are made: how likely a claim may
	// be wrong.
	Auto, Suggest, Approve float64
	// ProposeOutcomes and ProposePeople are how many outcomes by how many people a decision that was
	// learned needs before it is proposed; ExecutePeople how many before it may act.
	ProposeOutcomes, ProposePeople, ExecutePeople int
	// LabelError is the share of people's judgements that are taken to be mistaken.
	LabelError float64
}

// DefaultPolicy returns the constants and so the whole of what may be tuned:
//
//	Thresholds       0.95, 0.75, 0.50   the tiers of the product
//	Auto             0.05               one claim in twenty may be wrong where nobody looks
//	Suggest          0.10               somebody can still object
//	Approve          0.25               somebody must agree, every time
//	ProposeOutcomes  3                  fewer are an anecdote
//	ProposePeople    1                  a person looks at every proposal
//	ExecutePeople    2                  nobody lifts a decision alone
//	LabelError       0.05               people are wrong now and then
func DefaultPolicy() Policy {
	return Policy{Thresholds: club.DefaultThresholds(), Auto: 0.05, Suggest: 0.10, Approve: 0.25,
		ProposeOutcomes: 3, ProposePeople: 1, ExecutePeople: 2, LabelError: 0.05}
}

// share is how the level of a claim to act is divided among the records that may support it, so that
// taking the best of them is paid for. Most goes to the club's record of the decision, which is there first.
var share = map[club.Tier]map[Level]float64{
	club.TierAuto:    {LevelClub: 0.8, LevelLocation: 0.1, LevelBay: 0.1},
	club.TierSuggest: {LevelClub: 0.7, LevelLocation: 0.1, LevelBay: 0.1, LevelLessons: 0.1},
}

// against is how the level is divided where records may refute a claim: what other lessons have proved refutes nothing.
var against = share[club.TierAuto]

// alpha is the level at which one record must support the claim of a tier. Where a person looks at
// every decision, the claim only orders what they see, and nothing is divided.
func (p Policy) alpha(t club.Tier, l Level) float64 {
	if t == club.TierApprove {
		return p.level(t)
	}
	return p.level(t) * share[t][l]
}

// level is how likely the claim of a tier may be wrong.
func (p Policy) level(t club.Tier) float64 {
	switch t {
	case club.TierAuto:
		return p.Auto
	case club.TierSuggest:
		return p.Suggest
	case club.TierApprove:
		return p.Approve
	}
	return 0
}

func (p Policy) threshold(t club.Tier) float64 {
	switch t {
	case club.TierAuto:
		return p.Thresholds.High
	case club.TierSuggest:
		return p.Thresholds.Medium
	case club.TierApprove:
		return p.Thresholds.Low
	}
	return 0
}
