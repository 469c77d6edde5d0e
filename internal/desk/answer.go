package desk

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/notify"
	"clubos/internal/oncall"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// Answer is a text from a number of the club's staff.
type Answer struct {
	User club.UserID
	Text string
	Key  string // names the text, however often it is delivered
}

// answerWithin is how long after a call a text from the person's number is read as an answer to it.
const answerWithin = 12 * time.Hour

// taking are answers that take a matter, beside a plain yes.
var taking = regexp.MustCompile(`(?i)^\W*(i('| wi)?ll |i'm |im |i )?(taking|take|taken|got|have|on|mine|ack(nowledged?)?|omw|coming|on my way)( (it|this|that|one|on it))?\W*(#?\d{1,2})?\W*$`)

var codeIn = regexp.MustCompile(`\d{1,2}`)

// Answered takes in a text from one of the staff and reports whether it was an answer to a call. "OK",
// "taking it" or a number takes a matter; other words are kept beside it as a note for colleagues. What
// tells of an emergency, and a text of somebody who was not called of late, is no answer: staff may be
// members too.
func (d *Desk) Answered(ctx context.Context, tx *store.Tx, a Answer) (bool, error) {
	calls, err := tx.FindCallsOfUser(ctx, store.FindCallsOfUserParams{UserID: a.User, Since: tx.Now.Add(-answerWithin)})
	if err != nil {
		return false, fmt.Errorf("find calls: %w", err)
	}
	if len(calls) == 0 {
		return false, nil
	}
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return false, err
	}
	p, err := identity.FindPrincipal(ctx, tx, keys, a.User)
	if club.CodeOf(err) == club.CodeForbidden {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	r := phrase.Read(a.Text)
	code := 0
	if m := codeIn.FindString(a.Text); m != "" && len(strings.Fields(a.Text)) <= 5 {
		code, _ = strconv.Atoi(m)
	}
	bare := code > 0 && strings.Trim(a.Text, " \t\r\n.!#0123456789") == ""
	takes := r.Yes || bare || taking.MatchString(a.Text) || code > 0 && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Text)), "ok")
	switch {
	case r.OptOut:
		return true, oncall.StopTexts(ctx, tx, p)
	case takes:
		return true, d.takeByText(ctx, tx, p, a, calls, code)
	case r.Emergency != phrase.EmergencyNone:
		return false, nil
	}
	return true, d.noteByText(ctx, tx, p, a, calls)
}

// takeByText acknowledges the matter that an answer means, and says so.
func (d *Desk) takeByText(ctx context.Context, tx *store.Tx, p identity.Principal, a Answer, calls []store.FindCallsOfUserRow, code int) error {
	open := slices.DeleteFunc(slices.Clone(calls), func(c store.FindCallsOfUserRow) bool { return c.Status != escalationOpen })
	meant := -1
	if code > 0 {
		meant = slices.IndexFunc(calls, func(c store.FindCallsOfUserRow) bool { return c.Code == int64(code) })
	}
	var of store.FindCallsOfUserRow
	switch {
	case meant >= 0:
		of = calls[meant]
	case code > 1 || len(open) > 1:
		return d.which(ctx, tx, a, open, calls[0])
	case len(open) == 1:
		of = open[0]
	default:
		of = calls[0]
	}
	t, err := thread.Find(ctx, tx, of.ThreadID)
	if err != nil {
		return err
	}
	where, err := place(ctx, tx, t.LocationID, t.BayID)
	if err != nil {
		return err
	}
	if where != "" {
		where = ": " + where
	}
	first := false
	if of.Status == escalationOpen {
		if first, err = d.acknowledgeFirst(ctx, tx, t, p.Actor); err != nil {
			return err
		}
	}
	if !first {
		e, err := tx.FindEscalation(ctx, of.ID)
		if err != nil {
			return fmt.Errorf("find escalation: %w", err)
		}
		said := "This is closed already" + where + "."
		if e.Status == escalationAcknowledged {
			said = "Taken by " + e.AcknowledgedBy + " already" + where + "."
		}
		return d.sayTo(ctx, tx, a, of, said)
	}
	// Whoever may work in the console has it there too; the others are known to have seen it.
	if p.Can(identity.ThreadsWrite) && p.AllowsLocation(t.LocationID) && t.AssignedTo.IsZero() {
		if _, err := d.give(ctx, tx, t, p.Actor, p.UserID); err != nil {
			return err
		}
	}
	return d.sayTo(ctx, tx, a, of, "You have it"+where+". Nobody else is called.")
}

