package pattern

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"clubos/internal/pattern/lexicon"
	"clubos/internal/phrase"
)

// kind is a family of features. Each is scaled to length one by itself, so that
// none drowns the others.
type kind uint8

const (
	kindWord    kind = iota // words as written, and pairs of neighbours
	kindStem                // light stems, and pairs with up to two words between
	kindChar                // character 2- to 5-grams across word borders
	kindContext             // circumstances
	kinds
)

const (
	maxWords  = 600 // words of a text that are read
	maxGram   = 5   // letters of the longest character n-gram
	skipReach = 3   // how far apart the words of a stem pair may be
)

// occurrence is one feature as it stands in an event.
type occurrence struct {
	feature uint64
	kind    kind
	content bool // a single stem that carries meaning
}

// eventReader turns events into features. It is scratch space: not for concurrent use.
type eventReader struct {
	found   []occurrence
	letters []letter
	meaning []float32 // by field of the lexicon: how much of it the last event's stems are
	fields  []int32   // of which there is any, in the order of the words
	content int       // content words of the last event
}

// read returns the features of e, valid until the next call.
func (r *eventReader) read(e *Event) []occurrence {
	r.found = r.found[:0]
	text := phrase.Normalise(truncated(e.Text))
	ws := read(text)
	ws = ws[:min(len(ws), maxWords)]
	r.words(ws)
	r.symbols(text)
	r.stems(ws)
	r.chars(ws)
	r.context(e)
	return r.found
}

// truncated is at most maxText bytes of text, cut between characters.
func truncated(text string) string {
	if len(text) <= maxText {
		return text
	}
	cut := maxText
	for cut > maxText-utf8.UTFMax && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}

func (r *eventReader) add(h uint64, k kind) {
	r.found = append(r.found, occurrence{feature: h, kind: k})
}

// words adds the words as they are written and each pair of neighbours, the
// borders of the text included.
func (r *eventReader) words(ws []word) {
	last, lastPolarity := "^", stated
	for i := 0; i <= len(ws); i++ {
		next, polarity := "$", stated
		if i < len(ws) {
			next, polarity = ws[i].raw, ws[i].polarity
			r.add(hashString(kindHash(kindWord, 1, polarity), next), kindWord)
		}
		if len(ws) > 0 {
			h := hashString(kindHash(kindWord, 2, max(polarity, lastPolarity)), last)
			r.add(hashString(hashString(h, " "), next), kindWord)
		}
		last, lastPolarity = next, polarity
	}
}

// symbols adds emoji and marks that are no letters: "?" asks, "🔥" shouts.
func (r *eventReader) symbols(text string) {
	for i, c := range text {
		if c == '?' || c == '!' || c > 0x2000 && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			r.add(hashString(kindHash(kindWord, 3, stated), text[i:i+utf8.RuneLen(c)]), kindWord)
		}
		if len(r.found) > 4*maxWords {
			return
		}
	}
}

// stems adds light stems, and pairs of them in order with up to two words between.
func (r *eventReader) stems(ws []word) {
	r.content = 0
	r.forget()
	for i := range ws {
		w := &ws[i]
		r.mean(w)
		r.meanPhrase(ws[i:])
		if !w.light {
			r.content++
		}
		r.found = append(r.found, occurrence{hashString(kindHash(kindStem, 1, w.polarity), w.stem), kindStem, !w.light})
		for k := i + 1; k < len(ws) && k <= i+skipReach; k++ {
			h := hashString(kindHash(kindStem, 2, max(w.polarity, ws[k].polarity)), w.stem)
			r.add(hashString(hashString(h, " "), ws[k].stem), kindStem)
		}
	}
}

// mean adds the meaning of w. What is forbidden or denied means the opposite of
// the wish, not the same; it is left out.
func (r *eventReader) mean(w *word) {
	if w.polarity == stated {
		r.belong(meanings().Of(w.stem))
	}
}

// meanPhrase adds the meaning of the phrase that begins with the first of the words.
// It may say itself that something is not so ("does not work"); what is forbidden is
// no part of it.
func (r *eventReader) meanPhrase(ws []word) {
	if ws[0].polarity != stated {
		return
	}
	r.belong(meanings().Phrase(func(i int) string {
		if i >= len(ws) || ws[i].polarity == forbidden {
			return ""
		}
		return ws[i].stem
	}))
}

func (r *eventReader) belong(parts []lexicon.Part) {
	for _, p := range parts {
		if r.meaning[p.Field] == 0 {
			r.fields = append(r.fields, p.Field)
		}
		r.meaning[p.Field] += p.Weight
	}
}

// forget clears the meaning of the last event.
func (r *eventReader) forget() {
	if r.meaning == nil {
		r.meaning = make([]float32, meanings().Fields())
	}
	for _, f := range r.fields {
		r.meaning[f] = 0
	}
	r.fields = r.fields[:0]
}

// chars adds character n-grams, each with the strongest polarity of the words it touches.
func (r *eventReader) chars(ws []word) {
	r.letters = spell(ws, r.letters[:0])
	for i := range r.letters {
		h := [3]uint64{kindHash(kindChar, 0, stated), kindHash(kindChar, 0, denied), kindHash(kindChar, 0, forbidden)}
		p := stated
		for n := 0; n < maxGram && i+n < len(r.letters); n++ {
			l := r.letters[i+n]
			for k := range h {
				h[k] = (h[k] ^ uint64(l.r)) * fnvPrime
			}
			p = max(p, l.polarity)
			if n > 0 {
				r.add(h[p], kindChar)
			}
		}
	}
}

// context adds the circumstances, in the order of their names.
func (r *eventReader) context(e *Event) {
	if e.Domain != "" && e.Domain != DomainDecision {
		r.add(hashString(kindHash(kindContext, 1, stated), string(e.Domain)), kindContext)
	}
	for _, k := range sortedKeys(e.Tags) {
		h := hashString(hashString(kindHash(kindContext, 2, stated), k), "=")
		r.add(hashString(h, strings.ToLower(e.Tags[k])), kindContext)
	}
	for _, k := range sortedKeys(e.Numbers) {
		h := hashString(hashString(kindHash(kindContext, 3, stated), k), "=")
		r.add((h^uint64(step(e.Numbers[k])))*fnvPrime, kindContext)
	}
}

// step is the power of two below |v|, with the sign of v.
func step(v float64) int64 {
	if v == 0 || math.IsNaN(v) {
		return 0
	}
	_, exp := math.Frexp(v)
	if v < 0 {
		return -int64(exp) - 10_000
	}
	return int64(exp) + 10_000
}

func sortedKeys[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// kindHash begins the FNV-1a hash of a feature: two kinds, shapes or polarities
// never share one.
func kindHash(k kind, shape uint8, p polarity) uint64 {
	return (fnvOffset ^ (uint64(k)<<8 | uint64(shape)<<4 | uint64(p) | 1<<16)) * fnvPrime
}
