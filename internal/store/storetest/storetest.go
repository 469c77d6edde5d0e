// Package storetest opens databases for tests: SQLite in a temporary directory, or PostgreSQL when
// CLUBOS_TEST_DATABASE_URL names a server. The same tests run on both. It is imported by tests only.
package storetest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

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

// Config returns where a fresh installation may live, and has it given back when the test ends. Tests
// that open, close and open again use it. The tables of the clubs that most tests make are there
// already, empty: laying them out costs more than most tests.
func Config(t testing.TB) store.Config {
	t.Helper()
	cfg := config()
	if url := DatabaseURL(); url != "" {
		place(&cfg, url, lend(t, url))
		cfg.MaxConns = 8
	} else {
		cfg.URL = "sqlite:" + Directory(t)
	}
	return cfg
}

// Directory returns where a fresh installation on SQLite lives, whatever the tests run on.
func Directory(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	copyModel(t, dir)
	return dir
}

func config() store.Config {
	return store.Config{Log: slog.New(slog.DiscardHandler), Relaxed: true}
}

// usual are the names of the clubs that tests make most. Their tables are laid out once and emptied from
// then on; a club of another name costs a second of a processor in every test that makes one.
var usual = []club.Slug{"aa", "test", "north", "south", "fairway", "fairway24"}

// layOut makes the installation at cfg with the tables of clubs, and forgets the clubs. Tables that are kept by week have
// those of Start and the present ones: a test that made some would have all laid out again.
func layOut(ctx context.Context, cfg store.Config, clubs []club.Slug) error {
	for _, clock := range []club.Clock{club.NewManualClock(Start), club.SystemClock{}} {
		cfg.Clock = clock
		if err := layOutAt(ctx, cfg, clubs); err != nil {
			return err
		}
		if strings.HasPrefix(cfg.URL, "sqlite:") { // which has no weeks
			break
		}
	}
	return nil
}

func layOutAt(ctx context.Context, cfg store.Config, clubs []club.Slug) error {
	c, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	for _, slug := range clubs {
		if _, err := c.CreateTenant(ctx, slug, "Test Club", []byte("unused keyset")); err != nil {
			return errors.Join(err, c.Close())
		}
		if err := keepWeeks(ctx, c, slug); err != nil {
			return errors.Join(err, c.Close())
		}
	}
	return errors.Join(store.ForgetTenantsForTest(ctx, c), c.Close())
}

func keepWeeks(ctx context.Context, c *store.Cluster, slug club.Slug) error {
	tenant, err := c.Tenant(ctx, slug)
	if err != nil {
		return err
	}
	_, err = tenant.KeepWeeks(ctx)
	return err
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
