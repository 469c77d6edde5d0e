package pattern

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"

	"clubos/internal/pattern/lexicon"
)

// likeness is the cosine of the meanings of two texts.
func likeness(a, b string) float64 {
	var dot, aa, bb float64
	x, y := meaningOf(a), meaningOf(b)
	for k := range x {
		dot += float64(x[k]) * float64(y[k])
		aa += float64(x[k]) * float64(x[k])
		bb += float64(y[k]) * float64(y[k])
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}

func meaningOf(text string) (sum []float32) {
	sum = make([]float32, meanings().Fields())
	for _, w := range read(text) {
		for _, p := range meanings().Of(w.stem) {
			sum[p.Field] += p.Weight
		}
	}
	return sum
}

func TestWordsOfLikeMeaningLieCloserThanOthers(t *testing.T) {
	t.Parallel()
	for _, line := range strings.Split(strings.TrimSpace(alike), "\n") {
		w := strings.Fields(line)
		near, far := likeness(w[0], w[1]), likeness(w[0], w[2])
		if near < far+0.1 {
			t.Errorf("%s is %.2f like %s, %.2f like %s", w[0], near, w[1], far, w[2])
		}
	}
}

// alike has a word, one that is like it and one that is less so, on each line.
const alike = `
taxi cab dog
cancel delete weather
refund reimburse golf
repair fix song
broken faulty hungry
frozen stuck banana
begin start lamp
finish complete spider
quiet silent invoice
loud noisy invoice
cheap inexpensive river
expensive costly river
delivery parcel swing
password passcode chicken
wifi router sandwich
screen projector breakfast
television tv lettuce
rain drizzle tax
snow blizzard tax
movie film petrol
song tune petrol
doctor physician keyboard
headache migraine keyboard
mother mum train
kid child train
flight airplane soap
suitcase luggage soap
hotel motel thumb
petrol gasoline poem
steal theft window
smoke fire email
stink smell calendar
toilet restroom calendar
chilly cold voucher
annoyed angry ladder
joke funny ladder
thanks grateful engine
booking appointment onion
postpone reschedule onion
driver putter salary
key fob pancake
gate door pancake
translate spanish gravel
multiply arithmetic gravel
song music tax
door window melody
money dollar window
`

func TestWhatAMemberMeansIsNearerToAParaphraseThanToAnotherWish(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"the projector is flickering", "picture on the screen flashes", "give me my money back"},
		{"reimburse my payment", "i want a refund", "the toilet is clogged"},
		{"the loo is blocked", "restroom is overflowing", "extend my booking"},
		{"it is freezing in here", "turn up the heating", "the ball is not detected"},
		{"can i bring a buddy", "is a guest allowed", "wrong door code"},
	} {
		if near, far := likeness(c[0], c[1]), likeness(c[0], c[2]); near < far+0.1 {
			t.Errorf("%q is %.2f like %q, %.2f like %q", c[0], near, c[1], far, c[2])
		}
	}
}

func TestStemsLeaveMostWordsApart(t *testing.T) {
	t.Parallel()
	if n := meanings().Len(); n < 8000 {
		t.Errorf("%d stems are too few", n)
	}
}

func BenchmarkMeanings(b *testing.B) {
	for b.Loop() {
		lexicon.New(stem)
	}
}

func TestAPhraseMeansWhatItsWordDoesUnlessItIsForbidden(t *testing.T) {
	t.Parallel()
	field := func(text, word string) float32 {
		var r eventReader
		r.read(&Event{Text: text})
		name, _ := stem(word)
		own := slices.MaxFunc(meanings().Of(name), func(a, b lexicon.Part) int { return cmp.Compare(a.Weight, b.Weight) })
		return r.meaning[own.Field]
	}
	if field("put the meeting off", "delay") == 0 || field("it does not work", "fail") == 0 {
		t.Error("a phrase means nothing")
	}
	if field("put the meeting there", "delay") != 0 || field("do not put the meeting off", "delay") != 0 {
		t.Error("what is forbidden is meant")
	}
}
