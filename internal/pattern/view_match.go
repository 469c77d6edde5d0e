package pattern

import (
	"context"

	"clubos/internal/phrase"
)

// Strangers are the texts about nothing that a club has a procedure for, which every matcher is trained
// with. A view needs their vectors too: they show what is near without being the same.
func Strangers() []Trigger {
	var out []Trigger
	for _, e := range strangers() {
		out = append(out, Trigger{Text: e.Text, Mode: Similar})
	}
	return out
}

// heed weighs what a view sees together with what the model made of a text, and reports whether it did. Of
// a text that forbids something nearness says nothing: in such spaces "open the door" and "do not open the
// door" are neighbours.
func (m *Matcher) heed(best map[string]found, ws []word, s *Sight) bool {
	if s == nil || content(ws) == 0 || !s.view.w.Helps() {
		return false
	}
	for i := range ws {
		if ws[i].polarity == forbidden {
			return false
		}
	}
	base := make(map[string]float64, len(best))
	for label, f := range best {
		base[label] = f.confidence
	}
	for _, g := range s.fuse(base, func(row int32) bool { return m.indexOf(s.view.rows[row].trigger) >= 0 }) {
		f, ok := best[g.label]
		if !ok {
			f.trigger = m.indexOf(s.view.rows[g.row].trigger)
		}
		f.confidence = min(g.p, MaxConfidence)
		best[g.label] = f
	}
	return true
}

// indexOf finds a trigger by its key; -1 for one that is not known or has been taken away.
func (m *Matcher) indexOf(key uint64) int32 {
	if i, ok := m.settled.byKey[key]; ok && !m.missing(i) {
		return i
	}
	if m.recent != nil {
		if i, ok := m.recent.byKey[key]; ok {
			return i + int32(len(m.settled.triggers))
		}
	}
	return noTrigger
}

// Weigh finds out how much the vectors of known texts may count for a matcher that is trained on them. Known
// texts may lack a vector; the strangers belong to them. It trains three matchers, and stops with the
// context's error when ctx ends. With few texts, or vectors that say nothing, the weighing does not help, and
// a view made with it is not heeded.
func Weigh(ctx context.Context, space string, dimensions int, known []Known) (Weighing, error) {
	shipped := map[string]bool{}
	for _, t := range Strangers() {
		shipped[t.Text] = true
	}
	t := trial{}
	var texts []string
	var triggers []Trigger
	for _, k := range known {
		if k.Mode != Similar && k.Mode != "" {
			continue
		}
		triggers = append(triggers, k.Trigger)
		t.labels, t.vectors = append(t.labels, k.Label), append(t.vectors, k.Vector)
		texts = append(texts, anyBay(phrase.Normalise(truncated(k.Text))))
	}
	t.train = func(ctx context.Context, kept []int) (func(int) map[string]float64, error) {
		var own []Trigger
		var none []Example
		for _, i := range kept {
			if triggers[i].Label == "" && shipped[triggers[i].Text] {
				none = append(none, Example{Event: Event{Text: triggers[i].Text}})
			} else {
				own = append(own, triggers[i])
			}
		}
		trained, err := trainTriggers(ctx, own, none)
		if err != nil {
			return nil, err
		}
		m := trained.Matcher(own)
		return func(i int) map[string]float64 { return m.guesses(texts[i]) }, nil
	}
	return t.weigh(ctx, space, dimensions)
}

// guesses is what the model alone makes of a normalised text.
func (m *Matcher) guesses(text string) map[string]float64 {
	ws := read(text)
	if m.correct(ws) {
		text = respell(ws)
		ws = read(text)
	}
	best := map[string]found{}
	m.similar(best, text, ws)
	out := make(map[string]float64, len(best))
	for label, f := range best {
		out[label] = f.confidence
	}
	return out
}

// WeighExamples is Weigh for a model and the examples that it was trained on, in their order.
func (m *Model) WeighExamples(ctx context.Context, space string, dimensions int, examples []Example, vectors []Vector, o TrainOptions) (Weighing, error) {
	t := trial{vectors: vectors}
	for i := range examples {
		t.labels = append(t.labels, examples[i].Label)
	}
	folds := 0
	t.train = func(ctx context.Context, kept []int) (func(int) map[string]float64, error) {
		part := make([]Example, len(kept))
		for n, i := range kept {
			part[n] = examples[i]
		}
		trained, err := trainSplit(ctx, part, splitExamples(part, mostLinear), m.selector, TrainOptions{Seed: o.Seed + uint64(folds), Folds: 1})
		if err != nil {
			return nil, err
		}
		folds++
		o.report(folds, viewFolds)
		return func(i int) map[string]float64 {
			p := trained.Predict(examples[i].Event)
			return p.byLabel()
		}, nil
	}
	return t.weigh(ctx, space, dimensions)
}

// ViewExamples makes a view of examples.
func ViewExamples(w Weighing, examples []Example, vectors []Vector) *View {
	v := newView(w)
	for i := range examples {
		v.add(examples[i].Label, viewRow{Vector: vectors[i], example: int32(i)})
	}
	return v
}

// Refine is a prediction weighed together with what a view of the training examples sees; nil sees nothing.
func (s *Sight) Refine(p Prediction) Prediction {
	if s == nil || !s.view.w.Helps() {
		return p
	}
	was := map[string]Ranked{}
	for _, c := range p.Candidates {
		was[c.Label] = c
	}
	out := p
	out.Candidates, out.InScope = nil, 0
	rest := 0.0
	for i, g := range s.fuse(p.byLabel(), anyRow) {
		c, ok := was[g.label]
		if !ok {
			c = Ranked{Label: g.label, Nearest: int(s.view.rows[g.row].example)}
		}
		c.Probability = g.p
		if i == 0 {
			out.Logit = logOdds(g.p)
		} else {
			rest += g.p
		}
		out.Candidates = append(out.Candidates, c)
	}
	for i := range out.Candidates {
		if first := out.Candidates[0].Probability; i > 0 && rest > 1-first { // together they have what is left
			out.Candidates[i].Probability *= (1 - first) / rest
		}
		out.InScope += out.Candidates[i].Probability
	}
	return out
}

// byLabel is the probabilities of a prediction's candidates.
func (p *Prediction) byLabel() map[string]float64 {
	out := make(map[string]float64, len(p.Candidates))
	for _, c := range p.Candidates {
		out[c.Label] = c.Probability
	}
	return out
}
