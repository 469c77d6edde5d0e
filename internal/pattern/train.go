package pattern

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
)

// TrainOptions shape the training of a Model.
type TrainOptions struct {
	// Seed makes training repeatable: equal examples and seed give an equal
	// model on every machine.
	Seed uint64
	// Folds is how often a model is trained on a part of the examples to see how
	// it does on the rest; 0 means 4. Below 2 the shipped selector is used.
	Folds int
	// Progress is told how many of the models to be trained are done; it may be nil.
	Progress func(done, of int)
}

func (o TrainOptions) report(done, of int) {
	if o.Progress != nil {
		o.Progress(done, of)
	}
}

// ErrNoLabels says that no example has a label, so there is nothing to tell apart.
var ErrNoLabels = errors.New("pattern: no example has a label")

// bounds of a model's memory
const (
	maxFeatures = 200_000
	maxWeights  = 40_000_000 // numbers in the rows of all features, in training
)

// corpus is the examples of a training, read once.
type corpus struct {
	examples []Example
	docs     [][]counted
	y        []int32
	labels   []string
	named    int // rows from here on are the labels' own names
}

// newCorpus reads the examples. The words of a label's name ("card_not_working")
// are one more example of it: with few examples they are often the best.
func newCorpus(examples []Example) *corpus {
	c := &corpus{named: len(examples)}
	ids := map[string]int32{}
	for i := range examples {
		if l := examples[i].Label; l != "" {
			ids[l] = 0
		}
	}
	c.labels = sortedKeys(ids)
	for i, l := range c.labels {
		ids[l] = int32(i)
	}
	c.examples = slices.Clone(examples)
	for _, l := range c.labels {
		if name := spelledOut(l); name != "" {
			c.examples = append(c.examples, Example{Label: l, Event: Event{Text: name}})
		}
	}
	var r eventReader
	for i := range c.examples {
		y := int32(-1)
		if l := c.examples[i].Label; l != "" {
			y = ids[l]
		}
		c.y = append(c.y, y)
		c.docs = append(c.docs, r.counts(&c.examples[i].Event))
	}
	return c
}

// longestWord is how many bytes a word of a label's name has at most. What is longer is an id: its letters
// are chance, and would make another model of the same lessons each time.
const longestWord = 20

// spelledOut is the words of a label's name; "" for an id.
func spelledOut(label string) string {
	words := strings.FieldsFunc(label, func(r rune) bool { return strings.ContainsRune("_-./: ", r) })
	if slices.ContainsFunc(words, func(w string) bool { return len(w) > longestWord }) {
		return ""
	}
	return strings.Join(words, " ")
}

// features is how many features a model over so many examples and labels keeps,
// and in how many examples each must occur.
func features(examples, labels int) (limit, least int) {
	least = 1
	if examples >= 3000 {
		least = 2
	}
	nets := netsOf(examples)
	return min(maxFeatures, maxWeights/(padded(labels)+nets.count*nets.hidden)), least
}

// vectors makes the set of the examples at rows and the vocabulary of them.
func (c *corpus) vectors(rows []int32) (*trainSet, *vocabulary) {
	docs := make([][]counted, len(rows))
	for i, r := range rows {
		docs[i] = c.docs[r]
	}
	limit, least := features(len(rows), len(c.labels))
	v := newVocabulary(docs, least, limit)
	z := newVectoriser(v)
	s := &trainSet{labels: len(c.labels)}
	for _, r := range rows {
		e := &c.examples[r]
		s.x = append(s.x, slices.Clone(z.vector(&e.Event)))
		s.words = append(s.words, slices.Clone(z.words))
		s.y = append(s.y, c.y[r])
		s.weight = append(s.weight, e.weight())
		s.origin = append(s.origin, r)
		s.named = append(s.named, int(r) >= c.named)
	}
	return s, v
}

// TrainModel fits a model. With four folds it takes some 25 s of one processor per
// 10 000 short texts of 150 labels, without them a third, and tenths of a second for a few hundred. Of very many
// labels those with the most examples get learners of their own; the others are
// found by their likeness to an example, and cost a tenth of a millisecond each. It
// stops with the context's error when ctx ends.
func TrainModel(ctx context.Context, examples []Example, o TrainOptions) (*Model, error) {
	return trainSplit(ctx, examples, splitExamples(examples, mostLinear), shippedSelector, o)
}

