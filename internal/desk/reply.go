package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/jobs"
	"clubos/internal/learn"
	"clubos/internal/outbox"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// Columns that hold sealed values, as vault.Field names them.
const (
	ColumnOverrideBefore = "overrides.before"
	ColumnOverrideAfter  = "overrides.after"
	columnDecisionReply  = "decisions.reply"
)

// Reply sends a person's own words to the member. The machine steps back: its open proposal and its
// queued texts are withdrawn, and it is silent for setting.Settings.HandReplySilence. After that time a
// new text of the member may be answered by the machine again; a text that came meanwhile and that
// nobody answered calls people. A text that came after what the person had seen is not answered by the
// reply: the reply goes out, the text stays to be read, and the member waits.
//
// clientKey is made by the form or the caller, once per text: the same key sends once and returns the
// first message's id, however often it comes. Conflict when a colleague has the thread, when the member
// has opted out, and in a merged thread.
func (d *Desk) Reply(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ThreadID, text, clientKey string, seen Seen) (club.MessageID, error) {
	text, key, err := words("the text", text, outbox.MaxText, "hand", p, id, clientKey)
	if err != nil {
		return "", err
	}
	var sent club.MessageID
	_, err = d.act(ctx, tenant, p, id, func(tx *store.Tx, t store.Thread) (store.Thread, error) {
		earlier, err := tx.FindMessageByDedupKey(ctx, &key)
		if err == nil {
			sent = earlier.ID
			return t, nil
		}
		if !missing(err) {
			return t, fmt.Errorf("find earlier reply: %w", err)
		}
		if err := mineOrFree(p, t); err != nil {
			return t, err
		}
		t, sent, err = d.reply(ctx, tx, p, t, text, key, &seen)
		return t, err
	})
	return sent, err
}

func (d *Desk) reply(ctx context.Context, tx *store.Tx, p identity.Principal, t store.Thread, text, key string, seen *Seen) (store.Thread, club.MessageID, error) {
	waits, read, err := seen.left(ctx, tx, t)
	if err != nil {
		return t, "", err
	}
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return t, "", err
	}
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return t, "", err
	}
	to, err := addressed(ctx, tx, keys, p, t)
	if err != nil {
		return t, "", err
	}
	o := takeover{kind: "replied", why: "a colleague answered by hand", after: text, until: read}
	if err := d.takeOver(ctx, tx, t, p.Actor, o); err != nil {
		return t, "", err
	}
	if err := d.cfg.Memory.Teach(ctx, tx, keys, learn.Reply{Thread: t, By: p.Actor, Words: text}); err != nil {
		return t, "", err
	}
	until := tx.Now.Add(s.HandReplySilence)
	move := thread.Move{Event: club.ThreadHandReply, By: p.Actor, Why: "answered by hand", SilentUntil: &until, StillWaits: waits}
	if !p.UserID.IsZero() {
		move.AssignedTo = &p.UserID
	}
	if t, err = d.fallSilent(ctx, tx, t, move); err != nil {
		return t, "", err
	}
	if to.ID != t.ID && to.Status.Settled() { // what they answer is for whoever wrote; what is under way there goes on
		move.StillWaits = to.WaitingSince
		if _, err := d.fallSilent(ctx, tx, to, move); err != nil {
			return t, "", err
		}
	}
	id, _, err := outbox.Queue(ctx, tx, keys, outbox.Reply{Thread: t, Text: text, Author: club.AuthorOperator, By: p.Actor, DedupKey: key})
	if err != nil {
		return t, "", err
	}
	if err := d.acknowledge(ctx, tx, t, p.Actor); err != nil {
		return t, "", err
	}
	t, err = thread.Find(ctx, tx, t.ID)
	return t, id, err
}

// addressed is the conversation in which the words of a reply are read. A colleague who has only written to the
// holder keeps nobody from telling them of another matter; one who has taken the conversation does.
func addressed(ctx context.Context, tx *store.Tx, keys *vault.Tenant, p identity.Principal, t store.Thread) (store.Thread, error) {
	if t.Provider != club.EventProvider || t.Status == club.ThreadMerged {
		return t, nil
	}
	to, err := outbox.Conversation(ctx, tx, keys, t)
	if err != nil || to.Status != club.ThreadInProgress {
		return to, err
	}
	return to, mineOrFree(p, to)
}

