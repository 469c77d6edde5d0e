package pattern

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// smallExamples is a small set of labelled events, with strangers.
func smallExamples() []Example {
	var out []Example
	for i, t := range clubExamples() {
		if i < 90 {
			out = append(out, Example{Event: Event{Text: t.Text}, Label: t.Label})
		}
	}
	return append(out, strangers()[:30]...)
}

// smallModel is trained once for all tests that only read it.
var smallModel = sync.OnceValue(func() *Model {
	m, err := TrainModel(context.Background(), smallExamples(), TrainOptions{Seed: 1, Folds: 2})
	if err != nil {
		panic(err)
	}
	return m
})

func best(t *testing.T, m *Model, e Event) Ranked {
	t.Helper()
	p := m.Predict(e)
	r, ok := p.Best()
	if !ok {
		t.Fatalf("%+v has no candidate", e)
	}
	return r
}

func TestAModelKnowsWhatItWasTaughtAndNamesThePrecedent(t *testing.T) {
	t.Parallel()
	m := smallModel()
	examples := smallExamples()
	right := 0
	for i, e := range examples[:90] {
		r := best(t, m, e.Event)
		if r.Label == e.Label {
			right++
		}
		if r.Nearest < 0 || r.Nearest >= 90 || examples[r.Nearest].Label != r.Label {
			t.Errorf("example %d: the precedent of %s is %d", i, r.Label, r.Nearest)
		}
	}
	if right < 88 {
		t.Errorf("%d of 90 examples are known", right)
	}
	if len(m.Labels()) == 0 || m.SizeBytes() < 1000 {
		t.Errorf("labels %v, size %d", m.Labels(), m.SizeBytes())
	}
}

func TestProbabilitiesAreProbabilities(t *testing.T) {
	t.Parallel()
	m := smallModel().With([]Example{{Event: Event{Text: "the robot mower is loose"}, Label: "mower"}})
	for _, text := range append(unrelated(), "the screen is frozen", "robot mower loose", "unlock the door please") {
		p := m.Predict(Event{Text: text})
		sum := 0.0
		for _, c := range p.Candidates {
			sum += c.Probability
			if !(c.Probability >= 0 && c.Probability <= 1) {
				t.Errorf("%q: %+v", text, p.Candidates)
			}
		}
		if sum > 1+1e-9 || math.Abs(sum-p.InScope) > 1e-9 {
			t.Errorf("%q: the probabilities sum to %v, in scope %v", text, sum, p.InScope)
		}
	}
}

func TestAnyTextIsReadInBoundedTime(t *testing.T) {
	t.Parallel()
	m := smallModel()
	for _, text := range []string{
		"", " ", "\xff\x00", "👍", "?", "a", strings.Repeat("unlock the door ", 5000), strings.Repeat("é", 500_000), strings.Repeat("👍", 50_000),
		"明日の天気はどうですか", "مرحبا كيف حالك", "¿dónde está la llave?", strings.Repeat("x", 1<<20), "\u202e", strings.Repeat("?", 1<<16),
	} {
		start := time.Now()
		p := m.Predict(Event{Text: text})
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%.20q took %v", text, took)
		}
		if c, ok := p.Best(); ok && math.IsNaN(c.Probability) {
			t.Errorf("%.20q: %+v", text, c)
		}
	}
	if p := m.Predict(Event{}); len(p.Candidates) != 0 || !math.IsInf(p.Logit, -1) {
		t.Errorf("an empty event: %+v", p)
	}
}

func TestTrainingIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var first []byte
	for range 2 {
		m, err := TrainModel(t.Context(), smallExamples(), TrainOptions{Seed: 1, Folds: 2})
		if err != nil {
			t.Fatal(err)
		}
		b, err := m.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !bytes.Equal(first, b) {
			t.Error("two trainings differ")
		}
		first = b
	}
}

func TestAModelComesBackFromItsBytes(t *testing.T) {
	t.Parallel()
	m := smallModel()
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var back Model
	if err := back.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	again, _ := back.MarshalBinary()
	if !bytes.Equal(b, again) {
		t.Error("the bytes of the copy differ")
	}
	for _, text := range []string{"the screen froze", "wifi password", "who are you", "do not cancel my booking"} {
		if a, b := m.Predict(Event{Text: text}), back.Predict(Event{Text: text}); a.Logit != b.Logit || !slices.Equal(a.Candidates, b.Candidates) {
			t.Errorf("%q: %+v, copy %+v", text, a, b)
		}
	}
}

