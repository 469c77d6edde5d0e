package pattern

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
