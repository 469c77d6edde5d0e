package desk

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"clubos/internal/club"
	"clubos/internal/notify"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
)

const (
	// staleWork is how long work that nothing has touched still counts as under way. It is longer than
	// every try of every job together.
	staleWork = 15 * time.Minute
	sweepSize = 200 // rows per kind and turn; the rest comes 20 s later
)

// Sweep finds what would otherwise end in silence: threads that nothing has answered and nothing is at
// work on, approvals that nobody decides, and questions that the member never answered. It runs on
// registration's interval, and leaves threads that people hold alone.
func (d *Desk) Sweep(ctx context.Context, tenant *store.Tenant) error {
	return errors.Join(d.sweepForgotten(ctx, tenant), d.sweepProposals(ctx, tenant), d.sweepUnanswered(ctx, tenant))
}

// forgotten finds neglected threads; only, when set, limits it to one.
func forgotten(ctx context.Context, tx *store.Tx, s setting.Settings, only club.ThreadID) ([]club.ThreadID, error) {
	before := func(p club.Priority) *time.Time { return pointer(tx.Now.Add(-s.EscalationSLA[p])) }
	ids, err := tx.FindForgottenThreads(ctx, store.FindForgottenThreadsParams{Thread: only.String(), Now: &tx.Now,
		EmergencyBefore: before(club.PriorityEmergency), HighBefore: before(club.PriorityHigh), NormalBefore: before(club.PriorityNormal),
		LowBefore: before(club.PriorityLow), StaleBefore: pointer(tx.Now.Add(-staleWork)), Size: sweepSize})
	if err != nil {
		return nil, fmt.Errorf("find neglected threads: %w", err)
	}
	return ids, nil
}

func (d *Desk) sweepForgotten(ctx context.Context, tenant *store.Tenant) error {
	var ids []club.ThreadID
	var s setting.Settings
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		if s, err = setting.Known(ctx, tx); err != nil {
			return err
		}
		ids, err = forgotten(ctx, tx, s, "")
		return err
	})
	if err != nil {
		return err
	}
	return each(ids, func(id club.ThreadID) error {
		return tenant.Write(ctx, func(tx *store.Tx) error {
			// Something may have answered since: the look that counts is the one in this transaction.
			if still, err := forgotten(ctx, tx, s, id); err != nil || len(still) == 0 {
				return err
			}
			t, err := thread.Find(ctx, tx, id)
			if err != nil {
				return err
			}
			waited := tx.Now.Sub(*t.WaitingSince)
			_, err = d.Escalate(ctx, tx, t, Reason{Text: fmt.Sprintf("nothing has answered for %s", club.Span(waited))})
			return err
		})
	})
}

// each runs fn for every id; a conflict means that somebody else is at work on it, which is enough.
func each[T any](ids []T, fn func(T) error) error {
	var errs []error
	for _, id := range ids {
		if err := fn(id); err != nil && club.CodeOf(err) != club.CodeConflict {
			errs = append(errs, fmt.Errorf("%v: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

// sweepProposals reminds of approvals that wait: once per SLA interval of the thread's priority, at
// most maxReminders times. The dedup key makes each reminder one, however often the sweep runs.
func (d *Desk) sweepProposals(ctx context.Context, tenant *store.Tenant) error {
	for after := club.ProposalID(""); ; {
		last, n, err := d.remindOfProposals(ctx, tenant, after)
		if err != nil || n < sweepSize {
			return err
		}
		after = last
	}
}

// remindOfProposals takes the approvals after one of them, and says which was the last and how many they were.
func (d *Desk) remindOfProposals(ctx context.Context, tenant *store.Tenant, after club.ProposalID) (last club.ProposalID, taken int, err error) {
	var s setting.Settings
	var rows []store.FindAgedProposalsRow
	find := func(tx *store.Tx) (err error) {
		if s, err = setting.Known(ctx, tx); err != nil {
			return err
		}
		shortest := s.EscalationSLA[club.PriorityNormal]
		for _, sla := range s.EscalationSLA {
			shortest = min(shortest, sla)
		}
		rows, err = tx.FindAgedProposals(ctx, store.FindAgedProposalsParams{Before: tx.Now.Add(-shortest), After: after.String(), Last: strconv.Itoa(maxReminders), Size: sweepSize})
		if len(rows) > 0 {
			last, taken = rows[len(rows)-1].ID, len(rows)
		}
		return err
	}
	switch err := tenant.Read(ctx, find); {
	case err != nil:
		return "", 0, fmt.Errorf("find aged proposals: %w", err)
	case len(rows) == 0:
		return "", 0, nil
	}
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		if err := find(tx); err != nil {
			return fmt.Errorf("find aged proposals: %w", err)
		}
		for _, row := range rows {
			age := tx.Now.Sub(row.CreatedAt)
			n := min(int(age/s.EscalationSLA[row.Priority]), maxReminders)
			if n == 0 {
				continue
			}
			err := d.cfg.Notifier.Queue(ctx, tx, notify.Note{Kind: notify.KindProposal, Ref: row.ID.String(), Thread: row.ThreadID, Priority: row.Priority,
				Title: "Still waiting for a decision: " + row.Title, Lines: []string{"Proposed " + club.Span(age) + " ago."}, Link: "/threads/" + row.ThreadID.String(),
				Buttons:  []notify.Button{{Label: "Take it", Action: "claim", Value: row.ThreadID.String()}},
				DedupKey: fmt.Sprintf("proposal:%s:reminder:%d", row.ID, n)})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return last, taken, err
}

// sweepUnanswered closes questions that the member has let lie for setting.Settings.AnswerWait.
func (d *Desk) sweepUnanswered(ctx context.Context, tenant *store.Tenant) error {
	var ids []club.ThreadID
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		s, err := setting.Known(ctx, tx)
		if err != nil {
			return err
		}
		ids, err = tx.FindUnansweredThreads(ctx, store.FindUnansweredThreadsParams{AskedBefore: pointer(tx.Now.Add(-s.AnswerWait)), Size: sweepSize})
		return err
	})
	if err != nil {
		return fmt.Errorf("find unanswered questions: %w", err)
	}
	return each(ids, func(id club.ThreadID) error {
		return tenant.Write(ctx, func(tx *store.Tx) error {
			t, err := thread.Find(ctx, tx, id)
			if err != nil || t.Status != club.ThreadAwaitingResponse {
				return err
			}
			_, err = thread.Apply(ctx, tx, t, thread.Move{Event: club.ThreadExpire, By: self, Why: "the member did not answer"})
			return err
		})
	})
}
