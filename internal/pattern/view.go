package pattern

import (
	"cmp"
	"math"
	"slices"
)

// A View is a second look at a text: how near it is, in a space of meanings that somebody else has learned,
// to the texts that are known. It is evidence beside the engine's own, and counts as much as a rehearsal on
// the known texts has shown (Weighing). All vectors of a view are of one space. It is immutable and safe for
// concurrent use.
type View struct {
	w      Weighing
	labels []string // "" are texts that no label fits
	ids    map[string]int32
	rows   []viewRow
}

type viewRow struct {
	Vector
	label   int32
	trigger uint64 // key; 0 of an example
	example int32
}

// Known is a known text with its vector.
type Known struct {
	Trigger
	Vector Vector
}

// nearMean is of how many nearest texts of a label the mean is taken.
const nearMean = 3

// nearness is how near the known texts of a label are to a text.
type nearness struct {
	top [nearMean]float32 // cosines, falling
	n   int
	row int32 // the nearest
}

func (n *nearness) see(cosine float32, row int32) {
	if n.n < nearMean {
		n.top[n.n] = -1
	}
	if n.n == 0 || cosine > n.top[0] {
		n.row = row
	}
	for i := range min(n.n+1, nearMean) {
		if i == n.n || cosine > n.top[i] {
			cosine, n.top[i] = n.top[i], cosine
		}
	}
	n.n = min(n.n+1, nearMean)
}

func (n *nearness) mean() float32 {
	sum := float32(0)
	for _, c := range n.top[:n.n] {
		sum += c
	}
	return sum / float32(max(n.n, 1))
}

// NewView makes a view of known texts. Those of another dimension than the weighing's cannot be of its
// space, and are left out.
func NewView(w Weighing, known []Known) *View {
	v := newView(w)
	for _, k := range known {
		v.add(k.Label, viewRow{Vector: k.Vector, trigger: k.key()})
	}
	return v
}

func newView(w Weighing) *View { return &View{w: w, ids: map[string]int32{}} }

// add is for whoever makes the view.
func (v *View) add(label string, r viewRow) {
	if r.length == 0 || r.Dimensions() != v.w.Dimensions {
		return
	}
	id, ok := v.ids[label]
	if !ok {
		id = int32(len(v.labels))
		v.ids[label] = id
		v.labels = append(v.labels, label)
	}
	r.label = id
	v.rows = append(v.rows, r)
}

// Space names the space of the view's vectors.
func (v *View) Space() string { return v.w.Space }

// Size is how many known texts the view compares with.
func (v *View) Size() int { return len(v.rows) }

// Sight is what a view sees in one text.
type Sight struct {
	view  *View
	near  []nearness // by label
	order []int32    // labels, the nearest first
}

// Look compares a text with all that is known, at the price of a multiplication for each dimension of each
// known text. A vector that cannot be of the view's space sees nothing: nil.
func (v *View) Look(text Vector) *Sight {
	if text.length == 0 || text.Dimensions() != v.w.Dimensions || len(v.rows) == 0 {
		return nil
	}
	return v.look(text, func(int) bool { return true })
}

// look is Look at the rows that may be seen.
func (v *View) look(text Vector, may func(row int) bool) *Sight {
	s := &Sight{view: v, near: make([]nearness, len(v.labels))}
	for i := range v.rows {
		if may(i) {
			s.near[v.rows[i].label].see(text.Cosine(v.rows[i].Vector), int32(i))
		}
	}
	for l := range s.near {
		if s.near[l].n > 0 {
			s.order = append(s.order, int32(l))
		}
	}
	slices.SortFunc(s.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.near[b].top[0], s.near[a].top[0]), cmp.Compare(v.labels[a], v.labels[b]))
	})
	return s
}

// Space names the space that the sight is of.
func (s *Sight) Space() string { return s.view.w.Space }

// guess is a label with the probability that it is right.
type guess struct {
	label string
	p     float64
	row   int32 // nearest known text of the view; -1 when there is none
}

// leastGuess is the probability of a label that the engine has not thought of, and mostGuess bounds what it
// may be sure of.
const (
	leastGuess = 0.005
	mostGuess  = 1 - 1e-4
)

// weighed is what is known of one label for a text: the engine's log odds, how near its texts are, how much
// nearer than those of others, and how near on the whole.
type weighed [weights]float64

const weights = 5

// evidence lists the labels that come into question, with what is known of each. base holds the engine's
// probabilities; may says which known texts may bring in a label of which the engine has not thought.
func (s *Sight) evidence(base map[string]float64, may func(row int32) bool) (list []guess, x []weighed) {
	add := func(label string) {
		g := guess{label, base[label], -1}
		id, known := s.view.ids[label]
		best, other, mean := -1.0, -1.0, -1.0
		if known && s.near[id].n > 0 {
			g.row, best, mean = s.near[id].row, float64(s.near[id].top[0]), float64(s.near[id].mean())
		} else {
			id = -1
		}
		for _, o := range s.order {
			if o != id {
				other = float64(s.near[o].top[0])
				break
			}
		}
		p := min(max(g.p, leastGuess), mostGuess)
		w := &s.view.w
		list = append(list, g)
		x = append(x, weighed{1, logOdds(p), w.standard(best), within(w.standard(best)-w.standard(other), 3), w.standard(mean)})
	}
	for _, label := range sortedKeys(base) {
		add(label)
	}
	for _, l := range s.order[:min(listed, len(s.order))] {
		if _, there := base[s.view.labels[l]]; !there && s.view.labels[l] != "" && may(s.near[l].row) {
			add(s.view.labels[l])
		}
	}
	return list, x
}

func logOdds(p float64) float64 { return math.Log(p / (1 - p)) }

func within(v, bound float64) float64 { return max(-bound, min(bound, v)) }

// fuse weighs the engine's probabilities together with what the view sees: the likeliest label first, whose
// probability is that of its being right. What is left is the most that another can have.
func (s *Sight) fuse(base map[string]float64, may func(row int32) bool) []guess {
	list, x := s.evidence(base, may)
	w := &s.view.w
	best := 0
	for i := range list {
		list[i].p = w.logit(x[i])
		if list[i].p > list[best].p {
			best = i
		}
	}
	if len(list) == 0 {
		return nil
	}
	first := w.First.Probability(list[best].p)
	for i := range list {
		list[i].p = min(logistic(list[i].p), 1-first)
	}
	list[best].p = first
	slices.SortStableFunc(list, func(a, b guess) int { return cmp.Compare(b.p, a.p) })
	if i := slices.IndexFunc(list, func(g guess) bool { return g.p == first }); i > 0 { // equal ones stand as they stood
		list[0], list[i] = list[i], list[0]
	}
	return list
}
