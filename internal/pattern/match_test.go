package pattern

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func brief(r Result) string {
	var b strings.Builder
	for _, c := range r.Candidates {
		fmt.Fprintf(&b, "[%s %.2f/%.2f %s] ", c.Label, c.Score, c.Confidence, c.Example)
	}
	return b.String()
}

func TestAForbiddenRequestNeverMatchesTheWish(t *testing.T) {
	t.Parallel()
	m := Train(append(clubExamples(),
		Trigger{"unlock", "unlock the door", Similar}, Trigger{"unlock", "open the door", Similar}, Trigger{"unlock", "unlock door", Words}, Trigger{"unlock", "open door", Words},
		Trigger{"restart", "restart bay 3", Similar}, Trigger{"restart", "please restart the simulator", Similar}))
	for _, text := range []string{
		"do NOT unlock the door", "don't unlock the door", "Do not open the door!", "please dont open the door", "Do NOT unlock the door, a stranger is outside", "never unlock the door",
		"no need to unlock the door", "do nto unlock the door", "don't restart bay 3", "do not restart the simulator please", "no need to restart bay 3", "without unlocking the door",
	} {
		for _, c := range m.Match(text, 0).Candidates {
			if (c.Label == "unlock" || c.Label == "restart" || c.Label == "door_wont_open") && c.Confidence >= NoneBelow {
				t.Errorf("%q matches %q with %.2f: %s", text, c.Example, c.Confidence, c.Why)
			}
		}
	}
	for text, want := range map[string]string{"unlock the door": "unlock", "can you restart bay 5": "restart", "open the door": "unlock"} {
		if r := m.Match(text, 1); r.None || r.Candidates[0].Label != want {
			t.Errorf("%q: %s", text, brief(r))
		}
	}
}

func TestExactIsEqualityAfterNormalising(t *testing.T) {
	t.Parallel()
	m := Train([]Trigger{{"greet", "Hello Club!", Exact}, {"wifi", "wifi password", Similar}})
	if r := m.Match(" “hello   CLUB”. ", 1); r.None || r.Candidates[0].Label != "greet" || r.Candidates[0].Confidence > MaxConfidence || r.Candidates[0].Confidence < 0.9 {
		t.Errorf("equal text: %+v", r)
	}
	if r := m.Match("hello club again", 1); !r.None {
		t.Errorf("a longer text was taken for equal: %+v", r)
	}
}

func TestWordsNeedsEveryWordInAnyOrderAndUndenied(t *testing.T) {
	t.Parallel()
	m := Train([]Trigger{{"reboot", "reboot bay", Words}, {"sound", "no sound", Words}})
	for text, want := range map[string]string{
		"bay reboot please": "reboot", "can you reboot our bay": "reboot", "rebooting bay 3": "reboot", "don't reboot the bay": "", "reboot it": "", "bay won't reboot": "",
		"there is no sound": "sound", "what is that sound": "", "sound is fine": "",
	} {
		r := m.Match(text, 1)
		got := ""
		if !r.None {
			got = r.Candidates[0].Label
		}
		if got != want {
			t.Errorf("%q: got %q, want %q: %s", text, got, want, brief(r))
		}
	}
}

func TestClearParaphrasesAreSureAndVagueOnesAreNot(t *testing.T) {
	t.Parallel()
	m := Train(clubExamples())
	for text, least := range map[string]float64{
		"what is the wifi password": 0.75, "our screen is frozen": 0.75, "please cancel my booking": 0.75, "teh screen is frozn": 0.75, "where is the bathrom": 0.75,
		"Hey guys, we are here for our 7pm booking. The screen in bay 3 just froze, can you help?": 0.75, "wifi": 0.50, "screen frozen": 0.75, "refund": 0.50,
	} {
		if r := m.Match(text, 2); r.None || r.Candidates[0].Confidence < least {
			t.Errorf("%q: want at least %.2f: %s", text, least, brief(r))
		}
	}
}

