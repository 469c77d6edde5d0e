package audit_test

import (
	"errors"
	"testing"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestEntryCommitsWithItsChangeOrNotAtAll(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	entry := audit.Entry{Actor: club.System("decide"), Action: "thread.escalated", Object: "thr_1", Thread: "thr_1", Detail: map[string]any{"from": "pending", "to": "escalated"}}
	_ = tenant.Write(t.Context(), func(tx *store.Tx) error {
		if err := audit.Write(t.Context(), tx, entry); err != nil {
			t.Error(err)
		}
		return errors.New("the change fails")
	})
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM audit_entries"); n != 0 {
		t.Fatalf("%d entries of a change that failed", n)
	}
	if err := tenant.Write(t.Context(), func(tx *store.Tx) error { return audit.Write(t.Context(), tx, entry) }); err != nil {
		t.Fatal(err)
	}
	var rows []store.AuditEntry
	err := tenant.Read(t.Context(), func(tx *store.Tx) (err error) {
		object := "thr_1"
		rows, err = tx.FindAuditEntries(t.Context(), store.FindAuditEntriesParams{Object: &object, Size: 10})
		return err
	})
	if err != nil || len(rows) != 1 || rows[0].Actor != "system:decide" || rows[0].CorrelationID.IsZero() || !rows[0].At.Equal(storetest.Start) {
		t.Errorf("entries %+v, %v", rows, err)
	}
}

func TestEntryWithoutAnActorIsRefused(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		return audit.Write(t.Context(), tx, audit.Entry{Action: "x.y"})
	})
	if err == nil {
		t.Error("an entry without an actor was written")
	}
}
