package decide

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/pattern"
	"clubos/internal/pattern/module"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// reportedOnly says why what was only reported is not acted on unasked.
const reportedOnly = "devices, doors and bookings report, people decide: nothing moves unasked"

// situate decides on what was reported in a situation's thread. Where a member has written of the same,
// their conversation takes it over.
func (d *Decider) situate(ctx context.Context, tx *store.Tx, keys *vault.Tenant, th store.Thread) error {
	m, s, err := d.occasion(ctx, tx, keys, th)
	if err != nil || m == nil {
		return err
	}
	if d.heldAgainst(th, tx.Now) {
		return d.handled(ctx, tx, m, "") // people read it there
	}
	what, err := pattern.ParseEvent(s.Context)
	if err != nil {
		return err
	}
	joined, err := d.joinMember(ctx, tx, keys, m, s)
	if err != nil || joined {
		return err
	}
	if err := d.supersede(ctx, tx, th); err != nil {
		return err
	}
	p, err := d.matchEvent(ctx, tx, keys, m, s, what)
	if err != nil {
		return err
	}
	if err := d.alarmed(ctx, tx, m, s, &p); err != nil {
		return err
	}
	return d.carryOut(ctx, tx, keys, m, p)
}

// occasion reads the matter of a situation; nil when there is nothing that nobody has taken up.
func (d *Decider) occasion(ctx context.Context, tx *store.Tx, keys *vault.Tenant, th store.Thread) (*matter, store.Situation, error) {
	list, err := tx.FindSituationsOfThread(ctx, th.ID)
	if err != nil || len(list) == 0 {
		return nil, store.Situation{}, err
	}
	s := list[0]
	rows, err := tx.FindUnhandledMessages(ctx, th.ID)
	if err != nil || len(rows) == 0 {
		return nil, s, err
	}
	m, err := d.matterOf(ctx, tx, keys, th, s)
	if err != nil {
		return nil, s, err
	}
	for _, row := range rows {
		m.texts = append(m.texts, text{row: row, body: row.Masked, reading: phrase.Read("")}) // nobody said it
	}
	m.masked = rows[len(rows)-1].Masked
	times := 0
	for _, o := range list {
		if o.Code == s.Code {
			times++
		}
	}
	return m, s, d.reported(ctx, tx, m, s, times)
}

// matterOf is a situation as a matter that is decided on.
func (d *Decider) matterOf(ctx context.Context, tx *store.Tx, keys *vault.Tenant, th store.Thread, s store.Situation) (*matter, error) {
	m, err := &matter{thread: th, masked: s.Title}, error(nil)
	if m.settings, err = setting.Load(ctx, tx); err != nil {
		return nil, err
	}
	if m.person, err = people.Known(ctx, tx, keys, th.SubjectID); err != nil {
		return nil, err
	}
	if m.location, err = tx.Known().FindLocation(ctx, s.LocationID); err != nil {
		return nil, fmt.Errorf("read location: %w", err)
	}
	if m.bay, err = m.bayOf(ctx, tx, s.BayID); err != nil {
		return nil, err
	}
	if !s.BookingID.IsZero() {
		if m.booking, err = tx.FindBooking(ctx, s.BookingID); err != nil {
			return nil, fmt.Errorf("read booking: %w", err)
		}
	}
	return m, m.findHolder(ctx, tx, keys, s)
}

