package pattern

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"clubos/internal/phrase"
)

// maxText bounds the time that a text can cost, in bytes.
const maxText = 8 << 10

// query is the scratch space of one match.
type query struct {
	count   []float32 // by term
	factor  []float32
	touched []int32
	kinds   []group // by touched
	scores  []float32
	hit     []int32 // examples with a score
	best    []float32
	second  []float32
	which   []int32 // by label: the best example
	part    []span  // by label: the part of the text that the best example is like
	letters []letter
}

// Match returns the labels that text may belong to, at most limit of them (all
// that resemble it when limit ≤ 0). It never fails: an empty text is like
// nothing. Of a text beyond 8 KiB only so much is read.
func (m *Matcher) Match(text string, limit int) Result {
	text = text[:min(len(text), maxText)]
	res := Result{None: true, NoneScore: 1, Version: m.version}
	norm := phrase.Normalise(text)
	if norm == "" || len(m.examples) == 0 {
		return res
	}
	q := m.borrow()
	defer m.scratch.Put(q)
	ws := read(norm)
	if m.correct(ws) {
		ws = read(respell(ws))
	}
	for _, part := range parts(ws) {
		m.similar(q, ws, part)
	}
	m.pool(q, ws)
	m.wordMatches(q, ws)
	for _, i := range m.exact[bare(norm)] {
		m.raise(q, i, 1)
	}
	res.Candidates = m.rank(q, ws, limit)
	if len(res.Candidates) > 0 {
		res.NoneScore = 1 - res.Candidates[0].Confidence
		res.None = res.Candidates[0].Confidence < NoneBelow
	}
	return res
}

func (m *Matcher) borrow() *query {
	if q, ok := m.scratch.Get().(*query); ok {
		clear(q.best)
		clear(q.second)
		return q
	}
	return &query{
		count: make([]float32, len(m.icf)), factor: make([]float32, len(m.icf)), scores: make([]float32, len(m.examples)),
		best: make([]float32, len(m.labels)), second: make([]float32, len(m.labels)), which: make([]int32, len(m.labels)),
		part: make([]span, len(m.labels)),
	}
}

// correct replaces unknown words by the known ones they are misspellings of. It
// reports whether one became a word of denial, so that the text must be read anew.
func (m *Matcher) correct(ws []word) (denies bool) {
	for i := range ws {
		w := &ws[i]
		if w.light || m.speller.known[w.raw] {
			continue
		}
		if _, ok := m.terms[w.feature()]; ok {
			continue
		}
		if c, ok := m.speller.correct(w.raw); ok {
			w.raw = c
			w.stem, w.light = stem(c)
			denies = denies || w.stem == "not"
		}
	}
	return denies
}

// respell writes ws as a text, a full stop before each clause.
func respell(ws []word) string {
	var b strings.Builder
	for i := range ws {
		if ws[i].clause {
			b.WriteByte('.')
		}
		b.WriteByte(' ')
		b.WriteString(ws[i].raw)
	}
	return b.String()
}

// span is a stretch of the words of a text that is compared by itself.
type span struct {
	from, to int
	discount float32
}

const (
	longText     = 9    // words from which the clauses of a text are compared by themselves too
	maxClauses   = 5    // clauses that are looked at, in order
	clauseFactor = 0.92 // a clause alone says less than a text as a whole
)

// parts is the whole text and, for long ones, its clauses: people greet, tell
// and then ask, and what they ask is one clause of it.
func parts(ws []word) []span {
	out := []span{{0, len(ws), 1}}
	if len(ws) < longText {
		return out
	}
	start := 0
	for i := 1; i <= len(ws) && len(out) <= maxClauses; i++ {
		if i < len(ws) && !ws[i].clause && !joins[ws[i].raw] {
			continue
		}
		if i-start < len(ws) && content(ws[start:i]) >= 2 {
			out = append(out, span{start, i, clauseFactor})
		}
		start = i
	}
	return out
}

var joins = set(`and but so because`)

func content(ws []word) int {
	n := 0
	for i := range ws {
		if !ws[i].light {
			n++
		}
	}
	return n
}

// similar raises the score of every example to its similarity with a part of ws.
func (m *Matcher) similar(q *query, ws []word, part span) {
	var square [groups]float64
	q.touched, q.kinds = q.touched[:0], q.kinds[:0]
	unseen := float64(m.unseen)
	q.letters = eachFeature(ws[part.from:part.to], q.letters, func(f feature, g group, factor float64) {
		t, ok := m.terms[f]
		if !ok {
			square[g] += unseen * unseen * factor * factor
			return
		}
		if q.count[t] == 0 {
			q.touched, q.kinds = append(q.touched, t), append(q.kinds, g)
		}
		q.count[t]++
		q.factor[t] = float32(factor)
	})
	for i, t := range q.touched {
		if n := q.count[t]; n > 1 {
			q.factor[t] *= float32(1 + math.Log(float64(n)))
		}
		q.count[t] = 0
		q.factor[t] *= m.icf[t]
		square[q.kinds[i]] += float64(q.factor[t]) * float64(q.factor[t])
	}
	var scale [groups]float32
	for g, s := range square {
		if s > 0 {
			scale[g] = float32(1 / math.Sqrt(s))
		}
	}
	q.hit = q.hit[:0]
	for i, t := range q.touched {
		w := q.factor[t] * scale[q.kinds[i]]
		for _, p := range m.postings[m.from[t]:m.from[t+1]] {
			if q.scores[p.example] == 0 {
				q.hit = append(q.hit, p.example)
			}
			q.scores[p.example] += w * p.weight
		}
	}
	for _, e := range q.hit {
		m.note(q, e, q.scores[e]*part.discount, part)
		q.scores[e] = 0
	}
}

