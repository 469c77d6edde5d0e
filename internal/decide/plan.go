package decide

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/pattern"
	"clubos/internal/pattern/reliability"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// plan is what a decision would do, before it is stored.
type plan struct {
	verdict
	entry      *knowledge.Entry // nil: no procedure
	document   knowledge.Document
	steps      []knowledge.Step // what runs: the document's steps, or its fallback
	fallback   []knowledge.Step // what runs when an action fails; nil when steps are the fallback
	also       []catalogue.Prerequisite
	candidates []club.Candidate
	confidence float64
	earned     club.Tier
	tier       club.Tier
	alone      club.Tier // the tier before acting alone was switched off; "" where people decide in any case
	limits     []string
	course     *club.Course // nil where nothing known was weighed
	model      string
	standing   *learn.Standing // what the memory lets the plan claim; nil where nothing was weighed
	weighed    []learn.Weighed // lessons that were weighed and not followed
	unfinished bool            // something else in the thread is under way and stays so
}

// found is one SOP or lesson that resembles the text, with the place's choice of document.
type found struct {
	choice     knowledge.Choice
	entry      *knowledge.Entry // nil: a lesson
	lesson     *learn.Lesson    // nil: a SOP
	confidence float64
	candidate  club.Candidate
}

// escalation returns a plan that only calls a person.
func escalation(rule, title, reason string) plan {
	return plan{verdict: verdict{kind: kindEscalate, rule: rule, title: title, reason: reason}, earned: club.TierEscalate, tier: club.TierEscalate}
}

// choose weighs the candidates and settles on one procedure, or on a person.
func (d *Decider) choose(ctx context.Context, tx *store.Tx, m *matter, list []found, model string) (plan, error) {
	candidates := make([]club.Candidate, len(list))
	for i, f := range list {
		candidates[i] = f.candidate
	}
	if len(list) == 0 || list[0].confidence < m.settings.Thresholds.Low {
		p := escalation(learn.RuleNoMatch, "Nothing known fits", closest(list))
		p.candidates, p.model = candidates, model
		if err := d.noticeUnknown(ctx, tx, m, list, &p); err != nil {
			return p, err
		}
		return p, p.hear(list)
	}
	best := list[0]
	if verb, no := forbids(forbiddenVerbs(m), best.choice.Document, d.cfg.Catalogue); no {
		candidates[0].Note = "the text forbids it: " + verb
		p := escalation("forbidden", "The text forbids an action", fmt.Sprintf("the text resembles %q but forbids it (%s)", best.choice.Document.Title, verb))
		p.candidates, p.model, p.confidence = candidates, model, best.confidence
		return p, nil
	}
	p, err := d.weigh(ctx, tx, m, best)
	if err != nil {
		return p, err
	}
	candidates[0].Record = recordWords(p.standing)
	p.candidates, p.model = candidates, model
	if best.lesson != nil && p.earned == club.TierEscalate && len(p.limits) == 0 {
		q := escalation(learn.RuleLearning, p.title, "people have decided on this before, but not often enough for a proposal")
		q.candidates, q.model, q.confidence, q.course = p.candidates, p.model, p.confidence, p.course
		p = q
	}
	return p, p.hear(list)
}

// hear notes the lessons that were weighed but not followed, so that a person's answer can be told to
// be one of them.
func (p *plan) hear(list []found) error {
	for i, f := range list {
		if f.lesson == nil || p.standing != nil && i == 0 {
			continue
		}
		about, err := learn.PlanOf(*f.lesson)
		if err != nil {
			return err
		}
		p.weighed = append(p.weighed, learn.Weighed{Plan: about, Role: learn.RoleWeighed, Score: f.candidate.Score, Probability: f.confidence, Model: p.model})
	}
	return nil
}

// recordWords says what came of a plan before, "" where nothing did.
func recordWords(s *learn.Standing) string {
	a := s.Assessment
	if a.Outcomes == 0 {
		return ""
	}
	by := ""
	if a.People > 0 { // nobody is behind what devices alone have confirmed
		by = " by " + count(a.People, "person")
	}
	out := fmt.Sprintf("decided so %s%s; %.0f %% good", count(a.Outcomes, "time"), by, 100*a.Counts.Successes/max(a.Counts.Total(), 1e-9))
	if rate, ok := s.Together(); ok {
		out += fmt.Sprintf("; lessons that had come as far were right in at least %.0f %%", 100*rate)
	}
	return out
}

