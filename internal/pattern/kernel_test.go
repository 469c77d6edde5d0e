package pattern

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestKernelsReturnTheSameBitsOnEveryProcessor(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for n := 0; n <= 160; n += lanes {
		x, y, bytes := make([]float32, n), make([]float32, n), make([]int8, n)
		for i := range x {
			x[i], y[i], bytes[i] = rng.Float32()-0.5, rng.Float32()-0.5, int8(rng.IntN(256)-128)
		}
		if got, want := dotInt8(x, bytes), dotInt8Generic(x, bytes); got != want {
			t.Errorf("dotInt8 of %d: %v, want %v", n, got, want)
		}
		if got, want := dot(x, y), dotGeneric(x, y); got != want {
			t.Errorf("dot of %d: %v, want %v", n, got, want)
		}
		a := rng.Float32()
		got, want := append([]float32{}, y...), append([]float32{}, y...)
		axpy(a, x, got)
		axpyGeneric(a, x, want)
		axpyInt8(a, bytes, got)
		axpyInt8Generic(a, bytes, want)
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("axpy of %d at %d: %v, want %v", n, i, got[i], want[i])
			}
		}
	}
}

func TestKernelsOfNamedRowsReturnTheSameBitsOnEveryProcessor(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	const rows = 40
	for width := lanes; width <= 240; width += lanes {
		for _, n := range []int{0, 1, 7, rows} {
			matrix, y := make([]float32, rows*width), make([]float32, width)
			for i := range matrix {
				matrix[i] = rng.Float32() - 0.5
			}
			for i := range y {
				y[i] = rng.Float32() - 0.5
			}
			var x []entry
			for _, id := range rng.Perm(rows)[:n] {
				x = append(x, entry{int32(id), rng.Float32() - 0.5})
			}
			got, want := slices.Clone(y), slices.Clone(y)
			gather(x, matrix, width, got)
			gatherGeneric(x, matrix, width, want)
			if !slices.Equal(got, want) {
				t.Fatalf("gather of %d rows of %d: %v, want %v", n, width, got, want)
			}
			got, want = slices.Clone(matrix), slices.Clone(matrix)
			scatter(x, got, width, y)
			scatterGeneric(x, want, width, y)
			if !slices.Equal(got, want) {
				t.Fatalf("scatter to %d rows of %d differs", n, width)
			}
		}
	}
}

func TestTheExponentialReturnsTheSameBitsOnEveryProcessor(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	p := make([]float32, 4096)
	for i := range p {
		p[i] = rng.Float32()*200 - 190
	}
	copy(p, []float32{0, -87, -88, -1e30, 10, float32(math.Inf(-1)), 0.5, -0.5, -1})
	want := slices.Clone(p)
	expAllGeneric(want, 10)
	got := slices.Clone(p)
	expAll(got, 10)
	if !slices.Equal(got, want) {
		t.Error("they differ")
	}
	for i, v := range p {
		if exact := math.Exp(float64(v - 10)); math.Abs(float64(got[i])-exact) > 4e-7*exact+1e-37 {
			t.Errorf("exp(%v) = %v, want %v", v-10, got[i], exact)
		}
	}
}
