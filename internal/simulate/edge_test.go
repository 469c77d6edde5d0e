package simulate_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/simulate"
)

func TestEdgeTextsRepeatBySeedAndAreNamedOnce(t *testing.T) {
	t.Parallel()
	a, b, c := simulate.EdgeTexts(1, 200), simulate.EdgeTexts(1, 200), simulate.EdgeTexts(2, 200)
	if d := cmp.Diff(a, b); d != "" {
		t.Error(d)
	}
	if cmp.Equal(a, c) {
		t.Error("another seed gave the same texts")
	}
	seen := map[string]bool{}
	for _, e := range a {
		if seen[e.Name] {
			t.Errorf("%q twice", e.Name)
		}
		seen[e.Name] = true
	}
}

func TestEdgeTextsHoldWhatHurts(t *testing.T) {
	t.Parallel()
	texts := simulate.EdgeTexts(1, 200)
	for what, has := range map[string]func(string) bool{
		"NUL":             func(s string) bool { return strings.Contains(s, "\x00") },
		"broken UTF-8":    func(s string) bool { return !utf8.ValidString(s) },
		"1600 characters": func(s string) bool { return utf8.RuneCountInString(s) == 1600 },
		"zero width":      func(s string) bool { return strings.Contains(s, "\u200b") },
		"right to left":   func(s string) bool { return strings.Contains(s, "ש") },
		"SQL":             func(s string) bool { return strings.Contains(s, "DROP TABLE") },
		"HTML":            func(s string) bool { return strings.Contains(s, "<script>") },
		"the last plane":  func(s string) bool { return strings.ContainsFunc(s, func(r rune) bool { return r >= 0x100000 }) },
		"nothing":         func(s string) bool { return s == "" },
	} {
		found := false
		for _, e := range texts {
			found = found || has(e.Text)
		}
		if !found {
			t.Errorf("no text with %s", what)
		}
	}
	if s, ok := simulate.FindEdgeText("only emoji"); !ok || s == "" {
		t.Error("only emoji is not found by name")
	}
	if _, ok := simulate.FindEdgeText("no such thing"); ok {
		t.Error("found what is not there")
	}
}
