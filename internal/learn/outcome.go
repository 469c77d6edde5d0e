package learn

import (
	"context"
	"fmt"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// outcome is what came of a decision, as judged.
type outcome struct {
	source reliability.Source // "": nothing is known yet
	person string
}

// record stores a decision's outcome, moves the tallies and the breakers by it, and says so where a
// tier was won or lost.
func (m *Memory) record(ctx context.Context, tx *store.Tx, dec store.Decision, match store.PatternMatch, o outcome) error {
	before, err := tx.FindOutcome(ctx, store.FindOutcomeParams{DecisionID: dec.ID, PatternID: match.PatternID})
	known := err == nil
	if err != nil && !missing(err) {
		return fmt.Errorf("find outcome: %w", err)
	}
	if o.source == "" && !known || known && before.Source == string(o.source) && before.Person == o.person {
		return nil
	}
	actions, err := actionsOf(dec)
	if err != nil {
		return err
	}
	scopes := scopesOf(match.PatternID, actions)
	for _, s := range scopes { // in one order everywhere; held until the end
		if err := tx.LockBreaker(ctx, store.LockBreakerParams{Kind: s.kind, Scope: s.id, Now: tx.Now}); err != nil {
			return fmt.Errorf("lock breaker: %w", err)
		}
	}
	row, epoch, err := m.count(ctx, tx, dec, match, before, o)
	if err != nil {
		return err
	}
	if err := m.watch(ctx, tx, dec, match, &row, scopes, before, o, epoch); err != nil {
		return err
	}
	tx.Changed(Topic, row.ID.String())
	return m.settleTier(ctx, tx, row, match.Plan)
}

// count puts an outcome in the place of the one before (zero: there was none) and returns the pattern
// and the epoch that it counts in.
func (m *Memory) count(ctx context.Context, tx *store.Tx, dec store.Decision, match store.PatternMatch, before store.PatternOutcome, o outcome) (store.DecisionPattern, int64, error) {
	row, err := tx.FindPattern(ctx, match.PatternID)
	if err != nil {
		return row, 0, fmt.Errorf("find pattern: %w", err)
	}
	epoch := row.Epoch
	if !before.DecisionID.IsZero() {
		epoch = before.Epoch
	}
	actions, err := actionsOf(dec)
	if err != nil {
		return row, 0, err
	}
	first := firstOf(actions)
	record, err := recordIn(ctx, tx, match.PatternID, match.Plan, epoch)
	if err != nil {
		return row, 0, err
	}
	for _, t := range moved(record, dec, match, before, o) {
		if err := putTally(ctx, tx, match.PatternID, match.Plan, epoch, t); err != nil {
			return row, 0, err
		}
	}
	if match.Young {
		together, err := togetherOf(ctx, tx, lessonKind{row.Domain, first})
		if err != nil {
			return row, 0, err
		}
		for _, t := range moved(together, dec, match, before, o) {
			if err := putLessonTally(ctx, tx, lessonKind{row.Domain, first}, t); err != nil {
				return row, 0, err
			}
		}
	}
	if err := tx.PutOutcome(ctx, store.PutOutcomeParams{DecisionID: dec.ID, PatternID: match.PatternID, Plan: match.Plan, Epoch: epoch, Source: string(o.source), Person: o.person,
		LocationID: dec.LocationID, BayID: dec.BayID, Action: first, Probability: matchOf(match), At: dec.CreatedAt, UpdatedAt: tx.Now}); err != nil {
		return row, 0, fmt.Errorf("store outcome: %w", err)
	}
	return row, epoch, nil
}

// moved takes the earlier outcome of a decision (zero: there was none) out of a record, counts the present one in,
// and returns the tallies that changed.
func moved(record reliability.Record, dec store.Decision, match store.PatternMatch, before store.PatternOutcome, o outcome) (changed []reliability.Tally) {
	place := reliability.Place{Location: dec.LocationID.String(), Bay: dec.BayID.String()}
	if before.Source != "" {
		changed = append(changed, record.Remove(reliability.Outcome{Source: reliability.Source(before.Source), Person: before.Person, Place: place, At: dec.CreatedAt, Match: before.Probability}))
	}
	if o.source != "" {
		_, t := record.Add(reliability.Outcome{Source: o.source, Person: o.person, Place: place, At: dec.CreatedAt, Match: matchOf(match)})
		changed = append(changed, t)
	}
	return changed
}

// matchOf is how probable it was that the situation of a decision was the pattern's. Where a person has taken the
// decision, that is certain.
func matchOf(m store.PatternMatch) float64 {
	if m.Role == RoleChosen && m.Probability > 0 {
		return m.Probability
	}
	return 1
}

func putTally(ctx context.Context, tx *store.Tx, id club.PatternID, plan string, epoch int64, t reliability.Tally) error {
	if err := tx.PutTally(ctx, store.PutTallyParams{PatternID: id, Plan: plan, Epoch: epoch, Person: t.Person, Location: t.Place.Location, Bay: t.Place.Bay,
		Successes: t.Successes, Failures: t.Failures, Expected: t.Expected, Seen: t.Seen, Outcomes: int64(t.Outcomes), At: t.At}); err != nil {
		return fmt.Errorf("store tally: %w", err)
	}
	return nil
}

// settleTier notes in the record of changes when a pattern's plan has earned or lost a tier. A pattern
// shows the tier of what it usually does: each of a procedure's plans has a record of its own, by which it
// is judged when it is decided on.
func (m *Memory) settleTier(ctx context.Context, tx *store.Tx, row store.DecisionPattern, digest string) error {
	usual, err := tx.FindUsualPlan(ctx, row.ID)
	if err != nil && !missing(err) {
		return fmt.Errorf("find usual plan: %w", err)
	}
	if err == nil && !row.SOPID.IsZero() && usual.Plan != digest {
		return nil
	}
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return err
	}
	policy, learned := PolicyOf(s), row.SOPID.IsZero()
	record, err := recordOf(ctx, tx, row, digest)
	if err != nil {
		return err
	}
	prior, err := PriorOf(ctx, tx, learned, row, policy)
	if err != nil {
		return err
	}
	assessment := record.Assess(reliability.Place{}, tx.Now, prior, policy)
	earned := policy.Thresholds.Tier(assessment.Confidence(1, policy, learned))
	if earned == row.Earned {
		return nil
	}
	action := "pattern.promoted"
	if earned.Lower(row.Earned) == earned {
		action = "pattern.demoted"
	}
	from := row.Earned
	row.Earned = earned
	if err := m.save(ctx, tx, row); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Actor: machine, Action: action, Object: row.ID.String(), Detail: map[string]any{
		"from": from, "to": earned, "outcomes": assessment.Outcomes, "people": assessment.People, "bound": assessment.Auto, "plan": digest}})
}

// save stores a pattern that was read in this transaction.
func (m *Memory) save(ctx context.Context, tx *store.Tx, row store.DecisionPattern) error {
	n, err := tx.UpdatePattern(ctx, store.UpdatePatternParams{ID: row.ID, Version: row.Version, Title: row.Title, Steps: row.Steps, Reply: row.Reply, State: row.State, Ceiling: row.Ceiling,
		Epoch: row.Epoch, Earned: row.Earned, MergedInto: row.MergedInto, UpdatedAt: tx.Now})
	if err != nil {
		return fmt.Errorf("store pattern: %w", err)
	}
	if n == 0 {
		return club.Conflict("somebody changed this pattern in the meantime; look again")
	}
	return nil
}
