package pattern

import (
	"math"
	"slices"
	"sync"
)

// Model tells which label an event has, how likely that is, and which known
// example is most like it. It is immutable and safe for concurrent use.
type Model struct {
	labels   []string
	examples int // how many it was trained on
	c        *committee
	selector selector
	far      *index    // of examples that no learner was fitted on; nil when there are none
	fresh    *delta    // nil when there are no fresh examples
	scratch  sync.Pool // *thinking
}

// thinking is the scratch space of one prediction.
type thinking struct {
	z   *vectoriser
	o   *opinion
	ask asking
}

// Ranked is a label that an event may have.
type Ranked struct {
	Label string
	// Score orders labels; it is no probability.
	Score float64
	// Probability is that this label is right. Those of all candidates and that
	// of "none of these" sum to at most 1.
	Probability float64
	// Nearest is the index of the most similar training example of the label, -1
	// when it has none.
	Nearest int
}

// Prediction is what a model makes of one event.
type Prediction struct {
	// Candidates are the best labels, the best first.
	Candidates []Ranked
	// InScope is the probability that the event has one of the known labels.
	InScope float64
	// Logit is the log odds that the first candidate is right, before calibration.
	Logit float64
}

// Best returns the first candidate; ok is false when there is none.
func (p *Prediction) Best() (r Ranked, ok bool) {
	if len(p.Candidates) == 0 {
		return Ranked{Nearest: -1}, false
	}
	return p.Candidates[0], true
}

func newModel(c *corpus, com *committee, s selector) *Model {
	return &Model{labels: c.labels, examples: c.named, c: com, selector: s}
}

// unlearned is a committee without learners: only likeness to examples counts.
func unlearned() *committee { return &committee{vocabulary: newVocabulary(nil, 1, 0), table: &table{}} }

// Labels returns the labels that the model knows, in order.
func (m *Model) Labels() []string {
	out := slices.Clone(m.labels)
	if m.far != nil {
		out = append(out, m.far.names...)
		slices.Sort(out)
		out = slices.Compact(out)
	}
	return out
}

// Predict says what the event is. It never fails: an empty event has no
// candidates, and of a long text only the first 8 KiB are read.
func (m *Model) Predict(e Event) Prediction {
	t, ok := m.scratch.Get().(*thinking)
	if !ok {
		t = &thinking{z: newVectoriser(m.c.vocabulary)}
		if m.c.labels > 0 {
			t.o = m.c.newOpinion()
		}
	}
	defer m.scratch.Put(t)
	p := Prediction{Logit: math.Inf(-1)}
	if x := t.z.vector(&e); m.c.labels > 0 && len(x) > 0 {
		m.c.judge(x, t.o)
		m.c.signal(t.z, t.o)
		p = m.answer(t.o)
	}
	if m.far != nil {
		m.heed(&p, m.far.precedents(t.z.reader.found, &t.ask), 0)
	}
	if m.fresh != nil {
		m.heed(&p, m.fresh.of(&e, m.fresh.precedents(m.c.vocabulary, t.z.reader.tally())), m.examples)
	}
	return p
}

func (m *Model) answer(o *opinion) Prediction {
	p := Prediction{Logit: m.selector.logit(&o.signals), Candidates: make([]Ranked, len(o.order))}
	first := logistic(p.Logit)
	// What is left is shared out as the nets see it; a part of it is "none".
	rest, none := 0.0, 1e-6
	if m.c.none {
		none += math.Exp(float64(o.mean[m.c.labels]))
	}
	for _, l := range o.order[1:] {
		rest += math.Exp(float64(o.mean[l]))
	}
	none += rest * (1 - first)
	for i, l := range o.order {
		p.Candidates[i] = Ranked{Label: m.labels[l], Score: float64(o.joint[l]), Nearest: int(o.like[i].nearest)}
		if i == 0 {
			p.Candidates[i].Probability = first
		} else {
			p.Candidates[i].Probability = (1 - first) * math.Exp(float64(o.mean[l])) / (rest + none)
		}
		p.InScope += p.Candidates[i].Probability
	}
	return p
}

// SizeBytes is about how much memory the model takes.
func (m *Model) SizeBytes() int {
	v := m.c.vocabulary
	n := m.c.table.bytes() + 4*len(v.slots) + 13*len(v.keys) + len(m.c.neighbours.rows) + 4*len(m.c.neighbours.index) + 8*len(m.c.known.bits) + 16*len(m.c.known.slot)
	for _, o := range m.c.out {
		n += 4 * len(o)
	}
	if m.far != nil {
		n += m.far.sizeBytes()
	}
	return n
}
