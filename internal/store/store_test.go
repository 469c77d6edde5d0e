package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

type pingJob struct {
	Tenant club.Slug `json:"tenant"`
}

func (pingJob) Kind() string { return "ping" }

func addLocation(t testing.TB, tenant *store.Tenant, name string) club.LocationID {
	t.Helper()
	var id club.LocationID
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		id = club.NewLocationID(tx.Now)
		return tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: id, Slug: name, Name: name, TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now})
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestWhatIsWrittenIsReadBackEqual(t *testing.T) {
	t.Parallel()
	tenant, clock := storetest.Tenant(t)
	loc := addLocation(t, tenant, "north")
	seen := clock.Now().Add(1234567 * time.Microsecond)
	want := store.Device{Kind: club.DevicePC, Name: "Bay 1 PC", Vendor: "ninjaone", VendorRef: "17", LocationID: loc, Online: true, SeenAt: &seen, CreatedAt: clock.Now(), UpdatedAt: clock.Now()}
	var got store.Device
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		want.ID = club.NewDeviceID(tx.Now)
		if err := tx.CreateDevice(t.Context(), store.CreateDeviceParams{ID: want.ID, LocationID: loc, Kind: want.Kind, Name: want.Name, Vendor: want.Vendor, VendorRef: want.VendorRef, Online: true, SeenAt: &seen, CreatedAt: tx.Now}); err != nil {
			return err
		}
		var err error
		got, err = tx.FindDevice(t.Context(), want.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("device (-want +got):\n%s", diff)
	}
}

func TestFailedWriteLeavesNothingAndNoJob(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	boom := errors.New("boom")
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		tx.Enqueue(pingJob{Tenant: tx.Tenant}, nil)
		if err := tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: club.NewLocationID(tx.Now), Slug: "x", Name: "x", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("error %v, want boom", err)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM locations"); n != 0 {
		t.Errorf("%d locations after a rollback", n)
	}
}

func TestErrorsAreTranslatedByCode(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	addLocation(t, tenant, "north")
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		return tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: club.NewLocationID(tx.Now), Slug: "north", Name: "x", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now})
	})
	if club.CodeOf(err) != club.CodeConflict {
		t.Errorf("duplicate: %v, want conflict", err)
	}
	err = tenant.Read(t.Context(), func(tx *store.Tx) error {
		_, err := tx.FindLocation(t.Context(), "loc_none")
		return err
	})
	if club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("missing: %v, want not found", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tenant.Read(ctx, func(*store.Tx) error { return nil }); err == nil {
		t.Error("a cancelled context was read under")
	}
}

func TestReadTransactionCannotWrite(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	err := tenant.Read(t.Context(), func(tx *store.Tx) error {
		return tx.PutSetting(t.Context(), store.PutSettingParams{Key: "k", Value: "1", UpdatedAt: tx.Now, UpdatedBy: "x"})
	})
	if err == nil {
		t.Fatal("a read transaction wrote")
	}
}

