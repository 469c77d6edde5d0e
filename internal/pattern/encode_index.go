package pattern

// pack writes an index; nil is one without names. Rows are written as differences,
// which are small.
func (x *index) pack(w *packer) {
	if x == nil {
		w.count(0)
		return
	}
	w.count(len(x.names))
	for _, n := range x.names {
		w.text(n)
	}
	w.count(x.bits)
	w.count(len(x.label))
	for i, l := range x.label {
		w.count(int(l))
		w.count(int(x.example[i]))
		row := x.row(uint32(i))
		w.count(len(row))
		last := uint32(0)
		for _, b := range row {
			w.count(int(b - last))
			last = b
		}
	}
}

// unpackIndex reads what pack has written; derive makes the rest.
func unpackIndex(r *unpacker) *index {
	n := r.atMost(1)
	if n == 0 {
		return nil
	}
	x := &index{from: []uint32{0}}
	for range n {
		x.names = append(x.names, r.text())
	}
	x.bits = r.count()
	for range r.atMost(3) {
		x.label, x.example = append(x.label, int32(r.count())), append(x.example, int32(r.count()))
		last := 0
		for range r.atMost(1) {
			last += r.count()
			x.buckets = append(x.buckets, uint32(last))
		}
		x.from = append(x.from, uint32(len(x.buckets)))
	}
	return x
}
