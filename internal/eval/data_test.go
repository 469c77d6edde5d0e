package eval_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"clubos/internal/eval"
	"clubos/internal/pattern"
)

// measured makes each of the three measurements of rows and looks at what every report must be: a JSON
// object of finite numbers, its shares between 0 and 1.
func measured(t *testing.T, rows []eval.Row) (s eval.StaticReport, st eval.StreamReport, g eval.GuaranteeReport) {
	t.Helper()
	var errs [3]error
	s, errs[0] = eval.Static(t.Context(), rows, eval.StaticConfig{Target: 0.3, Confidence: 0.6})
	st, errs[1] = eval.Stream(t.Context(), rows, eval.StreamConfig{Target: 0.3, Audit: 0.2, Shuffles: 2})
	g, errs[2] = eval.Guarantee(t.Context(), rows, 4, eval.StaticConfig{Target: 0.3, Confidence: 0.6})
	for i, r := range []any{s, st, g} {
		if errs[i] != nil {
			t.Fatalf("%T: %v", r, errs[i])
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%T: %v", r, err)
		}
	}
	shares := []float64{s.InScopeAccuracy, s.RightIn, s.Coverage, s.Error, s.OOSFalseAccept, s.AUROC, s.FPR95, s.ECE, g.KeptShare, st.Summary.RightIn, st.Summary.Coverage, st.Summary.Error, st.Summary.InterventionsSaved}
	for _, v := range append(shares, g.Errors...) {
		if !(v >= 0 && v <= 1) {
			t.Errorf("a share of %v", v)
		}
	}
	return s, st, g
}

// without returns the rows of which drop does not hold.
func without(rows []eval.Row, drop func(eval.Row) bool) []eval.Row {
	return slices.DeleteFunc(slices.Clone(rows), drop)
}

func TestWithoutRowsToCalibrateAFifthOfTheTrainingDoes(t *testing.T) {
	t.Parallel()
	rows := without(made(t, true), func(r eval.Row) bool { return r.Split == eval.Val })
	s, _, g := measured(t, rows)
	if !strings.Contains(s.CalibratedOn, "train") || s.NVal == 0 || s.TestedOn != "test" || s.RightIn == 0 || len(g.Errors) != 4 {
		t.Errorf("%+v", s)
	}
	train := len(without(rows, func(r eval.Row) bool { return r.Split != eval.Train }))
	if s.NTrain+s.NVal != train || s.NVal > train/4 {
		t.Errorf("%d and %d of %d", s.NTrain, s.NVal, train)
	}
}

func TestWithoutStrangersThereIsNothingToTellApart(t *testing.T) {
	t.Parallel()
	s, _, _ := measured(t, without(made(t, true), func(r eval.Row) bool { return r.Label == "" }))
	if s.OOSFalseAccept != 0 || s.AUROC != 0 || s.FPR95 != 0 || s.InScopeAccuracy < 0.7 {
		t.Errorf("%+v", s)
	}
	only, _, _ := measured(t, without(made(t, true), func(r eval.Row) bool { return r.Label != "" && r.Split == eval.Test }))
	if only.InScopeAccuracy != 0 || only.RightIn != 0 || only.Coverage > 0 && only.Error != 1 {
		t.Errorf("strangers alone: %+v", only)
	}
}

func TestFewRowsEntitleToNoAnswerAndAreStillAReport(t *testing.T) {
	t.Parallel()
	rows := []eval.Row{
		{Event: pattern.Event{Text: "the screen froze"}, Label: "frozen", Split: eval.Train},
		{Event: pattern.Event{Text: "the door is locked"}, Label: "door", Split: eval.Train},
		{Event: pattern.Event{Text: "my screen froze"}, Label: "frozen", Split: eval.Test},
	}
	s, st, g := measured(t, rows)
	if s.Threshold != nil || s.Coverage != 0 || s.InScopeAccuracy != 1 || s.NTest != 1 || len(st.Shuffles) != 2 || g.KeptShare != 1 {
		t.Errorf("%+v %+v %+v", s, st, g)
	}
}

