package year_test

import (
	"os"
	"testing"

	"clubos/internal/simulate/year"
	"clubos/internal/store/storetest"
)

func short(t *testing.T, seed uint64) year.Config {
	t.Helper()
	cfg := year.Config{Seed: seed, Days: 30, PerDay: 6, Tell: func(line string) { t.Log(line) }}
	if url := storetest.DatabaseURL(); url != "" {
		cfg.DatabaseURL, cfg.SchemaPrefix = url, storetest.Config(t).TenantPrefix
	}
	return cfg
}

func TestSameSeedLivesTheSameYear(t *testing.T) {
	t.Parallel()
	var digests []string
	for range 1 {
		r, err := year.Run(t.Context(), short(t, 7))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", r.Total)
		digests = append(digests, r.Digest)
	}
	if digests[0] != digests[len(digests)-1] {
		t.Errorf("digests %v", digests)
	}
}

func TestMain(m *testing.M) { os.Exit(m.Run()) }
