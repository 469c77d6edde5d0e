package learn

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/pattern"
	"clubos/internal/pattern/reliability"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// Rules of decisions that people must take, and so teach.
const (
	RuleNoMatch  = "no match" // nothing known was like the text
	RuleLearning = "learning" // a lesson was, but it has not had enough outcomes
)

// Reply is a person's own answer in a thread.
type Reply struct {
	Thread store.Thread
	By     club.Actor
	Words  string
}

// Teach takes a person's own answer as a precedent, where the machine knew no answer or gave another
// one: the situation as it was masked, what the person did, and the words with the member's name, the
// bay and the place taken out. Words that still hold a number, an address or a code are for this one
// member and teach nothing. The same decision teaches once.
func (m *Memory) Teach(ctx context.Context, tx *store.Tx, keys *vault.Tenant, r Reply) error {
	if !r.By.IsPerson() {
		return nil
	}
	dec, evidence, err := m.unanswered(ctx, tx, keys, r)
	if err != nil || dec.ID.IsZero() {
		return err
	}
	person, err := people.Find(ctx, tx, keys, dec.SubjectID)
	if err != nil {
		return err
	}
	values, err := m.cfg.Values(ctx, tx, keys, dec)
	if err != nil {
		return err
	}
	if r.Thread.Provider != club.EventProvider { // in an answer, a time is seldom that of the booking
		delete(values, "booking_start")
		delete(values, "booking_end")
	}
	words, ok := generalise(r.Words, values, person.Names())
	if !ok {
		return nil
	}
	steps, err := m.taughtSteps(ctx, tx, r.Thread, dec)
	if err != nil {
		return err
	}
	return m.teach(ctx, tx, keys, r.By, dec, evidence, steps, words)
}

// teach adds a person's answer to the lesson that answers alike, or makes one of it.
func (m *Memory) teach(ctx context.Context, tx *store.Tx, keys *vault.Tenant, by club.Actor, dec store.Decision, e club.Evidence, steps []knowledge.Step, words string) error {
	about, err := aboutOf(ctx, tx, dec, e)
	if err != nil {
		return err
	}
	row, err := asProcedure(ctx, tx, e, steps, words)
	if err == nil && row.ID.IsZero() {
		row, err = m.known(ctx, tx, keys, dec, about.domain, steps, words)
	}
	if err != nil {
		return err
	}
	if row.ID.IsZero() {
		if row, err = m.found(ctx, tx, keys, by, about.domain, about.title, steps, words); err != nil {
			return err
		}
	}
	return m.precedent(ctx, tx, by, dec, e, row)
}

// about is what a decision was on: the domain of a lesson about it, and its name.
type about struct {
	domain pattern.Domain
	title  string
}

// aboutOf tells what somebody wrote from what was reported.
func aboutOf(ctx context.Context, tx *store.Tx, dec store.Decision, e club.Evidence) (about, error) {
	context, err := circumstances(ctx, tx, dec)
	if err != nil || context == noContext {
		return about{pattern.DomainDecision, title(e.Text)}, err
	}
	what, err := pattern.ParseEvent(context)
	return about{what.Domain, upper(title(what.Text))}, err
}

// unanswered returns the decision that a person's answer stands for: the thread's newest, if it
// belongs to the present matter and nothing known fitted, if it leaves it to people whether anybody is told of
// what was reported, or if the person has answered otherwise. A zero ID: there is nothing to learn.
func (m *Memory) unanswered(ctx context.Context, tx *store.Tx, keys *vault.Tenant, r Reply) (dec store.Decision, e club.Evidence, err error) {
	list, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: r.Thread.ID, Limit: 1})
	if err != nil {
		return dec, e, fmt.Errorf("find decision: %w", err)
	}
	if len(list) == 0 || list[0].CreatedAt.Before(r.Thread.EpisodeAt) {
		return dec, e, nil
	}
	if err := json.Unmarshal([]byte(list[0].Evidence), &e); err != nil {
		return dec, e, fmt.Errorf("read evidence: %w", err)
	}
	if strings.TrimSpace(e.Text) == "" {
		return dec, e, nil
	}
	if before, err := hasTaught(ctx, tx, list[0].ID); err != nil || before {
		return dec, e, err
	}
	if e.Rule == RuleNoMatch || e.Rule == RuleLearning {
		return list[0], e, nil
	}
	if silent, err := saysNothing(list[0]); err != nil || silent && r.Thread.Provider == club.EventProvider {
		return list[0], e, err
	}
	other, err := m.otherwise(ctx, tx, keys, list[0], r)
	if err != nil || !other {
		return dec, e, err
	}
	return list[0], e, nil
}

