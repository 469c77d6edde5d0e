package pattern

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/phrase"
)

// codeTag is the tag that names what was reported.
const codeTag = "code"

// Encode writes an event in a form that triggers and rows keep; equal ones are written alike.
func (e Event) Encode() string {
	b, err := json.Marshal(encoded(e)) // keys of maps are sorted
	if err != nil {
		panic("BUG: an event does not encode: " + err.Error())
	}
	return string(b)
}

// encoded is how an event is written.
type encoded struct {
	Domain  Domain             `json:"domain,omitempty"`
	Text    string             `json:"text,omitempty"`
	Tags    map[string]string  `json:"tags,omitempty"`
	Numbers map[string]float64 `json:"numbers,omitempty"`
}

// ParseEvent reads what Encode wrote.
func ParseEvent(s string) (Event, error) {
	var e encoded
	if err := json.Unmarshal([]byte(s), &e); err != nil {
		return Event{}, fmt.Errorf("read event: %w", err)
	}
	return Event(e), nil
}

// bare reports whether nothing is known of an event but its words.
func (e Event) bare() bool {
	return len(e.Tags) == 0 && len(e.Numbers) == 0 && (e.Domain == "" || e.Domain == DomainDecision)
}

// Reported reads a trigger of the mode Report: a code, and circumstances that must hold beside it, as in
// "device.offline device=projector". ok is false for anything else.
func Reported(text string) (tags map[string]string, ok bool) {
	for i, word := range strings.Fields(text) {
		key, value, pair := strings.Cut(word, "=")
		switch {
		case i == 0 && !pair:
			tags = map[string]string{codeTag: strings.ToLower(word)}
		case i == 0, !pair, key == "", value == "", key == codeTag, tags[key] != "":
			return nil, false
		default:
			tags[key] = strings.ToLower(value)
		}
	}
	return tags, tags != nil
}

// report is a trigger of the mode Report.
type report struct {
	trigger int32
	tags    map[string]string
}

// reports is what a matcher knows of events that nobody wrote.
type reports struct {
	rules    []report
	examples []Example
	origin   []int32 // by example: its trigger
	settled  int     // examples that the model was trained on; the others count by their likeness
	trained  *Model  // nil while there is no precedent
	version  uint64  // of what it was trained on
	model    *Model  // trained, with the other examples
}

// take files a trigger that is about a reported event.
func (r *reports) take(i int32, t Trigger) {
	switch t.Mode {
	case Report:
		tags, ok := Reported(t.Text)
		if !ok || t.Label == "" {
			return
		}
		r.rules = append(slices.Clip(r.rules), report{i, tags})
	case Precedent:
		e, err := ParseEvent(t.Text)
		if err != nil || t.Label == "" {
			return
		}
		e.Text = anyBay(phrase.Normalise(e.Text))
		r.examples = append(slices.Clip(r.examples), Example{Event: e, Label: t.Label})
		r.origin = append(slices.Clip(r.origin), i)
	}
}

// train fits the model of what people decided on events, unless earlier has one of just the same. It also sees
// the texts of the procedures that events lead to, as far as the texts' model was trained on them, and the texts of
// strangers: the domain is a feature like any other.
func (r *reports) train(m *Matcher, earlier *reports) {
	if len(r.examples) == 0 {
		return
	}
	r.settled = settledReports(len(r.examples))
	examples, labels := slices.Clone(r.examples[:r.settled]), map[string]bool{}
	for _, x := range r.rules {
		t := m.trigger(x.trigger)
		labels[t.Label] = true
		examples = append(examples, Example{Label: t.Label, Event: Event{Domain: domainOf(x.tags[codeTag]), Tags: x.tags}})
	}
	for i := range m.count() {
		t := m.trigger(i)
		if labels[t.Label] && t.Mode == Similar && !m.missing(i) && m.trained.knows(t.key()) {
			examples = append(examples, Example{Label: t.Label, Event: Event{Text: anyBay(phrase.Normalise(t.Text))}})
		}
	}
	r.version = fnvOffset
	for i := range examples {
		r.version = hashString(hashString(hashString(r.version, examples[i].Label), "\x00"), examples[i].Event.Encode())
	}
	if earlier != nil && earlier.trained != nil && earlier.version == r.version {
		r.trained = earlier.trained
	} else {
		model, err := newCorpus(append(examples, strangers()...)).train(context.Background(), shippedSelector, 1)
		if err != nil { // only the context could end it
			panic("BUG: training on events: " + err.Error())
		}
		r.trained = model
	}
	r.model = r.trained
	if r.settled < len(r.examples) {
		r.model = r.trained.With(r.examples[r.settled:])
	}
}

