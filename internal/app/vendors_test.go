package app

import (
	"log/slog"
	"testing"
	"time"

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
	put(integration.Fields{"client_secret": "withdrawn"})
	if load() == first {
		t.Error("a secret that was changed still counts")
	}
}

func TestClubOfAnotherProcessIsServedAndASuspendedOneIsAnsweredWhenItIsResumed(t *testing.T) {
	t.Parallel()
	environ := map[string]string{"CLUBOS_LISTEN": "127.0.0.1:0", "CLUBOS_DATA_DIR": t.TempDir(), "CLUBOS_SQLITE_RELAXED": "true"}
	process := func() *App {
		t.Helper()
		cfg, err := LoadConfig(environ)
		if err != nil {
			t.Fatal(err)
		}
		a, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.Close() })
		return a
	}
	server, command := process(), process()
	s, err := server.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(t.Context()) })
	by := club.System("test")
	if _, err := command.CreateTenant(t.Context(), by, "late", "Late Club"); err != nil {
		t.Fatal(err)
	}
	if err := command.SetTenantStatus(t.Context(), by, "late", store.StatusSuspended); err != nil {
		t.Fatal(err)
	}
	if _, err := s.addNew(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.vendors.mu.RLock()
	known := server.vendors.clubs["late"] != nil
	server.vendors.mu.RUnlock()
	if !known {
		t.Error("webhooks of the suspended club cannot be verified")
	}
	tenant, err := server.Cluster.AnyTenant(t.Context(), "late")
	if err != nil {
		t.Fatal(err)
	}
	changes, end := server.Cluster.Subscribe("late")
	defer end()
	in := club.Inbound{Provider: "twilio", ProviderMessageID: "SM1", From: "+14155550111", To: "+14155550100", Text: "a person please"}
	if _, err := server.Inbox.Deliver(t.Context(), tenant, club.Delivery{Inbound: &in}, "twilio"); err != nil {
		t.Fatal(err)
	}
	decisions := func() int {
		return storetest.Count(t, tenant, "SELECT COUNT(*) FROM decisions")
	}
	if decisions() != 0 {
		t.Error("a suspended club decides")
	}
	if err := command.SetTenantStatus(t.Context(), by, "late", store.StatusActive); err != nil {
		t.Fatal(err)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM audit_entries WHERE action IN ('club.suspended', 'club.resumed')"); n != 2 {
		t.Errorf("%d audit entries of a suspension and its end", n)
	}
	if _, err := s.addNew(t.Context()); err != nil {
		t.Fatal(err)
	}
	for wait := time.After(20 * time.Second); decisions() == 0; {
		select {
		case <-changes:
		case <-wait:
			t.Fatal("nobody is answered after the club was resumed")
		}
	}
}
