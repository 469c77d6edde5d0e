package pattern

import (
	"encoding/binary"
	"math"
)

// packer appends the parts of a model.
type packer struct{ b []byte }

func (w *packer) count(n int) { w.b = binary.AppendUvarint(w.b, uint64(n)) }

func (w *packer) text(s string) {
	w.count(len(s))
	w.b = append(w.b, s...)
}

func (w *packer) floats(v []float32) {
	w.count(len(v))
	for _, x := range v {
		w.b = binary.LittleEndian.AppendUint32(w.b, math.Float32bits(x))
	}
}

func (w *packer) ints(v []int32) {
	w.count(len(v))
	for _, x := range v {
		w.b = binary.LittleEndian.AppendUint32(w.b, uint32(x))
	}
}

func (w *packer) bytes(v []int8) {
	w.count(len(v))
	for _, x := range v {
		w.b = append(w.b, byte(x))
	}
}

// unpacker reads them. After bytes that cannot be right, bad is set and all that
// is read is empty. No length that the bytes name is believed before as many
// bytes are there.
type unpacker struct {
	b   []byte
	bad bool
}

func (r *unpacker) count() int {
	n, k := binary.Uvarint(r.b)
	if r.bad || k <= 0 || n > math.MaxInt32 {
		r.bad = true
		return 0
	}
	r.b = r.b[k:]
	return int(n)
}

// atMost reads a count of things of at least size bytes each.
func (r *unpacker) atMost(size int) int {
	n := r.count()
	if n*size > len(r.b) {
		r.bad = true
		return 0
	}
	return n
}

func (r *unpacker) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.b) {
		r.bad = true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *unpacker) text() string { return string(r.take(r.count())) }

func (r *unpacker) floats() []float32 {
	b := r.take(4 * r.atMost(4))
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

func (r *unpacker) ints() []int32 {
	b := r.take(4 * r.atMost(4))
	out := make([]int32, len(b)/4)
	for i := range out {
		out[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

func (r *unpacker) bytes() []int8 {
	b := r.take(r.count())
	out := make([]int8, len(b))
	for i, x := range b {
		out[i] = int8(x)
	}
	return out
}

func (r *unpacker) words(n int) []uint64 {
	b := r.take(8 * n)
	out := make([]uint64, len(b)/8)
	for i := range out {
		out[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return out
}
