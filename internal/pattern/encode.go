package pattern

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// ErrDamaged says that bytes are not a whole model of this version.
var ErrDamaged = errors.New("pattern: model is damaged")

// ErrVersion says that a model was written by a program whose features differ:
// it has to be trained afresh.
var ErrVersion = errors.New("pattern: model of another version")

const (
	modelMagic   = "CLUBPM"
	modelVersion = 6
	modelHeader  = len(modelMagic) + 2 + 4 // magic, version, CRC-32C of the rest
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// MarshalBinary writes the model: header, checksum, parts in a fixed order. Equal
// models give equal bytes.
func (m *Model) MarshalBinary() ([]byte, error) {
	w := packer{b: make([]byte, modelHeader, m.SizeBytes()+1024)}
	w.b = binary.LittleEndian.AppendUint32(w.b, meanings().Version())
	w.count(m.examples)
	w.count(len(m.labels))
	for _, l := range m.labels {
		w.text(l)
	}
	if len(m.labels) > 0 {
		m.packCommittee(&w)
	}
	m.far.pack(&w)
	seal(w.b, modelMagic, modelVersion)
	return w.b, nil
}

func (m *Model) packCommittee(w *packer) {
	c, v := m.c, m.c.vocabulary
	w.count(len(v.keys))
	for _, k := range v.keys {
		w.b = binary.LittleEndian.AppendUint64(w.b, k)
	}
	for _, k := range v.kind {
		w.b = append(w.b, byte(k))
	}
	w.floats(v.idf)
	w.floats([]float32{v.rare})
	w.ints(c.examples)
	w.count(len(c.table.widths))
	for _, x := range c.table.widths {
		w.count(x)
	}
	w.floats(c.table.scales)
	w.bytes(c.table.rows)
	w.floats(c.bias)
	for i := range c.out {
		w.floats(c.out[i])
		w.floats(c.outBias[i])
	}
	w.ints(c.neighbours.from)
	w.ints(c.neighbours.index)
	w.bytes(c.neighbours.rows)
	w.count(len(c.known.slot))
	for _, id := range c.known.words() {
		w.count(int(id))
	}
	for _, x := range c.known.bits {
		w.b = binary.LittleEndian.AppendUint64(w.b, x)
	}
	for _, x := range m.selector.w {
		w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(x))
	}
}

// UnmarshalBinary reads what MarshalBinary has written into the zero Model. It
// returns an error that is ErrDamaged or ErrVersion otherwise, whatever the bytes.
func (m *Model) UnmarshalBinary(b []byte) error {
	body, err := unseal(b, modelMagic, modelVersion)
	if err != nil {
		return err
	}
	r := unpacker{b: body}
	if v := r.take(4); len(v) == 4 && binary.LittleEndian.Uint32(v) != meanings().Version() {
		return fmt.Errorf("%w: another lexicon", ErrVersion)
	}
	read := readModel(&r)
	if r.bad || len(r.b) != 0 || !read.whole() {
		return fmt.Errorf("%w: parts do not fit", ErrDamaged)
	}
	read.c.vocabulary.index()
	if read.far != nil {
		read.far.derive()
	}
	m.labels, m.examples, m.c, m.selector, m.far = read.labels, read.examples, read.c, read.selector, read.far
	return nil
}

func readModel(r *unpacker) *Model {
	m := &Model{examples: r.count()}
	for range r.atMost(1) {
		m.labels = append(m.labels, r.text())
	}
	if m.c = unlearned(); len(m.labels) > 0 {
		m.c = m.unpackCommittee(r)
	}
	m.far = unpackIndex(r)
	return m
}

func (m *Model) unpackCommittee(r *unpacker) *committee {
	v := &vocabulary{keys: r.words(r.atMost(8))}
	for _, k := range r.take(len(v.keys)) {
		v.kind = append(v.kind, kind(k))
	}
	v.idf = r.floats()
	if rare := r.floats(); len(rare) == 1 {
		v.rare = rare[0]
	}
	c := &committee{vocabulary: v, labels: len(m.labels), examples: r.ints(), table: &table{}}
	for range r.atMost(1) {
		c.table.widths = append(c.table.widths, r.count())
		c.table.width += c.table.widths[len(c.table.widths)-1]
	}
	c.table.scales, c.table.rows, c.bias = r.floats(), r.bytes(), r.floats()
	for range max(0, len(c.table.widths)-1) {
		c.out, c.outBias = append(c.out, r.floats()), append(c.outBias, r.floats())
	}
	if len(c.table.widths) > 1 {
		c.hidden = c.table.widths[1]
	}
	c.neighbours = neighbours{width: c.hidden, from: r.ints(), index: r.ints(), rows: r.bytes()}
	c.known = wordUse{slot: map[int32]int32{}, wide: (c.labels + 63) / 64}
	known := r.atMost(1)
	for i := range known {
		c.known.slot[int32(r.count())] = int32(i)
	}
	c.known.bits = r.words(known * c.known.wide)
	for i, x := range r.words(signals) {
		m.selector.w[i] = math.Float64frombits(x)
	}
	if len(c.outBias) > 0 {
		c.none = len(c.outBias[0]) > c.labels
	}
	return c
}

// whole reports whether all parts have the sizes that the others imply, so that
// no prediction can reach past one.
func (m *Model) whole() bool {
	if m.far != nil && !m.far.whole() || m.far == nil && len(m.labels) == 0 {
		return false
	}
	return len(m.labels) == 0 || m.wholeCommittee()
}

func (m *Model) wholeCommittee() bool {
	c, v := m.c, m.c.vocabulary
	n, features := len(m.labels), v.size()
	ok := n > 0 && len(v.idf) == len(v.keys) && len(c.examples) == n && len(c.out) > 0 && len(c.table.widths) == 1+len(c.out) &&
		c.table.widths[0] == padded(n) && len(c.table.scales) == features*len(c.table.widths) && len(c.table.rows) == features*c.table.width &&
		len(c.bias) == c.table.width && len(c.neighbours.from) == n+1 && len(c.known.bits) == len(c.known.slot)*c.known.wide &&
		c.hidden > 0 && c.hidden%lanes == 0 && len(c.neighbours.rows) == len(c.neighbours.index)*c.hidden && features == len(v.keys)+meanings().Fields()
	if !ok {
		return false
	}
	for i := range c.out {
		outputs := len(c.outBias[i])
		if c.table.widths[1+i] != c.hidden || outputs != len(c.outBias[0]) || outputs != n && outputs != n+1 || len(c.out[i]) != outputs*c.hidden {
			return false
		}
	}
	for i := range n {
		if c.neighbours.from[i] < 0 || c.neighbours.from[i] > c.neighbours.from[i+1] || int(c.neighbours.from[i+1]) > len(c.neighbours.index) {
			return false
		}
	}
	for _, k := range v.kind {
		if k >= kinds {
			return false
		}
	}
	for i := 1; i < len(v.keys); i++ {
		if v.keys[i] <= v.keys[i-1] {
			return false
		}
	}
	return true
}
