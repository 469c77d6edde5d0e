package app

import (
	"log/slog"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/integration"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestDoctorSaysOfVectorsWhetherTheyAreOffWorkOrFail(t *testing.T) {
	t.Parallel()
	s := vendor.NewEmbeddings(vendor.EmbeddingsConfig{}, nil)
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Down)
	cfg, err := LoadConfig(map[string]string{"CLUBOS_LISTEN": "127.0.0.1:0", "CLUBOS_DATA_DIR": storetest.Directory(t), "CLUBOS_SQLITE_RELAXED": "true"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	if _, err := a.CreateTenant(t.Context(), club.System("test"), "aa", "A"); err != nil {
		t.Fatal(err)
	}
	says := func(state, words string) {
		t.Helper()
		for _, f := range a.Doctor(t.Context()) {
			if f.Name == "aa: embeddings" {
				if f.State != state || !strings.Contains(f.Detail, words) || strings.Contains(f.Detail+f.Advice, s.Config().Key) {
					t.Errorf("%s: %s (%s), want %s: %s", f.State, f.Detail, f.Advice, state, words)
				}
				return
			}
		}
		t.Error("it says nothing")
	}
	put := func(f integration.Fields) {
		t.Helper()
		if err := a.Connect(t.Context(), "aa", club.System("test"), "embeddings", f); err != nil {
			t.Fatal(err)
		}
	}
	says("ok", "off")
	if got := len(s.Texts()); got != 0 {
		t.Fatalf("%d texts were sent while it is off", got)
	}
	put(integration.Fields{"base_url": s.URL(), "model": s.Config().Model, "dimensions": "96", "api_key": s.Config().Key})
	says("ok", "sim-embed-small/96 answers")
	put(integration.Fields{"dimensions": "48"})
	says("fail", "96 dimensions, not 48")
	put(integration.Fields{"shorten": "yes"})
	says("ok", "sim-embed-small/48 answers")
	s.Rotate("another")
	says("fail", "invalid_api_key")
	put(integration.Fields{"api_key": "another", "wait_ms": "1"})
	says("fail", "wait_ms")
	put(integration.Fields{"wait_ms": "", "dimensions": "many"})
	says("fail", "dimensions is a number")
	put(integration.Fields{"dimensions": "96", "shorten": "", "base_url": "http://vectors.example"})
	says("fail", "https://")
	tenant, _, err := a.Tenant(t.Context(), "aa")
	if err != nil {
		t.Fatal(err)
	}
	if err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		return integration.Remove(t.Context(), tx, club.System("test"), "embeddings")
	}); err != nil {
		t.Fatal(err)
	}
	says("ok", "off")
}
