package decide

import (
	"context"
	"fmt"
	"strings"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// match weighs what is known at the place, live SOPs and lessons, against the texts, and with them what a
// view saw in the texts.
func (d *Decider) match(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter, saw *seen) (plan, error) {
	set, err := d.cfg.Library.Live(ctx, tx)
	if err != nil {
		return plan{}, err
	}
	lessons, err := d.cfg.Memory.Learned(ctx, tx, keys)
	if err != nil {
		return plan{}, err
	}
	here, matcher, ok := d.matchers.at(tx.Tenant, set, lessons, knowledge.Place{Location: m.location.Name, LocationID: m.location.ID, Bay: int(m.bay.Number)})
	if !ok {
		return plan{}, club.Conflict("what is known has changed at this moment; look again")
	}
	result := matcher.MatchSeen(question(m), weighedMost+len(lessons.List)+len(set.Entries)-len(here.choices), saw.of(question(m)))
	m.tellSeen(tx, saw, result)
	name := matcher.name
	if result.Space != "" {
		name = learn.NameWith(name, result.Space)
	}
	if m.record, err = d.cfg.Memory.Calibration(ctx, tx, m.settings, result.Space); err != nil {
		return plan{}, err
	}
	list := make([]found, 0, weighedMost)
	for _, c := range result.Candidates {
		if f, ok := here.found(set, c); ok && len(list) < weighedMost {
			list = append(list, f.calibrated(m.record, len(list) == 0))
		}
	}
	if err := d.tell(ctx, tx, m, list); err != nil {
		return plan{}, err
	}
	if m.asked != nil {
		if p, ok, err := d.resume(ctx, tx, m, set, list, name); ok || err != nil {
			return p, err
		}
	}
	if p, ok, err := d.notFixed(ctx, tx, m); ok || err != nil {
		return p, err
	}
	if m.refuted, err = m.findRefuted(ctx, tx); err != nil {
		return plan{}, err
	}
	list = m.refuted.behind(list)
	return d.choose(ctx, tx, m, list, name)
}

// calibrated is as probable as the club's record says, the likeliest one also by the record of its own matches.
// Danger is never taken for less likely than its words make it.
func (f found) calibrated(record learn.Calibration, first bool) found {
	p := record.Probability(f.candidate.Score)
	if first {
		id := f.candidate.Pattern
		if f.entry != nil {
			id = record.PatternOf(f.entry.SOP)
		}
		p = record.ProbabilityOf(id, f.candidate.Score)
	}
	if f.choice.Document.Category == knowledge.CategoryEmergency {
		p = max(p, f.confidence)
	}
	f.confidence, f.candidate.Confidence = p, p
	return f
}

// weighedMost is how many candidates a decision weighs.
const weighedMost = 5

// found is a candidate with what would be done by it; ok is false for one that does not hold here.
func (p *placed) found(set *knowledge.Set, c pattern.Candidate) (f found, ok bool) {
	if lesson, ok := p.lessons[c.Label]; ok {
		return found{lesson: &lesson, choice: knowledge.Choice{Document: taught(lesson)}, confidence: c.Confidence, candidate: club.Candidate{
			Pattern: lesson.Pattern.ID, Title: lesson.Pattern.Title, Scope: "global", Why: c.Why, Score: c.Score, Confidence: c.Confidence}}, true
	}
	choice, ok := p.choices[c.Label]
	if !ok {
		return f, false
	}
	entry := set.Entries[choice.Index]
	return found{choice: choice, entry: &entry, confidence: c.Confidence, candidate: club.Candidate{
		SOP: entry.SOP, SOPVersion: int(entry.Version), Title: choice.Document.Title, Scope: string(choice.Document.Scope.Kind),
		Why: c.Why, Score: c.Score, Confidence: c.Confidence, Holds: choice.Reason}}, true
}

// taught is a lesson as a document: what is done, and a person where it does not work.
func taught(l learn.Lesson) knowledge.Document {
	doc := knowledge.Document{Slug: l.Pattern.ID.String(), Title: l.Pattern.Title, Category: knowledge.CategoryInformation, Status: knowledge.StatusLive, Steps: l.Steps}
	if len(doc.Actions()) > 0 {
		doc.Fallback = []knowledge.Step{{Escalate: "what people did before did not work"}}
	}
	return doc
}

// question is the text that is matched: everything that says something.
func question(m *matter) string {
	var parts []string
	for _, t := range m.texts {
		if !silent(t) && t.row.Masked != "" {
			parts = append(parts, t.row.Masked)
		}
	}
	return strings.Join(parts, "\n")
}

// resume reads the texts as the answer to what was asked: the procedure that asked goes on, as sure
// as it was. A text that is clearly about something else is not an answer.
func (d *Decider) resume(ctx context.Context, tx *store.Tx, m *matter, set *knowledge.Set, list []found, model string) (plan, bool, error) {
	if len(list) > 0 && (list[0].entry == nil || list[0].entry.SOP != m.asked.SOP) && list[0].confidence >= m.settings.Thresholds.Medium && len(m.namedBays()) == 0 {
		return plan{}, false, nil
	}
	asked, err := tx.FindDecision(ctx, m.asked.Decision)
	if err != nil {
		return plan{}, false, err
	}
	for i, e := range set.Entries {
		if e.SOP != m.asked.SOP {
			continue
		}
		answered := m.asked.Expect == knowledge.ExpectBay && !m.bay.ID.IsZero() && len(m.namedBays()) == 1 || m.asked.Expect == knowledge.ExpectText || m.answersYesNo()
		if !answered {
			p := escalation("unclear answer", "The answer is not clear", "we asked the member something and cannot read the answer")
			p.model = model
			return p, true, nil
		}
		if m.asked.Expect != knowledge.ExpectBay { // such a question ends its procedure: to go on would be to begin again
			p := escalation("answered", e.Document.Title, fmt.Sprintf("the member has answered what %q asked", e.Document.Title))
			p.model, p.confidence = model, asked.Confidence
			return p, true, nil
		}
		candidate := club.Candidate{SOP: e.SOP, SOPVersion: int(e.Version), Title: e.Document.Title, Scope: string(e.Document.Scope.Kind), Why: "answers our question", Score: 1, Confidence: asked.Confidence}
		f := found{choice: knowledge.Choice{Index: i, Document: e.Document}, entry: &e, confidence: asked.Confidence, candidate: candidate}
		p, err := d.choose(ctx, tx, m, []found{f}, model)
		return p, true, err
	}
	return plan{}, false, nil // the procedure is not live any more: match afresh
}

// notFixed sees that the member says it still does not work after we acted in this matter: doing the
// same again is no answer.
func (d *Decider) notFixed(ctx context.Context, tx *store.Tx, m *matter) (plan, bool, error) {
	if _, no := m.first(func(t text) bool { return t.reading.Unhelped }); !no {
		return plan{}, false, nil
	}
	done, err := tx.FindExecutionsOfThread(ctx, store.FindExecutionsOfThreadParams{ThreadID: m.thread.ID, Limit: 1})
	if err != nil {
		return plan{}, false, err
	}
	if len(done) == 0 || done[0].CreatedAt.Before(m.thread.EpisodeAt) {
		return plan{}, false, nil
	}
	p := escalation(learn.RuleNotFixed, "It still does not work", "the member says it still does not work after "+words(string(done[0].Action)))
	p.priority = club.PriorityHigh
	return p, true, nil
}
