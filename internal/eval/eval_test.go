package eval_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"clubos/internal/eval"
)

// made is a small data set: four situations, told in many ways, and strangers.
func made(t *testing.T, test bool) []eval.Row {
	t.Helper()
	subjects := map[string][]string{
		"frozen": {"screen", "monitor", "display", "picture"}, "wifi": {"wifi", "internet", "wireless", "network"},
		"cancel": {"booking", "reservation", "session", "slot"}, "door": {"door", "gate", "entrance", "lock"},
	}
	frames := map[string][]string{
		"frozen": {"the %s froze", "our %s is frozen", "my %s got stuck", "frozen %s in here", "the %s does not respond", "%s hangs again"},
		"wifi":   {"what is the %s password", "need the %s code", "%s login please", "how do I connect to the %s", "give me the %s key", "is there %s here"},
		"cancel": {"cancel my %s", "please cancel the %s", "I cannot make my %s", "drop my %s tonight", "I want to cancel a %s", "remove our %s"},
		"door":   {"the %s is locked", "cannot open the %s", "let me in, the %s is shut", "%s code does not work", "stuck outside the %s", "%s will not open"},
	}
	var b strings.Builder
	n := 0
	for _, label := range []string{"frozen", "wifi", "cancel", "door"} {
		for i, f := range frames[label] {
			for k, s := range subjects[label] {
				split := "train"
				if (i+k)%3 == 1 {
					split = "val"
					if n++; test && n%2 == 0 {
						split = "test"
					}
				}
				fmt.Fprintf(&b, `{"text":%q,"label":%q,"split":%q,"oos":false,"context":{"place":"north","hour":%d}}`+"\n", fmt.Sprintf(f, s), label, split, i)
			}
		}
	}
	for i := range 24 {
		split := []string{"train", "val", "test"}[i%3]
		if split == "test" && !test {
			split = "val"
		}
		fmt.Fprintf(&b, `{"text":"stranger %d tells %s of planet %d","split":%q,"oos":true}`+"\n\n", i, []string{"tales", "songs", "jokes", "news"}[i%4], i*7, split)
	}
	rows, err := eval.Read(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAStaticMeasurementCountsWhatHappened(t *testing.T) {
	t.Parallel()
	for _, test := range []bool{false, true} {
		said := 0
		r, err := eval.Static(t.Context(), made(t, test), eval.StaticConfig{Target: 0.3, Confidence: 0.6, Progress: func(string) { said++ }})
		if err != nil {
			t.Fatal(err)
		}
		if r.InScopeAccuracy < 0.7 || r.AUROC < 0.8 || r.RightIn > r.InScopeAccuracy || r.P50us <= 0 || r.P95us < r.P50us || r.ModelMB <= 0 || said == 0 {
			t.Errorf("%+v", r)
		}
		if strings.HasPrefix(r.TestedOn, "val") == test {
			t.Errorf("tested on %q", r.TestedOn)
		}
		for _, v := range []float64{r.RightIn, r.Coverage, r.Error, r.OOSFalseAccept, r.FPR95, r.ECE} {
			if !(v >= 0 && v <= 1) {
				t.Errorf("a share of %v: %+v", v, r)
			}
		}
	}
}

func TestAGuaranteeIsCountedOverSplits(t *testing.T) {
	t.Parallel()
	r, err := eval.Guarantee(t.Context(), made(t, true), 8, eval.StaticConfig{Target: 0.3, Confidence: 0.6})
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, e := range r.Errors {
		if e <= 0.3 {
			kept++
		}
	}
	if len(r.Errors) != 8 || math.Abs(r.KeptShare-float64(kept)/8) > 1e-9 {
		t.Errorf("%+v", r)
	}
}

func TestAStreamIsLearnedTheSameWayEveryTime(t *testing.T) {
	t.Parallel()
	cfg := eval.StreamConfig{Audit: 0.2, Shuffles: 2, Seed: 3}
	a, err := eval.Stream(t.Context(), made(t, true), cfg)
	if err != nil {
		t.Fatal(err)
	}
	b, err := eval.Stream(t.Context(), made(t, true), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("%+v\n%+v", a, b)
	}
	for _, s := range a.Shuffles {
		if s.SecondHalf.N == 0 || s.Whole.N < 2*s.SecondHalf.N-1 || s.Whole.InterventionsSaved > s.Whole.Coverage {
			t.Errorf("%+v", s)
		}
	}
}

func TestNothingIsMeasuredWithoutTraining(t *testing.T) {
	t.Parallel()
	rows, err := eval.Read(strings.NewReader(`{"text":"x","label":"l","split":"val"}`))
	if err != nil {
		t.Fatal(err)
	}
	_, static := eval.Static(t.Context(), rows, eval.StaticConfig{})
	_, stream := eval.Stream(t.Context(), rows, eval.StreamConfig{})
	_, guarantee := eval.Guarantee(t.Context(), rows, 3, eval.StaticConfig{})
	for _, err := range []error{static, stream, guarantee} {
		if !errors.Is(err, eval.ErrNoTraining) {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, static = eval.Static(ctx, made(t, true), eval.StaticConfig{})
	_, stream = eval.Stream(ctx, made(t, true), eval.StreamConfig{})
	_, guarantee = eval.Guarantee(ctx, made(t, true), 3, eval.StaticConfig{})
	for _, err := range []error{static, stream, guarantee} {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}