// note keeps the two best scores of the label of example e.
func (m *Matcher) note(q *query, e int32, score float32, part span) {
	l := m.examples[e].label
	switch {
	case score > q.best[l]:
		if q.which[l] != e {
			q.second[l] = q.best[l]
		}
		q.best[l], q.which[l], q.part[l] = score, e, part
	case score > q.second[l] && q.which[l] != e:
		q.second[l] = score
	}
}

const (
	// pooling is how far the second best example of a label lifts its best.
	pooling = 0.25
	// unexplained is the share of a score that hangs on the text's content
	// words being found in the example.
	unexplained = 0.30
	// lone is what is left of a score that rests on one content word of a text
	// that has more: "open the door" shares one with "are you open".
	lone = 0.80
	// vague is the most that such a score, or that of a bare word or two
	// ("lights", "the ball"), can be: a topic was named, but nothing asked.
	vague = 0.44
)

// pool turns the two best similarities of each label into its score,
//
//	s = (best + pooling · second · (1 − best)) · (1 − unexplained · (1 − cover))
//
// times lone and at most vague where these apply.
// Two witnesses say more than one, and one perfect witness needs no other.
// cover is the share of the content of the text that the best example has too:
// without it a short example ("it's too hot") would take every text that holds
// its one word ("do you sell hot dogs").
func (m *Matcher) pool(q *query, ws []word) {
	for l, b := range q.best {
		if b < leastScore {
			q.best[l] = 0
			continue
		}
		b = min(b, 1)
		p := q.part[l]
		cover, single := m.cover(m.examples[q.which[l]].words, ws[p.from:p.to])
		q.best[l] = (b + pooling*min(q.second[l], b)*(1-b)) * (1 - unexplained*(1-cover))
		if single {
			q.best[l] = min(lone*q.best[l], vague)
		}
		if len(ws) < 3 && content(ws) < 2 {
			q.best[l] = min(q.best[l], vague)
		}
	}
}

// cover is the part of the squared weight of the content words of ws that want
// has; single reports that they share one content word at most though ws has more.
func (m *Matcher) cover(want, ws []word) (part float32, single bool) {
	var sum, found float32
	shared, total := 0, 0
	for i := range ws {
		if ws[i].light {
			continue
		}
		total++
		w := m.unseen
		if t, ok := m.terms[ws[i].feature()]; ok {
			w = m.icf[t]
		}
		sum += w * w
		if slices.ContainsFunc(want, ws[i].same) {
			found += w * w
			shared++
		}
	}
	single = shared <= 1 && total > 1
	return found / max(sum, 1e-6), single
}

// raise sets the score of the label of example e to score if that is more.
func (m *Matcher) raise(q *query, e int32, score float32) {
	if l := m.examples[e].label; score > q.best[l] {
		q.best[l], q.which[l] = score, e
	}
}

// wordMatches scores the examples of mode Words whose words all occur:
// 0.60 + 0.35 · (their share of the content of the text).
func (m *Matcher) wordMatches(q *query, ws []word) {
	for _, e := range m.phrases {
		if share, ok := m.covers(m.examples[e].words, ws); ok {
			m.raise(q, e, 0.60+0.35*share)
		}
	}
}

func (m *Matcher) covers(want, ws []word) (share float32, ok bool) {
	for i := range want {
		if !slices.ContainsFunc(ws, want[i].same) {
			return 0, false
		}
	}
	return float32(min(1, float64(max(1, content(want)))/float64(max(1, content(ws))))), true
}

// rank turns scores into candidates.
func (m *Matcher) rank(q *query, ws []word, limit int) []Candidate {
	order := make([]int32, 0, len(q.best))
	for l, s := range q.best {
		if s >= leastScore {
			order = append(order, int32(l))
		}
	}
	slices.SortFunc(order, func(a, b int32) int {
		if c := cmp.Compare(q.best[b], q.best[a]); c != 0 {
			return c
		}
		return strings.Compare(m.labels[a], m.labels[b])
	})
	if limit <= 0 || limit > len(order) {
		limit = len(order)
	}
	out := make([]Candidate, 0, limit)
	for i, l := range order[:limit] {
		rival := float32(0)
		switch {
		case i > 0:
			rival = q.best[order[0]]
		case len(order) > 1:
			rival = q.best[order[1]]
		}
		e := m.examples[q.which[l]]
		s := float64(q.best[l])
		out = append(out, Candidate{
			Label: m.labels[l], Example: e.Text, Mode: e.Mode, Score: s,
			Confidence: confidence(s, s-float64(rival)), Why: m.why(e, ws, s),
		})
	}
	return out
}

// why says in words what the text and the example share.
func (m *Matcher) why(e trained, ws []word, score float64) string {
	if score >= 1 {
		return fmt.Sprintf("the same text as %q", e.Text)
	}
	var shared []string
	for i := range ws {
		if !ws[i].light && slices.ContainsFunc(e.words, ws[i].same) && !slices.Contains(shared, ws[i].raw) {
			shared = append(shared, ws[i].raw)
		}
	}
	if len(shared) == 0 {
		return fmt.Sprintf("spelt and put like %q", e.Text)
	}
	return fmt.Sprintf("shares %q with %q", strings.Join(shared, " "), e.Text)
}
