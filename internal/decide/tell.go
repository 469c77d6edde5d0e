package decide

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
	"clubos/internal/outbox"
	"clubos/internal/pattern"
	"clubos/internal/pattern/module"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

const (
	// stillOverlap says why words about bookings that share a bay wait for a person: what they say is true only
	// when somebody has moved one.
	stillOverlap = "the bookings overlap until a person moves one"
	// withColleague says why somebody is not texted unasked about what was reported.
	withColleague = "a colleague is in conversation with whoever has booked"
)

// findHolder finds who is told of what was reported. What belongs to a member's conversation is that member's.
func (m *matter) findHolder(ctx context.Context, tx *store.Tx, keys *vault.Tenant, s store.Situation) (err error) {
	m.holder.Why = "It is a member's own conversation."
	if m.thread.Provider != club.EventProvider {
		return nil
	}
	if m.holder, err = outbox.FindHolder(ctx, tx, keys, s); err != nil {
		return err
	}
	if m.holder.Why == "" {
		m.person = m.holder.Person
	}
	return nil
}

// forReports reports whether a procedure is for reports alone. The words of any other one answer a text, and
// would startle somebody who has written none.
func forReports(doc knowledge.Document) bool {
	return len(doc.Triggers) > 0 && !slices.ContainsFunc(doc.Triggers, func(t knowledge.Trigger) bool { return t.Mode != knowledge.TriggerEvent })
}

// tells reports whether steps text somebody.
func tells(steps []knowledge.Step) bool {
	return slices.ContainsFunc(steps, func(s knowledge.Step) bool { return s.Kind() == knowledge.StepReply })
}

// writesDown reports whether steps do nothing but write down what was reported.
func writesDown(steps []knowledge.Step) bool {
	return !slices.ContainsFunc(steps, func(s knowledge.Step) bool {
		return s.Kind() != knowledge.StepTicket && s.Kind() != knowledge.StepNote
	})
}

// preferTaught puts what people have said to holders before a procedure that only writes the report down, once
// their words may be proposed. What the procedure writes down is then done beside them.
func (d *Decider) preferTaught(ctx context.Context, tx *store.Tx, m *matter, list []found) (order []found, beside []knowledge.Step, err error) {
	first := list[0]
	if first.entry == nil || m.holder.Why != "" || !writesDown(first.choice.Document.Steps) {
		return list, nil, nil
	}
	for i, f := range list {
		if f.lesson == nil || f.lesson.Reply == "" || f.confidence < m.settings.Thresholds.Low {
			continue
		}
		p := plan{steps: f.choice.Document.Steps}
		if err := d.stand(ctx, tx, m, f, &p); err != nil {
			return nil, nil, err
		}
		if p.earned == club.TierEscalate || p.tier == club.TierEscalate {
			continue
		}
		order = append([]found{f}, slices.Delete(slices.Clone(list), i, i+1)...)
		return order, first.choice.Document.Steps, nil
	}
	return list, nil, nil
}

// tellPlan holds a plan that texts whoever has booked, and moves nothing, to what a reply may do unasked. That
// words are plain information is no leave here: nobody has asked for any. Words that may not be said call
// nobody, for nobody waits for them.
func (d *Decider) tellPlan(ctx context.Context, tx *store.Tx, m *matter, s store.Situation, p *plan) error {
	if module.Lasts(s.Code) && pattern.CodeDomain(string(s.Code)) == pattern.DomainBooking {
		p.lower(club.Hold{By: club.HoldFinal, To: club.TierApprove}, stillOverlap)
	}
	if m.holder.Thread.Status.HeldByPeople() {
		p.lower(club.Hold{By: club.HoldFinal, To: club.TierApprove}, withColleague)
	}
	p.alone = p.tier
	why, err := m.settings.Unasked(ctx, tx, nil, m.location.ID)
	if err != nil {
		return err
	}
	if why != "" {
		p.lower(club.Hold{By: club.HoldUnasked, To: club.TierApprove}, why)
	}
	if p.tier == club.TierEscalate {
		p.writeDown(m)
	}
	return nil
}

// staysTrue reports whether what is proposed about a situation may still be said after its end: that a booking
// was moved is true only then.
func staysTrue(ctx context.Context, tx *store.Tx, s store.Situation, prop store.Proposal) (bool, error) {
	if pattern.CodeDomain(string(s.Code)) != pattern.DomainBooking {
		return false, nil
	}
	dec, err := tx.Known().FindDecision(ctx, prop.DecisionID)
	if err != nil {
		return false, fmt.Errorf("read decision: %w", err)
	}
	steps, err := stepsOf(dec)
	return tells(steps), err
}

func stepsOf(dec store.Decision) ([]knowledge.Step, error) {
	var st stored
	if err := json.Unmarshal([]byte(dec.Steps), &st); err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	return st.Steps, nil
}

// unheard says why the words of a decision on a report are not for whoever has booked any more; "" where they
// are, and where it has none.
func unheard(ctx context.Context, tx *store.Tx, keys *vault.Tenant, th store.Thread, dec store.Decision, unasked bool) (string, error) {
	steps, err := stepsOf(dec)
	if err != nil || th.Provider != club.EventProvider || !tells(steps) {
		return "", err
	}
	list, err := tx.FindSituationsOfThread(ctx, th.ID)
	if err != nil || len(list) == 0 {
		return "", err
	}
	s := list[0]
	h, err := outbox.FindHolder(ctx, tx, keys, s)
	switch {
	case err != nil:
		return "", err
	case h.Why != "":
		return h.Why, nil
	case h.Person.Subject.ID != dec.SubjectID:
		return "somebody else holds the booking by now", nil
	case h.Booking.Status == club.BookingCancelled && s.Code != club.EventBookingCancelled && s.Code != club.EventBookingOverlap:
		return "the booking is cancelled by now", nil
	case unasked && h.Thread.Status.HeldByPeople():
		return withColleague, nil
	}
	return "", nil
}

// Raise puts something that was reported of a booking before people who want to answer it, and decides on it. It
// returns its conversation.
func (d *Decider) Raise(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.EventID) (th club.ThreadID, err error) {
	if err := p.Require(identity.ThreadsWrite); err != nil {
		return "", err
	}
	keys, err := d.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return "", err
	}
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		e, err := tx.FindEvent(ctx, id)
		if missing(err) || err == nil && !p.AllowsLocation(e.LocationID) {
			return club.NotFound("there is no such report")
		}
		if err != nil {
			return fmt.Errorf("read report: %w", err)
		}
		if !event.Answerable(e) {
			return club.Conflict("this is about no booking, or is being looked at at this moment")
		}
		in, err := event.Raise(ctx, tx, keys, e)
		if th = in.ID; err != nil || !e.SituationID.IsZero() {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Actor: p.Actor, Action: "situation.raised", Object: e.ID.String(), Thread: th}); err != nil {
			return err
		}
		if err := d.situate(ctx, tx, keys, in); err != nil {
			return err
		}
		if in, err = thread.Find(ctx, tx, th); err == nil && !in.MergedInto.IsZero() { // a member has written of it
			th = in.MergedInto
		}
		return err
	})
	return th, err
}
