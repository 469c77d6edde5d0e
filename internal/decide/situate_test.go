package decide_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/inbox"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

// room is the house's room of events.
func (h *house) room() *event.Room {
	return event.New(event.Config{Ring: vaulttest.Ring(h.t), Known: h.decider.Knows, Advise: h.decider.Advise, Over: h.decider.Over, Devices: func(club.Slug) map[string]event.Lister { return nil },
		Advance: func(tx *store.Tx, th club.ThreadID) {
			tx.Enqueue(inbox.AdvanceJob{Meta: jobs.For(tx), Thread: th}, nil)
		}})
}

// report takes in that something happened in a bay.
func (h *house) report(code club.EventCode, bay int, open string) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		var device club.DeviceID
		if bay == 3 {
			list, err := tx.FindDevicesOfBay(h.t.Context(), h.bays[3])
			if err != nil {
				return err
			}
			device = list[0].ID
		}
		_, err := event.Take(h.t.Context(), tx, event.Report{Code: code, Vendor: "test", Key: string(code) + open + tx.Now.String(), Open: open, Location: h.location, Bay: h.bays[bay], Device: device})
		return err
	})
}

// gather lets the wait of incidents pass and runs what gathers and decides.
func (h *house) gather(room *event.Room) {
	h.t.Helper()
	h.clock.Advance(61 * time.Second)
	jobstest.Work(h.t, h.cluster, h.tenant, room.Gather)
	h.settle()
}

// newest returns the newest decision of the club with its thread.
func (h *house) newest() (dec store.Decision, th store.Thread) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		list, err := tx.FindDecisionsPage(h.t.Context(), store.FindDecisionsPageParams{Size: 1})
		if err != nil || len(list) == 0 {
			return err
		}
		if dec, err = tx.FindDecision(h.t.Context(), list[0].ID); err != nil {
			return err
		}
		th, err = tx.FindThread(h.t.Context(), dec.ThreadID)
		return err
	})
	return dec, th
}

func TestWhatADeviceReportsAloneIsProposedAndNeverDone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("actions.auto_execution", true)
	room := h.room()
	h.report(club.EventDeviceFault, 3, "")
	h.gather(room)
	dec, th := h.newest()
	if dec.Title != "The simulator is frozen" || dec.Tier != club.TierApprove || !strings.Contains(dec.Evidence, "nothing moves unasked") {
		t.Errorf("%s at %s: %s", dec.Title, dec.Tier, dec.Evidence)
	}
	if !strings.Contains(dec.Steps, "restart_trackman") || strings.Contains(dec.Steps, "reply") {
		t.Errorf("steps %s", dec.Steps)
	}
	if _, e := h.decision(th.ID); e.Course == nil || e.Course.Tier(dec.EarnedTier) != dec.Tier || !e.Course.Report {
		t.Errorf("its course is %+v", e.Course)
	}
	if th.Provider != club.EventProvider || th.BayID != h.bays[3] || th.Status != club.ThreadAwaitingAI {
		t.Errorf("thread %+v", th)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM runs"); n != 0 {
		t.Errorf("%d runs", n)
	}
}

func TestBaysThatFailTogetherAreOneIncident(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	room := h.room()
	for n := 1; n <= 4; n++ {
		h.report(club.EventDeviceOffline, n, "offline"+string(rune('0'+n)))
		h.clock.Advance(10 * time.Second)
	}
	h.gather(room)
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM situations"); n != 1 {
		t.Fatalf("%d situations", n)
	}
	dec, th := h.newest()
	if dec.Title != "4 bays at Northside: went offline" || !dec.BayID.IsZero() || dec.Tier != club.TierAuto {
		t.Errorf("%+v", dec)
	}
	h.report(club.EventDeviceOffline, 4, "offline4") // open already
	h.gather(room)
	if again, _ := h.newest(); again.ID != dec.ID {
		t.Errorf("a state that is open was decided on twice: %+v", again)
	}
	for n := 1; n <= 4; n++ {
		h.write(func(tx *store.Tx) error { return room.Clear(t.Context(), tx, h.keys, "offline"+string(rune('0'+n))) })
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM situations WHERE cleared_at IS NOT NULL"); n != 1 {
		t.Error("the incident is not over")
	}
	h.clock.Advance(time.Hour)
	h.report(club.EventDeviceOffline, 2, "offline2")
	h.gather(room)
	if _, other := h.newest(); other.ID == th.ID {
		t.Error("one bay is taken for the incident of four")
	}
}

func TestAFaultThatIsOverByThenIsNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	room := h.room()
	h.report(club.EventDeviceOffline, 3, "o")
	h.write(func(tx *store.Tx) error { return room.Clear(t.Context(), tx, h.keys, "o") })
	h.gather(room)
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM situations"); n != 0 {
		t.Errorf("%d situations", n)
	}
}

