// Package lexicon knows roughly what English words mean: a vector for each of
// some 9 000 words, such that words of like meaning lie close together ("taxi"
// and "cab", "cancel" and "delete"). A club's first examples are few, and what
// members write seldom repeats their words; this is what a learner may know before
// its first example.
//
// What it knows is written in the files of the directory fields, by hand: fields of
// words that mean alike or belong together, in a tree of themes. A word stands in
// as many fields as it has senses. The file forms.txt joins forms of a word that no
// stemmer can. In phrases.txt stand phrases that mean what a word means ("get rid of",
// "turn … off", "how much"); they mean it beside what their own words mean.
//
// A word belongs to the fields that it stands in, the more the fewer other words they
// have, and less to the fields above those. So two words are as like as the fields
// they share, unrelated words share none, and a new field changes nothing but its own
// words. Fields are told apart exactly: directions drawn by chance for each (Kanerva,
// Kristoferson, Holst 2000) take as much room and let unrelated words look alike.
//
// With ten examples a label it makes some 5 of 100 texts more right, with a hundred
// about one (docs/decisions.md).
//
// A word of another language has no fields; it is simply not helped.
package lexicon

import (
	"fmt"
	"hash/fnv"
	"math"
)

// heritage is how much of its parent a field has, beside its own of length one.
const heritage = 0.5

// lightLength is the length of a light word. "tell", "can" and "now" stand in most
// texts, but which of them does is not without meaning.
const lightLength = 0.5

// phraseLength is the length of a phrase, beside the words that it is made of.
const phraseLength = 1

// stems is about how many there are, to spare the tables from growing.
const stems = 10_000

// Lexicon is an immutable table of words; it is safe for concurrent use.
type Lexicon struct {
	rows    map[string]int32 // of parts, by stem
	parts   [][]Part
	phrases map[string][]phrase // by their first stem, the longest first
	fields  int
	version uint32
}

// Part is how much a word belongs to a field.
type Part struct {
	Field  int32 // 0 to Fields() − 1
	Weight float32
}

// New makes the lexicon of the fields that are part of the program, in a few
// milliseconds. stem tells under which name a word will be looked up, and whether it
// is one that any text may hold and that therefore tells little.
func New(stem func(word string) (name string, light bool)) *Lexicon {
	fields, forms, err := shipped()
	if err != nil {
		panic(fmt.Sprintf("BUG: shipped lexicon: %v", err))
	}
	phrases, err := parse(nil, phraseFile)
	if err != nil {
		panic(fmt.Sprintf("BUG: shipped phrases: %v", err))
	}
	l := build(fields, forms, stem)
	l.enterPhrases(phrases, stem)
	return l
}

// Of returns the fields of a stem; none when it is not known. The squares of the
// weights sum to one, or to less for a light word. The caller must not change them.
func (l *Lexicon) Of(stem string) []Part {
	if row, ok := l.rows[stem]; ok {
		return l.parts[row]
	}
	return nil
}

// Len is the number of stems.
func (l *Lexicon) Len() int { return len(l.rows) }

// Fields is the number of fields.
func (l *Lexicon) Fields() int { return l.fields }

// Version names the fields in their order: what was learned of the fields of one
// version says nothing about those of another.
func (l *Lexicon) Version() uint32 { return l.version }

// build finds the parts of the fields' words.
func build(fields, forms []field, stem func(string) (string, bool)) *Lexicon {
	base := make(map[string]string, 2*len(forms))
	for _, f := range forms {
		head, _ := stem(f.name)
		for _, w := range f.words {
			if s, _ := stem(w); s != head {
				base[s] = head
			}
		}
	}
	l := &Lexicon{rows: make(map[string]int32, stems), parts: make([][]Part, 0, stems), fields: len(fields)}
	names := fnv.New32a()
	var lengths []float32 // by row
	members := map[int32]bool{}
	for i, f := range fields {
		fmt.Fprintln(names, f.name)
		clear(members)
		for _, w := range f.words {
			name, light := stem(w)
			row := l.enter(name, base)
			if int(row) == len(lengths) {
				lengths, l.parts = append(lengths, 1), append(l.parts, nil)
			}
			if light {
				lengths[row] = lightLength
			}
			members[row] = true
		}
		// A broad field says less about its words than a narrow one.
		weight := float32(1 / math.Sqrt(math.Sqrt(float64(max(len(members), 1)))))
		for row := range members {
			l.parts[row] = belong(l.parts[row], fields, i, weight)
		}
	}
	for row, length := range lengths {
		scale(l.parts[row], length)
	}
	for form, head := range base {
		if row, ok := l.rows[head]; ok {
			l.rows[form] = row
		}
	}
	l.version = names.Sum32()
	return l
}

// enter returns the row of a stem, or of the stem that stands for it.
func (l *Lexicon) enter(stem string, base map[string]string) int32 {
	if head, ok := base[stem]; ok {
		stem = head
	}
	row, ok := l.rows[stem]
	if !ok {
		row = int32(len(l.rows))
		l.rows[stem] = row
	}
	return row
}

// belong adds a field and those above it, each for less than the one below.
func belong(parts []Part, fields []field, at int, weight float32) []Part {
	length := float32(math.Sqrt(1 + heritage*heritage))
	for at >= 0 {
		own := weight
		if fields[at].parent >= 0 {
			own /= length
		}
		parts = add(parts, int32(at), own)
		weight = heritage * weight / length
		at = fields[at].parent
	}
	return parts
}

func add(parts []Part, field int32, weight float32) []Part {
	for i := range parts {
		if parts[i].Field == field {
			parts[i].Weight += weight
			return parts
		}
	}
	return append(parts, Part{field, weight})
}

// scale gives the parts of a word the length to.
func scale(parts []Part, to float32) {
	square := float32(0)
	for _, p := range parts {
		square += float32(p.Weight * p.Weight)
	}
	factor := to / float32(math.Sqrt(float64(max(square, 1e-12))))
	for i := range parts {
		parts[i].Weight *= factor
	}
}
