package audit_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/store"
)

var logTables = []string{"audit_entries", "audit_leaves", "audit_heads", "audit_tree"}

// row is a row of one of the log's tables, by its columns.
type row struct {
	table, columns string
	values         []any
}

// rows returns the rows of the log's tables.
func (j *journal) rows() (out []row) {
	j.Helper()
	err := j.cluster.Snapshot(j.Context(), "fairway", func(s *store.Snapshot) error {
		tables, err := s.Tables(j.Context())
		if err != nil {
			return err
		}
		for _, t := range tables {
			if !slices.Contains(logTables, t.Name) {
				continue
			}
			var names []string
			for _, c := range t.Columns {
				names = append(names, c.Name)
			}
			err := s.Rows(j.Context(), t, func(values []any) error {
				out = append(out, row{t.Name, strings.Join(names, ", "), slices.Clone(values)})
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		j.Fatal(err)
	}
	return out
}

// restore makes the log's tables hold these rows again.
func (j *journal) restore(rows []row) {
	j.Helper()
	for _, table := range logTables {
		j.sql("DELETE FROM " + table)
	}
	for _, r := range rows {
		var places []string
		for i := range r.values {
			places = append(places, fmt.Sprintf("$%d", i+1))
		}
		j.sql("INSERT INTO "+r.table+" ("+r.columns+") VALUES ("+strings.Join(places, ", ")+")", r.values...)
	}
}

// tamper changes something in the database as somebody might who may write to it and has not the master key, and says what.
func (j *journal) tamper(random *rand.Rand) string {
	j.Helper()
	leaves := len(j.entries)
	at := random.IntN(leaves)
	id := j.entries[at]
	switch random.IntN(12) {
	case 0, 1, 2:
		column := []string{"actor", "actor_name", "action", "object", "correlation_id", "thread_id"}[random.IntN(6)]
		j.sql("UPDATE audit_entries SET "+column+" = 'y' WHERE id = $1", id)
		return column + " of an entry"
	case 3:
		j.sql("UPDATE audit_entries SET detail = '{\"n\": 1e-9}' WHERE id = $1", id)
		return "detail of an entry"
	case 4:
		j.sql("UPDATE audit_entries SET at = $2 WHERE id = $1", id, j.clock.Now().Add(time.Duration(1+random.IntN(3600))*time.Microsecond))
		return "at of an entry"
	case 5:
		j.sql("DELETE FROM audit_entries WHERE id = $1", id)
		return "an entry is gone"
	case 6: // with its leaf, and those behind it moved up
		j.sql("DELETE FROM audit_entries WHERE id = $1", id)
		j.sql("DELETE FROM audit_leaves WHERE entry_id = $1", id)
		j.sql("UPDATE audit_leaves SET position = -position WHERE position > $1", at)
		j.sql("UPDATE audit_leaves SET position = -position - 1 WHERE position < 0")
		return "an entry and its leaf are gone"
	case 7:
		j.sql("UPDATE audit_leaves SET digest = $2 WHERE position = $1", at, bytes.Repeat([]byte{byte(random.IntN(256))}, 32))
		return "digest of a leaf"
	case 8: // two leaves change places
		other := (at + 1) % leaves
		j.sql("UPDATE audit_leaves SET position = -1 WHERE position = $1", at)
		j.sql("UPDATE audit_leaves SET position = $1 WHERE position = $2", at, other)
		j.sql("UPDATE audit_leaves SET position = $1 WHERE position = -1", other)
		return "leaves changed places"
	case 9:
		j.sql("DELETE FROM audit_heads WHERE size = $1", 4*(1+random.IntN(leaves/4)))
		return "a head is gone"
	case 10: // as it was earlier
		size := 4 * (1 + random.IntN(leaves/4-1))
		j.sql("DELETE FROM audit_heads WHERE size > $1", size)
		j.sql("DELETE FROM audit_leaves WHERE position >= $1", size)
		for _, id := range j.entries[size:] {
			j.sql("DELETE FROM audit_entries WHERE id = $1", id)
		}
		if random.IntN(2) == 0 {
			j.sql("UPDATE audit_tree SET size = $1", size)
		}
		return "the log was cut off"
	default:
		j.sql("UPDATE audit_heads SET note = REPLACE(note, 'after', 'After') WHERE size = $1", 4*(1+random.IntN(leaves/4)))
		return "a head says something else"
	}
}

func TestWhateverIsChangedInTheDatabaseIsFound(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	j.write(3, true)
	j.place() // the entry of the key is the fourth
	for range 5 {
		j.write(4, true)
	}
	rows := j.rows()
	j.entries = nil
	for _, r := range rows {
		if r.table == "audit_leaves" {
			j.entries = append(j.entries, club.AuditID(r.values[1].(string)))
		}
	}
	kept := audit.Against{Key: j.key(), Heads: []string{j.head()}}
	if r := j.verify(kept); !r.OK() || r.Leaves != 24 || r.Heads != 7 {
		t.Fatalf("what nobody changed: %+v", r)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 50 {
		did := j.tamper(random)
		if r := j.verify(kept); r.OK() {
			t.Errorf("seed %d: not found: %s", seed, did)
		}
		j.restore(rows)
	}
	if r := j.verify(kept); !r.OK() {
		t.Errorf("put back as it was: %v", r.Findings)
	}
}
