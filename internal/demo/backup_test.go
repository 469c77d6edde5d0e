package demo_test

import (
	"bytes"
	"log/slog"
	"testing"

	"clubos/internal/archive"
	"clubos/internal/club"
	"clubos/internal/demo"
	"clubos/internal/store"
)

// restores saves a running demo club and brings it back on SQLite, whatever it ran on. What was written is
// compared with what was read, table by table, by Restore itself.
func restores(t *testing.T, d *demo.Demo) {
	t.Helper()
	var file bytes.Buffer
	saved, err := archive.Write(t.Context(), &file, d.App.Vault, d.App.Cluster, "test", []club.Slug{d.Tenant.Slug}, nil)
	if err != nil {
		t.Fatalf("save the day: %v", err)
	}
	if saved[0].Rows < 1000 {
		t.Errorf("the day has %d rows; so few prove nothing", saved[0].Rows)
	}
	scratch, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + t.TempDir(), Log: slog.New(slog.DiscardHandler), Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = scratch.Close() }()
	if _, err := archive.Restore(t.Context(), &file, d.App.Vault, scratch, nil, nil); err != nil {
		t.Errorf("bring the day back: %v", err)
	}
}
