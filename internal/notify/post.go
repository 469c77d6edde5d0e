package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// errNoPoster ends a note whose club has lost its connection since the note was queued.
var errNoPoster = errors.New("no connection to post with is configured")

// delivery is a claimed note on its way.
type delivery struct {
	row  store.Notification
	note Note
	to   string     // number or address of a person
	line store.Line // that a text goes out from
	at   time.Time  // of the claim
}

// Post works one note: claim, commit, call the vendor, record.
func (n *Notifier) Post(ctx context.Context, tenant *store.Tenant, job PostJob) error {
	d, err := n.claim(ctx, tenant, job.Notification)
	if d.row.ID.IsZero() {
		return err
	}
	failpoint.Hit(failpoint.NoteClaimed)
	var id string
	if err == nil {
		id, err = n.call(ctx, tenant.Slug, d)
	}
	failpoint.Hit(failpoint.NoteCalled)
	if err == nil {
		err = n.record(ctx, tenant, d.row, id)
		failpoint.Hit(failpoint.NoteRecorded)
		return err
	}
	status := "queued" // River tries again
	if final(err) {
		status = "failed"
	}
	if settleErr := n.settle(ctx, tenant, d.row.ID, status, err); settleErr != nil {
		return errors.Join(err, settleErr)
	}
	if status == "failed" {
		return nil // logged and visible; a further try cannot succeed
	}
	if wait := busy(err); wait > 0 && d.at.Sub(d.row.CreatedAt) < busyPatience {
		return jobs.Later(wait)
	}
	return fmt.Errorf("post note: %w", err)
}

// busyPatience is how long a note waits for a vendor that takes no more for the moment without that
// counting as a failure: in a storm of calls the last must not be given up because the first are many.
const busyPatience = 15 * time.Minute

// busy returns when a vendor that did nothing, or our own client of it, said that it will take more; 0 when
// neither did.
func busy(err error) time.Duration {
	var v *club.VendorError
	if !errors.As(err, &v) || !v.Retryable || v.Reached && !v.Rejected {
		return 0
	}
	return v.RetryAfter
}

// claim takes the row for this try; a zero row means that there is nothing to do. With a row, the error is
// what keeps it from going out. A row that somebody else is posting at this moment is looked at again later.
func (n *Notifier) claim(ctx context.Context, tenant *store.Tenant, id club.NotificationID) (delivery, error) {
	var d delivery
	var unreachable error
	err := tenant.Write(ctx, func(tx *store.Tx) error {
		d, unreachable = delivery{}, nil
		s, err := setting.Known(ctx, tx)
		if err != nil {
			return err
		}
		row, err := tx.ClaimNotification(ctx, store.ClaimNotificationParams{ID: id, Now: tx.Now, StaleBefore: tx.Now.Add(-stale)})
		if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
			if row, err = tx.FindNotification(ctx, id); err == nil && row.Status == "sending" {
				return jobs.Later(2 * time.Second)
			}
			return err
		}
		if err != nil {
			return err
		}
		note, err := decode(row.Payload)
		if err != nil {
			return err
		}
		if note.Withdrawn {
			return withdraw(ctx, tx, row)
		}
		note.Link = linkOf(s.ConsoleURL, note.Link)
		d = delivery{row: row, note: note, at: tx.Now}
		d.to, d.line, unreachable = n.address(ctx, tx, tenant, row)
		if unreachable != nil && !final(unreachable) {
			return unreachable
		}
		return nil
	})
	if err != nil {
		return delivery{}, err
	}
	return d, unreachable
}

func linkOf(console, path string) string {
	if console == "" || path == "" {
		return ""
	}
	return strings.TrimRight(console, "/") + path
}

// call hands the note to its vendor and returns the vendor's id of it.
func (n *Notifier) call(ctx context.Context, tenant club.Slug, d delivery) (string, error) {
	switch Channel(d.row.Channel) {
	case ChannelSMS:
		return n.text(ctx, tenant, d)
	case ChannelEmail:
		return n.mail(ctx, tenant, d)
	case ChannelPagerDuty:
		return n.page(ctx, tenant, d)
	case ChannelSlack:
	}
	poster, ok := n.cfg.Posters(tenant)
	if !ok {
		return "", errNoPoster
	}
	if d.row.ExternalID != "" {
		return d.row.ExternalID, poster.Update(ctx, d.row.Target, d.row.ExternalID, d.note)
	}
	return poster.Post(ctx, d.row.Target, d.note)
}

// record ends the claim. Where the words changed while they were being posted, the post is edited next.
func (n *Notifier) record(ctx context.Context, tenant *store.Tenant, row store.Notification, externalID string) error {
	// The post is out: what is known of it is written down even when the try's time is up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return tenant.Write(ctx, func(tx *store.Tx) error {
		status, err := tx.RecordPost(ctx, store.RecordPostParams{ID: row.ID, ExternalID: externalID, Posted: row.Payload, Now: tx.Now})
		if err != nil {
			return fmt.Errorf("record post: %w", err)
		}
		if status == "queued" {
			enqueue(tx, row.ID)
		}
		return nil
	})
}

// final reports whether a further try would certainly be refused too.
func final(err error) bool {
	var v *club.VendorError
	return errors.Is(err, errNoPoster) || errors.Is(err, errNoAddress) || errors.As(err, &v) && v.Rejected && !v.Retryable
}

func (n *Notifier) settle(ctx context.Context, tenant *store.Tenant, id club.NotificationID, status string, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	why := clip(phrase.Mask(cause.Error()), 300)
	err := tenant.Write(ctx, func(tx *store.Tx) error {
		changed, err := tx.SettleNotification(ctx, store.SettleNotificationParams{ID: id, Status: status, Error: why, Now: tx.Now})
		if err != nil || changed == 0 {
			return err
		}
		tx.Changed(Topic, id.String())
		row, err := tx.FindNotification(ctx, id)
		if err != nil {
			return fmt.Errorf("find note: %w", err)
		}
		return n.failed(ctx, tx, row)
	})
	if status == "failed" {
		n.cfg.Log.ErrorContext(ctx, "note could not be posted", "event.action", "notify.post", "event.outcome", "failure",
			"organization.id", tenant.Slug.String(), "labels.notification", id.String(), "error.message", why)
	}
	return err
}

// failed tells of a call that did not go out: once at the first try, and once when it is given up.
func (n *Notifier) failed(ctx context.Context, tx *store.Tx, row store.Notification) error {
	if n.cfg.Failed == nil || row.Channel == string(ChannelSlack) || row.Status != "failed" && row.Attempts > 1 {
		return nil
	}
	return n.cfg.Failed(ctx, tx, row)
}

// lost gives a note up after its last try.
func (n *Notifier) lost(ctx context.Context, tenant *store.Tenant, job PostJob, cause error) error {
	return n.settle(ctx, tenant, job.Notification, "failed", cause)
}
