package pattern

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const testDimensions = 48

// directed is a direction that only its name decides.
func directed(name string) []float32 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	rng := rand.New(rand.NewPCG(h.Sum64(), 5))
	v := make([]float32, testDimensions)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// meant is a text in a space that knows what it is about: near others of its matter, not equal to them. A
// text about nothing has a place of its own.
func meant(label, text string) Vector {
	sum := directed("text " + text)
	matter := directed("nothing " + text)
	if label != "" {
		matter = directed("matter " + label)
	}
	for i := range sum {
		sum[i] = 0.9*sum[i] + matter[i]
	}
	return NewVector(sum)
}

func knownIn(space func(label, text string) Vector) []Known {
	var out []Known
	for _, t := range slices.Concat(clubExamples(), Strangers()) {
		out = append(out, Known{t, space(t.Label, t.Text)})
	}
	return out
}

func weighedIn(space func(label, text string) Vector) *View {
	known := knownIn(space)
	w, err := Weigh(context.Background(), "test/48", testDimensions, known)
	if err != nil {
		panic(err)
	}
	return NewView(w, known)
}

// seeing is a matcher and a view of what it was trained on, made once for all tests.
var seeing = sync.OnceValues(func() (*Matcher, *View) { return Train(clubExamples()), weighedIn(meant) })

func TestASpaceThatKnowsTheMatterMakesAnswersSurerAndStrangersStranger(t *testing.T) {
	t.Parallel()
	m, v := seeing()
	if !v.w.Helps() {
		t.Fatalf("it does not help: %+v", v.w)
	}
	count := func(see func(label, text string) *Sight) (right, wrong, fooled int) {
		for _, h := range parseLabelled(heldOut) {
			if r := m.MatchSeen(h.text, 1, see(h.label, h.text)); !r.None && r.Candidates[0].Label == h.label {
				right++
			} else if !r.None {
				wrong++
			}
		}
		for _, text := range unrelated() {
			if r := m.MatchSeen(text, 1, see("", text)); !r.None {
				fooled++
			}
		}
		return right, wrong, fooled
	}
	right, wrong, fooled := count(func(string, string) *Sight { return nil })
	seenRight, seenWrong, seenFooled := count(func(label, text string) *Sight { return v.Look(meant(label, text)) })
	t.Logf("alone %d right, %d wrong, %d strangers taken; together %d, %d, %d", right, wrong, fooled, seenRight, seenWrong, seenFooled)
	if seenRight <= right || seenWrong > wrong || seenFooled > fooled {
		t.Error("the view has not helped")
	}
}

func TestASpaceThatSaysNothingIsNotHeeded(t *testing.T) {
	t.Parallel()
	m, _ := seeing()
	v := weighedIn(func(_, text string) Vector { return NewVector(directed("noise " + text)) })
	changed := 0
	for _, h := range parseLabelled(heldOut) {
		seen := m.MatchSeen(h.text, 0, v.Look(NewVector(directed("noise "+h.text))))
		if alone := m.Match(h.text, 0); len(alone.Candidates) > 0 && seen.Candidates[0].Label != alone.Candidates[0].Label {
			changed++
		}
	}
	if v.w.Together < v.w.Alone-0.01 || changed > 2 {
		t.Errorf("%d answers changed by chance: %+v", changed, v.w)
	}
}

func TestWithoutASightTheEngineAnswersAloneAndSaysSo(t *testing.T) {
	t.Parallel()
	m, v := seeing()
	const text = "the trackman just froze on us"
	alone := m.Match(text, 0)
	other := NewVector(append(directed("a space of its own"), 1))
	for name, s := range map[string]*Sight{"none": nil, "another dimension": v.Look(other), "no vector": v.Look(Vector{}), "an empty view": NewView(v.w, nil).Look(meant("", text))} {
		if got := m.MatchSeen(text, 0, s); !cmp.Equal(got, alone) || got.Space != "" {
			t.Errorf("%s: %s", name, cmp.Diff(alone, got))
		}
	}
	if got := m.MatchSeen(text, 0, v.Look(meant("frozen_screen", text))); got.Space != "test/48" {
		t.Errorf("heeded, it says %q", got.Space)
	}
}

func TestWhatIsForbiddenIsNotReadByNearness(t *testing.T) {
	t.Parallel()
	m, v := seeing()
	for _, text := range []string{"do not unlock the door, a stranger is outside", "please don't let anyone in", "never open the front door"} {
		got := m.MatchSeen(text, 0, v.Look(meant("door_wont_open", text)))
		if !cmp.Equal(got, m.Match(text, 0)) {
			t.Errorf("%q: %+v", text, got.Candidates)
		}
	}
}