func TestConcurrentWritersAllCommit(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			err := tenant.Write(t.Context(), func(tx *store.Tx) error {
				tx.Enqueue(pingJob{Tenant: tx.Tenant}, &river.InsertOpts{Queue: "parked"})
				return tx.PutSetting(t.Context(), store.PutSettingParams{Key: fmt.Sprint(i), Value: "1", UpdatedAt: tx.Now, UpdatedBy: "x"})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM settings"); n != 20 {
		t.Errorf("%d settings, want 20", n)
	}
}

func TestTenantCannotSeeAnother(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	a, b := storetest.AddTenant(t, c, "aa"), storetest.AddTenant(t, c, "bb")
	addLocation(t, a, "north")
	if n := storetest.Count(t, b, "SELECT COUNT(*) FROM locations"); n != 0 {
		t.Errorf("tenant b sees %d locations of a", n)
	}
	if n := storetest.Count(t, a, "SELECT COUNT(*) FROM locations"); n != 1 {
		t.Errorf("tenant a sees %d of its locations", n)
	}
	if storetest.DatabaseURL() == "" {
		return
	}
	for _, q := range []string{"SELECT COUNT(*) FROM %saudit_entries", "SELECT COUNT(*) FROM %slocations"} {
		other := store.SchemaForTest(c, "aa") + "."
		if _, err := store.CountForTest(t.Context(), b, fmt.Sprintf(q, other)); err == nil {
			t.Errorf("tenant b may run %s", fmt.Sprintf(q, other))
		}
	}
	if err := store.ExecForTest(t.Context(), a, "DELETE FROM audit_entries"); err == nil {
		t.Error("a tenant's role may delete from the audit log")
	}
}

// The rights of a club's role are part of what a migration leaves behind, whether or not there was anything to migrate.
func TestRightsThatAreNotWhatTheyShouldBeAreGivenAnew(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	pool, _, ok := c.Postgres()
	if !ok {
		t.Skip("a file has no roles")
	}
	text := func(query string) (out string) {
		t.Helper()
		err := tenant.Read(t.Context(), func(tx *store.Tx) (err error) { out, err = store.TextForTest(t.Context(), tx, query); return err })
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	role, week := text("SELECT CAST(current_user AS TEXT)"), text("SELECT CAST(CAST(inhrelid AS regclass) AS TEXT) FROM pg_inherits WHERE inhparent = CAST('audit_entries' AS regclass) LIMIT 1")
	rights := "SELECT " + strings.Join([]string{"has_table_privilege('locations', 'INSERT')", "has_table_privilege('audit_entries', 'DELETE')", "has_table_privilege('" + week + "', 'SELECT')", "has_any_column_privilege('audit_entries', 'UPDATE')"}, " || ' ' || ")
	const want = "true false false false"
	if got := text(rights); got != want {
		t.Fatalf("rights %s, want %s", got, want)
	}
	schema := store.SchemaForTest(c, "aa")
	for damage, makes := range map[string]string{
		"REVOKE INSERT ON " + schema + ".locations FROM " + role:          "false false false false",
		"GRANT DELETE ON " + schema + ".audit_entries TO " + role:         "true true false false",
		"GRANT SELECT ON " + schema + "." + week + " TO " + role:          "true false true false",
		"GRANT UPDATE (actor) ON " + schema + ".audit_entries TO " + role: "true false false true",
	} {
		if _, err := pool.Exec(t.Context(), damage); err != nil {
			t.Fatal(err)
		}
		if got := text(rights); got != makes {
			t.Fatalf("%s: rights %s, want %s", damage, got, makes)
		}
		if _, err := c.Migrate(t.Context(), "aa", store.Latest); err != nil {
			t.Fatal(err)
		}
		if got := text(rights); got != want {
			t.Errorf("after %s and a migration: rights %s, want %s", damage, got, want)
		}
	}
}

func TestMigrationsGoDownAndUpAgain(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	list, err := c.MigrationStatus(t.Context(), "aa")
	if err != nil || len(list) == 0 {
		t.Fatalf("status: %d migrations, %v", len(list), err)
	}
	for i, m := range list {
		if m.Version != int64(i+1) || m.AppliedAt.IsZero() {
			t.Errorf("migration %d is %+v", i+1, m)
		}
	}
	down, err := c.Migrate(t.Context(), "aa", 0)
	if err != nil || len(down) != len(list) {
		t.Fatalf("down: ran %d of %d, %v", len(down), len(list), err)
	}
	for _, r := range down {
		if !r.Down {
			t.Errorf("%s went up on the way down", r.Name)
		}
	}
	up, err := c.Migrate(t.Context(), "aa", store.Latest)
	if err != nil || len(up) != len(list) {
		t.Fatalf("up: ran %d of %d, %v", len(up), len(list), err)
	}
	addLocation(t, tenant, "north")
	if again, err := c.Migrate(t.Context(), "aa", store.Latest); err != nil || len(again) != 0 {
		t.Errorf("a second up ran %d, %v", len(again), err)
	}
}

func TestChangesReachSubscribersAfterTheCommitOnly(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	changes, stop := c.Subscribe("aa")
	defer stop()
	_ = tenant.Write(t.Context(), func(tx *store.Tx) error { tx.Changed("thread", "lost"); return errors.New("no") })
	var got store.Change
	for got.ID == "" { // on PostgreSQL the listener may still be connecting: announce until it hears
		if err := tenant.Write(t.Context(), func(tx *store.Tx) error { tx.Changed("thread", "thr_1"); return nil }); err != nil {
			t.Fatal(err)
		}
		select {
		case got = <-changes:
		case <-time.After(100 * time.Millisecond):
		}
	}
	if want := (store.Change{Tenant: "aa", Topic: "thread", ID: "thr_1"}); got != want {
		t.Errorf("change %+v, want %+v", got, want)
	}
}

func TestTenantIsFoundOnlyWhenItExistsAndIsActive(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	if _, err := c.Tenant(t.Context(), "nobody"); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("unknown tenant: %v", err)
	}
	storetest.AddTenant(t, c, "aa")
	if _, err := c.CreateTenant(t.Context(), "aa", "again", []byte("k")); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("second tenant of a name: %v", err)
	}
	if _, err := store.Open(t.Context(), store.Config{URL: "mysql://x"}); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("strange URL: %v", err)
	}
}

func TestReopenedInstallationHasItsData(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	for round := range 2 {
		c, err := store.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			addLocation(t, storetest.AddTenant(t, c, "aa"), "north")
		} else if n := storetest.Count(t, storetest.OpenTenant(t, c, "aa"), "SELECT COUNT(*) FROM locations"); n != 1 {
			t.Errorf("%d locations after reopening", n)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStatementForManyRowsTellsWhatEachChangedAndWhichOneFails(t *testing.T) {
	t.Parallel()
	tenant, clock := storetest.Tenant(t)
	rows := []store.CreateDeliveryParams{{Provider: "quo", DeliveryID: "a"}, {Provider: "quo", DeliveryID: "b"}, {Provider: "quo", DeliveryID: "a"}}
	create := func(tx *store.Tx) ([]int64, error) {
		return tx.Each(t.Context(), len(rows), func(q *store.Queries, i int) (int64, error) {
			rows[i].ReceivedAt = clock.Now()
			return q.CreateDelivery(t.Context(), rows[i])
		})
	}
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		got, err := create(tx)
		if diff := cmp.Diff([]int64{1, 1, 0}, got); diff != "" {
			t.Errorf("changed (-want +got):\n%s", diff)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Exec(t, tenant, "DELETE FROM deliveries")
	err = tenant.Write(t.Context(), func(tx *store.Tx) error {
		if _, err := create(tx); err != nil {
			return err
		}
		_, err := tx.Each(t.Context(), 3, func(q *store.Queries, i int) (int64, error) {
			return 0, q.CreateThread(t.Context(), store.CreateThreadParams{ID: club.NewThreadID(tx.Now), Priority: "sideways", Now: tx.Now})
		})
		return err
	})
	if row, ok := store.FailedRow(err); !ok || row != 0 {
		t.Errorf("row %d, %v", row, err)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM deliveries"); n != 0 {
		t.Errorf("%d rows of a transaction that failed", n)
	}
}
