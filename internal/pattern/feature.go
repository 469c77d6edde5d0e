package pattern

// FNV-1a, 64 bits: the hash of a feature is its name. Two features of one club
// meeting in a hash is a matter of 1 in 10¹⁰ and costs a little noise.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func hashString(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

// same reports whether v is the same word, used in the same way.
func (w *word) same(v word) bool { return w.stem == v.stem && w.polarity == v.polarity }

// letter is one character of the text with what its word brings.
type letter struct {
	r        rune
	polarity polarity
}

// spell writes the words as they were typed, with single spaces around them.
func spell(ws []word, out []letter) []letter {
	out = append(out, letter{r: ' '})
	for i := range ws {
		w := &ws[i]
		text := w.raw
		if w.stem == "#" || w.stem == "not" {
			text = w.stem
		}
		for _, r := range text {
			out = append(out, letter{r, w.polarity})
		}
		out = append(out, letter{' ', stated})
	}
	return out
}
