package eval

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/pattern"
	"clubos/internal/phrase"
)

// Vectors is where the vectors of texts come from.
type Vectors struct {
	Space      string // names the model
	Dimensions int
	// Embed returns the vectors of at most batch texts, and how many tokens they were.
	Embed func(ctx context.Context, texts []string) (vectors [][]float32, tokens int64, err error)
}

// batch is how many texts are sent at a time.
const batch = 128

// ViewReport is what vectors brought.
type ViewReport struct {
	Space   string  `json:"space"`
	Texts   int     `json:"texts"` // that were sent
	Tokens  int64   `json:"tokens"`
	FetchS  float64 `json:"fetch_s"`
	WeighS  float64 `json:"weigh_s"`
	Heeded  bool    `json:"heeded"`        // false: the rehearsal has shown no gain, and the engine answers alone
	Alone   float64 `json:"loss_alone"`    // in the rehearsal on the training rows
	Refined float64 `json:"loss_together"` // likewise
}

func unseen(Row) *pattern.Sight { return nil }

// view fetches the vectors of all rows, masked, and weighs those of the training rows.
func (c StaticConfig) view(ctx context.Context, m *pattern.Model, p parts) (func(Row) *pattern.Sight, *ViewReport, error) {
	r := &ViewReport{Space: c.Vectors.Space}
	known, err := c.fetch(ctx, slices.Concat(p.train, p.val, p.test), r)
	if err != nil {
		return nil, nil, err
	}
	of := func(row Row) pattern.Vector { return known[phrase.Mask(row.Text)] }
	start := time.Now()
	list := examples(p.train)
	vectors := make([]pattern.Vector, len(p.train))
	for i, row := range p.train {
		vectors[i] = of(row)
	}
	w, err := m.WeighExamples(ctx, c.Vectors.Space, c.Vectors.Dimensions, list, vectors, pattern.TrainOptions{Seed: c.Seed, Progress: func(done, of int) {
		c.say("weighing vectors: %d of %d models", done, of)
	}})
	if err != nil {
		return nil, nil, err
	}
	r.WeighS, r.Heeded, r.Alone, r.Refined = time.Since(start).Seconds(), w.Helps(), w.Alone, w.Together
	v := pattern.ViewExamples(w, list, vectors)
	return func(row Row) *pattern.Sight { return v.Look(of(row)) }, r, nil
}

// fetch returns the vectors of rows by their masked texts.
func (c StaticConfig) fetch(ctx context.Context, rows []Row, r *ViewReport) (map[string]pattern.Vector, error) {
	start := time.Now()
	known := map[string]pattern.Vector{}
	var texts []string
	for _, row := range rows {
		t := phrase.Mask(row.Text)
		if _, ok := known[t]; !ok && t != "" {
			known[t] = pattern.Vector{}
			texts = append(texts, t)
		}
	}
	for from := 0; from < len(texts); from += batch {
		c.say("fetching vectors: %d of %d", from, len(texts))
		part := texts[from:min(from+batch, len(texts))]
		vectors, tokens, err := c.Vectors.Embed(ctx, part)
		if err != nil {
			return nil, fmt.Errorf("fetch vectors: %w", err)
		}
		r.Tokens += tokens
		for i, t := range part {
			known[t] = pattern.NewVector(vectors[i])
		}
	}
	r.Texts, r.FetchS = len(texts), time.Since(start).Seconds()
	return known, nil
}
