package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Mailbox is a vendor's own list of what was texted to the club. Of a vendor that calls a webhook once and never again,
// it has the texts that came while nobody could take them.
type Mailbox interface {
	// Received lists the texts to a line since an instant, the oldest first. Of what came with a text only the number is
	// there. An error beside texts says that there may be others.
	Received(ctx context.Context, line string, since time.Time) ([]club.Inbound, error)
	// Media lists what came with a text.
	Media(ctx context.Context, messageID string) ([]club.Media, error)
}

const (
	// mailEvery is how often mailboxes are read: as long may a member whose text did not arrive stand before a door.
	mailEvery = time.Minute
	// mailOverlap is how far a look goes back beyond the one before, for what a vendor lists late and clocks that differ.
	mailOverlap = 5 * time.Minute
	// mailMost is how far a look goes back at most, after a long outage.
	mailMost = 7 * 24 * time.Hour
	// mailNoted is how often it is written down how far a mailbox has been read, which on SQLite opens the file to write.
	mailNoted = 10 * time.Minute
)

// MailState is how the reading of a line's mailbox goes.
type MailState struct {
	Until   time.Time `json:"until"`             // how far it was read when that was noted last; zero: never
	Found   int       `json:"found"`             // texts that no webhook had brought, in all
	FoundAt time.Time `json:"found_at,omitzero"` // the last of them
}

// from is since when a mailbox is read: not from before the line was the club's, nor at first from before what may just
// have been on its way.
func (s MailState) from(line store.Line, now time.Time) time.Time {
	until := s.Until
	if until.IsZero() {
		until = now
	}
	return latest(line.CreatedAt, until.Add(-mailOverlap), now.Add(-mailMost))
}

func latest(first time.Time, others ...time.Time) time.Time {
	return slices.MaxFunc(append(others, first), time.Time.Compare)
}

const mailKey = "state.mailbox."

// ReadMailboxes takes in the texts that vendors have and their webhooks have not brought.
func (in *Inbox) ReadMailboxes(ctx context.Context, tenant *store.Tenant) error {
	if in.cfg.Mailboxes == nil {
		return nil
	}
	boxes, err := in.cfg.Mailboxes(ctx, tenant)
	if err != nil || len(boxes) == 0 {
		return err
	}
	var lines []store.Line
	read := map[string]MailState{}
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		all, err := tx.Known().FindLines(ctx)
		if err != nil {
			return fmt.Errorf("find lines: %w", err)
		}
		lines = slices.DeleteFunc(slices.Clone(all), func(l store.Line) bool { return boxes[l.Provider] == nil })
		for _, l := range lines {
			if read[l.Number], err = FindMailState(ctx, tx, l.Number); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, l := range lines {
		errs = append(errs, in.readMailbox(ctx, tenant, l, boxes[l.Provider], read[l.Number]))
	}
	return errors.Join(errs...)
}

// readMailbox takes in what is new in a line's mailbox. A vendor that does not answer is asked again at the next look,
// from where the last one ended.
func (in *Inbox) readMailbox(ctx context.Context, tenant *store.Tenant, line store.Line, box Mailbox, s MailState) error {
	began := in.cfg.Cluster.Clock().Now()
	failed := func(what string, err error) { // the vendor's breaker tells people of it
		in.cfg.Log.WarnContext(ctx, what, "event.action", "mailbox.read", "event.outcome", "failure", "organization.id", tenant.Slug.String(), "labels.vendor", line.Provider, "error.message", err.Error())
	}
	list, unread := box.Received(ctx, line.Number, s.from(line, began))
	if unread != nil {
		failed("mailbox cannot be read", unread)
	}
	list, err := unknownOf(ctx, tenant, line.Provider, list)
	if err != nil {
		return err
	}
	var errs []error
	next := s
	next.Until = began
	for i := range list { // one that fails holds up no other, and is found again
		if len(list[i].Media) > 0 {
			if list[i].Media, err = box.Media(ctx, list[i].ProviderMessageID); err != nil {
				failed("what came with a text cannot be read: it is taken in without", err)
			}
		}
		r, err := in.Deliver(ctx, tenant, club.Delivery{Inbound: &list[i]}, line.Provider)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("take in a text that was found at %s: %w", line.Provider, err))
		case !r.Duplicate && r.Ignored == "":
			next.Found, next.FoundAt = next.Found+1, began
			in.cfg.Log.WarnContext(ctx, "a text was found at its vendor whose webhook did not arrive", "event.action", "mailbox.read", "organization.id", tenant.Slug.String(),
				"labels.vendor", line.Provider, "labels.message_id", r.Message.String(), "event.duration", began.Sub(list[i].SentAt).Nanoseconds())
		}
	}
	if len(errs) > 0 || unread != nil {
		next.Until = s.Until // all of it is looked at again
	}
	if next.Found == s.Found && next.Until.Sub(s.Until) < mailNoted {
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, in.noteMail(ctx, tenant, line.Number, next))...)
}

// unknownOf leaves out the texts that are stored.
func unknownOf(ctx context.Context, tenant *store.Tenant, provider string, list []club.Inbound) ([]club.Inbound, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var ids set
	for _, t := range list {
		ids = ids.with(key(t.ProviderMessageID))
	}
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.FindMessagesByProviderIDs(ctx, store.FindMessagesByProviderIDsParams{Provider: provider, Ids: ids.json()})
		if err != nil {
			return fmt.Errorf("find messages: %w", err)
		}
		left := maps.Clone(ids)
		for _, row := range rows {
			delete(left, *row.ProviderMessageID)
		}
		ids = left
		return nil
	})
	return slices.DeleteFunc(list, func(t club.Inbound) bool { return !ids[key(t.ProviderMessageID)] }), err
}

// FindMailState returns how the reading of a line's mailbox goes.
func FindMailState(ctx context.Context, tx *store.Tx, number string) (s MailState, err error) {
	row, err := tx.FindSetting(ctx, mailKey+number)
	if missing(err) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read how far a mailbox was read: %w", err)
	}
	if err := json.Unmarshal([]byte(row.Value), &s); err != nil {
		return s, fmt.Errorf("decode how far a mailbox was read: %w", err)
	}
	return s, nil
}

func (in *Inbox) noteMail(ctx context.Context, tenant *store.Tenant, number string, s MailState) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		value, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("encode how far a mailbox was read: %w", err)
		}
		if err := tx.PutSetting(ctx, store.PutSettingParams{Key: mailKey + number, Value: string(value), UpdatedAt: tx.Now, UpdatedBy: club.System("inbox").String()}); err != nil {
			return fmt.Errorf("note how far a mailbox was read: %w", err)
		}
		return nil
	})
}