// otherwise reports whether a person who declined a decision, or answered in its place, has said something
// else than it would have.
func (m *Memory) otherwise(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, r Reply) (bool, error) {
	overrides, err := tx.FindOverridesOfDecision(ctx, dec.ID)
	if err != nil {
		return false, fmt.Errorf("find overrides: %w", err)
	}
	declinedLast(overrides)
	for _, o := range overrides {
		switch o.Kind {
		case "replied", "edited":
			source, err := m.substance(ctx, tx, keys, dec, o, nil)
			return source == reliability.SourceCorrected, err
		case "rejected": // what was right instead, the person's answer says
			person, err := people.Find(ctx, tx, keys, dec.SubjectID)
			if err != nil {
				return false, err
			}
			before, err := people.Open(keys, person.Subject, "overrides.before", o.ID.String(), o.Before)
			if err != nil || InCommon(before, r.Words) < sameWords {
				return true, err
			}
			return false, m.asProposed(ctx, tx, keys, person.Subject, dec, o, r)
		}
	}
	return false, nil
}

// asProposed records that a person who declined a decision has then said the same: what people do tells
// more of what was right than the button that they pressed first.
func (m *Memory) asProposed(ctx context.Context, tx *store.Tx, keys *vault.Tenant, s store.Subject, dec store.Decision, declined store.Override, r Reply) error {
	before, err := people.Open(keys, s, "overrides.before", declined.ID.String(), declined.Before)
	if err != nil {
		return err
	}
	id := club.NewOverrideID(tx.Now)
	o := store.CreateOverrideParams{ID: id, DecisionID: dec.ID, ThreadID: dec.ThreadID, Kind: "replied", Reason: "declined, and then said by hand", Actor: r.By.String(), At: tx.Now}
	if o.Before, err = people.Seal(keys, s, "overrides.before", id.String(), before); err != nil {
		return err
	}
	if o.After, err = people.Seal(keys, s, "overrides.after", id.String(), r.Words); err != nil {
		return err
	}
	if err := tx.CreateOverride(ctx, o); err != nil {
		return fmt.Errorf("record override: %w", err)
	}
	Consider(tx, dec.ID)
	return nil
}

// taughtSteps lists what the person had done in the thread since the decision, each action once, with
// what is to happen when one does not work.
func (m *Memory) taughtSteps(ctx context.Context, tx *store.Tx, t store.Thread, dec store.Decision) ([]knowledge.Step, error) {
	list, err := tx.FindExecutionsOfThread(ctx, store.FindExecutionsOfThreadParams{ThreadID: t.ID, Limit: 20})
	if err != nil {
		return nil, fmt.Errorf("find executions: %w", err)
	}
	var out []knowledge.Step
	for _, x := range slices.Backward(list) {
		by, ok := club.ParseActor(x.RequestedBy)
		if !ok || !by.IsPerson() || x.CreatedAt.Before(dec.CreatedAt) || x.Outcome == club.OutcomeRefused || x.Outcome == club.OutcomeFailed {
			continue
		}
		if !slices.ContainsFunc(out, func(s knowledge.Step) bool { return s.Action == x.Action }) {
			out = append(out, knowledge.Step{Action: x.Action})
		}
	}
	return out, nil
}

// known looks for a lesson that answers alike: among what was weighed for the decision, and where nothing
// known was like it, among all. Answers of a club to one question are worded by several people, so that
// every wording would else be a lesson of its own, and none would ever have a record.
func (m *Memory) known(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, domain pattern.Domain, steps []knowledge.Step, words string) (store.DecisionPattern, error) {
	var e club.Evidence
	if err := json.Unmarshal([]byte(dec.Evidence), &e); err != nil {
		return store.DecisionPattern{}, fmt.Errorf("read evidence: %w", err)
	}
	all, err := m.Learned(ctx, tx, keys)
	if err != nil {
		return store.DecisionPattern{}, err
	}
	weighed, err := tx.FindMatches(ctx, dec.ID)
	if err != nil {
		return store.DecisionPattern{}, fmt.Errorf("find matches: %w", err)
	}
	rare := rarityOf(all.List)
	best, likeness := store.DecisionPattern{}, 0.0
	for _, l := range all.List {
		if l.Pattern.State != StateActive || l.Pattern.Domain != string(domain) || !slices.EqualFunc(l.Actions(), steps, func(a club.ActionName, s knowledge.Step) bool { return a == s.Action }) {
			continue
		}
		need := sameAnswer
		if !slices.ContainsFunc(weighed, func(w store.PatternMatch) bool { return w.PatternID == l.Pattern.ID }) {
			if need = sameAnswerAnywhere; e.Rule != RuleNoMatch && domain == pattern.DomainDecision {
				continue
			}
		}
		if alike := rare.alike(l.Reply, words); alike >= need && alike > likeness {
			best, likeness = l.Pattern, alike
		}
	}
	return best, nil
}

