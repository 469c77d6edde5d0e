// Package lexicon knows roughly what English words mean: a vector for each of
// some 14 000 word stems, such that words of like meaning lie close together
// ("taxi" and "cab", "cancel" and "delete"). A club's first examples are few, and
// what members write seldom repeats their words; this is what a learner may know
// before its first example.
//
// The vectors are computed from WordNet 3.1 alone (Princeton University; its
// licence, which permits this use, is in LICENSE.wordnet): how often stems stand near
// each other in its glosses and examples, and how its synsets relate them. The
// positive pointwise mutual information of the pairs is reduced to its largest
// eigenvectors (Levy, Goldberg, Dagan 2015), and the vectors are stored in one
// byte for every four numbers by product quantisation (Jégou, Douze, Schmid
// 2011). The program scripts/lexicon makes the file.
//
// A word of another language has no vector; it is simply not helped.
package lexicon

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
)

// The shape of a vector.
const (
	Dim   = 64 // numbers in a vector
	Part  = 4  // numbers that share a code
	Parts = Dim / Part
	Codes = 256 // entries in a part's codebook
)

//go:embed vectors.bin
var data []byte

// Lexicon is an immutable table of vectors; it is safe for concurrent use.
type Lexicon struct {
	hashes []uint32 // ascending
	weight []uint8  // by word: how telling it is, in 255ths
	codes  []uint8  // by word, Parts each
	book   []float32
}

var shipped = sync.OnceValue(func() *Lexicon {
	l, err := Parse(data)
	if err != nil {
		panic("BUG: shipped lexicon: " + err.Error())
	}
	return l
})

// Shipped returns the lexicon that is part of the program.
func Shipped() *Lexicon { return shipped() }

// Hash is the key of a stem: 32-bit FNV-1a.
func Hash(stem string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(stem); i++ {
		h = (h ^ uint32(stem[i])) * 16777619
	}
	return h
}

// Add adds the vector of a stem to sum, scaled by how telling the stem is: its
// smoothed inverse frequency a/(a+p) (Arora, Liang, Ma 2017). It reports
// whether the stem is known.
func (l *Lexicon) Add(stem string, sum *[Dim]float32) bool {
	i, ok := slices.BinarySearch(l.hashes, Hash(stem))
	if !ok {
		return false
	}
	w := float32(l.weight[i]) / 255
	for p, code := range l.codes[i*Parts : (i+1)*Parts] {
		at := (p*Codes + int(code)) * Part
		for k, v := range l.book[at : at+Part] {
			sum[p*Part+k] += float32(w * v)
		}
	}
	return true
}

// Len is the number of words.
func (l *Lexicon) Len() int { return len(l.hashes) }

const magic = "CLEX1"

var errDamaged = errors.New("lexicon: damaged")

// Parse reads what Encode has written.
func Parse(b []byte) (*Lexicon, error) {
	if len(b) < len(magic)+4+4*Parts || string(b[:len(magic)]) != magic {
		return nil, errDamaged
	}
	b = b[len(magic):]
	n := int(binary.LittleEndian.Uint32(b))
	b = b[4:]
	l := &Lexicon{}
	if n > len(b) || len(b) < 4*Parts+Parts*Codes*Part {
		return nil, errDamaged
	}
	for p := range Parts {
		scale := math.Float32frombits(binary.LittleEndian.Uint32(b[4*p:]))
		for _, c := range b[4*Parts+p*Codes*Part : 4*Parts+(p+1)*Codes*Part] {
			l.book = append(l.book, float32(int8(c))*scale)
		}
	}
	b = b[4*Parts+Parts*Codes*Part:]
	last := uint64(0)
	for range n {
		step, k := binary.Uvarint(b)
		last += step
		if k <= 0 || last > math.MaxUint32 {
			return nil, errDamaged
		}
		l.hashes, b = append(l.hashes, uint32(last)), b[k:]
	}
	if len(b) != n*(1+Parts) {
		return nil, fmt.Errorf("%w: %d bytes for %d words", errDamaged, len(b), n)
	}
	l.weight, l.codes = b[:n], b[n:]
	return l, nil
}

// Word is what Encode writes of a word.
type Word struct {
	Hash   uint32
	Weight uint8
	Codes  [Parts]uint8
}

// Encode writes a lexicon: words, and a codebook of Parts × Codes × Part numbers.
func Encode(words []Word, book []float32) []byte {
	words = slices.Clone(words)
	slices.SortFunc(words, func(a, b Word) int { return int(int64(a.Hash) - int64(b.Hash)) })
	words = slices.CompactFunc(words, func(a, b Word) bool { return a.Hash == b.Hash })
	out := binary.LittleEndian.AppendUint32([]byte(magic), uint32(len(words)))
	scales := make([]float32, Parts)
	for p := range scales {
		for _, v := range book[p*Codes*Part : (p+1)*Codes*Part] {
			scales[p] = max(scales[p], v/127, -v/127)
		}
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(scales[p]))
	}
	for i, v := range book {
		out = append(out, uint8(int8(math.Round(float64(v/max(scales[i/(Codes*Part)], 1e-9))))))
	}
	last := uint32(0)
	for _, w := range words {
		out = binary.AppendUvarint(out, uint64(w.Hash-last))
		last = w.Hash
	}
	for _, w := range words {
		out = append(out, w.Weight)
	}
	for _, w := range words {
		out = append(out, w.Codes[:]...)
	}
	return out
}