// trainSplit fits a model on examples that are divided already. With fewer than two
// folds the selector stays prior.
func trainSplit(ctx context.Context, examples []Example, parts split, prior selector, o TrainOptions) (*Model, error) {
	c := newCorpus(parts.near)
	if len(c.labels) == 0 && len(parts.far) == 0 {
		return nil, ErrNoLabels
	}
	far, err := indexExamples(ctx, examples, parts.far)
	if err != nil {
		return nil, err
	}
	if len(c.labels) == 0 {
		return &Model{examples: len(examples), c: unlearned(), far: far}, nil
	}
	folds := o.Folds
	if folds == 0 {
		folds = 4
	}
	sel := prior
	if folds > 1 && len(parts.near) >= 2*folds {
		seen, err := c.rehearse(ctx, folds, o.Seed, func(done int) { o.report(done, folds+1) })
		if err != nil {
			return nil, err
		}
		sel = fitSelector(seen, prior)
	}
	m, err := c.train(ctx, sel, o.Seed)
	if err != nil {
		return nil, err
	}
	for i, near := range m.c.neighbours.index {
		m.c.neighbours.index[i] = parts.origin[near]
	}
	m.examples, m.far = len(examples), far
	return m, nil
}

// indexExamples makes the index of the examples at rows; nil of none.
func indexExamples(ctx context.Context, examples []Example, rows []int32) (*index, error) {
	if len(rows) == 0 {
		return nil, nil //nolint:nilnil // no examples need no index
	}
	var r eventReader
	n := newIndexing(len(rows))
	for k, i := range rows {
		if k%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		n.add(examples[i].Label, i, r.read(&examples[i].Event))
	}
	return n.done(), nil
}

// train fits a model on all examples.
func (c *corpus) train(ctx context.Context, sel selector, seed uint64) (*Model, error) {
	rows := make([]int32, len(c.examples))
	for i := range rows {
		rows[i] = int32(i)
	}
	s, v := c.vectors(rows)
	com, err := fit(ctx, s, v, seed)
	if err != nil {
		return nil, err
	}
	return newModel(c, com, sel), nil
}

const (
	leftOut  = 0.25 // what events of labels left out weigh together, beside those of labels kept
	outliers = 1.00 // what events known to be none of the labels weigh together
)

// rehearse finds out how far the signals can be trusted, from the examples
// alone: each of folds models is trained without a part of the labels and without
// a part of the examples of the others, and then sees what it was not shown. An
// event of a label left out is just the near miss that a live model meets.
func (c *corpus) rehearse(ctx context.Context, folds int, seed uint64, done func(folds int)) ([]observation, error) {
	rng := rand.New(rand.NewPCG(seed, 99))
	labelFold, rowFold := make([]int, len(c.labels)), make([]int, len(c.examples))
	for i, k := range rng.Perm(len(c.labels)) {
		labelFold[k] = i % folds
	}
	for i, k := range rng.Perm(len(c.examples)) {
		rowFold[k] = i % folds
	}
	leave := len(c.labels) >= 2*folds
	var groups [3][]observation // of labels kept, of labels left out, of none
	for f := range folds {
		var kept, shown []int32
		for i := range c.examples {
			y := c.y[i]
			switch out := leave && y >= 0 && labelFold[y] == f; {
			case i >= c.named && !out:
				kept = append(kept, int32(i))
			case i >= c.named:
			case out, rowFold[i] == f:
				shown = append(shown, int32(i))
			default:
				kept = append(kept, int32(i))
			}
		}
		if err := c.rehearseOnce(ctx, kept, shown, func(y int32) bool { return leave && labelFold[y] == f }, seed+uint64(f), &groups); err != nil {
			return nil, err
		}
		done(f + 1)
	}
	var all []observation
	inside := float64(len(groups[0]))
	for g, share := range [...]float64{1, leftOut, outliers} {
		for i := range groups[g] {
			if g > 0 {
				groups[g][i].weight = share * inside / float64(len(groups[g]))
			}
		}
		all = append(all, groups[g]...)
	}
	return all, nil
}

func (c *corpus) rehearseOnce(ctx context.Context, kept, shown []int32, out func(int32) bool, seed uint64, groups *[3][]observation) error {
	s, v := c.vectors(kept)
	com, err := fit(ctx, s, v, seed)
	if err != nil {
		return err
	}
	z, o := newVectoriser(v), com.newOpinion()
	for _, i := range shown {
		y := c.y[i]
		if y >= 0 && !out(y) && com.examples[y] == 0 {
			continue
		}
		com.judge(z.vector(&c.examples[i].Event), o)
		com.signal(z, o)
		seen := observation{signals: o.signals, weight: 1}
		switch {
		case y < 0:
			groups[2] = append(groups[2], seen)
		case out(y):
			groups[1] = append(groups[1], seen)
		default:
			seen.right = o.order[0] == y
			groups[0] = append(groups[0], seen)
		}
	}
	return nil
}