// found makes a pattern of an answer that was never given before. Words may be empty where steps say it all.
func (m *Memory) found(ctx context.Context, tx *store.Tx, keys *vault.Tenant, by club.Actor, domain pattern.Domain, title string, steps []knowledge.Step, words string) (store.DecisionPattern, error) {
	row := store.DecisionPattern{ID: club.NewPatternID(tx.Now)}
	if err := fill(keys, &row, words, steps); err != nil {
		return row, err
	}
	if _, err := tx.CreatePattern(ctx, store.CreatePatternParams{ID: row.ID, Domain: string(domain), Title: title, Steps: row.Steps, Reply: row.Reply, Earned: club.TierEscalate, CreatedBy: by.String(), Now: tx.Now}); err != nil {
		return row, fmt.Errorf("create pattern: %w", err)
	}
	if err := audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "pattern.learned", Object: row.ID.String(), Detail: map[string]any{"actions": len(steps)}}); err != nil {
		return row, err
	}
	row, err := tx.FindPattern(ctx, row.ID)
	if err != nil {
		return row, fmt.Errorf("find pattern: %w", err)
	}
	return row, nil
}

// precedent adds the situation of a decision to a pattern, and has the person's decision counted as its
// outcome. A pattern without an id is none of those known: the situation is kept as one that nothing fits.
func (m *Memory) precedent(ctx context.Context, tx *store.Tx, by club.Actor, dec store.Decision, e club.Evidence, row store.DecisionPattern) error {
	reported, err := circumstances(ctx, tx, dec)
	if err != nil {
		return err
	}
	n, err := tx.CreatePrecedent(ctx, store.CreatePrecedentParams{ID: club.NewPrecedentID(tx.Now), PatternID: row.ID, Text: e.Text, Context: reported, DecisionID: dec.ID, ThreadID: dec.ThreadID,
		LocationID: dec.LocationID, BayID: dec.BayID, Actor: by.String(), At: tx.Now})
	if err != nil || n == 0 || row.ID.IsZero() {
		return err
	}
	digest, err := taughtPlan(ctx, tx, row)
	if err != nil || digest == "" {
		return err
	}
	if err := tx.TeachMatch(ctx, store.TeachMatchParams{DecisionID: dec.ID, PatternID: row.ID, Plan: digest, At: tx.Now}); err != nil {
		return fmt.Errorf("store lesson: %w", err)
	}
	Consider(tx, dec.ID)
	tx.Changed(Topic, row.ID.String())
	return considerPeers(ctx, tx, by)
}

// circumstances are those of what was reported, where a decision was on that; noContext of a text.
func circumstances(ctx context.Context, tx *store.Tx, dec store.Decision) (string, error) {
	t, err := thread.Find(ctx, tx, dec.ThreadID)
	if err != nil || t.Provider != club.EventProvider {
		return noContext, err
	}
	list, err := tx.FindSituationsOfThread(ctx, t.ID)
	if err != nil {
		return "", fmt.Errorf("find situation: %w", err)
	}
	for _, s := range list { // newest first
		if !s.OpenedAt.After(dec.CreatedAt) {
			return s.Context, nil
		}
	}
	return noContext, nil
}

// taughtPlan is what a person who names a pattern would have done: what was learned, or what its procedure
// did last; "" for a procedure that has done nothing yet.
func taughtPlan(ctx context.Context, tx *store.Tx, row store.DecisionPattern) (string, error) {
	if row.SOPID.IsZero() {
		return digestOf(row)
	}
	last, err := tx.FindNewestPlan(ctx, row.ID)
	if missing(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("find plan: %w", err)
	}
	return last.Plan, nil
}
