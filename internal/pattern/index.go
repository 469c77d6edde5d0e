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
// the rarest of its features first, until no example that it has not met could be
// alike enough to matter or its budget is spent; that finds a shortlist, and only
// the shortlist is compared exactly.
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
	least  float32   // length of a row
}

const (
	// indexBudget is how many postings a query may touch.
	indexBudget = 16_000
	// shortlist is how many examples are compared exactly.
	shortlist = 16
	// leastAlike is the cosine below which an example says nothing: its odds are under those that heed asks for.
	leastAlike = 0.5
	// roundly allows for what sums in another order differ by.
	roundly = 0.999
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
func (x *index) bucketsOf(found []occurrence, out []uint32) []uint32 {
	at := len(out)
	for i := range found {
		out = append(out, x.bucket(found[i].feature, found[i].kind))
	}
	slices.Sort(out[at:])
	return out[:at+len(slices.Compact(out[at:]))]
}

// add files an example; one without features is like nothing.
func (n *indexing) add(label string, example int32, found []occurrence) {
	x := n.x
	id, ok := n.ids[label]
	if !ok {
		id = int32(len(x.names))
		n.ids[label] = id
		x.names = append(x.names, label)
	}
	x.buckets = x.bucketsOf(found, x.buckets)
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
		if x.least == 0 || x.length[row] > 0 && x.length[row] < x.least {
			x.least = x.length[row]
		}
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
	buckets []uint32
	order   []uint64  // buckets with the length of their lists above them
	score   []float32 // by row: what it has in common with the features that were read
	left    float32   // the square of those that were not
	touched []uint32
	short   []scored // a heap: the least alike first
	shared  []share  // the query's buckets, hashed; its length is a power of two
}

// share is what a row that has a bucket shares with the query.
type share struct {
	bucket uint32 // plus one; 0: nothing is here
	weight float32
}

type scored struct {
	row   uint32
	alike float32
}

// precedents returns the best example of each label of the shortlist, the most
// similar first, of equals the earliest. What cannot be leastAlike is left out.
func (x *index) precedents(found []occurrence, a *asking) []precedent {
	if len(x.label) == 0 {
		return nil
	}
	a.buckets = x.bucketsOf(found, a.buckets[:0])
	square := float32(0)
	for _, b := range a.buckets {
		square += x.queryWeight(b) * x.queryWeight(b)
	}
	x.shorten(a, square)
	x.share(a)
	length := sqrt(square)
	best := make(map[int32]precedent, 8)
	for _, s := range a.short {
		if own := x.length[s.row]; s.alike*own+a.left < roundly*leastAlike*length*own {
			continue // even if it had all that was not read
		}
		alike := float64(a.common(x.row(s.row)) / max(length*x.length[s.row], 1e-9))
		p := precedent{x.names[x.label[s.row]], int(x.example[s.row]), alike}
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

// share files the query's buckets, so that a row is compared in one pass over its own.
func (x *index) share(a *asking) {
	size := 1 << bits.Len(uint(2*len(a.buckets)))
	if cap(a.shared) < size {
		a.shared = make([]share, size)
	}
	a.shared = a.shared[:size]
	clear(a.shared)
	for _, b := range a.buckets {
		at := a.slot(b)
		for a.shared[at].bucket != 0 {
			at = (at + 1) & uint32(size-1)
		}
		a.shared[at] = share{b + 1, x.weight[b] * x.weight[b]}
	}
}

// slot is where the search for a bucket begins.
func (a *asking) slot(b uint32) uint32 { return b * 0x9e3779b1 >> 7 & uint32(len(a.shared)-1) }

// common sums what a row shares with the query.
func (a *asking) common(row []uint32) (sum float32) {
	mask := uint32(len(a.shared) - 1)
	for _, b := range row {
		for at := a.slot(b); ; at = (at + 1) & mask {
			if a.shared[at].bucket == b+1 {
				sum += a.shared[at].weight
			} else if a.shared[at].bucket != 0 {
				continue
			}
			break
		}
	}
	return sum
}

// queryWeight is the weight of a bucket, also of one that no example has.
func (x *index) queryWeight(b uint32) float32 {
	if x.start[b] == x.start[b+1] {
		return x.scaled(b, x.rare)
	}
	return x.weight[b]
}

// shorten finds the rows that share most with the rarest features of a query, square being the square of
// its length.
//
// A row that shares only features of a total square r with the query has at most r in common with it, and is
// itself at least √r long, so its cosine is at most √r by the query's length: once that is under leastAlike,
// rows that have not been met need not be.
func (x *index) shorten(a *asking, square float32) {
	if len(a.score) < len(x.label) {
		a.score = make([]float32, len(x.label))
	}
	a.order = a.order[:0]
	a.left = 0
	for _, b := range a.buckets {
		if n := x.start[b+1] - x.start[b]; n > 0 {
			a.order = append(a.order, uint64(n)<<32|uint64(b))
			a.left += x.weight[b] * x.weight[b]
		}
	}
	slices.Sort(a.order)
	a.touched = a.touched[:0]
	budget := indexBudget
	for _, o := range a.order {
		n, b := int(o>>32), uint32(o)
		if len(a.touched) > 0 && (n > budget || a.left < leastAlike*leastAlike*square) {
			break
		}
		budget -= n
		w := x.weight[b] * x.weight[b]
		if n <= indexBudget {
			a.left -= w
		}
		for _, row := range x.rows[x.start[b]:][:min(n, indexBudget)] {
			if a.score[row] == 0 {
				a.touched = append(a.touched, row)
			}
			a.score[row] += w
		}
	}
	a.short = a.short[:0]
	enough := float32(0) // what a row must have in common to be among the best, however short it is
	for _, row := range a.touched {
		s := a.score[row]
		a.score[row] = 0
		if s <= enough {
			continue
		}
		a.consider(scored{row, s / x.length[row]})
		if len(a.short) == shortlist {
			enough = a.short[0].alike * x.least
		}
	}
}

// consider keeps s if it is among the best of the shortlist.
func (a *asking) consider(s scored) {
	if len(a.short) < shortlist {
		a.short = append(a.short, s)
		for i := len(a.short) - 1; i > 0 && a.short[i].alike < a.short[(i-1)/2].alike; i = (i - 1) / 2 {
			a.short[i], a.short[(i-1)/2] = a.short[(i-1)/2], a.short[i]
		}
		return
	}
	if s.alike <= a.short[0].alike {
		return
	}
	i := 0
	for {
		k := 2*i + 1
		if k >= len(a.short) {
			break
		}
		if k+1 < len(a.short) && a.short[k+1].alike < a.short[k].alike {
			k++
		}
		if s.alike <= a.short[k].alike {
			break
		}
		a.short[i] = a.short[k]
		i = k
	}
	a.short[i] = s
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
