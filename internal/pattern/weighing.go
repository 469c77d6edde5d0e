package pattern

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// Weighing is how much the nearness in one space counts beside the engine's own evidence. It is fitted on
// known texts: engines trained without a part of the labels and of the texts see what they were not shown,
// and so does the view. It holds for one space only, and encodes as JSON.
type Weighing struct {
	Space      string `json:"space"`
	Dimensions int    `json:"dimensions"`
	// Mean and Spread are of the cosines between a known text and the nearest one of another label.
	Mean   float64 `json:"mean"`
	Spread float64 `json:"spread"`
	// Weights are those of a logistic regression: constant, engine's log odds, nearness of the best text, how
	// much nearer it is than any of another label, nearness of the best three.
	Weights weighed `json:"weights"`
	// First turns the log odds of the likeliest label into the probability that it is right.
	First Calibrator `json:"first"`
	// Texts is how many texts of a known label were rehearsed.
	Texts int `json:"texts"`
	// Alone and Together are the mean loss (negative logarithm of the probability given to what is true) of
	// the engine alone and with the view, on texts that neither was fitted on.
	Alone    float64 `json:"alone"`
	Together float64 `json:"together"`
}

// Helps reports whether the view made the engine's answers better where neither knew the answer.
func (w *Weighing) Helps() bool { return w.Texts >= leastRehearsed && w.Together < w.Alone }

const (
	// leastRehearsed is how many texts of a known label must have been rehearsed for a view to count.
	leastRehearsed = 40
	// viewFolds is how many engines are trained for a rehearsal.
	viewFolds = 3
	// mostShown bounds the texts of a fold that are judged.
	mostShown = 1500
)

func (w *Weighing) standard(cosine float64) float64 {
	return within((cosine-w.Mean)/max(w.Spread, 1e-3), 4)
}

func (w *Weighing) logit(x weighed) float64 {
	sum := 0.0
	for i, v := range x {
		sum += w.Weights[i] * v
	}
	return sum
}

// aside is the weighing that leaves the engine's evidence as it is.
func aside() weighed { return weighed{0, 1, 0, 0, 0} }

// rehearsal is a text that neither the engine nor the view had been shown.
type rehearsal struct {
	truth  string // "" when none of the labels that were known is right
	weight float64
	base   map[string]float64
	sight  *Sight
}

// trial is what a rehearsal needs: the texts' labels and vectors, and how to train an engine on some of
// them. The engine gives the probabilities of labels for a text.
type trial struct {
	labels  []string
	vectors []Vector
	train   func(ctx context.Context, kept []int) (func(i int) map[string]float64, error)
}

// weigh fits a weighing. Texts without a vector of the space's dimension are known to the engine alone, and
// are not rehearsed.
func (t *trial) weigh(ctx context.Context, space string, dimensions int) (Weighing, error) {
	w := Weighing{Space: space, Dimensions: dimensions, Weights: aside()}
	b := newView(w)
	var row []int // by text: of the view; -1 without a vector
	for i, v := range t.vectors {
		row = append(row, -1)
		if n := len(b.rows); v.Dimensions() == dimensions && v.length > 0 {
			row[i] = n
			b.add(t.labels[i], viewRow{Vector: v, example: int32(i)})
		}
	}
	if len(b.rows) < leastRehearsed || len(b.labels) < 2 {
		return w, nil
	}
	b.survey()
	all, err := t.rehearse(ctx, b, row)
	if err != nil {
		return w, err
	}
	fitted := fitWeighing(b.w, all)
	for _, r := range all {
		if r.truth != "" {
			fitted.Texts++
		}
	}
	if fitted.Texts == 0 {
		return w, nil
	}
	fitted.Alone, fitted.Together = compare(b.w, all)
	return fitted, nil
}

// surveyed is how many texts the mean and spread of cosines are taken from.
const surveyed = 400

// survey finds how near texts of different labels are in this space.
func (v *View) survey() {
	n := min(surveyed, len(v.rows))
	sum, square := 0.0, 0.0
	for k := range n {
		one := &v.rows[k*len(v.rows)/n]
		nearest := float32(-1)
		for i := range v.rows {
			if v.rows[i].label != one.label {
				nearest = max(nearest, one.Cosine(v.rows[i].Vector))
			}
		}
		sum += float64(nearest)
		square += float64(nearest) * float64(nearest)
	}
	v.w.Mean = sum / float64(n)
	v.w.Spread = math.Sqrt(max(square/float64(n)-v.w.Mean*v.w.Mean, 1e-6))
}

// rehearse shows texts to engines and views that do not know them.
func (t *trial) rehearse(ctx context.Context, v *View, row []int) ([]rehearsal, error) {
	rng := rand.New(rand.NewPCG(7, 77))
	foldOf := make([]int, len(t.labels))
	for n, i := range rng.Perm(len(t.labels)) {
		foldOf[i] = n % viewFolds
	}
	named := slices.DeleteFunc(slices.Sorted(slices.Values(t.labels)), func(l string) bool { return l == "" })
	named = slices.Compact(named)
	labelFold := map[string]int{"": -1}
	for n, k := range rng.Perm(len(named)) {
		labelFold[named[k]] = n % viewFolds
		if len(named) < 2*viewFolds { // too few to do without any
			labelFold[named[k]] = -1
		}
	}
	var groups [3][]rehearsal // of labels kept, of labels left out, of none
	for f := range viewFolds {
		var kept, shown []int
		keeps := make([]bool, len(v.rows))
		for i, l := range t.labels {
			switch {
			case labelFold[l] != f && foldOf[i] != f:
				kept = append(kept, i)
				if row[i] >= 0 {
					keeps[row[i]] = true
				}
			case row[i] >= 0:
				shown = append(shown, i)
			}
		}
		guess, err := t.train(ctx, kept)
		if err != nil {
			return nil, err
		}
		for _, n := range rng.Perm(len(shown))[:min(mostShown, len(shown))] {
			i := shown[n]
			r := rehearsal{truth: t.labels[i], weight: 1, base: guess(i), sight: v.look(t.vectors[i], func(row int) bool { return keeps[row] })}
			g := 0
			switch {
			case r.truth == "":
				g = 2
			case labelFold[r.truth] == f:
				g, r.truth = 1, ""
			}
			groups[g] = append(groups[g], r)
		}
	}
	return gathered(groups), nil
}

