package lexicon

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed phrases.txt
var phraseFile string

// phrase is stems in a row that mean what other words mean: "get rid of" removes.
type phrase struct {
	stems []string
	parts []Part
}

// particle reports whether a word may stand away from its verb: "turn the lights off".
func particle(stem string) bool {
	switch stem {
	case "on", "off", "up", "down", "out", "in", "back", "away", "over":
		return true
	}
	return false
}

// reach is how many words may stand between a verb and its particle.
const reach = 3

// Phrase returns what the phrases that begin with the first of the stems mean: the
// longest one that stands there, or else one of a verb and its particle with a few
// words between them. of gives the stem at an index, "" beyond the last and where a
// phrase may not go on. The caller must not change the parts.
func (l *Lexicon) Phrase(of func(i int) string) []Part {
	all := l.phrases[of(0)]
	for i := range all {
		if all[i].stands(of) {
			return all[i].parts
		}
	}
	return nil
}

// stands reports whether the phrase begins at the first of the stems.
func (p *phrase) stands(of func(i int) string) bool {
	near := true
	for i, s := range p.stems {
		near = near && of(i) == s
	}
	if near || len(p.stems) != 2 || !particle(p.stems[1]) {
		return near
	}
	for i := 2; i <= reach+1 && of(i) != ""; i++ {
		if of(i) == p.stems[1] {
			return true
		}
	}
	return false
}

// enterPhrases gives the phrases the parts of the words that they mean.
func (l *Lexicon) enterPhrases(lines []field, stem func(string) (string, bool)) {
	byStems := map[string]*phrase{}
	var all []*phrase
	for _, f := range lines {
		head, _ := stem(f.name)
		for _, w := range f.words {
			stems := strings.Split(w, "_")
			for i := range stems {
				stems[i], _ = stem(stems[i])
			}
			key := strings.Join(stems, "_")
			p := byStems[key]
			if p == nil {
				p = &phrase{stems: stems}
				byStems[key], all = p, append(all, p)
			}
			for _, part := range l.Of(head) {
				p.parts = add(p.parts, part.Field, part.Weight)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *phrase) int { return len(b.stems) - len(a.stems) })
	l.phrases = make(map[string][]phrase, len(all))
	for _, p := range all {
		scale(p.parts, phraseLength)
		l.phrases[p.stems[0]] = append(l.phrases[p.stems[0]], *p)
	}
}
