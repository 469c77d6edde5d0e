package learn

import (
	"math"

	"clubos/internal/phrase"
)

// sameAnswer is the share of what two answers say that they have in common when they are one decision.
// sameAnswerAnywhere is that of an answer to a situation that nothing known was like: words alone must
// show that it is the same decision.
const (
	sameAnswer         = 0.5
	sameAnswerAnywhere = 0.65
)

// rarity weighs words by how few of a club's answers have them: greetings and pleasantries, which every
// answer has, tell no two apart.
type rarity struct {
	answers float64
	in      map[string]float64 // how many answers have the word
}

func rarityOf(list []Lesson) rarity {
	r := rarity{answers: float64(len(list)), in: map[string]float64{}}
	for _, l := range list {
		for w := range wordsOf(l.Reply) {
			r.in[w]++
		}
	}
	return r
}

// weight is the word's inverse document frequency, which is never quite nothing.
func (r rarity) weight(word string) float64 { return math.Log((r.answers + 2) / (r.in[word] + 1)) }

// alike is the share of what two answers say that both say, in [0, 1].
func (r rarity) alike(a, b string) float64 { return r.shared(wordsOf(a), wordsOf(b)) }

func (r rarity) shared(left, right map[string]bool) float64 {
	var both, all float64
	for w := range left {
		all += r.weight(w)
		if right[w] {
			both += r.weight(w)
		}
	}
	for w := range right {
		if !left[w] {
			all += r.weight(w)
		}
	}
	if all == 0 {
		return 0
	}
	return both / all
}

func wordsOf(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range phrase.Words(phrase.Normalise(text)) {
		out[w.Text] = true
	}
	return out
}
