package learn

import (
	"context"
	"fmt"
	"slices"

	"clubos/internal/club"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Story is what a decision can show for itself at this moment: what came of the like before, what it may
// claim from that at its place, and what it takes to go further.
type Story struct {
	Pattern  club.PatternID
	Outcomes int // of exactly what it would do
	Good     int
	People   int // who stand behind it
	// Last is the newest of the outcomes that the reader may see; nil: none.
	Last       *store.PatternOutcome
	Tier       club.Tier // that it has earned here
	Confidence float64
	Bound      float64           // what the record proves for acting alone; 0: nothing
	Next       *reliability.Next // nil: it is at the top
}

// Story tells what a stored decision rests on; false where it follows nothing known. The reader sees what
// belongs to the locations that sees admits.
func (m *Memory) Story(ctx context.Context, tx *store.Tx, s setting.Settings, dec store.Decision, sees func(club.LocationID) bool) (Story, bool, error) {
	match, err := tx.FindChosenMatch(ctx, dec.ID)
	if missing(err) {
		return Story{}, false, nil
	}
	if err != nil {
		return Story{}, false, fmt.Errorf("find match: %w", err)
	}
	row, err := tx.FindPattern(ctx, match.PatternID)
	if err != nil {
		return Story{}, false, fmt.Errorf("find pattern: %w", err)
	}
	plan := Plan{SOP: row.SOPID, Pattern: row.ID, Title: row.Title, Digest: match.Plan}
	if plan.Actions, err = actionsOf(dec); err != nil {
		return Story{}, false, err
	}
	at, err := m.Standing(ctx, tx, s, plan, reliability.Place{Location: dec.LocationID.String(), Bay: dec.BayID.String()}, match.Probability)
	if err != nil {
		return Story{}, false, err
	}
	out := Story{Pattern: row.ID, People: at.Assessment.People, Tier: s.Thresholds.Tier(at.Confidence), Confidence: at.Confidence, Bound: at.Assessment.Auto}
	if next, ok := at.Next(tx.Now); ok {
		out.Next = &next
	}
	list, err := tx.FindOutcomesOfPlan(ctx, store.FindOutcomesOfPlanParams{PatternID: row.ID, Plan: match.Plan, Epoch: row.Epoch})
	if err != nil {
		return Story{}, false, fmt.Errorf("find outcomes: %w", err)
	}
	for _, o := range slices.Backward(list) {
		if o.Source == "" || o.DecisionID == dec.ID {
			continue
		}
		out.Outcomes++
		if reliability.Source(o.Source).Good() {
			out.Good++
		}
		if out.Last == nil && sees(o.LocationID) {
			out.Last = &o
		}
	}
	return out, true, nil
}
