package pattern

// speller finds the known word that a misspelt one stands for: the symmetric
// delete method (Garbe 2012). Every known word is filed under itself and under
// each form with one letter left out; a word and its correction share such a
// form when one insertion, deletion, substitution or swap apart.
type speller struct {
	known map[string]bool
	cuts  map[string][]string
}

// shortest is the length from which letters may be missing or too many; shorter
// words allow a swap only ("teh"). One letter for another takes a longer word:
// "john" is not "join".
const shortest = 4

func newSpeller() *speller {
	return &speller{known: map[string]bool{}, cuts: map[string][]string{}}
}

func (s *speller) add(w string) {
	if len(w) < 3 || s.known[w] {
		return
	}
	s.known[w] = true
	for i := range w {
		cut := w[:i] + w[i+1:]
		s.cuts[cut] = append(s.cuts[cut], w)
	}
}

// correct returns the known word closest to w, which is not known. The first
// letter must agree: it is seldom mistyped, and words that differ there are
// mostly other words.
func (s *speller) correct(w string) (string, bool) {
	if len(w) < 3 || len(w) > 24 {
		return "", false
	}
	best := ""
	consider := func(c string) {
		if c[0] != w[0] || c == w {
			return
		}
		if short := min(len(c), len(w)); short < shortest && !swapped(w, c) || short == shortest && len(c) == len(w) && !swapped(w, c) {
			return
		}
		if oneEdit(w, c) && (best == "" || c < best) {
			best = c
		}
	}
	for _, c := range s.cuts[w] {
		consider(c)
	}
	buf := make([]byte, 0, 24)
	for i := range len(w) {
		buf = append(append(buf[:0], w[:i]...), w[i+1:]...)
		if s.known[string(buf)] {
			consider(string(buf))
		}
		for _, c := range s.cuts[string(buf)] {
			consider(c)
		}
	}
	return best, best != ""
}

// swapped reports whether a and b differ by two neighbouring letters in the other order.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// oneEdit reports whether the Damerau–Levenshtein distance of a and b is one.
func oneEdit(a, b string) bool {
	if swapped(a, b) {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return i < len(a) && a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}