// reported notes what a situation rests on.
func (d *Decider) reported(ctx context.Context, tx *store.Tx, m *matter, s store.Situation, times int) error {
	events, err := tx.FindEventsOfSituation(ctx, s.ID)
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	for _, e := range events[max(0, len(events)-maxReports):] {
		words := event.Words(e.Code)
		if !e.DeviceID.IsZero() {
			dev, err := tx.FindDevice(ctx, e.DeviceID)
			if err != nil {
				return fmt.Errorf("read device: %w", err)
			}
			words = dev.Name + " " + words
		}
		m.fact("reported", words, e.Vendor, e.At)
	}
	if times > 1 {
		m.fact("came back", count(times-1, "time")+" before, in this thread", "situations", s.OpenedAt)
	}
	m.fact("location", m.location.Name, "locations", m.location.UpdatedAt)
	if !m.bay.ID.IsZero() {
		m.fact("bay", m.bay.Name, "bays", m.bay.UpdatedAt)
	}
	if s.Bays > 1 {
		m.fact("bays", count(int(s.Bays), "bay")+" at once: one incident", "situations", s.LastAt)
	}
	if m.holder.Why == "" {
		m.fact("can be told", "whoever has booked "+club.Hours(m.holder.Booking.StartsAt, m.holder.Booking.EndsAt, m.location.TimeZone), "bookings", m.holder.Booking.UpdatedAt)
	}
	under, err := tx.FindBookingsUnderWay(ctx, store.FindBookingsUnderWayParams{LocationID: s.LocationID, At: tx.Now, Since: tx.Now.Add(-club.BookingReach)})
	if err != nil {
		return fmt.Errorf("read bookings: %w", err)
	}
	if n := len(under); n > 0 && s.BayID.IsZero() && s.Code.Door() {
		m.fact("bookings", count(n, "booking")+" at the place at the moment", "bookings", tx.Now)
	}
	for _, b := range under {
		if b.BayID == s.BayID && !s.BayID.IsZero() {
			m.fact("booking", "the bay is booked until "+b.EndsAt.In(club.Zone(m.location.TimeZone)).Format("15:04"), "bookings", b.UpdatedAt)
		}
	}
	return nil
}

// maxReports bounds how many of a situation's events a decision names: the newest.
const maxReports = 8

// matchEvent weighs what is known at the place against what was reported.
func (d *Decider) matchEvent(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter, s store.Situation, what pattern.Event) (plan, error) {
	list, version, err := d.weighEvent(ctx, tx, keys, m.location, m.bay, what)
	if err != nil {
		return plan{}, err
	}
	return d.chooseEvent(ctx, tx, m, s, what, list, version)
}

func (d *Decider) weighEvent(ctx context.Context, tx *store.Tx, keys *vault.Tenant, at store.Location, bay store.Bay, what pattern.Event) (list []found, version string, err error) {
	set, err := d.cfg.Library.Live(ctx, tx)
	if err != nil {
		return nil, "", err
	}
	lessons, err := d.cfg.Memory.Learned(ctx, tx, keys)
	if err != nil {
		return nil, "", err
	}
	here, matcher, ok := d.matchers.at(tx.Tenant, set, lessons, knowledge.Place{Location: at.Name, LocationID: at.ID, Bay: int(bay.Number)})
	if !ok {
		return nil, "", club.Conflict("what is known has changed at this moment; look again")
	}
	result := matcher.MatchEvent(what, 0)
	for _, c := range result.Candidates {
		if f, ok := here.found(set, c); ok && len(list) < weighedMost {
			list = append(list, f)
		}
	}
	return list, result.Version, nil
}

// Knows reports whether something known at a place fits what was reported there.
func (d *Decider) Knows(ctx context.Context, tx *store.Tx, keys *vault.Tenant, at store.Location, id club.BayID, what pattern.Event) (bool, error) {
	var bay store.Bay
	if !id.IsZero() {
		var err error
		if bay, err = tx.Known().FindBay(ctx, id); err != nil {
			return false, fmt.Errorf("read bay: %w", err)
		}
	}
	s, err := setting.Load(ctx, tx)
	if err != nil {
		return false, err
	}
	list, _, err := d.weighEvent(ctx, tx, keys, at, bay, what)
	return len(list) > 0 && list[0].confidence >= s.Thresholds.Low, err
}