func TestABareTopicOrAStateIsNoSureRequest(t *testing.T) {
	t.Parallel()
	m := Train(append(clubExamples(), Trigger{"unlock", "unlock the door", Similar}, Trigger{"unlock", "unlock door", Words}, Trigger{"unlock", "open the front door", Similar}))
	for _, text := range []string{"lights", "the ball", "wifi", "door", "parking?", "is the door unlocked", "the door is unlocked and anyone can walk in", "the door was unlocked when we came"} {
		if r := m.Match(text, 2); len(r.Candidates) > 0 && r.Candidates[0].Confidence >= 0.75 {
			t.Errorf("%q: %s", text, brief(r))
		}
	}
}

func TestConfidenceNeverReachesTheAutoTier(t *testing.T) {
	t.Parallel()
	m := Train(clubExamples())
	for _, e := range clubExamples() {
		r := m.Match(e.Text, 1)
		if c := r.Candidates[0].Confidence; c > MaxConfidence || c < 0.5 {
			t.Errorf("%q: confidence %.3f of its own text", e.Text, c)
		}
	}
}

func TestTwoLabelsWithOneTextAreNotSure(t *testing.T) {
	t.Parallel()
	m := Train([]Trigger{{"a", "open the gate", Similar}, {"b", "open the gate", Similar}, {"c", "wifi password", Similar}})
	r := m.Match("open the gate", 0)
	if len(r.Candidates) < 2 || r.Candidates[0].Confidence >= 0.75 || r.Candidates[0].Label != "a" {
		t.Errorf("%s", brief(r))
	}
}

func TestAMatcherLearnsMoreWithoutTraining(t *testing.T) {
	t.Parallel()
	base := Train([]Trigger{{"wifi", "what is the wifi password", Similar}, {"wifi", "wifi code", Similar}, {"screen", "the screen is frozen", Similar}, {"screen", "screen froze", Words}})
	more := []Trigger{{"mower", "the robot mower drove into the lobby", Similar}, {"lawn", "mow lawn", Words}, {"", "nobody's", Similar}}
	m := base.With(more)
	for text, want := range map[string]string{"robot mower drove into the lobby again": "mower", "please mow the lawn": "lawn", "wifi code please": "wifi"} {
		if r := m.Match(text, 1); r.None || r.Candidates[0].Label != want {
			t.Errorf("%q: %s", text, brief(r))
		}
	}
	if base.With(nil) != base || m.Version() == base.Version() || len(m.Labels()) != 4 || len(base.Labels()) != 2 {
		t.Errorf("labels %v, before %v", m.Labels(), base.Labels())
	}
	if r := base.Match("please mow the lawn", 1); !r.None {
		t.Errorf("the first matcher learned too: %s", brief(r))
	}
	words := Train([]Trigger{{"lawn", "mow lawn", Words}}).With([]Trigger{{"wifi", "what is the wifi password", Similar}})
	if r := words.Match("what is the wifi password", 1); r.None || r.Candidates[0].Label != "wifi" {
		t.Errorf("after rules alone: %s", brief(r))
	}
}

func TestBanterIsNoEmergency(t *testing.T) {
	t.Parallel()
	m := Train(append(clubExamples(), Trigger{"fire", "there is a fire", Similar}, Trigger{"fire", "fire in the building", Similar}, Trigger{"fire", "I smell smoke", Similar}, Trigger{"fire", "smoke is coming from the projector", Similar}))
	for _, text := range []string{"im on fire today 3 birdies", "he is on fire, four birdies in a row", "that drive was smoked"} {
		if r := m.Match(text, 1); !r.None {
			t.Errorf("%q: %s", text, brief(r))
		}
	}
	if r := m.Match("there is smoke and a fire in bay 2", 1); r.None || r.Candidates[0].Label != "fire" {
		t.Errorf("a fire: %s", brief(r))
	}
}

func TestVersionDependsOnTheExamplesAlone(t *testing.T) {
	t.Parallel()
	a, b := Trigger{"x", "one", Similar}, Trigger{"y", "two", Exact}
	if Train([]Trigger{a, b}).Version() != Train([]Trigger{b, a}).Version() {
		t.Error("the order of examples changed the version")
	}
	if Train([]Trigger{a}).Version() == Train([]Trigger{a, b}).Version() || Train(nil).Version() == "" {
		t.Error("other examples had the same version, or none had no version")
	}
}

