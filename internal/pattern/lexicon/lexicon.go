// Package lexicon knows roughly what English words mean: a vector for each of
// some 9 000 words, such that words of like meaning lie close together ("taxi"
// and "cab", "cancel" and "delete"). A club's first examples are few, and what
// members write seldom repeats their words; this is what a learner may know before
// its first example.
//
// What it knows is written in the files of the directory fields, by hand: fields of
// words that mean alike or belong together, in a tree of themes. A word stands in
// as many fields as it has senses. The file forms.txt joins forms of a word that no
// stemmer can.
//
// Each field has a direction of its own, drawn by chance from its name, and a part
// of its parent's (random indexing: Kanerva, Kristoferson, Holst 2000; with signs
// for numbers: Achlioptas 2003). A word's vector is the sum of the directions of
// its fields. So two words are as like as the fields they share, those of unrelated
// words are nearly orthogonal, and a new field changes nothing but its own words.
//
// With ten examples a label it makes some 4 of 100 texts more right, with a hundred
// about one (docs/decisions.md).
//
// A word of another language has no vector; it is simply not helped.
package lexicon

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Dim is the numbers in a vector.
const Dim = 128

// heritage is how much of its parent's direction a field has, beside its own of
// length one.
const heritage = 0.5

// lightLength is the length of the vector of a light word. "tell", "can" and "now"
// stand in most texts, but which of them does is not without meaning.
const lightLength = 0.5

// stems is about how many there are, to spare the tables from growing.
const stems = 10_000

// Lexicon is an immutable table of vectors; it is safe for concurrent use.
type Lexicon struct {
	rows    map[string]int32 // of vectors, by stem
	vectors []float32        // Dim numbers a row
}

// New makes the lexicon of the fields that are part of the program, in a few
// milliseconds. stem tells under which name a word will be looked up, and whether it
// is one that any text may hold and that therefore tells little.
func New(stem func(word string) (name string, light bool)) *Lexicon {
	fields, forms, err := shipped()
	if err != nil {
		panic(fmt.Sprintf("BUG: shipped lexicon: %v", err))
	}
	return build(fields, forms, stem)
}

// Add adds the vector of a stem to sum: of length one, or lightLength for a light
// word. It reports whether the stem is known.
func (l *Lexicon) Add(stem string, sum *[Dim]float32) bool {
	row, ok := l.rows[stem]
	if ok {
		add(sum[:], 1, l.row(row))
	}
	return ok
}

// Len is the number of stems.
func (l *Lexicon) Len() int { return len(l.rows) }

func (l *Lexicon) row(i int32) []float32 { return l.vectors[int(i)*Dim : (int(i)+1)*Dim] }

// build sums up the vectors of the fields' words.
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
	l := &Lexicon{rows: make(map[string]int32, stems), vectors: make([]float32, 0, stems*Dim)}
	var lengths []float32 // by row
	directions := make([]float32, len(fields)*Dim)
	var members []int32
	for i, f := range fields {
		d := directions[i*Dim : (i+1)*Dim]
		draw(f.name, d)
		if f.parent >= 0 {
			add(d, heritage, directions[f.parent*Dim:(f.parent+1)*Dim])
			scale(d, 1)
		}
		members = members[:0]
		for _, w := range f.words {
			name, light := stem(w)
			row := l.enter(name, base)
			if int(row) == len(lengths) {
				lengths = append(lengths, 1)
				l.vectors = append(l.vectors, make([]float32, Dim)...)
			}
			if light {
				lengths[row] = lightLength
			}
			if !slices.Contains(members, row) {
				members = append(members, row)
			}
		}
		// A broad field says less about its words than a narrow one.
		weight := float32(1 / math.Sqrt(math.Sqrt(float64(max(len(members), 1)))))
		for _, row := range members {
			add(l.row(row), weight, d)
		}
	}
	for row, length := range lengths {
		scale(l.row(int32(row)), length)
	}
	for form, head := range base {
		if row, ok := l.rows[head]; ok {
			l.rows[form] = row
		}
	}
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

// draw fills d with the direction that belongs to a name: signs drawn by chance,
// seeded by the name's FNV-1a hash, scaled to length one.
func draw(name string, d []float32) {
	h := uint64(14695981039346656037)
	for i := 0; i < len(name); i++ {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	source := rand.NewPCG(h, 1)
	var bits uint64
	for k := range d {
		if k%64 == 0 {
			bits = source.Uint64()
		}
		d[k] = float32(int(bits&1)*2 - 1)
		bits >>= 1
	}
	scale(d, 1)
}

// add adds a·x to sum. The conversion keeps compilers from fusing the two
// operations, so that every processor gets the same bits.
func add(sum []float32, a float32, x []float32) {
	for k, v := range x {
		sum[k] += float32(a * v)
	}
}

// scale gives x the length to, unless it is zero.
func scale(x []float32, to float32) {
	square := float32(0)
	for _, v := range x {
		square += float32(v * v)
	}
	if square == 0 {
		return
	}
	factor := to / float32(math.Sqrt(float64(square)))
	for k := range x {
		x[k] *= factor
	}
}
