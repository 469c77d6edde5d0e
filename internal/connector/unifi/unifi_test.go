package unifi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/simulate/vendor"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func world(t *testing.T) (*Client, *vendor.Doors, *club.ManualClock) {
	t.Helper()
	clock := club.NewManualClock(noon)
	d, err := vendor.NewDoors(vendor.DoorsConfig{Doors: []vendor.Door{{ID: "front", Name: "Front"}, {ID: "back", Name: "Back", Offline: true, Open: true}}}, clock)
	if err == nil {
		err = d.Up()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Heal(); d.Down() })
	c, err := New(Config{BaseURL: d.URL(), Token: d.Config().Token, PinSHA256: d.Pin(), WebhookSecrets: []string{d.Config().WebhookSecret}, Limits: connector.Limits{Timeout: 500 * time.Millisecond}}, connector.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, d, clock
}

func TestDoorsAreSeenAsTheyAre(t *testing.T) {
	t.Parallel()
	c, _, _ := world(t)
	got, err := c.Doors(t.Context())
	want := []club.DoorState{{Ref: "back", Name: "Back", Locked: true, Open: true}, {Ref: "front", Name: "Front", Locked: true, Online: true}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestUnlockOpensTheDoorForAWhileAndIsInTheLog(t *testing.T) {
	t.Parallel()
	c, d, clock := world(t)
	key := club.NewExecutionID(noon).String()
	if err := c.Unlock(t.Context(), "front", key, "ClubOS"); err != nil {
		t.Fatal(err)
	}
	if s, err := c.Door(t.Context(), "front"); err != nil || s.Locked {
		t.Errorf("right after: %+v %v", s, err)
	}
	clock.Advance(6 * time.Second)
	if s, err := c.Door(t.Context(), "front"); err != nil || !s.Locked {
		t.Errorf("later: %+v %v", s, err)
	}
	if ok, err := c.Unlocked(t.Context(), "front", key, noon); !ok || err != nil {
		t.Errorf("our own: %t %v", ok, err)
	}
	if ok, err := c.Unlocked(t.Context(), "front", club.NewExecutionID(noon).String(), noon); ok || err != nil {
		t.Errorf("another's: %t %v", ok, err)
	}
	if e := d.Effects(); len(e) != 1 || e[0].Key != key || e[0].Target != "front" {
		t.Errorf("%+v", e)
	}
}

func TestLostAnswersAreClearedUpByTheLog(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault vendor.Fault
		want  bool
	}{"lost": {vendor.LoseAnswer(), true}, "hung": {vendor.Hang(), false}, "failed": {vendor.Fail(502), false}} {
		c, d, clock := world(t)
		d.Break("unlock", tc.fault)
		key := club.NewExecutionID(noon).String()
		if err := c.Unlock(t.Context(), "front", key, ""); !club.EffectUnknown(err) {
			t.Errorf("%s: %v", name, err)
		}
		clock.Advance(10 * time.Second)
		d.Heal()
		for i := range 120 { // so that the log has a second page
			if err := c.Unlock(t.Context(), "front", "other-key-"+strconv.Itoa(i), ""); err != nil {
				t.Fatal(err)
			}
		}
		if ok, err := c.Unlocked(t.Context(), "front", key, noon); ok != tc.want || err != nil {
			t.Errorf("%s: %t %v", name, ok, err)
		}
		d.Break("logs", vendor.Fail(500))
		if _, err := c.Unlocked(t.Context(), "front", key, noon); err == nil {
			t.Errorf("%s: a log that cannot be read was believed", name)
		}
	}
}

func TestNoIsNoEvenWithStatus200(t *testing.T) {
	t.Parallel()
	c, d, clock := world(t)
	var v *club.VendorError
	if err := c.Unlock(t.Context(), "back", "key-12345", ""); !errors.As(err, &v) || !v.Rejected || v.VendorCode != "CODE_DEVICE_DEVICE_OFFLINE" || v.Status != 200 {
		t.Errorf("hub offline: %v", err)
	}
	if err := c.Unlock(t.Context(), "cellar", "key-12345", ""); !errors.As(err, &v) || !v.Rejected || v.Status != 404 {
		t.Errorf("no such door: %v", err)
	}
	if err := c.Unlock(t.Context(), "../x", "key-12345", ""); !errors.As(err, &v) || !v.Rejected || v.Reached {
		t.Errorf("no door id: %v", err)
	}
	intruder, err := New(Config{BaseURL: d.URL(), Token: "wrong-token", PinSHA256: d.Pin()}, connector.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	if err := intruder.Unlock(t.Context(), "front", "key-12345", ""); !errors.As(err, &v) || v.VendorCode != "CODE_AUTH_FAILED" || strings.Contains(err.Error(), "wrong-token") {
		t.Errorf("wrong token: %v", err)
	}
	stranger, err := New(Config{BaseURL: d.URL(), Token: d.Config().Token, PinSHA256: strings.Repeat("00", 32)}, connector.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.Unlock(t.Context(), "front", "key-12345", ""); !errors.As(err, &v) || v.Reached {
		t.Errorf("wrong certificate: %v", err)
	}
	if len(d.Effects()) != 0 {
		t.Errorf("%+v", d.Effects())
	}
}

func TestSignatureVectorAndItsSpoiling(t *testing.T) {
	t.Parallel()
	c, err := New(Config{BaseURL: "https://console.example", Token: "t", WebhookSecrets: []string{"another-one", "whsec-test"}}, connector.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	const sig, body = "t=1700000000,v1=34cec579157bd515e6297d05c4529747ac4f40251f5aecaae083fad0dd8b317f", `{"event":"access.door.unlock"}`
	at := time.Unix(1700000000, 0)
	for name, tc := range map[string]struct {
		sig, body string
		now       time.Time
		ok        bool
	}{
		"the vector": {sig, body, at, true},
		"tampered":   {sig, body + " ", at, false},
		"stale":      {sig, body, at.Add(301 * time.Second), false},
		"early":      {sig, body, at.Add(-301 * time.Second), false},
		"time moved": {strings.Replace(sig, "t=17", "t=18", 1), body, at, false},
		"none":       {"", body, at, false},
	} {
		ev, err := c.Receive(http.Header{"Signature": {tc.sig}}, []byte(tc.body), tc.now)
		if tc.ok && (err != nil || ev.Type != "access.door.unlock") || !tc.ok && club.CodeOf(err) != club.CodeUnauthenticated {
			t.Errorf("%s: %+v %v", name, ev, err)
		}
	}
	c.secrets = nil
	if _, err := c.Receive(http.Header{"Signature": {sig}}, []byte(body), at); club.CodeOf(err) != club.CodeUnauthenticated {
		t.Errorf("without a secret: %v", err)
	}
}

func TestWebhooksNameTheDoorAndOurKeyButNobody(t *testing.T) {
	t.Parallel()
	c, d, clock := world(t)
	w := d.Unlocking("http://unused", "front", "key-12345")
	ev, err := c.Receive(w.Header, w.Body, clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Event{ID: ev.ID, Type: "access.door.unlock", Door: "front", DoorName: "Front", Device: "hub-front", Granted: true, Kind: club.AccessGranted, Key: "key-12345", At: noon}, ev); diff != "" || ev.ID == "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEventsThatAreNotUsedAreTakenWhateverTheirShape(t *testing.T) {
	t.Parallel()
	c, d, clock := world(t)
	for body, want := range map[string]club.Code{
		`{"event":"access.visitor.status.changed","data":{"object":[{"id":7}]}}`: "",
		`{"event":"access.unlock_schedule.activate","data":"x"}`:                 "",
		`{"event":"access.device.emergency_status","data":{"location":[]}}`:      "",
		`{"event":"access.door.unlock","data":{"location":["front"]}}`:           club.CodeInvalid,
		`{"event":7,"data":{}}`: club.CodeInvalid,
	} {
		stamp := strconv.FormatInt(clock.Now().Unix(), 10)
		mac := hmac.New(sha256.New, []byte(d.Config().WebhookSecret))
		mac.Write([]byte(stamp + "." + body))
		header := http.Header{"Signature": {"t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))}}
		ev, err := c.Receive(header, []byte(body), clock.Now())
		if club.CodeOf(err) != want || want == "" && ev.Kind != club.AccessOther {
			t.Errorf("%s: %+v %v", body, ev, err)
		}
	}
}

func FuzzFindKeyAndLog(f *testing.F) {
	f.Add([]byte(`{"data":{"extra":{"clubos_key":"k"}}}`))
	f.Add([]byte(`{"hits":[{"_source":{"event":{"result":"BLOCKED"}}}]}`))
	f.Fuzz(func(_ *testing.T, b []byte) {
		findKey(b)
		if hits, err := logHits(b); err == nil {
			for _, h := range hits {
				refused(h)
			}
		}
	})
}

func TestWhatADoorReportsIsReadFromTheConsolesWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		event, result, contact string
		want                   club.AccessKind
	}{
		{"access.door.unlock", "Access Granted", "", club.AccessGranted},
		{"access.door.unlock", "Access Denied", "", club.AccessDenied},
		{"access.door.unlock", "BLOCKED", "", club.AccessDenied},
		{"access.door.unlock", "", "", club.AccessOther},
		{"access.device.dps_status", "", "dps_change open", club.AccessOpened},
		{"access.device.dps_status", "", "dps_change close", club.AccessClosed},
		{"access.device.dps_status", "", "door_held_open alarm", club.AccessHeldOpen},
		{"access.device.dps_status", "", "alarm Open Too Long", club.AccessHeldOpen},
		{"access.device.dps_status", "", "forced_open alarm", club.AccessForced},
		{"access.device.dps_status", "", " ", club.AccessOther},
		{"access.doorbell.incoming", "", "open", club.AccessOther},
	} {
		if got := kindOf(c.event, c.result, c.contact); got != c.want {
			t.Errorf("%+v is %s", c, got)
		}
	}
}