func TestNothingIsLikeNothing(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*Matcher{"untrained": Train(nil), "zero": {}, "useless": Train([]Trigger{{"", "x", Similar}, {"l", " ", Similar}, {"l", "…", Words}}), "trained": Train(clubExamples())} {
		for _, text := range []string{"", " ", "\xff\x00", "👍", strings.Repeat("x", 5000), strings.Repeat("é", 500_000), "\u202e", "?"} {
			if r := m.Match(text, 3); !r.None || r.NoneScore < 0.5 {
				t.Errorf("%s, %q: %+v", name, text, r)
			}
		}
	}
}

func TestMatchIsTheSameFromManyGoroutines(t *testing.T) {
	t.Parallel()
	m := Train(clubExamples())
	texts := parseLabelled(heldOut)
	want := make([]Result, len(texts))
	for i, x := range texts {
		want[i] = m.Match(x.text, 3)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, x := range texts {
				if diff := cmp.Diff(want[i], m.Match(x.text, 3)); diff != "" {
					t.Errorf("%q (-want +got):\n%s", x.text, diff)
				}
			}
		})
	}
	wg.Wait()
}

func TestTheSpellerCorrectsOneSlip(t *testing.T) {
	t.Parallel()
	s := newSpeller()
	for _, w := range []string{"frozen", "screen", "the", "door", "wifi", "not"} {
		s.add(w)
	}
	for in, want := range map[string]string{"frozn": "frozen", "sreen": "screen", "teh": "the", "dooor": "door", "wiif": "wifi", "nto": "not", "cat": "", "moor": "", "zzz": "", "doormat": ""} {
		if got, _ := s.correct(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzMatchNeverPanics(f *testing.F) {
	m := Train(append(clubExamples(), Trigger{"unlock", "unlock door", Words}, Trigger{"hi", "hi", Exact}))
	for _, s := range append(unrelated(), "do NOT unlock the door", "\xff\x00", "bay 3, don't", "not not not", "'") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := m.Match(s, 3)
		for _, c := range r.Candidates {
			if !(c.Confidence >= 0 && c.Confidence <= MaxConfidence) || !(c.Score >= 0 && c.Score <= 1.0001) {
				t.Errorf("%q: %+v", s, c)
			}
		}
		Train([]Trigger{{"k", s, Words}, {"j", s, Exact}}).Match(s, 0)
	})
}

func BenchmarkMatch(b *testing.B) {
	var examples []Trigger
	base := parseLabelled(triggers)
	for l := range 60 {
		for k := range 12 {
			x := base[(l*7+k)%len(base)]
			examples = append(examples, Trigger{fmt.Sprintf("label_%d", l), fmt.Sprintf("%s %s", x.text, base[(l*13+k*5)%len(base)].text), Similar})
		}
	}
	m := Train(examples)
	for _, text := range []string{"the screen in bay 3 is frozen", "Hey guys, we are here for our 7pm booking. The screen in bay 3 just froze, can you help us please?"} {
		b.Run(fmt.Sprint(len(text)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Match(text, 3)
			}
		})
	}
}

func BenchmarkTrain(b *testing.B) {
	for b.Loop() {
		Train(clubExamples())
	}
}

func TestWhichBayItIsDoesNotChangeTheSituation(t *testing.T) {
	t.Parallel()
	m := Train([]Trigger{{Label: "frozen", Text: "bay 3 froze"}, {Label: "wifi", Text: "what is the wifi password"}})
	for _, text := range []string{"bay 1 froze", "Bay 12 froze", "bay #7 froze"} {
		r := m.Match(text, 1)
		if r.None || r.Candidates[0].Label != "frozen" || r.Candidates[0].Confidence < 0.8 {
			t.Errorf("%q: %+v", text, r.Candidates)
		}
	}
}
