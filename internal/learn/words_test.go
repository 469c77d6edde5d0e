package learn

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What stands for the value in the texts of the test: no letter, so that it touches none.
const mark = "{{v}}"

func TestAValueIsReplacedWhereverItIsAWordAndNowhereElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]string{"ab", "Bay 1", "a a", "İz", "straße", "Ann"}).Draw(t, "value")
		part := rapid.SampledFrom([]string{value, strings.ToUpper(value), " ", ", ", "x", "1", "İ", "K", "a", "b", "ſ"})
		text := strings.Join(rapid.SliceOfN(part, 0, 12).Draw(t, "parts"), "")
		got := replaceWord(text, value, mark)
		rest := text
		for i, kept := range strings.Split(got, mark) {
			if i > 0 { // the value stood before what was kept
				end := foldedEnd(rest, value)
				if end < 0 {
					t.Fatalf("%q became %q: what was replaced is not %q", text, got, value)
				}
				rest = rest[end:]
			}
			if !strings.HasPrefix(rest, kept) {
				t.Fatalf("%q became %q: other words are not as they were", text, got)
			}
			rest = rest[len(kept):]
		}
		for i := range got {
			end := i + len(value)
			if end <= len(got) && got[i:end] == value && edge(got, i, end) {
				t.Fatalf("%q became %q, which still says %q", text, got, value)
			}
		}
	})
}

// foldedEnd is where a value ends that a text begins with, whatever its case; -1: it does not.
func foldedEnd(text, value string) int {
	for end := 0; end <= len(text); end++ {
		if strings.EqualFold(text[:end], value) {
			return end
		}
	}
	return -1
}
