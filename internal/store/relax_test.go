package store_test

import (
	"context"
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
	wg.Go(func() { _ = tenant.WriteFirst(t.Context(), entry("first")) })
	store.AwaitWaiterForTest(t.Context(), tenant)
	close(release)
	wg.Wait()
	if len(order) != 9 || order[0] != "first" {
		t.Errorf("order %q", order)
	}
}
