package pattern

import (
	"regexp"
	"strings"
	"unicode"

	"clubos/internal/phrase"
)

// rules are triggers as they are compared word for word, and what matching needs
// to know of their words.
type rules struct {
	triggers []Trigger
	byKey    map[uint64]int32
	exact    map[string][]int32 // normalised text → triggers
	phrases  map[string][]int32 // a stem → the triggers of mode Words that are filed under it
	words    map[int32][]word   // of those
	stated   map[uint64]bool    // label and stem: some trigger of the label states it
}

func newRules(capacity int) *rules {
	return &rules{byKey: make(map[uint64]int32, capacity), exact: make(map[string][]int32, capacity), phrases: map[string][]int32{}, words: map[int32][]word{}, stated: map[uint64]bool{}}
}

// add reads a trigger and files it under its exact text, its words and its label.
// One without a label is for the model alone. ok is false for one without any word.
func (r *rules) add(t Trigger, see func(word string)) (index int32, ok bool) {
	if t.Mode == "" {
		t.Mode = Similar
	}
	if t.Label == "" || t.Mode == Report || t.Mode == Precedent { // for a model alone
		i := int32(len(r.triggers))
		r.triggers, r.byKey[t.key()] = append(r.triggers, t), i
		return i, true
	}
	text := anyBay(phrase.Normalise(t.Text))
	ws := read(text)
	if bare(text) == "" || len(ws) == 0 && t.Mode != Exact {
		return 0, false
	}
	i := int32(len(r.triggers))
	r.triggers = append(r.triggers, t)
	r.byKey[t.key()] = i
	r.exact[bare(text)] = append(r.exact[bare(text)], i)
	if t.Mode == Words {
		r.words[i] = ws
		r.phrases[filedUnder(ws)] = append(r.phrases[filedUnder(ws)], i)
	}
	for _, w := range ws {
		if !w.light && w.polarity != forbidden {
			r.stated[labelStem(t.Label, w.stem)] = true
		}
		see(w.raw)
	}
	return i, true
}

// filedUnder is the stem under which a trigger of mode Words is found: one that
// carries meaning, where it has one.
func filedUnder(ws []word) string {
	for i := range ws {
		if !ws[i].light {
			return ws[i].stem
		}
	}
	return ws[0].stem
}

func labelStem(label, stem string) uint64 {
	return hashString(hashString(hashString(fnvOffset, label), "\x00"), stem)
}

// bayNumber finds which bay a text names, in the words that people have for bays.
var bayNumber = regexp.MustCompile(`\b(bay|box|sim|simulator|room|lane|stall)( ?#? ?)[0-9]{1,2}\b`)

// anyBay gives every bay the same number: what happened says which situation it is, and not where.
func anyBay(normalised string) string { return bayNumber.ReplaceAllString(normalised, "${1} 1") }

// bare strips the punctuation at the ends of a normalised text.
func bare(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) })
}
