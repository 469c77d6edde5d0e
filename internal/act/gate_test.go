package act

import (
	"errors"
	"strings"
	"testing"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestDoorOpensForTheBookerOnly(t *testing.T) {
	t.Parallel()
	var none club.BayID
	for name, c := range map[string]struct {
		change func(*world)
		why    string // "" when it opens
	}{
		"the booker":                     {func(*world) {}, ""},
		"ten minutes early":              {func(w *world) { w.rebook(w.member.SubjectID, w.bay, 10*time.Minute, time.Hour) }, ""},
		"a second too early":             {func(w *world) { w.rebook(w.member.SubjectID, w.bay, 10*time.Minute+time.Second, time.Hour) }, "too early"},
		"ten minutes late":               {func(w *world) { w.rebook(w.member.SubjectID, w.bay, -70*time.Minute, time.Hour) }, ""},
		"a second too late":              {func(w *world) { w.rebook(w.member.SubjectID, w.bay, -70*time.Minute-time.Second, time.Hour) }, "too late"},
		"no booking":                     {func(w *world) { storetest.Exec(w.t, w.tenant, "DELETE FROM bookings") }, "no confirmed booking"},
		"a cancelled booking":            {func(w *world) { storetest.Exec(w.t, w.tenant, "UPDATE bookings SET status = 'cancelled'") }, "no confirmed booking"},
		"a booking nobody came to":       {func(w *world) { storetest.Exec(w.t, w.tenant, "UPDATE bookings SET status = 'no_show'") }, "no confirmed booking"},
		"somebody else's booking":        {func(w *world) { w.rebook(w.stranger("+14155550000").ID, w.bay, -time.Minute, time.Hour) }, "somebody else"},
		"a booking without a name":       {func(w *world) { w.rebook("", w.bay, -time.Minute, time.Hour) }, "does not say who"},
		"a number of no member":          {func(w *world) { w.thread = w.open(w.stranger("+14155550000").ID) }, "no member"},
		"a suspended member":             {func(w *world) { storetest.Exec(w.t, w.tenant, "UPDATE members SET status = 'suspended'") }, "suspended"},
		"a slot without a bay":           {func(w *world) { w.rebook(w.member.SubjectID, none, -time.Minute, time.Hour) }, ""},
		"another bay's own door":         {func(w *world) { w.bayDoor(w.bay5); w.place(w.bay5) }, "no confirmed booking"},
		"the bay's own door":             {func(w *world) { w.bayDoor(w.bay) }, ""},
		"several doors, none the main":   {func(w *world) { storetest.Exec(w.t, w.tenant, "UPDATE devices SET name = 'door' WHERE kind = 'door'") }, "several doors"},
		"no door at all":                 {func(w *world) { storetest.Exec(w.t, w.tenant, "DELETE FROM devices WHERE kind = 'door'") }, "no door"},
		"nothing known of the place":     {func(w *world) { w.nowhere(); storetest.Exec(w.t, w.tenant, "DELETE FROM bookings") }, "location is not known"},
		"the place only by the booking":  {func(w *world) { w.nowhere() }, ""},
		"the next booking is an evening": {func(w *world) { w.rebook(w.member.SubjectID, w.bay, 5*time.Hour, time.Hour) }, "too early"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			c.change(w)
			_, refused := w.request(operator, "unlock_door", nil, "")
			if c.why == "" != (refused == "") || !strings.Contains(refused, c.why) {
				t.Errorf("refused because %q, want %q", refused, c.why)
			}
			w.drain()
			if opened := len(w.vendor.effects) == 1; opened != (c.why == "") {
				t.Errorf("done to the world: %q", w.vendor.effects)
			}
		})
	}
}

func (w *world) rebook(s club.SubjectID, bay club.BayID, in, long time.Duration) {
	storetest.Exec(w.t, w.tenant, "DELETE FROM bookings")
	w.booking = w.book(s, bay, w.clock.Now().Add(in), long)
}

func (w *world) bayDoor(bay club.BayID) {
	w.write(func(tx *store.Tx) error {
		return w.device(tx, club.NewDeviceID(tx.Now), bay, club.DeviceDoor, "bay door", "b1")
	})
}

func (w *world) place(bay club.BayID) {
	storetest.Exec(w.t, w.tenant, "UPDATE threads SET bay_id = $1", bay)
}

func (w *world) nowhere() {
	storetest.Exec(w.t, w.tenant, "UPDATE threads SET bay_id = NULL, location_id = NULL")
}

func TestDeviceActsAreRefusedWithTheirReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		why    string
	}{
		"online":                     {func(*world) {}, ""},
		"offline":                    {func(w *world) { w.vendor.offline = true }, "is offline"},
		"in maintenance":             {func(w *world) { w.vendor.resting = true }, "in maintenance"},
		"the vendor does not answer": {func(w *world) { w.vendor.deaf = errors.New("timeout") }, "does not answer"},
		"no vendor":                  {func(w *world) { w.noVendor = true }, "does not answer"},
		"the bay is not known":       {func(w *world) { w.place("") }, "bay is not known"},
		"the bay of another place":   {func(w *world) { w.elsewhere() }, "bay is not known"},
		"no PC":                      {func(w *world) { storetest.Exec(w.t, w.tenant, "DELETE FROM devices WHERE kind = 'pc'") }, "0 devices"},
		"two PCs": {func(w *world) {
			w.write(func(tx *store.Tx) error {
				return w.device(tx, club.NewDeviceID(tx.Now), w.bay, club.DevicePC, "second", "34")
			})
		}, "2 devices"},
		"all switched off":          {func(w *world) { w.off("all") }, "switched off: all"},
		"its category switched off": {func(w *world) { w.off("device") }, "switched off: device"},
		"it switched off":           {func(w *world) { w.off("restart_trackman") }, "switched off: restart_trackman"},
		"another switched off":      {func(w *world) { w.off("access") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			c.change(w)
			id, refused := w.request(operator, "restart_trackman", nil, "I looked")
			if c.why == "" != (refused == "") || !strings.Contains(refused, c.why) {
				t.Errorf("refused because %q, want %q", refused, c.why)
			}
			w.drain()
			if done := len(w.vendor.effects) == 1; done != (c.why == "") {
				t.Errorf("done to the world: %q", w.vendor.effects)
			}
			if c.why != "" {
				x := w.executions()[0]
				if x.ID != id || x.Outcome != club.OutcomeRefused || x.Detail != refused || x.CalledAt != nil {
					t.Errorf("stored as %+v", x)
				}
				if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'execution.refused'"); n != 1 {
					t.Errorf("%d audit entries", n)
				}
				if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM cooldowns WHERE action <> '*'"); n != 0 {
					t.Error("a refusal took the cooldown")
				}
			}
		})
	}
}

func (w *world) off(switches ...string) {
	value := `["` + strings.Join(switches, `","`) + `"]`
	w.write(func(tx *store.Tx) error {
		return setting.Put(w.t.Context(), tx, operator, "actions.off", []byte(value))
	})
}

func (w *world) elsewhere() {
	other := club.NewLocationID(w.clock.Now())
	w.write(func(tx *store.Tx) error {
		return tx.CreateLocation(w.t.Context(), store.CreateLocationParams{ID: other, Slug: "south", Name: "Southside", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now})
	})
	storetest.Exec(w.t, w.tenant, "UPDATE threads SET location_id = $1", other)
}

func TestProofsNameTheirSourceAndTime(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.request(operator, "unlock_door", nil, "")
	got := map[string]string{}
	for _, f := range decodeFacts(w.executions()[0].Proofs) {
		if f.At.IsZero() || f.Value == "" {
			t.Errorf("%+v", f)
		}
		got[f.Name] = f.Source
	}
	for name, source := range map[string]string{"door_known": "devices", "member_known": "members", "booking_active": "bookings", "within_time_window": "bookings", "member_is_booker": "bookings"} {
		if got[name] != source {
			t.Errorf("%s proved by %q, want %q", name, got[name], source)
		}
	}
}

func TestPersonsReasonOverridesWhatAPersonCanJudgeAndNothingElse(t *testing.T) {
	t.Parallel()
	w := build(t)
	storetest.Exec(t, w.tenant, "DELETE FROM bookings")
	if _, refused := w.request(operator, "unlock_door", nil, "  "); refused == "" {
		t.Error("an empty reason overrode the booking")
	}
	if _, refused := w.request(club.Actor{Kind: club.ActorAPIKey, ID: "key_1"}, "unlock_door", nil, "please"); refused == "" {
		t.Error("a program overrode the booking")
	}
	if _, refused := w.request(operator, "unlock_door", nil, "Alex of 415 555 2671 stands at the camera"); refused != "" {
		t.Errorf("the operator's reason did not count: %s", refused)
	}
	if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'execution.claimed' AND CAST(detail AS TEXT) LIKE '%camera%'"); n != 1 {
		t.Error("the reason is not in the audit log")
	}
	if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM audit_entries WHERE CAST(detail AS TEXT) LIKE '%Alex%' OR CAST(detail AS TEXT) LIKE '%2671%'"); n != 0 {
		t.Error("the member's name or number is in the audit log")
	}
	w.drain()
	w.clock.Advance(16 * time.Second) // the cooldown is 30 s
	if _, refused := w.request(operator, "unlock_door", nil, "again"); !strings.Contains(refused, "the next may run in") {
		t.Errorf("a reason overrode the cooldown: %q", refused)
	}
	w.off("access")
	w.clock.Advance(time.Hour)
	if _, refused := w.request(operator, "unlock_door", nil, "now"); !strings.Contains(refused, "switched off") {
		t.Errorf("a reason overrode the switch: %q", refused)
	}
	if n := len(w.vendor.effects); n != 1 {
		t.Errorf("%d unlocks", n)
	}
}

