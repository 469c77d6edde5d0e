package pattern

import (
	"cmp"
	"math"
	"slices"
)

// vocabulary is the features that training has seen, with their weights. It is
// an open-addressed table: looking up is most of what reading a text costs.
type vocabulary struct {
	slots []int32  // 1 + id, or 0
	keys  []uint64 // by id, ascending
	kind  []kind   // by id
	idf   []float32
	rare  float32 // the idf of a feature that training has not seen
}

// kindWeight is the share of each kind in the square of an event's length.
var kindWeight = [kinds]float32{kindWord: 1, kindStem: 1, kindChar: 1, kindContext: 0.5}

// entry is one component of a sparse vector.
type entry struct {
	id    int32
	value float32
}

// counted is how often an example has a feature.
type counted struct {
	feature uint64
	count   int32
	kind    kind
}

// newVocabulary takes up to limit features that occur in at least least examples,
// the most frequent first. Inverse document frequency is ln((n+1)/(df+1)) + 1
// (Spärck Jones 1972, smoothed as if one more document held everything).
func newVocabulary(docs [][]counted, least, limit int) *vocabulary {
	type use struct {
		feature uint64
		df      int32
		kind    kind
	}
	df := make(map[uint64]*use, 1<<14)
	for _, d := range docs {
		for _, c := range d {
			if u := df[c.feature]; u != nil {
				u.df++
			} else {
				df[c.feature] = &use{c.feature, 1, c.kind}
			}
		}
	}
	all := make([]use, 0, len(df))
	for _, u := range df {
		if int(u.df) >= least || u.kind == kindContext {
			all = append(all, *u)
		}
	}
	slices.SortFunc(all, func(a, b use) int {
		return cmp.Or(cmp.Compare(b.df, a.df), cmp.Compare(a.feature, b.feature))
	})
	all = all[:min(len(all), limit)]
	slices.SortFunc(all, func(a, b use) int { return cmp.Compare(a.feature, b.feature) })
	v := &vocabulary{rare: float32(math.Log(float64(len(docs)+1)) + 1)}
	for _, u := range all {
		v.keys = append(v.keys, u.feature)
		v.kind = append(v.kind, u.kind)
		v.idf = append(v.idf, float32(math.Log(float64(len(docs)+1)/float64(u.df+1))+1))
	}
	v.index()
	return v
}

// index fills the slots from the keys.
func (v *vocabulary) index() {
	size := 16
	for size < 2*len(v.keys) {
		size *= 2
	}
	v.slots = make([]int32, size)
	mask := uint64(size - 1)
	for id, k := range v.keys {
		at := spread(k) & mask
		for v.slots[at] != 0 {
			at = (at + 1) & mask
		}
		v.slots[at] = int32(id) + 1
	}
}

// spread mixes the high bits of a hash into the low ones.
func spread(h uint64) uint64 { return (h ^ h>>29) * 0x9e3779b97f4a7c15 >> 20 }

// size is the number of features of a vector, those of its meaning included.
func (v *vocabulary) size() int { return len(v.keys) + meanings().Fields() }

// find returns the id of a feature, or -1.
func (v *vocabulary) find(feature uint64) int32 {
	mask := uint64(len(v.slots) - 1)
	for at := spread(feature) & mask; ; at = (at + 1) & mask {
		id := v.slots[at] - 1
		if id < 0 || v.keys[id] == feature {
			return id
		}
	}
}

// vectoriser makes sparse vectors. It is scratch space: not for concurrent use.
type vectoriser struct {
	v      *vocabulary
	reader eventReader
	count  []int32
	out    []entry
	words  []int32 // ids of the content stems of the last event
	lost   int     // content stems of the last event that training has not seen
	unseen [kinds]float32
}

func newVectoriser(v *vocabulary) *vectoriser {
	return &vectoriser{v: v, count: make([]int32, len(v.keys))}
}

// vector returns the event as (1 + ln tf) · idf, each kind scaled to its share
// and the whole to length one. What training has not seen counts in the length
// of its kind, so that unknown matter lowers every score; unseen is its part of
// the square of each kind. The result is valid until the next call.
func (z *vectoriser) vector(e *Event) []entry {
	z.out, z.words, z.lost = z.out[:0], z.words[:0], 0
	var square, strange [kinds]float32
	for _, o := range z.reader.read(e) {
		id := z.v.find(o.feature)
		if id < 0 {
			strange[o.kind] += z.v.rare * z.v.rare
			if o.content {
				z.lost++
			}
			continue
		}
		if z.count[id] == 0 {
			z.out = append(z.out, entry{id: id})
			if o.content {
				z.words = append(z.words, id)
			}
		}
		z.count[id]++
	}
	for i := range z.out {
		e := &z.out[i]
		e.value = z.v.idf[e.id]
		if n := z.count[e.id]; n > 1 {
			e.value *= 1 + float32(math.Log(float64(n)))
		}
		z.count[e.id] = 0
		square[z.v.kind[e.id]] += e.value * e.value
	}
	var scale [kinds]float32
	total := float32(0)
	for k := range square {
		if square[k] > 0 {
			total += kindWeight[k]
		}
	}
	for k := range square {
		z.unseen[k] = strange[k] / max(strange[k]+square[k], 1e-9)
		if square[k] > 0 {
			scale[k] = float32(math.Sqrt(float64(kindWeight[k] / total / (square[k] + strange[k]*strangeness))))
		}
	}
	for i := range z.out {
		z.out[i].value *= scale[z.v.kind[z.out[i].id]]
	}
	z.meaning()
	return z.out
}

// meaning adds the fields of the words, scaled to meaningWeight, as features beyond
// those of the vocabulary.
func (z *vectoriser) meaning() {
	square := float32(0)
	for _, f := range z.reader.fields {
		v := z.reader.meaning[f]
		square += float32(v * v)
	}
	if square == 0 {
		return
	}
	scale := meaningWeight / sqrt(square)
	for _, f := range z.reader.fields {
		z.out = append(z.out, entry{int32(len(z.v.keys)) + f, z.reader.meaning[f] * scale})
	}
}

// meaningWeight is the length of an event's meaning beside its features' length of one.
const meaningWeight = 1.4

// strangeness is how much unseen features count in the length of an event.
const strangeness = 0.5

// counts reads an example for the vocabulary.
func (r *eventReader) counts(e *Event) []counted {
	r.read(e)
	return r.tally()
}

// tally is how often the event that was read last has each feature, in their order.
func (r *eventReader) tally() []counted {
	found := r.found
	slices.SortFunc(found, func(a, b occurrence) int { return cmp.Compare(a.feature, b.feature) })
	out := make([]counted, 0, len(found))
	for _, o := range found {
		if n := len(out); n > 0 && out[n-1].feature == o.feature {
			out[n-1].count++
			continue
		}
		out = append(out, counted{o.feature, 1, o.kind})
	}
	return out
}