// fallSilent moves a thread in which a person has written, and has the silence end in time.
func (d *Desk) fallSilent(ctx context.Context, tx *store.Tx, t store.Thread, move thread.Move) (store.Thread, error) {
	tx.Enqueue(silenceOver{Meta: jobs.For(tx), Thread: t.ID, Until: *move.SilentUntil}, jobs.At(*move.SilentUntil))
	return thread.Apply(ctx, tx, t, move)
}

// HandReplied does for a reply that a person wrote outside of the console (in the vendor's own app) what
// Reply does: the thread was moved already, so what the machine had under way is withdrawn here, and the
// words teach.
func (d *Desk) HandReplied(ctx context.Context, tx *store.Tx, t store.Thread, by club.Actor, words string) error {
	if err := d.takeOver(ctx, tx, t, by, takeover{kind: "replied", why: "a colleague answered in the vendor's app", after: words, until: tx.Now}); err != nil {
		return err
	}
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return err
	}
	if err := d.cfg.Memory.Teach(ctx, tx, keys, learn.Reply{Thread: t, By: by, Words: words}); err != nil {
		return err
	}
	if t.SilentUntil != nil {
		tx.Enqueue(silenceOver{Meta: jobs.For(tx), Thread: t.ID, Until: *t.SilentUntil}, jobs.At(*t.SilentUntil))
	}
	return d.acknowledge(ctx, tx, t, by)
}

// takeover is a person's act in the machine's place.
type takeover struct {
	kind  string    // of the override
	why   string    // for people
	after string    // the person's words; "" none
	until time.Time // texts that came later were not meant
}

// takeOver ends what the machine had under way in a thread: the open proposal, with an override that
// remembers what the person did instead, its queued texts, and the texts it had still to read. A proposal
// about a text that the person had not seen says nothing about what the person would have done.
func (d *Desk) takeOver(ctx context.Context, tx *store.Tx, t store.Thread, by club.Actor, o takeover) error {
	pr, err := tx.FindOpenProposalOfThread(ctx, t.ID)
	switch {
	case err == nil && !pr.CreatedAt.After(o.until):
		if err := d.override(ctx, tx, t, pr, by, o); err != nil {
			return err
		}
	case err != nil && !missing(err):
		return fmt.Errorf("find open proposal: %w", err)
	}
	if err := d.withdraw(ctx, tx, t, by, o.why); err != nil {
		return err
	}
	if err := outbox.Cancel(ctx, tx, t); err != nil {
		return err
	}
	_, err = tx.HandleMessages(ctx, store.HandleMessagesParams{ThreadID: t.ID, Until: o.until, Now: &tx.Now})
	if err != nil {
		return fmt.Errorf("mark texts as taken up: %w", err)
	}
	return nil
}

// override records what a person did instead of what was proposed.
func (d *Desk) override(ctx context.Context, tx *store.Tx, t store.Thread, pr store.Proposal, by club.Actor, did takeover) error {
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return err
	}
	c, err := tx.FindDecision(ctx, pr.DecisionID)
	if err != nil {
		return fmt.Errorf("find decision: %w", err)
	}
	person, err := people.Find(ctx, tx, keys, c.SubjectID) // of a report it is for whoever has booked
	if err != nil {
		return err
	}
	id := club.NewOverrideID(tx.Now)
	o := store.CreateOverrideParams{ID: id, DecisionID: c.ID, ThreadID: t.ID, Kind: did.kind, Reason: did.why, Actor: by.String(), At: tx.Now}
	before, err := people.Open(keys, person.Subject, columnDecisionReply, c.ID.String(), c.Reply)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		text, column string
		into         *[]byte
	}{{before, ColumnOverrideBefore, &o.Before}, {did.after, ColumnOverrideAfter, &o.After}} {
		if f.text == "" || len(person.Subject.WrappedKey) == 0 {
			continue
		}
		if *f.into, err = people.Seal(keys, person.Subject, f.column, id.String(), f.text); err != nil {
			return err
		}
	}
	if err := tx.CreateOverride(ctx, o); err != nil {
		return fmt.Errorf("record override: %w", err)
	}
	learn.Consider(tx, c.ID)
	return nil
}

