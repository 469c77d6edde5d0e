package pattern

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func bytesOf(t testing.TB, tr *Trained) []byte {
	t.Helper()
	b, err := tr.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatWasTrainedReadsBackAndMatchesAlike(t *testing.T) {
	t.Parallel()
	tr, err := TrainTriggers(t.Context(), clubExamples())
	if err != nil {
		t.Fatal(err)
	}
	var back Trained
	if err := back.UnmarshalBinary(bytesOf(t, tr)); err != nil {
		t.Fatal(err)
	}
	want, got := tr.Matcher(clubExamples()), back.Matcher(clubExamples())
	for _, text := range []string{"what is the wifi password", "our screen is frozen", "do not unlock the door", "lalala", ""} {
		if diff := cmp.Diff(want.Match(text, 0), got.Match(text, 0)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	if got.Fresh() != 0 || got.Version() != Version(clubExamples()) {
		t.Errorf("%d fresh in version %s", got.Fresh(), got.Version())
	}
	stored := strings.ToLower(string(bytesOf(t, tr)))
	for _, e := range clubExamples() {
		if text := strings.ToLower(e.Text); len(text) > 12 && strings.Contains(stored, text) {
			t.Fatalf("the bytes hold the text %q", e.Text)
		}
	}
}

func TestTriggerThatIsTakenAwayMatchesNoMore(t *testing.T) {
	t.Parallel()
	all := []Trigger{{"wifi", "what is the wifi password", Similar}, {"wifi", "wifi code", Similar}, {"screen", "the screen is frozen", Similar}, {"screen", "screen froze", Words}, {"mower", "the robot mower drove into the lobby", Similar}}
	full := Train(all)
	less := full.Of(all[:3])
	for _, text := range []string{"the robot mower drove into the lobby", "robot mower in the lobby"} {
		if r := full.Match(text, 1); r.None || r.Candidates[0].Label != "mower" {
			t.Errorf("before, %q: %s", text, brief(r))
		}
		for _, c := range less.Match(text, 0).Candidates {
			if c.Label == "mower" {
				t.Errorf("after, %q: %s", text, c.Example)
			}
		}
	}
	if r := less.Match("screen froze", 1); len(r.Candidates) > 0 && r.Candidates[0].Mode == Words {
		t.Errorf("a rule that is gone: %s", brief(r))
	}
	if r := less.Of(all).Match("robot mower in the lobby", 1); r.None || r.Candidates[0].Label != "mower" {
		t.Errorf("when it is back: %s", brief(r))
	}
}

func TestBeforeAnyTrainingLikenessAnswers(t *testing.T) {
	t.Parallel()
	m := Likeness(clubExamples()).Matcher(clubExamples())
	for text, want := range map[string]string{"what is the wifi password": "wifi_password", "whats the wifi password": "wifi_password"} {
		if r := m.Match(text, 1); r.None || r.Candidates[0].Label != want {
			t.Errorf("%q: %s", text, brief(r))
		}
	}
	if r := m.Match("which planet is the largest", 1); !r.None {
		t.Errorf("a stranger: %s", brief(r))
	}
	if r := Likeness(nil).Matcher(nil).Match("wifi", 1); !r.None {
		t.Errorf("without triggers: %s", brief(r))
	}
}

func TestContradictoryStrangeAndEndlessTriggersDoNoHarm(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("the ball dispenser hums and blinks while we wait ", 500)
	triggers := append(clubExamples(), Trigger{"a", "open the gate", Similar}, Trigger{"b", "open the gate", Similar}, Trigger{"empty", "", Similar}, Trigger{"marks", "?!…", Similar},
		Trigger{"emoji", "🔥🔥🔥", Similar}, Trigger{"endless", long, Similar}, Trigger{"german", "Die Tür geht nicht auf", Similar}, Trigger{"japanese", "ドアが開きません", Similar}, Trigger{"arabic", "الباب لا يفتح", Exact})
	for name, m := range map[string]*Matcher{"trained": Train(triggers), "by likeness": Likeness(triggers).Matcher(triggers), "fresh": Train(clubExamples()).With(triggers)} {
		for _, text := range []string{"", " ", "🔥🔥🔥", "?!…", long, strings.Repeat("x", 1<<20), "\xff\xfe", "Die Tür geht nicht auf!", "ドアが開きません", "الباب لا يفتح"} {
			m.Match(text, 0)
		}
		if r := m.Match("open the gate", 0); len(r.Candidates) < 2 || r.Candidates[0].Confidence >= 0.75 {
			t.Errorf("%s: a contradiction is sure: %s", name, brief(r))
		}
		if r := m.Match("die tür geht nicht auf", 1); r.None || r.Candidates[0].Label != "german" {
			t.Errorf("%s: another language: %s", name, brief(r))
		}
	}
}

func FuzzTrainedNeverPanics(f *testing.F) {
	triggers := clubExamples()[:8]
	tr, err := TrainTriggers(context.Background(), triggers)
	if err != nil {
		f.Fatal(err)
	}
	b := bytesOf(f, tr)
	f.Add(b[modelHeader:])
	f.Add(bytesOf(f, Likeness(triggers))[modelHeader:])
	for _, at := range []int{0, 1, 9, 30, 200, len(b) / 2, len(b) - modelHeader - 9} {
		x := append([]byte(nil), b[modelHeader:]...)
		x[at] ^= 0x55
		f.Add(x)
		f.Add(x[:at])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		whole := append(make([]byte, modelHeader), body...)
		seal(whole, trainedMagic, trainedVersion)
		var tr Trained
		if err := tr.UnmarshalBinary(whole); err != nil {
			if !Unusable(err) {
				t.Fatal(err)
			}
			return
		}
		tr.Matcher(triggers).Match("the screen froze and the door won't open", 0)
	})
}

func FuzzModelPartsNeverPanic(f *testing.F) {
	m := Likeness(clubExamples()[:6]).model
	b, err := m.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[modelHeader:])
	for at := 0; at < len(b)-modelHeader; at += 97 {
		x := append([]byte(nil), b[modelHeader:]...)
		x[at] ^= 0x7f
		f.Add(x)
	}
	f.Fuzz(func(_ *testing.T, body []byte) {
		var m Model
		if m.UnmarshalBinary(sealed(body)) == nil {
			m.Predict(Event{Text: "the screen froze and the door won't open"})
		}
	})
}

func FuzzReaderKeepsItsBounds(f *testing.F) {
	for _, s := range []string{"", "the door won't open", "do NOT unlock the door", "🔥🔥", "\xff\xfe\x00", "ドアが開きません", strings.Repeat("a ", 3000), "e\u0301e\u0301", "1 2 3 bay 4?!"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r eventReader
		once := len(r.read(&Event{Text: text}))
		if again := len(r.read(&Event{Text: text})); again != once {
			t.Errorf("%d features, then %d", once, again)
		}
		counts := r.counts(&Event{Text: text})
		for i := 1; i < len(counts); i++ {
			if counts[i].feature <= counts[i-1].feature {
				t.Fatal("features out of order")
			}
		}
	})
}

