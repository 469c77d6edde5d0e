package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// errNoPoster ends a note whose club has lost its connection since the note was queued.
var errNoPoster = errors.New("no connection to post with is configured")

// post works one note: claim, commit, call the vendor, record.
func (n *Notifier) post(ctx context.Context, tenant *store.Tenant, job postJob) error {
	row, note, err := n.claim(ctx, tenant, job.Notification)
	if err != nil || row.ID.IsZero() {
		return err
	}
	id, err := n.call(ctx, tenant, row, note)
	if err == nil {
		return n.record(ctx, tenant, row, id)
	}
	status := "queued" // River tries again
	if final(err) {
		status = "failed"
	}
	if settleErr := n.settle(ctx, tenant, row.ID, status, err); settleErr != nil {
		return errors.Join(err, settleErr)
	}
	if status == "failed" {
		return nil // logged and visible; a further try cannot succeed
	}
	return fmt.Errorf("post note: %w", err)
}

// claim takes the row for this try; a zero row means that there is nothing to do. A row that somebody
// else is posting at this moment is looked at again later.
func (n *Notifier) claim(ctx context.Context, tenant *store.Tenant, id club.NotificationID) (row store.Notification, note Note, err error) {
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		s, err := setting.Load(ctx, tx)
		if err != nil {
			return err
		}
		row, err = tx.ClaimNotification(ctx, store.ClaimNotificationParams{ID: id, Now: tx.Now, StaleBefore: tx.Now.Add(-stale)})
		if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
			row, err = tx.FindNotification(ctx, id)
			if err == nil && row.Status == "sending" {
				return jobs.Later(5 * time.Second)
			}
			row = store.Notification{}
		}
		if err != nil || row.ID.IsZero() {
			return err
		}
		if note, err = decode(row.Payload); err != nil {
			return err
		}
		note.Link = linkOf(s.ConsoleURL, note.Link)
		return nil
	})
	return row, note, err
}

func linkOf(console, path string) string {
	if console == "" || path == "" {
		return ""
	}
	return strings.TrimRight(console, "/") + path
}

func (n *Notifier) call(ctx context.Context, tenant *store.Tenant, row store.Notification, note Note) (string, error) {
	poster, ok := n.cfg.Posters(tenant.Slug)
	if !ok {
		return "", errNoPoster
	}
	if row.ExternalID != "" {
		return row.ExternalID, poster.Update(ctx, row.Target, row.ExternalID, note)
	}
	return poster.Post(ctx, row.Target, note)
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

// final reports whether the vendor certainly refused and would refuse again.
func final(err error) bool {
	var v *club.VendorError
	return errors.Is(err, errNoPoster) || errors.As(err, &v) && v.Rejected && !v.Retryable
}

func (n *Notifier) settle(ctx context.Context, tenant *store.Tenant, id club.NotificationID, status string, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	why := clip(phrase.Mask(cause.Error()), 300)
	err := tenant.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.SettleNotification(ctx, store.SettleNotificationParams{ID: id, Status: status, Error: why, Now: tx.Now})
		tx.Changed(Topic, id.String())
		return err
	})
	if status == "failed" {
		n.cfg.Log.ErrorContext(ctx, "note could not be posted", "event.action", "notify.post", "event.outcome", "failure",
			"organization.id", tenant.Slug.String(), "labels.notification", id.String(), "error.message", why)
	}
	return err
}

// lost gives a note up after its last try.
func (n *Notifier) lost(ctx context.Context, tenant *store.Tenant, job postJob, cause error) error {
	return n.settle(ctx, tenant, job.Notification, "failed", cause)
}