func TestLabelsOfOneExampleUnknownOnesAndContradictionsAreCounted(t *testing.T) {
	t.Parallel()
	rows := append(made(t, true),
		eval.Row{Event: pattern.Event{Text: "the mower is in the lobby"}, Label: "mower", Split: eval.Train},
		eval.Row{Event: pattern.Event{Text: "mower in the lobby"}, Label: "mower", Split: eval.Test},
		eval.Row{Event: pattern.Event{Text: "a question nobody taught"}, Label: "untaught", Split: eval.Test},
		eval.Row{Event: pattern.Event{}, Label: "wifi", Split: eval.Train}, eval.Row{Event: pattern.Event{}, Label: "wifi", Split: eval.Val}, eval.Row{Event: pattern.Event{}, Split: eval.Test},
		eval.Row{Event: pattern.Event{Text: "\ufffd\ufffd ?!… 🔥"}, Label: "door", Split: eval.Test},
		eval.Row{Event: pattern.Event{Text: strings.Repeat("the door is locked ", 20_000)}, Label: "door", Split: eval.Test},
	)
	for range 5 {
		rows = append(rows, eval.Row{Event: pattern.Event{Text: "open the gate"}, Label: "door", Split: eval.Train}, eval.Row{Event: pattern.Event{Text: "open the gate"}, Label: "cancel", Split: eval.Train})
	}
	s, _, _ := measured(t, rows)
	if s.InScopeAccuracy < 0.7 || s.InScopeAccuracy == 1 {
		t.Errorf("%+v", s)
	}
}

func TestOneLabelAndManyAreMeasured(t *testing.T) {
	t.Parallel()
	one, _, _ := measured(t, without(made(t, true), func(r eval.Row) bool { return r.Label != "" && r.Label != "wifi" }))
	if one.InScopeAccuracy != 1 {
		t.Errorf("one label: %+v", one)
	}
	things := strings.Fields("window lamp carpet heater fridge sofa towel putter")
	states := strings.Fields("broken cold loud dirty missing")
	var rows []eval.Row
	for i, a := range things {
		for k, b := range states {
			for n, form := range []string{"the %s is %s", "our %s seems %s today", "%s %s"} {
				split := []eval.Split{eval.Train, eval.Train, eval.Test}[n]
				if n == 2 && (i+k)%2 == 0 {
					split = eval.Val
				}
				rows = append(rows, eval.Row{Event: pattern.Event{Text: fmt.Sprintf(form, a, b)}, Label: a + "_" + b, Split: split})
			}
		}
	}
	s, err := eval.Static(t.Context(), rows, eval.StaticConfig{})
	if err != nil || s.InScopeAccuracy < 0.9 || math.IsNaN(s.ECE) {
		t.Errorf("%d labels: %+v, %v", len(things)*len(states), s, err)
	}
}

func TestCircumstancesMayBeThereOrNot(t *testing.T) {
	t.Parallel()
	plain := made(t, true)
	for i := range plain {
		plain[i].Tags, plain[i].Numbers = nil, nil
	}
	mixed := slices.Clone(plain)
	for i := range mixed {
		if i%3 == 0 {
			mixed[i].Tags = map[string]string{"place": "north"}
		}
	}
	for name, rows := range map[string][]eval.Row{"none": plain, "some": mixed} {
		if s, _, _ := measured(t, rows); s.InScopeAccuracy < 0.7 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestDataThatCannotBeMeasuredIsAClearError(t *testing.T) {
	t.Parallel()
	rows := made(t, true)
	for name, c := range map[string]struct {
		drop func(eval.Row) bool
		want error
	}{
		"nothing to learn from":       {func(r eval.Row) bool { return r.Split == eval.Train }, eval.ErrNoTraining},
		"nothing to judge":            {func(r eval.Row) bool { return r.Split != eval.Train }, eval.ErrNothingToJudge},
		"strangers alone to learn of": {func(r eval.Row) bool { return r.Split == eval.Train && r.Label != "" }, pattern.ErrNoLabels},
	} {
		left := without(rows, c.drop)
		_, static := eval.Static(t.Context(), left, eval.StaticConfig{})
		_, stream := eval.Stream(t.Context(), left, eval.StreamConfig{})
		_, guarantee := eval.Guarantee(t.Context(), left, 3, eval.StaticConfig{})
		for _, err := range []error{static, stream, guarantee} {
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), "split") { // it says which rows to add
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
