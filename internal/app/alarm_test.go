package app_test

import (
	"testing"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestAnAuditLogThatIsNotWholeIsToldOfByTheAlarmAndTheDoctor(t *testing.T) {
	t.Parallel()
	a := open(t, nil)
	tenant, err := a.CreateTenant(t.Context(), admin, "fairway", "Fairway 24")
	if err != nil {
		t.Fatal(err)
	}
	look := func(state string, alarms int) {
		t.Helper()
		if err := a.LookForAlarm(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM alarms WHERE name IN ('audit', 'audit_lag')"); n != alarms {
			t.Errorf("%d alarms, want %d", n, alarms)
		}
		var found app.Finding
		for _, f := range a.Doctor(t.Context()) {
			if f.Name == "fairway: audit log" {
				found = f
			}
		}
		if found.State != state || found.Detail == "" || state != "ok" && found.Advice == "" {
			t.Errorf("the doctor says %+v, want %s", found, state)
		}
	}
	look("ok", 0)
	err = tenant.Write(t.Context(), func(tx *store.Tx) error {
		at := tx.Now.Add(-31 * time.Minute)
		return tx.CreateAuditEntry(t.Context(), store.CreateAuditEntryParams{ID: club.NewAuditID(at), At: at, Actor: "system:x", Action: "x.done", Object: "x", Detail: "{}", CorrelationID: tx.Correlation})
	})
	if err != nil {
		t.Fatal(err)
	}
	look("warn", 1)
	if err := a.Audit.Sequence(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	look("ok", 0)
	storetest.Exec(t, tenant, "UPDATE audit_tree SET fault = 'position 3: the entry is missing'")
	look("fail", 1)
}