// gathered gives the groups the weights that they have for the engine's own selector.
func gathered(groups [3][]rehearsal) (all []rehearsal) {
	inside := float64(len(groups[0]))
	for g, share := range [...]float64{1, leftOut, outliers} {
		for _, r := range groups[g] {
			if g > 0 {
				r.weight = share * inside / float64(len(groups[g]))
			}
			all = append(all, r)
		}
	}
	// In an order of chance, so that halves are alike.
	rand.New(rand.NewPCG(8, 88)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// compare returns the loss of the engine alone and with the view: each half is judged by what was fitted on
// the other.
func compare(w Weighing, all []rehearsal) (alone, together float64) {
	half, sum := len(all)/2, 0.0
	for _, part := range [...][2][]rehearsal{{all[:half], all[half:]}, {all[half:], all[:half]}} {
		fitted := fitWeighing(w, part[0])
		for _, r := range part[1] {
			first, truth := 0.0, leastGuess
			for label, p := range r.base {
				first = max(first, p)
				if label == r.truth {
					truth = max(p, leastGuess)
				}
			}
			alone += r.weight * loss(r.truth, first, truth)
			first, truth = 0, leastGuess
			for i, g := range r.with(&fitted).fuse(r.base, anyRow) {
				if i == 0 {
					first = g.p
				}
				if g.label == r.truth {
					truth = max(g.p, leastGuess)
				}
			}
			together += r.weight * loss(r.truth, first, truth)
			sum += r.weight
		}
	}
	return alone / sum, together / sum
}

func anyRow(int32) bool { return true }

// loss is the negative logarithm of what was given to the truth.
func loss(truth string, first, given float64) float64 {
	if truth == "" {
		return -math.Log(max(1-first, leastGuess))
	}
	return -math.Log(given)
}

// with is the sight as it is under another weighing of the same space.
func (r *rehearsal) with(w *Weighing) *Sight {
	v := *r.sight.view
	v.w = *w
	return &Sight{view: &v, near: r.sight.near, order: r.sight.order}
}

// fitWeighing fits the weights by Newton's method, and the odds of the likeliest label after them. Few texts
// change little.
func fitWeighing(w Weighing, all []rehearsal) Weighing {
	var seen []sample
	for i := range all {
		r := &all[i]
		list, x := r.with(&w).evidence(r.base, anyRow)
		for k, g := range list {
			seen = append(seen, sample{x[k], g.label == r.truth && r.truth != "", r.weight})
		}
	}
	w.Weights = newton(seen, aside())
	w.First = Calibrator{}
	var firsts []sample
	for i := range all {
		r := &all[i]
		list, x := r.with(&w).evidence(r.base, anyRow)
		best, odds := "", math.Inf(-1)
		for k, g := range list {
			if z := w.logit(x[k]); z > odds {
				best, odds = g.label, z
			}
		}
		if len(list) > 0 {
			firsts = append(firsts, sample{weighed{1, odds}, best == r.truth && r.truth != "", r.weight})
		}
	}
	c := newton(firsts, weighed{0, 1})
	w.First = Calibrator{Shift: c[0], Stretch: max(c[1], 0.05) - 1, N: len(firsts)}
	return w
}

// sample is one case of a logistic regression.
type sample struct {
	x      weighed
	right  bool
	weight float64
}

// newton fits a logistic regression with a Gaussian prior of unit precision around prior.
func newton(seen []sample, prior weighed) weighed {
	w := prior
	for range 40 {
		var hessian [weights][weights]float64
		var gradient weighed
		for i := range weights {
			hessian[i][i], gradient[i] = pull, pull*(w[i]-prior[i])
		}
		for n := range seen {
			o := &seen[n]
			z := 0.0
			for i, v := range o.x {
				z += w[i] * v
			}
			p := logistic(z)
			miss, curve := p, o.weight*max(p*(1-p), 1e-6)
			if o.right {
				miss--
			}
			for i, v := range o.x {
				gradient[i] += o.weight * miss * v
				for j, u := range o.x {
					hessian[i][j] += curve * v * u
				}
			}
		}
		step, size := eliminate(hessian, gradient), 0.0
		for _, s := range step {
			size = max(size, math.Abs(s))
		}
		damp := min(1, 5/max(size, 1e-12))
		for i := range w {
			w[i] -= damp * step[i]
		}
		if size < 1e-7 {
			break
		}
	}
	return w
}

// eliminate solves a·x = b for a symmetric positive a by Gauss's elimination.
func eliminate(a [weights][weights]float64, b weighed) weighed {
	for i := range weights {
		for k := i + 1; k < weights; k++ {
			f := a[k][i] / a[i][i]
			for j := i; j < weights; j++ {
				a[k][j] -= f * a[i][j]
			}
			b[k] -= f * b[i]
		}
	}
	for i := weights - 1; i >= 0; i-- {
		for j := i + 1; j < weights; j++ {
			b[i] -= a[i][j] * b[j]
		}
		b[i] /= a[i][i]
	}
	return b
}
