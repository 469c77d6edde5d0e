package pattern

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Mode says how an example is compared with a text.
type Mode string

// The modes.
const (
	// Exact: the same text after phrase.Normalise, but for punctuation at its ends.
	Exact Mode = "exact"
	// Words: every word of the example occurs, in any order, neither forbidden
	// nor denied unless the example denies it too.
	Words Mode = "words"
	// Similar: by similarity; see the package comment.
	Similar Mode = "similar"
	// Report: the code of an event that was reported, and circumstances that must hold; see Reported. Such a
	// trigger says nothing of texts.
	Report Mode = "event"
	// Precedent: an event that was decided on, as Event.Encode writes it.
	Precedent Mode = "precedent"
)

// Trigger is one labelled text of a procedure, or an event that was decided on. A zero Mode is Similar.
type Trigger struct {
	Label string
	Text  string
	Mode  Mode
}

// Candidate is a label that a text may belong to.
type Candidate struct {
	Label   string
	Example string // the example text that matched best
	Mode    Mode   // how that example matched
	// Score orders candidates; it is the Confidence before anything was known of outcomes.
	Score float64
	// Confidence is 0 to MaxConfidence: the model's probability that this is what
	// the text is about, or what a rule says.
	Confidence float64
	Why        string // for people: what the text and the example share
}

// Result is the answer to one text.
type Result struct {
	// Candidates are the labels that resemble the text at all, most confident
	// first, equal ones by label. They are listed also when None holds.
	Candidates []Candidate
	// None: no label is close enough to be proposed (confidence below NoneBelow).
	None bool
	// NoneScore is 1 minus the best confidence: how little the text is like anything known.
	NoneScore float64
	// Version names the examples that the matcher was trained on.
	Version string
	// Space names the space of the view that was heeded; "" when the engine alone has answered.
	Space string
}

// MaxConfidence is the most that this matcher claims, for exact matches too: the
// same words may be meant otherwise. It says how surely the situation is the known
// one; whether what is done in it works is for outcomes to show.
const MaxConfidence = 0.99

// NoneBelow is the confidence under which the answer is "none of these". It is
// the lower end of the approve tier.
const NoneBelow = 0.50

// Engine names how this package trains and matches. Models of another engine are
// trained afresh.
const Engine = "committee-5"

// Version names triggers: equal for equal ones in any order, and another one
// when this package would match them in another way. Matchers of one version are
// interchangeable. It is the sum of the triggers' digests (Bellare, Micciancio
// 1997), so that a change costs no sorting.
func Version(triggers []Trigger) string {
	sum := sha256.Sum256([]byte(Engine))
	hi, lo := binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])
	seen := make(map[uint64]bool, len(triggers))
	var b []byte
	for _, t := range triggers {
		if seen[t.key()] {
			continue
		}
		seen[t.key()] = true
		b = fmt.Appendf(b[:0], "%q %q %q", t.Label, cmp.Or(t.Mode, Similar), t.Text)
		sum = sha256.Sum256(b)
		var carry uint64
		lo, carry = bits.Add64(lo, binary.BigEndian.Uint64(sum[8:16]), 0)
		hi, _ = bits.Add64(hi, binary.BigEndian.Uint64(sum[:8]), carry)
	}
	return fmt.Sprintf("%016x", hi^lo)
}
