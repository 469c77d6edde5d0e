package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/outbox"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// Reason is why a thread is handed to people.
type Reason struct {
	Text     string          // for people; masked here once more
	Priority *club.Priority  // raises the thread's priority, never lowers it; nil leaves it
	Decision club.DecisionID // that led here; zero when none did
	By       club.Actor      // who hands over; zero is the desk itself
	// TellMember texts the member, once per escalation, that a person was called, or what to do in an
	// emergency.
	TellMember bool
}

// Escalate hands a thread to people: it moves the thread, withdraws its open proposal, opens the
// escalation with what was said and tried, calls people, and sets the time by which somebody must have
// acknowledged it. A thread that is escalated already gets the further reason and the higher priority;
// one that was merged is escalated where it continues. It returns the thread as it is afterwards.
//
// It does not fail because nobody can be called or the member cannot be texted: those are logged, and
// the console shows the thread. Conflict means that t is out of date.
func (d *Desk) Escalate(ctx context.Context, tx *store.Tx, t store.Thread, r Reason) (store.Thread, error) {
	t, err := continued(ctx, tx, t)
	if err != nil {
		return t, err
	}
	if r.By.Kind == "" {
		r.By = self
	}
	names, err := d.names(ctx, tx, t)
	if err != nil {
		return t, err
	}
	r.Text = clip(strings.TrimSpace(phrase.Mask(r.Text, names...)), 500)
	if r.Text == "" {
		r.Text = "a person is needed"
	}
	if r.Priority == nil || *r.Priority == "" || r.Priority.Rank() >= t.Priority.Rank() {
		r.Priority = &t.Priority
	}
	wasOpen := t.Status == club.ThreadEscalated
	move := thread.Move{Event: club.ThreadEscalate, By: r.By, Why: r.Text, Priority: pointer(*r.Priority)}
	if !wasOpen {
		move.AssignedTo = pointer(club.UserID("")) // whoever had it has given it up, or must be called too
	}
	if t, err = thread.Apply(ctx, tx, t, move); err != nil {
		return t, err
	}
	if err := d.withdraw(ctx, tx, t, r.By, "the conversation was escalated"); err != nil {
		return t, err
	}
	e, err := d.openEscalation(ctx, tx, t, r, names, wasOpen)
	if err != nil {
		return t, err
	}
	if r.TellMember {
		if err := d.tellMember(ctx, tx, t, e); err != nil {
			return t, err
		}
	}
	return thread.Find(ctx, tx, t.ID)
}

// continued follows merges to the thread in which a matter goes on.
func continued(ctx context.Context, tx *store.Tx, t store.Thread) (store.Thread, error) {
	for range 10 {
		if t.Status != club.ThreadMerged {
			return t, nil
		}
		next, err := thread.Find(ctx, tx, t.MergedInto)
		if err != nil {
			return t, fmt.Errorf("follow merged thread: %w", err)
		}
		t = next
	}
	return t, fmt.Errorf("BUG: thread %s is merged in a circle", t.ID)
}

// openEscalation opens the thread's escalation, or adds to the one that is not closed.
func (d *Desk) openEscalation(ctx context.Context, tx *store.Tx, t store.Thread, r Reason, names []string, wasOpen bool) (store.Escalation, error) {
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return store.Escalation{}, err
	}
	summary, err := d.summary(ctx, tx, t, names)
	if err != nil {
		return store.Escalation{}, err
	}
	due := tx.Now.Add(s.EscalationSLA[t.Priority])
	e, err := tx.FindUnclosedEscalation(ctx, t.ID)
	switch {
	case err == nil:
		return d.addToEscalation(ctx, tx, t, e, r, summary, due, wasOpen)
	case !missing(err):
		return e, fmt.Errorf("find escalation: %w", err)
	}
	e = store.Escalation{ID: club.NewEscalationID(tx.Now), ThreadID: t.ID, DecisionID: r.Decision, Reason: r.Text, Summary: summary,
		Priority: t.Priority, Status: escalationOpen, DueAt: due, CreatedAt: tx.Now}
	if err := tx.CreateEscalation(ctx, store.CreateEscalationParams{ID: e.ID, ThreadID: e.ThreadID, DecisionID: e.DecisionID, Reason: e.Reason,
		Summary: e.Summary, Priority: e.Priority, DueAt: e.DueAt, CreatedAt: e.CreatedAt}); err != nil {
		return e, fmt.Errorf("open escalation: %w", err)
	}
	if err := record(ctx, tx, r.By, "escalation.opened", e, map[string]any{"reason": r.Text, "priority": e.Priority, "due_at": due}); err != nil {
		return e, err
	}
	schedule(tx, e)
	return e, d.begin(ctx, tx, t, e)
}

