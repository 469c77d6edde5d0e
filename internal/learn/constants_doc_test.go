package learn

import (
	"fmt"
	"go/ast"
	exact "go/constant"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"time"

	"clubos/internal/pattern/module"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
)

// units are what constants of other packages are written with.
var units = map[string]int64{"Second": int64(time.Second), "Minute": int64(time.Minute), "Hour": int64(time.Hour)}

// source reads the constants of a file of another package, which keeps them to itself.
func source(t *testing.T, file string) map[string]exact.Value {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]exact.Value{}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			for i, name := range v.Names {
				if i < len(v.Values) {
					out[name.Name] = worth(v.Values[i])
				}
			}
		}
	}
	return out
}

// worth is the value of a constant's expression; unknown for what is no number.
func worth(e ast.Expr) exact.Value {
	switch e := e.(type) {
	case *ast.BasicLit:
		return exact.MakeFromLiteral(e.Value, e.Kind, 0)
	case *ast.SelectorExpr:
		if n, ok := units[e.Sel.Name]; ok {
			return exact.MakeInt64(n)
		}
	case *ast.BinaryExpr:
		if x, y := worth(e.X), worth(e.Y); x.Kind() != exact.Unknown && y.Kind() != exact.Unknown && e.Op != token.SHL {
			return exact.BinaryOp(x, e.Op, y)
		}
	}
	return exact.MakeUnknown()
}

func number(t *testing.T, in map[string]exact.Value, name string) float64 {
	t.Helper()
	v, ok := in[name]
	if !ok || v.Kind() == exact.Unknown || v.Kind() == exact.String {
		t.Fatalf("there is no number %s any more: say where what the document says of it comes from", name)
	}
	x, _ := exact.Float64Val(exact.ToFloat(v))
	return x
}

// spanOf writes how long a constant lasts, as the document counts it.
func spanOf(nanoseconds float64) string {
	d := time.Duration(nanoseconds)
	switch {
	case d > 24*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d > time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}

// spaced writes a number with its thousands apart.
func spaced(x float64) string {
	if x >= 1000 {
		return fmt.Sprintf("%d %03d", int(x)/1000, int(x)%1000)
	}
	return fmt.Sprintf("%g", x)
}

func TestEachRowOfTheConstantsAroundTheBoundIsTheCodes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(decisionsDoc)
	if err != nil {
		t.Fatal(err)
	}
	earned, learner := source(t, "../pattern/earned.go"), source(t, "../pattern/learner.go")
	of := func(name string) float64 { return number(t, earned, name) }
	alpha := number(t, learner, "defaultAlpha")
	lessons := source(t, "../pattern/reliability/promise.go")
	promising := fmt.Sprintf("%g; %g", number(t, lessons, "promisingPeople"), number(t, lessons, "promisingAgainst")*reliability.DefaultPolicy().LabelError)
	want := map[string]string{
		"certainty of the learner's threshold":                                           fmt.Sprintf("%.2f; %.3f before it answers", 1-alpha, 1-alpha*of("begin")),
		"worth of the odds beside the record":                                            fmt.Sprintf("%g outcomes", of("priorWorth")),
		"events before the learner answers; share that must lie above its threshold":     fmt.Sprintf("%g; %.2f", of("leastSeen"), of("leastShare")),
		"a share that is few; of the target, what few may have wrong":                    fmt.Sprintf("%.2f, then %.2f; %g", of("fewShare"), of("fewShare")*of("stay"), of("strict")),
		"comparisons before somebody is set aside; others":                               fmt.Sprintf("%d; %d", peersEnough, peersPeople),
		"their agreement, of the others'":                                                fmt.Sprintf("surely under %g, at %g", peersShare, 1-peersCertainty),
		"nearly the same text; the same answer":                                          fmt.Sprintf("%g; %g of the words", sameText, sameAnswer),
		"failing: good outcomes, of at least":                                            fmt.Sprintf("under %.2f, of %d", failingBelow, failingOutcomes),
		"disputed: overrides; of at least so many uses":                                  fmt.Sprintf("over %d, or over %.2f; %d", disputedOver, disputedRate, disputedUses),
		"matches are calibrated by what became known from; by the newest":                fmt.Sprintf("%d; %s", leastTruths, spaced(mostTruths)),
		"a promising lesson: people behind it; of its outcomes, against it at most":      promising,
		"reviews of what is done alone, at first":                                        fmt.Sprintf("%.2f", setting.Default().ReviewShare),
		"an outcome counts half after":                                                   spanOf(float64(reliability.HalfLife)),
		"outcomes and people to propose, people to act, at first":                        fmt.Sprintf("%d, %d, %d", setting.Default().ProposeOutcomes, setting.Default().ProposePeople, setting.Default().ExecutePeople),
		"time to object to what is announced, at first; its part near the next tier":     fmt.Sprintf("%s; %g", spanOf(float64(setting.Default().SuggestDeadline)), number(t, source(t, "../decide/plan.go"), "leastWait")),
		"the end of a fault is the effect of an act within":                              spanOf(float64(module.Soon)),
		"asked again, or reported again, an answer or an act has not helped within":      spanOf(float64(asksAgain)) + "; " + spanOf(float64(silence)),
		"a text and a report are one situation within":                                   spanOf(number(t, source(t, "../decide/kin.go"), "together")),
		"the same answer, where nothing like it was weighed; the same in other words":    fmt.Sprintf("%g; %g of the words", sameAnswerAnywhere, sameWords),
		"a person's answers between two comparisons; the newest that are compared":       fmt.Sprintf("%d; %d", peersEvery, peersOwn),
		"a match without a model waits for one beyond the burst":                         spanOf(number(t, source(t, "../decide/decide.go"), "trainingPatience")),
		"labels with learners of their own; entries of the index read for all others":    spaced(number(t, source(t, "../pattern/split.go"), "mostLinear")) + "; " + spaced(number(t, source(t, "../pattern/index.go"), "indexBudget")),
		"situations of procedures and lessons that a matcher is trained on, in steps of": spaced(number(t, source(t, "../decide/known.go"), "settledStep")),
	}
	_, rows, ok := strings.Cut(string(text), "Of what is around the bound:\n\n| constant | value | because |\n|---|---|---|\n")
	if !ok {
		t.Fatal("the table of what is around the bound is gone")
	}
	rows, _, _ = strings.Cut(rows, "\n\n")
	for row := range strings.SplitSeq(rows, "\n") {
		cells := strings.Split(strings.Trim(row, "|"), "|")
		if len(cells) != 3 {
			t.Errorf("no row: %q", row)
			continue
		}
		name, value := strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1])
		switch is, held := want[name]; {
		case !held:
			t.Errorf("nothing holds %q to the code", name)
		case is != value:
			t.Errorf("%q is %s, the document says %s", name, is, value)
		}
		delete(want, name)
	}
	for name, is := range want {
		t.Errorf("the document does not say: | %s | %s |", name, is)
	}
}