func TestADamagedModelIsAnError(t *testing.T) {
	t.Parallel()
	b, _ := smallModel().MarshalBinary()
	var m Model
	for name, x := range map[string][]byte{"empty": nil, "short": b[:5], "cut": b[:len(b)-1], "longer": append(bytes.Clone(b), 0), "header": append([]byte("X"), b[1:]...)} {
		if err := m.UnmarshalBinary(x); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, at := range []int{modelHeader, len(b) / 2, len(b) - 1} {
		x := bytes.Clone(b)
		x[at] ^= 1
		if err := m.UnmarshalBinary(x); !errors.Is(err, ErrDamaged) {
			t.Errorf("flipped at %d: %v", at, err)
		}
	}
	x := bytes.Clone(b)
	binary.LittleEndian.PutUint16(x[len(modelMagic):], modelVersion+1)
	if err := m.UnmarshalBinary(x); !errors.Is(err, ErrVersion) {
		t.Errorf("another version: %v", err)
	}
	body := bytes.Clone(b[modelHeader:])
	body[0] ^= 1
	if err := m.UnmarshalBinary(sealed(body)); !errors.Is(err, ErrVersion) {
		t.Errorf("another lexicon: %v", err)
	}
}

// sealed gives bytes a header with the right checksum.
func sealed(body []byte) []byte {
	out := append([]byte(modelMagic), 0, 0, 0, 0, 0, 0)
	binary.LittleEndian.PutUint16(out[len(modelMagic):], modelVersion)
	binary.LittleEndian.PutUint32(out[len(modelMagic)+2:], crc32.Checksum(body, castagnoli))
	return append(out, body...)
}

func FuzzUnmarshalNeverPanics(f *testing.F) {
	m, err := TrainModel(context.Background(), smallExamples()[:12], TrainOptions{Folds: 1})
	if err != nil {
		f.Fatal(err)
	}
	b, _ := m.MarshalBinary()
	f.Add(b[modelHeader:])
	for _, at := range []int{0, 1, 2, 60, 400, 5000, len(b) / 2, len(b) - modelHeader - 200} {
		x := bytes.Clone(b[modelHeader:])
		x[at] ^= 0x55
		f.Add(x)
		f.Add(x[:at])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var m Model
		if err := m.UnmarshalBinary(sealed(body)); err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion) {
				t.Fatal(err)
			}
			return
		}
		m.Predict(Event{Text: "the screen froze and the door won't open"})
	})
}

func TestTrainingEndsWithItsContextAndNeedsALabel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, folds := range []int{1, 2} {
		if _, err := TrainModel(ctx, smallExamples(), TrainOptions{Folds: folds}); !errors.Is(err, context.Canceled) {
			t.Errorf("%d folds: %v", folds, err)
		}
	}
	if _, err := TrainModel(t.Context(), strangers(), TrainOptions{}); !errors.Is(err, ErrNoLabels) {
		t.Errorf("no labels: %v", err)
	}
}

func TestCircumstancesAreLearned(t *testing.T) {
	t.Parallel()
	var examples []Example
	for range 6 {
		examples = append(examples,
			Example{Event: Event{Domain: DomainError, Tags: map[string]string{"device": "projector", "code": "E42"}, Numbers: map[string]float64{"hours": 900, "offset": -2}}, Label: "lamp"},
			Example{Event: Event{Domain: DomainError, Tags: map[string]string{"device": "door", "code": "E42"}, Numbers: map[string]float64{"hours": 3, "offset": 0}}, Label: "latch", Weight: 2})
	}
	m, err := TrainModel(t.Context(), examples, TrainOptions{Folds: 1})
	if err != nil {
		t.Fatal(err)
	}
	for device, want := range map[string]string{"projector": "lamp", "door": "latch"} {
		if r := best(t, m, Event{Domain: DomainError, Tags: map[string]string{"device": device, "code": "E42"}}); r.Label != want {
			t.Errorf("%s: %+v", device, r)
		}
	}
	if step(math.NaN()) != 0 || step(3) != step(3.5) || step(3) == step(300) || step(3) == step(-3) {
		t.Error("steps of numbers")
	}
}

func TestAFreshPrecedentCountsAtOnce(t *testing.T) {
	t.Parallel()
	base := smallModel()
	m := base.With([]Example{
		{Event: Event{Text: "the robot mower drove into the lobby"}, Label: "mower"},
		{Event: Event{Text: "screen is frozen"}, Label: ""},
	})
	if r := best(t, m, Event{Text: "the robot mower drove into the lobby again"}); r.Label != "mower" || r.Probability < 0.8 || r.Nearest != len(smallExamples()) {
		t.Errorf("a label never seen: %+v", r)
	}
	if before, after := best(t, base, Event{Text: "screen is frozen"}), best(t, m, Event{Text: "screen is frozen"}); after.Probability >= before.Probability {
		t.Errorf("none of these: %v, before %v", after, before)
	}
	again := base.With([]Example{{Event: Event{Text: "wifi code"}, Label: "frozen_screen"}})
	if p := again.Predict(Event{Text: "wifi code"}); p.Candidates[0].Label != "frozen_screen" || p.Candidates[0].Probability > 0.99 {
		t.Errorf("a correction: %+v", p.Candidates)
	}
	if base.With(nil).Predict(Event{Text: "wifi code"}).Logit != base.Predict(Event{Text: "wifi code"}).Logit {
		t.Error("nothing new changed something")
	}
}

func TestWhatIsForbiddenIsNotWhatIsAsked(t *testing.T) {
	t.Parallel()
	m, err := TrainModel(t.Context(), append(smallExamples(),
		Example{Event: Event{Text: "unlock the door"}, Label: "unlock"}, Example{Event: Event{Text: "please unlock the front door"}, Label: "unlock"},
		Example{Event: Event{Text: "unlock door now"}, Label: "unlock"}), TrainOptions{Folds: 1})
	if err != nil {
		t.Fatal(err)
	}
	wish := best(t, m, Event{Text: "unlock the door"})
	if wish.Label != "unlock" || wish.Probability < 0.5 {
		t.Errorf("wish %+v", wish)
	}
	for _, text := range []string{"do not unlock the door", "please don't unlock the front door now"} {
		p := m.Predict(Event{Text: text})
		if ban, _ := p.Best(); ban.Label == "unlock" && ban.Probability > wish.Probability/2 {
			t.Errorf("wish %+v, %q %+v", wish, text, ban)
		}
	}
}
