package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

const (
	window  = 6 // words between which standing together counts
	synonym = 6 // what being synonyms counts, beside standing next to each other
)

// pairs sums how closely each pair of words is connected.
func pairs(sets map[string]*synset, words []wordCount) []map[int32]float64 {
	id := map[string]int32{}
	for i, w := range words {
		id[w.stem] = int32(i)
	}
	near := make([]map[int32]float64, len(words))
	for i := range near {
		near[i] = map[int32]float64{}
	}
	add := func(a, b string, w float64) {
		i, known := id[a]
		j, too := id[b]
		if known && too && i != j {
			near[i][j] += w
			near[j][i] += w
		}
	}
	link := func(as, bs []string, w float64) {
		for _, a := range as {
			for _, b := range bs {
				add(a, b, w/float64(len(as)*len(bs)))
			}
		}
	}
	for _, key := range ids(sets) {
		s := sets[key]
		for _, text := range append(s.phrases, s.gloss) {
			for i := range text {
				for k := i + 1; k < len(text) && k <= i+window; k++ {
					add(text[i], text[k], 1/float64(k-i))
				}
			}
		}
		for i, w := range s.words {
			for _, v := range s.words[i+1:] {
				link(w, v, synonym)
			}
			for _, stem := range w {
				for _, g := range s.gloss {
					add(stem, g, 1/float64(len(w)))
				}
			}
		}
		for _, r := range s.near {
			to := sets[r.to]
			if to == nil {
				continue
			}
			share := r.weight / math.Sqrt(float64(len(s.words)*len(to.words)))
			for _, w := range s.words {
				for _, v := range to.words {
					link(w, v, share)
				}
			}
		}
	}
	return near
}

type cell struct {
	column int32
	value  float64
}

// informative is the positive pointwise mutual information of the pairs, with
// the frequency of contexts raised to 3/4, made symmetric.
func informative(near []map[int32]float64) [][]cell {
	sum, smooth := make([]float64, len(near)), make([]float64, len(near))
	columns := make([][]int32, len(near))
	total := 0.0
	for i, row := range near {
		for j := range row {
			columns[i] = append(columns[i], j)
		}
		slices.Sort(columns[i])
		for _, j := range columns[i] {
			sum[i] += row[j]
		}
		smooth[i] = math.Pow(sum[i], 0.75)
		total += smooth[i]
	}
	out := make([][]cell, len(near))
	for i, row := range near {
		for _, j := range columns[i] {
			v := (math.Log(row[j]*total/(sum[i]*smooth[j])) + math.Log(row[j]*total/(sum[j]*smooth[i]))) / 2
			if v > 0 {
				out[i] = append(out[i], cell{j, v})
			}
		}
	}
	return out
}

// factor returns the rows of U·√Λ of the dim largest eigenvectors of m, each of
// length one, by subspace iteration (Halko, Martinsson, Tropp 2011).
func factor(m [][]cell, dim int) [][]float64 {
	width := dim + 16
	rng := rand.New(rand.NewPCG(1, 1))
	q := make([][]float64, len(m))
	for i := range q {
		q[i] = make([]float64, width)
		for k := range q[i] {
			q[i][k] = rng.NormFloat64()
		}
	}
	var size []float64
	for range 14 {
		next := make([][]float64, len(m))
		for i, row := range m {
			next[i] = make([]float64, width)
			for _, c := range row {
				for k, v := range q[c.column] {
					next[i][k] += c.value * v
				}
			}
		}
		q = next
		size = orthonormal(q)
	}
	for i := range q {
		q[i] = q[i][:dim]
		length := 0.0
		for k := range q[i] {
			q[i][k] *= math.Sqrt(size[k])
			length += q[i][k] * q[i][k]
		}
		length = math.Sqrt(max(length, 1e-12))
		for k := range q[i] {
			q[i][k] /= length
		}
	}
	return q
}

// orthonormal makes the columns of q orthonormal by Cholesky's factor of qᵀq and
// returns the lengths that they had.
func orthonormal(q [][]float64) []float64 {
	n := len(q[0])
	r := make([][]float64, n)
	for k := range r {
		r[k] = make([]float64, n)
	}
	for _, row := range q {
		for a, v := range row {
			for b := range a + 1 {
				r[a][b] += v * row[b]
			}
		}
	}
	for a := range r {
		for b := range a + 1 {
			for k := range b {
				r[a][b] -= r[a][k] * r[b][k]
			}
			if a == b {
				r[a][a] = math.Sqrt(max(r[a][a], 1e-12))
			} else {
				r[a][b] /= r[b][b]
			}
		}
	}
	for _, row := range q {
		for a := range row {
			for k := range a {
				row[a] -= r[a][k] * row[k]
			}
			row[a] /= r[a][a]
		}
	}
	size := make([]float64, n)
	for k := range size {
		size[k] = r[k][k]
	}
	return size
}
