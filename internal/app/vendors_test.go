package app

import (
	"log/slog"
	"testing"

	"clubos/internal/club"
	"clubos/internal/integration"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

func TestLoadSeesWhatNobodyAnnouncedAndKeepsClientsThatStillFit(t *testing.T) {
	t.Parallel()
	cluster, clock := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, cluster, "aa")
	v := newVendors(cluster, vaulttest.Ring(t), "https://club.example.com", clock, slog.New(slog.DiscardHandler))
	t.Cleanup(v.close)
	load := func() *clients {
		t.Helper()
		if err := v.load(t.Context(), "aa"); err != nil {
			t.Fatal(err)
		}
		return v.of("aa")
	}
	put := func(f integration.Fields) {
		t.Helper()
		err := tenant.Write(t.Context(), func(tx *store.Tx) error {
			return integration.Put(t.Context(), tx, keys, club.System("test"), "ninjaone", f)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if c := load(); c.ninjaone != nil {
		t.Error("a vendor that nobody has connected")
	}
	put(integration.Fields{"base_url": "https://rmm.example.com", "client_id": "a", "client_secret": "b", "refresh_token": "c"})
	first := load()
	if first.ninjaone == nil {
		t.Fatal("the vendor is not connected")
	}
	if load() != first {
		t.Error("clients were built again though nothing has changed")
	}
	if err := v.rotated(t.Context(), "aa", "d"); err != nil {
		t.Fatal(err)
	}
	if load() != first {
		t.Error("a client was built again because of the token that it got itself")
	}
	put(integration.Fields{"client_secret": "withdrawn"})
	if load() == first {
		t.Error("a secret that was changed still counts")
	}
}

func TestClubThatIsMadeAfterTheStartIsServed(t *testing.T) {
	t.Parallel()
	cfg, err := LoadConfig(map[string]string{"CLUBOS_LISTEN": "127.0.0.1:0", "CLUBOS_DATA_DIR": t.TempDir(), "CLUBOS_SQLITE_RELAXED": "true"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	s, err := a.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(t.Context()) })
	if _, err := a.CreateTenant(t.Context(), club.System("test"), "late", "Late Club"); err != nil {
		t.Fatal(err)
	}
	if err := s.addNew(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.vendors.mu.RLock()
	defer a.vendors.mu.RUnlock()
	if a.vendors.clubs["late"] == nil {
		t.Error("the club's vendors are not open")
	}
}
