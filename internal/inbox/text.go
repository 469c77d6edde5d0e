package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// text is a member's text with what can be known of it before the transaction.
type text struct {
	club.Inbound
	provider   string
	deliveryID string
	line       string
	emergency  bool
	masked     string // without regard to the sender's name, which is not known yet
	media      string // JSON
	count      int    // of media
}

func newText(d club.Delivery, provider string, numbers *numbers) *text {
	t := &text{Inbound: *d.Inbound, provider: provider, deliveryID: d.ID, count: len(d.Inbound.Media)}
	if t.deliveryID == "" {
		t.deliveryID = t.DeliveryID
	}
	t.line = lineOf(t.To, numbers)
	t.emergency = phrase.Read(t.Text).Emergency != phrase.EmergencyNone
	t.masked = masked(t.Text, nil)
	media, err := json.Marshal(cleanMedia(t.Media))
	if err != nil {
		panic("BUG: media do not encode: " + err.Error())
	}
	t.media = string(media)
	return t
}

// lineOf returns how a number of the club's is stored.
func lineOf(raw string, numbers *numbers) string {
	if e164, ok := numbers.normalise(raw); ok {
		return e164
	}
	return clean(raw, 64)
}

// store puts the text into its thread and has it read.
func (t *text) store(ctx context.Context, b *batch) (Result, error) {
	first, err := b.delivery(ctx, t.provider, t.deliveryID)
	if err != nil {
		return Result{}, err
	}
	if !first {
		// The record alone proves nothing: what counts is whether the text is here.
		if r, ok, err := t.known(ctx, b); ok || err != nil {
			return r, err
		}
	}
	s, err := b.sender(ctx, t.From)
	if err != nil {
		return Result{}, err
	}
	th, opened, err := t.thread(ctx, b, s)
	if err != nil {
		return Result{}, err
	}
	if opened {
		if r, ok, err := t.known(ctx, b); ok || err != nil {
			return r, err
		}
		if err := create(ctx, b, th); err != nil {
			return Result{}, err
		}
	}
	if mayName(t.Text, s.names) {
		t.masked = masked(t.Text, s.names)
	}
	id, created, err := t.message(ctx, b, s, th.ID)
	if err != nil {
		return Result{}, err
	}
	if !created {
		r, _, err := t.known(ctx, b)
		return r, err
	}
	if th, err = t.move(ctx, b, s, th); err != nil {
		return Result{}, err
	}
	s.threads[t.line] = th
	b.Enqueue(AdvanceJob{Meta: jobs.For(b.Tx), Thread: th.ID, Message: id}, nil)
	return Result{Thread: th.ID, Message: id}, nil
}

// known returns the text as it was stored before.
func (t *text) known(ctx context.Context, b *batch) (Result, bool, error) {
	if t.ProviderMessageID == "" {
		// Without a vendor's id the delivery's id is all that tells texts apart.
		return Result{Duplicate: true}, t.deliveryID != "", nil
	}
	m, err := b.FindMessageByProviderID(ctx, store.FindMessageByProviderIDParams{Provider: t.provider, ProviderMessageID: optional(key(t.ProviderMessageID))})
	if missing(err) {
		return Result{}, false, nil
	}
	if err != nil {
		return Result{}, false, fmt.Errorf("find message: %w", err)
	}
	return Result{Thread: m.ThreadID, Message: m.ID, Duplicate: true}, true, nil
}

// message stores the text itself; created is false when it was stored before.
func (t *text) message(ctx context.Context, b *batch, s *sender, in club.ThreadID) (id club.MessageID, created bool, err error) {
	id = b.messageID()
	body, err := people.Seal(b.keys, s.Subject, people.ColumnMessage, id.String(), t.Text)
	if err != nil {
		return id, false, err
	}
	var sent *time.Time
	if !t.SentAt.IsZero() {
		at := t.SentAt.UTC().Truncate(time.Microsecond)
		sent = &at
	}
	n, err := b.CreateMessage(ctx, store.CreateMessageParams{
		ID: id, ThreadID: in, Direction: club.DirectionIn, Author: club.AuthorMember, Provider: t.provider,
		ProviderMessageID: optional(key(t.ProviderMessageID)), Status: club.MessageReceived, Body: body, Masked: t.masked,
		Media: t.media, SentAt: sent, CorrelationID: b.Correlation, Now: b.Now,
	})
	if err != nil {
		return id, false, fmt.Errorf("store message: %w", err)
	}
	return id, n > 0, nil
}

// move tells the thread of the text. Where somebody else has changed the thread since it was read, it
// is read again: a text never waits for the machine or an operator.
func (t *text) move(ctx context.Context, b *batch, s *sender, th store.Thread) (store.Thread, error) {
	settings, err := b.Settings(ctx)
	if err != nil {
		return th, err
	}
	for range 3 {
		next := th
		if newEpisode(next, b.Now, settings.EpisodeGap) {
			next.EpisodeAt, next.Awaiting, next.BayID, next.Priority = b.Now, "", "", club.PriorityNormal
		}
		if next.Status == club.ThreadResolved {
			next.Priority = club.PriorityNormal // a person has seen to what was pressing; thanks are not
		}
		next.Unread++
		next.LastInAt = &b.Now
		if next.WaitingSince == nil {
			next.WaitingSince = &b.Now
		}
		next.Snippet = snippet(t.masked, t.count)
		if next.MemberID.IsZero() {
			next.MemberID = s.member.ID
		}
		m := thread.Move{Event: club.ThreadTextIn, By: club.Actor{Kind: club.ActorMember, ID: s.ID.String()}}
		if t.emergency {
			p := club.PriorityEmergency
			m.Priority = &p
		}
		var moved store.Thread
		if moved, err = thread.Apply(ctx, b.Tx, next, m); club.CodeOf(err) != club.CodeConflict {
			return moved, err
		}
		fresh, ferr := b.FindThread(ctx, th.ID)
		if ferr != nil {
			return th, fmt.Errorf("find thread: %w", ferr)
		}
		th = fresh
	}
	return th, err
}
