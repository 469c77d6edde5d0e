package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// ending is how a text ends.
type ending struct {
	status club.MessageStatus
	code   string // for people to look up; "" when it went out
	reason string // why a person must look; "" when nobody must
	id     *string
	looked bool // the id is of a text with the same words that a look found, not the vendor's own answer
	sentAt *time.Time
}

// end records the end of a text that is still queued or sending and calls a person where one is needed.
// A delivery report, or an operator, may have been faster; a person must know when another try was.
func (o *Outbox) end(ctx context.Context, tx *store.Tx, msg store.Message, e ending) error {
	n, err := tx.SettleMessage(ctx, store.SettleMessageParams{ID: msg.ID, Status: e.status, ProviderMessageID: e.id, ErrorCode: e.code, SentAt: e.sentAt, UpdatedAt: tx.Now})
	if err != nil {
		return fmt.Errorf("record end of message: %w", err)
	}
	if n == 0 {
		return o.ended(ctx, tx, msg.ID, e)
	}
	return o.changed(ctx, tx, msg, e.reason)
}

// ended takes in an end that came after another. That a text stands under another id of the vendor's means that
// two tries sent it: nothing is meant to let that happen, and nobody would know.
func (o *Outbox) ended(ctx context.Context, tx *store.Tx, id club.MessageID, e ending) error {
	msg, err := tx.FindMessage(ctx, id)
	switch {
	case missing(err):
		return nil // erased
	case err != nil:
		return fmt.Errorf("find message: %w", err)
	case e.looked || e.id == nil || msg.ProviderMessageID == nil || *msg.ProviderMessageID == *e.id:
		return nil
	}
	o.cfg.Log.ErrorContext(ctx, "a text went out twice", "event.action", "message.send", "labels.message", id.String())
	return o.changed(ctx, tx, msg, reasonTwice)
}

// changed tells the screens of a text's end, and a person where there is a reason.
func (o *Outbox) changed(ctx context.Context, tx *store.Tx, msg store.Message, reason string) error {
	tx.Changed(thread.Topic, msg.ThreadID.String())
	if reason == "" {
		return nil
	}
	t, err := thread.Find(ctx, tx, msg.ThreadID)
	if err != nil {
		return err
	}
	if err := o.cfg.Escalate(ctx, tx, t, reason); err != nil {
		return fmt.Errorf("escalate unsent reply: %w", err)
	}
	return nil
}

// recordSent records that the vendor took the text, by its own answer or by what a look found: that may be that it
// took it and could not deliver it. When the
// database fails here, the text stays claimed, and the next try learns from the vendor that it went out.
func (o *Outbox) recordSent(ctx context.Context, tenant *store.Tenant, l *letter, r club.Receipt, looked bool) error {
	ctx, cancel := recording(ctx)
	defer cancel()
	write := func() error {
		if err := o.crash(failpoint.ReplyRecord); err != nil {
			return err
		}
		return tenant.Write(ctx, func(tx *store.Tx) error {
			e := ending{status: club.MessageSent, looked: looked, sentAt: &tx.Now}
			switch r.Status {
			case club.MessageDelivered:
				e.status = r.Status
			case club.MessageFailed: // the report of it may have been missed, as the answer was
				e = ending{status: r.Status, looked: looked, code: r.ErrorCode, reason: reasonRejected}
			}
			if r.ProviderMessageID != "" {
				e.id = &r.ProviderMessageID
			}
			return o.adopt(ctx, tx, l.msg, e)
		})
	}
	err := write()
	if club.CodeOf(err) == club.CodeConflict { // the vendor's echo came in between look and write
		err = write()
	}
	failpoint.Hit(failpoint.ReplyRecorded)
	return err
}

// adopt ends a text as sent under the vendor's id. The vendor's echo of it may have made a row under
// that id before we knew it: what that row knows is taken over, and the row goes. Where another text of
// ours stands under that id, one of the two was found by its words alone: the vendor's own answer wins.
func (o *Outbox) adopt(ctx context.Context, tx *store.Tx, msg store.Message, e ending) error {
	if e.id == nil {
		return o.end(ctx, tx, msg, e)
	}
	other, err := tx.FindMessageByProviderID(ctx, store.FindMessageByProviderIDParams{Provider: msg.Provider, ProviderMessageID: e.id})
	switch {
	case missing(err) || err == nil && other.ID == msg.ID:
	case err != nil:
		return fmt.Errorf("find echo: %w", err)
	case other.Direction != club.DirectionOut:
		e.id = nil // the id of a member's text: the vendor must have mixed them up
	case other.DedupKey != nil && e.looked:
		e = unknown()
	case other.DedupKey != nil:
		e.takeOver(other)
		if _, err := tx.DisownMessage(ctx, store.DisownMessageParams{ID: other.ID, UpdatedAt: tx.Now}); err != nil {
			return fmt.Errorf("take vendor's id back: %w", err)
		}
		if err := o.changed(ctx, tx, other, reasonUnknown); err != nil {
			return err
		}
	default:
		e.takeOver(other)
		if _, err := tx.DeleteEcho(ctx, other.ID); err != nil {
			return fmt.Errorf("remove echo: %w", err)
		}
	}
	return o.end(ctx, tx, msg, e)
}

