package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/jobs"
	"clubos/internal/notify"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// Statuses of an escalation.
const (
	escalationOpen         = "open"
	escalationAcknowledged = "acknowledged"
	escalationClosed       = "closed"
)

// maxReminders bounds how often people are called again for one escalation.
const maxReminders = 5

// escalationDue is the time by which somebody must have acknowledged an escalation. Due is the row's
// due_at as it was when the job was made: a job whose time was moved since has nothing to do.
type escalationDue struct {
	jobs.Meta
	Escalation club.EscalationID `json:"escalation"`
	Due        time.Time         `json:"due"`
}

func (escalationDue) Kind() string { return "escalation_due" }

func schedule(tx *store.Tx, e store.Escalation) {
	tx.Enqueue(escalationDue{Meta: jobs.For(tx), Escalation: e.ID, Due: e.DueAt}, jobs.At(e.DueAt))
}

// remind calls people again for an escalation that nobody has acknowledged, at its due time and then
// once per SLA interval, maxReminders times in all: in the club's channel, and the owners themselves once
// the plan of calls is at its end.
func (d *Desk) remind(ctx context.Context, tenant *store.Tenant, job escalationDue) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		e, err := tx.FindEscalation(ctx, job.Escalation)
		if err != nil {
			return fmt.Errorf("find escalation: %w", err)
		}
		if e.Status != escalationOpen || !e.DueAt.Equal(job.Due) {
			return nil
		}
		if wait := e.DueAt.Sub(tx.Now); wait > 0 {
			return jobs.Later(wait)
		}
		if e.Reminders >= maxReminders {
			d.cfg.Log.ErrorContext(ctx, "escalation was never acknowledged", "event.action", "escalation.unheard", "organization.id", tx.Tenant.String(),
				"labels.escalation", e.ID.String(), "labels.thread", e.ThreadID.String())
			return record(ctx, tx, self, "escalation.unheard", e, map[string]any{"reminders": e.Reminders})
		}
		s, err := setting.Known(ctx, tx)
		if err != nil {
			return err
		}
		next := tx.Now.Add(s.EscalationSLA[e.Priority])
		n, err := tx.RemindEscalation(ctx, store.RemindEscalationParams{ID: e.ID, WasDue: e.DueAt, NextDue: next})
		if err != nil || n == 0 {
			return err // 0: acknowledged at this very moment
		}
		e.Reminders, e.DueAt = e.Reminders+1, next
		if err := record(ctx, tx, self, "escalation.reminded", e, map[string]any{"reminder": e.Reminders}); err != nil {
			return err
		}
		schedule(tx, e)
		t, err := thread.Find(ctx, tx, e.ThreadID)
		if err != nil {
			return err
		}
		tx.Changed(thread.Topic, t.ID.String())
		if err := d.call(ctx, tx, t, e, fmt.Sprintf(":due%d", job.Due.UnixMicro())); err != nil {
			return err
		}
		return d.callOwners(ctx, tx, t, e)
	})
}

// call posts an escalation for people. The suffix tells one call for the same escalation from another.
func (d *Desk) call(ctx context.Context, tx *store.Tx, t store.Thread, e store.Escalation, suffix string) error {
	n, err := d.note(ctx, tx, t, e)
	if err != nil {
		return err
	}
	n.DedupKey = "escalation:" + e.ID.String() + suffix
	return d.cfg.Notifier.Queue(ctx, tx, n)
}

// refresh edits the posts about an escalation.
func (d *Desk) refresh(ctx context.Context, tx *store.Tx, t store.Thread, e store.Escalation) error {
	n, err := d.note(ctx, tx, t, e)
	if err != nil {
		return err
	}
	return d.cfg.Notifier.Update(ctx, tx, e.ID.String(), n)
}

