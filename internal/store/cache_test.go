package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/cache"
	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// remembering opens an installation whose reads are kept.
func remembering(t *testing.T, cfg store.Config) *store.Cluster {
	t.Helper()
	kept := cache.New(cache.Config{})
	cfg.Cache = kept
	c, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		kept.Close()
	})
	return c
}

// hearing waits until a cluster believes what it keeps: on PostgreSQL it listens first.
func hearing(t *testing.T, c *store.Cluster, tenant *store.Tenant) {
	t.Helper()
	await(t, "what is read is kept", func() bool {
		locationsOf(t, tenant)
		before := c.Counts().Answered
		locationsOf(t, tenant)
		return c.Counts().Answered > before
	})
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func locationsOf(t *testing.T, tenant *store.Tenant) (list []store.Location) {
	t.Helper()
	if err := tenant.Look(t.Context(), func(tx *store.Tx) (err error) { list, err = tx.FindLocations(t.Context()); return err }); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestWhoLooksTwiceReadsOnceUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	c := remembering(t, storetest.Config(t))
	tenant := storetest.AddTenant(t, c, "fairway")
	hearing(t, c, tenant)
	before := c.Counts()
	for range 10 {
		locationsOf(t, tenant)
	}
	after := c.Counts()
	if after.Reads != before.Reads || after.Answered != before.Answered+10 {
		t.Errorf("%d reads, %d answered", after.Reads-before.Reads, after.Answered-before.Answered)
	}
	for i := range 5 {
		addLocation(t, tenant, fmt.Sprint("place", i))
		if n := len(locationsOf(t, tenant)); n != i+1 {
			t.Fatalf("%d locations after %d were made", n, i+1)
		}
	}
}

func TestListIsKeptFromItsBeginningButNotFromAnInstant(t *testing.T) {
	t.Parallel()
	c := remembering(t, storetest.Config(t))
	tenant := storetest.AddTenant(t, c, "fairway")
	hearing(t, c, tenant)
	reads := func(after time.Time) int64 {
		before := c.Counts().Reads
		for range 3 {
			err := tenant.Look(t.Context(), func(tx *store.Tx) error {
				_, err := tx.FindOpenThreads(t.Context(), store.FindOpenThreadsParams{Status1: club.ThreadPending, AfterAt: after, Size: 5})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		return c.Counts().Reads - before
	}
	if n := reads(time.Time{}); n != 1 {
		t.Errorf("the beginning was read %d times", n)
	}
	if n := reads(time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)); n != 3 {
		t.Errorf("what follows an instant was read %d times of 3", n)
	}
}

func TestKeptRowsAreEqualToThoseThatWereRead(t *testing.T) {
	t.Parallel()
	c := remembering(t, storetest.Config(t))
	tenant := storetest.AddTenant(t, c, "fairway")
	at := addLocation(t, tenant, "north")
	seen := time.Date(2026, 2, 3, 4, 5, 6, 789000, time.UTC)
	for i, s := range []*time.Time{nil, &seen} {
		err := tenant.Write(t.Context(), func(tx *store.Tx) error {
			return tx.CreateDevice(t.Context(), store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: at, Kind: club.DevicePC, Name: "ü", Vendor: "v", VendorRef: fmt.Sprint(i), Online: i == 1, SeenAt: s, CreatedAt: tx.Now})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	hearing(t, c, tenant)
	read := func(how func(context.Context, func(*store.Tx) error) error) (list []store.Device) {
		if err := how(t.Context(), func(tx *store.Tx) (err error) { list, err = tx.FindDevices(t.Context()); return err }); err != nil {
			t.Fatal(err)
		}
		return list
	}
	want := read(tenant.Read)
	read(tenant.Look)
	got := read(tenant.Look)
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 2 {
		t.Errorf("(-read +kept):\n%s", diff)
	}
	got[0].Name, *got[1].SeenAt = "changed", time.Time{} // by somebody who got it
	if diff := cmp.Diff(want, read(tenant.Look)); diff != "" {
		t.Errorf("(-read +kept):\n%s", diff)
	}
}

func TestTransactionSeesWhatItHasWrittenAndNobodyElseDoesBeforeTheCommit(t *testing.T) {
	t.Parallel()
	c := remembering(t, storetest.Config(t))
	tenant := storetest.AddTenant(t, c, "fairway")
	hearing(t, c, tenant)
	boom := errors.New("undone")
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		if list, err := tx.Known().FindLocations(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("%d locations, %v", len(list), err)
		}
		if err := tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: club.NewLocationID(tx.Now), Slug: "x", Name: "x", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}); err != nil {
			return err
		}
		if list, err := tx.Known().FindLocations(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("its own location: %d, %v", len(list), err)
		}
		if n := len(locationsOf(t, tenant)); n != 0 {
			t.Errorf("another one sees %d locations", n)
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if n := len(locationsOf(t, tenant)); n != 0 {
		t.Errorf("%d locations of a transaction that was undone", n)
	}
}

func TestMissingRowIsKeptUntilItIsThere(t *testing.T) {
	t.Parallel()
	c := remembering(t, storetest.Config(t))
	tenant := storetest.AddTenant(t, c, "fairway")
	hearing(t, c, tenant)
	id := club.NewLocationID(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	look := func() error {
		return tenant.Look(t.Context(), func(tx *store.Tx) error {
			_, err := tx.FindLocation(t.Context(), id)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				t.Error(err)
			}
			return err
		})
	}
	for range 2 {
		if err := look(); club.CodeOf(err) != club.CodeNotFound {
			t.Fatal(err)
		}
	}
	if c.Counts().Answered == 0 {
		t.Error("it was looked for again")
	}
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		return tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: id, Slug: "x", Name: "x", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now})
	})
	if err := errors.Join(err, look()); err != nil {
		t.Error(err)
	}
}

func TestWhatAnotherProcessChangesIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	a := remembering(t, cfg)
	here := storetest.AddTenant(t, a, "fairway")
	b := remembering(t, cfg)
	there, err := b.Tenant(t.Context(), "fairway")
	if err != nil {
		t.Fatal(err)
	}
	hearing(t, a, here)
	hearing(t, b, there)
	for i := range 3 {
		addLocation(t, there, fmt.Sprint("place", i))
		start := time.Now()
		await(t, "the other process sees it", func() bool { return len(locationsOf(t, here)) == i+1 })
		if took := time.Since(start); took > time.Second {
			t.Errorf("it took %s", took)
		}
	}
}

// TestWhatAnotherProcessChangesIsSeenByAnIdleClub has the connections closed in between, by which the other one's changes
// are known otherwise.
func TestWhatAnotherProcessChangesIsSeenByAnIdleClub(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	a, b := remembering(t, cfg), remembering(t, cfg)
	here := storetest.AddTenant(t, a, "fairway")
	there := storetest.OpenTenant(t, b, "fairway")
	hearing(t, a, here)
	hearing(t, b, there)
	addLocation(t, there, "place0")
	await(t, "the other process sees it", func() bool { return len(locationsOf(t, here)) == 1 })
	here.Idle(true)
	there.Idle(true)
	if here.Written() != "" && store.OpenForTest(here) == 0 {
		t.Fatal("no connection was open")
	}
	await(t, "nobody has the file open", func() bool { return store.OpenForTest(here)+store.OpenForTest(there) == 0 })
	addLocation(t, there, "place1")
	await(t, "the other process sees what was changed meanwhile", func() bool { return len(locationsOf(t, here)) == 2 })
	for range 3 {
		if n := len(locationsOf(t, here)); n != 2 {
			t.Errorf("%d locations", n)
		}
	}
	before := here.Written()
	addLocation(t, there, "place2")
	if after := here.Written(); (after == before) != (a.Engine() == "postgres") {
		t.Errorf("stamp %q before and %q after a change", before, after)
	}
}

// TestNobodySeesLessThanWasCommittedBefore has many look while one counts up: whoever looks after a
// commit was reported finds at least that much.
func TestNobodySeesLessThanWasCommittedBefore(t *testing.T) {
	t.Parallel()
	c := remembering(t, storetest.Config(t))
	tenant := storetest.AddTenant(t, c, "fairway")
	hearing(t, c, tenant)
	const most = 60
	var wg sync.WaitGroup
	committed := make(chan int, 1)
	committed <- 0
	for range 8 {
		wg.Go(func() {
			for {
				n := <-committed
				committed <- n
				if got := len(locationsOf(t, tenant)); got < n {
					t.Errorf("%d were committed, %d are seen", n, got)
					return
				}
				if n == most {
					return
				}
			}
		})
	}
	for i := range most {
		addLocation(t, tenant, fmt.Sprint("place", i))
		<-committed
		committed <- i + 1
	}
	wg.Wait()
}

func TestConnectionIsNotTakenForWhatIsKept(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	c := remembering(t, cfg)
	tenant := storetest.AddTenant(t, c, "fairway")
	hearing(t, c, tenant)
	broken, reached := store.FailForTest(t.Context(), 0) // its first statement fails
	if err := tenant.Look(broken, func(tx *store.Tx) error { _, err := tx.FindLocations(broken); return err }); err != nil || reached() {
		t.Errorf("it asked the database: %v", err)
	}
	if err := tenant.Look(broken, func(tx *store.Tx) error { _, err := tx.FindBaysOfLocation(broken, "loc_x"); return err }); err == nil {
		t.Error("a failure was not reported")
	}
}

var (
	madeTable = regexp.MustCompile(`CREATE (?:VIRTUAL )?TABLE (?:IF NOT EXISTS )?(\w+)`)
	cascade   = regexp.MustCompile(`REFERENCES (\w+) \(\w+\) ON DELETE (?:CASCADE|SET)`)
)

// TestCacheKnowsWhichTablesAQueryReadsAndChanges reads every query as the cache does. What a deletion
// changes in a table that it does not name would be missed, so none may.
func TestCacheKnowsWhichTablesAQueryReadsAndChanges(t *testing.T) {
	t.Parallel()
	tables, parents := map[string]bool{}, map[string]bool{}
	for _, f := range glob(t, "migrations/tenant*/*.sql") {
		for _, m := range madeTable.FindAllStringSubmatch(f, -1) {
			tables[m[1]] = true
		}
		for _, m := range cascade.FindAllStringSubmatch(f, -1) {
			parents[m[1]] = true
		}
	}
	queries := 0
	for _, f := range glob(t, "queries/*.sql") {
		for _, q := range strings.Split(f, "-- name: ")[1:] {
			queries++
			name, _, _ := strings.Cut(q, " ")
			reads, changes := store.TablesForTest("-- name: " + q)
			if change := strings.Contains(q, ":exec") || strings.Contains(q, "RETURNING"); change != (len(changes) > 0) {
				t.Errorf("%s changes %v", name, changes)
			}
			if !slices.ContainsFunc(append(reads, changes...), func(table string) bool { return tables[table] }) {
				t.Errorf("%s: %v and %v are no tables", name, reads, changes)
			}
			for parent := range parents {
				if strings.Contains(q, "DELETE FROM "+parent) {
					t.Errorf("%s deletes from %s, and with it from tables that it does not name", name, parent)
				}
			}
		}
	}
	if len(tables) < 20 || queries < 200 {
		t.Errorf("found %d tables and %d queries", len(tables), queries)
	}
}

func glob(t *testing.T, pattern string) (texts []string) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}