// takeOver takes over what a report about the same text has told another row.
func (e *ending) takeOver(other store.Message) {
	if other.Status == club.MessageDelivered || other.Status == club.MessageFailed {
		e.status, e.code, e.reason, e.sentAt = other.Status, other.ErrorCode, "", cmp.Or(other.SentAt, e.sentAt)
	}
	if e.status == club.MessageFailed {
		e.reason = reasonRejected
	}
}

// unknown is the end of a text of which nobody can say whether it went out.
func unknown() ending {
	return ending{status: club.MessageUnconfirmed, code: "unconfirmed", reason: reasonUnknown}
}

// reconcile asks the vendor about a text that an earlier try claimed and whose end was never
// recorded. It sends nothing.
func (o *Outbox) reconcile(ctx context.Context, tenant *store.Tenant, l *letter) error {
	now := o.cfg.Cluster.Clock().Now()
	claimedAt := l.msg.UpdatedAt
	if l.msg.ClaimedAt != nil {
		claimedAt = *l.msg.ClaimedAt
	}
	age := now.Sub(claimedAt)
	callCtx, cancel := context.WithTimeout(ctx, timeout)
	receipt, found, err := l.sms.Find(callCtx, l.out, claimedAt.Add(-skew))
	cancel()
	ctx, cancel = recording(ctx)
	defer cancel()
	switch {
	case err == nil && found:
		return o.recordFound(ctx, tenant, l, receipt)
	case err == nil && age < settle:
		return jobs.Later(settle - age)
	case err == nil && l.msg.Attempts >= maxTries:
		return tenant.Write(ctx, func(tx *store.Tx) error {
			return o.end(ctx, tx, l.msg, ending{status: club.MessageFailed, code: l.msg.ErrorCode, reason: reasonTries})
		})
	case err == nil:
		if err := tenant.Write(ctx, func(tx *store.Tx) error {
			return requeue(ctx, tx, l.msg, "not_sent")
		}); err != nil {
			return err
		}
		return jobs.Later(time.Second)
	case retryable(err) && age < giveUp:
		return jobs.Later(10 * time.Second)
	}
	return o.unconfirmed(ctx, tenant, l)
}

// recordFound records what Find found, unless that is another text of ours with the same words.
func (o *Outbox) recordFound(ctx context.Context, tenant *store.Tenant, l *letter, r club.Receipt) error {
	mine := true
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		other, err := tx.FindMessageByProviderID(ctx, store.FindMessageByProviderIDParams{Provider: l.msg.Provider, ProviderMessageID: &r.ProviderMessageID})
		if err != nil && !missing(err) {
			return fmt.Errorf("find message: %w", err)
		}
		mine = err != nil || other.ID == l.msg.ID || other.DedupKey == nil
		return nil
	})
	switch {
	case err != nil:
		return err
	case !mine:
		return o.unconfirmed(ctx, tenant, l)
	}
	return o.recordSent(ctx, tenant, l, r, true)
}

// requeue gives back a text that certainly did not go out by the try that msg tells of.
func requeue(ctx context.Context, tx *store.Tx, msg store.Message, code string) error {
	if _, err := tx.RequeueMessage(ctx, store.RequeueMessageParams{ID: msg.ID, Attempts: msg.Attempts, ErrorCode: code, Now: tx.Now}); err != nil {
		return fmt.Errorf("give text back: %w", err)
	}
	return nil
}

func (o *Outbox) unconfirmed(ctx context.Context, tenant *store.Tenant, l *letter) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		return o.end(ctx, tx, l.msg, unknown())
	})
}

func retryable(err error) bool {
	var v *club.VendorError
	return errors.As(err, &v) && v.Retryable || errors.Is(err, context.DeadlineExceeded)
}
