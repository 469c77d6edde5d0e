package act

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/store/storetest"
)

// What changes between the gate and the call is seen just before the call.
func TestDoorStaysShutWhenTheBookingGoesBetweenGateAndCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		why    string // "" when it opens all the same
	}{
		"nothing":                 {func(*world) {}, ""},
		"cancelled":               {func(w *world) { storetest.Exec(w.t, w.tenant, "UPDATE bookings SET status = 'cancelled'") }, "no confirmed booking"},
		"moved to tomorrow":       {func(w *world) { w.moveBooking(20 * time.Hour) }, "too early"},
		"moved to this morning":   {func(w *world) { w.moveBooking(-100 * time.Minute) }, "too late"},
		"moved within its window": {func(w *world) { w.moveBooking(5 * time.Minute) }, ""},
		"passed on": {func(w *world) {
			storetest.Exec(w.t, w.tenant, "UPDATE bookings SET subject_id = $1", w.stranger("+14155550000").ID.String())
		}, "somebody else"},
		"the membership ends": {func(w *world) { storetest.Exec(w.t, w.tenant, "UPDATE members SET status = 'suspended'") }, "suspended"},
		"another door is the main": {func(w *world) {
			storetest.Exec(w.t, w.tenant, "UPDATE devices SET name = CASE name WHEN 'front door' THEN 'side door' ELSE 'main door' END WHERE kind = 'door'")
		}, "another device"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			if _, refused := w.request(operator, "unlock_door", nil, ""); refused != "" {
				t.Fatalf("refused at the gate: %s", refused)
			}
			c.change(w)
			w.drain()
			x := w.executions()[0]
			if c.why == "" {
				w.effects("unlock d1")
				again := 0
				for _, f := range decodeFacts(x.Proofs) {
					if strings.HasPrefix(f.Value, secondLook) {
						again++
					}
				}
				if x.Outcome != club.OutcomeSuccess || again != 4 {
					t.Errorf("%s with %d proofs of a second look: %s", x.Outcome, again, x.Proofs)
				}
				return
			}
			w.effects()
			if x.Outcome != club.OutcomeRefused || x.CalledAt != nil || !strings.Contains(x.Detail, c.why) {
				t.Errorf("%s: %s", x.Outcome, x.Detail)
			}
			w.called(c.why)
			if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM cooldowns WHERE action = 'unlock_door' AND last_at >= $1", w.clock.Now().Add(-time.Minute)); n != 0 {
				t.Error("the cooldown is taken for nothing")
			}
		})
	}
}

func TestWhatAPersonsReasonStandsInForItStandsInForUntilTheCall(t *testing.T) {
	t.Parallel()
	w := build(t)
	storetest.Exec(t, w.tenant, "UPDATE bookings SET status = 'cancelled'")
	if _, refused := w.request(operator, "unlock_door", nil, "known to me, forgot a bag"); refused != "" {
		t.Fatalf("refused: %s", refused)
	}
	w.drain()
	w.effects("unlock d1")
}

// A procedure may ask for more than the action does; that is looked at again too, and its fallback runs.
func TestProceduresOwnPrerequisitesAreLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.decide(w.thread)
	w.start(Run{Decision: d, Steps: []knowledge.Step{{Action: "restart_trackman"}, {Reply: "It is back."}}, Fallback: []knowledge.Step{{Reply: "A colleague looks."}},
		Also: []catalogue.Prerequisite{catalogue.NewPrerequisite(catalogue.BookingActive)}})
	for _, j := range take(w, w.engine.walk, w.engine.lostRun) { // up to the claim
		if err := j.do(); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Exec(t, w.tenant, "UPDATE bookings SET status = 'cancelled'")
	w.drain()
	w.effects()
	if x := w.executions()[0]; x.Outcome != club.OutcomeRefused || !strings.Contains(x.Detail, "no confirmed booking") {
		t.Errorf("%s: %s", x.Outcome, x.Detail)
	}
	if got := strings.Join(w.texts(), "\n"); !strings.Contains(got, "A colleague looks.") || strings.Contains(got, "It is back.") {
		t.Errorf("told %q", got)
	}
}

// A call that is tried again is looked at again, and the record has the last look alone.
func TestCallThatIsTriedAgainIsLookedAtEachTime(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.vendor.answers = []error{&club.VendorError{Vendor: "unifi", Retryable: true}}
	if _, refused := w.request(operator, "unlock_door", nil, ""); refused != "" {
		t.Fatal(refused)
	}
	w.drain()
	if n := strings.Count(w.executions()[0].Proofs, secondLook); w.vendor.calls != 2 || n != 4 {
		t.Errorf("%d calls, %d proofs of a second look", w.vendor.calls, n)
	}
	w.effects("unlock d1")
}

// moveBooking moves the one booking by a span.
func (w *world) moveBooking(by time.Duration) {
	w.t.Helper()
	at := w.clock.Now().Add(-10 * time.Minute).Add(by)
	storetest.Exec(w.t, w.tenant, "UPDATE bookings SET starts_at = $1, ends_at = $2", at, at.Add(time.Hour))
}