// Note writes something for colleagues into a thread; it never leaves the club. The same clientKey
// writes once.
func (d *Desk) Note(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ThreadID, text, clientKey string) (club.MessageID, error) {
	text, key, err := words("the note", text, 4000, "note", p, id, clientKey)
	if err != nil {
		return "", err
	}
	var noted club.MessageID
	_, err = d.act(ctx, tenant, p, id, func(tx *store.Tx, t store.Thread) (store.Thread, error) {
		keys, err := d.keys(ctx, tx)
		if err != nil {
			return t, err
		}
		person, err := people.Find(ctx, tx, keys, t.SubjectID)
		if err != nil {
			return t, err
		}
		noted = club.NewMessageID(tx.Now)
		body, err := people.Seal(keys, person.Subject, people.ColumnMessage, noted.String(), text)
		if err != nil {
			return t, err
		}
		n, err := tx.CreateMessage(ctx, store.CreateMessageParams{ID: noted, ThreadID: t.ID, Direction: club.DirectionNote, Author: club.AuthorOperator,
			AuthorID: p.Actor.ID, Provider: t.Provider, DedupKey: &key, Status: club.MessageReceived, Body: body,
			Masked: phrase.Mask(text, person.Names()...), Media: "[]", CorrelationID: tx.Correlation, Now: tx.Now})
		if err != nil {
			return t, fmt.Errorf("store note: %w", err)
		}
		if n == 0 {
			earlier, err := tx.FindMessageByDedupKey(ctx, &key)
			noted = earlier.ID
			return t, err
		}
		tx.Changed(thread.Topic, t.ID.String())
		return t, audit.Write(ctx, tx, audit.Entry{Actor: p.Actor, Action: "thread.noted", Object: t.ID.String(), Thread: t.ID, Detail: map[string]any{"message": noted}})
	})
	return noted, err
}

// words checks a text and makes the key that lets it be stored once.
func words(what, text string, most int, kind string, p identity.Principal, id club.ThreadID, clientKey string) (string, string, error) {
	text, err := checkText(what, text, most)
	if err != nil {
		return "", "", err
	}
	if clientKey == "" || len(clientKey) > 200 {
		return "", "", club.Invalid("a key of 1 to 200 characters must tell this text from the next one")
	}
	return text, fmt.Sprintf("%s:%s:%s:%s", kind, id, p.Actor.ID, clientKey), nil
}

// silenceOver is the end of the silence after a hand reply.
type silenceOver struct {
	jobs.Meta
	Thread club.ThreadID `json:"thread"`
	Until  time.Time     `json:"until"`
}

func (silenceOver) Kind() string { return "silence_over" }

// endSilence hands nothing back: the machine may take up new texts by the time alone. It releases the
// thread from whoever wrote, and calls people if a text came during the silence and nobody answered it.
func (d *Desk) endSilence(ctx context.Context, tenant *store.Tenant, job silenceOver) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		t, err := thread.Find(ctx, tx, job.Thread)
		if err != nil {
			return err
		}
		if t.Status != club.ThreadManualOverride || t.SilentUntil == nil || !t.SilentUntil.Equal(job.Until) {
			return nil
		}
		if wait := t.SilentUntil.Sub(tx.Now); wait > 0 {
			return jobs.Later(wait)
		}
		if t.WaitingSince != nil {
			_, err := d.Escalate(ctx, tx, t, Reason{Text: "the member wrote again after a colleague's answer, and nobody has answered"})
			return err
		}
		if n, err := tx.ReleaseThread(ctx, store.ReleaseThreadParams{ID: t.ID, Version: t.Version}); err != nil || n == 0 {
			return errors.Join(err, whenZero(n))
		}
		tx.Changed(thread.Topic, t.ID.String())
		if err := audit.Write(ctx, tx, audit.Entry{Actor: self, Action: "thread.silence_over", Object: t.ID.String(), Thread: t.ID}); err != nil {
			return err
		}
		return d.closeEscalation(ctx, tx, t, self, "answered by hand")
	})
}

// whenZero is the conflict of an update by version that found another version.
func whenZero(n int64) error {
	if n == 0 {
		return club.Conflict("the conversation has changed in the meantime")
	}
	return nil
}
