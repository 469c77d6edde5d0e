package pattern

import (
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"

	"clubos/internal/phrase"
)

// Matcher compares texts with the examples it was trained on. It is immutable
// and safe for concurrent use. Its memory grows with the letters of its
// examples, about 2 kB for each. The zero Matcher answers None to everything.
type Matcher struct {
	examples []trained
	labels   []string
	exact    map[string][]int32 // normalised text → examples
	phrases  []int32            // the examples of mode Words
	terms    map[feature]int32
	icf      []float32 // by term
	unseen   float32   // icf of what no label uses
	from     []int32   // by term: where its postings begin; one more entry ends the last
	postings []posting
	speller  *speller
	version  string
	scratch  sync.Pool // *query
}

type trained struct {
	Trigger
	label int32
	words []word
}

// posting says that an example holds a term, and how much the term weighs in
// it: already divided by the length of its group and times the group's share.
type posting struct {
	example int32
	weight  float32
}

// Train makes a Matcher. Examples without a label or without any word are left
// out; duplicates do no harm. Training 1 000 examples takes some 20 ms.
func Train(examples []Trigger) *Matcher {
	m := &Matcher{exact: map[string][]int32{}, terms: map[feature]int32{}, speller: newSpeller(), version: version(examples)}
	byLabel := map[string]int32{}
	for _, e := range examples {
		if e.Mode == "" {
			e.Mode = Similar
		}
		text := phrase.Normalise(e.Text)
		ws := read(text)
		if e.Label == "" || bare(text) == "" || len(ws) == 0 && e.Mode != Exact {
			continue
		}
		l, ok := byLabel[e.Label]
		if !ok {
			l = int32(len(m.labels))
			byLabel[e.Label] = l
			m.labels = append(m.labels, e.Label)
		}
		i := int32(len(m.examples))
		m.examples = append(m.examples, trained{e, l, ws})
		m.exact[bare(text)] = append(m.exact[bare(text)], i)
		if e.Mode == Words {
			m.phrases = append(m.phrases, i)
		}
	}
	m.index()
	return m
}

// bare strips the punctuation at the ends of a normalised text.
func bare(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) })
}

// index counts the terms per label and builds the inverted index.
func (m *Matcher) index() {
	type use struct{ term, label int32 }
	used := map[use]bool{}
	using := []int{}
	counts := make([]map[int32]float64, len(m.examples))
	kinds := []group{}
	var letters []letter
	for i := range m.examples {
		e := &m.examples[i]
		counts[i] = map[int32]float64{}
		factors := map[int32]float64{}
		letters = eachFeature(e.words, letters, func(f feature, g group, factor float64) {
			t, ok := m.terms[f]
			if !ok {
				t = int32(len(using))
				m.terms[f] = t
				using = append(using, 0)
				kinds = append(kinds, g)
			}
			if u := (use{t, e.label}); !used[u] {
				used[u] = true
				using[t]++
			}
			counts[i][t]++
			factors[t] = factor
		})
		for t, n := range counts[i] {
			counts[i][t] = (1 + math.Log(n)) * factors[t]
		}
		for _, w := range e.words {
			m.speller.add(w.raw)
		}
	}
	for w := range lightWords {
		m.speller.add(w)
	}
	m.icf = make([]float32, len(using))
	for t, n := range using {
		m.icf[t] = float32(icf(len(m.labels), n))
	}
	m.unseen = float32(icf(len(m.labels), 0))
	m.post(counts, kinds)
}

// post lays the postings out term by term. Only examples of mode Similar have
// any: the other modes are looked up by themselves.
func (m *Matcher) post(counts []map[int32]float64, kinds []group) {
	byTerm := make([][]posting, len(m.icf))
	for i, tf := range counts {
		if m.examples[i].Mode != Similar {
			continue
		}
		var square [groups]float64
		for t, n := range tf {
			w := n * float64(m.icf[t])
			square[kinds[t]] += w * w
		}
		share := shares(square)
		for t, n := range tf {
			w := n * float64(m.icf[t]) * share[kinds[t]] / math.Sqrt(square[kinds[t]])
			byTerm[t] = append(byTerm[t], posting{int32(i), float32(w)})
		}
	}
	m.from = make([]int32, 0, len(byTerm)+1)
	for _, ps := range byTerm {
		slices.SortFunc(ps, func(a, b posting) int { return int(a.example - b.example) })
		m.from = append(m.from, int32(len(m.postings)))
		m.postings = append(m.postings, ps...)
	}
	m.from = append(m.from, int32(len(m.postings)))
}

// shares is groupWeight over the groups that a text has at all: a single word
// has no pair.
func shares(square [groups]float64) [groups]float64 {
	sum := 0.0
	for g, s := range square {
		if s > 0 {
			sum += groupWeight[g]
		}
	}
	var out [groups]float64
	for g, s := range square {
		if s > 0 {
			out[g] = groupWeight[g] / sum
		}
	}
	return out
}

// Version names the examples: equal for equal examples in any order.
func (m *Matcher) Version() string { return m.version }

// Labels returns the labels in the order of their first example.
func (m *Matcher) Labels() []string { return slices.Clone(m.labels) }
