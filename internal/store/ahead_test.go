package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// looked is what somebody who looks has read: columns of every type, rows that are there and one that is not.
type looked struct {
	Places  []store.Location
	Entries []store.AuditEntry
	Subject store.Subject
	Missing bool
}

func TestWhatIsAskedAheadIsWhatWouldHaveBeenReadOneByOne(t *testing.T) {
	t.Parallel()
	c := remembering(t, storetest.Config(t))
	tenant := storetest.AddTenant(t, c, "fairway")
	addLocation(t, tenant, "north")
	subject, phone := club.NewSubjectID(storetest.Start), "index"
	change := func() {
		t.Helper()
		err := tenant.Write(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.CreateSubject(t.Context(), store.CreateSubjectParams{ID: subject, PhoneIndex: &phone, Phone: []byte{0, 1}, WrappedKey: []byte("k"), CreatedAt: tx.Now}); err != nil {
				return err
			}
			return tx.CreateAuditEntry(t.Context(), store.CreateAuditEntryParams{ID: club.NewAuditID(tx.Now), At: tx.Now, Actor: "system:x", Action: "x.done", Object: "x", Detail: `{"a": 1}`, CorrelationID: tx.Correlation})
		})
		if err != nil {
			t.Fatal(err)
		}
		storetest.Exec(t, tenant, "UPDATE locations SET name = name")
	}
	ask := func(ctx context.Context, q *store.Queries) (out looked) {
		out.Places, _ = q.FindLocations(ctx)
		out.Entries, _ = q.FindAuditEntries(ctx, store.FindAuditEntriesParams{Size: 10})
		out.Subject, _ = q.FindSubject(ctx, subject)
		_, err := q.FindSubject(ctx, "nobody")
		out.Missing = club.CodeOf(store.Translate(err)) == club.CodeNotFound
		return out
	}
	look := func(ahead bool) (out looked, reads int64) {
		t.Helper()
		before := c.Counts().Reads
		err := tenant.Look(t.Context(), func(tx *store.Tx) error {
			if ahead {
				if err := tx.Ahead(t.Context(), func(q *store.Queries) { ask(t.Context(), q) }); err != nil {
					return err
				}
			}
			out = ask(t.Context(), tx.Queries)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out, c.Counts().Reads - before
	}
	change()
	hearing(t, c, tenant)
	want, _ := look(false)
	if len(want.Places) != 1 || len(want.Entries) != 1 || len(want.Subject.Phone) != 2 || !want.Missing {
		t.Fatalf("read %+v", want)
	}
	storetest.Exec(t, tenant, "UPDATE locations SET name = name")
	storetest.Exec(t, tenant, "UPDATE subjects SET consent = consent")
	await(t, "it is asked anew, each query once", func() bool {
		got, reads := look(true)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("one by one and ahead (-want +got):\n%s", diff)
		}
		if reads > 4 {
			t.Fatalf("%d reads of four queries", reads)
		}
		_, again := look(true)
		return again == 0
	})
}
