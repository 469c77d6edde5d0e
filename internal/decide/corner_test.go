package decide_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/inbox"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/knowledge"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// fact returns the value of a decision's fact; "" when it has none.
func fact(e club.Evidence, name string) string {
	for _, f := range e.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func TestWhatATextForbidsIsNotProposed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	h.book("3")
	th := h.hear(ada, "the screen is frozen but please do NOT restart it")
	_, e := h.decision(th.ID)
	if e.Rule != "forbidden" || th.Status != club.ThreadEscalated || h.runs() != 0 || !h.proposal(th.ID).ID.IsZero() {
		t.Errorf("thread %s by %q, %d runs", th.Status, e.Rule, h.runs())
	}
	if len(e.Candidates) == 0 || !strings.Contains(e.Candidates[0].Note, "restart") {
		t.Errorf("%+v", e.Candidates)
	}
}

func TestABayThatWasNamedBeforeIsKnownUntilTheMemberIsElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hear(ada, "bay 3 froze")
	th := h.hear(ada, "the screen is frozen")
	if d, e := h.decision(th.ID); d.BayID != h.bays[3] || fact(e, "bay") != "Bay 3, known from before" {
		t.Errorf("bay %q, %q", d.BayID, fact(e, "bay"))
	}
	south := club.NewLocationID(h.clock.Now())
	h.write(func(tx *store.Tx) error {
		return tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: south, Slug: "south", Name: "Southside", TimeZone: "America/New_York", Details: `{}`, CreatedAt: tx.Now})
	})
	now := h.clock.Now()
	if _, err := h.inbox.Booking(t.Context(), h.tenant, "", club.BookingChange{Source: "test", ExternalID: "s", Location: "Southside", Start: now.Add(-time.Minute), End: now.Add(time.Hour), Phone: ada, Sequence: 1}); err != nil {
		t.Fatal(err)
	}
	th = h.hear(ada, "the screen is frozen")
	if d, e := h.decision(th.ID); d.LocationID != south || !d.BayID.IsZero() {
		t.Errorf("location %q, bay %q", d.LocationID, fact(e, "bay"))
	}
}

func TestAPictureWithoutWordsIsAPersonsMatter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r, err := h.inbox.Deliver(t.Context(), h.tenant, club.Delivery{ID: "m", Inbound: &club.Inbound{Provider: "twilio", ProviderMessageID: "m", From: ada, To: line, Media: []club.Media{{URL: "https://media.example/1", Type: "image/jpeg"}}}}, "twilio")
	if err != nil {
		t.Fatal(err)
	}
	h.settle()
	if _, e := h.decision(r.Thread); e.Rule != "media" || h.thread(r.Thread).Status != club.ThreadEscalated {
		t.Errorf("%s by %q", h.thread(r.Thread).Status, e.Rule)
	}
}

func TestOnlyWordsMarkedSafeGoOutUnasked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	for _, words := range []string{"too much noise next door", "where can i park and why does my simulator stutter", "please unlock the door"} { // a question of yes or no; two matters; the fallback of the door
		if d, _ := h.decision(h.hear(bob, words).ID); d.Tier == club.TierAuto {
			t.Errorf("%q: %s goes out unasked", words, d.Title)
		}
	}
}

func TestDangerFromWhoHasOptedOutCallsAPersonWithoutAWord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hear(ada, "STOP")
	out := h.outgoing()
	th := h.hear(ada, "puddle under the projector")
	if th.Status != club.ThreadEscalated || h.outgoing() != out {
		t.Errorf("thread %s, %d more texts", th.Status, h.outgoing()-out)
	}
	if th = h.hear(ada, "there is a fire"); th.Priority != club.PriorityEmergency || h.outgoing() != out {
		t.Errorf("priority %s, %d more texts", th.Priority, h.outgoing()-out)
	}
}

func TestOptingInAgainReleasesOnlyWhatOptingOutHasStopped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hear(ada, "let me talk to a human please")
	h.hear(ada, "STOP")
	if th := h.hear(ada, "START"); !th.Status.HeldByPeople() {
		t.Errorf("who asked for a person has the thread %s", th.Status)
	}
}

func TestALostJobOfAThreadThatPeopleHaveChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(ada, "let me talk to a human please")
	before := h.state()
	if err := decide.Lost(h.decider, t.Context(), h.tenant, inbox.AdvanceJob{Thread: th.ID}, context.Canceled); err != nil || h.state() != before {
		t.Errorf("%v, %v became %v", err, before, h.state())
	}
}

func TestATrainingThatAnotherProgramAskedForIsLeftToIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.background()
	if err := h.decider.TrainMatcher(t.Context(), h.tenant, decide.TrainJob{Tenant: h.tenant.Slug, Engine: "another"}); err == nil || len(h.models()) != 0 {
		t.Errorf("%v, %d versions", err, len(h.models()))
	}
	if meta := (decide.TrainJob{Tenant: "test"}).JobMeta(); meta.Tenant != "test" {
		t.Errorf("%+v", meta)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.decider.TrainNow(ctx, h.tenant); err == nil || len(h.models()) != 0 {
		t.Errorf("without time: %v, %d versions", err, len(h.models()))
	}
}

