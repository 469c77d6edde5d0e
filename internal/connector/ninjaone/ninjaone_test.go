package ninjaone

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/simulate/vendor"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func world(t *testing.T, rc vendor.RMMConfig, change func(*Config)) (*Client, *vendor.RMM, *club.ManualClock) {
	t.Helper()
	clock := club.NewManualClock(noon)
	rc.Devices = []vendor.Device{{ID: 3, Name: "Bay 3", Frozen: true}, {ID: 4, Name: "Bay 4", Offline: true}, {ID: 5, Name: "Bay 5", Maintenance: true}}
	rc.Scripts = []vendor.Script{{ID: 11, Name: "restart TPS", Repairs: true}, {ID: 12, Name: "broken", Fails: true}}
	m := vendor.NewRMM(rc, clock)
	if err := m.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Heal(); m.Down() })
	cfg := Config{BaseURL: m.URL(), ClientID: m.Config().ClientID, ClientSecret: m.Config().ClientSecret, RefreshToken: rc.RefreshToken, Limits: connector.Limits{Timeout: 300 * time.Millisecond}}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg, connector.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, m, clock
}

func TestDevicesAreSeenAsTheyAre(t *testing.T) {
	t.Parallel()
	c, _, _ := world(t, vendor.RMMConfig{}, nil)
	want := []club.DeviceState{
		{Ref: "3", Name: "Bay 3", Online: true, LastContact: noon},
		{Ref: "4", Name: "Bay 4", LastContact: noon.Add(-time.Minute)},
		{Ref: "5", Name: "Bay 5", Online: true, Maintenance: true, LastContact: noon},
	}
	got, err := c.Devices(t.Context())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if one, err := c.Device(t.Context(), "3"); err != nil || one != want[0] {
		t.Errorf("%+v %v", one, err)
	}
	var v *club.VendorError
	if _, err := c.Device(t.Context(), "99"); !errors.As(err, &v) || v.Status != 404 || !v.Rejected || v.VendorCode != "DEVICE_NOT_FOUND" {
		t.Errorf("unknown device: %v", err)
	}
	for _, bad := range []string{"", "3/../4", "x", "3?"} {
		if err := c.Reboot(t.Context(), bad, "r", false); !errors.As(err, &v) || !v.Rejected || v.Reached {
			t.Errorf("device %q: %v", bad, err)
		}
	}
}

func TestRebootTakesTheDeviceAwayAndBringsItBackMended(t *testing.T) {
	t.Parallel()
	c, m, clock := world(t, vendor.RMMConfig{}, nil)
	key := club.NewExecutionID(noon).String()
	if err := c.Reboot(t.Context(), "3", "frozen, "+key, true); err != nil {
		t.Fatal(err)
	}
	if s, err := c.Device(t.Context(), "3"); err != nil || s.Online {
		t.Errorf("right after: %+v %v", s, err)
	}
	as, err := c.Activities(t.Context(), "3", noon)
	if err != nil || len(as) != 1 || as[0].Status != "start_requested" || as[0].Type != "action" {
		t.Errorf("right after: %+v %v", as, err)
	}
	clock.Advance(91 * time.Second)
	if s, err := c.Device(t.Context(), "3"); err != nil || !s.Online {
		t.Errorf("later: %+v %v", s, err)
	}
	if d, _ := m.Device(3); d.Frozen {
		t.Error("still frozen")
	}
	as, err = c.Activities(t.Context(), "3", noon)
	if err != nil || len(as) != 3 || as[0].Status != "completed" || as[1].Type != "system" {
		t.Errorf("later: %+v %v", as, err)
	}
	if e := m.Effects(); len(e) != 1 || e[0].Key != key || e[0].Op != "reboot" || e[0].Target != "3" {
		t.Errorf("effects %+v", e)
	}
}

