package pattern

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// delta is examples that a model was not trained on. An event is compared with
// each of them that shares a feature with it, so that what was learned a moment
// ago counts at once.
type delta struct {
	examples []Example
	length   []float32          // of their vectors
	postings map[uint64][]fresh // by feature
}

type fresh struct {
	example int32
	weight  float32
}

// maxDelta bounds the examples of a delta: beyond them a model should be trained.
const maxDelta = 2000

// With returns a model that also knows the examples, without training: a new
// event that is much like one of them takes its label, known to the model or not.
// The indices of such precedents follow those of the training examples. Only the
// last 2 000 count.
func (m *Model) With(examples []Example) *Model {
	out := &Model{labels: m.labels, examples: m.examples, c: m.c, selector: m.selector, far: m.far}
	if len(examples) > 0 {
		out.fresh = newDelta(m.c.vocabulary, examples)
	}
	return out
}

func newDelta(v *vocabulary, examples []Example) *delta {
	d := &delta{postings: map[uint64][]fresh{}}
	var r eventReader
	for i := range examples {
		d.add(v, &r, examples[i], i >= len(examples)-maxDelta)
	}
	return d
}

// add appends an example; one that does not count keeps its index only.
func (d *delta) add(v *vocabulary, r *eventReader, e Example, counts bool) {
	at := int32(len(d.examples))
	d.examples, d.length = append(d.examples, e), append(d.length, 0)
	if !counts {
		return
	}
	d.length[at] = d.features(v, r.counts(&e.Event), func(f uint64, w float32) {
		d.postings[f] = append(d.postings[f], fresh{at, w})
	})
}

// features yields the features of an event with their weights, those that the
// model has never seen included, and returns the length of the vector.
func (d *delta) features(v *vocabulary, counts []counted, yield func(uint64, float32)) float32 {
	square := float32(0)
	for _, c := range counts {
		w := v.rare
		if id := v.find(c.feature); id >= 0 {
			w = v.idf[id]
		}
		if c.kind == kindChar {
			w *= charWeight
		}
		square += w * w
		yield(c.feature, w)
	}
	return sqrt(square)
}

// precedent is the most similar example of one label.
type precedent struct {
	label   string
	example int
	alike   float64 // cosine
}

// precedents returns the best example of each label, the most similar first, of
// equals the latest. Examples of none of the labels have the empty label.
func (d *delta) precedents(v *vocabulary, counts []counted) []precedent {
	score := map[int32]float32{}
	length := d.features(v, counts, func(f uint64, w float32) {
		for _, p := range d.postings[f] {
			score[p.example] += w * p.weight
		}
	})
	best := map[string]precedent{}
	for i, s := range score {
		p := precedent{d.examples[i].Label, int(i), float64(s / max(length*d.length[i], 1e-9))}
		if b, ok := best[p.label]; !ok || p.alike > b.alike || p.alike == b.alike && p.example > b.example {
			best[p.label] = p
		}
	}
	out := make([]precedent, 0, len(best))
	for _, p := range best {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b precedent) int {
		return cmp.Or(cmp.Compare(b.alike, a.alike), cmp.Compare(b.example, a.example))
	})
	return out
}

// of leaves out the precedents of reports in other circumstances. Reports of one kind have the same words, so
// likeness cannot tell which circumstance matters; training can.
func (d *delta) of(e *Event, found []precedent) []precedent {
	if e.Tags[codeTag] == "" {
		return found
	}
	return slices.DeleteFunc(found, func(p precedent) bool { return !maps.Equal(d.examples[p.example].Event.Tags, e.Tags) })
}

// precedentOdds is the log odds that an event has the label of an example this
// much alike: even at a cosine of 0.6, 0.95 at 0.9. It was set by the share of
// neighbours of one label in public intent data.
//
// The same text over again is more than a likeness: what a person said of it last
// holds against whatever a model was trained on.
func precedentOdds(alike float64) float64 { return 10*(alike-0.6) + 120*max(0, alike-0.95) }

// heed changes a prediction by what examples say that the learners were not
// fitted on; offset is what their index is less than that of a Ranked. A precedent
// that is likelier than the first candidate takes its place; one that agrees lifts
// it; one that says "none of these" lowers it.
func (m *Model) heed(p *Prediction, precedents []precedent, offset int) {
	for k, f := range precedents {
		if k == listed {
			break
		}
		odds := precedentOdds(f.alike)
		if f.label == "" {
			if odds > 0 {
				p.Logit = min(p.Logit, -odds)
			}
			continue
		}
		at := slices.IndexFunc(p.Candidates, func(r Ranked) bool { return r.Label == f.label })
		switch {
		case at == 0:
			p.Logit = max(p.Logit, odds)
			p.Candidates[0].Nearest = offset + f.example
		case odds > max(p.Logit, -1):
			first := Ranked{Label: f.label, Nearest: offset + f.example}
			if at > 0 {
				first.Score = p.Candidates[at].Score
				p.Candidates = slices.Delete(p.Candidates, at, at+1)
			}
			p.Candidates = slices.Insert(p.Candidates, 0, first)
			// Two that contradict each other are both in doubt.
			p.Logit = odds - max(0, p.Logit)
		}
	}
	m.doubt(p, precedents)
	p.share()
}

// doubt lowers a first candidate that rests on a text which others have, nearly as
// much, under another label.
func (m *Model) doubt(p *Prediction, precedents []precedent) {
	if len(precedents) < 2 || len(p.Candidates) == 0 || precedents[1].alike < 0.9 || precedents[1].label == "" || precedents[0].label != p.Candidates[0].Label {
		return
	}
	p.Logit = min(p.Logit, precedentOdds(precedents[0].alike)-precedentOdds(precedents[1].alike))
}

// share makes the probabilities follow from Logit: the first candidate has its
// own, the rest is shared in the proportion that they had.
func (p *Prediction) share() {
	if len(p.Candidates) == 0 {
		return
	}
	first := logistic(p.Logit)
	rest := 1e-6
	for _, c := range p.Candidates[1:] {
		rest += c.Probability
	}
	p.Candidates[0].Probability, p.InScope = first, first
	for i := range p.Candidates[1:] {
		c := &p.Candidates[i+1]
		c.Probability = math.Min(c.Probability, (1-first)*c.Probability/rest)
		p.InScope += c.Probability
	}
}