func TestBytesOfAnotherVersionAreToldFromDamage(t *testing.T) {
	t.Parallel()
	b := bytesOf(t, Likeness(clubExamples()))
	foreign := append([]byte(nil), b...)
	foreign[len(trainedMagic)]++
	damaged := append([]byte(nil), b...)
	damaged[len(b)/2] ^= 1
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{"foreign": {foreign, ErrVersion}, "damaged": {damaged, ErrDamaged}, "cut": {b[:len(b)-1], ErrDamaged}, "nothing": {nil, ErrDamaged}} {
		if err := new(Trained).UnmarshalBinary(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMatchersAreSwappedUnderLoadWithoutATornOne(t *testing.T) {
	t.Parallel()
	base := Train([]Trigger{{"wifi", "what is the wifi password", Similar}, {"screen", "the screen is frozen", Similar}})
	triggers := func(n int) []Trigger {
		out := base.source()
		for i := range n {
			out = append(out, Trigger{"lesson", fmt.Sprintf("lesson number %c about the robot mower", 'a'+i), Similar})
		}
		return out
	}
	var current atomic.Pointer[Matcher]
	current.Store(base)
	var done atomic.Bool
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for !done.Load() {
				m := current.Load()
				r := m.Match("what is the wifi password", 0)
				if r.None || r.Candidates[0].Label != "wifi" || r.Version != m.Version() {
					t.Errorf("torn: %s", brief(r))
					return
				}
				if r := m.Match("lesson number a about the robot mower", 0); m.Fresh() > 0 && (r.None || r.Candidates[0].Label != "lesson") {
					t.Errorf("%d lessons are not found: %s", m.Fresh(), brief(r))
					return
				}
			}
		})
	}
	for i := range 60 {
		current.Store(base.Of(triggers(i % 7)))
	}
	done.Store(true)
	wg.Wait()
}

// situations makes patterns of a club that never was: n labels, each with one or two texts.
func situations(n int) []Trigger {
	rng := rand.New(rand.NewPCG(7, 7))
	things := strings.Fields(manyThings)
	pick := func() string { return things[rng.IntN(len(things))] }
	out := make([]Trigger, 0, n)
	for i := range n {
		out = append(out, Trigger{Label: fmt.Sprintf("pat_%06d", i), Text: fmt.Sprintf("the %s %s near the %s is %s since %s, code %s%d", pick(), pick(), pick(), pick(), pick(), pick()[:2], rng.IntN(9000))})
	}
	return out
}

const manyThings = `window lamp carpet heater fridge coffee machine sofa towel basket putter driver tripod camera speaker remote charger cable socket locker mirror ceiling fan
vent filter pump hose faucet sink toilet paper soap dispenser doormat stairs railing elevator parking barrier sign poster clock radio router antenna tablet printer scanner till receipt
voucher coupon jacket glove umbrella bottle glass plate fork microwave oven kettle toaster broken cold hot loud quiet dirty wet sticky missing empty full locked jammed loose bent cracked
noisy dim bright foggy dusty slippery crooked upside monday tuesday wednesday thursday friday saturday sunday morning noon evening midnight yesterday spring summer autumn winter easter
christmas thunderstorm blackout flood party tournament lesson cleaning delivery inspection renovation north south east west upper lower inner outer left right front back blue red green yellow`

func TestPatternOfVeryManyIsFoundByALikeText(t *testing.T) {
	t.Parallel()
	all := append(clubExamples(), situations(5000)...)
	m := Likeness(all).Matcher(all)
	found := 0
	for _, s := range situations(5000)[:100] {
		text := "hello, " + strings.Replace(strings.Replace(s.Text, "since", "ever since", 1), ", code", " it says", 1)
		if r := m.Match(text, 1); len(r.Candidates) > 0 && r.Candidates[0].Label == s.Label {
			found++
		}
	}
	if found < 97 {
		t.Errorf("%d of 100 are found", found)
	}
}
