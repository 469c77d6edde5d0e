package archive_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/archive"
	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
)

func newVault(t *testing.T, seed byte) *vault.Vault {
	t.Helper()
	v, err := vault.Open(bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// onSQLite opens an empty installation on SQLite, whatever the tests run on.
func onSQLite(t *testing.T) *store.Cluster {
	t.Helper()
	c, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + storetest.Directory(t), Clock: club.NewManualClock(storetest.Start), Log: slog.New(slog.DiscardHandler), Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// reminder is a job with arguments of several kinds.
type reminder struct {
	Tenant club.Slug `json:"tenant"`
	Text   string    `json:"text"`
	N      float64   `json:"n"`
}

func (reminder) Kind() string { return "reminder" }

// furnish puts rows of every kind of value into a club: texts that need escaping, JSON that each engine
// writes in its own way, bytes, NULL, fractions of a second, a row that refers to a later one, and jobs.
func furnish(t *testing.T, c *store.Cluster, slug club.Slug) *store.Tenant {
	t.Helper()
	tenant := storetest.AddTenant(t, c, slug)
	at := storetest.Start.Add(123456 * time.Microsecond)
	details := `{"b": 1.50, "a": [1e2, 0.1, true, null, "ü\u0000".length], "nested": {"z": "\u2028 <&>", "n": 12345678901234567}}`
	details = strings.Replace(details, `"ü\u0000".length`, `"ü"`, 1)
	storetest.Exec(t, tenant, `INSERT INTO locations (id, slug, name, time_zone, details, created_at, updated_at) VALUES ('loc_a', 'north', $1, 'Europe/Berlin', $2, $3, $4)`,
		"North \"side\"\\\n\t☃ \U0001F3CC <script>", details, at, at)
	storetest.Exec(t, tenant, `INSERT INTO bays (id, location_id, number, name, status, created_at, updated_at) VALUES ('bay_a', 'loc_a', 3, 'Bay 3', 'active', $1, $1)`, at)
	storetest.Exec(t, tenant, `INSERT INTO lines (number, provider, location_id, created_at) VALUES ('+15550100001', 'twilio', NULL, $1)`, at)
	for i := range 20 {
		storetest.Exec(t, tenant, `INSERT INTO settings (key, value, updated_at, updated_by) VALUES ($1, $2, $3, 'system:test')`, fmt.Sprintf("k%02d", i), fmt.Sprintf(`{"n": %d}`, i), at)
	}
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		for i := range 3 {
			tx.Enqueue(reminder{Tenant: slug, Text: fmt.Sprintf("remind %d \u2028", i), N: 0.25}, nil)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

func digest(t *testing.T, c *store.Cluster, slug club.Slug) archive.Report {
	t.Helper()
	r, err := archive.Digest(t.Context(), c, slug)
	if err != nil {
		t.Fatalf("digest: %v", err)
	}
	return r
}

func save(t *testing.T, c *store.Cluster, v *vault.Vault, clubs ...club.Slug) []byte {
	t.Helper()
	var file bytes.Buffer
	if _, err := archive.Write(t.Context(), &file, v, c, "test", clubs, nil); err != nil {
		t.Fatalf("save: %v", err)
	}
	return file.Bytes()
}

func TestBothEnginesHaveTheSameTablesAndKinds(t *testing.T) {
	t.Parallel()
	tables := func(c *store.Cluster) (list []store.Table) {
		storetest.AddTenant(t, c, "elmgrove")
		err := c.Snapshot(t.Context(), "elmgrove", func(s *store.Snapshot) (err error) {
			list, err = s.Tables(t.Context())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(list, func(a, b store.Table) int { return strings.Compare(a.Name, b.Name) })
		return list
	}
	one, _ := storetest.Cluster(t)
	a, b := tables(one), tables(onSQLite(t))
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("the tables differ:\n%v\n%v", a, b)
	}
	if !strings.Contains(fmt.Sprint(a), "{details json}") {
		t.Error("no column of JSON was found")
	}
}

func TestJobsGoOnAfterARestore(t *testing.T) {
	t.Parallel()
	v := newVault(t, 1)
	from, _ := storetest.Cluster(t)
	tenant := furnish(t, from, "elmgrove")
	err := tenant.Write(t.Context(), func(tx *store.Tx) error { // nobody works that queue on SQLite
		tx.Enqueue(reminder{Tenant: tenant.Slug, Text: "remind 3 \u2028", N: 0.25}, &river.InsertOpts{Queue: store.QueueOverflow, Priority: 3})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	to := onSQLite(t)
	if _, err := archive.Restore(t.Context(), bytes.NewReader(save(t, from, v, "elmgrove")), v, to, nil, nil); err != nil {
		t.Fatal(err)
	}
	var texts []string
	err = to.Snapshot(t.Context(), "elmgrove", func(s *store.Snapshot) error {
		return s.Jobs(t.Context(), func(j store.StoredJob) error {
			var args reminder
			err := json.Unmarshal(j.Args, &args)
			texts = append(texts, fmt.Sprintf("%s %s %v %s", j.Kind, args.Text, args.N, j.Queue))
			return err
		})
	})
	want := []string{"reminder remind 0 \u2028 0.25 default", "reminder remind 1 \u2028 0.25 default", "reminder remind 2 \u2028 0.25 default", "reminder remind 3 \u2028 0.25 default"}
	if err != nil || !slices.Equal(texts, want) {
		t.Errorf("the jobs are %q (%v)", texts, err)
	}
}

func TestBackupThatIsNotWholeIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	v, from := newVault(t, 1), onSQLite(t)
	furnish(t, from, "elmgrove")
	file := save(t, from, v, "elmgrove")
	to, _ := storetest.Cluster(t)
	cuts := []int{0, 5, len(file) / 2, len(file) - 1}
	for range 8 {
		cuts = append(cuts, rand.IntN(len(file)))
	}
	for _, n := range cuts {
		if _, err := archive.Restore(t.Context(), bytes.NewReader(file[:n]), v, to, nil, nil); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("cut short to %d of %d bytes: %v", n, len(file), err)
		}
		damaged := bytes.Clone(file)
		damaged[n] ^= 0x20
		if _, _, err := archive.Check(t.Context(), bytes.NewReader(damaged), v, nil); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("with byte %d altered: %v", n, err)
		}
	}
	if all, err := to.FindTenants(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("there are clubs: %v %v", all, err)
	}
	if _, err := archive.Restore(t.Context(), bytes.NewReader(file), v, to, nil, nil); err != nil {
		t.Errorf("after the failures the whole file: %v", err)
	}
}

func TestBackupOfAnotherMasterKeySaysSo(t *testing.T) {
	t.Parallel()
	from := onSQLite(t)
	furnish(t, from, "elmgrove")
	one, other := newVault(t, 1), newVault(t, 2)
	_, _, err := archive.Check(t.Context(), bytes.NewReader(save(t, from, one, "elmgrove")), other, nil)
	if club.CodeOf(err) != club.CodeInvalid || !strings.Contains(club.MessageOf(err), one.KeyID()) || !strings.Contains(club.MessageOf(err), other.KeyID()) {
		t.Errorf("the error is %v", err)
	}
}

func TestNothingOfAClubStandsInClearInABackup(t *testing.T) {
	t.Parallel()
	from := onSQLite(t)
	furnish(t, from, "elmgrove")
	file := save(t, from, newVault(t, 1), "elmgrove")
	for _, word := range []string{"elmgrove", "Berlin", "settings", "Bay 3"} {
		if bytes.Contains(file, []byte(word)) {
			t.Errorf("%q stands in the file", word)
		}
	}
}

func TestRestoreNeverTouchesAClubThatIsThere(t *testing.T) {
	t.Parallel()
	v := newVault(t, 1)
	c, _ := storetest.Cluster(t)
	tenant := furnish(t, c, "elmgrove")
	file := save(t, c, v, "elmgrove")
	storetest.Exec(t, tenant, `UPDATE bays SET name = 'Renamed'`)
	before := digest(t, c, "elmgrove")
	if _, err := archive.Restore(t.Context(), bytes.NewReader(file), v, c, nil, nil); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("the restore says %v", err)
	}
	if after := digest(t, c, "elmgrove"); after.Digest != before.Digest {
		t.Error("the club was changed")
	}
}

func TestOneClubOfSeveralIsRestored(t *testing.T) {
	t.Parallel()
	v, from := newVault(t, 1), onSQLite(t)
	furnish(t, from, "elmgrove")
	furnish(t, from, "other")
	file := save(t, from, v, "elmgrove", "other")
	to, _ := storetest.Cluster(t)
	reports, err := archive.Restore(t.Context(), bytes.NewReader(file), v, to, []club.Slug{"other"}, nil)
	if err != nil || len(reports) != 1 || reports[0].Club != "other" {
		t.Fatalf("restored: %+v (%v)", reports, err)
	}
	if _, err := archive.Restore(t.Context(), bytes.NewReader(file), v, to, []club.Slug{"nobody"}, nil); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("a club that is not in the backup: %v", err)
	}
}

func TestBackupOfAnOlderSchemaIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	v, from := newVault(t, 1), onSQLite(t)
	furnish(t, from, "elmgrove")
	newest := digest(t, from, "elmgrove").Schema
	if _, err := from.Migrate(t.Context(), "elmgrove", store.Target(newest-1)); err != nil {
		t.Fatal(err)
	}
	to, _ := storetest.Cluster(t)
	if _, err := archive.Restore(t.Context(), bytes.NewReader(save(t, from, v, "elmgrove")), v, to, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := digest(t, to, "elmgrove").Schema; got != newest {
		t.Errorf("the schema is at %d, want %d", got, newest)
	}
}