func TestASiblingTrainsNothingAgainAndKeepsItsOwnClubs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.decider = h.newDecider(matchers().Sibling())
	if d, _ := h.decision(h.hear(ada, "what's the wifi password").ID); d.Title != "Wifi" {
		t.Errorf("%q", d.Title)
	}
	h.decider = h.newDecider(nil)
	if d, _ := h.decision(h.hear(ada, "where can i park").ID); d.Title != "Parking" {
		t.Errorf("%q", d.Title)
	}
}

func TestAReportInAThreadThatPeopleHaveIsReadThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	room := h.room()
	h.report(club.EventDeviceFault, 3, "o")
	h.gather(room)
	_, th := h.newest()
	if _, err := h.desk.Claim(t.Context(), h.tenant, operator("usr_a"), th.ID); err != nil {
		t.Fatal(err)
	}
	h.write(func(tx *store.Tx) error { return room.Clear(t.Context(), tx, h.keys, "o") })
	if got := h.thread(th.ID); got.Status != club.ThreadInProgress {
		t.Errorf("what is over takes the thread from people: %s", got.Status)
	}
	decisions := h.state()[3]
	h.clock.Advance(time.Hour)
	h.report(club.EventDeviceFault, 3, "o")
	h.gather(room)
	if h.state()[3] != decisions || h.thread(th.ID).Status != club.ThreadInProgress {
		t.Errorf("%d decisions more, thread %s", h.state()[3]-decisions, h.thread(th.ID).Status)
	}
}

func TestWhatComesBackSaysHowOften(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	room := h.room()
	for range 2 {
		h.report(club.EventDeviceFault, 3, "o")
		h.gather(room)
		h.write(func(tx *store.Tx) error { return room.Clear(t.Context(), tx, h.keys, "o") })
		h.clock.Advance(2 * time.Hour)
	}
	_, th := h.newest()
	if _, e := h.decision(th.ID); fact(e, "came back") != "1 time before, in this thread" {
		t.Errorf("facts %+v", e.Facts)
	}
}

func TestWhatIsSwitchedOffIsNotProposedForAReport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("actions.off", []string{"device"})
	h.report(club.EventDeviceFault, 3, "o")
	h.gather(h.room())
	dec, th := h.newest()
	_, e := h.decision(th.ID)
	if dec.Tier != club.TierEscalate || !strings.Contains(strings.Join(e.Limits, "; "), "switched off") {
		t.Errorf("tier %s, %v", dec.Tier, e.Limits)
	}
}

func TestATextInAThreadThatWasMergedIsReadInTheOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book("Bay 3")
	h.gathered()
	h.settle()
	_, old := h.newest()
	r := h.say(ada, "bay 3 froze")
	h.settle()
	if h.thread(old.ID).MergedInto != r.Thread {
		t.Fatalf("%+v", h.thread(old.ID))
	}
	later := h.say(ada, "and the wifi?")
	h.clock.Advance(time.Minute)
	if err := h.decider.Advance(t.Context(), h.tenant, inbox.AdvanceJob{Thread: later.Thread, Message: later.Message}); err != nil {
		t.Fatal(err)
	}
	if d, _ := h.decision(r.Thread); d.ThreadID != r.Thread {
		t.Errorf("decided in %s", d.ThreadID)
	}
}

// door adds a door and has it report.
func (h *house) door(kind club.AccessKind) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		return tx.CreateDevice(h.t.Context(), store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: h.location, Kind: club.DeviceDoor, Name: "Front door", Vendor: "unifi", VendorRef: "d1", CreatedAt: tx.Now})
	})
	if _, err := h.inbox.DoorEvent(h.t.Context(), h.tenant, club.DoorEvent{Vendor: "unifi", ID: string(kind), Kind: kind, Door: "d1", At: h.clock.Now()}); err != nil {
		h.t.Fatal(err)
	}
}

func TestMoreThatIsCutOffAnywhereLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*house) func(context.Context) error{
		"STOP with proposals in several conversations": func(h *house) func(context.Context) error {
			h.permit()
			h.book("3")
			for i, words := range []string{"what's the wifi password", "the screen is frozen"} {
				number := fmt.Sprint("+1415555010", i+1)
				h.write(func(tx *store.Tx) error {
					return tx.PutLine(h.t.Context(), store.PutLineParams{Number: number, Provider: "twilio", LocationID: h.location, CreatedAt: tx.Now})
				})
				if _, err := h.inbox.Deliver(h.t.Context(), h.tenant, club.Delivery{ID: number, Inbound: &club.Inbound{Provider: "twilio", ProviderMessageID: number, From: ada, To: number, Text: words}}, "twilio"); err != nil {
					h.t.Fatal(err)
				}
				h.settle()
			}
			h.hear(ada, "where can i park")
			return h.advance(h.say(ada, "STOP"))
		},
		"a door that was forced": func(h *house) func(context.Context) error {
			h.door(club.AccessForced)
			h.clock.Advance(61 * time.Second)
			jobstest.Work(h.t, h.cluster, h.tenant, h.room().Gather)
			var th club.ThreadID
			h.read(func(tx *store.Tx) error {
				list, err := tx.FindSituationsAt(h.t.Context(), store.FindSituationsAtParams{LocationID: h.location, Since: tx.Now.Add(-time.Hour), Size: 1})
				if err == nil && len(list) > 0 {
					th = list[0].ThreadID
				}
				return err
			})
			h.clock.Advance(time.Minute)
			return func(ctx context.Context) error { return h.decider.Advance(ctx, h.tenant, inbox.AdvanceJob{Thread: th}) }
		},
		"a text that waits for a version": func(h *house) func(context.Context) error {
			h.background()
			h.warm()
			h.decider = h.replica()
			return h.advance(h.say(ada, "what's the wifi password"))
		},
		"a text that forbids": func(h *house) func(context.Context) error {
			return h.advance(h.say(ada, "the screen is frozen but please do NOT restart it"))
		},
		"still broken": func(h *house) func(context.Context) error {
			h.book("3")
			h.hear(ada, "the screen is frozen")
			return h.advance(h.say(ada, "that didn't help"))
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

// advance decides on what was said last.
func (h *house) advance(r inbox.Result) func(context.Context) error {
	h.clock.Advance(time.Minute)
	return func(ctx context.Context) error {
		return h.decider.Advance(ctx, h.tenant, inbox.AdvanceJob{Thread: r.Thread, Message: r.Message})
	}
}

func TestAGuessAtDangerHasAPersonLookAndSaysNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("confidence.high", 0.9999)
	h.set("confidence.medium", 0.9998)
	th := h.hear(ada, "puddle under the projector")
	if _, e := h.decision(th.ID); e.Rule != "possible emergency" || th.Status != club.ThreadEscalated || h.outgoing() != 0 || !strings.Contains(h.reasons(), "perhaps an emergency") {
		t.Errorf("thread %s by %q, %d texts: %s", th.Status, e.Rule, h.outgoing(), h.reasons())
	}
}

func TestAProcedureThatOnlySpeaksBecomesATicketForWhatIsReported(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	doc := knowledge.Document{Slug: "offline", Title: "A computer is offline", Category: knowledge.CategoryEquipment, Scope: knowledge.Scope{Kind: knowledge.ScopeGlobal}, Status: knowledge.StatusLive, Priority: club.PriorityNormal,
		Triggers: []knowledge.Trigger{{Text: "device.offline", Mode: knowledge.TriggerEvent}}, Steps: []knowledge.Step{{Reply: "We are on it."}}}
	h.write(func(tx *store.Tx) error {
		_, err := h.library.Import(t.Context(), tx, club.System("test"), []knowledge.Document{doc}, "what is said")
		return err
	})
	h.report(club.EventDeviceOffline, 3, "o")
	h.gather(h.room())
	if dec, _ := h.newest(); dec.Title != doc.Title || dec.Tier != club.TierAuto || !strings.Contains(dec.Steps, "{{report}}") {
		t.Errorf("%s at %s: %s", dec.Title, dec.Tier, dec.Steps)
	}
}

func TestABookingThatWasCancelledAndADeviceThatWasNeverSeenAreNoEvidence(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book("3")
	storetest.Exec(t, h.tenant, "UPDATE bookings SET status = 'cancelled'")
	h.write(func(tx *store.Tx) error {
		return tx.CreateDevice(t.Context(), store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: h.location, BayID: h.bays[3], Kind: club.DevicePC, Name: "Bay 3 projector", Vendor: "test", VendorRef: "p3", CreatedAt: tx.Now})
	})
	_, e := h.decision(h.hear(ada, "bay 3 froze").ID)
	if fact(e, "booking") != "none is current" {
		t.Errorf("booking %q", fact(e, "booking"))
	}
	for _, f := range e.Facts {
		if strings.Contains(f.Value, "projector") {
			t.Errorf("%+v", f)
		}
	}
}

func TestADecisionThatCannotBeReadAgainRunsNothing(t *testing.T) {
	t.Parallel()
	h, _, p := announced(t)
	storetest.Exec(t, h.tenant, "UPDATE decisions SET steps = '[]' WHERE id = $1", p.DecisionID.String())
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_a"), p.ID, nil, decide.Why{}); err == nil || h.runs() != 0 {
		t.Errorf("approving: %v, %d runs", err, h.runs())
	}
	h.clock.Advance(2 * time.Minute)
	if err := h.deadline(); err == nil || h.runs() != 0 {
		t.Errorf("at the deadline: %v, %d runs", err, h.runs())
	}
}
