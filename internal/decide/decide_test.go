package decide_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/inbox"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/knowledge"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

func TestFixedRulesComeBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words    string
		kind     string
		rule     string
		status   club.ThreadStatus
		priority club.Priority
		reply    string // of the setting's key; "" none
	}{
		{"STOP", "opt_out", "opt-out", club.ThreadAIResolved, club.PriorityNormal, "reply.opt_out"},
		{"HELP", "help", "help", club.ThreadAIResolved, club.PriorityNormal, "reply.help"},
		{"can i talk to a real person please", "escalate", "human", club.ThreadEscalated, club.PriorityHigh, "reply.escalated"},
		{"someone fell and is bleeding", "escalate", "emergency", club.ThreadEscalated, club.PriorityEmergency, "reply.emergency"},
		{"hey", "help", "greeting", club.ThreadAIResolved, club.PriorityNormal, "reply.greeting"},
		{"Hello? Good evening!", "help", "greeting", club.ThreadAIResolved, club.PriorityNormal, "reply.greeting"},
		{"thanks!", "no_answer", "no answer needed", club.ThreadAIResolved, club.PriorityNormal, ""},
		{"Liked “See you soon”", "no_answer", "no answer needed", club.ThreadAIResolved, club.PriorityNormal, ""},
		{"  ", "no_answer", "no answer needed", club.ThreadAIResolved, club.PriorityNormal, ""},
		{"Questioned “The door is open”", "escalate", "questioned", club.ThreadEscalated, club.PriorityNormal, ""},
		{"my wifi human please", "escalate", "human", club.ThreadEscalated, club.PriorityHigh, "reply.escalated"},
	} {
		t.Run(c.words, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			th := h.hear(ada, c.words)
			d, e := h.decision(th.ID)
			if d.Kind != c.kind || e.Rule != c.rule || th.Status != c.status || th.Priority != c.priority {
				t.Errorf("kind %s by rule %q, thread %s and %s; want %+v", d.Kind, e.Rule, th.Status, th.Priority, c)
			}
			var want []string
			if spec, ok := setting.Find(c.reply); ok {
				want = []string{spec.Value(setting.Default()).(string)}
			}
			if got := h.queued(th.ID); strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("told the member %q, want %q", got, want)
			}
		})
	}
}

func TestPlainInformationGoesOutUnaskedOnlyWhereTheClubAllowsIt(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		h := newHouse(t)
		h.set("replies.auto_safe", allowed)
		th := h.hear(ada, "what's the wifi password")
		d, e := h.decision(th.ID)
		if allowed {
			if d.Tier != club.TierAuto || h.runs() != 1 || !h.proposal(th.ID).ID.IsZero() {
				t.Errorf("allowed: tier %s, %d runs, proposal %q", d.Tier, h.runs(), h.proposal(th.ID).ID)
			}
			continue
		}
		if d.Tier != club.TierApprove || h.runs() != 0 || h.proposal(th.ID).Status != club.ProposalOpen {
			t.Errorf("not allowed: tier %s, %d runs, proposal %+v", d.Tier, h.runs(), h.proposal(th.ID))
		}
		if len(e.Candidates) == 0 || e.Candidates[0].Title != "Wifi" || len(e.Limits) == 0 || e.Model == "" {
			t.Errorf("evidence %+v", e)
		}
	}
}

func TestNothingIsEverAutomaticWithoutOutcomesButPlainInformation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	h.permit()
	h.book("3")
	for _, words := range []string{"the screen is frozen", "please unlock the door"} {
		th := h.hear(ada, words)
		if d, _ := h.decision(th.ID); d.Tier == club.TierAuto {
			t.Errorf("%q is automatic", words)
		}
	}
}

func TestBurstOfTextsIsOneDecision(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	r := h.say(ada, "hello")
	h.clock.Advance(time.Second)
	h.say(ada, "one question")
	h.clock.Advance(time.Second)
	h.say(ada, "what's the wifi password")
	if err := h.decider.Advance(t.Context(), h.tenant, inbox.AdvanceJob{Thread: r.Thread, Message: r.Message}); err != nil {
		t.Errorf("an early text's job: %v", err)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM decisions"); n != 0 {
		t.Fatalf("%d decisions before the burst was over", n)
	}
	h.settle()
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM decisions"); n != 1 {
		t.Errorf("%d decisions of one burst", n)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM messages WHERE direction = 'in' AND handled_at IS NULL"); n != 0 {
		t.Errorf("%d texts not taken up", n)
	}
}

