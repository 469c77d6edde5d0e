package setting_test

import (
	"encoding/json"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func put(t *testing.T, tenant *store.Tenant, key, value string) error {
	t.Helper()
	return tenant.Write(t.Context(), func(tx *store.Tx) error {
		return setting.Put(t.Context(), tx, club.Actor{Kind: club.ActorUser, ID: "usr_1"}, key, json.RawMessage(value))
	})
}

func load(t *testing.T, tenant *store.Tenant) (s setting.Settings) {
	t.Helper()
	if err := tenant.Read(t.Context(), func(tx *store.Tx) (err error) { s, err = setting.Load(t.Context(), tx); return err }); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSettingIsStoredAuditedAndRead(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	if s := load(t, tenant); s.BurstWait != 2*time.Second || s.AutoExecution || s.EscalationSLA[club.PriorityEmergency] != 2*time.Minute {
		t.Errorf("defaults %+v", s)
	}
	for key, value := range map[string]string{"wait.burst": `"3s"`, "actions.auto_execution": "true", "sla.ticket.high": `"2h"`, "actions.off": `["access"]`} {
		if err := put(t, tenant, key, value); err != nil {
			t.Fatal(err)
		}
	}
	s := load(t, tenant)
	if s.BurstWait != 3*time.Second || !s.AutoExecution || s.TicketSLA[club.PriorityHigh] != 2*time.Hour || s.TicketSLA[club.PriorityLow] != 72*time.Hour {
		t.Errorf("settings %+v", s)
	}
	if why, off := s.Off("access", "unlock_door"); !off || why != "access" {
		t.Error("the switch of a category does not stop its action")
	}
	if _, off := s.Off("device", "reboot_pc"); off {
		t.Error("the switch of one category stops another's action")
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'setting.changed'"); n != 4 {
		t.Errorf("%d audit entries of 4 changes", n)
	}
}

func TestBadValueIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	for key, value := range map[string]string{"wait.burst": `"2h"`, "confidence.high": "0.1", "confidence.low": `"x"`, "club.name": `""`, "replies.auto_safe": `"yes"`, "actions.off": `"all"`, "wait.suggest": "5"} {
		if err := put(t, tenant, key, value); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s = %s: %v, want invalid", key, value, err)
		}
	}
	if err := put(t, tenant, "no.such", "1"); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("unknown key: %v", err)
	}
	storetest.Exec(t, tenant, `INSERT INTO settings (key, value, updated_at, updated_by) VALUES ('wait.burst', '"never"', '2026-01-01 00:00:00+00:00', 'x')`)
	if s := load(t, tenant); s.BurstWait != 2*time.Second {
		t.Errorf("a spoilt row gave %s", s.BurstWait)
	}
}

func TestKillSwitchThatWouldStopNothingIsRefused(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	for _, value := range []string{`["all"]`, `["device","access"]`, `["words"]`, `["unlock_door","send_reply"]`, `[]`} {
		if err := put(t, tenant, "actions.off", value); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
	for _, value := range []string{`["door"]`, `["device","Unlock_Door"]`, `["unlock-door"]`, `["desk"]`, `["create_ticket"]`, `[""]`, `["location:"]`, `["location:nowhere"]`} {
		if err := put(t, tenant, "actions.off", value); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s was taken: %v", value, err)
		}
	}
	storetest.Exec(t, tenant, `UPDATE settings SET value = '["gone","access"]' WHERE key = 'actions.off'`)
	if off, thrown := load(t, tenant).Off("access", "unlock_door"); !thrown || off != "access" {
		t.Error("a switch of old does not count any more")
	}
}

func TestEverySpecReadsBackItsDefaultAndItsForm(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, spec := range setting.Specs() {
		if seen[spec.Key] || spec.Title == "" || spec.Help == "" || spec.Group == "" {
			t.Errorf("spec %q is doubled or has no words", spec.Key)
		}
		seen[spec.Key] = true
		got, err := json.Marshal(spec.Value(setting.Default()))
		if err != nil || string(got) != string(spec.Default) {
			t.Errorf("%s: default %s reads back as %s", spec.Key, spec.Default, got)
		}
	}
	spec, _ := setting.Find("actions.off")
	if raw, err := spec.Parse("access, reboot_pc"); err != nil || string(raw) != `["access","reboot_pc"]` {
		t.Errorf("list form: %s, %v", raw, err)
	}
	spec, _ = setting.Find("confidence.high")
	if _, err := spec.Parse("much"); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("number form: %v", err)
	}
}