// chooseEvent settles on what is done about a situation: a known procedure, what people did before, or a
// ticket.
func (d *Decider) chooseEvent(ctx context.Context, tx *store.Tx, m *matter, s store.Situation, what pattern.Event, list []found, model string) (plan, error) {
	candidates := make([]club.Candidate, len(list))
	for i, f := range list {
		candidates[i] = f.candidate
	}
	if len(list) == 0 || list[0].confidence < m.settings.Thresholds.Low {
		p := plan{verdict: verdict{kind: kindAnswer, rule: learn.RuleNoMatch, title: m.masked}, candidates: candidates, model: model,
			steps: learn.WrittenDown(), earned: club.TierEscalate, tier: club.TierAuto}
		if module.Silent(what) {
			p.kind, p.rule, p.steps, p.earned = kindNoAnswer, "the ordinary course", nil, club.TierAuto
		}
		return p, p.hear(list)
	}
	list, beside, err := d.preferTaught(ctx, tx, m, list)
	if err != nil {
		return plan{}, err
	}
	for i, f := range list {
		candidates[i] = f.candidate
	}
	best := list[0]
	doc := best.choice.Document
	p := plan{verdict: verdict{kind: kindAnswer, title: doc.Title, priority: doc.Priority}, entry: best.entry, document: doc, steps: doc.Steps, fallback: doc.Fallback, confidence: best.confidence}
	if m.repeats(p.steps) { // it has just been tried: what the procedure does next may help
		p.steps, p.fallback = doc.Fallback, nil
	}
	if err := d.stand(ctx, tx, m, best, &p); err != nil {
		return p, err
	}
	if len(candidates) > 0 && p.standing != nil {
		candidates[0].Record = recordWords(p.standing)
	}
	p.candidates, p.model, p.course.Report = candidates, model, true
	if best.lesson != nil && p.earned == club.TierEscalate && len(p.limits) == 0 {
		p.writeDown(m)
		return p, p.hear(list)
	}
	p.steps = append(slices.Clip(p.steps), beside...)
	if err := d.reportPlan(ctx, tx, m, s, best, &p); err != nil {
		return p, err
	}
	return p, p.hear(list)
}

// writeDown leaves what was reported to people, who teach by what they do.
func (p *plan) writeDown(m *matter) {
	p.verdict, p.standing = verdict{kind: kindAnswer, rule: learn.RuleLearning, title: m.masked}, nil
	p.steps, p.fallback, p.tier = learn.WrittenDown(), nil, club.TierAuto
}

// reportPlan takes out of a plan what needs a member, and lowers it: a report alone moves nothing. What
// only tells people of it needs nobody's leave; what tells whoever has booked needs what a reply needs.
func (d *Decider) reportPlan(ctx context.Context, tx *store.Tx, m *matter, s store.Situation, best found, p *plan) error {
	about := module.Of(s.Code)
	if why := unknownAct(p.steps, d.cfg.Catalogue); why != "" {
		m.fact("left out", why, "catalogue", tx.Now)
	}
	told := m.holder.Why == "" && (best.lesson != nil || forReports(p.document))
	p.steps, p.fallback = d.withoutMember(p.steps, about, told), d.withoutMember(p.fallback, about, told)
	if len(p.steps) == 0 {
		p.steps, p.fallback = learn.WrittenDown(), nil
	}
	actions := actionsOf(p.steps, d.cfg.Catalogue)
	for _, a := range actions {
		p.course.Acts = append(p.course.Acts, a.Name)
		off, thrown, err := m.settings.OffAt(ctx, tx, string(a.Category), a.Name, m.location.ID)
		if err != nil {
			return err
		}
		if thrown {
			p.lower(club.Hold{By: club.HoldSwitch, Key: off, To: club.TierEscalate}, "switched off: "+off)
		}
	}
	if tells(p.steps) || tells(p.fallback) {
		off, thrown, err := m.settings.OffAt(ctx, tx, string(catalogue.CategoryWords), "send_reply", m.location.ID)
		if err != nil {
			return err
		}
		if thrown {
			p.lower(club.Hold{By: club.HoldSwitch, Key: off, To: club.TierEscalate}, "switched off: "+off)
		}
	}
	if len(actions) > 0 {
		p.lower(club.Hold{By: club.HoldFinal, To: club.TierApprove}, reportedOnly)
		return nil
	}
	if tells(p.steps) {
		return d.tellPlan(ctx, tx, m, s, p)
	}
	if p.tier != club.TierEscalate && len(p.limits) == 0 {
		p.tier = club.TierAuto
	}
	return nil
}

