package decide_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/knowledge"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// frontDoor enters a door of the house.
func (h *house) frontDoor() (id club.DeviceID) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		id = club.NewDeviceID(tx.Now)
		return tx.CreateDevice(h.t.Context(), store.CreateDeviceParams{ID: id, LocationID: h.location, Kind: club.DeviceDoor, Name: "Front door", Vendor: "unifi", VendorRef: "d1", CreatedAt: tx.Now})
	})
	return id
}

// atDoor delivers what the door's controller reports.
func (h *house) atDoor(kind club.AccessKind) {
	h.t.Helper()
	n := h.texts.Add(1)
	if _, err := h.inbox.DoorEvent(h.t.Context(), h.tenant, club.DoorEvent{Vendor: "unifi", ID: fmt.Sprint("D", n), Kind: kind, Door: "d1", At: h.clock.Now()}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) count(what string, args ...any) int {
	h.t.Helper()
	return storetest.Count(h.t, h.tenant, "SELECT COUNT(*) FROM "+what, args...)
}

func TestOneDenialIsKeptAndSeveralForARunningBookingAreOneSituation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.frontDoor()
	room := h.room()
	h.atDoor(club.AccessDenied)
	h.gather(room)
	h.atDoor(club.AccessDenied) // nobody has booked
	h.gather(room)
	if n := h.count("situations"); n != 0 {
		t.Fatalf("%d situations of somebody without a booking", n)
	}
	h.clock.Advance(time.Hour)
	h.book("Bay 3")
	h.atDoor(club.AccessDenied)
	h.gather(room)
	if n := h.count("situations"); n != 0 {
		t.Fatalf("%d situations of one denial", n)
	}
	for range 3 { // tries again, within the wait
		h.atDoor(club.AccessDenied)
		h.clock.Advance(11 * time.Second)
	}
	h.gather(room)
	if n := h.count("situations s WHERE s.title = 'Front door denied access several times, Northside' AND s.booking_id IS NOT NULL"); n != 1 || h.count("situations") != 1 {
		t.Errorf("%d situations", n)
	}
	if n := h.count("events e JOIN access_events a ON a.id = e.access_event_id WHERE e.situation_id IS NOT NULL AND e.event_key = a.event_key"); n != 4 {
		t.Errorf("%d events in it", n)
	}
	dec, th := h.newest()
	if dec.BookingID.IsZero() || th.Provider != club.EventProvider || !strings.Contains(dec.Steps, "{{report}}") {
		t.Errorf("%+v", dec)
	}
	h.atDoor(club.AccessDenied)
	h.gather(room)
	if again, _ := h.newest(); again.ID != dec.ID {
		t.Error("one more of many was decided on again")
	}
}

const doubleBooked = `
sops:
  - slug: double-booked
    title: The bay is taken
    category: booking
    scope: global
    status: live
    priority: high
    triggers: ["somebody else is in my bay", "our bay is double booked", "another group is playing in our bay"]
    steps:
      - {escalate: "two bookings for one bay"}
`

// learn publishes further procedures.
func (h *house) learn(yaml string) {
	h.t.Helper()
	cat, err := catalogue.Load()
	if err != nil {
		h.t.Fatal(err)
	}
	docs, problems := knowledge.Import(strings.NewReader(yaml), knowledge.FormatYAML, cat)
	if len(problems) > 0 {
		h.t.Fatal(problems)
	}
	h.write(func(tx *store.Tx) error {
		_, err := h.library.Import(h.t.Context(), tx, club.System("test"), docs, "test")
		return err
	})
}

func TestADenialAndATextOfItAreOneSituation(t *testing.T) {
	t.Parallel()
	for name, textFirst := range map[string]bool{"the report first": false, "the text first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.frontDoor()
			h.book("Bay 3")
			room := h.room()
			say := func() {
				h.say(ada, "please unlock the door, it says denied")
				h.settle()
			}
			if textFirst {
				say()
			}
			for range 2 {
				h.atDoor(club.AccessDenied)
				h.clock.Advance(11 * time.Second)
			}
			h.gather(room)
			if !textFirst {
				say()
			}
			if n := h.count("threads WHERE provider = 'events' AND status <> 'merged'"); n != 0 {
				t.Errorf("%d items of their own", n)
			}
			if n := h.count("situations s JOIN threads t ON t.id = s.thread_id WHERE t.provider = 'twilio' AND s.code = 'access.denied'"); n != 1 {
				t.Errorf("%d situations in the conversation", n)
			}
			if h.runs() > 1 || h.count("executions") != 0 { // at most the situation's ticket
				t.Error("something moved")
			}
		})
	}
}

func TestAnOverlapAndATextOfItAreOneSituationOnlyAboutItsTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   time.Duration
		want int
	}{"at that time": {-10 * time.Minute, 1}, "days before": {48 * time.Hour, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.learn(doubleBooked)
			h.book("Bay 3")
			now := h.clock.Now()
			for i := range 2 {
				if _, err := h.inbox.Booking(t.Context(), h.tenant, "", club.BookingChange{Source: "test", ExternalID: fmt.Sprint(i), Location: "Northside", Bay: "Bay 3",
					Start: now.Add(c.in), End: now.Add(c.in + time.Hour), Sequence: 1}); err != nil {
					t.Fatal(err)
				}
			}
			h.gather(h.room())
			h.say(ada, "somebody else is in my bay")
			h.settle()
			if n := h.count("situations s JOIN threads t ON t.id = s.thread_id WHERE t.provider = 'twilio'"); n < c.want || c.want == 0 && n > 0 {
				t.Errorf("%d situations in the conversation", n)
			}
		})
	}
}