func TestACommandToADeviceThatIsOffIsAcceptedAndNothingHappens(t *testing.T) {
	t.Parallel()
	c, m, clock := world(t, vendor.RMMConfig{}, nil)
	if err := c.Reboot(t.Context(), "4", "r", false); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	as, err := c.Activities(t.Context(), "4", noon)
	if err != nil || len(as) != 1 || as[0].Status != "start_requested" || len(m.Effects()) != 0 {
		t.Errorf("%+v %v %v", as, err, m.Effects())
	}
}

func TestScriptsRunAndTheirEndIsTold(t *testing.T) {
	t.Parallel()
	c, m, clock := world(t, vendor.RMMConfig{}, nil)
	for _, id := range []string{"11", "12"} {
		if err := c.RunScript(t.Context(), "3", id, "-quick"); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
	}
	as, err := c.Activities(t.Context(), "3", noon)
	if err != nil || len(as) != 6 || as[0].Status != "failed" || as[3].Status != "completed" || as[0].Type != "scripting" {
		t.Errorf("%+v %v", as, err)
	}
	for i, a := range as {
		if want := []string{"12", "12", "12", "11", "11", "11"}[i]; a.Script != want || a.Series == "" || a.Series != as[i/3*3].Series || as[0].Series == as[3].Series {
			t.Errorf("entry %d: script %q of run %q, want %s", i, a.Script, a.Series, want)
		}
	}
	if d, _ := m.Device(3); d.Frozen {
		t.Error("the script did not mend the bay")
	}
	var v *club.VendorError
	if err := c.RunScript(t.Context(), "3", "rm -rf", ""); !errors.As(err, &v) || v.Reached || !v.Rejected {
		t.Errorf("%v", err)
	}
	if err := c.RunScript(t.Context(), "3", "99", ""); !errors.As(err, &v) || !v.Rejected {
		t.Errorf("%v", err)
	}
}

func TestScriptsNeedTheUserGrantAndItsTokenRotates(t *testing.T) {
	t.Parallel()
	rc := vendor.RMMConfig{ScriptsNeedUser: true, RefreshToken: "rt-first"}
	c, _, _ := world(t, rc, func(cfg *Config) { cfg.RefreshToken = "" })
	var v *club.VendorError
	if err := c.RunScript(t.Context(), "3", "11", ""); !errors.As(err, &v) || v.Status != 403 || !v.Rejected {
		t.Errorf("client credentials: %v", err)
	}
	kept := &refusing{memory: memory{token: club.VendorToken{Refresh: "rt-first"}}}
	c, _, clock := world(t, rc, func(cfg *Config) { cfg.Keeper = kept })
	for range 3 {
		if err := c.RunScript(t.Context(), "3", "11", ""); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Hour)
	}
	if n := len(kept.tokens); n < 3 || kept.tokens[0] == kept.tokens[n-1] || kept.tokens[0] == "rt-first" {
		t.Errorf("rotated tokens %v", kept.tokens)
	}
}

// refusing is a keeper that stores nothing.
type refusing struct {
	memory
	tokens []string
}

func (r *refusing) Keep(_ context.Context, _, next club.VendorToken) error {
	r.tokens = append(r.tokens, next.Refresh)
	return errors.New("disk full")
}

func TestATokenIsReusedAndReplacedOnceWhenRefused(t *testing.T) {
	t.Parallel()
	c, m, _ := world(t, vendor.RMMConfig{}, nil)
	if err := c.Reboot(t.Context(), "3", "r", false); err != nil {
		t.Fatal(err)
	}
	m.Break("token", vendor.Fail(500))
	if _, err := c.Device(t.Context(), "3"); err != nil {
		t.Errorf("the token was not reused: %v", err)
	}
	m.Heal()
	m.Revoke()
	if err := c.Reboot(t.Context(), "5", "r", false); err != nil {
		t.Errorf("a revoked token was not replaced: %v", err)
	}
	m.Revoke()
	m.Break("token", vendor.Fail(500))
	err := c.Reboot(t.Context(), "5", "r", false)
	if err == nil || club.EffectUnknown(err) {
		t.Errorf("without a token nothing was asked of the device: %v", err)
	}
	m.Heal()
	m.Break("token", vendor.Fail(401))
	m.Revoke()
	err = c.Reboot(t.Context(), "5", "r", false)
	if err == nil || club.EffectUnknown(err) || strings.Contains(err.Error(), m.Config().ClientSecret) {
		t.Errorf("%v", err)
	}
	if n := len(m.Effects()); n != 2 {
		t.Errorf("%d effects", n)
	}
}

