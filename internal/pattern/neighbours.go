package pattern

// neighbours are examples as the hidden layer of the first net sees them: its
// directions are meanings that the labels tell apart.
type neighbours struct {
	width int
	from  []int32 // by label: where its examples begin; one more entry ends the last
	index []int32 // the example's place in the training set
	rows  []int8  // directions, in 127ths
}

// perLabel bounds the examples of a label that are compared.
const perLabel = 48

// newNeighbours keeps up to perLabel examples of each label, evenly spread over
// the training set.
func newNeighbours(c *committee, s *trainSet) neighbours {
	n := neighbours{width: c.hidden, from: make([]int32, 1, c.labels+1)}
	members := make([][]int32, c.labels)
	for i, y := range s.y {
		if y >= 0 && !s.named[i] {
			members[y] = append(members[y], int32(i))
		}
	}
	raw := make([]float32, c.table.width)
	for _, rows := range members {
		kept := min(len(rows), perLabel)
		for k := range kept {
			i := rows[k*len(rows)/kept]
			copy(raw, c.bias)
			c.table.multiply(s.x[i], raw)
			h := raw[c.table.widths[0] : c.table.widths[0]+c.hidden]
			for j, v := range h {
				h[j] = max(v, 0)
			}
			normalise(h)
			n.index = append(n.index, s.origin[i])
			for _, v := range h {
				n.rows = append(n.rows, int8(round(127*v)))
			}
		}
		n.from = append(n.from, int32(len(n.index)))
	}
	return n
}

// near compares the examples of a label with the direction h.
func (n *neighbours) near(label int32, h []float32) similar {
	s := similar{nearest: -1}
	var best [3]float32
	for i := n.from[label]; i < n.from[label+1]; i++ {
		v := dotInt8(h, n.rows[int(i)*n.width:(int(i)+1)*n.width]) / 127
		if v > best[0] || s.nearest < 0 {
			s.nearest = n.index[i]
		}
		for k := range best {
			if v > best[k] {
				v, best[k] = best[k], v
			}
		}
	}
	count := float32(min(3, max(1, n.from[label+1]-n.from[label])))
	s.best, s.mean = best[0], (best[0]+best[1]+best[2])/count
	return s
}

// wordUse says which labels use a content word at all.
type wordUse struct {
	slot map[int32]int32 // feature → row
	wide int             // words of 64 labels in a row
	bits []uint64
}

func newWordUse(v *vocabulary, s *trainSet) wordUse {
	u := wordUse{slot: map[int32]int32{}, wide: (s.labels + 63) / 64}
	for i, words := range s.words {
		for _, id := range words {
			row, ok := u.slot[id]
			if !ok {
				row = int32(len(u.slot))
				u.slot[id] = row
				u.bits = append(u.bits, make([]uint64, u.wide)...)
			}
			if y := s.y[i]; y >= 0 {
				u.bits[int(row)*u.wide+int(y)/64] |= 1 << (y % 64)
			}
		}
	}
	return u
}

// used reports whether the label uses the word.
func (u *wordUse) used(word, label int32) bool {
	row, ok := u.slot[word]
	return ok && u.bits[int(row)*u.wide+int(label)/64]&(1<<(label%64)) != 0
}

// words returns the words in the order of their rows.
func (u *wordUse) words() []int32 {
	out := make([]int32, len(u.slot))
	for id, row := range u.slot {
		out[row] = id
	}
	return out
}