// which asks back when an answer leaves open what it means.
func (d *Desk) which(ctx context.Context, tx *store.Tx, a Answer, open []store.FindCallsOfUserRow, last store.FindCallsOfUserRow) error {
	if len(open) == 0 {
		return d.sayTo(ctx, tx, a, last, "Nothing waits for you any more.")
	}
	var choices []string
	for _, c := range open[:min(len(open), 5)] {
		t, err := thread.Find(ctx, tx, c.ThreadID)
		if err != nil {
			return err
		}
		where, err := place(ctx, tx, t.LocationID, t.BayID)
		if err != nil {
			return err
		}
		if where == "" {
			where = "a place that is not known"
		}
		choices = append(choices, fmt.Sprintf("%d for %s", c.Code, where))
	}
	return d.sayTo(ctx, tx, a, last, "Which one? Answer "+strings.Join(choices, ", ")+".")
}

// noteByText keeps other words beside the matter they most likely belong to.
func (d *Desk) noteByText(ctx context.Context, tx *store.Tx, p identity.Principal, a Answer, calls []store.FindCallsOfUserRow) error {
	of := calls[0]
	if i := slices.IndexFunc(calls, func(c store.FindCallsOfUserRow) bool { return c.Status == escalationOpen }); i >= 0 {
		of = calls[i]
	}
	text := clip(strings.TrimSpace(a.Text), 4000)
	if text == "" {
		text = "(a picture)"
	}
	t, err := thread.Find(ctx, tx, of.ThreadID)
	if err != nil {
		return err
	}
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return err
	}
	person, err := people.Find(ctx, tx, keys, t.SubjectID)
	if err != nil {
		return err
	}
	id, key := club.NewMessageID(tx.Now), "answer:"+a.Key
	body, err := people.Seal(keys, person.Subject, people.ColumnMessage, id.String(), text)
	if err != nil {
		return err
	}
	n, err := tx.CreateMessage(ctx, store.CreateMessageParams{ID: id, ThreadID: t.ID, Direction: club.DirectionNote, Author: club.AuthorOperator, AuthorID: p.Actor.ID, Provider: t.Provider,
		DedupKey: &key, Status: club.MessageReceived, Body: body, Masked: phrase.Mask(text, append(person.Names(), person.Name)...), Media: "[]", CorrelationID: tx.Correlation, Now: tx.Now})
	if err != nil {
		return fmt.Errorf("store note: %w", err)
	}
	if n == 0 {
		return nil
	}
	tx.Changed(thread.Topic, t.ID.String())
	if err := audit.Write(ctx, tx, audit.Entry{Actor: p.Actor, Action: "thread.noted", Object: t.ID.String(), Thread: t.ID, Detail: map[string]any{"message": id, "by": "text"}}); err != nil {
		return err
	}
	if of.Status != escalationOpen {
		return nil
	}
	return d.sayTo(ctx, tx, a, of, fmt.Sprintf("Noted for your colleagues; the member does not see it. Answer %d to take it.", of.Code))
}

// sayTo answers one of the staff by text, once per text of theirs.
func (d *Desk) sayTo(ctx context.Context, tx *store.Tx, a Answer, of store.FindCallsOfUserRow, words string) error {
	_, err := d.cfg.Notifier.Call(ctx, tx, notify.ChannelSMS, a.User, notify.Note{Kind: notify.KindEscalation, Ref: of.ID.String(), Thread: of.ThreadID, Title: words, DedupKey: "answer:" + a.Key})
	return err
}

// pagerActor is who acts when somebody acknowledges at the paging service.
const pagerActor = "pagerduty"

// AcknowledgedAtPager takes in that somebody has acknowledged or resolved, at the paging service, what it
// was woken for. The key is the one that it was woken with; who is a name for colleagues, "" when unknown.
// What was acknowledged before people were called anew counts no more.
func (d *Desk) AcknowledgedAtPager(ctx context.Context, tenant *store.Tenant, key, who string, at time.Time) error {
	raw, _, _ := strings.Cut(key, ".")
	id := club.EscalationID(raw)
	if !strings.HasPrefix(raw, "esc_") {
		return nil // an incident that is not ours
	}
	return again(ctx, tenant, func(tx *store.Tx) error {
		e, err := tx.FindEscalation(ctx, id)
		if missing(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find escalation: %w", err)
		}
		row, err := tx.FindCallChain(ctx, id)
		if missing(err) || err == nil && (pagerKey(row) != key || !at.IsZero() && at.Before(row.StartedAt.Add(-time.Minute))) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find calls: %w", err)
		}
		t, err := thread.Find(ctx, tx, e.ThreadID)
		if err != nil {
			return err
		}
		by := club.System(pagerActor)
		by.Name = "somebody in PagerDuty"
		if who = clip(strings.Join(strings.Fields(who), " "), 80); who != "" {
			by.Name = who + " (PagerDuty)"
		}
		return d.acknowledge(ctx, tx, t, by)
	})
}
