package store_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func put(t *testing.T, tx *store.Tx, id string) error {
	t.Helper()
	_, err := tx.CreateDelivery(t.Context(), store.CreateDeliveryParams{Provider: "p", DeliveryID: id, ReceivedAt: tx.Now})
	return err
}

func TestRelaxedTransactionCommitsAsAWhole(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	refused := club.Conflict("no")
	if err := tenant.WriteRelaxed(t.Context(), func(tx *store.Tx) error {
		if err := put(t, tx, "undone"); err != nil {
			return err
		}
		return refused
	}); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("error %v", err)
	}
	if err := tenant.WriteRelaxed(t.Context(), func(tx *store.Tx) error { return put(t, tx, "done") }); err != nil {
		t.Fatal(err)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM deliveries"); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestCommitAfterARelaxedOneWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	cfg.Relaxed = false
	c, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	tenant := storetest.AddTenant(t, c, "aa")
	question, want := "SHOW synchronous_commit", "off"
	if c.Engine() == "sqlite" {
		question, want = "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous", "1"
	}
	ask := func(write func(context.Context, func(*store.Tx) error) error) (got string) {
		t.Helper()
		err := write(t.Context(), func(tx *store.Tx) (err error) {
			got, err = store.TextForTest(t.Context(), tx, question)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	before := ask(tenant.Write)
	if got := ask(tenant.WriteRelaxed); got != want {
		t.Errorf("relaxed: %s, want %s", got, want)
	}
	if got := ask(tenant.Write); got != before || c.Engine() == "sqlite" && got != "2" {
		t.Errorf("afterwards: %s; before: %s", got, before)
	}
}

func TestWhoeverWritesFirstWaitsForOneAtMost(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	if c.Engine() != "sqlite" {
		t.Skip("there is more than one writer")
	}
	tenant := storetest.AddTenant(t, c, "aa")
	var order []string // whoever writes has it alone
	entry := func(name string) func(*store.Tx) error {
		return func(*store.Tx) error {
			order = append(order, name)
			return nil
		}
	}
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = tenant.Write(t.Context(), func(*store.Tx) error {
			close(held)
			<-release
			return nil
		})
	})
	<-held
	for range 8 {
		wg.Go(func() { _ = tenant.Write(t.Context(), entry("in line")) })
	}
	wg.Go(func() { _ = tenant.WriteRelaxed(t.Context(), entry("eased")) })
	wg.Go(func() { _ = tenant.WriteFirst(t.Context(), entry("first")) })
	store.AwaitWaiterForTest(t.Context(), tenant, 1, 9)
	wg.Go(func() { _ = tenant.Write(store.AtWork(t.Context(), true), entry("urgent")) })
	store.AwaitWaiterForTest(t.Context(), tenant, 2, 9)
	close(release)
	wg.Wait()
	if len(order) != 11 || order[0] != "first" || order[1] != "urgent" || order[2] != "eased" {
		t.Errorf("order %q", order)
	}
}

func TestWhoLeavesTheLineLeavesItsPlaceToTheNext(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	if c.Engine() != "sqlite" {
		t.Skip("there is more than one writer")
	}
	tenant := storetest.AddTenant(t, c, "aa")
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = tenant.Write(t.Context(), func(*store.Tx) error {
			close(held)
			<-release
			return nil
		})
	})
	<-held
	impatient, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() { gone <- tenant.WriteFirst(impatient, func(*store.Tx) error { return nil }) }()
	store.AwaitWaiterForTest(t.Context(), tenant, 1, 0)
	cancel()
	if err := <-gone; err == nil {
		t.Error("who has gone got the writer")
	}
	close(release)
	if err := tenant.Write(t.Context(), func(*store.Tx) error { return nil }); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

// A log's sequence number moves on when it is begun anew (https://www.sqlite.org/fileformat2.html#walformat).
func sequence(t *testing.T, log string) uint32 {
	t.Helper()
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var b [4]byte
	if _, err := f.ReadAt(b[:], 12); err != nil {
		t.Fatal(err)
	}
	return binary.BigEndian.Uint32(b[:])
}

func TestLogThatIsLongIsBegunAnewBesideWhoWrites(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	dir, isSQLite := strings.CutPrefix(cfg.URL, "sqlite:")
	if !isSQLite {
		t.Skip("the server's own matter")
	}
	c, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	tenant := storetest.AddTenant(t, c, "aa")
	write := func(id string) {
		if err := tenant.Write(t.Context(), func(tx *store.Tx) error { return put(t, tx, id) }); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Repeat("x", 9<<20))
	log := filepath.Join(dir, "tenants", "aa.db-wal")
	before, n := sequence(t, log), 0
	await(t, "the log begins anew", func() bool {
		write(fmt.Sprint(n))
		n++
		return sequence(t, log) != before
	})
	anew := sequence(t, log)
	for range 200 { // the file is as long as ever, what is in it short
		write(fmt.Sprint(n))
		n++
	}
	if got := sequence(t, log); got != anew {
		t.Errorf("a log that is short was begun anew %d times", got-anew)
	}
}