func (d *Desk) note(ctx context.Context, tx *store.Tx, t store.Thread, e store.Escalation) (notify.Note, error) {
	where, err := place(ctx, tx, t.LocationID, t.BayID)
	if err != nil {
		return notify.Note{}, err
	}
	n := notify.Note{Kind: notify.KindEscalation, Ref: e.ID.String(), Thread: t.ID, Priority: e.Priority, Link: "/threads/" + t.ID.String(),
		Lines: []string{sentence(e.Reason), e.Summary}, Fields: [][2]string{{"Priority", string(e.Priority)}}}
	if where != "" {
		n.Fields = append(n.Fields, [2]string{"Place", where})
	}
	switch e.Status {
	case escalationAcknowledged:
		n.Title = "Taken by " + e.AcknowledgedBy
		button, err := resolveButton(ctx, tx, t)
		if err != nil {
			return n, err
		}
		n.Buttons = []notify.Button{button}
	case escalationClosed:
		n.Title = "Closed"
	default:
		n.Title = "A person is needed"
		if where != "" {
			n.Title += ": " + where
		}
		if e.Reminders > 0 {
			n.Title = fmt.Sprintf("Still nobody (%d of %d): %s", e.Reminders, maxReminders, n.Title)
		}
		due, err := dueAt(ctx, tx, t.LocationID, e.DueAt, "15:04")
		if err != nil {
			return n, err
		}
		n.Fields = append(n.Fields, [2]string{"Due", due})
		n.Buttons = []notify.Button{{Label: "Take it", Action: "claim", Value: t.ID.String(), Style: "primary"}}
	}
	return n, nil
}

// resolveButton closes the matter as far as the post shows it: its value names the last text besides the
// thread, so that one that has come since is not closed unread.
func resolveButton(ctx context.Context, tx *store.Tx, t store.Thread) (notify.Button, error) {
	newest, err := tx.FindNewestText(ctx, t.ID)
	if err != nil && !missing(err) {
		return notify.Button{}, fmt.Errorf("find newest text: %w", err)
	}
	return notify.Button{Label: "Resolve", Action: "resolve", Value: t.ID.String() + " " + newest.String(), Confirm: "Close this conversation?"}, nil
}

// ResolveAsSeen is Resolve for the value of a button of a post.
func (d *Desk) ResolveAsSeen(ctx context.Context, tenant *store.Tenant, p identity.Principal, value string) error {
	id, newest, _ := strings.Cut(value, " ")
	_, err := d.Resolve(ctx, tenant, p, club.ThreadID(id), Seen{Message: club.MessageID(newest)})
	return err
}

// Acknowledge says that a person has seen the thread's escalation: people are not called again. Taking
// the thread (Claim) or answering by hand does so too. It does nothing when somebody was first.
func (d *Desk) Acknowledge(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ThreadID) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		t, err := find(ctx, tx, p, identity.ThreadsWrite, id)
		if err != nil {
			return err
		}
		if _, err := tx.FindUnclosedEscalation(ctx, id); missing(err) {
			return club.Conflict("nobody has been called to this conversation")
		}
		return d.acknowledge(ctx, tx, t, p.Actor)
	})
}

// Taken notes, in a transaction of somebody else's, that a person has answered the call to a thread.
func (d *Desk) Taken(ctx context.Context, tx *store.Tx, t store.Thread, by club.Actor) error {
	return d.acknowledge(ctx, tx, t, by)
}

func (d *Desk) acknowledge(ctx context.Context, tx *store.Tx, t store.Thread, by club.Actor) error {
	_, err := d.acknowledgeFirst(ctx, tx, t, by)
	return err
}

