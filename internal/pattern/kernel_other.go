//go:build !amd64

package pattern

func axpy(a float32, x, y []float32)            { axpyGeneric(a, x, y) }
func axpyInt8(a float32, x []int8, y []float32) { axpyInt8Generic(a, x, y) }
func dot(x, y []float32) float32                { return dotGeneric(x, y) }
func dotInt8(x []float32, y []int8) float32     { return dotInt8Generic(x, y) }
func gather(x []entry, rows []float32, width int, out []float32) {
	gatherGeneric(x, rows, width, out[:width])
}
func scatter(x []entry, rows []float32, width int, y []float32) {
	scatterGeneric(x, rows, width, y[:width])
}
func expAll(p []float32, top float32) { expAllGeneric(p, top) }
