package lexicon

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryLineOfTheFieldsIsSound(t *testing.T) {
	t.Parallel()
	fields, _, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	name, word := regexp.MustCompile(`^[a-z0-9-]+(/[a-z0-9-]+)*$`), regexp.MustCompile(`^[a-z0-9]+$`)
	names, words := map[string]bool{}, map[string]bool{}
	for _, f := range fields {
		if names[f.name] || !name.MatchString(f.name) {
			t.Errorf("%s: the name stands twice or is none", f.name)
		}
		names[f.name] = true
		if len(f.words) == 0 {
			t.Errorf("%s has no words", f.name)
		}
		seen := map[string]bool{}
		for _, w := range f.words {
			if seen[w] || !word.MatchString(w) {
				t.Errorf("%s: %q stands twice or is no word", f.name, w)
			}
			seen[w], words[w] = true, true
		}
	}
	t.Logf("%d fields, %d words", len(fields), len(words))
	if len(fields) < 1500 || len(words) < 10_000 {
		t.Errorf("%d fields of %d words are too few", len(fields), len(words))
	}
}

func TestAFormBelongsToOneWordOfTheFields(t *testing.T) {
	t.Parallel()
	fields, forms, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	known, owner := map[string]bool{}, map[string]string{}
	for _, f := range fields {
		for _, w := range f.words {
			known[w] = true
		}
	}
	heads := map[string]bool{}
	for _, f := range forms {
		if heads[f.name] || strings.Contains(f.name, "/") || len(f.words) == 0 {
			t.Errorf("%s stands twice, is a child or has no forms", f.name)
		}
		heads[f.name] = true
		if !known[f.name] && !slices.ContainsFunc(f.words, func(w string) bool { return known[w] }) {
			t.Errorf("%s: no field holds it or any of its forms", f.name)
		}
	}
	for _, f := range forms {
		for _, w := range f.words {
			if owner[w] != "" || heads[w] {
				t.Errorf("%s is a form of %s and of %s", w, f.name, owner[w])
			}
			owner[w] = f.name
		}
	}
}

func TestALineThatIsNoFieldIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"no colon\n", ": nameless\n", " odd: indent\n", "a: b\n    orphan: c\n"} {
		if _, err := parse(nil, text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestAChildInheritsAndAFormIsItsWord(t *testing.T) {
	t.Parallel()
	fields, err := parse(nil, "# two trees\na: x\n  b: run\n  c: z\nd: q\n")
	if err != nil {
		t.Fatal(err)
	}
	forms, _ := parse(nil, "run: ran\n")
	l := build(fields, forms, same)
	if len(l.Of("ran")) != 2 || !slices.Equal(l.Of("ran"), l.Of("run")) {
		t.Errorf("ran is %v, run is %v", l.Of("ran"), l.Of("run"))
	}
	child := l.Of("z")
	if near, far := alike(child, l.Of("x")), alike(child, l.Of("q")); near < 0.3 || far != 0 {
		t.Errorf("child and parent %.2f, child and stranger %.2f", near, far)
	}
	if l.Of("unheard") != nil || l.Len() != 5 || l.Fields() != 4 {
		t.Errorf("%d stems of %d fields, want 5 of 4", l.Len(), l.Fields())
	}
}

func TestFieldsOfAnotherOrderAreAnotherVersion(t *testing.T) {
	t.Parallel()
	a, _ := parse(nil, "a: x\nb: y\n")
	b, _ := parse(nil, "b: y\na: x\n")
	if build(a, nil, same).Version() == build(b, nil, same).Version() {
		t.Error("one version for two orders")
	}
}

func TestALightWordIsShorter(t *testing.T) {
	t.Parallel()
	fields, _ := parse(nil, "a: the x\n")
	l := build(fields, nil, func(w string) (string, bool) { return w, w == "the" })
	if the, x := l.Of("the"), l.Of("x"); alike(the, the) > 0.26 || alike(x, x) < 0.99 {
		t.Errorf("the %v, x %v", the, x)
	}
}

// alike is the product of two words.
func alike(a, b []Part) (sum float32) {
	for _, p := range a {
		for _, q := range b {
			if p.Field == q.Field {
				sum += p.Weight * q.Weight
			}
		}
	}
	return sum
}

func same(w string) (string, bool) { return w, false }

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(same)
	}
}

func BenchmarkOf(b *testing.B) {
	l := New(same)
	for b.Loop() {
		l.Of("taxi")
	}
}
