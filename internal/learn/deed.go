package learn

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// WrittenDown is what is done where nothing is done about something that was reported.
func WrittenDown() []knowledge.Step { return []knowledge.Step{{Ticket: "{{report}}"}} }

// TeachClosed takes it as a precedent that a person closes a situation: what was done about it by hand, or,
// while it goes on, that nothing is to be done.
func (m *Memory) TeachClosed(ctx context.Context, tx *store.Tx, keys *vault.Tenant, t store.Thread, by club.Actor) error {
	if !by.IsPerson() || t.Provider != club.EventProvider {
		return nil
	}
	list, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: t.ID, Limit: 1})
	if err != nil || len(list) == 0 {
		return err
	}
	o, ok, err := occasionOf(ctx, tx, list[0], nil)
	if err != nil || !ok {
		return err
	}
	o.status = club.ThreadResolved
	Consider(tx, list[0].ID)
	if len(o.deeds) > 0 || o.situation.ClearedAt != nil { // what was done is judged, and taught, when it has ended
		return nil
	}
	return m.teachDeeds(ctx, tx, keys, list[0], o, by)
}

// learnDeeds takes what people did by hand about a situation as a precedent, once it is settled.
func (m *Memory) learnDeeds(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, later []store.Decision) error {
	o, ok, err := occasionOf(ctx, tx, dec, later)
	if err != nil || !ok {
		return err
	}
	did := o.worked()
	if len(did) == 0 || !o.settled(tx.Now) {
		return nil
	}
	by, _ := club.ParseActor(did[len(did)-1].RequestedBy)
	return m.teachDeeds(ctx, tx, keys, dec, o, by)
}

// teachDeeds makes a precedent of what a person did in a situation, or of that they did nothing, where the
// machine knew no answer or would have done something else. The same decision teaches once.
func (m *Memory) teachDeeds(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, o occasion, by club.Actor) error {
	if before, err := hasTaught(ctx, tx, dec.ID); err != nil || before {
		return err
	}
	did := actionsIn(o.worked())
	if learns, err := o.teaches(ctx, tx, dec, did); err != nil || !learns {
		return err
	}
	what, err := pattern.ParseEvent(o.situation.Context)
	if err != nil {
		return err
	}
	if old, err := forgotten(ctx, tx, what, o.worked()); err != nil || old {
		return err
	}
	steps := stepsOf(string(what.Domain), did)
	row, err := m.knownDeed(ctx, tx, keys, what, did)
	if err != nil {
		return err
	}
	if row.ID.IsZero() {
		if row, err = m.found(ctx, tx, keys, by, what.Domain, upper(title(what.Text)), steps, ""); err != nil {
			return err
		}
	}
	return m.precedent(ctx, tx, by, dec, club.Evidence{Text: o.situation.Title}, row)
}

// hasTaught reports whether a person has taught by a decision: a lesson that were founded for it again, because the
// first one was changed or taken out of use, would be one of no situation.
func hasTaught(ctx context.Context, tx *store.Tx, id club.DecisionID) (bool, error) {
	_, err := tx.FindPrecedentOfDecision(ctx, id)
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find precedent: %w", err)
	}
	return true, nil
}

// teaches reports whether there is something to learn from what was done by hand in place of a decision.
func (o occasion) teaches(ctx context.Context, tx *store.Tx, dec store.Decision, did []club.ActionName) (bool, error) {
	var e club.Evidence
	if err := json.Unmarshal([]byte(dec.Evidence), &e); err != nil {
		return false, fmt.Errorf("read evidence: %w", err)
	}
	if e.Rule == RuleNoMatch || e.Rule == RuleLearning {
		return true, nil
	}
	match, err := tx.FindChosenMatch(ctx, dec.ID)
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find match: %w", err)
	}
	switch prop, err := tx.FindProposalOfDecision(ctx, dec.ID); {
	case err == nil && (prop.Status == club.ProposalApproved || prop.Status == club.ProposalExecuted):
		return false, nil
	case err != nil && !missing(err):
		return false, fmt.Errorf("find proposal: %w", err)
	}
	planned, err := actionsOf(dec)
	if err != nil || sameActions(planned, did) {
		return false, err
	}
	if len(planned) > 0 {
		return true, nil
	}
	return isLesson(ctx, tx, match.PatternID) // a procedure without acts leaves them to people
}

// sameCircumstances names what reports are about that people treat alike: an event of that code, of a device of
// that kind, of one bay or of several.
func sameCircumstances(e pattern.Event) string {
	return strings.Join([]string{e.Tags["code"], e.Tags["device"], e.Tags["extent"]}, " ")
}

// forgetDeeds has what people did by hand in some situations teach no more, because what was learned from it has
// been deleted. What they do later may teach anew.
func forgetDeeds(ctx context.Context, tx *store.Tx, list []store.Precedent) error {
	done := map[string]bool{}
	for _, p := range list {
		if p.Context == noContext {
			continue
		}
		e, err := pattern.ParseEvent(p.Context)
		if err != nil {
			return err
		}
		about := sameCircumstances(e)
		if done[about] {
			continue
		}
		done[about] = true
		if err := tx.ForgetDeed(ctx, store.ForgetDeedParams{Circumstances: about, At: tx.Now}); err != nil {
			return fmt.Errorf("forget what was done by hand: %w", err)
		}
	}
	return nil
}

// forgotten reports whether what was learned in such circumstances has been deleted since the last of some acts.
func forgotten(ctx context.Context, tx *store.Tx, what pattern.Event, did []store.Execution) (bool, error) {
	if len(did) == 0 { // it is closed at this moment
		return false, nil
	}
	at, err := tx.FindForgottenDeed(ctx, sameCircumstances(what))
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find what was deleted: %w", err)
	}
	return !did[len(did)-1].CreatedAt.After(at), nil
}

// knownDeed looks for a lesson that does the same in the same circumstances.
func (m *Memory) knownDeed(ctx context.Context, tx *store.Tx, keys *vault.Tenant, what pattern.Event, did []club.ActionName) (store.DecisionPattern, error) {
	all, err := m.Learned(ctx, tx, keys)
	if err != nil {
		return store.DecisionPattern{}, err
	}
	same := map[club.PatternID]store.DecisionPattern{}
	for _, l := range all.List {
		if p := l.Pattern; p.State == StateActive && p.Domain == string(what.Domain) && sameActions(l.Actions(), did) {
			same[p.ID] = p
		}
	}
	for i := len(all.Precedents) - 1; i >= 0; i-- { // the newest come last
		s := all.Precedents[i]
		row, ok := same[s.Pattern]
		if !ok || s.Event == "" {
			continue
		}
		e, err := pattern.ParseEvent(s.Event)
		if err != nil {
			return row, err
		}
		if sameCircumstances(e) == sameCircumstances(what) {
			return row, nil
		}
	}
	return store.DecisionPattern{}, nil
}

// upper begins a title with a capital.
func upper(s string) string {
	s = strings.TrimSpace(s)
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