// acknowledgeFirst acknowledges and reports whether nobody was faster.
func (d *Desk) acknowledgeFirst(ctx context.Context, tx *store.Tx, t store.Thread, by club.Actor) (bool, error) {
	e, err := tx.FindUnclosedEscalation(ctx, t.ID)
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find escalation: %w", err)
	}
	who := nameOf(by)
	n, err := tx.AcknowledgeEscalation(ctx, store.AcknowledgeEscalationParams{ID: e.ID, AcknowledgedBy: who, AcknowledgedAt: &tx.Now})
	if err != nil {
		return false, fmt.Errorf("acknowledge escalation: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	e.Status, e.AcknowledgedBy, e.AcknowledgedAt = escalationAcknowledged, who, &tx.Now
	if err := record(ctx, tx, by, "escalation.acknowledged", e, nil); err != nil {
		return false, err
	}
	tx.Changed(thread.Topic, t.ID.String())
	if err := d.refresh(ctx, tx, t, e); err != nil {
		return true, err
	}
	return true, d.tell(ctx, tx, t, e, by, notify.PageAcknowledge)
}

// closeEscalation ends the thread's escalation, if it has one.
func (d *Desk) closeEscalation(ctx context.Context, tx *store.Tx, t store.Thread, by club.Actor, why string) error {
	e, err := tx.FindUnclosedEscalation(ctx, t.ID)
	if missing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find escalation: %w", err)
	}
	if _, err := tx.CloseEscalation(ctx, store.CloseEscalationParams{ID: e.ID, ClosedAt: &tx.Now}); err != nil {
		return fmt.Errorf("close escalation: %w", err)
	}
	e.Status, e.ClosedAt = escalationClosed, &tx.Now
	if err := record(ctx, tx, by, "escalation.closed", e, map[string]any{"why": why}); err != nil {
		return err
	}
	n, err := d.note(ctx, tx, t, e)
	if err != nil {
		return err
	}
	n.Title = "Closed by " + nameOf(by) + ": " + why
	if err := d.cfg.Notifier.Update(ctx, tx, e.ID.String(), n); err != nil {
		return err
	}
	return d.tell(ctx, tx, t, e, by, notify.PageResolve)
}

// withdraw takes back the thread's open proposal: the matter has moved on. It returns without doing
// anything when there is none or when somebody decided it at this moment.
func (d *Desk) withdraw(ctx context.Context, tx *store.Tx, t store.Thread, by club.Actor, why string) error {
	pr, err := tx.FindOpenProposalOfThread(ctx, t.ID)
	if missing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find open proposal: %w", err)
	}
	n, err := tx.ClaimProposal(ctx, store.ClaimProposalParams{ID: pr.ID, Status: club.ProposalStale, DecidedBy: by.String(), DecidedAt: &tx.Now, Reason: why})
	if err != nil {
		return fmt.Errorf("withdraw proposal: %w", err)
	}
	if n == 0 {
		return nil
	}
	err = audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "proposal.superseded", Object: pr.ID.String(), Thread: t.ID, Detail: map[string]any{"why": why}})
	if err != nil {
		return err
	}
	c, err := tx.FindDecision(ctx, pr.DecisionID)
	if err != nil {
		return fmt.Errorf("find decision: %w", err)
	}
	return d.cfg.Notifier.Update(ctx, tx, pr.ID.String(), notify.Note{Kind: notify.KindProposal, Thread: t.ID, Priority: t.Priority,
		Title: "Withdrawn: " + c.Title, Lines: []string{sentence(why)}, Link: "/threads/" + t.ID.String()})
}

// FindOverdueEscalations returns the open escalations, at places that p may see, that nobody has
// acknowledged in time, the longest overdue first, at most 100.
func (d *Desk) FindOverdueEscalations(ctx context.Context, tx *store.Tx, p identity.Principal) ([]store.Escalation, error) {
	if err := admit(tx, p, identity.ThreadsRead); err != nil {
		return nil, err
	}
	rows, err := tx.FindOverdueEscalations(ctx, store.FindOverdueEscalationsParams{Scope: p.LocationScope(), Now: tx.Now, Size: 100})
	if err != nil {
		return nil, fmt.Errorf("find overdue escalations: %w", err)
	}
	return rows, nil
}
