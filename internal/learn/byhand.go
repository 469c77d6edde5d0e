package learn

import (
	"context"
	"fmt"
	"slices"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/store"
)

// asProcedure finds the procedure that a person has followed by hand: the likeliest of those that were weighed
// which does exactly what was done. The situation is then one of the procedure's. A lesson of its own would
// compete with the procedure for every text of the matter, and make both uncertain.
func asProcedure(ctx context.Context, tx *store.Tx, e club.Evidence, steps []knowledge.Step, words string) (store.DecisionPattern, error) {
	if len(steps) == 0 || words == "" { // what was done about a report alone asks for no words
		return store.DecisionPattern{}, nil
	}
	for _, c := range e.Candidates {
		if c.SOP.IsZero() {
			continue
		}
		actions, err := knowledge.LiveActions(ctx, tx, c.SOP)
		if err != nil {
			return store.DecisionPattern{}, err
		}
		if !slices.EqualFunc(actions, steps, func(a club.ActionName, s knowledge.Step) bool { return a == s.Action }) {
			continue
		}
		row, err := tx.FindPatternOfSOP(ctx, c.SOP)
		if err != nil && !missing(err) {
			return row, fmt.Errorf("find pattern: %w", err)
		}
		if err == nil && row.State == StateActive { // one without a pattern has done nothing yet
			return row, nil
		}
	}
	return store.DecisionPattern{}, nil
}