func TestLastTextOfABurstWaitsAndDangerDoesNot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.say(ada, "what's the wifi password")
	if err := h.decider.Advance(t.Context(), h.tenant, inbox.AdvanceJob{Thread: r.Thread, Message: r.Message}); err == nil || !strings.Contains(err.Error(), "Snooze") {
		t.Errorf("did not wait: %v", err)
	}
	r = h.say(bob, "there is a fire")
	if err := h.decider.Advance(t.Context(), h.tenant, inbox.AdvanceJob{Thread: r.Thread, Message: r.Message}); err != nil {
		t.Fatal(err)
	}
	if th := h.thread(r.Thread); th.Status != club.ThreadEscalated || th.Priority != club.PriorityEmergency {
		t.Errorf("fire is %s and %s", th.Status, th.Priority)
	}
}

func TestUnknownMatterReachesAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(bob, "quixotic zeppelins harmonise")
	if d, e := h.decision(th.ID); th.Status != club.ThreadEscalated || e.Rule != "no match" || d.Tier != club.TierEscalate {
		t.Errorf("thread %s, rule %q, tier %s", th.Status, e.Rule, d.Tier)
	}
}

func TestBayComesFromTheMembersOwnPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, booked, words string
		bay                 int
		doubt               string
	}{
		{"booking names it", "2", "the screen is frozen", 2, ""},
		{"text agrees", "3", "bay 3 froze", 3, ""},
		{"box is a bay", "3", "box 3 my simulator is stuck", 3, ""},
		{"text and booking differ", "2", "bay 3 froze", 3, "the booking is for Bay 2"},
		{"no such bay", "2", "bay 9 froze", 0, "does not have"},
		{"several bays", "2", "bay 3 froze and bay 4 froze", 0, "several bays"},
		{"no booking", "", "bay 3 froze", 3, "no current booking"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.permit()
			if c.booked != "" {
				h.book(c.booked)
			}
			th := h.hear(ada, c.words)
			d, e := h.decision(th.ID)
			if d.BayID != h.bays[c.bay] {
				t.Errorf("bay %q, want bay %d", d.BayID, c.bay)
			}
			if limits := strings.Join(e.Limits, "; "); c.doubt != "" && c.bay != 0 && (!strings.Contains(limits, c.doubt) || d.Tier != club.TierApprove) {
				t.Errorf("tier %s with limits %q, want approve because of %q", d.Tier, limits, c.doubt)
			}
		})
	}
}

func TestWithoutABayTheMemberIsAskedAndTheAnswerGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(ada, "the screen is frozen")
	d, _ := h.decision(th.ID)
	h.write(func(tx *store.Tx) error { // what the run does when it asks
		now, err := tx.FindThread(t.Context(), th.ID)
		if err != nil {
			return err
		}
		q := `{"expect":"bay","sop":"` + d.SOPID.String() + `","decision":"` + d.ID.String() + `"}`
		_, err = thread.Apply(t.Context(), tx, now, thread.Move{Event: club.ThreadAsked, By: club.System("act"), Awaiting: &q})
		return err
	})
	th = h.hear(ada, "I'm in 3")
	d, e := h.decision(th.ID)
	if d.Title != "The simulator is frozen" || d.BayID != h.bays[3] || e.Candidates[0].Why != "answers our question" {
		t.Errorf("%s at %s because %q", d.Title, d.BayID, e.Candidates[0].Why)
	}
	if p := h.proposal(th.ID); p.Status != club.ProposalOpen {
		t.Errorf("proposal %+v", p)
	}
}

