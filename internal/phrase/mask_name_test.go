package phrase

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOrdinaryWordIsMaskedOnlyWhereItIsAName(t *testing.T) {
	t.Parallel()
	names := []string{"Will Byron", "Will", "Byron", "May", "Mark", "Rose", "Chase", "Grant", "Hope"}
	for text, want := range map[string]string{
		"will the door open":                     "will the door open",
		"Will the door open?":                    "Will the door open?",
		"WILL THE DOOR OPEN":                     "WILL THE DOOR OPEN",
		"Hello. Will it open? May I come in?":    "Hello. Will it open? May I come in?",
		"may i come in, i hope it will work":     "may i come in, i hope it will work",
		"can you mark it and grant me access":    "can you mark it and grant me access",
		"the price rose, chase it up":            "the price rose, chase it up",
		"The Door Will Not Open":                 "The Door Will Not Open",
		"Hope this helps":                        "Hope this helps",
		"hi will the door open":                  "hi will the door open",
		"it's Will in bay 3":                     "it's «name» in bay 3",
		"Hi Will, we look at it":                 "Hi «name», we look at it",
		"this is Will, the door won't open":      "this is «name», the door won't open",
		"this is will, the door won't open":      "this is «name», the door won't open",
		"I'm Mark from bay 3":                    "I'm «name» from bay 3",
		"im mark":                                "im «name»",
		"i am hope":                              "i am «name»",
		"my name is rose":                        "my name is «name»",
		"My name’s Rose":                         "My name’s «name»",
		"i’m rose":                               "i’m «name»",
		"Will’s booking is at 4":                 "«name»’s booking is at 4",
		"the door is stuck - will":               "the door is stuck - «name»",
		"the door is stuck\nGrant":               "the door is stuck\n«name»",
		"the door is stuck. Thanks! Grant":       "the door is stuck. Thanks! «name»",
		"Thanks, Chase":                          "Thanks, «name»",
		"Will here, the door won't open":         "«name» here, the door won't open",
		"Will's booking is at 4":                 "«name»'s booking is at 4",
		"is Will's bay free":                     "is «name»'s bay free",
		"will byron booked bay 3":                "«name» booked bay 3",
		"byron here, will it open":               "«name» here, will it open",
		"Will Byron":                             "«name»",
		"Will":                                   "«name»",
		"this is will be fixed":                  "this is will be fixed",
		"not sure what May wants, open till May": "not sure what «name» wants, open till «name»",
	} {
		got := Mask(text, names...)
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
		if again := Mask(got, names...); again != got {
			t.Errorf("%q: masked %q, again %q", text, got, again)
		}
	}
}

func TestNoOtherNameIsEverLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Z][a-z]{3,9}x`).Draw(t, "name") // no word of the table ends so, but for fox and box
		if ordinaryNames[strings.ToLower(name)] {
			t.Skip()
		}
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"will", "Will", "the", "door", "open", "may", "-", "\n", "this is", "I'm", name, strings.ToLower(name), strings.ToUpper(name)}), 1, 12).Draw(t, "words")
		got := Mask(strings.Join(words, " "), "Will", name)
		if strings.Contains(strings.ToLower(got), strings.ToLower(name)) {
			t.Errorf("%q leaves %q", got, name)
		}
		if again := Mask(got, "Will", name); again != got {
			t.Errorf("masked %q, again %q", got, again)
		}
	})
}

// Lower-case words in a sentence are never names, whatever the member is called.
func TestOrdinaryWordsOfASentenceStay(t *testing.T) {
	t.Parallel()
	for word := range ordinaryNames {
		text := "please let me in, " + word + " the door and " + word + " it is"
		if got := Mask(text, strings.ToUpper(word[:1])+word[1:]); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