// addToEscalation adds a reason. People are called again when the matter has become more pressing, or
// when somebody had taken it and it came back.
func (d *Desk) addToEscalation(ctx context.Context, tx *store.Tx, t store.Thread, e store.Escalation, r Reason, summary string, due time.Time, wasOpen bool) (store.Escalation, error) {
	before := e
	if !strings.Contains(e.Reason, r.Text) {
		e.Reason = clip(e.Reason+"; "+r.Text, 1000)
	}
	e.Summary = summary
	if !r.Decision.IsZero() {
		e.DecisionID = r.Decision
	}
	raised := t.Priority.Rank() < e.Priority.Rank()
	reopened := e.Status != escalationOpen && (!wasOpen || raised)
	e.Priority = t.Priority
	if reopened {
		e.Status, e.Reminders, e.AcknowledgedBy, e.AcknowledgedAt, e.DueAt = escalationOpen, 0, "", nil, due
	} else if raised && due.Before(e.DueAt) {
		e.DueAt = due
	}
	if _, err := tx.UpdateEscalation(ctx, store.UpdateEscalationParams{ID: e.ID, DecisionID: e.DecisionID, Reason: e.Reason, Summary: e.Summary, Priority: e.Priority,
		Status: e.Status, DueAt: e.DueAt, Reminders: e.Reminders, AcknowledgedBy: e.AcknowledgedBy, AcknowledgedAt: e.AcknowledgedAt}); err != nil {
		return e, fmt.Errorf("add to escalation: %w", err)
	}
	if err := record(ctx, tx, r.By, "escalation.extended", e, map[string]any{"reason": r.Text, "priority": e.Priority, "reopened": reopened}); err != nil {
		return e, err
	}
	if !e.DueAt.Equal(before.DueAt) {
		schedule(tx, e)
	}
	if err := d.refresh(ctx, tx, t, e); err != nil {
		return e, err
	}
	if raised || reopened {
		return e, d.begin(ctx, tx, t, e)
	}
	return e, nil
}

// tellMember texts the member that a person was called. One escalation says it once.
func (d *Desk) tellMember(ctx context.Context, tx *store.Tx, t store.Thread, e store.Escalation) error {
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return err
	}
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return err
	}
	text, key := s.EscalatedReply, "escalated:"+e.ID.String()
	if t.Priority == club.PriorityEmergency {
		text, key = s.EmergencyReply, "emergency:"+e.ID.String()
	}
	_, _, err = outbox.Queue(ctx, tx, keys, outbox.Reply{Thread: t, Text: text, Author: club.AuthorMachine, By: self, DedupKey: key})
	// Opted out, or erased: no reason to call nobody.
	if code := club.CodeOf(err); slices.Contains([]club.Code{club.CodeConflict, club.CodeNotFound, club.CodeInvalid}, code) {
		d.cfg.Log.InfoContext(ctx, "member not told that a person was called", "event.action", "desk.tell_member", "organization.id", tx.Tenant.String(),
			"labels.thread", t.ID.String(), "error.code", string(code))
		return nil
	}
	return err
}

// summary is what a person needs to take over: the last texts, what was decided and what was tried.
func (d *Desk) summary(ctx context.Context, tx *store.Tx, t store.Thread, names []string) (string, error) {
	msgs, err := tx.FindMessagesPage(ctx, store.FindMessagesPageParams{ThreadID: t.ID, Size: 8})
	if err != nil {
		return "", fmt.Errorf("find messages: %w", err)
	}
	decisions, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: t.ID, Limit: 3})
	if err != nil {
		return "", fmt.Errorf("find decisions: %w", err)
	}
	tried, err := tx.FindDeskExecutions(ctx, store.FindDeskExecutionsParams{ThreadID: t.ID, Limit: 5})
	if err != nil {
		return "", fmt.Errorf("find executions: %w", err)
	}
	var lines []string
	for i := len(msgs) - 1; i >= 0; i-- {
		if m := msgs[i]; m.Direction != club.DirectionNote {
			lines = append(lines, fmt.Sprintf("%s: %s", m.Author, clip(m.Masked, 300)))
		}
	}
	for i := len(decisions) - 1; i >= 0; i-- {
		if c := decisions[i]; !c.CreatedAt.Before(t.EpisodeAt) {
			lines = append(lines, decided(c))
		}
	}
	for i := len(tried) - 1; i >= 0; i-- {
		x := tried[i]
		if x.CreatedAt.Before(t.EpisodeAt) {
			continue
		}
		line := fmt.Sprintf("tried: %s – %s", strings.ReplaceAll(string(x.Action), "_", " "), x.Outcome)
		if x.Detail != "" {
			line += ": " + clip(x.Detail, 200)
		}
		lines = append(lines, line)
	}
	return clip(phrase.Mask(strings.Join(lines, "\n"), names...), 3000), nil
}

// decided says a decision to whoever takes over. Of one that went to a person it says why; how sure the
// machine was is of use only where it thought that it knew.
func decided(c store.Decision) string {
	var e club.Evidence
	if json.Unmarshal([]byte(c.Evidence), &e) != nil {
		e = club.Evidence{}
	}
	sure := fmt.Sprintf("%s (%.0f %% sure)", c.Title, 100*c.Confidence)
	switch {
	case e.Rule == learn.RuleNoMatch && len(e.Candidates) > 0:
		return "nothing known fits well enough: the closest is " + e.Candidates[0].Title
	case e.Rule == learn.RuleNoMatch:
		return "nothing known is like this"
	case e.Rule == learn.RuleLearning:
		return "people have decided on the like before, too seldom for a proposal: " + c.Title
	case c.Tier == club.TierApprove:
		return "asked whether to do: " + sure
	case c.Tier == club.TierSuggest:
		return "announced: " + sure
	case len(e.Candidates) == 0: // a fixed rule
		return "found: " + c.Title
	case c.Tier == club.TierEscalate && len(e.Limits) > 0:
		return "would be " + c.Title + ", but " + strings.Join(e.Limits, "; ")
	case c.Tier == club.TierEscalate:
		return "not sure enough: the closest is " + c.Title
	}
	return "did by itself: " + sure
}

// record audits a change of an escalation.
func record(ctx context.Context, tx *store.Tx, by club.Actor, action string, e store.Escalation, detail map[string]any) error {
	return audit.Write(ctx, tx, audit.Entry{Actor: by, Action: action, Object: e.ID.String(), Thread: e.ThreadID, Detail: detail})
}