func TestAReportAndATextOfOneBayAreOneSituation(t *testing.T) {
	t.Parallel()
	for name, textFirst := range map[string]bool{"the report first": false, "the text first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.book("Bay 3")
			room := h.room()
			say := func() {
				h.say(ada, "bay 3 froze")
				h.settle()
			}
			if textFirst {
				say()
			}
			h.report(club.EventDeviceFault, 3, "")
			h.gather(room)
			if !textFirst {
				say()
			}
			if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM proposals WHERE status = 'open'"); n != 1 {
				t.Errorf("%d open proposals", n)
			}
			if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM threads WHERE provider = 'events' AND status <> 'merged'"); n != 0 {
				t.Errorf("%d items of their own", n)
			}
			if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM situations s JOIN threads t ON t.id = s.thread_id WHERE t.provider = 'twilio'"); n != 1 {
				t.Errorf("%d situations in the conversation", n)
			}
			if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM messages m JOIN threads t ON t.id = m.thread_id WHERE t.provider = 'twilio' AND m.direction = 'note'"); n != 1 {
				t.Errorf("%d notes for colleagues", n)
			}
			if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM decisions WHERE CAST(evidence AS TEXT) LIKE '%Bay 3 PC reported a fault%' AND kind = 'answer' AND thread_id IN (SELECT id FROM threads WHERE provider = 'twilio')"); !textFirst && n != 1 {
				t.Error("the text's decision does not name the report")
			}
		})
	}
}

func TestWhatNothingKnownFitsMakesATicketAndWhatIsOrdinaryNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	room := h.room()
	h.report(club.EventDeviceOffline, 3, "o")
	h.gather(room)
	dec, _ := h.newest()
	if dec.Tier != club.TierAuto || !strings.Contains(dec.Steps, "{{report}}") {
		t.Errorf("%s %s", dec.Tier, dec.Steps)
	}
	h.report(club.EventBookingCreated, 2, "")
	h.report(club.EventDoorHeldOpen, 2, "")
	h.gather(room)
	if again, _ := h.newest(); again.ID != dec.ID {
		t.Errorf("what is ordinary was decided on: %s", again.Title)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM events WHERE gathered_at IS NOT NULL AND situation_id IS NULL"); n != 2 {
		t.Errorf("%d events are kept", n)
	}
}

// gathered reports a fault of bay 3 and gathers it, without deciding.
func (h *house) gathered() (th club.ThreadID) {
	h.t.Helper()
	h.report(club.EventDeviceFault, 3, "o")
	h.clock.Advance(61 * time.Second)
	jobstest.Work(h.t, h.cluster, h.tenant, h.room().Gather)
	h.read(func(tx *store.Tx) error {
		list, err := tx.FindSituationsAt(h.t.Context(), store.FindSituationsAtParams{LocationID: h.location, Since: tx.Now.Add(-time.Hour), Size: 1})
		if err == nil {
			th = list[0].ThreadID
		}
		return err
	})
	h.clock.Advance(time.Minute)
	return th
}

func TestASituationThatIsCutOffAnywhereLeavesNothingAndIsDecidedAgain(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*house) func(context.Context) error{
		"a report alone": func(h *house) func(context.Context) error {
			th := h.gathered()
			return func(ctx context.Context) error { return h.decider.Advance(ctx, h.tenant, inbox.AdvanceJob{Thread: th}) }
		},
		"a report after the text": func(h *house) func(context.Context) error {
			h.book("Bay 3")
			h.say(ada, "bay 3 froze")
			h.settle()
			th := h.gathered()
			return func(ctx context.Context) error { return h.decider.Advance(ctx, h.tenant, inbox.AdvanceJob{Thread: th}) }
		},
		"a text after the report": func(h *house) func(context.Context) error {
			h.book("Bay 3")
			h.gathered()
			h.settle()
			r := h.say(ada, "bay 3 froze")
			h.clock.Advance(time.Minute)
			return func(ctx context.Context) error {
				return h.decider.Advance(ctx, h.tenant, inbox.AdvanceJob{Thread: r.Thread, Message: r.Message})
			}
		},
		"its end": func(h *house) func(context.Context) error {
			h.gathered()
			h.settle()
			return func(ctx context.Context) error {
				return h.tenant.Write(ctx, func(tx *store.Tx) error { return h.room().Clear(ctx, tx, h.keys, "o") })
			}
		},
		"a training": func(h *house) func(context.Context) error {
			h.background()
			h.edit("the hotspot?")
			return func(ctx context.Context) error {
				return h.decider.TrainNow(ctx, h.tenant)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			if n := storetest.CutOff(t, h.state, prepare(h)); n < 3 {
				t.Errorf("cut off only %d times", n)
			}
		})
	}
}

func TestAReportDoesNotJoinAConversationAboutSomethingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.settle()
	h.book("Bay 3")
	room := h.room()
	h.say(ada, "what's the wifi password") // of another matter
	h.settle()
	h.report(club.EventDeviceFault, 3, "")
	h.gather(room)
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM threads WHERE provider = 'events' AND status = 'merged'"); n != 0 {
		t.Error("a report joined a conversation about something else")
	}
}
