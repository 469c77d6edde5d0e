package store_test

import (
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// replicas opens one installation several times, all at once.
func replicas(t *testing.T, cfg store.Config, n int) []*store.Cluster {
	t.Helper()
	out, errs := make([]*store.Cluster, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { out[i], errs[i] = store.Open(t.Context(), cfg) })
	}
	wg.Wait()
	for i, c := range out {
		if errs[i] != nil {
			t.Fatalf("open replica %d: %v", i, errs[i])
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	return out
}

func TestReplicasThatStartAtOnceMigrateOneAfterTheOther(t *testing.T) {
	t.Parallel()
	if storetest.DatabaseURL() == "" {
		t.Skip("SQLite is served by one process")
	}
	cfg := storetest.Config(t)
	all := replicas(t, cfg, 3)
	storetest.AddTenant(t, all[0], "aa")
	if _, err := all[0].Migrate(t.Context(), "aa", 20); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	ran := map[int64]int{}
	var wg sync.WaitGroup
	for _, c := range all {
		wg.Go(func() {
			results, err := c.Migrate(t.Context(), "aa", store.Latest)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, r := range results {
				ran[r.Version]++
			}
		})
	}
	wg.Wait()
	list, err := all[0].MigrationStatus(t.Context(), "aa")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list[20:] {
		if m.AppliedAt.IsZero() || ran[m.Version] != 1 {
			t.Errorf("migration %d was run %d times, want once", m.Version, ran[m.Version])
		}
	}
}

func TestASchemaOfANewerVersionIsServedUnlessThatTookSomethingAway(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	known := func(newest int64) int64 { return newest }
	if err := store.PretendNewerForTest(t.Context(), c, tenant, known); err != nil {
		t.Fatal(err)
	}
	if ran, err := c.Migrate(t.Context(), "aa", store.Latest); err != nil || len(ran) != 0 {
		t.Errorf("a newer version that only added: ran %v, %v; want nothing done", ran, err)
	}
	unknown := func(newest int64) int64 { return newest + 1 }
	if err := store.PretendNewerForTest(t.Context(), c, tenant, unknown); err != nil {
		t.Fatal(err)
	}
	_, err := c.Migrate(t.Context(), "aa", store.Latest)
	if club.CodeOf(err) != club.CodeInvalid || !strings.Contains(err.Error(), "newer ClubOS") {
		t.Errorf("a newer version that took something away: %v; want a refusal that says so", err)
	}
}

func TestTheFloorIsTheLastMigrationThatTakesSomethingAway(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		"00001_doors.sql": {Data: []byte("-- Doors.\n\n-- +goose Up\n")},
		"00002_keys.sql":  {Data: []byte("-- Keys.\n-- Contract: doors have no colour.\n\n-- +goose Up\n")},
		"00003_locks.sql": {Data: []byte("-- Locks.\n-- Expand: nobody reads it.\n\n-- +goose Up\n")},
		"00004_bells.sql": {Data: []byte("-- Contract: bells are gone.\n\n-- +goose Up\n")},
	}
	for at, want := range map[int64]int64{0: 0, 1: 0, 2: 2, 3: 2, 4: 4} {
		if got, err := store.FloorForTest(tree, at); err != nil || got != want {
			t.Errorf("at version %d: floor %d, %v; want %d", at, got, err, want)
		}
	}
}