// weigh makes the plan of a procedure, asks what it may claim, and lowers its tier by everything that
// speaks for a person.
func (d *Decider) weigh(ctx context.Context, tx *store.Tx, m *matter, f found) (plan, error) {
	doc, cat := f.choice.Document, d.cfg.Catalogue
	p := plan{verdict: verdict{kind: kindAnswer, title: doc.Title, priority: doc.Priority}, entry: f.entry, document: doc, steps: doc.Steps, fallback: doc.Fallback, also: doc.Prerequisites, confidence: f.confidence}
	if unmet := m.unmet(doc.Prerequisites); len(unmet) > 0 && len(doc.Fallback) > 0 {
		p.steps, p.fallback, p.also = doc.Fallback, nil, nil
		m.fact("prerequisites", "not met: "+strings.Join(unmet, "; "), "bookings", m.latest())
	}
	if err := d.stand(ctx, tx, m, f, &p); err != nil {
		return p, err
	}
	if doc.Category == knowledge.CategoryEmergency {
		return p.emergency(m, f.confidence), nil
	}
	if why := unknownAct(p.steps, cat); why != "" {
		p.lower(club.Hold{By: club.HoldFinal, To: club.TierEscalate}, why)
	}
	path := m.path(p.steps)
	actions := actionsOf(path, cat)
	for _, a := range actions {
		p.course.Acts = append(p.course.Acts, a.Name)
		off, thrown, err := m.settings.OffAt(ctx, tx, string(a.Category), a.Name, m.location.ID)
		if err != nil {
			return p, err
		}
		if thrown {
			p.lower(club.Hold{By: club.HoldSwitch, Key: off, To: club.TierEscalate}, "switched off: "+off)
		}
		if a.Risk == club.RiskHigh || !a.Reversible {
			p.lower(club.Hold{By: club.HoldFinal, Key: string(a.Name), To: club.TierApprove}, a.Title+" cannot be undone")
		}
	}
	off, thrown, err := m.settings.OffAt(ctx, tx, string(catalogue.CategoryWords), "send_reply", m.location.ID)
	if err != nil {
		return p, err
	}
	if thrown {
		p.lower(club.Hold{By: club.HoldSwitch, Key: off, To: club.TierEscalate}, "switched off: "+off)
	}
	late := m.late()
	if late > 0 {
		p.lower(club.Hold{By: club.HoldLate, To: club.TierApprove}, "the text came "+club.Span(late)+" after it was sent")
	}
	if len(actions) > 0 && m.booking.ID.IsZero() {
		p.lower(club.Hold{By: club.HoldBooking, To: club.TierApprove}, "no current booking")
	}
	p.course.Plain = plain(path, actions)
	safe := p.course.Plain && m.settings.AutoSafeReplies && late == 0
	if to, why := m.record.Lower(club.TierAuto, f.candidate.Score); p.course.Plain && why != "" {
		p.course.Held = append(p.course.Held, club.Hold{By: club.HoldCalibration, To: to}) // also where nothing went out unasked: for hindsight
		if safe {
			safe = false
			p.limits = append(p.limits, why)
		}
	}
	if safe && p.standing.Doubtful() {
		safe = false
		p.limits = append(p.limits, "it was wrong too often to go out unasked")
	}
	p.course.Safe = safe
	if err := d.notice(ctx, tx, m, f, &p, len(actions) > 0, safe); err != nil {
		return p, err
	}
	raised := p.raiseSafe(safe)
	p.alone = p.tier
	if raised {
		return p, nil
	}
	// What runs when the first thing fails is for the gate, which asks again.
	why, err := m.settings.Unasked(ctx, tx, actions, m.location.ID)
	if err == nil && why != "" {
		p.lower(club.Hold{By: club.HoldUnasked, To: club.TierApprove}, why)
	}
	return p, err
}

