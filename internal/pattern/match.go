package pattern

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/phrase"
)

// maxText bounds the time that a text can cost, in bytes.
const maxText = 8 << 10

// The constants of a match.
const (
	leastConfidence = 0.05 // below this a label is not listed at all
	longText        = 9    // words from which the clauses of a text are compared by themselves too
	maxClauses      = 5    // clauses that are looked at, in order
	clauseFactor    = 0.95 // a clause alone says less than a text as a whole
	vague           = 0.70 // the most for a bare word or two ("lights", "the ball"): a topic was named, but nothing asked
	contradicted    = 0.30 // the most for a label that states what the text forbids
	wordsLeast      = 0.86 // of a match of mode Words, when its words are a small part of the text
	level           = 0.60 // what is left of a rule's match when another label has one too
)

// found is the best match of a label.
type found struct {
	confidence float64
	trigger    int32
	rule       bool // exact, or by words
}

// Match returns the labels that text may belong to, at most limit of them (all
// that resemble it when limit ≤ 0). It never fails: an empty text is like
// nothing. Of a text beyond 8 KiB only so much is read.
func (m *Matcher) Match(text string, limit int) Result { return m.MatchSeen(text, limit, nil) }

// MatchSeen is Match with what a view sees in the text; nil is nothing.
func (m *Matcher) MatchSeen(text string, limit int, s *Sight) Result {
	res := Result{None: true, NoneScore: 1, Version: m.version}
	norm := anyBay(phrase.Normalise(truncated(text)))
	if norm == "" || m.settled == nil {
		return res
	}
	ws := read(norm)
	spelt := norm
	if m.correct(ws) {
		spelt = respell(ws)
		ws = read(spelt)
	}
	best := map[string]found{}
	m.similar(best, spelt, ws)
	if m.heed(best, ws, s) {
		res.Space = s.Space()
	}
	m.restrain(best, ws)
	m.rules(best, norm, ws)
	res.Candidates = m.rank(best, ws, norm, limit)
	if len(res.Candidates) > 0 {
		res.NoneScore = 1 - res.Candidates[0].Confidence
		res.None = res.Candidates[0].Confidence < NoneBelow
	}
	return res
}

