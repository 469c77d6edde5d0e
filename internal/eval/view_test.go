package eval_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"clubos/internal/connector"
	"clubos/internal/connector/embeddings"
	"clubos/internal/eval"
	"clubos/internal/simulate/vendor"
)

// invented is a word that shares its letters with no other but by chance.
func invented(matter, number int) string {
	rng := rand.New(rand.NewPCG(uint64(matter), uint64(number)))
	var b strings.Builder
	for range 7 {
		b.WriteByte(byte('a' + rng.IntN(26)))
	}
	return b.String()
}

// sayings are matters whose test texts share no word with the training texts; only a model that knows what
// words mean can tell.
func sayings() (rows []eval.Row, means []string) {
	for m := range 12 {
		var words []string
		for w := range 24 {
			words = append(words, invented(m, w))
		}
		means = append(means, strings.Join(words, " "))
		for i := range 16 {
			split := []eval.Split{eval.Train, eval.Train, eval.Val, eval.Test}[i%4]
			a, b := words[(3*i)%12], words[(3*i+1)%12]
			if split != eval.Train && i%8 >= 4 {
				a, b = words[12+i%12], words[12+(i+1)%12]
			}
			r := eval.Row{Label: fmt.Sprintf("matter_%d", m), Split: split}
			r.Text = "please " + a + " " + b + " call 212-555-0187"
			rows = append(rows, r)
		}
	}
	for i := range 48 {
		r := eval.Row{Split: []eval.Split{eval.Train, eval.Val, eval.Test}[i%3]}
		r.Text = invented(100, i) + " talks of " + invented(101, i)
		rows = append(rows, r)
	}
	return rows, means
}

func TestVectorsAreFetchedMaskedAndMeasured(t *testing.T) {
	t.Parallel()
	rows, means := sayings()
	s := vendor.NewEmbeddings(vendor.EmbeddingsConfig{Means: means}, nil)
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Down)
	cfg := s.Config()
	c, err := embeddings.New(embeddings.Config{BaseURL: s.URL(), Key: cfg.Key, Model: cfg.Model, Dimensions: cfg.Dimensions}, connector.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	source := &eval.Vectors{Space: "sim/96", Dimensions: cfg.Dimensions, Embed: c.Embed}
	alone, err := eval.Static(t.Context(), rows, eval.StaticConfig{Seed: 1})
	if err != nil || alone.View != nil {
		t.Fatal(err)
	}
	with, err := eval.Static(t.Context(), rows, eval.StaticConfig{Seed: 1, Vectors: source})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("alone %+v\nwith %+v %+v", alone, with, *with.View)
	if !with.View.Heeded || with.InScopeAccuracy <= alone.InScopeAccuracy || with.View.Texts == 0 || with.View.Tokens == 0 {
		t.Errorf("accuracy %.3f alone, %.3f with vectors, %+v", alone.InScopeAccuracy, with.InScopeAccuracy, with.View)
	}
	kept, err := eval.Guarantee(t.Context(), rows, 5, eval.StaticConfig{Seed: 1, Vectors: source})
	if err != nil || kept.View == nil || !kept.View.Heeded || len(kept.Errors) != 5 {
		t.Errorf("the promise with vectors: %+v, %v", kept, err)
	}
	if i := slices.IndexFunc(s.Texts(), func(text string) bool { return strings.Contains(text, "555") }); i >= 0 {
		t.Errorf("a number was sent: %q", s.Texts()[i])
	}
	s.Rotate("another")
	if _, err := eval.Static(t.Context(), rows, eval.StaticConfig{Seed: 1, Vectors: source}); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("with a wrong key it says %v", err)
	}
}