func TestOfATriggerThatWasTakenAwayAViewFindsNothing(t *testing.T) {
	t.Parallel()
	all, v := seeing()
	m := all.Of(slices.DeleteFunc(clubExamples(), func(t Trigger) bool { return t.Label == "parking" }))
	const text = "somewhere to leave the car"
	for _, c := range m.MatchSeen(text, 0, v.Look(meant("parking", text))).Candidates {
		if c.Label == "parking" {
			t.Error("it was found")
		}
	}
	got := all.MatchSeen(text, 0, v.Look(meant("parking", text)))
	if len(got.Candidates) == 0 || got.Candidates[0].Label != "parking" || got.Candidates[0].Example == "" || got.Candidates[0].Why == "" {
		t.Errorf("before, it was not: %+v", got.Candidates)
	}
}

func TestFewTextsAndTextsWithoutVectorsLeaveTheEngineAlone(t *testing.T) {
	t.Parallel()
	known := knownIn(meant)
	for name, list := range map[string][]Known{"none": nil, "few": known[:30], "without vectors": knownIn(func(string, string) Vector { return Vector{} }),
		"of another dimension": knownIn(func(_, text string) Vector { return NewVector(directed(text)[:8]) })} {
		w, err := Weigh(t.Context(), "s", testDimensions, list)
		if err != nil || w.Helps() || w.Weights != aside() {
			t.Errorf("%s: %+v %v", name, w, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Weigh(ended, "s", testDimensions, known); err == nil {
		t.Error("it did not end with its context")
	}
}

func TestAWeighingIsTheSameEveryTimeAndComesBackFromJSON(t *testing.T) {
	t.Parallel()
	_, a := seeing()
	b := weighedIn(meant)
	text, err := json.Marshal(a.w)
	if err != nil {
		t.Fatal(err)
	}
	var back Weighing
	if err := json.Unmarshal(text, &back); err != nil || back != a.w || a.w != b.w {
		t.Errorf("%v: %+v, %+v, %+v", err, a.w, b.w, back)
	}
}

func TestAVectorComesBackFromItsBytes(t *testing.T) {
	t.Parallel()
	v := NewVector(directed("x"))
	back, err := ParseVector(v.Bytes())
	if err != nil || v.Cosine(back) < 0.9999 || back.Dimensions() != testDimensions {
		t.Errorf("%v %v", err, v.Cosine(back))
	}
	for _, b := range [][]byte{nil, {}, make([]byte, 16)} {
		if _, err := ParseVector(b); err == nil {
			t.Errorf("%v was read", b)
		}
	}
	long := make([]float32, 4096)
	for i := range long {
		long[i] = 1
	}
	if c := NewVector(long).Cosine(NewVector(long)); c < 0.9999 || c > 1.0001 {
		t.Errorf("a long vector is %v like itself", c)
	}
}

func TestAModelIsRefinedByAView(t *testing.T) {
	t.Parallel()
	var examples []Example
	var vectors []Vector
	for _, k := range knownIn(meant) {
		examples, vectors = append(examples, k.example()), append(vectors, k.Vector)
	}
	o := TrainOptions{Seed: 1, Folds: 1}
	m, err := TrainModel(t.Context(), examples, o)
	if err != nil {
		t.Fatal(err)
	}
	w, err := m.WeighExamples(t.Context(), "test/48", testDimensions, examples, vectors, o)
	if err != nil || !w.Helps() {
		t.Fatalf("%v %+v", err, w)
	}
	v := ViewExamples(w, examples, vectors)
	right, refined := 0, 0
	for _, h := range parseLabelled(heldOut) {
		p := m.Predict(Event{Text: h.text})
		if b, _ := p.Best(); b.Label == h.label {
			right++
		}
		q := v.Look(meant(h.label, h.text)).Refine(p)
		if b, _ := q.Best(); b.Label == h.label && examples[b.Nearest].Label == h.label {
			refined++
		}
		sum := 0.0
		for _, c := range q.Candidates {
			sum += c.Probability
		}
		if sum > 1+1e-9 || q.InScope > 1+1e-9 || q.Candidates[0].Probability < q.Candidates[len(q.Candidates)-1].Probability && q.Logit > 0 {
			t.Fatalf("%q: probabilities %+v", h.text, q.Candidates)
		}
		var none *Sight
		if got := none.Refine(p); got.Logit != p.Logit {
			t.Fatal("nothing was seen and something changed")
		}
	}
	if t.Logf("%d right alone, %d refined", right, refined); refined <= right {
		t.Error("the view has not helped")
	}
}

// BenchmarkLook compares a text with as many known texts as a club's view holds, in the usual dimensions of
// large models.
func BenchmarkLook(b *testing.B) {
	const dimensions, texts = 1536, 4000
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() Vector {
		v := make([]float32, dimensions)
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		return NewVector(v)
	}
	var known []Known
	for i := range texts {
		known = append(known, Known{Trigger{Label: string(rune('a' + i%200))}, random()})
	}
	v, text := NewView(Weighing{Dimensions: dimensions}, known), random()
	for b.Loop() {
		v.Look(text)
	}
}
