package pattern

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// index compares an event with very many examples: those of labels that have no
// learner of their own. It is an inverted index (Zobel, Moffat 2006): features are
// hashed to buckets, and each bucket lists the examples that have it. A query reads
// the rarest of its features first, as far as its budget goes, which finds a
// shortlist; only the shortlist is compared exactly.
type index struct {
	names   []string // labels
	label   []int32  // by row: of names
	example []int32  // by row: index of the training example
	bits    int      // buckets are 1 << bits
	from    []uint32 // row i has buckets[from[i]:from[i+1]], ascending
	buckets []uint32

	// What follows from the above.
	start  []uint32 // bucket b is in postings[start[b]:start[b+1]]
	rows   []uint32 // postings
	weight []float32
	rare   float32
	length []float32 // of the rows
}

const (
	// indexBudget is how many postings a query may touch: a tenth of a millisecond.
	indexBudget = 30_000
	// shortlist is how many examples are compared exactly.
	shortlist = 64
	// charWeight is what a character n-gram counts beside a word: there are several to each.
	charWeight = 0.5

	leastBits, mostBits = 12, 20
)

// indexing gathers the rows of an index.
type indexing struct {
	x   *index
	ids map[string]int32
}

func newIndexing(examples int) *indexing {
	b := bits.Len(uint(examples * 16))
	return &indexing{x: &index{bits: min(mostBits, max(leastBits, b)), from: []uint32{0}}, ids: map[string]int32{}}
}

// bucket is where a feature is filed; character n-grams have the odd ones.
func (x *index) bucket(feature uint64, k kind) uint32 {
	b := uint32(spread(feature)&(1<<(x.bits-1)-1)) << 1
	if k == kindChar {
		b |= 1
	}
	return b
}

// bucketsOf appends the buckets of an event's features, ascending and each once.
func (x *index) bucketsOf(counts []counted, out []uint32) []uint32 {
	at := len(out)
	for _, c := range counts {
		out = append(out, x.bucket(c.feature, c.kind))
	}
	slices.Sort(out[at:])
	return out[:at+len(slices.Compact(out[at:]))]
}

// add files an example; one without features is like nothing.
func (n *indexing) add(label string, example int32, counts []counted) {
	x := n.x
	id, ok := n.ids[label]
	if !ok {
		id = int32(len(x.names))
		n.ids[label] = id
		x.names = append(x.names, label)
	}
	x.buckets = x.bucketsOf(counts, x.buckets)
	x.label, x.example, x.from = append(x.label, id), append(x.example, example), append(x.from, uint32(len(x.buckets)))
}

// done makes the postings and the weights.
func (n *indexing) done() *index {
	n.x.derive()
	return n.x
}

func (x *index) derive() {
	size := 1 << x.bits
	x.start = make([]uint32, size+1)
	for _, b := range x.buckets {
		x.start[b+1]++
	}
	docs := float64(len(x.label) + 1)
	x.weight, x.rare = make([]float32, size), float32(math.Log(docs))+1
	for b := range size {
		x.weight[b] = x.scaled(uint32(b), float32(math.Log(docs/float64(x.start[b+1]+1)))+1)
		x.start[b+1] += x.start[b]
	}
	next := slices.Clone(x.start)
	x.rows, x.length = make([]uint32, len(x.buckets)), make([]float32, len(x.label))
	for row := range x.label {
		square := float32(0)
		for _, b := range x.row(uint32(row)) {
			x.rows[next[b]] = uint32(row)
			next[b]++
			square += x.weight[b] * x.weight[b]
		}
		x.length[row] = sqrt(square)
	}
}

func (x *index) scaled(bucket uint32, weight float32) float32 {
	if bucket&1 == 1 {
		return weight * charWeight
	}
	return weight
}

func (x *index) row(i uint32) []uint32 { return x.buckets[x.from[i]:x.from[i+1]] }

// asking is the scratch space of one query.
type asking struct {
	buckets, order []uint32
	score          []float32 // by row
	touched        []uint32
	short          []scored
}

type scored struct {
	row   uint32
	alike float32
}