func TestRecentSuccessOnTheDeviceIsWaitedOutOrOverridden(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.request(operator, "restart_trackman", nil, "")
	w.drain()
	w.clock.Advance(30 * time.Second)
	if _, refused := w.request(operator, "restart_display", nil, ""); !strings.Contains(refused, "restart trackman was done on Bay 3 PC") {
		t.Errorf("refused because %q", refused)
	}
	if _, refused := w.request(operator, "restart_display", nil, "it is the screen"); refused != "" {
		t.Errorf("refused because %q", refused)
	}
}

func TestLimitsCountTheBookingTheBayAndTheMember(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		action club.ActionName
		every  time.Duration
		limit  int
		why    string
	}{
		"per booking":     {"reboot_pc", 31 * time.Minute, 2, "for this booking"},
		"per bay an hour": {"restart_trackman", 6 * time.Minute, 4, "in this bay within an hour"},
		"per member":      {"unlock_door", 40 * time.Minute, 12, "for this member"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			w.rebook(w.member.SubjectID, w.bay, -time.Minute, 20*time.Hour)
			done := 0
			for range c.limit + 4 {
				if name != "per booking" { // a booking of its own for each
					w.rebookKeeping(time.Hour)
				}
				_, refused := w.request(operator, c.action, nil, "asked for")
				if refused != "" {
					if !strings.Contains(refused, c.why) {
						t.Errorf("refused because %q, want %q", refused, c.why)
					}
					break
				}
				done++
				w.drain()
				w.clock.Advance(c.every)
			}
			if done != c.limit {
				t.Errorf("%d times, want %d", done, c.limit)
			}
		})
	}
}

// rebookKeeping gives the member another booking that is current.
func (w *world) rebookKeeping(long time.Duration) {
	storetest.Exec(w.t, w.tenant, "UPDATE bookings SET status = 'cancelled'")
	w.booking = w.book(w.member.SubjectID, w.bay, w.clock.Now().Add(-time.Minute), long)
}

func TestThreadActsAtMostOnceInFifteenSeconds(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.request(operator, "unlock_door", nil, "")
	w.clock.Advance(14 * time.Second)
	if _, refused := w.request(operator, "lock_door", nil, ""); !strings.Contains(refused, "a moment ago") {
		t.Errorf("refused because %q", refused)
	}
	w.clock.Advance(time.Second)
	if _, refused := w.request(operator, "lock_door", nil, ""); refused != "" {
		t.Errorf("refused because %q", refused)
	}
}

func TestStaleOrForeignLookProvesNothing(t *testing.T) {
	t.Parallel()
	now := storetest.Start
	s := &scene{target: store.Device{ID: "dev_1", Name: "PC"}}
	for name, c := range map[string]struct {
		seen sight
		ok   bool
	}{
		"fresh":          {sight{device: "dev_1", online: true, at: now.Add(-60 * time.Second)}, true},
		"a minute old":   {sight{device: "dev_1", online: true, at: now.Add(-61 * time.Second)}, false},
		"of the future":  {sight{device: "dev_1", online: true, at: now.Add(61 * time.Second)}, false},
		"another device": {sight{device: "dev_2", online: true, at: now}, false},
		"none":           {sight{}, false},
	} {
		if _, why, _ := online(now, s, c.seen); (why == "") != c.ok {
			t.Errorf("%s: %q", name, why)
		}
	}
	if _, why, _ := online(now, &scene{noTarget: "which?"}, sight{}); why != "which?" {
		t.Errorf("no target: %q", why)
	}
}

func TestUnknownPrerequisiteIsNeverTakenForProved(t *testing.T) {
	t.Parallel()
	w := build(t)
	_ = w.tenant.Read(t.Context(), func(tx *store.Tx) error {
		if _, why, err := prerequisite(t.Context(), tx, catalogue.Prerequisite{Kind: "karma"}, &scene{}, sight{}); why == "" || err != nil {
			t.Errorf("%q, %v", why, err)
		}
		return nil
	})
}

