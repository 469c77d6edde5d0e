package app

import (
	"log/slog"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/embedding"
	"clubos/internal/integration"
	"clubos/internal/pattern"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestServerFetchesVectorsOnceAClubConnectsAndForgetsThemWhenItDoesNot(t *testing.T) {
	t.Parallel()
	stand := vendor.NewEmbeddings(vendor.EmbeddingsConfig{}, nil)
	if err := stand.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stand.Down)
	cfg, err := LoadConfig(map[string]string{"CLUBOS_LISTEN": "127.0.0.1:0", "CLUBOS_DATA_DIR": storetest.Directory(t), "CLUBOS_SQLITE_RELAXED": "true"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	by := club.System("test")
	tenant, err := a.CreateTenant(t.Context(), by, "aa", "A")
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(t.Context()) })
	changes, end := a.Cluster.Subscribe("aa")
	defer end()
	until := func(what string, done func() bool) {
		t.Helper()
		late := time.After(20 * time.Second)
		for !done() {
			select {
			case <-changes:
			case <-time.After(50 * time.Millisecond):
			case <-late:
				t.Fatalf("%s has not come about", what)
			}
		}
	}
	vectors := func() int { return storetest.Count(t, tenant, "SELECT COUNT(*) FROM text_vectors") }
	if err := a.Connect(t.Context(), "aa", by, "embeddings", integration.Fields{"base_url": stand.URL(), "model": stand.Config().Model, "dimensions": "96", "api_key": stand.Config().Key}); err != nil {
		t.Fatal(err)
	}
	until("a weighing", func() bool { return storetest.Count(t, tenant, "SELECT COUNT(*) FROM text_views") == 1 })
	if want := len(pattern.Strangers()); vectors() != want || len(stand.Texts()) != want {
		t.Errorf("%d vectors, %d texts sent, of %d known ones", vectors(), len(stand.Texts()), want)
	}
	if err := tenant.Write(t.Context(), func(tx *store.Tx) error { return integration.Remove(t.Context(), tx, by, "embeddings") }); err != nil {
		t.Fatal(err)
	}
	until("forgetting", func() bool { return vectors() == 0 })
	err = tenant.Read(t.Context(), func(tx *store.Tx) error {
		used, err := embedding.FindUsage(t.Context(), tx, tx.Now)
		if used.Tokens == 0 || used.Failures != 0 {
			t.Errorf("%+v was recorded", used)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
