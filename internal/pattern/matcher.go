package pattern

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"clubos/internal/phrase"
)

// Matcher compares texts with the triggers of procedures: a Model for what is
// similar, and two rules for what is exact. It is immutable and safe for
// concurrent use. The zero Matcher answers None to everything.
type Matcher struct {
	triggers []trigger
	labels   []string
	exact    map[string][]int32 // normalised text → triggers
	phrases  []int32            // the triggers of mode Words
	model    *Model             // nil when there is nothing similar to look for
	origin   []int32            // by example of the model: its trigger
	stated   map[string]map[string]bool
	speller  *speller
	strange  []Trigger // without a label: situations that none of the labels fits
	reports  reports
	version  string
}

// trigger is a Trigger, read.
type trigger struct {
	Trigger
	words []word
}

// Train makes a Matcher. A trigger without a label is a text that none of the labels
// fits; those without any word are left out, and duplicates do no harm. Training 300 triggers takes some tenths of a second.
func Train(triggers []Trigger) *Matcher {
	m := &Matcher{exact: map[string][]int32{}, speller: newSpeller(), stated: map[string]map[string]bool{}, version: Version(triggers)}
	var examples []Example
	for _, t := range triggers {
		if t.Label == "" {
			m.strange = append(m.strange, t)
			continue
		}
		if m.reports.take(m, t) {
			continue
		}
		i, ok := m.add(t)
		if !ok {
			continue
		}
		if m.triggers[i].Mode == Similar {
			examples = append(examples, exampleOf(t))
			m.origin = append(m.origin, i)
		}
		for _, w := range m.triggers[i].words {
			m.speller.add(w.raw)
		}
	}
	m.reports.train(m)
	for w := range lightWords {
		m.speller.add(w)
	}
	if len(examples) == 0 {
		return m
	}
	for _, t := range m.strange {
		examples = append(examples, exampleOf(t))
	}
	model, err := newCorpus(append(examples, strangers()...)).train(context.Background(), shippedSelector, 1)
	if err != nil { // only the context could end it
		panic("BUG: training a matcher: " + err.Error())
	}
	m.model = model
	m.origin = append(m.origin, make([]int32, model.examples-len(m.origin))...) // the strangers have no trigger
	return m
}

// With returns a matcher that also knows the triggers, without training: a text
// that is much like one of them takes its label.
func (m *Matcher) With(triggers []Trigger) *Matcher {
	if len(triggers) == 0 {
		return m
	}
	if m.model == nil {
		return Train(slices.Concat(m.source(), triggers))
	}
	out := *m
	out.exact, out.stated = maps.Clone(m.exact), maps.Clone(m.stated)
	known := len(out.reports.examples)
	out.triggers, out.labels, out.phrases, out.origin = slices.Clip(m.triggers), slices.Clip(m.labels), slices.Clip(m.phrases), slices.Clip(m.origin)
	var examples []Example
	for _, t := range triggers {
		if t.Label == "" {
			out.strange = append(slices.Clip(out.strange), t)
			examples, out.origin = append(examples, exampleOf(t)), append(out.origin, 0)
			continue
		}
		if out.reports.take(&out, t) {
			continue
		}
		if i, ok := out.add(t); ok && out.triggers[i].Mode == Similar {
			examples, out.origin = append(examples, exampleOf(t)), append(out.origin, i)
		}
	}
	out.model = m.model.With(examples)
	if len(out.reports.examples) > known {
		out.reports.train(&out) // they are few
	}
	out.version = Version(slices.Concat(m.source(), triggers))
	return &out
}

func exampleOf(t Trigger) Example {
	return Example{Event: Event{Text: anyBay(phrase.Normalise(t.Text))}, Label: t.Label}
}

// source is the triggers as they were given.
func (m *Matcher) source() []Trigger {
	out := make([]Trigger, len(m.triggers))
	for i, t := range m.triggers {
		out[i] = t.Trigger
	}
	return append(out, m.strange...)
}

// add reads a trigger and files it under its exact text, its words and its label.
// ok is false for one without a label or without any word.
func (m *Matcher) add(t Trigger) (index int32, ok bool) {
	if t.Mode == "" {
		t.Mode = Similar
	}
	text := anyBay(phrase.Normalise(t.Text))
	ws := read(text)
	if t.Label == "" || bare(text) == "" || len(ws) == 0 && t.Mode != Exact {
		return 0, false
	}
	if !slices.Contains(m.labels, t.Label) {
		m.labels = append(m.labels, t.Label)
	}
	i := int32(len(m.triggers))
	m.triggers = append(m.triggers, trigger{t, ws})
	m.exact[bare(text)] = append(slices.Clip(m.exact[bare(text)]), i)
	if t.Mode == Words {
		m.phrases = append(m.phrases, i)
	}
	stated := maps.Clone(m.stated[t.Label])
	if stated == nil {
		stated = map[string]bool{}
	}
	for _, w := range ws {
		if !w.light && w.polarity != forbidden {
			stated[w.stem] = true
		}
	}
	m.stated[t.Label] = stated
	return i, true
}

// bayNumber finds which bay a text names, in the words that people have for bays.
var bayNumber = regexp.MustCompile(`\b(bay|box|sim|simulator|room|lane|stall)( ?#? ?)[0-9]{1,2}\b`)

// anyBay gives every bay the same number: what happened says which situation it is, and not where.
func anyBay(normalised string) string { return bayNumber.ReplaceAllString(normalised, "${1} 1") }

// bare strips the punctuation at the ends of a normalised text.
func bare(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) })
}

// Version names the triggers: equal for equal triggers in any order.
func (m *Matcher) Version() string { return m.version }

// Labels returns the labels in the order of their first trigger.
func (m *Matcher) Labels() []string { return slices.Clone(m.labels) }
