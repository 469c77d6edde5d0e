package storetest

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"clubos/internal/store"
)

// On PostgreSQL a test borrows an installation: schemas that stay on the server and serve one test
// after another, of this process and of the next. Laying the tables of a club out takes half a second
// of two processors, emptying them a few milliseconds. Whoever holds an advisory lock has the
// installation, so one that a killed process held is free at once. It is emptied as it is lent, and
// made anew when a test left it in another shape. The login must be a superuser: rows are deleted
// without regard to the order that foreign keys ask for.

// lender is this process's connection, which holds the locks.
var lender struct {
	mu     sync.Mutex // guards the fields below
	conn   *pgx.Conn
	layout string       // says which installations are laid out as this program expects
	lent   map[int]bool // numbers; a lock does not keep its own process out
}

// lend borrows an installation until the test ends, and returns its name.
func lend(t testing.TB, server string) string {
	t.Helper()
	lender.mu.Lock()
	defer lender.mu.Unlock()
	// Not the test's context: the connection outlives it.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	n, err := takeLocked(ctx, server)
	if err != nil {
		t.Fatalf("borrow an installation: %v", err)
	}
	t.Cleanup(func() { giveBack(t, n) })
	return nameOf(lender.layout, n)
}

func nameOf(layout string, n int) string { return fmt.Sprintf("x%s_%d", layout, n) }

// place points cfg at the installation of that name on a server.
func place(cfg *store.Config, server, name string) {
	cfg.URL = server
	if u, err := url.Parse(server); err == nil {
		q := u.Query()
		q.Set("application_name", name) // by which its connections are known
		u.RawQuery = q.Encode()
		cfg.URL = u.String()
	}
	cfg.ControlSchema, cfg.JobsSchema, cfg.TenantPrefix = name+"_control", name+"_jobs", name+"_"
}

func takeLocked(ctx context.Context, server string) (int, error) {
	if lender.conn == nil {
		digest, err := store.LayoutForTest()
		if err != nil {
			return 0, err
		}
		cfg, err := pgx.ParseConfig(server)
		if err != nil {
			return 0, err
		}
		// The one query over the catalogue finds its few rows by indexes. Compiling it, or sharing it out, would
		// take longer than all the rest.
		for _, costly := range []string{"jit", "enable_hashjoin", "enable_mergejoin"} {
			cfg.RuntimeParams[costly] = "off"
		}
		cfg.RuntimeParams["max_parallel_workers_per_gather"] = "0"
		conn, err := pgx.ConnectConfig(ctx, cfg)
		if err != nil {
			return 0, err
		}
		lender.conn, lender.layout, lender.lent = conn, fmt.Sprintf("%08x", crc32.ChecksumIEEE(fmt.Append(nil, digest, usual))), map[int]bool{}
	}
	for n := 0; ; n++ {
		if lender.lent[n] {
			continue
		}
		name := nameOf(lender.layout, n)
		if ok, err := lock(ctx, name); err != nil {
			return 0, err
		} else if !ok {
			continue // another process has it
		}
		if err := ready(ctx, lender.conn, server, name); err != nil {
			return 0, errors.Join(err, unlock(ctx, name))
		}
		lender.lent[n] = true
		return n, nil
	}
}

func giveBack(t testing.TB, n int) {
	lender.mu.Lock()
	defer lender.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	delete(lender.lent, n)
	if err := unlock(ctx, nameOf(lender.layout, n)); err != nil {
		t.Errorf("give an installation back: %v", err)
	}
}

// lockKey is the first half of the advisory locks' keys, "club".
const lockKey = 0x636c7562

func lock(ctx context.Context, name string) (ok bool, err error) {
	err = lender.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, $2)", lockKey, lockNumber(name)).Scan(&ok)
	return ok, err
}

func unlock(ctx context.Context, name string) error {
	_, err := lender.conn.Exec(ctx, "SELECT pg_advisory_unlock($1, $2)", lockKey, lockNumber(name))
	return err
}

func lockNumber(name string) int32 { return int32(crc32.ChecksumIEEE([]byte(name))) }
