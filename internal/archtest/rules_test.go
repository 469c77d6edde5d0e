package archtest

import (
	"strings"
	"testing"
)

// rule looks at a tree and says what is wrong with it, each with its reason.
type rule struct {
	name  string
	check func(tree) []string
	// breaks are sources in which the rule must find something: file names and texts.
	breaks []map[string]string
	// keeps are sources that look alike and are allowed.
	keeps []map[string]string
}

// rules lists all of them.
func rules() []rule {
	var all []rule
	for _, part := range [][]rule{importRules(), shapeRules(), habitRules(), sqlRules(), wiringRules()} {
		all = append(all, part...)
	}
	return all
}

func TestTheHouseKeepsItsRules(t *testing.T) {
	t.Parallel()
	tr := checkout(t)
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			for _, finding := range r.check(tr) {
				t.Error(finding)
			}
		})
	}
}

func TestEveryRuleSeesWhatItForbids(t *testing.T) {
	t.Parallel()
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			if len(r.breaks) == 0 {
				t.Error("the rule has no example that breaks it")
			}
			for _, example := range r.breaks {
				if len(r.check(made(t, example))) == 0 {
					t.Errorf("nothing found in\n%s", show(example))
				}
			}
			for _, example := range r.keeps {
				if found := r.check(made(t, example)); len(found) > 0 {
					t.Errorf("found %q in\n%s", found, show(example))
				}
			}
		})
	}
}

func made(t *testing.T, texts map[string]string) tree {
	t.Helper()
	tr, err := parse(texts)
	if err != nil {
		t.Fatalf("the example is not Go: %v", err)
	}
	return tr
}

func show(texts map[string]string) string {
	var b strings.Builder
	for name, text := range texts {
		b.WriteString("== " + name + "\n" + text + "\n")
	}
	return b.String()
}

// one is an example of a single file.
func one(name, text string) map[string]string { return map[string]string{name: text} }
