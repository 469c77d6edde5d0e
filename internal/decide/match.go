package decide

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// matchers keeps a trained matcher per set of live documents and place. A change of the documents has
// another stamp, so a stale matcher is never asked; it is dropped when room is needed.
type matchers struct {
	mu   sync.Mutex // guards kept and order
	kept map[matcherKey]*placed
	// order lists the keys, oldest first.
	order []matcherKey
}

const matchersKept = 256

type matcherKey struct {
	tenant         club.Slug
	stamp, lessons string
	place          knowledge.Place
}

// placed is what counts at a place: the documents and the lessons, and a matcher over their triggers
// and precedents.
type placed struct {
	choices map[string]knowledge.Choice // by slug
	lessons map[string]learn.Lesson     // by id
	matcher *pattern.Matcher
}

func newMatchers() *matchers { return &matchers{kept: map[matcherKey]*placed{}} }

func (c *matchers) at(tenant club.Slug, set *knowledge.Set, lessons *learn.Lessons, place knowledge.Place) *placed {
	key := matcherKey{tenant, set.Stamp, lessons.Stamp, place}
	c.mu.Lock()
	p, ok := c.kept[key]
	c.mu.Unlock()
	if ok {
		return p
	}
	p = train(set.At(place), lessons.List)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.kept[key]; !ok {
		c.order = append(c.order, key)
	}
	c.kept[key] = p
	if len(c.order) > matchersKept {
		delete(c.kept, c.order[0])
		c.order = c.order[1:]
	}
	return p
}

func train(choices []knowledge.Choice, lessons []learn.Lesson) *placed {
	p := &placed{choices: map[string]knowledge.Choice{}, lessons: map[string]learn.Lesson{}}
	var examples []pattern.Trigger
	for _, c := range choices {
		p.choices[c.Document.Slug] = c
		for _, t := range c.Document.Triggers {
			examples = append(examples, pattern.Trigger{Label: c.Document.Slug, Text: t.Text, Mode: pattern.Mode(t.Mode)})
		}
	}
	for _, l := range lessons {
		p.lessons[l.Pattern.ID.String()] = l
		for _, text := range l.Texts {
			examples = append(examples, pattern.Trigger{Label: l.Pattern.ID.String(), Text: text})
		}
	}
	p.matcher = pattern.Train(examples)
	return p
}

// match weighs what is known at the place, live SOPs and lessons, against the texts.
func (d *Decider) match(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter) (plan, error) {
	set, err := d.cfg.Library.Live(ctx, tx)
	if err != nil {
		return plan{}, err
	}
	lessons, err := d.cfg.Memory.Learned(ctx, tx, keys)
	if err != nil {
		return plan{}, err
	}
	here := d.matchers.at(tx.Tenant, set, lessons, knowledge.Place{Location: m.location.Name, LocationID: m.location.ID, Bay: int(m.bay.Number)})
	result := here.matcher.Match(question(m), 5)
	list := make([]found, 0, len(result.Candidates))
	for _, c := range result.Candidates {
		list = append(list, here.found(set, c))
	}
	if m.asked != nil {
		if p, ok, err := d.resume(ctx, tx, m, set, list, result.Version); ok || err != nil {
			return p, err
		}
	}
	if p, ok, err := d.notFixed(ctx, tx, m); ok || err != nil {
		return p, err
	}
	return d.choose(ctx, tx, m, list, result.Version)
}

// found is a candidate with what would be done by it.
func (p *placed) found(set *knowledge.Set, c pattern.Candidate) found {
	if lesson, ok := p.lessons[c.Label]; ok {
		return found{lesson: &lesson, choice: knowledge.Choice{Document: taught(lesson)}, confidence: c.Confidence, candidate: club.Candidate{
			Pattern: lesson.Pattern.ID, Title: lesson.Pattern.Title, Scope: "global", Why: c.Why, Score: c.Score, Confidence: c.Confidence}}
	}
	choice := p.choices[c.Label]
	entry := set.Entries[choice.Index]
	return found{choice: choice, entry: &entry, confidence: c.Confidence, candidate: club.Candidate{
		SOP: entry.SOP, SOPVersion: int(entry.Version), Title: choice.Document.Title, Scope: string(choice.Document.Scope.Kind),
		Why: c.Why, Score: c.Score, Confidence: c.Confidence, Note: choice.Reason}}
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
	if _, no := m.first(func(t text) bool { return t.reading.No }); !no {
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