func TestAnswerThatCannotBeReadReachesAPersonAndAnotherMatterDoesNot(t *testing.T) {
	t.Parallel()
	for words, rule := range map[string]string{"the one by the window": "unclear answer", "what's the wifi password": ""} {
		h := newHouse(t)
		th := h.hear(ada, "the screen is frozen")
		d, _ := h.decision(th.ID)
		h.write(func(tx *store.Tx) error {
			now, err := tx.FindThread(t.Context(), th.ID)
			if err != nil {
				return err
			}
			q := `{"expect":"bay","sop":"` + d.SOPID.String() + `","decision":"` + d.ID.String() + `"}`
			_, err = thread.Apply(t.Context(), tx, now, thread.Move{Event: club.ThreadAsked, By: club.System("act"), Awaiting: &q})
			return err
		})
		th = h.hear(ada, words)
		if _, e := h.decision(th.ID); e.Rule != rule {
			t.Errorf("%q is decided by %q, want %q", words, e.Rule, rule)
		}
	}
}

func TestForbiddenActionIsNeverProposed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book("3")
	for _, words := range []string{"do NOT unlock the door, a stranger is outside", "please don't unlock the door", "the screen is frozen but don't restart it"} {
		th := h.hear(ada, words)
		if p := h.proposal(th.ID); !p.ID.IsZero() || th.Status != club.ThreadEscalated {
			t.Errorf("%q: thread %s, proposal %q", words, th.Status, p.ID)
		}
	}
}

func TestWithoutABookingTheDoorIsRefusedInWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(ada, "please unlock the door")
	d, _ := h.decision(th.ID)
	if strings.Contains(d.Steps, "unlock_door") || !strings.Contains(d.Steps, "only for who booked") {
		t.Errorf("steps %s", d.Steps)
	}
	h.book("3")
	th = h.hear(ada, "please unlock the door")
	if d, e := h.decision(th.ID); !strings.Contains(d.Steps, "unlock_door") || d.Tier != club.TierApprove {
		t.Errorf("with a booking: tier %s, limits %v, steps %s", d.Tier, e.Limits, d.Steps)
	}
}

func TestKillSwitchSendsTheMatterToAPerson(t *testing.T) {
	t.Parallel()
	for _, off := range []string{"all", "device", "restart_trackman", "words"} {
		h := newHouse(t)
		h.book("3")
		h.set("actions.off", []string{off})
		th := h.hear(ada, "the screen is frozen")
		if _, e := h.decision(th.ID); th.Status != club.ThreadEscalated || !strings.Contains(strings.Join(e.Limits, ";"), "switched off: "+off) {
			t.Errorf("with %s off: thread %s, limits %v", off, th.Status, e.Limits)
		}
	}
}

func TestThreadThatPeopleHoldIsLeftToThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	th := h.hear(ada, "can i talk to a real person please")
	before := h.queued(th.ID)
	th = h.hear(ada, "what's the wifi password")
	if got := h.queued(th.ID); th.Status != club.ThreadEscalated || len(got) != len(before) {
		t.Errorf("thread %s, told %q", th.Status, got)
	}
	th = h.hear(ada, "someone is bleeding")
	if th.Priority != club.PriorityEmergency {
		t.Errorf("danger in a held thread is %s", th.Priority)
	}
	th = h.hear(ada, "STOP")
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM subjects WHERE consent = 'withdrawn'"); n != 1 {
		t.Error("STOP in a held thread is not obeyed")
	}
	if th.Status != club.ThreadEscalated {
		t.Errorf("thread %s after STOP", th.Status)
	}
}

func TestHandReplySilencesTheMachineForItsTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	th := h.hear(ada, "what's the wifi password")
	if _, err := h.desk.Reply(t.Context(), h.tenant, operator("usr_1"), th.ID, "Sam here, one moment", "k1", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	runs := h.runs()
	th = h.hear(ada, "is there parking")
	if th.Status != club.ThreadManualOverride || h.runs() != runs {
		t.Errorf("within the silence: thread %s", th.Status)
	}
	h.clock.Advance(5 * time.Hour)
	th = h.hear(ada, "what's the wifi password")
	if th.Status == club.ThreadManualOverride {
		t.Error("the machine is silent for ever")
	}
}

