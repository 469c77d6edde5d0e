package lexicon_test

import (
	"math"
	"testing"

	"clubos/internal/pattern"
	"clubos/internal/pattern/lexicon"
)

func cosine(a, b string) float64 {
	var x, y [lexicon.Dim]float32
	lexicon.Shipped().Add(pattern.Stems(a)[0], &x)
	lexicon.Shipped().Add(pattern.Stems(b)[0], &y)
	var xy, xx, yy float64
	for i := range x {
		xy += float64(x[i] * y[i])
		xx += float64(x[i] * x[i])
		yy += float64(y[i] * y[i])
	}
	return xy / math.Sqrt(xx*yy+1e-12)
}

func TestWordsOfLikeMeaningLieTogether(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{{"song", "music", "tax"}, {"cancel", "delete", "dance"}, {"door", "window", "melody"}, {"money", "dollar", "window"}} {
		if near, far := cosine(c[0], c[1]), cosine(c[0], c[2]); near < far+0.1 {
			t.Errorf("%s: %s %.2f, %s %.2f", c[0], c[1], near, c[2], far)
		}
	}
	var sum [lexicon.Dim]float32
	if lexicon.Shipped().Add("xkcdqvnt", &sum) || lexicon.Shipped().Len() < 10_000 {
		t.Error("a word that is none, or too few words")
	}
}

func TestALexiconComesBackFromItsBytes(t *testing.T) {
	t.Parallel()
	book := make([]float32, lexicon.Parts*lexicon.Codes*lexicon.Part)
	for i := range book {
		book[i] = float32(i%17) - 8
	}
	b := lexicon.Encode([]lexicon.Word{{Hash: lexicon.Hash("b"), Weight: 255}, {Hash: lexicon.Hash("a"), Weight: 100}, {Hash: lexicon.Hash("a")}}, book)
	l, err := lexicon.Parse(b)
	if err != nil || l.Len() != 2 {
		t.Fatalf("%v, %d words", err, l.Len())
	}
	var sum [lexicon.Dim]float32
	if !l.Add("b", &sum) || math.Abs(float64(sum[0]+8)) > 0.1 {
		t.Errorf("%v", sum)
	}
	for n := range len(b) {
		if _, err := lexicon.Parse(b[:n]); err == nil {
			t.Fatalf("%d of %d bytes were taken for a whole", n, len(b))
		}
	}
}
