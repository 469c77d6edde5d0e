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
	of := func(w string) (v [Dim]float32) {
		if !l.Add(w, &v) {
			t.Fatalf("%s is not known", w)
		}
		return v
	}
	if of("ran") != of("run") {
		t.Error("ran is not run")
	}
	parent, stranger := of("x"), of("q")
	child := of("run")
	near, far := float32(0), float32(0)
	for k := range child {
		near += child[k] * parent[k]
		far += child[k] * stranger[k]
	}
	if near < 0.3 || far > near {
		t.Errorf("child and parent %.2f, child and stranger %.2f", near, far)
	}
	if l.Add("unheard", &parent) || l.Len() != 5 {
		t.Errorf("%d stems, want 5", l.Len())
	}
}

func same(w string) (string, bool) { return w, false }

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(same)
	}
}

func BenchmarkAdd(b *testing.B) {
	l := New(same)
	var sum [Dim]float32
	for b.Loop() {
		l.Add("taxi", &sum)
	}
}
