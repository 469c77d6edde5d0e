package pattern

import "testing"

func TestATextThatNothingKnownFitsIsRemembered(t *testing.T) {
	t.Parallel()
	known := []Trigger{{Label: "wifi", Text: "what is the wifi password"}, {Label: "wifi", Text: "how do I get on the internet"}, {Label: "door", Text: "the door does not open"}, {Label: "door", Text: "let me in please"}}
	text := "is the wifi radiation bad for my dog"
	strange := Trigger{Text: text}
	before := Train(known)
	for name, m := range map[string]*Matcher{"trained": Train(append([]Trigger{strange}, known...)), "added": before.With([]Trigger{strange}), "added to a trained one": Train(append([]Trigger{{Text: "do dogs like golf"}}, known...)).With([]Trigger{strange})} {
		if got, was := m.Match(text, 1), before.Match(text, 1); !got.None || len(got.Candidates) > 0 && got.Candidates[0].Confidence >= was.Candidates[0].Confidence {
			t.Errorf("%s: %+v, before %+v", name, got, was)
		}
		if got := m.Match("what is the wifi password", 1); got.None || got.Candidates[0].Label != "wifi" {
			t.Errorf("%s: what is known is %+v", name, got)
		}
		if m.Version() == before.Version() || len(m.Labels()) != 2 {
			t.Errorf("%s: version %s, labels %v", name, m.Version(), m.Labels())
		}
	}
}