func TestOptedOutMemberIsNotAnsweredAndIsBackAfterStart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	h.hear(ada, "STOP")
	th := h.hear(ada, "what's the wifi password")
	if got := h.queued(th.ID); len(got) != 1 || th.Status != club.ThreadEscalated {
		t.Errorf("after STOP: told %q, thread %s", got, th.Status)
	}
	th = h.hear(ada, "start")
	if th.Status != club.ThreadAIResolved || len(h.queued(th.ID)) != 2 {
		t.Errorf("after START: thread %s, told %q", th.Status, h.queued(th.ID))
	}
	h.hear(ada, "what's the wifi password")
	if h.runs() != 1 {
		t.Error("the machine does not answer after START")
	}
}

func TestClearDangerByProcedureCallsAPersonInItsWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(ada, "puddle under the projector")
	if _, e := h.decision(th.ID); th.Status != club.ThreadEscalated || th.Priority != club.PriorityEmergency || e.Rule != "emergency procedure" {
		t.Errorf("thread %s and %s by %q", th.Status, th.Priority, e.Rule)
	}
	if got := h.queued(th.ID); len(got) != 1 || !strings.HasPrefix(got[0], "Please step away") {
		t.Errorf("told %q", got)
	}
}

func TestMissingValueIsAPersonsMatterAndNeverAGapInAText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.set("replies.auto_safe", true)
	th := h.hear(ada, "where can i park") // the location has no address
	if got := h.queued(th.ID); th.Status != club.ThreadEscalated || len(got) != 0 || h.runs() != 0 {
		t.Errorf("thread %s, told %q, %d runs", th.Status, got, h.runs())
	}
}

func TestEditOfAProcedureCountsForTheVeryNextText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.hear(bob, "quixotic zeppelins harmonise")
	if th.Status != club.ThreadEscalated {
		t.Fatal("it was known already")
	}
	h.write(func(tx *store.Tx) error {
		sops, err := h.library.FindBySlug(t.Context(), tx, "wifi")
		if err != nil {
			return err
		}
		doc, _, err := h.library.FindVersion(t.Context(), tx, sops[0].ID, 1)
		if err != nil {
			return err
		}
		doc.Triggers = append(doc.Triggers, knowledge.Trigger{Mode: knowledge.TriggerExact, Text: "quixotic zeppelins harmonise"})
		if _, err := h.library.Save(t.Context(), tx, club.System("test"), sops[0].ID, doc, "learnt", 1); err != nil {
			return err
		}
		_, err = h.library.Publish(t.Context(), tx, club.System("test"), sops[0].ID, 2, "learnt")
		return err
	})
	th = h.hear(ada, "quixotic zeppelins harmonise")
	if d, _ := h.decision(th.ID); d.Title != "Wifi" || d.SOPVersion != 2 {
		t.Errorf("decided %s, version %d", d.Title, d.SOPVersion)
	}
}

func TestDecisionIsStoredWithItsTextsOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.say(ada, "what's the wifi password")
	h.clock.Advance(3 * time.Second)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.decider.Advance(ctx, h.tenant, inbox.AdvanceJob{Thread: r.Thread, Message: r.Message}); err == nil {
		t.Fatal("a cancelled decision succeeded")
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM messages WHERE handled_at IS NOT NULL"); n != 0 {
		t.Error("the text is taken up without a decision")
	}
	h.settle()
	h.settle()
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM decisions"); n != 1 {
		t.Errorf("%d decisions", n)
	}
}

func TestTextIntoAMergedThreadIsDecidedWhereItGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.hear(ada, "what's the wifi password")
	r := h.say(ada, "the screen is frozen")
	if r.Thread != first.ID {
		t.Fatalf("two threads of one member on one line")
	}
	if n := len(jobstest.Pending[inbox.AdvanceJob](t, h.cluster, h.tenant)); n != 1 {
		t.Errorf("%d jobs for one text", n)
	}
	h.settle()
	if p := h.proposal(first.ID); p.Status != club.ProposalOpen {
		t.Errorf("proposal %+v", p)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM proposals WHERE status = 'superseded'"); n != 1 {
		t.Errorf("%d superseded proposals, want the first", n)
	}
}
