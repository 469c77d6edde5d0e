package pattern

import (
	"context"
	"math/rand/v2"
)

// trainSet is examples as vectors.
type trainSet struct {
	x      [][]entry
	words  [][]int32 // the content words, as features
	y      []int32   // label, or -1 for none of them
	weight []float32
	origin []int32 // the example's place among all
	named  []bool  // it is the name of its label, not an event
	labels int
}

// linear is a weight per feature and label, row by feature; the row past the
// last feature is the bias. Rows are padded to a multiple of lanes.
type linear struct {
	width int
	w     []float32
}

func (l *linear) row(id int32) []float32 { return l.w[int(id)*l.width : (int(id)+1)*l.width] }

// scores adds the scores of x to out, which has the width of l.
//
//go:norace
func (l *linear) scores(x []entry, out []float32) {
	copy(out, l.row(int32(len(l.w)/l.width-1)))
	gather(x, l.w, l.width, out)
}

const (
	svmCost      = 1.0  // C: how much a mistake costs against a large weight
	svmTolerance = 0.1  // the largest projected gradient at which training ends
	svmEpochs    = 16   // passes at most
	svmQuiet     = 2    // passes without change after which an example is left out …
	svmLook      = 5    // … of all but every so many passes (shrinking)
	svmDense     = 0.15 // share of labels from which an update is done for all at once
)

// trainSVM fits one L2-loss support vector machine per label against all other
// examples, those of none of the labels included, by dual coordinate descent
// (Hsieh, Chang, Lin, Keerthi, Sundararajan 2008: the solver of LIBLINEAR). All
// labels are done in one pass over the examples, since a row of weights of all
// labels lies together in memory.
func trainSVM(ctx context.Context, s *trainSet, features int, rng *rand.Rand) (*linear, error) {
	l := &linear{width: padded(s.labels)}
	l.w = make([]float32, (features+1)*l.width)
	alpha := make([]float32, len(s.x)*s.labels)
	order := make([]int32, len(s.x))
	square := make([]float32, len(s.x))
	for i := range order {
		order[i] = int32(i)
		square[i] = 1 // the bias
		for _, e := range s.x[i] {
			square[i] += e.value * e.value
		}
	}
	score, step := make([]float32, l.width), make([]float32, l.width)
	changed := make([]int32, 0, s.labels)
	quiet := make([]uint8, len(s.x)) // passes in a row in which an example changed nothing
	for epoch := range svmEpochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		worst := float32(0)
		for n, i := range order {
			if n%1024 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if quiet[i] >= svmQuiet && epoch%svmLook != 0 {
				continue
			}
			l.scores(s.x[i], score)
			changed = changed[:0]
			diagonal := 1 / (2 * svmCost * s.weight[i])
			rate := 1 / (square[i] + diagonal)
			mine := alpha[int(i)*s.labels : (int(i)+1)*s.labels]
			for k, a := range mine {
				y := float32(-1)
				if s.y[i] == int32(k) {
					y = 1
				}
				gradient := y*score[k] - 1 + diagonal*a
				if a == 0 && gradient >= 0 {
					continue
				}
				worst = max(worst, gradient, -gradient)
				next := max(a-gradient*rate, 0)
				if next == a {
					continue
				}
				mine[k] = next
				step[k] = (next - a) * y
				changed = append(changed, int32(k))
			}
			l.update(s.x[i], step, changed)
			quiet[i]++
			if len(changed) > 0 {
				quiet[i] = 0
			}
		}
		if worst < svmTolerance {
			break
		}
	}
	return l, nil
}

// update adds step · x to the weights of the changed labels and clears step.
//
//go:norace
func (l *linear) update(x []entry, step []float32, changed []int32) {
	bias := int32(len(l.w)/l.width - 1)
	if float64(len(changed)) > svmDense*float64(l.width) {
		scatter(x, l.w, l.width, step)
		axpy(1, step, l.row(bias))
	} else if len(changed) > 0 {
		for _, e := range x {
			row := l.row(e.id)
			for _, k := range changed {
				row[k] += e.value * step[k]
			}
		}
		row := l.row(bias)
		for _, k := range changed {
			row[k] += step[k]
		}
	}
	for _, k := range changed {
		step[k] = 0
	}
}
