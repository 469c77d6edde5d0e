package pattern

import "math"

// The inner loops of training and prediction. Each has one definition of the
// order in which it adds, so that every processor returns the same bits: a
// model must decide alike on all replicas and in every replay. That is why they
// never fuse a multiplication with an addition.

// lanes is what the lengths of dense vectors are padded to.
const lanes = 16

func padded(n int) int { return (n + lanes - 1) / lanes * lanes }

// axpyGeneric adds a·x to y.
func axpyGeneric(a float32, x, y []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += float32(a * v)
	}
}

// axpyInt8Generic adds a·x to y.
func axpyInt8Generic(a float32, x []int8, y []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += float32(a * float32(v))
	}
}

// dotGeneric sums in sixteen lanes and then pairs them.
func dotGeneric(x, y []float32) float32 {
	var s [lanes]float32
	y = y[:len(x)]
	for i := 0; i < len(x); i += lanes {
		for k := range lanes {
			s[k] += float32(x[i+k] * y[i+k])
		}
	}
	for n := lanes / 2; n > 0; n /= 2 {
		for k := range n {
			s[k] += s[k+n]
		}
	}
	return s[0]
}

// dotInt8Generic sums in sixteen lanes and then pairs them.
func dotInt8Generic(x []float32, y []int8) float32 {
	var s [lanes]float32
	y = y[:len(x)]
	for i := 0; i < len(x); i += lanes {
		for k := range lanes {
			s[k] += float32(x[i+k] * float32(y[i+k]))
		}
	}
	for n := lanes / 2; n > 0; n /= 2 {
		for k := range n {
			s[k] += s[k+n]
		}
	}
	return s[0]
}

// gatherGeneric adds the rows of a matrix that x names to out, each times its value.
func gatherGeneric(x []entry, rows []float32, width int, out []float32) {
	for _, e := range x {
		axpyGeneric(e.value, rows[int(e.id)*width:(int(e.id)+1)*width], out)
	}
}

// scatterGeneric adds y to the rows of a matrix that x names, each time times its value.
func scatterGeneric(x []entry, rows []float32, width int, y []float32) {
	for _, e := range x {
		axpyGeneric(e.value, y, rows[int(e.id)*width:(int(e.id)+1)*width])
	}
}

// exp is e to the power of v, to some 2 parts of 10⁷, for v of at most 88; below -87 it
// stays where it is there. Powers of two are cut off, and the rest is Cephes' polynomial.
//
//go:norace
func exp(v float32) float32 {
	const half = 1.5 * (1 << 23) // pushes the digits behind the point out, rounding to even
	v = max(v, -87)
	whole := float32(v*math.Log2E) + half
	whole -= half
	r := v - float32(whole*0.693359375)
	r -= float32(whole * -2.12194440e-4)
	p := float32(1.9875691500e-4*r) + 1.3981999507e-3
	p = float32(p*r) + 8.3334519073e-3
	p = float32(p*r) + 4.1665795894e-2
	p = float32(p*r) + 1.6666665459e-1
	p = float32(p*r) + 5.0000001201e-1
	p = float32(float32(p*r)*r) + r
	p++
	return float32(p * math.Float32frombits(uint32(int32(whole)+127)<<23))
}

// expAllGeneric makes exp(v − top) of every v.
func expAllGeneric(p []float32, top float32) {
	for i, v := range p {
		p[i] = exp(v - top)
	}
}
