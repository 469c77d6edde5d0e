package act

import (
	"context"
	"errors"
	"fmt"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/knowledge"
	"clubos/internal/outbox"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/thread"
)

// words takes a step that moves nothing in the club: a reply, a question, a ticket, an escalation.
func (w *walker) words(ctx context.Context, step knowledge.Step) (turn, error) {
	var err error
	switch step.Kind() {
	case knowledge.StepReply:
		err = w.reply(ctx, step.Reply)
	case knowledge.StepAsk:
		return w.ask(ctx, step)
	case knowledge.StepTicket:
		err = w.ticket(ctx, step)
	case knowledge.StepEscalate:
		err = w.escalate(ctx, step)
	case knowledge.StepNote:
		err = w.note(ctx, step)
	default:
		err = fmt.Errorf("BUG: step %s has no form", w.key())
	}
	var bad *wordless
	switch {
	case errors.As(err, &bad):
		return turn{}, w.giveUp(ctx, bad.why)
	case err != nil:
		return turn{}, err
	}
	return w.done(ctx)
}

// wordless says that a text cannot be written, so that a person must.
type wordless struct{ why string }

func (w *wordless) Error() string { return w.why }

func (w *walker) reply(ctx context.Context, template string) error {
	text, err := w.text(ctx, template)
	if err != nil {
		return err
	}
	return w.say(ctx, w.key(), text)
}

// text returns the words of a step: the approved ones where it is theirs to say, else the template
// filled from the rows. Nothing half filled is ever sent.
func (w *walker) text(ctx context.Context, template string) (string, error) {
	if !w.plan.InFallback && int(w.run.NextStep) == w.plan.ReplyAt && len(w.run.Reply) > 0 {
		subject, err := w.tx.FindSubject(ctx, w.decision.SubjectID)
		if err != nil {
			return "", fmt.Errorf("find subject: %w", err)
		}
		return people.Open(w.keys, subject, ColumnReply, w.decision.ID.String(), w.run.Reply)
	}
	values, err := Values(ctx, w.tx, w.keys, w.decision)
	if err != nil {
		return "", err
	}
	text, err := knowledge.Render(template, values)
	if err != nil {
		return "", &wordless{"a text of the procedure could not be written: " + club.MessageOf(err)}
	}
	return text, nil
}

// say queues a text. Somebody who has opted out gets none, and the run goes on without it.
func (w *walker) say(ctx context.Context, key, text string) error {
	settings, err := setting.Known(ctx, w.tx)
	if err != nil {
		return err
	}
	off, thrown, err := settings.OffAt(ctx, w.tx, string(catalogue.CategoryWords), "send_reply", w.decision.LocationID)
	if err != nil {
		return err
	}
	if thrown {
		return &wordless{"a reply was not sent; switched off: " + off}
	}
	_, _, err = outbox.Queue(ctx, w.tx, w.keys, outbox.Reply{Thread: w.thread, Text: text, Author: club.AuthorMachine, By: system, Decision: w.decision.ID, DedupKey: key, To: w.decision.SubjectID})
	switch {
	case errors.Is(err, outbox.ErrNobody):
		return &wordless{"a text could not be sent: " + club.MessageOf(err)}
	case errors.Is(err, outbox.ErrOptedOut):
		w.plan.Did = true
		return nil
	case club.CodeOf(err) == club.CodeInvalid:
		return &wordless{"a text of the procedure could not be sent: " + club.MessageOf(err)}
	case err != nil:
		return err
	}
	w.plan.Said = true
	w.thread, err = thread.Find(ctx, w.tx, w.thread.ID) // queueing has moved it
	return err
}

// ask asks the member and ends the run: the answer is decided on together with the texts before it. A
// question for the bay is skipped where the bay is known.
func (w *walker) ask(ctx context.Context, step knowledge.Step) (turn, error) {
	if step.Expect == knowledge.ExpectBay && !w.decision.BayID.IsZero() {
		return w.done(ctx)
	}
	if _, err := w.thread.Status.Next(club.ThreadAsked); err != nil {
		return turn{}, w.end(ctx, runStopped, "the member has written again")
	}
	said := w.plan.Said
	w.plan.Said = false
	err := w.reply(ctx, step.Ask)
	var bad *wordless
	switch {
	case errors.As(err, &bad):
		return turn{}, w.giveUp(ctx, bad.why)
	case err != nil:
		return turn{}, err
	case !w.plan.Said:
		return turn{}, w.giveUp(ctx, "the member must be asked something, but has opted out of texts")
	}
	w.plan.Said = w.plan.Said || said
	awaiting := Question{Expect: step.Expect, SOP: w.decision.SOPID, Decision: w.decision.ID}.json()
	if w.thread, err = thread.Apply(ctx, w.tx, w.thread, thread.Move{Event: club.ThreadAsked, By: system, Awaiting: &awaiting, Why: "asked for " + string(step.Expect)}); err != nil {
		return turn{}, err
	}
	return turn{}, w.end(ctx, runDone, "the member was asked")
}

func (w *walker) ticket(ctx context.Context, step knowledge.Step) error {
	values, err := Values(ctx, w.tx, w.keys, w.decision)
	if err != nil {
		return err
	}
	title, err := knowledge.Render(step.Ticket, values)
	if err != nil {
		return &wordless{"a ticket could not be written: " + club.MessageOf(err)}
	}
	detail := ""
	if step.Detail != "" {
		if detail, err = knowledge.Render(step.Detail, values); err != nil {
			return &wordless{"a ticket could not be written: " + club.MessageOf(err)}
		}
	}
	if err := w.e.cfg.CreateTicket(ctx, w.tx, Ticket{Thread: w.thread, Decision: w.decision.ID, SOP: w.decision.SOPID, Title: title, Detail: detail, Priority: step.Urgency(),
		Location: w.decision.LocationID, Bay: w.decision.BayID, By: system, DedupKey: w.key()}); err != nil {
		return fmt.Errorf("create ticket: %w", err)
	}
	w.plan.Did = true
	w.thread, err = thread.Find(ctx, w.tx, w.thread.ID)
	return err
}

// note tells colleagues who look at the conversation, and nobody else.
func (w *walker) note(ctx context.Context, step knowledge.Step) error {
	words, err := w.text(ctx, step.Note)
	if err != nil {
		return err
	}
	person, err := people.Known(ctx, w.tx, w.keys, w.thread.SubjectID)
	if err != nil {
		return err
	}
	w.plan.Did = true
	return event.Note(ctx, w.tx, w.keys, w.thread, phrase.Mask(words, person.Names()...))
}

// escalate calls a person by a step of the procedure. A reason that cannot be filled is no reason to
// call nobody.
func (w *walker) escalate(ctx context.Context, step knowledge.Step) error {
	values, err := Values(ctx, w.tx, w.keys, w.decision)
	if err != nil {
		return err
	}
	reason, err := knowledge.Render(step.Escalate, values)
	if err != nil {
		reason = step.Escalate
	}
	if err := w.e.cfg.Escalate(ctx, w.tx, w.thread, Escalation{Reason: reason, Priority: step.Urgency(), Decision: w.decision.ID}); err != nil {
		return fmt.Errorf("escalate: %w", err)
	}
	w.plan.Escalated = true
	w.thread, err = thread.Find(ctx, w.tx, w.thread.ID)
	return err
}
