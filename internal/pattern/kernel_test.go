package pattern

import (
	"math/rand/v2"
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