// stand asks the memory what the plan may claim here, and lowers it to what people and breakers allow.
func (d *Decider) stand(ctx context.Context, tx *store.Tx, m *matter, f found, p *plan) error {
	about, err := d.about(f, p)
	if err != nil {
		return err
	}
	place := reliability.Place{Location: m.location.ID.String(), Bay: m.bay.ID.String()}
	s, err := d.cfg.Memory.Standing(ctx, tx, m.settings, about, place, f.confidence)
	if err != nil {
		return err
	}
	p.standing, p.confidence = &s, s.Confidence
	p.course = &club.Course{Held: slices.Clone(s.Held)}
	p.earned = m.settings.Thresholds.Tier(s.Confidence)
	p.tier = p.earned
	p.limits = append(p.limits, s.Limits...)
	p.tier = p.tier.Lower(s.Ceiling)
	if to, why := m.record.Lower(p.tier, f.candidate.Score); why != "" {
		p.lower(club.Hold{By: club.HoldCalibration, To: to}, why)
	}
	return nil
}

// about names what the plan does, for the memory.
func (d *Decider) about(f found, p *plan) (learn.Plan, error) {
	if f.lesson != nil {
		return learn.PlanOf(*f.lesson)
	}
	digest, err := learn.Digest(stored{Steps: p.steps, Fallback: p.fallback})
	about := learn.Plan{SOP: f.entry.SOP, Domain: domainOf(f.choice.Document), Title: f.choice.Document.Title, Digest: digest}
	for _, a := range actionsOf(p.steps, d.cfg.Catalogue) {
		about.Actions = append(about.Actions, a.Name)
	}
	return about, err
}

// domainOf is what a procedure is about: texts, where it answers any, and otherwise what is reported.
func domainOf(doc knowledge.Document) pattern.Domain {
	if slices.ContainsFunc(doc.Triggers, func(t knowledge.Trigger) bool { return t.Mode != knowledge.TriggerEvent }) || len(doc.Triggers) == 0 {
		return pattern.DomainDecision
	}
	return pattern.CodeDomain(doc.Triggers[0].Text)
}

// emergency makes the plan of a procedure for danger: a person is called in any case, at once and in
// the procedure's words where it is clear, and only to look where it is a guess.
func (p plan) emergency(m *matter, match float64) plan {
	p.kind, p.rule, p.tier = kindEscalate, "emergency procedure", club.TierEscalate
	p.reason, p.priority = "emergency: "+p.document.Title, club.PriorityEmergency
	if match < m.settings.Thresholds.Medium {
		p.rule, p.reason, p.priority = "possible emergency", "perhaps an emergency: "+p.document.Title, ""
		p.steps, p.fallback, p.also = nil, nil, nil
	}
	return p
}

