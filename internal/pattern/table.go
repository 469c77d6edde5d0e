package pattern

// table holds the weights of all learners by feature, one byte each, so that
// the row of a feature is a few neighbouring cache lines: fetching rows is most
// of what a prediction costs. A row is cut into segments, one per learner, each
// with its own scale.
type table struct {
	widths []int // of the segments, multiples of lanes
	width  int   // of a row
	scales []float32
	rows   []int8
}

func newTable(features int, widths ...int) *table {
	t := &table{widths: widths}
	for _, w := range widths {
		t.width += w
	}
	t.scales = make([]float32, features*len(widths))
	t.rows = make([]int8, features*t.width)
	return t
}

// set rounds the weights of one feature in one segment.
//
//go:norace
func (t *table) set(id, segment int, weights []float32) {
	top := float32(0)
	for _, w := range weights {
		top = max(top, w, -w)
	}
	if top == 0 {
		return
	}
	t.scales[id*len(t.widths)+segment] = top / 127
	row, inverse := t.rows[id*t.width+t.offset(segment):], 127/top
	row = row[:len(weights)]
	for i, w := range weights {
		row[i] = int8(int32(float32(w*inverse)+128.5) - 128)
	}
}

func (t *table) offset(segment int) int {
	at := 0
	for _, w := range t.widths[:segment] {
		at += w
	}
	return at
}

// multiply adds the product of x and the table to out, which has the width of a row.
func (t *table) multiply(x []entry, out []float32) {
	n := len(t.widths)
	for _, e := range x {
		row := t.rows[int(e.id)*t.width : (int(e.id)+1)*t.width]
		scales := t.scales[int(e.id)*n : (int(e.id)+1)*n]
		at := 0
		for s, w := range t.widths {
			axpyInt8(e.value*scales[s], row[at:at+w], out[at:])
			at += w
		}
	}
}

func (t *table) bytes() int { return len(t.rows) + 4*len(t.scales) }

func round(v float32) float32 {
	if v < 0 {
		return float32(int32(v - 0.5))
	}
	return float32(int32(v + 0.5))
}
