package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// pulseOf opens the installation at cfg and takes its pulse.
func pulseOf(t *testing.T, cfg store.Config) func(context.Context) error {
	t.Helper()
	c, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Pulse(t.Context()); err != nil {
		t.Fatalf("of a database that is well: %v", err)
	}
	return c.Pulse
}

func onPostgres(t *testing.T) store.Config {
	t.Helper()
	if storetest.DatabaseURL() == "" {
		t.Skip("a matter of PostgreSQL")
	}
	return storetest.Config(t)
}

func TestServerThatTakesNoWritesHasNoPulse(t *testing.T) {
	t.Parallel()
	cfg := onPostgres(t)
	pulseOf(t, cfg)
	cfg.MaxConns = 2
	for option, what := range map[string]string{"default_transaction_read_only = on": "read-only", "temp_file_limit = 0": "temporary file"} {
		c, err := store.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		pool, _, _ := c.Postgres()
		var all []*pgxpool.Conn
		for range pool.Config().MaxConns {
			conn, err := pool.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, conn)
			if _, err := conn.Exec(t.Context(), "SET "+option); err != nil {
				t.Fatal(err)
			}
		}
		for _, conn := range all {
			conn.Release()
		}
		if err := c.Pulse(t.Context()); !errors.Is(err, store.ErrStoresNothing) && !errors.Is(err, store.ErrDiskFull) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", option, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestPoolThatIsInUseIsNoLackOfAPulse(t *testing.T) {
	t.Parallel()
	cfg := onPostgres(t)
	cfg.MaxConns = 4
	c, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	pool, _, _ := c.Postgres()
	for range 4 {
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
	}
	if err := c.Pulse(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFullDiskHasNoPulse(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	cfg := store.Config{URL: "sqlite:" + storetest.Directory(t)}
	pulse := pulseOf(t, cfg)
	if err := os.Symlink("/dev/full", filepath.Join(strings.TrimPrefix(cfg.URL, "sqlite:"), "pulse.tmp")); err != nil {
		t.Fatal(err)
	}
	if err := pulse(t.Context()); !errors.Is(err, store.ErrDiskFull) {
		t.Errorf("full: %v", err)
	}
	if err := pulse(t.Context()); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}

func TestFileThatCannotBeWrittenHasNoPulse(t *testing.T) {
	t.Parallel()
	cfg := store.Config{URL: "sqlite:" + storetest.Directory(t)}
	pulse := pulseOf(t, cfg)
	db, err := sql.Open("sqlite", filepath.Join(strings.TrimPrefix(cfg.URL, "sqlite:"), "control.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := pulse(ctx); err == nil {
		t.Error("while somebody else keeps the file to himself")
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := pulse(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
