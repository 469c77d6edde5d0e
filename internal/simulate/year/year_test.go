package year_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"clubos/internal/decide"
	"clubos/internal/simulate/year"
	"clubos/internal/store/storetest"
)

func TestTheSameSeedLivesTheSameYear(t *testing.T) {
	t.Parallel()
	var first []byte
	matchers := decide.NewMatchers(false, 0)
	for i := range 2 {
		var trace bytes.Buffer
		cfg := year.Config{Seed: 7, Days: 2, PerDay: 6, Learning: 1, Trace: &trace, Matchers: matchers}
		if url := storetest.DatabaseURL(); url != "" {
			cfg.DatabaseURL, cfg.SchemaPrefix = url, storetest.Config(t).TenantPrefix
		}
		r, err := year.Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if r.Total.Matters < 6 || r.Total.Coverage == 0 || r.Total.Interventions == 0 {
			t.Fatalf("little has happened: %+v", r.Total)
		}
		if i == 0 {
			first = trace.Bytes()
		} else if !bytes.Equal(first, trace.Bytes()) {
			t.Errorf("two traces of one seed:\n%s\n\n%s", first, trace.Bytes())
		}
	}
}

// Some days with an operator who approves everything and answers wrongly, and with mistakes of the others.
func TestOneHostileOperatorBreaksNoClaim(t *testing.T) {
	t.Parallel()
	if storetest.DatabaseURL() != "" {
		t.Skip("which engine keeps the rows is no matter here; the other test has lived on it")
	}
	r, err := year.Run(t.Context(), year.Config{Seed: 11, Days: 5, PerDay: 6, Learning: 1, Hostile: true, NoDrift: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.Total.Auto.Done+r.Total.Announced.Done < 5 || len(r.Remaining) == 0 {
		t.Fatalf("little was done alone: %+v, %d reviews, %d causes", r.Total, r.Reviews.Right+r.Reviews.Wrong, len(r.Remaining))
	}
	for _, p := range r.Promises {
		if strings.HasPrefix(p.Name, "patterns") && !p.Holds { // shares of so few decisions say nothing; a binomial tail does
			t.Errorf("%s: %.3g, wanted %s", p.Name, p.Got, p.Want)
		}
	}
	var explained bytes.Buffer
	if err := r.WriteRemaining(&explained); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, x := range r.Remaining {
		for _, n := range x.Months {
			sum += n
		}
	}
	if want := r.Total.Interventions * float64(r.Total.Matters) / 100; math.Abs(float64(sum)-want) > 0.5 || !strings.Contains(explained.String(), "rule: no match") {
		t.Errorf("%d interventions are explained of %.0f:\n%s", sum, want, explained.String())
	}
}
