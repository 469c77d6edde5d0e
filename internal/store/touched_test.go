package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestStatementIsAboutOneRowOnlyWhereItsTextPlainlySaysSo(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"SELECT a, b FROM bays WHERE id = $1;":                                                       1,
		"SELECT a FROM bays WHERE id = $2 AND name = $1":                                             2,
		"SELECT a FROM bays WHERE id = $1 OR name = $2":                                              0,
		"SELECT a FROM bays b JOIN doors d ON d.bay = b.id WHERE id = $1":                            0,
		"SELECT a FROM bays WHERE name = $1 AND id = $2":                                             0,
		"SELECT a FROM bays WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM archived WHERE object = $1)": 0,
		"UPDATE bays SET a = $2, b = CASE WHEN $3 THEN 1 ELSE 0 END\nWHERE id = $1 AND a <> $2;":     1,
		"UPDATE bays SET a = $2 WHERE id = $1 OR a = $3":                                             0,
		"UPDATE bays SET a = (SELECT MAX(a) FROM bays WHERE id = $2) WHERE id = $1":                  0,
		"UPDATE bays SET a = $2 WHERE name = $1":                                                     0,
		"UPDATE bays SET id = $1 WHERE name = $2":                                                    0,
		"DELETE FROM bays WHERE id = $1":                                                             1,
		"DELETE FROM bays WHERE id IN ($1, $2)":                                                      0,
		"INSERT INTO bays (id, a) VALUES ($1, $2) ON CONFLICT DO NOTHING":                            1,
		"INSERT INTO bays (id, a) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET a = excluded.a":      0,
		"INSERT INTO bays (id, a) SELECT j.key, 1 FROM json_each($1) j":                              0,
		"INSERT INTO bays (a, id) VALUES ($1, $2)":                                                   0,
		"INSERT INTO bays (id, a) VALUES ($1, $2), ($3, $4)":                                         0,
	} {
		if got := store.PinForTest(text); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// TestPinnedStatementsNameTheirTablesOwnId reads what sqlc made: a pinned statement has one table, and none
// sets an id.
func TestPinnedStatementsNameTheirTablesOwnId(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.sql.go")
	if err != nil {
		t.Fatal(err)
	}
	constant, sets := regexp.MustCompile("(?s)= `(-- name: .*?)`"), regexp.MustCompile(`(?is)\bSET\b.*\bid\s*=\s*\$.*\bWHERE\b`)
	pinned := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range constant.FindAllStringSubmatch(string(text), -1) {
			if store.PinForTest(m[1]) == 0 {
				continue
			}
			pinned++
			if reads, changes := store.TablesForTest(m[1]); len(reads)+len(changes) != 1 || strings.Contains(m[1], "UPDATE") && sets.MatchString(m[1]) {
				t.Errorf("%v %v:\n%s", reads, changes, m[1])
			}
		}
	}
	if pinned < 60 {
		t.Errorf("only %d statements are about one row", pinned)
	}
}

func TestOneRowIsKeptWhileOthersOfItsTableChange(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	a := remembering(t, cfg)
	here := storetest.AddTenant(t, a, "fairway")
	b := remembering(t, cfg) // another replica
	there, err := b.Tenant(t.Context(), "fairway")
	if err != nil {
		t.Fatal(err)
	}
	one, other := addLocation(t, here, "one"), addLocation(t, here, "other")
	hearing(t, a, here)
	name := func() (name string) {
		err := here.Look(t.Context(), func(tx *store.Tx) error {
			l, err := tx.FindLocation(t.Context(), one)
			name = l.Name
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	heard := func() (name string) { // by a query that knows nothing of rows
		err := here.Look(t.Context(), func(tx *store.Tx) error {
			all, err := tx.FindLocations(t.Context())
			for _, l := range all {
				if l.ID == other {
					name = l.Name
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	rename := func(at *store.Tenant, id club.LocationID, to string) {
		err := at.Write(t.Context(), func(tx *store.Tx) error {
			return store.ExecInForTest(t.Context(), tx, "UPDATE locations SET name = $2 WHERE id = $1", id, to)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	await(t, "this process has heard of its own changes", func() bool {
		before := a.Counts().Reads
		name()
		return a.Counts().Reads == before
	})
	before := a.Counts().ReadsOf["FindLocation"]
	rename(here, other, "changed")
	name()
	if a.Engine() == "postgres" { // a file says no more than that another process has written
		rename(there, other, "changed there")
		await(t, "this process has heard of the other's change", func() bool { return heard() == "changed there" })
		name()
	}
	if n := a.Counts().ReadsOf["FindLocation"] - before; n != 0 {
		t.Errorf("it was read %d times although another row had changed", n)
	}
	rename(here, one, "here")
	if got := name(); got != "here" {
		t.Errorf("%q after it was changed here", got)
	}
	rename(there, one, "there")
	await(t, "what another replica changed", func() bool { return name() == "there" })
}

func TestTransactionAsksTheSameOnceUnlessItChangesIt(t *testing.T) {
	t.Parallel()
	c := remembering(t, storetest.Config(t))
	tenant := storetest.AddTenant(t, c, "fairway")
	subject := club.NewSubjectID(c.Clock().Now())
	create := func(tx *store.Tx, id club.SubjectID, index string) {
		if _, err := tx.CreateSubject(t.Context(), store.CreateSubjectParams{ID: id, PhoneIndex: &index, CreatedAt: tx.Now}); err != nil {
			t.Error(err)
		}
	}
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		find := func(id club.SubjectID) (s store.Subject, read bool) {
			before := c.Counts().Reads
			s, err := tx.FindSubject(t.Context(), id)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				t.Error(err)
			}
			return s, c.Counts().Reads > before
		}
		find(subject)
		if _, read := find(subject); read {
			t.Error("a missing row was read twice")
		}
		create(tx, subject, "1")
		if s, _ := find(subject); s.ID != subject {
			t.Error("it does not see the row that it made")
		}
		create(tx, club.NewSubjectID(tx.Now), "2")
		if _, read := find(subject); read {
			t.Error("it was read again although another row was made")
		}
		if _, err := tx.UpdateConsent(t.Context(), store.UpdateConsentParams{ID: subject, Consent: club.ConsentWithdrawn, UpdatedAt: tx.Now}); err != nil {
			return fmt.Errorf("withdraw: %w", err)
		}
		if s, _ := find(subject); s.Consent != club.ConsentWithdrawn {
			t.Error("it does not see what it changed")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