// plain reports whether the steps are plain information: every word is marked safe, or is our question for
// the bay, and nothing moves. A club may let it go out unasked.
func plain(path []knowledge.Step, actions []catalogue.Action) bool {
	if len(actions) > 0 || len(path) == 0 {
		return false
	}
	for _, s := range path {
		switch s.Kind() {
		case knowledge.StepReply:
			if !s.Safe {
				return false
			}
		case knowledge.StepAsk:
			if s.Expect != knowledge.ExpectBay {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// raiseSafe is the one way to the auto tier without outcomes. It still asks for the confidence of an
// announcement, and for a record that is not doubtful.
func (p *plan) raiseSafe(safe bool) bool {
	if !safe || p.tier != club.TierSuggest && p.tier != club.TierAuto {
		return false
	}
	p.tier = club.TierAuto
	return true
}

// lower holds the plan to a tier, and notes why where that changes anything.
func (p *plan) lower(h club.Hold, why string) {
	if p.course != nil {
		p.course.Held = append(p.course.Held, h)
	}
	if next := p.tier.Lower(h.To); next != p.tier {
		p.tier = next
		p.limits = append(p.limits, why)
	}
}

// path lists the steps that run if all goes well, up to the first question that stops them.
func (m *matter) path(steps []knowledge.Step) []knowledge.Step {
	var out []knowledge.Step
	var last knowledge.When
	for _, s := range steps {
		if !s.Runs(last) {
			continue
		}
		switch s.Kind() {
		case knowledge.StepAsk:
			if s.Expect == knowledge.ExpectBay && !m.bay.ID.IsZero() {
				continue
			}
			return append(out, s)
		case knowledge.StepAction:
			last = knowledge.WhenSuccess
		}
		out = append(out, s)
	}
	return out
}

func actionsOf(steps []knowledge.Step, cat *catalogue.Catalogue) []catalogue.Action {
	var out []catalogue.Action
	for _, s := range steps {
		if a, ok := cat.Find(s.Action); ok && s.Kind() == knowledge.StepAction {
			out = append(out, a)
		}
	}
	return out
}

// unknownAct says that steps would do what a release of the program has taken out of the catalogue; "" where
// all of it is known. Of such an act nothing can be said: not its risk, not who may permit it.
func unknownAct(steps []knowledge.Step, cat *catalogue.Catalogue) string {
	for _, s := range steps {
		if _, ok := cat.Find(s.Action); !ok && s.Kind() == knowledge.StepAction {
			return words(string(s.Action)) + " is not in the action catalogue any more"
		}
	}
	return ""
}

// unmet lists the prerequisites that the rows do not bear out, for people. It chooses what is said;
// whether an action may run is for the gate alone, which looks again.
func (m *matter) unmet(list []catalogue.Prerequisite) []string {
	var out []string
	for _, p := range list {
		ok, why := true, ""
		switch p.Kind {
		case catalogue.MemberKnown:
			ok, why = m.person.Known(), "the number belongs to no member"
		case catalogue.BookingActive, catalogue.MemberIsBooker, catalogue.WithinTimeWindow:
			ok, why = !m.booking.ID.IsZero() && m.within(p), "no booking of this number is current"
		case catalogue.DoorKnown:
			ok, why = !m.location.ID.IsZero(), "the location is not known"
		case catalogue.BayKnown, catalogue.DeviceOnline, catalogue.NoRecentAction:
			// A question comes first where the bay is missing; the rest is the gate's to prove freshly.
		}
		if !ok {
			out = append(out, why)
		}
	}
	return dedupe(out)
}

func (m *matter) within(p catalogue.Prerequisite) bool {
	if p.Kind != catalogue.WithinTimeWindow {
		return true
	}
	now := m.latest()
	return !now.Before(m.booking.StartsAt.Add(-p.Before)) && !now.After(m.booking.EndsAt.Add(p.After))
}

func dedupe(list []string) []string {
	seen := map[string]bool{}
	out := list[:0]
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func forbiddenVerbs(m *matter) []phrase.Negation {
	var out []phrase.Negation
	for _, t := range m.texts {
		out = append(out, t.reading.Negated...)
	}
	return out
}

// verbsOf lists the words that people use for an action's verb.
var verbsOf = map[string][]string{
	"unlock":  {"unlock", "open", "let", "buzz"},
	"lock":    {"lock", "close"},
	"restart": {"restart", "reboot", "reset", "touch"},
	"reboot":  {"restart", "reboot", "reset", "touch"},
	"reset":   {"restart", "reboot", "reset", "touch"},
	"turn":    {"turn", "switch", "touch"},
}

// forbids reports whether the text forbids one of the document's actions, and by which words.
func forbids(forbidden []phrase.Negation, doc knowledge.Document, cat *catalogue.Catalogue) (string, bool) {
	for _, name := range doc.Actions() {
		if _, ok := cat.Find(name); !ok {
			continue
		}
		verb, _, _ := strings.Cut(string(name), "_")
		for _, n := range forbidden {
			for _, v := range verbsOf[verb] {
				if n.Verb == v {
					return n.Phrase, true
				}
			}
		}
	}
	return "", false
}

// leastWait is the part of the time to object that people get in any case.
const leastWait = 0.5

// deadline returns when an announced plan runs: after the whole time to object where it is only just sure enough to be
// announced, or something holds it back from acting at once; and the sooner the nearer its confidence is to that.
func (p plan) deadline(now time.Time, m setting.Settings) *time.Time {
	if p.tier != club.TierSuggest {
		return nil
	}
	wait := m.SuggestDeadline
	if t := m.Thresholds; p.earned == club.TierSuggest && t.High > t.Medium {
		doubt := (t.High - p.confidence) / (t.High - t.Medium)
		wait = time.Duration(float64(wait) * min(max(doubt, leastWait), 1)).Round(time.Second)
	}
	at := now.Add(wait)
	return &at
}
