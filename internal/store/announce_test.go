package store_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestWhatNobodyKeepsIsNotAnnounced(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	c := remembering(t, cfg)
	if c.Engine() != "postgres" {
		t.Skip("one process only")
	}
	tenant := storetest.AddTenant(t, c, "silent")
	conn, err := pgx.Connect(t.Context(), cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), "LISTEN clubos_change"); err != nil {
		t.Fatal(err)
	}
	if err := tenant.Write(t.Context(), func(tx *store.Tx) error { return put(t, tx, "delivered") }); err != nil {
		t.Fatal(err)
	}
	addLocation(t, tenant, "north")
	for {
		n, err := conn.WaitForNotification(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var said struct {
			Tenant string   `json:"t"`
			Tables []string `json:"tables"`
		}
		if err := json.Unmarshal([]byte(n.Payload), &said); err != nil {
			t.Fatal(err)
		}
		if said.Tenant != tenant.Slug.String() {
			continue // of another test's
		}
		if len(said.Tables) != 1 || said.Tables[0] != "locations" {
			t.Errorf("announced first: %v", said.Tables)
		}
		return
	}
}

func TestWhatIsNotAnnouncedIsNotKept(t *testing.T) {
	t.Parallel()
	c := remembering(t, storetest.Config(t))
	tenant := storetest.AddTenant(t, c, "fairway")
	hearing(t, c, tenant)
	before := c.Counts()
	for range 3 {
		if err := tenant.Look(t.Context(), func(tx *store.Tx) error { _, err := tx.CountArrivals(t.Context()); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.Counts().Reads - before.Reads; n != 3 {
		t.Errorf("read %d times of 3", n)
	}
}

var errUnwilling = errors.New("commits do not wait for the disk here")

func TestWhatIsAnnouncedIsOnTheDiskWhenItIsReported(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	c := remembering(t, cfg)
	if c.Engine() != "postgres" {
		t.Skip("its commits wait for the disk themselves")
	}
	tenant := storetest.AddTenant(t, c, "fairway")
	var at string
	err := tenant.Write(t.Context(), func(tx *store.Tx) (err error) {
		if waits, err := store.TextForTest(t.Context(), tx, "SHOW synchronous_commit"); err != nil || waits == "off" {
			return errors.Join(err, errUnwilling)
		}
		l := store.CreateLocationParams{ID: club.NewLocationID(tx.Now), Slug: "north", Name: "north", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}
		if err := tx.CreateLocation(t.Context(), l); err != nil {
			return err
		}
		at, err = store.TextForTest(t.Context(), tx, "SELECT CAST(pg_current_wal_insert_lsn() AS TEXT)")
		return err
	})
	if errors.Is(err, errUnwilling) {
		t.Skip("the server has been told that no commit waits for the disk")
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) WHERE pg_current_wal_flush_lsn() > CAST('"+at+"' AS pg_lsn)"); n != 1 {
		t.Errorf("the log is flushed up to somewhere before %s", at)
	}
}
