package inbox

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// vendorApp is who wrote a text that did not come from us: one of the club's people, in the vendor's
// own app. Who exactly, the vendor does not say, so all of them are one person to the memory, who lifts
// nothing alone.
var vendorApp = club.Actor{Kind: club.ActorUser, ID: "vendor_app", Name: "Operator in the phone app"}

// byOperator stores a text that one of the club's people wrote in the vendor's own app. The machine
// steps back, as after a reply by hand in the console.
func (r report) byOperator(ctx context.Context, b *batch, s *sender) (Result, error) {
	th, err := r.thread(ctx, b, s)
	if err != nil {
		return Result{}, err
	}
	id := b.messageID()
	body, err := people.Seal(b.keys, s.Subject, people.ColumnMessage, id.String(), r.Text)
	if err != nil {
		return Result{}, err
	}
	var sent *time.Time
	if !r.At.IsZero() {
		at := r.At.UTC().Truncate(time.Microsecond)
		sent = &at
	}
	words := masked(r.Text, s.names)
	_, err = b.CreateMessage(ctx, store.CreateMessageParams{
		ID: id, ThreadID: th.ID, Direction: club.DirectionOut, Author: club.AuthorOperator, Provider: r.provider,
		ProviderMessageID: optional(key(r.ProviderMessageID)), Status: r.Status, Body: body, Masked: words, Media: "[]",
		SentAt: sent, CorrelationID: b.Correlation, Now: b.Now,
	})
	if err != nil {
		return Result{}, fmt.Errorf("store message: %w", err)
	}
	res := Result{Thread: th.ID, Message: id}
	if r.Status == club.MessageFailed {
		return res, b.escalate(ctx, th.ID, undelivered(clean(r.ErrorCode, 64)))
	}
	return res, r.stepBack(ctx, b, th, words, r.Text)
}

// stepBack silences the machine in th and marks its texts as taken up. The words are masked, the text is
// as it was written.
func (r report) stepBack(ctx context.Context, b *batch, th store.Thread, words, text string) error {
	settings, err := b.Settings(ctx)
	if err != nil {
		return err
	}
	b.forget(th.SubjectID)
	if _, err := b.HandleMessages(ctx, store.HandleMessagesParams{ThreadID: th.ID, Now: &b.Now, Until: b.Now}); err != nil {
		return fmt.Errorf("mark texts as taken up: %w", err)
	}
	until := b.Now.Add(settings.HandReplySilence)
	th.Unread, th.LastOutAt, th.Snippet = 0, &b.Now, snippet(words, 0)
	th, err = thread.Apply(ctx, b.Tx, th, thread.Move{Event: club.ThreadHandReply, By: vendorApp, Why: "replied in the vendor's app", SilentUntil: &until})
	if err != nil {
		return err
	}
	if b.in.cfg.HandReplied == nil {
		return nil
	}
	if err := b.in.cfg.HandReplied(ctx, b.Tx, th, vendorApp, text); err != nil {
		return fmt.Errorf("hand reply: %w", err)
	}
	return nil
}

// thread finds the conversation that a text to s belongs to, or opens one: the latest on the line it
// went out from, or the latest of all when the vendor does not name the line.
func (r report) thread(ctx context.Context, b *batch, s *sender) (store.Thread, error) {
	if err := b.LockSubject(ctx, store.LockSubjectParams{ID: s.ID, UpdatedAt: b.Now}); err != nil {
		return store.Thread{}, fmt.Errorf("lock recipient: %w", err)
	}
	list, err := b.FindThreadsOfSubject(ctx, store.FindThreadsOfSubjectParams{SubjectID: s.ID, Limit: 20})
	if err != nil {
		return store.Thread{}, fmt.Errorf("find threads: %w", err)
	}
	number := ""
	if r.Line != "" {
		number = lineOf(r.Line, &b.in.numbers)
	}
	for _, th := range list {
		if th.Status != club.ThreadMerged && th.Provider == r.provider && (number == "" || th.Line == number) {
			return th, nil
		}
	}
	if number == "" {
		if number, err = b.onlyLine(ctx, r.provider); err != nil {
			return store.Thread{}, err
		}
	}
	line, err := b.line(ctx, number)
	if err != nil {
		return store.Thread{}, err
	}
	place := line.LocationID
	if place.IsZero() {
		place = s.member.HomeLocationID
	}
	th := newThread(b, s, number, r.provider, place)
	return th, create(ctx, b.Queries, th)
}

// onlyLine returns the line of a provider when it has just one; "" otherwise.
func (b *batch) onlyLine(ctx context.Context, provider string) (string, error) {
	if _, err := b.line(ctx, ""); err != nil {
		return "", err
	}
	found, n := "", 0
	for _, l := range b.lines {
		if l.Provider == provider {
			found, n = l.Number, n+1
		}
	}
	if n != 1 {
		return "", nil
	}
	return found, nil
}
