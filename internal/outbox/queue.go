package outbox

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// MaxText is the number of characters a text may have; both text-message vendors stop there.
const MaxText = 1600

// ErrOptedOut says that the member does not want to be texted. Its code is conflict.
var ErrOptedOut = club.Conflict("the member has opted out of texts; nothing was sent")

// Reply is a text to the member of a thread, or, in a thread of situations, to the holder of what it is about.
type Reply struct {
	Thread   store.Thread
	Text     string
	Author   club.Author // AuthorMachine or AuthorOperator
	By       club.Actor
	Decision club.DecisionID // zero for a text written by hand
	// DedupKey names the cause of the text. Required.
	DedupKey string
	// ConsentNotice is the one confirmation of STOP, which goes out although the member opted out.
	ConsentNotice bool
	// To is who the text was written for; zero: whoever it is. Only a thread of situations may have another
	// holder by now.
	To club.SubjectID
}

// noticePrefix marks the dedup keys of consent notices, so that the sender knows them too.
const noticePrefix = "consent_notice:"

func (r Reply) key() string {
	if r.ConsentNotice {
		return noticePrefix + r.DedupKey
	}
	return r.DedupKey
}

func (r Reply) validate() error {
	n := utf8.RuneCountInString(r.Text)
	switch {
	case strings.TrimSpace(r.Text) == "":
		return club.Invalid("the text is empty")
	case n > MaxText:
		return club.Invalid("the text has %d characters; %d is the limit", n, MaxText)
	case !utf8.ValidString(r.Text) || strings.ContainsRune(r.Text, 0):
		return club.Invalid("the text is not valid UTF-8")
	case r.DedupKey == "":
		return fmt.Errorf("BUG: a reply without a dedup key")
	case r.Author != club.AuthorMachine && r.Author != club.AuthorOperator:
		return fmt.Errorf("BUG: a reply by %q", r.Author)
	}
	return nil
}

// Queue stores a reply and the job that sends it, and reports whether it did: false with the earlier
// message's id when the same cause has queued a text before. Invalid for an empty or overlong text,
// ErrOptedOut when the member does not want texts, Conflict for a merged thread, ErrNobody in a thread of
// situations about nobody who could be texted.
//
// The thread is read again and saved here (last_out_at, snippet), which moves its version: who wants
// to move the thread afterwards in the same transaction reads it again.
func Queue(ctx context.Context, tx *store.Tx, keys *vault.Tenant, r Reply) (club.MessageID, bool, error) {
	if err := r.validate(); err != nil {
		return "", false, err
	}
	key := r.key()
	if earlier, err := tx.FindMessageByDedupKey(ctx, &key); err == nil {
		return earlier.ID, false, nil
	} else if !missing(err) {
		return "", false, fmt.Errorf("find earlier reply: %w", err)
	}
	if r.Thread.Provider == club.EventProvider && r.Thread.Status != club.ThreadMerged {
		return queueToHolder(ctx, tx, keys, r)
	}
	person, err := people.Known(ctx, tx, keys, r.Thread.SubjectID) // whether they may be written to is looked at once more as the text goes out
	if err != nil {
		return "", false, err
	}
	if person.Subject.Consent == club.ConsentWithdrawn && !r.ConsentNotice {
		return "", false, ErrOptedOut
	}
	t, err := thread.Find(ctx, tx, r.Thread.ID)
	if err != nil {
		return "", false, err
	}
	if t.Status == club.ThreadMerged {
		return "", false, club.Conflict("the conversation continues in another one; reply there")
	}
	at, err := nextInstant(ctx, tx, t.ID)
	if err != nil {
		return "", false, err
	}
	id, masked := club.NewMessageID(at), phrase.Mask(r.Text, person.Names()...)
	body, err := people.Seal(keys, person.Subject, people.ColumnMessage, id.String(), r.Text)
	if err != nil {
		return "", false, err
	}
	n, err := tx.CreateMessage(ctx, store.CreateMessageParams{
		ID: id, ThreadID: t.ID, Direction: club.DirectionOut, Author: r.Author, AuthorID: authorID(r), Provider: t.Provider, DedupKey: &key,
		Status: club.MessageQueued, Body: body, Masked: masked, Media: "[]", DecisionID: r.Decision, CorrelationID: tx.Correlation, Now: at,
	})
	if err != nil {
		return "", false, fmt.Errorf("store reply: %w", err)
	}
	if n == 0 { // another transaction was first
		earlier, err := tx.FindMessageByDedupKey(ctx, &key)
		if err != nil {
			return "", false, fmt.Errorf("find earlier reply: %w", err)
		}
		return earlier.ID, false, nil
	}
	enqueue(tx, id)
	t.LastOutAt, t.Snippet = &at, clip(masked, 160)
	if _, err := thread.Save(ctx, tx, t); err != nil {
		return "", false, err
	}
	return id, true, nil
}

// Cancel withdraws the machine's texts of a thread that have not been claimed, at an opt-out or when a
// person takes over. A person's own text stays queued; after an opt-out the sender withdraws that too.
func Cancel(ctx context.Context, tx *store.Tx, t store.Thread) error {
	ids, err := tx.CancelMessages(ctx, store.CancelMessagesParams{Now: tx.Now, ThreadID: t.ID})
	if err != nil {
		return fmt.Errorf("cancel queued replies: %w", err)
	}
	if len(ids) > 0 {
		tx.Changed(thread.Topic, t.ID.String())
	}
	return nil
}

// nextInstant is the transaction's instant, or just behind the thread's last outgoing text where two
// are queued in one instant: created_at is the order in which they leave.
func nextInstant(ctx context.Context, tx *store.Tx, id club.ThreadID) (time.Time, error) {
	last, err := tx.FindLastOutbound(ctx, id)
	if err != nil {
		if missing(err) {
			return tx.Now, nil
		}
		return time.Time{}, fmt.Errorf("find last reply: %w", err)
	}
	if last.Before(tx.Now) {
		return tx.Now, nil
	}
	return last.UTC().Add(time.Microsecond), nil
}

func authorID(r Reply) string {
	if r.Author == club.AuthorOperator {
		return r.By.ID
	}
	return ""
}

func enqueue(tx *store.Tx, id club.MessageID) {
	tx.Enqueue(sendJob{Meta: jobs.For(tx), Message: id}, &river.InsertOpts{Queue: jobs.QueueVendor})
}

func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
