package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// letter is a claimed text in plain, with who carries it.
type letter struct {
	msg     store.Message
	out     club.Outbound
	subject club.SubjectID
	sms     SMS
	claimed bool // by this try; false when an earlier try claimed it and never recorded its end
}

// Why a text failed, for people.
const (
	reasonNoSender = "A reply could not be sent: no sending number is configured."
	reasonNoNumber = "A reply could not be sent: the member's number is not known any more."
	reasonRejected = "A reply was rejected by the text-message vendor."
	reasonOptedOut = "A reply was not sent: the member has opted out of texts with the carrier. Reach them another way."
	reasonTries    = "A reply could not be sent: the text-message vendor did not take it after several tries."
	reasonTwice    = "A reply went out twice."
	reasonUnknown  = "It is not known whether a reply went out. Look at the vendor's log before writing again."
	reasonLost     = "A reply was not sent: our own sending failed several times."
)

// send is the job: claim, commit, call, record. It does no harm when it runs again.
func (o *Outbox) send(ctx context.Context, tenant *store.Tenant, job sendJob) error {
	l, err := o.claim(ctx, tenant, job.Message)
	if err != nil || l == nil {
		return err
	}
	if !l.claimed {
		return o.reconcile(ctx, tenant, l)
	}
	if err := o.crash(failpoint.ReplyClaimed); err != nil {
		return err
	}
	callCtx, cancel := context.WithTimeout(ctx, timeout)
	receipt, err := l.sms.Send(callCtx, l.out)
	cancel()
	if crashed := o.crash(failpoint.ReplyCalled); crashed != nil {
		return crashed
	}
	o.log(ctx, tenant, l, err)
	if err == nil {
		return o.recordSent(ctx, tenant, l, receipt, false)
	}
	return o.recordFailure(ctx, tenant, l, err)
}

// claim takes a queued text for this try. Nil: there is nothing to do, or nothing any more.
func (o *Outbox) claim(ctx context.Context, tenant *store.Tenant, id club.MessageID) (l *letter, err error) {
	keys, err := o.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		l = nil
		msg, err := tx.FindMessage(ctx, id)
		if err != nil {
			if missing(err) {
				return nil // erased
			}
			return fmt.Errorf("find message: %w", err)
		}
		if msg.Status != club.MessageQueued && msg.Status != club.MessageSending {
			return nil
		}
		t, err := thread.Find(ctx, tx, msg.ThreadID)
		if err != nil {
			return err
		}
		person, err := people.Find(ctx, tx, keys, t.SubjectID)
		if err != nil {
			return err
		}
		queued := msg.Status == club.MessageQueued
		if queued && person.Subject.Consent == club.ConsentWithdrawn && !isNotice(msg) {
			return o.end(ctx, tx, msg, ending{status: club.MessageCancelled, code: "opted_out"})
		}
		sms, ok := o.cfg.Senders(tenant.Slug, msg.Provider)
		switch {
		case !ok && queued:
			return o.end(ctx, tx, msg, ending{status: club.MessageFailed, code: "no_sender", reason: reasonNoSender})
		case !ok:
			return o.end(ctx, tx, msg, ending{status: club.MessageUnconfirmed, code: "no_sender", reason: reasonUnknown})
		case person.Phone == "" && queued:
			return o.end(ctx, tx, msg, ending{status: club.MessageFailed, code: "no_number", reason: reasonNoNumber})
		}
		text, err := people.Open(keys, person.Subject, people.ColumnMessage, msg.ID.String(), msg.Body)
		if err != nil {
			return err
		}
		if queued {
			n, err := tx.ClaimMessage(ctx, store.ClaimMessageParams{ID: id, Now: &tx.Now})
			if err != nil {
				return fmt.Errorf("claim message: %w", err)
			}
			if n == 0 { // an older text of the thread is on its way, or another worker has this one
				return jobs.Later(time.Second)
			}
			msg.Attempts, msg.ClaimedAt = msg.Attempts+1, &tx.Now
		}
		l = &letter{msg: msg, sms: sms, claimed: queued, subject: t.SubjectID,
			out: club.Outbound{Key: id.String(), From: t.Line, To: person.Phone, Text: text}}
		return nil
	})
	return l, err
}

func isNotice(m store.Message) bool {
	return m.DedupKey != nil && strings.HasPrefix(*m.DedupKey, noticePrefix)
}

// recordFailure takes in a Send that returned an error. What the vendor may have sent stays claimed,
// and the vendor is asked about it.
func (o *Outbox) recordFailure(ctx context.Context, tenant *store.Tenant, l *letter, cause error) error {
	if club.EffectUnknown(cause) {
		return jobs.Later(5 * time.Second)
	}
	var v *club.VendorError
	if !errors.As(cause, &v) {
		v = &club.VendorError{}
	}
	ctx, cancel := recording(ctx)
	defer cancel()
	retry := v.Retryable && l.msg.Attempts < maxTries
	err := tenant.Write(ctx, func(tx *store.Tx) error {
		switch {
		case retry:
			return requeue(ctx, tx, l.msg, v.VendorCode)
		case v.VendorCode == twilioOptedOut:
			if _, err := people.SetConsent(ctx, tx, club.System("outbox"), l.subject, club.ConsentWithdrawn, "vendor "+twilioOptedOut); err != nil {
				return err
			}
			return o.end(ctx, tx, l.msg, ending{status: club.MessageFailed, code: v.VendorCode, reason: reasonOptedOut})
		case v.Retryable:
			return o.end(ctx, tx, l.msg, ending{status: club.MessageFailed, code: v.VendorCode, reason: reasonTries})
		}
		return o.end(ctx, tx, l.msg, ending{status: club.MessageFailed, code: v.VendorCode, reason: reasonRejected})
	})
	if err == nil && retry {
		return jobs.Later(max(v.RetryAfter, time.Second<<(l.msg.Attempts-1)))
	}
	return err
}

// twilioOptedOut is Twilio's code for a recipient who has texted STOP.
const twilioOptedOut = "21610"

// recording returns a context for writing down what happened, which goes on when the try's own time
// is used up.
func recording(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}

// lost is called when the job's last try failed: a person must know.
func (o *Outbox) lost(ctx context.Context, tenant *store.Tenant, job sendJob, _ error) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		msg, err := tx.FindMessage(ctx, job.Message)
		if err != nil {
			if missing(err) {
				return nil
			}
			return fmt.Errorf("find message: %w", err)
		}
		switch msg.Status {
		case club.MessageQueued:
			return o.end(ctx, tx, msg, ending{status: club.MessageFailed, code: "lost", reason: reasonLost})
		case club.MessageSending:
			return o.end(ctx, tx, msg, ending{status: club.MessageUnconfirmed, code: "lost", reason: reasonUnknown})
		}
		return nil
	})
}

func (o *Outbox) log(ctx context.Context, tenant *store.Tenant, l *letter, err error) {
	attrs := []slog.Attr{slog.String("event.action", "message.send"), slog.String("organization.id", tenant.Slug.String()),
		slog.String("labels.message", l.msg.ID.String()), slog.String("labels.thread", l.msg.ThreadID.String())}
	if err == nil {
		o.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "text sent", append(attrs, slog.String("event.outcome", "success"))...)
		return
	}
	outcome := "failure"
	if club.EffectUnknown(err) {
		outcome = "unknown"
	}
	o.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "text not confirmed", append(attrs, slog.String("event.outcome", outcome), slog.String("error.message", err.Error()))...)
}
