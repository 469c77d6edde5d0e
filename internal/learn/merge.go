package learn

import (
	"context"
	"fmt"
	"slices"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/pattern/reliability"
	"clubos/internal/phrase"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Merge makes one pattern of two that people taught: the situations of c.Pattern become situations of
// another one, whose words and actions stay. Its record counts for the other one only where both do
// exactly the same. Whatever stops either of them stops the one that stays. It returns the pattern that stays.
func (m *Memory) Merge(ctx context.Context, tx *store.Tx, keys *vault.Tenant, c Change, onto club.PatternID) (store.DecisionPattern, error) {
	row, err := m.open(ctx, tx, c)
	if err != nil {
		return row, err
	}
	into, err := tx.FindPattern(ctx, onto)
	switch {
	case missing(err):
		return into, club.NotFound("there is no pattern to merge it into")
	case err != nil:
		return into, fmt.Errorf("find pattern: %w", err)
	case into.ID == row.ID:
		return into, club.Invalid("a pattern cannot be merged into itself")
	case !row.SOPID.IsZero() || !into.SOPID.IsZero():
		return into, club.Invalid("only patterns that people taught can be merged; a SOP's situations are its triggers")
	case into.Domain != row.Domain: // a report knows no member to write to, and a text no report to write down
		return into, club.Invalid("only patterns about the same can be merged: texts, devices, doors or bookings")
	case into.State == StateMerged || into.State == StateRetired:
		return into, club.Conflict("the other pattern is %s", into.State)
	case row.State == StateRetired: // its situations are followed no more, and would be again
		return into, club.Conflict("this pattern is retired; resume it before its situations become another one's")
	}
	for _, id := range slices.Sorted(slices.Values([]club.PatternID{row.ID, into.ID})) { // in the order in which outcomes lock them
		if _, err := m.lockBreaker(ctx, tx, scope{BreakerPattern, id.String()}); err != nil {
			return into, err
		}
	}
	same, err := m.moveRecord(ctx, tx, keys, row, into)
	if err != nil {
		return into, err
	}
	moved, err := tx.MovePrecedents(ctx, store.MovePrecedentsParams{PatternID: row.ID, Onto: into.ID})
	if err != nil {
		return into, fmt.Errorf("move precedents: %w", err)
	}
	before := row
	row.State, row.MergedInto = StateMerged, into.ID
	if err := m.save(ctx, tx, row); err != nil {
		return into, err
	}
	if err := note(ctx, tx, c, "pattern.merged", before, row, map[string]any{"precedents": moved, "same_plan": same}); err != nil {
		return into, err
	}
	if into, err = m.stopAlike(ctx, tx, c, before, into); err != nil {
		return into, err
	}
	if err := m.releaseBreaker(ctx, tx, row.ID); err != nil {
		return into, err
	}
	tx.Changed(Topic, into.ID.String())
	if !same {
		return into, nil
	}
	return m.settleMerged(ctx, tx, into)
}

// settleMerged gives a pattern the tier that its record has earned with that of another one.
func (m *Memory) settleMerged(ctx context.Context, tx *store.Tx, into store.DecisionPattern) (store.DecisionPattern, error) {
	digest, err := digestOf(into)
	if err != nil {
		return into, err
	}
	if err := m.settleTier(ctx, tx, into, digest); err != nil {
		return into, err
	}
	row, err := tx.FindPattern(ctx, into.ID)
	if err != nil {
		return into, fmt.Errorf("find pattern: %w", err)
	}
	return row, nil
}

// moveRecord adds a pattern's record to another one's if both do the same, and reports whether they do.
func (m *Memory) moveRecord(ctx context.Context, tx *store.Tx, keys *vault.Tenant, from, onto store.DecisionPattern) (bool, error) {
	a, err := LessonOf(keys, from)
	if err != nil {
		return false, err
	}
	b, err := LessonOf(keys, onto)
	if err != nil {
		return false, err
	}
	if a.Reply != b.Reply || !slices.Equal(a.Actions(), b.Actions()) {
		return false, nil
	}
	digest, err := digestOf(from)
	if err != nil {
		return false, err
	}
	target, err := digestOf(onto)
	if err != nil {
		return false, err
	}
	if err := tx.ForgetWeighed(ctx, store.ForgetWeighedParams{PatternID: from.ID, Plan: digest, Onto: onto.ID}); err != nil {
		return false, fmt.Errorf("forget what was weighed: %w", err)
	}
	if err := tx.MoveMatches(ctx, store.MoveMatchesParams{PatternID: from.ID, Plan: digest, Onto: onto.ID, OntoPlan: target}); err != nil {
		return false, fmt.Errorf("move matches: %w", err)
	}
	if err := tx.MoveOutcomes(ctx, store.MoveOutcomesParams{PatternID: from.ID, Plan: digest, Epoch: from.Epoch, Onto: onto.ID, OntoPlan: target, OntoEpoch: onto.Epoch}); err != nil {
		return false, fmt.Errorf("move outcomes: %w", err)
	}
	if err := recount(ctx, tx, from.ID, digest, from.Epoch); err != nil {
		return false, err
	}
	return true, recount(ctx, tx, onto.ID, target, onto.Epoch)
}

// recount makes the tallies of a plan afresh from its outcomes.
func recount(ctx context.Context, tx *store.Tx, id club.PatternID, plan string, epoch int64) error {
	list, err := tx.FindOutcomesOfPlan(ctx, store.FindOutcomesOfPlanParams{PatternID: id, Plan: plan, Epoch: epoch})
	if err != nil {
		return fmt.Errorf("find outcomes: %w", err)
	}
	var record reliability.Record
	for _, o := range list {
		record, _ = record.Add(OutcomeOf(o))
	}
	if err := tx.DeleteTallies(ctx, store.DeleteTalliesParams{PatternID: id, Plan: plan, Epoch: epoch}); err != nil {
		return fmt.Errorf("delete tallies: %w", err)
	}
	for _, t := range record {
		if err := putTally(ctx, tx, id, plan, epoch, t); err != nil {
			return err
		}
	}
	return nil
}

// OutcomeOf is a stored outcome as the record counts it.
func OutcomeOf(o store.PatternOutcome) reliability.Outcome {
	return reliability.Outcome{Source: reliability.Source(o.Source), Person: o.Person, At: o.At, Match: o.Probability, Place: reliability.Place{Location: o.LocationID.String(), Bay: o.BayID.String()}}
}

// Split makes a pattern of its own of some situations of one that people taught. It says and does the
// same until somebody corrects it; what came of its situations goes with them. It returns the new
// pattern.
func (m *Memory) Split(ctx context.Context, tx *store.Tx, keys *vault.Tenant, c Change, title string, chosen []club.PrecedentID) (store.DecisionPattern, error) {
	row, err := m.open(ctx, tx, c)
	if err != nil {
		return row, err
	}
	if !row.SOPID.IsZero() {
		return row, club.Invalid("only what people taught can be split; a SOP's situations are its triggers")
	}
	lesson, err := LessonOf(keys, row)
	if err != nil {
		return row, err
	}
	to := Correction{Title: title, Words: lesson.Reply, Actions: lesson.Actions()}
	if err := to.clean(row.Domain); err != nil {
		return row, err
	}
	list, err := m.chosen(ctx, tx, row, chosen)
	if err != nil {
		return row, err
	}
	part := store.DecisionPattern{ID: club.NewPatternID(tx.Now), Domain: row.Domain}
	if err := fill(keys, &part, to.Words, stepsOf(part.Domain, to.Actions)); err != nil {
		return row, err
	}
	if _, err := tx.CreatePattern(ctx, store.CreatePatternParams{ID: part.ID, Domain: part.Domain, Title: to.Title, Steps: part.Steps, Reply: part.Reply, Earned: club.TierEscalate,
		CreatedBy: c.By.Actor.String(), Now: tx.Now}); err != nil {
		return row, fmt.Errorf("create pattern: %w", err)
	}
	if part, err = tx.FindPattern(ctx, part.ID); err != nil {
		return row, fmt.Errorf("find pattern: %w", err)
	}
	if part, err = m.stopAlike(ctx, tx, c, row, part); err != nil {
		return row, err
	}
	for _, p := range list {
		if err := m.movePrecedent(ctx, tx, p, row, part); err != nil {
			return row, err
		}
	}
	if err := m.touch(ctx, tx, c, "pattern.split", row, map[string]any{"into": part.ID, "precedents": len(list)}); err != nil {
		return row, err
	}
	if err := audit.Write(ctx, tx, audit.Entry{Actor: c.By.Actor, Action: "pattern.learned", Object: part.ID.String(), Detail: map[string]any{"from": row.ID, "precedents": len(list)}}); err != nil {
		return row, err
	}
	tx.Changed(Topic, part.ID.String())
	part, err = tx.FindPattern(ctx, part.ID) // outcomes may have moved its tier
	if err != nil {
		return row, fmt.Errorf("find pattern: %w", err)
	}
	return part, nil
}

// chosen finds the precedents that are to leave a pattern; at least one stays.
func (m *Memory) chosen(ctx context.Context, tx *store.Tx, row store.DecisionPattern, ids []club.PrecedentID) ([]store.Precedent, error) {
	list, err := tx.FindPrecedentsOfPattern(ctx, store.FindPrecedentsOfPatternParams{PatternID: row.ID, Limit: MaxPrecedents})
	if err != nil {
		return nil, fmt.Errorf("find precedents: %w", err)
	}
	all := len(list)
	list = slices.DeleteFunc(list, func(p store.Precedent) bool { return !slices.Contains(ids, p.ID) })
	switch {
	case len(list) == 0:
		return nil, club.Invalid("choose the situations that are to be a pattern of their own")
	case len(list) == all:
		return nil, club.Invalid("leave at least one situation where it is; correct the pattern to change all of it")
	}
	return list, nil
}

// movePrecedent moves a situation and what came of it to another pattern.
func (m *Memory) movePrecedent(ctx context.Context, tx *store.Tx, p store.Precedent, from, onto store.DecisionPattern) error {
	dec, o, err := m.takeBack(ctx, tx, p, from)
	if err != nil {
		return err
	}
	if err := tx.MovePrecedent(ctx, store.MovePrecedentParams{ID: p.ID, PatternID: onto.ID}); err != nil {
		return fmt.Errorf("move precedent: %w", err)
	}
	if o.source == "" {
		return nil
	}
	if err := tx.DeleteTaughtMatch(ctx, store.DeleteTaughtMatchParams{DecisionID: dec.ID, PatternID: from.ID}); err != nil {
		return fmt.Errorf("forget lesson: %w", err)
	}
	digest, err := digestOf(onto)
	if err != nil {
		return err
	}
	if err := tx.TeachMatch(ctx, store.TeachMatchParams{DecisionID: dec.ID, PatternID: onto.ID, Plan: digest, At: tx.Now}); err != nil {
		return fmt.Errorf("store lesson: %w", err)
	}
	row, _, err := m.count(ctx, tx, dec, store.PatternMatch{PatternID: onto.ID, Plan: digest}, store.PatternOutcome{}, o)
	if err != nil {
		return err
	}
	return m.settleTier(ctx, tx, row, digest)
}

// Forget deletes a situation: it no longer trains, and what a person decided in it counts no more. What people
// did by hand before does not teach it again.
func (m *Memory) Forget(ctx context.Context, tx *store.Tx, c Change, id club.PrecedentID) (store.DecisionPattern, error) {
	row, err := m.open(ctx, tx, c)
	if err != nil {
		return row, err
	}
	p, err := tx.FindPrecedent(ctx, id)
	if missing(err) || err == nil && p.PatternID != row.ID {
		return row, club.NotFound("there is no such situation in this pattern")
	}
	if err != nil {
		return row, fmt.Errorf("find precedent: %w", err)
	}
	if _, _, err := m.takeBack(ctx, tx, p, row); err != nil {
		return row, err
	}
	if _, err := tx.DeletePrecedent(ctx, p.ID); err != nil {
		return row, fmt.Errorf("delete precedent: %w", err)
	}
	if err := forgetDeeds(ctx, tx, []store.Precedent{p}); err != nil {
		return row, err
	}
	if err := m.touch(ctx, tx, c, "precedent.forgotten", row, map[string]any{"precedent": p.ID, "text": phrase.Mask(p.Text)}); err != nil {
		return row, err
	}
	row, err = tx.FindPattern(ctx, row.ID)
	if err != nil {
		return row, fmt.Errorf("find pattern: %w", err)
	}
	return row, nil
}

// takeBack takes the outcome of a taught decision out of the pattern's record and returns it; an empty
// source when there was none.
func (m *Memory) takeBack(ctx context.Context, tx *store.Tx, p store.Precedent, row store.DecisionPattern) (store.Decision, outcome, error) {
	if p.DecisionID.IsZero() {
		return store.Decision{}, outcome{}, nil
	}
	before, err := tx.FindOutcome(ctx, store.FindOutcomeParams{DecisionID: p.DecisionID, PatternID: row.ID})
	if missing(err) {
		return store.Decision{}, outcome{}, nil
	}
	if err != nil {
		return store.Decision{}, outcome{}, fmt.Errorf("find outcome: %w", err)
	}
	dec, err := tx.FindDecision(ctx, p.DecisionID)
	if err != nil {
		return dec, outcome{}, fmt.Errorf("find decision: %w", err)
	}
	if _, err := m.lockBreaker(ctx, tx, scope{BreakerPattern, row.ID.String()}); err != nil {
		return dec, outcome{}, err
	}
	match := store.PatternMatch{PatternID: row.ID, Plan: before.Plan}
	list, err := tx.FindMatches(ctx, dec.ID)
	if err != nil {
		return dec, outcome{}, fmt.Errorf("find matches: %w", err)
	}
	for _, m := range list { // what counted for lessons together as well is taken out there, too
		match.Young = match.Young || m.PatternID == row.ID && m.Young
	}
	was, _, err := m.count(ctx, tx, dec, match, before, outcome{})
	if err != nil {
		return dec, outcome{}, err
	}
	return dec, outcome{reliability.Source(before.Source), before.Person}, m.settleTier(ctx, tx, was, before.Plan)
}

// touch notes an act that changed what belongs to a pattern, and gives it its next version.
func (m *Memory) touch(ctx context.Context, tx *store.Tx, c Change, action string, before store.DecisionPattern, more map[string]any) error {
	row, err := tx.FindPattern(ctx, before.ID) // outcomes may have moved its tier meanwhile
	if err != nil {
		return fmt.Errorf("find pattern: %w", err)
	}
	if err := m.save(ctx, tx, row); err != nil {
		return err
	}
	return note(ctx, tx, c, action, before, row, more)
}