// fewReports is up to how many precedents of events a model is trained on all of them.
const fewReports = 16

// settledReports is how many of n precedents of events a model is trained on. Beyond a few it grows in steps of
// a quarter, so that a club that learns every day trains seldom.
func settledReports(n int) int {
	settled := min(n, fewReports)
	for step := settled; step <= n; step += max(1, step/4) {
		settled = step
	}
	return settled
}

// precedent is the trigger that an example of the model was made of.
func (r *reports) precedent(example int) (trigger int32, ok bool) {
	if fresh := example - r.trained.examples; fresh >= 0 {
		example = r.settled + fresh
	} else if example >= r.settled {
		return 0, false // a text
	}
	if example < 0 || example >= len(r.origin) {
		return 0, false
	}
	return r.origin[example], true
}

// domainOf is the domain of a code by its first word.
func domainOf(code string) Domain {
	switch noun, _, _ := strings.Cut(code, "."); noun {
	case "booking":
		return DomainBooking
	case "access":
		return DomainAccess
	case "device", "action":
		return DomainError
	}
	return DomainDecision
}

// CodeDomain is the domain of an event by its code.
func CodeDomain(code string) Domain { return domainOf(code) }

// MatchEvent returns the labels that an event may belong to, at most limit of them (all when limit ≤ 0).
// An event without circumstances is a text, and matched as one. Triggers of the mode Report are exact: the
// one that asks for most circumstances counts, and two that ask for as many are both unsure. Everything
// else is learned from precedents, their circumstances included.
func (m *Matcher) MatchEvent(e Event, limit int) Result {
	if e.bare() {
		return m.Match(e.Text, limit)
	}
	best := map[string]found{}
	if m.reports.model != nil {
		e.Text = anyBay(phrase.Normalise(truncated(e.Text)))
		for _, c := range m.reports.model.Predict(e).Candidates {
			if i, ok := m.reports.precedent(c.Nearest); ok { // like a precedent, not only like a text
				raise(best, c.Label, found{confidence: min(c.Probability, MaxConfidence), trigger: i})
			}
		}
	}
	m.reports.follow(m, best, e)
	res := Result{None: true, NoneScore: 1, Version: m.version, Candidates: m.rank(best, nil, "", limit)}
	for i := range res.Candidates {
		c := &res.Candidates[i]
		if c.Mode == Report {
			c.Why = "is what was reported: " + c.Example
			continue
		}
		x := slices.Index(m.reports.origin, best[c.Label].trigger)
		c.Example = m.reports.examples[x].Text
		c.Why = fmt.Sprintf("was reported like %q before", c.Example)
	}
	if len(res.Candidates) > 0 {
		res.NoneScore = 1 - res.Candidates[0].Confidence
		res.None = res.Candidates[0].Confidence < NoneBelow
	}
	return res
}

// follow raises the labels whose triggers name the event.
func (r *reports) follow(m *Matcher, best map[string]found, e Event) {
	most, hits := 0, map[string]found{}
	for _, x := range r.rules {
		if len(x.tags) < most || !holds(x.tags, e.Tags) {
			continue
		}
		if len(x.tags) > most {
			most, hits = len(x.tags), map[string]found{}
		}
		raise(hits, m.trigger(x.trigger).Label, found{MaxConfidence, x.trigger, true})
	}
	for label, f := range hits {
		if len(hits) > 1 {
			f.confidence = level
		}
		raise(best, label, f)
	}
}

func holds(want, have map[string]string) bool {
	for k, v := range want {
		if !strings.EqualFold(have[k], v) {
			return false
		}
	}
	return true
}
