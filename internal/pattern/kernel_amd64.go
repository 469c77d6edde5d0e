package pattern

import "golang.org/x/sys/cpu"

// x, y must have a length that is a multiple of lanes, or be empty.

//go:noescape
func axpyAVX(a float32, x, y *float32, n int)

//go:noescape
func axpyInt8AVX(a float32, x *int8, y *float32, n int)

//go:noescape
func dotAVX(x, y *float32, n int) float32

// axpy adds a·x to y, which is at least as long; the length of x is a multiple of lanes.
//
//go:norace
func axpy(a float32, x, y []float32) {
	if !cpu.X86.HasAVX2 || len(x) == 0 {
		axpyGeneric(a, x, y)
		return
	}
	_ = y[len(x)-1]
	axpyAVX(a, &x[0], &y[0], len(x))
}

// axpyInt8 adds a·x to y as axpy does.
//
//go:norace
func axpyInt8(a float32, x []int8, y []float32) {
	if !cpu.X86.HasAVX2 || len(x) == 0 {
		axpyInt8Generic(a, x, y)
		return
	}
	_ = y[len(x)-1]
	axpyInt8AVX(a, &x[0], &y[0], len(x))
}

// dot is the inner product of x and as much of y; the length of x is a multiple of lanes.
//
//go:norace
func dot(x, y []float32) float32 {
	if !cpu.X86.HasAVX2 || len(x) == 0 {
		return dotGeneric(x, y)
	}
	_ = y[len(x)-1]
	return dotAVX(&x[0], &y[0], len(x))
}

//go:noescape
func dotInt8AVX(x *float32, y *int8, n int) float32

// dotInt8 is dot with a vector of bytes.
//
//go:norace
func dotInt8(x []float32, y []int8) float32 {
	if !cpu.X86.HasAVX2 || len(x) == 0 {
		return dotInt8Generic(x, y)
	}
	_ = y[len(x)-1]
	return dotInt8AVX(&x[0], &y[0], len(x))
}

//go:noescape
func gatherAVX(x *entry, n int, rows *float32, width int, out *float32)

//go:noescape
func scatterAVX(x *entry, n int, rows *float32, width int, y *float32)

// gather adds the rows of a matrix that x names to out, each times its value. Every
// row exists; width, a multiple of lanes, is the length of out.
//
//go:norace
func gather(x []entry, rows []float32, width int, out []float32) {
	if !cpu.X86.HasAVX2 || len(x) == 0 {
		gatherGeneric(x, rows, width, out[:width])
		return
	}
	_ = out[width-1]
	gatherAVX(&x[0], len(x), &rows[0], width, &out[0])
}

// scatter adds y to the rows of a matrix that x names, each time times its value. No
// row is named twice; every row exists; width, a multiple of lanes, is the length of y.
//
//go:norace
func scatter(x []entry, rows []float32, width int, y []float32) {
	if !cpu.X86.HasAVX2 || len(x) == 0 {
		scatterGeneric(x, rows, width, y[:width])
		return
	}
	_ = y[width-1]
	scatterAVX(&x[0], len(x), &rows[0], width, &y[0])
}

//go:noescape
func expAVX(p *float32, n int, top float32)

// expAll makes exp(v − top) of every v; the length of p is a multiple of lanes.
//
//go:norace
func expAll(p []float32, top float32) {
	if !cpu.X86.HasAVX2 || len(p) == 0 {
		expAllGeneric(p, top)
		return
	}
	expAVX(&p[0], len(p), top)
}
