package year_test

import (
	"bytes"
	"testing"

	"clubos/internal/simulate/year"
	"clubos/internal/store/storetest"
)

func TestTheSameSeedLivesTheSameYear(t *testing.T) {
	t.Parallel()
	var first []byte
	for i := range 2 {
		var trace bytes.Buffer
		cfg := year.Config{Seed: 7, Days: 4, PerDay: 6, Learning: 1, Trace: &trace}
		if url := storetest.DatabaseURL(); url != "" {
			cfg.DatabaseURL, cfg.SchemaPrefix = url, storetest.Config(t).TenantPrefix
		}
		r, err := year.Run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if r.Total.Matters < 10 || r.Total.Coverage == 0 || r.Total.Interventions == 0 {
			t.Fatalf("little has happened: %+v", r.Total)
		}
		if i == 0 {
			first = trace.Bytes()
		} else if !bytes.Equal(first, trace.Bytes()) {
			t.Errorf("two traces of one seed:\n%s\n\n%s", first, trace.Bytes())
		}
	}
}
