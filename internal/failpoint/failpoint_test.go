package failpoint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

func TestAnOrderIsDueAtItsHitOnce(t *testing.T) {
	t.Parallel()
	for order, want := range map[string]string{
		"act.called:2": "-x--", "act.called:1": "x---", "*:1": "x---", "*:3": "--x-",
		"": "----", "act.called": "----", "act.called:0": "----", "act.called:-1": "----", "act.called:x": "----", "other:1": "----",
	} {
		o, got := parse(order), ""
		for _, p := range []Point{ActCalled, ActCalled, ReplyCalled, ActCalled} {
			mark := "-"
			if o.due(p) {
				mark = "x"
			}
			got += mark
		}
		if got != want {
			t.Errorf("%q is due at %s, want %s", order, got, want)
		}
	}
}

func TestNothingHappensInAProgramThatNoHarnessLinked(t *testing.T) {
	t.Setenv("CLUBOS_FAILPOINT", "*:1")
	for _, p := range Points() {
		Hit(p) // would end this process
	}
}

func TestEveryPointIsListed(t *testing.T) {
	t.Parallel()
	f, err := parser.ParseFile(token.NewFileSet(), "failpoint.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, p := range Points() {
		listed[string(p)] = true
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		if v, ok := node.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if n++; !listed[strings.Trim(lit.Value, `"`)] {
					t.Errorf("%s is not listed", lit.Value)
				}
			}
		}
		return true
	})
	if n != len(listed) {
		t.Errorf("%d points, %d listed", n, len(listed))
	}
}
