package main

import (
	"math"
	"math/rand/v2"

	"clubos/internal/pattern/lexicon"
)

// quantise finds a codebook for each part of the vectors by k-means over the
// first n of them, and returns the books, one after the other, and the codes.
func quantise(vectors [][]float64, n int) ([]float32, [][lexicon.Parts]uint8) {
	n = min(n, len(vectors))
	codes := make([][lexicon.Parts]uint8, n)
	var book []float32
	rng := rand.New(rand.NewPCG(2, 2))
	for p := range lexicon.Parts {
		points := make([][]float64, n)
		for i := range points {
			points[i] = vectors[i][p*lexicon.Part : (p+1)*lexicon.Part]
		}
		centres := kMeans(points, lexicon.Codes, rng)
		for i, x := range points {
			codes[i][p] = uint8(nearest(centres, x))
		}
		for _, c := range centres {
			for _, v := range c {
				book = append(book, float32(v))
			}
		}
	}
	return book, codes
}

func kMeans(points [][]float64, k int, rng *rand.Rand) [][]float64 {
	centres := make([][]float64, k)
	for i, j := range rng.Perm(len(points))[:k] {
		centres[i] = append([]float64{}, points[j]...)
	}
	for range 20 {
		sum, count := make([][]float64, k), make([]float64, k)
		for i := range sum {
			sum[i] = make([]float64, len(points[0]))
		}
		for _, x := range points {
			c := nearest(centres, x)
			count[c]++
			for d, v := range x {
				sum[c][d] += v
			}
		}
		for i := range centres {
			for d := range centres[i] {
				if count[i] > 0 {
					centres[i][d] = sum[i][d] / count[i]
				}
			}
		}
	}
	return centres
}

func nearest(centres [][]float64, x []float64) int {
	best, least := 0, math.Inf(1)
	for i, c := range centres {
		d := 0.0
		for k, v := range x {
			d += (v - c[k]) * (v - c[k])
		}
		if d < least {
			best, least = i, d
		}
	}
	return best
}