// withoutMember leaves of a procedure's steps what can be done where nobody has written: acts that the
// domain is about, tickets and calls, and words where told says that there is somebody to read them.
func (d *Decider) withoutMember(steps []knowledge.Step, about module.Module, told bool) []knowledge.Step {
	var out []knowledge.Step
	for _, s := range steps {
		switch s.Kind() {
		case knowledge.StepAction:
			if a, ok := d.cfg.Catalogue.Find(s.Action); !ok || !about.Proposes(string(a.Category)) {
				continue
			}
		case knowledge.StepReply:
			if !told {
				continue
			}
		case knowledge.StepAsk: // nobody would connect the answer with it
			continue
		case knowledge.StepTicket, knowledge.StepEscalate, knowledge.StepNote:
		}
		out = append(out, s)
	}
	return out
}

// Over brings a situation to rest that has ended: what was proposed for it is withdrawn, and what was done
// is judged by it.
func (d *Decider) Over(ctx context.Context, tx *store.Tx, keys *vault.Tenant, s store.Situation) error {
	th, err := thread.Find(ctx, tx, s.ThreadID)
	if err != nil {
		return err
	}
	if err := event.Note(ctx, tx, keys, th, "Over after "+club.Span(tx.Now.Sub(s.OpenedAt))+": "+s.Title); err != nil {
		return err
	}
	list, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: th.ID, Limit: 5})
	if err != nil {
		return fmt.Errorf("find decisions: %w", err)
	}
	for _, dec := range list {
		learn.Consider(tx, dec.ID)
	}
	if th.Provider != club.EventProvider || th.Status.HeldByPeople() || th.Status == club.ThreadMerged {
		return nil
	}
	prop, err := tx.FindOpenProposalOfThread(ctx, th.ID)
	if err == nil {
		if told, err := staysTrue(ctx, tx, s, prop); err != nil || told {
			return err
		}
		_, err = d.settle(ctx, tx, prop, machine, club.ProposalStale, false, "it is over by itself")
	}
	if err != nil && !missing(err) {
		return err
	}
	n, err := tx.CountUnderWay(ctx, store.CountUnderWayParams{ThreadID: th.ID})
	if err != nil || n > 0 {
		return err
	}
	if _, err := th.Status.Next(club.ThreadAnswered); err != nil {
		return nil // it has not been decided on yet, which is done in any case
	}
	_, err = thread.Apply(ctx, tx, th, thread.Move{Event: club.ThreadAnswered, By: machine, Why: "it is over"})
	return err
}

// relates reports whether a procedure is about an event of a code: a trigger names it, or its category is
// the event's domain.
func relates(doc knowledge.Document, code club.EventCode) bool {
	for _, t := range doc.Triggers {
		if first, _, _ := strings.Cut(t.Text, " "); t.Mode == knowledge.TriggerEvent && first == string(code) {
			return true
		}
	}
	switch pattern.CodeDomain(string(code)) {
	case pattern.DomainError:
		return doc.Category == knowledge.CategoryEquipment
	case pattern.DomainAccess:
		return doc.Category == knowledge.CategoryAccess
	case pattern.DomainBooking:
		return doc.Category == knowledge.CategoryBooking
	case pattern.DomainDecision:
	}
	return false
}