func TestProceduresOwnPrerequisitesHoldForItsActions(t *testing.T) {
	t.Parallel()
	w := build(t)
	storetest.Exec(t, w.tenant, "UPDATE bookings SET status = 'cancelled'")
	d := w.decide(w.thread)
	w.start(Run{Decision: d, Steps: []knowledge.Step{{Action: "restart_trackman"}}, Also: []catalogue.Prerequisite{catalogue.NewPrerequisite(catalogue.BookingActive)}})
	w.drain()
	w.effects()
	w.called("no confirmed booking")
}

func TestRequestThatMakesNoSenseIsRefusedBeforeTheGate(t *testing.T) {
	t.Parallel()
	w := build(t)
	for name, c := range map[string]struct {
		thread club.ThreadID
		action club.ActionName
		params map[string]any
		code   club.Code
	}{
		"no such thread": {"thr_x", "unlock_door", nil, club.CodeNotFound},
		"no such action": {w.thread.ID, "explode", nil, club.CodeInvalid},
		"words":          {w.thread.ID, "send_reply", map[string]any{"text": "x"}, club.CodeInvalid},
		"a target named": {w.thread.ID, "unlock_door", map[string]any{"door": "d2"}, club.CodeInvalid},
		"a wrong value":  {w.thread.ID, "reboot_pc", map[string]any{"mode": "hard"}, club.CodeInvalid},
	} {
		if _, _, err := w.engine.Request(t.Context(), w.tenant, operator, c.thread, c.action, c.params, Ground{}); club.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	other := w.open(w.stranger("+14155550009").ID)
	storetest.Exec(t, w.tenant, "UPDATE threads SET status = 'merged', merged_into = $1 WHERE id = $2", other.ID, w.thread.ID)
	if _, _, err := w.engine.Request(t.Context(), w.tenant, operator, w.thread.ID, "lock_door", nil, Ground{}); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("in a merged thread: %v", err)
	}
}

func TestDoorWhoseNameOnlyContainsAnEntrancesWordIsNone(t *testing.T) {
	t.Parallel()
	w := build(t)
	storetest.Exec(t, w.tenant, "UPDATE devices SET name = 'Maintenance room' WHERE name = 'front door'")
	if _, no := w.request(operator, "unlock_door", nil, ""); !strings.Contains(no, "several doors") {
		t.Errorf("refused for %q", no)
	}
	w.drain()
	w.effects()
}

func TestWhatIsOfflineIsTriedByAPersonWhoSaysWhyAndByNobodyElse(t *testing.T) {
	t.Parallel()
	key := club.Actor{Kind: club.ActorAPIKey, ID: "key_1"}
	for name, tc := range map[string]struct {
		by   club.Actor
		why  Ground
		bare bool // nothing manages the club's devices
		want string
	}{
		"without a word":         {operator, Ground{}, false, "call somebody or make a ticket"},
		"with a reason alone":    {operator, Ground{Reason: "it hangs"}, false, "is offline"},
		"anyway, without reason": {operator, Ground{Anyway: true, Reason: " "}, false, "is offline"},
		"anyway, with a reason":  {operator, Ground{Anyway: true, Reason: "it hangs"}, false, ""},
		"by a key":               {key, Ground{Anyway: true, Reason: "it hangs"}, false, "is offline"},
		"by the machine":         {club.System("decide"), Ground{Anyway: true, Reason: "it hangs"}, false, "nobody has decided"},
		"with nothing to reach it by": {operator, Ground{Anyway: true, Reason: "it hangs"}, true,
			"nothing that manages devices is connected"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			w.vendor.offline = true
			if tc.bare {
				w.engine.cfg.RMM = func(club.Slug) (RMM, bool) { return nil, false }
			}
			_, refused, err := w.engine.Request(t.Context(), w.tenant, tc.by, w.thread.ID, "reboot_pc", nil, tc.why)
			if err != nil {
				t.Fatal(err)
			}
			if (refused == "") != (tc.want == "") || !strings.Contains(refused, tc.want) {
				t.Errorf("refused because %q, want %q", refused, tc.want)
			}
			if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'execution.claimed' AND CAST(detail AS TEXT) LIKE '%\"anyway\":%true%' AND CAST(detail AS TEXT) LIKE '%it hangs%'"); (n == 1) != (tc.want == "") {
				t.Errorf("%d entries say that it was tried anyway", n)
			}
			if tc.want != "" {
				return
			}
			w.drain()
			x := w.executions()[0]
			if x.CalledAt == nil || !strings.Contains(x.Proofs, "overridden: Bay 3 PC is offline") {
				t.Errorf("it was called at %v by the proofs %s", x.CalledAt, x.Proofs)
			}
		})
	}
}
