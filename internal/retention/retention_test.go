package retention_test

import (
	"log/slog"
	"testing"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/retention"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestAuditEntriesGoWhenTheClubKeepsThemNoLongerAndThatIsNoted(t *testing.T) {
	t.Parallel()
	c, clock := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "keeper")
	k := retention.New(slog.New(slog.DiscardHandler))
	write := func() {
		t.Helper()
		if err := tenant.Write(t.Context(), func(tx *store.Tx) error {
			return audit.Write(t.Context(), tx, audit.Entry{Actor: club.System("x"), Action: "x.done", Object: "x"})
		}); err != nil {
			t.Fatal(err)
		}
	}
	run := func() {
		t.Helper()
		if err := k.Weeks(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		if err := k.Retire(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
	}
	write()
	clock.Advance(2560 * 24 * 3600e9) // of the 2557 days that are kept unless a club says otherwise
	write()
	run()
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'x.done'"); n == 0 {
		t.Fatal("an entry of today is gone")
	}
	clock.Advance(7 * 24 * 3600e9) // the week of the first has ended by now, whatever day it was
	run()
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'x.done'"); n != 1 {
		t.Errorf("%d entries are left, want that of last week", n)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'audit.retired'"); n != 1 {
		t.Errorf("%d entries say what has gone", n)
	}
}
