package lexicon

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryPhraseIsSoundAndMeansAWordOfTheFields(t *testing.T) {
	t.Parallel()
	fields, _, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	phrases, err := parse(nil, phraseFile)
	if err != nil {
		t.Fatal(err)
	}
	known, heads := map[string]bool{}, map[string]bool{}
	for _, f := range fields {
		for _, w := range f.words {
			known[w] = true
		}
	}
	shape := regexp.MustCompile(`^[a-z]+(_[a-z]+)+$`)
	for _, f := range phrases {
		if !known[f.name] || heads[f.name] || len(f.words) == 0 {
			t.Errorf("%s stands twice, in no field or for no phrase", f.name)
		}
		heads[f.name] = true
		for i, w := range f.words {
			if !shape.MatchString(w) || slices.Contains(f.words[:i], w) {
				t.Errorf("%s: %q stands twice or is no phrase", f.name, w)
			}
		}
	}
}

func TestTheLongestPhraseThatStandsThereIsMeant(t *testing.T) {
	t.Parallel()
	l := withPhrases("off: turn_off\nagain: turn_off_and_on\n")
	for text, want := range map[string]string{
		"turn off the lamp":        "off",
		"turn all the lamps off":   "off",
		"turn off and on":          "again",
		"turn a b c d off":         "",
		"turn left":                "",
		"off turn":                 "",
		"turn the lamp | then off": "",
	} {
		words := strings.Fields(text)
		got := l.Phrase(func(i int) string {
			if i >= len(words) || words[i] == "|" {
				return ""
			}
			return words[i]
		})
		if !slices.Equal(got, l.Of(want)) {
			t.Errorf("%q means %v, want %v of %q", text, got, l.Of(want), want)
		}
	}
}

func TestAPhraseOfTwoWordsMeansBoth(t *testing.T) {
	t.Parallel()
	l := withPhrases("off: shut_down\nagain: shut_down\n")
	got := l.Phrase(func(i int) string { return []string{"shut", "down", ""}[min(i, 2)] })
	if near := alike(got, l.Of("off")); len(got) != 2 || near != alike(got, l.Of("again")) || near < 0.7 {
		t.Errorf("shut down is %v", got)
	}
}

// withPhrases is a lexicon of two words and the phrases of a text.
func withPhrases(text string) *Lexicon {
	fields, _ := parse(nil, "x: off\ny: again\n")
	phrases, _ := parse(nil, text)
	l := build(fields, nil, same)
	l.enterPhrases(phrases, same)
	return l
}
