// Package storetest opens databases for tests: SQLite in a temporary directory, or PostgreSQL when
// CLUBOS_TEST_DATABASE_URL names a server. The same tests run on both. It is imported by tests only.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Start is the instant at which test clocks begin: a Thursday, 14:00 UTC.
var Start = time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)

// DatabaseURL returns the PostgreSQL server to test on, or "" for SQLite.
func DatabaseURL() string { return os.Getenv("CLUBOS_TEST_DATABASE_URL") }

// Cluster opens an installation of its own with a clock that stands at Start. It has no tenants.
// Everything is dropped when the test ends.
func Cluster(t testing.TB) (*store.Cluster, *club.ManualClock) {
	t.Helper()
	clock := club.NewManualClock(Start)
	return ClusterWith(t, clock), clock
}

// ClusterWith is Cluster with a clock of the caller's.
func ClusterWith(t testing.TB, clock club.Clock) *store.Cluster {
	t.Helper()
	cfg := Config(t)
	cfg.Clock = clock
	c, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return c
}

// Config returns where a fresh installation may live, and has it removed when the test ends. Tests
// that open, close and open again use it.
func Config(t testing.TB) store.Config {
	t.Helper()
	cfg := store.Config{Log: slog.New(slog.DiscardHandler), Relaxed: true}
	if url := DatabaseURL(); url != "" {
		name := "x" + random()
		cfg.URL, cfg.ControlSchema, cfg.JobsSchema, cfg.TenantPrefix, cfg.MaxConns = url, name+"_control", name+"_jobs", name+"_", 8
		t.Cleanup(func() { drop(t, url, name) })
	} else {
		cfg.URL = "sqlite:" + t.TempDir()
	}
	return cfg
}

// Tenant opens a club named "test" in an installation of its own.
func Tenant(t testing.TB) (*store.Tenant, *club.ManualClock) {
	t.Helper()
	c, clock := Cluster(t)
	return AddTenant(t, c, "test"), clock
}

// AddTenant makes a club and opens it.
func AddTenant(t testing.TB, c *store.Cluster, slug club.Slug) *store.Tenant {
	t.Helper()
	if _, err := c.CreateTenant(t.Context(), slug, "Test Club", []byte("unused keyset")); err != nil {
		t.Fatalf("create tenant: %v", err)
	}
	return OpenTenant(t, c, slug)
}

// OpenTenant opens a club that exists.
func OpenTenant(t testing.TB, c *store.Cluster, slug club.Slug) *store.Tenant {
	t.Helper()
	tenant, err := c.Tenant(t.Context(), slug)
	if err != nil {
		t.Fatalf("open tenant: %v", err)
	}
	return tenant
}

// Exec runs SQL that the product itself never runs (to damage a row, say).
func Exec(t testing.TB, tenant *store.Tenant, query string, args ...any) {
	t.Helper()
	if err := store.ExecForTest(t.Context(), tenant, query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// Count returns the number that a query yields.
func Count(t testing.TB, tenant *store.Tenant, query string, args ...any) int {
	t.Helper()
	n, err := store.CountForTest(t.Context(), tenant, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func random() string {
	var b [6]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// dropMu keeps tests of one process from dropping roles at once, which PostgreSQL answers with
// "tuple concurrently updated".
var dropMu sync.Mutex

// drop removes every schema and role whose name begins with prefix.
func drop(t testing.TB, url, prefix string) {
	dropMu.Lock()
	defer dropMu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Errorf("drop test schemas: %v", err)
		return
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, `DO $$ DECLARE n TEXT; BEGIN
		FOR n IN SELECT nspname FROM pg_namespace WHERE starts_with(nspname, '`+prefix+`') LOOP EXECUTE format('DROP SCHEMA %I CASCADE', n); END LOOP;
		FOR n IN SELECT rolname FROM pg_roles WHERE starts_with(rolname, '`+prefix+`') LOOP EXECUTE format('DROP ROLE %I', n); END LOOP;
	END $$`)
	if err != nil {
		t.Errorf("drop test schemas: %v", err)
	}
}
