package act

import (
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/ninjaone"
	"clubos/internal/connector/unifi"
	fake "clubos/internal/simulate/vendor"
)

// wire puts the real clients of NinjaOne and UniFi Access, and their stand-ins on loopback, in place of
// the vendor in memory.
func (w *world) wire() *fake.Vendors {
	w.t.Helper()
	v, err := fake.Start(fake.Config{Clock: w.clock,
		RMM: fake.RMMConfig{Devices: []fake.Device{{ID: 33, Name: "Bay 3 PC"}}, Scripts: []fake.Script{{ID: 101, Name: "Restart TrackMan", Repairs: true},
			{ID: 102, Name: "Restart display", Fails: true}, {ID: 201, Name: "Clean up"}, {ID: 202, Name: "Back up", Fails: true}}},
		Doors: fake.DoorsConfig{Doors: []fake.Door{{ID: "d1", Name: "front door"}}}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = v.Close() })
	deps, limits := connector.Deps{Clock: w.clock}, connector.Limits{Timeout: 500 * time.Millisecond, Failures: 1000}
	rmm, err := ninjaone.New(ninjaone.Config{BaseURL: v.RMM.URL(), ClientID: v.RMM.Config().ClientID, ClientSecret: v.RMM.Config().ClientSecret,
		Rate: connector.Rate{Calls: 100_000, Per: time.Minute, MaxWait: time.Second}, Limits: limits}, deps)
	if err != nil {
		w.t.Fatal(err)
	}
	doors, err := unifi.New(unifi.Config{BaseURL: v.Doors.URL(), Token: v.Doors.Config().Token, PinSHA256: v.Doors.Pin(), Limits: limits}, deps)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { rmm.Close(); doors.Close() })
	w.engine.cfg.RMM = func(club.Slug) (RMM, bool) { return rmm, true }
	w.engine.cfg.Doors = func(club.Slug) (Doors, bool) { return doors, true }
	return v
}

func TestOnTheVendorsWireAnActIsDoneOnceAndItsOutcomeIsTrue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		action  club.ActionName
		set     func(*fake.Vendors)
		want    club.Outcome
		effects int
	}{
		"a script":                    {"restart_trackman", func(*fake.Vendors) {}, club.OutcomeSuccess, 1},
		"a script that fails":         {"restart_display", func(*fake.Vendors) {}, club.OutcomeFailed, 1},
		"a script, accepted, not run": {"restart_trackman", func(v *fake.Vendors) { v.RMM.Break("script", fake.Lie()) }, club.OutcomeTimeout, 0},
		"a script, answer lost":       {"restart_trackman", func(v *fake.Vendors) { v.RMM.Break("script", fake.LoseAnswer().Times(1)) }, club.OutcomeSuccess, 1},
		"a script, forbidden":         {"restart_trackman", func(v *fake.Vendors) { v.RMM.Break("script", fake.Fail(403)) }, club.OutcomeFailed, 0},
		"a script, no answer":         {"restart_trackman", func(v *fake.Vendors) { v.RMM.Break("script", fake.Hang()) }, club.OutcomeUnconfirmed, 0},
		"a script, then a deaf log":   {"restart_trackman", func(v *fake.Vendors) { v.RMM.Break("activities", fake.Fail(500)) }, club.OutcomeUnconfirmed, 1},
		"a script, no answer, and a scheduled one ends": {"restart_trackman", func(v *fake.Vendors) {
			v.RMM.Break("script", fake.Hang())
			v.RMM.Schedule(33, 201, 20*time.Second)
		}, club.OutcomeUnconfirmed, 0},
		"a script, accepted, not run, and a scheduled one fails": {"restart_trackman", func(v *fake.Vendors) {
			v.RMM.Break("script", fake.Lie())
			v.RMM.Schedule(33, 202, 20*time.Second)
		}, club.OutcomeTimeout, 0},
		"a script, while a scheduled one fails": {"restart_trackman", func(v *fake.Vendors) {
			v.RMM.Schedule(33, 202, -10*time.Second)
		}, club.OutcomeSuccess, 1},
		"a script, accepted, not run, while its like that was under way ends": {"restart_trackman", func(v *fake.Vendors) {
			v.RMM.Break("script", fake.Lie())
			v.RMM.Schedule(33, 101, -10*time.Second)
		}, club.OutcomeTimeout, 0},
		"a script, then nobody tells which it was": {"restart_trackman", func(v *fake.Vendors) { v.RMM.Break("options", fake.Fail(500)) }, club.OutcomeUnconfirmed, 1},
		"a script on a device offline":             {"restart_trackman", func(v *fake.Vendors) { v.RMM.SetDevice(fake.Device{ID: 33, Offline: true}) }, club.OutcomeRefused, 0},
		"a device nobody can ask for":              {"restart_trackman", func(v *fake.Vendors) { v.RMM.Break("device", fake.Fail(500)) }, club.OutcomeRefused, 0},
		"a reboot":                                 {"reboot_pc", func(*fake.Vendors) {}, club.OutcomeSuccess, 1},
		"a reboot, accepted, not done":             {"reboot_pc", func(v *fake.Vendors) { v.RMM.Break("reboot", fake.Lie()) }, club.OutcomeTimeout, 0},
		"an unlock":                                {"unlock_door", func(*fake.Vendors) {}, club.OutcomeSuccess, 1},
		"an unlock, answer lost":                   {"unlock_door", func(v *fake.Vendors) { v.Doors.Break("unlock", fake.LoseAnswer().Times(1)) }, club.OutcomeSuccess, 1},
		"an unlock, hub offline":                   {"unlock_door", func(v *fake.Vendors) { v.Doors.Break("unlock", fake.Offline()) }, club.OutcomeFailed, 0},
		"an unlock, accepted, no log":              {"unlock_door", func(v *fake.Vendors) { v.Doors.Break("unlock", fake.Lie()) }, club.OutcomeTimeout, 0},
		"a lock":                                   {"lock_door", func(*fake.Vendors) {}, club.OutcomeSuccess, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			v := w.wire()
			c.set(v)
			w.request(operator, c.action, nil, "")
			w.drain()
			x := w.executions()[0]
			if x.Outcome != c.want {
				t.Errorf("ended as %s (%s), want %s", x.Outcome, x.Detail, c.want)
			}
			if n := len(v.Effects()); n != c.effects {
				t.Errorf("%d effects: %+v", n, v.Effects())
			}
		})
	}
}