func TestFaultsAreToldApart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault   vendor.Fault
		fails   bool
		unknown bool
		effects int
	}{
		"fails":                {vendor.Fail(500), true, true, 0},
		"says no":              {vendor.Fail(409), true, false, 0},
		"hangs":                {vendor.Hang(), true, true, 0},
		"loses the answer":     {vendor.LoseAnswer(), true, true, 1},
		"lies":                 {vendor.Lie(), false, false, 0},
		"cannot reach the bay": {vendor.Offline(), false, false, 0},
		"is slow":              {vendor.Slow(5 * time.Millisecond), false, false, 1},
	} {
		c, m, _ := world(t, vendor.RMMConfig{}, nil)
		m.Break("reboot", tc.fault.Times(1))
		err := c.Reboot(t.Context(), "3", "r", false)
		if (err != nil) != tc.fails || club.EffectUnknown(err) != tc.unknown || len(m.Effects()) != tc.effects {
			t.Errorf("%s: %v, %d effects", name, err, len(m.Effects()))
		}
		if err := c.Reboot(t.Context(), "5", "r", false); err != nil {
			t.Errorf("%s: after the fault: %v", name, err)
		}
	}
}

func TestOurOwnLimitSparesTheVendor(t *testing.T) {
	t.Parallel()
	c, _, _ := world(t, vendor.RMMConfig{}, func(cfg *Config) { cfg.Rate = connector.Rate{Calls: 2, Per: time.Hour} })
	if _, err := c.Device(t.Context(), "3"); err != nil {
		t.Fatal(err)
	}
	var v *club.VendorError
	if _, err := c.Device(t.Context(), "3"); !errors.As(err, &v) || v.Reached || !v.Retryable {
		t.Errorf("%v", err)
	}
}

func TestAnEntryOfTheLogIsOfTheScriptWithItsUniqueIdOrElseItsName(t *testing.T) {
	t.Parallel()
	const action = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
	may := []script{{Type: "SCRIPT", ID: "11", UID: "u-11", Name: "restart TPS"}, {Type: "ACTION", ID: "0", UID: action, Name: "Flush DNS"},
		{Type: "SCRIPT", ID: "12", Name: "twin"}, {Type: "SCRIPT", ID: "13", Name: "twin"}}
	for name, c := range map[string]struct {
		entry activity
		want  string
	}{
		"by its unique id":                  {activity{Type: "SCRIPTING", Config: "U-11", Source: "renamed"}, "11"},
		"by its name":                       {activity{Type: "SCRIPTING", Source: "Restart TPS"}, "11"},
		"by its name as the log writes it":  {activity{Type: "ACTION", Source: "", Subject: "Run restart TPS"}, "11"},
		"a built-in action":                 {activity{Type: "ACTION", Config: action}, action},
		"one of two of the same name":       {activity{Type: "SCRIPTING", Source: "twin"}, ""},
		"another":                           {activity{Type: "SCRIPTING", Config: "u-99", Source: "clean up"}, ""},
		"nothing is told of it":             {activity{Type: "SCRIPTING", Message: "restart TPS"}, ""},
		"a condition named like the script": {activity{Type: "CONDITION", Source: "restart TPS"}, ""},
	} {
		if got := c.entry.script(may); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