func TestAForcedDoorHasOneConversationAndCallsOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.frontDoor()
	room := h.room()
	h.atDoor(club.AccessForced)
	if n := h.count("tickets WHERE priority = 'high'"); n != 1 {
		t.Fatalf("%d tickets at once", n)
	}
	h.gather(room)
	h.clock.Advance(time.Minute)
	h.atDoor(club.AccessForced)
	h.gather(room)
	if n := h.count("tickets t JOIN situations s ON s.thread_id = t.thread_id"); n != 1 || h.count("tickets") != 1 {
		t.Errorf("%d tickets of %d belong to the conversation", n, h.count("tickets"))
	}
	if n := h.count("escalations"); n != 0 {
		t.Errorf("people were called %d times more", n)
	}
	dec, th := h.newest()
	if dec.Kind != "no_answer" || th.Status != club.ThreadAIResolved || !strings.Contains(dec.Evidence, "people were told at once") {
		t.Errorf("%s, %s: %s", dec.Kind, th.Status, dec.Evidence)
	}
}

func TestADoorThatWasShutEndsWhatWasProposed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.frontDoor()
	h.learn(`
sops:
  - slug: held-open
    title: Lock what is held open
    category: access
    scope: global
    status: live
    priority: normal
    triggers: [{mode: event, text: access.held_open}]
    steps:
      - {action: lock_door}
      - {ticket: "it cannot be locked", when: failed}
      - {note: "{{report|a door}} was seen to"}
`)
	room := h.room()
	h.atDoor(club.AccessHeldOpen)
	h.gather(room)
	dec, th := h.newest()
	p := h.proposal(th.ID)
	if dec.Tier != club.TierApprove || p.Status != club.ProposalOpen || th.Status != club.ThreadAwaitingAI || !strings.Contains(dec.Steps, "note") {
		t.Fatalf("%s, %s, %s: %s", dec.Tier, p.Status, th.Status, dec.Steps)
	}
	h.atDoor(club.AccessClosed)
	jobstest.Work(t, h.cluster, h.tenant, room.WorkOver)
	if p, th := h.proposal(th.ID), h.thread(th.ID); p.Status != club.ProposalStale || th.Status != club.ThreadAIResolved {
		t.Errorf("proposal %s, thread %s", p.Status, th.Status)
	}
	if n := h.count("situations WHERE cleared_at IS NOT NULL"); n != 1 || h.count("messages WHERE direction = 'note'") != 1 {
		t.Errorf("%d are over", n)
	}
}

func TestADoorWhoseContactNeverReportsThatItIsShutIsReportedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.frontDoor()
	for _, later := range []time.Duration{time.Hour, 7 * time.Hour, 0} {
		h.atDoor(club.AccessHeldOpen)
		h.clock.Advance(later)
	}
	if n := h.count("events WHERE code = 'access.held_open'"); n != 2 || h.count("events WHERE open_key IS NOT NULL") != 1 {
		t.Errorf("%d reports", n)
	}
}

// byHand records that an operator had a door unlocked from a thread.
func (h *house) byHand(th store.Thread, device club.DeviceID, by club.Actor) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		id := club.NewExecutionID(tx.Now)
		_, err := tx.CreateExecution(h.t.Context(), store.CreateExecutionParams{ID: id, Action: "unlock_door", Params: "{}", ThreadID: th.ID, LocationID: h.location, DeviceID: device,
			IdempotencyKey: id.String(), Outcome: club.OutcomeSuccess, Proofs: "[]", RequestedBy: by.String(), CorrelationID: tx.Correlation, CreatedAt: tx.Now})
		return err
	})
}

func TestWhatPeopleDidAboutAReportIsProposedForTheNextOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("memory.propose_outcomes", 2)
	door, opal := h.frontDoor(), operator("usr_opal")
	room := h.room()
	denied := func() {
		h.book("Bay 3")
		for range 2 {
			h.atDoor(club.AccessDenied)
			h.clock.Advance(11 * time.Second)
		}
		h.gather(room)
	}
	for range 3 {
		denied()
		dec, th := h.newest()
		if !strings.Contains(dec.Steps, "{{report}}") {
			t.Fatalf("decided %s", dec.Steps)
		}
		h.byHand(th, door, opal.Actor)
		if _, err := h.desk.Resolve(t.Context(), h.tenant, opal, th.ID, desk.Seen{}); err != nil {
			t.Fatal(err)
		}
		jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
		h.clock.Advance(25 * time.Hour)
	}
	if n := h.count("precedents WHERE CAST(context AS TEXT) LIKE '%access.denied%'"); n != 3 || h.count("decision_patterns WHERE sop_id IS NULL") != 1 {
		t.Errorf("%d precedents of %d patterns", n, h.count("decision_patterns WHERE sop_id IS NULL"))
	}
	denied()
	dec, th := h.newest()
	if p := h.proposal(th.ID); dec.Tier != club.TierApprove || p.Status != club.ProposalOpen || !strings.Contains(dec.Steps, "unlock_door") {
		t.Errorf("%s at %s: %s", dec.Steps, dec.Tier, dec.Evidence)
	}
}
