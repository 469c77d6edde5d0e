package pattern

import (
	"errors"
	"math"
)

// Vector is the direction of a text in a space of meanings, one byte a dimension. Vectors come from outside:
// this package compares them and fetches none. The zero Vector is like nothing.
type Vector struct {
	parts  []int8
	length float32
}

// NewVector rounds the direction of v to bytes. Cosines change by some thousandths.
func NewVector(v []float32) Vector {
	largest := float32(0)
	for _, x := range v {
		largest = max(largest, x, -x)
	}
	parts := make([]int8, len(v))
	if largest > 0 {
		for i, x := range v {
			parts[i] = int8(math.RoundToEven(float64(x / largest * math.MaxInt8)))
		}
	}
	return vectorOf(parts)
}

func vectorOf(parts []int8) Vector {
	return Vector{parts, sqrt(float32(product(parts, parts)))}
}

// ErrNoVector says that bytes are no vector.
var ErrNoVector = errors.New("pattern: the bytes are no vector")

// ParseVector reads what Bytes has written.
func ParseVector(b []byte) (Vector, error) {
	parts := make([]int8, len(b))
	for i, x := range b {
		parts[i] = int8(x)
	}
	v := vectorOf(parts)
	if v.length == 0 {
		return Vector{}, ErrNoVector
	}
	return v, nil
}

// Bytes is the vector as rows keep it, one byte a dimension.
func (v Vector) Bytes() []byte {
	out := make([]byte, len(v.parts))
	for i, x := range v.parts {
		out[i] = byte(x)
	}
	return out
}

// Dimensions is the length of the list of numbers; 0 of the zero Vector.
func (v Vector) Dimensions() int { return len(v.parts) }

// Cosine is how alike two directions are, from -1 to 1; 0 of vectors that cannot be of one space.
func (v Vector) Cosine(o Vector) float32 {
	if len(v.parts) != len(o.parts) || v.length == 0 || o.length == 0 {
		return 0
	}
	return float32(product(v.parts, o.parts)) / (v.length * o.length)
}

// product is the scalar product of vectors of one length. 4 096 products of bytes fit in an int32.
func product(a, b []int8) int32 {
	var s0, s1, s2, s3 int32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += int32(a[i]) * int32(b[i])
		s1 += int32(a[i+1]) * int32(b[i+1])
		s2 += int32(a[i+2]) * int32(b[i+2])
		s3 += int32(a[i+3]) * int32(b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += int32(a[i]) * int32(b[i])
	}
	return s0 + s1 + s2 + s3
}
