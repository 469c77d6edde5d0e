package setting_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store/storetest"
)

func TestCallPlanIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	p, err := setting.ParseCallPlan(" now: slack, on-call by sms+email;  2m: operators by sms;sla: owners by email unless quiet; ")
	if err != nil || len(p.Steps) != 3 {
		t.Fatalf("%+v, %v", p, err)
	}
	if c := p.Steps[0].Calls; len(c) != 2 || c[0].To != setting.CallSlack || c[1].To != setting.CallOnCall || strings.Join(c[1].By, " ") != "sms email" || c[1].UnlessQuiet {
		t.Errorf("first step %+v", c)
	}
	if s := p.Steps[1]; s.Due(time.Hour) != 2*time.Minute {
		t.Errorf("second step %+v", s)
	}
	if s := p.Steps[2]; s.Due(time.Hour) != time.Hour || !s.Calls[0].UnlessQuiet {
		t.Errorf("third step %+v", s)
	}
	again, err := setting.ParseCallPlan(p.Text)
	if err != nil || again.Text != p.Text || len(again.Steps) != 3 {
		t.Errorf("its own text is not read back: %+v, %v", again, err)
	}
}

func TestCallPlanThatWouldCallNobodyIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	for text, why := range map[string]string{
		"": "must call somebody", "slack": "no colon", "soon: slack": "not a time", "2m: boss by sms": "cannot be called", "now: on-call": "say how", "now: on-call by fax": "no way to call",
		"now: slack by sms": "no person", "5m: slack; 2m: slack": "comes before", "now: owners by sms+sms": "no way", "now: ,slack": "names nobody", "now: on-call by sms at night": "not understood",
		"25h: slack": "at most 24h", strings.Repeat("now: slack;", 9): "at most 8 steps", strings.Repeat("now: slack;", 99): "at most 600",
	} {
		raw, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := put(t, tenant, "calls.high", string(raw)); club.CodeOf(err) != club.CodeInvalid || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", text, err, why)
		}
	}
	if err := put(t, tenant, "calls.low", `"now: owners by sms"`); err != nil {
		t.Fatal(err)
	}
	s := load(t, tenant)
	if s.Calls[club.PriorityLow].Steps[0].Calls[0].To != setting.CallOwners || len(s.Calls[club.PriorityEmergency].Steps) != 3 || setting.Default().Calls[club.PriorityLow].Text == s.Calls[club.PriorityLow].Text {
		t.Errorf("plans %+v", s.Calls)
	}
}