// precedents returns the best example of each label of the shortlist, the most
// similar first, of equals the earliest.
func (x *index) precedents(counts []counted, a *asking) []precedent {
	if len(x.label) == 0 {
		return nil
	}
	a.buckets = x.bucketsOf(counts, a.buckets[:0])
	x.shorten(a)
	square := float32(0)
	for _, b := range a.buckets {
		square += x.queryWeight(b) * x.queryWeight(b)
	}
	length := sqrt(square)
	best := make(map[int32]precedent, 8)
	for _, s := range a.short {
		sum := float32(0)
		row, q := x.row(s.row), a.buckets
		for i, k := 0, 0; i < len(row) && k < len(q); {
			switch {
			case row[i] < q[k]:
				i++
			case row[i] > q[k]:
				k++
			default:
				sum += x.weight[row[i]] * x.weight[row[i]]
				i++
				k++
			}
		}
		p := precedent{x.names[x.label[s.row]], int(x.example[s.row]), float64(sum / max(length*x.length[s.row], 1e-9))}
		if b, ok := best[x.label[s.row]]; !ok || p.alike > b.alike || p.alike == b.alike && p.example < b.example {
			best[x.label[s.row]] = p
		}
	}
	out := make([]precedent, 0, len(best))
	for _, p := range best {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b precedent) int {
		return cmp.Or(cmp.Compare(b.alike, a.alike), cmp.Compare(a.example, b.example))
	})
	return out
}

// queryWeight is the weight of a bucket, also of one that no example has.
func (x *index) queryWeight(b uint32) float32 {
	if x.start[b] == x.start[b+1] {
		return x.scaled(b, x.rare)
	}
	return x.weight[b]
}

// shorten finds the rows that share most with the query's rarest features.
func (x *index) shorten(a *asking) {
	if len(a.score) < len(x.label) {
		a.score = make([]float32, len(x.label))
	}
	a.order = append(a.order[:0], a.buckets...)
	uses := func(b uint32) uint32 { return x.start[b+1] - x.start[b] }
	slices.SortFunc(a.order, func(b, c uint32) int { return cmp.Or(cmp.Compare(uses(b), uses(c)), cmp.Compare(b, c)) })
	a.touched = a.touched[:0]
	left := indexBudget
	for _, b := range a.order {
		if left -= int(uses(b)); left < 0 && len(a.touched) > 0 {
			break
		}
		list := x.rows[x.start[b]:x.start[b+1]]
		w := x.weight[b] * x.weight[b]
		for _, row := range list[:min(len(list), indexBudget)] {
			if a.score[row] == 0 {
				a.touched = append(a.touched, row)
			}
			a.score[row] += w
		}
	}
	a.short = a.short[:0]
	least := float32(0)
	for _, row := range a.touched {
		alike := a.score[row] / x.length[row]
		a.score[row] = 0
		if alike <= least {
			continue
		}
		if a.short = append(a.short, scored{row, alike}); len(a.short) == 4*shortlist {
			least = a.cut()
		}
	}
	a.cut()
}

// cut keeps the best of the shortlist and returns what a row must exceed.
func (a *asking) cut() float32 {
	slices.SortFunc(a.short, func(s, t scored) int { return cmp.Or(cmp.Compare(t.alike, s.alike), cmp.Compare(s.row, t.row)) })
	if len(a.short) < shortlist {
		return 0
	}
	a.short = a.short[:shortlist]
	return a.short[shortlist-1].alike
}

func (x *index) sizeBytes() int {
	n := 4*(len(x.label)+len(x.example)+len(x.from)+len(x.buckets)+len(x.start)+len(x.rows)+len(x.weight)+len(x.length)) + 16*len(x.names)
	for _, l := range x.names {
		n += len(l)
	}
	return n
}

// whole reports whether all parts fit each other. It does not need what derive makes.
func (x *index) whole() bool {
	if x.bits < leastBits || x.bits > mostBits || len(x.example) != len(x.label) || len(x.from) != len(x.label)+1 || x.from[0] != 0 || int(x.from[len(x.label)]) != len(x.buckets) {
		return false
	}
	for i, l := range x.label {
		if l < 0 || int(l) >= len(x.names) || x.example[i] < 0 || x.from[i] > x.from[i+1] || int(x.from[i+1]) > len(x.buckets) {
			return false
		}
	}
	for _, b := range x.buckets {
		if b >= 1<<x.bits {
			return false
		}
	}
	return true
}
