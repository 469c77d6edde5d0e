package pattern

import (
	"context"
	"fmt"
	"slices"

	"clubos/internal/phrase"
)

// Matcher compares texts with the triggers of procedures: a Model for what is
// similar, and two rules for what is exact. It is immutable and safe for
// concurrent use. The zero Matcher answers None to everything.
type Matcher struct {
	trained *Trained
	model   *Model  // the trained one and the triggers that came since; nil when there is nothing similar to look for
	settled *rules  // shared by all matchers that With made of one
	recent  *rules  // the triggers that came since settled was made; nil when there are none
	gone    []bool  // by trigger of settled; nil when none has been taken away
	origin  []int32 // by example of the model: its trigger, or noTrigger
	fresh   int     // examples that came after the training
	speller *speller
	reports reports
	version string
}

// noTrigger is the origin of a stranger, and of an example whose trigger has been taken away.
const noTrigger = -1

// Train makes a Matcher. A trigger without a label is a text that none of the labels
// fits; those without any word are left out, and duplicates do no harm. Training 300 triggers takes some tenths of a second.
func Train(triggers []Trigger) *Matcher {
	t, err := TrainTriggers(context.Background(), triggers)
	if err != nil { // only the context could end it
		panic("BUG: training a matcher: " + err.Error())
	}
	return t.Matcher(triggers)
}

// Matcher returns a matcher for triggers. Those that came after the training count
// by their likeness alone; of those that have been taken away nothing is found.
func (t *Trained) Matcher(triggers []Trigger) *Matcher {
	m := &Matcher{trained: t, settled: newRules(len(triggers)), speller: newSpeller()}
	for _, one := range triggers {
		m.settled.add(one, m.speller.add)
	}
	for w := range lightWords {
		m.speller.add(w)
	}
	return m.of(triggers, nil)
}

// With returns a matcher that knows these triggers beside its own; see Matcher.
func (m *Matcher) With(triggers []Trigger) *Matcher {
	if len(triggers) == 0 {
		return m
	}
	return m.Of(slices.Concat(m.source(), triggers))
}

// Of returns a matcher for these triggers instead of its own, without reading again
// those that it has.
func (m *Matcher) Of(triggers []Trigger) *Matcher {
	if m.settled == nil {
		return Train(triggers)
	}
	out := &Matcher{trained: m.trained, settled: m.settled, speller: m.speller}
	return out.of(triggers, &m.reports)
}

// of makes a fresh matcher one for triggers; earlier is what one made before knows of events, or nil.
func (m *Matcher) of(triggers []Trigger, earlier *reports) *Matcher {
	have := make([]bool, len(m.settled.triggers))
	kept := 0
	for _, t := range triggers {
		if i, ok := m.settled.byKey[t.key()]; ok {
			have[i] = true
			continue
		}
		if m.recent == nil {
			m.recent = newRules(0)
		}
		m.recent.add(t, func(string) {})
	}
	for i := range have {
		// Equal triggers are one.
		if have[i] = have[m.settled.byKey[m.settled.triggers[i].key()]]; have[i] {
			kept++
		}
	}
	if kept < len(have) {
		m.gone = make([]bool, len(have))
		for i := range have {
			m.gone[i] = !have[i]
		}
	}
	m.place()
	for i := range m.count() {
		if !m.missing(i) {
			m.reports.take(i, m.trigger(i))
		}
	}
	m.reports.train(m, earlier)
	return m
}

// place finds the trigger of each example of the model, and hands the model those
// that it was not trained on.
func (m *Matcher) place() {
	byKey := map[uint64]int32{}
	var fresh []Example
	var origin []int32
	for i := range m.count() {
		t := m.trigger(i)
		if t.Mode != Similar || m.missing(i) {
			continue
		}
		if k := t.key(); !m.trained.knows(k) {
			fresh = append(fresh, t.example())
			origin = append(origin, i)
		} else {
			byKey[k] = i
		}
	}
	m.origin = make([]int32, len(m.trained.keys), len(m.trained.keys)+len(origin))
	for e, k := range m.trained.keys {
		m.origin[e] = noTrigger
		if i, ok := byKey[k]; ok {
			m.origin[e] = i
		}
	}
	m.origin, m.fresh = append(m.origin, origin...), len(origin)
	m.model = m.trained.model
	if m.version = m.trained.version; len(fresh) == 0 {
		return
	}
	m.version = fmt.Sprintf("%s+%d", m.trained.version, len(fresh))
	if m.model == nil {
		m.model = &Model{c: unlearned()}
	}
	m.model = m.model.With(fresh)
}

// example is a trigger as the model reads it.
func (t Trigger) example() Example {
	return Example{Event: Event{Text: anyBay(phrase.Normalise(t.Text))}, Label: t.Label}
}

func (m *Matcher) count() int32 {
	n := len(m.settled.triggers)
	if m.recent != nil {
		n += len(m.recent.triggers)
	}
	return int32(n)
}

func (m *Matcher) trigger(i int32) Trigger {
	if n := int32(len(m.settled.triggers)); i >= n {
		return m.recent.triggers[i-n]
	}
	return m.settled.triggers[i]
}

// missing reports whether a trigger has been taken away.
func (m *Matcher) missing(i int32) bool { return int(i) < len(m.gone) && m.gone[i] }

// eachRules visits the triggers' rules, with the index of the first trigger.
func (m *Matcher) eachRules(visit func(r *rules, first int32)) {
	if m.settled != nil {
		visit(m.settled, 0)
	}
	if m.recent != nil {
		visit(m.recent, int32(len(m.settled.triggers)))
	}
}

// source is the triggers as they were given.
func (m *Matcher) source() []Trigger {
	if m.settled == nil {
		return nil
	}
	var out []Trigger
	for i := range m.count() {
		if !m.missing(i) {
			out = append(out, m.trigger(i))
		}
	}
	return out
}

// Version names what the matcher was trained on and, after a plus, how many
// triggers it has found since: equal for equal ones in any order.
func (m *Matcher) Version() string { return m.version }

// Fresh is how many of the triggers came after the training.
func (m *Matcher) Fresh() int { return m.fresh }

// Labels returns the labels in the order of their first trigger.
func (m *Matcher) Labels() []string {
	seen := map[string]bool{}
	var out []string
	for _, t := range m.source() {
		if t.Label != "" && !seen[t.Label] {
			seen[t.Label] = true
			out = append(out, t.Label)
		}
	}
	return out
}