// correct replaces words that no trigger has by those they are misspellings of,
// and reports whether it replaced any.
func (m *Matcher) correct(ws []word) (replaced bool) {
	for i := range ws {
		w := &ws[i]
		if w.light || m.speller.known[w.raw] {
			continue
		}
		if c, ok := m.speller.correct(w.raw); ok {
			w.raw = c
			replaced = true
		}
	}
	return replaced
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

// similar asks the model about the whole text and, for long ones, its clauses:
// people greet, tell and then ask, and what they ask is one clause of it.
func (m *Matcher) similar(best map[string]found, text string, ws []word) {
	if m.model == nil || content(ws) == 0 {
		return
	}
	m.ask(best, text, 1)
	if len(ws) < longText {
		return
	}
	start, clauses := 0, 0
	for i := 1; i <= len(ws) && clauses < maxClauses; i++ {
		if i < len(ws) && !ws[i].clause && !joins[ws[i].raw] {
			continue
		}
		if i-start < len(ws) && content(ws[start:i]) >= 2 {
			m.ask(best, respell(ws[start:i]), clauseFactor)
			clauses++
		}
		start = i
	}
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

// ask raises the labels to what the model makes of a text.
func (m *Matcher) ask(best map[string]found, text string, factor float64) {
	p := m.model.Predict(Event{Text: text})
	for _, c := range p.Candidates {
		if c.Nearest < 0 || m.origin[c.Nearest] == noTrigger {
			continue // nothing known is like it, or what was has been taken away
		}
		raise(best, c.Label, found{confidence: min(c.Probability*factor, MaxConfidence), trigger: m.origin[c.Nearest]})
	}
}

func raise(best map[string]found, label string, f found) {
	if b, ok := best[label]; !ok || f.confidence > b.confidence {
		best[label] = f
	}
}

// restrain lowers what only looks like a match: bare topics, and labels that
// state what the text forbids.
func (m *Matcher) restrain(best map[string]found, ws []word) {
	bareTopic := content(ws) < 2
	for label, f := range best {
		if bareTopic && len(ws) <= 3 {
			f.confidence = min(f.confidence, vague)
		}
		for i := range ws {
			if ws[i].polarity == forbidden && m.states(label, ws[i].stem) {
				f.confidence = min(f.confidence, contradicted)
			}
		}
		best[label] = f
	}
}

// states reports whether a trigger of the label states a word.
func (m *Matcher) states(label, stem string) (yes bool) {
	m.eachRules(func(r *rules, _ int32) { yes = yes || r.stated[labelStem(label, stem)] })
	return yes
}

// hits are the labels of the triggers that match word for word.
func (m *Matcher) hits(norm string, ws []word) map[string]found {
	hits := map[string]found{}
	m.eachRules(func(r *rules, first int32) {
		for k := range ws {
			for _, i := range r.phrases[ws[k].stem] {
				if share, ok := covers(r.words[i], ws); ok && !m.missing(first+i) {
					raise(hits, r.triggers[i].Label, found{wordsLeast + (MaxConfidence-wordsLeast)*share, first + i, true})
				}
			}
		}
		for _, i := range r.exact[bare(norm)] {
			if !m.missing(first + i) {
				raise(hits, r.triggers[i].Label, found{MaxConfidence, first + i, true})
			}
		}
	})
	return hits
}

// rules adds the triggers that match word for word.
func (m *Matcher) rules(best map[string]found, norm string, ws []word) {
	hits := m.hits(norm, ws)
	for label, f := range hits {
		if len(hits) > 1 {
			f.confidence *= level
		}
		raise(best, label, f)
	}
	if len(hits) == 0 {
		return
	}
	for label, f := range best { // what a rule says leaves less for the others
		if !f.rule {
			if _, too := hits[label]; !too {
				f.confidence = min(f.confidence, 1-MaxConfidence)
				if len(hits) > 1 {
					f.confidence = min(f.confidence, NoneBelow/2)
				}
				best[label] = f
			}
		}
	}
}

// covers reports whether every word of want is in ws, used in the same way, and
// what share of the content of ws that is.
func covers(want, ws []word) (share float64, ok bool) {
	for i := range want {
		if !slices.ContainsFunc(ws, want[i].same) {
			return 0, false
		}
	}
	return min(1, float64(max(1, content(want)))/float64(max(1, content(ws)))), true
}

// rank lists the labels, the most confident first.
func (m *Matcher) rank(best map[string]found, ws []word, norm string, limit int) []Candidate {
	var out []Candidate
	for label, f := range best {
		if f.confidence < leastConfidence {
			continue
		}
		t := m.trigger(f.trigger)
		out = append(out, Candidate{Label: label, Example: t.Text, Mode: t.Mode, Score: f.confidence, Confidence: f.confidence})
	}
	slices.SortFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), strings.Compare(a.Label, b.Label))
	})
	if limit > 0 && limit < len(out) {
		out = out[:limit]
	}
	for i := range out {
		out[i].Why = m.why(m.trigger(best[out[i].Label].trigger), ws, norm)
	}
	return out
}

// why says in words what the text and the trigger share.
func (m *Matcher) why(t Trigger, ws []word, norm string) string {
	if bare(phrase.Normalise(t.Text)) == bare(norm) {
		return fmt.Sprintf("the same text as %q", t.Text)
	}
	var shared []string
	own := read(anyBay(phrase.Normalise(t.Text)))
	for i := range ws {
		if !ws[i].light && slices.ContainsFunc(own, ws[i].same) && !slices.Contains(shared, ws[i].raw) {
			shared = append(shared, ws[i].raw)
		}
	}
	if len(shared) == 0 {
		return fmt.Sprintf("means or is spelt much like %q", t.Text)
	}
	return fmt.Sprintf("shares %q with %q", strings.Join(shared, " "), t.Text)
}
