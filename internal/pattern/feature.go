package pattern

import "math"

// group is a kind of feature; each is scaled to length one by itself.
type group uint8

const (
	single group = iota // stemmed words
	pair                // two content words in a row
	chars               // character n-grams
	groups
)

// groupWeight is the share of each group in a similarity. Words carry the
// meaning, character n-grams the misspelt and unseen forms, pairs the order.
var groupWeight = [groups]float64{single: 0.60, pair: 0.10, chars: 0.30}

const (
	lightFactor = 0.2 // what a light word weighs beside a content word
	priorLabels = 20  // labels assumed beyond the known ones; see icf
)

// feature is the 64-bit FNV-1a hash of group, polarity and letters. Two features
// of one club meeting in a hash is a matter of 1 in 10¹¹ and costs a little noise.
type feature uint64

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func hashStart(g group, p polarity) uint64 {
	return (fnvOffset ^ (uint64(g)<<2 | uint64(p) + 1)) * fnvPrime
}

func hashString(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

// feature is the word as a feature of the group single.
func (w *word) feature() feature { return feature(hashString(hashStart(single, w.polarity), w.stem)) }

// same reports whether v is the same word, used in the same way.
func (w *word) same(v word) bool { return w.stem == v.stem && w.polarity == v.polarity }

// eachFeature calls yield with every feature of ws and its weight factor.
// letters is scratch space; the grown slice is returned.
func eachFeature(ws []word, letters []letter, yield func(feature, group, float64)) []letter {
	var last *word
	for i := range ws {
		w := &ws[i]
		factor := 1.0
		if w.light {
			factor = lightFactor
		}
		yield(w.feature(), single, factor)
		if w.light {
			continue
		}
		if last != nil {
			h := hashString(hashStart(pair, max(w.polarity, last.polarity)), last.stem)
			yield(feature(hashString(hashString(h, " "), w.stem)), pair, 1)
		}
		last = w
	}
	letters = spell(ws, letters[:0])
	for i := range letters {
		h := [3]uint64{hashStart(chars, stated), hashStart(chars, denied), hashStart(chars, forbidden)}
		p := stated
		factor := 1.0
		for n := 0; n < 4 && i+n < len(letters); n++ {
			for k := range h {
				h[k] = (h[k] ^ uint64(letters[i+n].r)) * fnvPrime
			}
			p = max(p, letters[i+n].polarity)
			if letters[i+n].light {
				factor = min(factor, lightFactor)
			}
			if n > 0 {
				yield(feature(h[p]), chars, factor)
			}
		}
	}
	return letters
}

// letter is one character of the text with what its word brings.
type letter struct {
	r        rune
	polarity polarity
	light    bool
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
			out = append(out, letter{r, w.polarity, w.light})
		}
		out = append(out, letter{' ', stated, false})
	}
	return out
}

// icf is the inverse label frequency; see the package comment.
func icf(labels, using int) float64 {
	return math.Log(float64(labels+priorLabels+1) / float64(using+1))
}
