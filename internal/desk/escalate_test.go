package desk_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/learn"
	"clubos/internal/notify"
	"clubos/internal/outbox"
	"clubos/internal/people"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
)

func TestEscalatingTwiceIsOneEscalationWithBothReasons(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "bay 3 froze")
	th = h.escalate(th, desk.Reason{Text: "the restart failed"})
	if th.Status != club.ThreadEscalated {
		t.Fatalf("thread is %s", th.Status)
	}
	high, low := club.PriorityHigh, club.PriorityLow
	th = h.escalate(th, desk.Reason{Text: "the member asks again", Priority: &high})
	th = h.escalate(th, desk.Reason{Text: "the restart failed", Priority: &low})
	if th.Priority != club.PriorityHigh {
		t.Errorf("priority %s", th.Priority)
	}
	if n := h.count("SELECT COUNT(*) FROM escalations"); n != 1 {
		t.Errorf("%d escalations", n)
	}
	if n := h.count("SELECT COUNT(*) FROM escalations WHERE reason = 'the restart failed; the member asks again' AND priority = 'high'"); n != 1 {
		t.Error("the reasons were not gathered")
	}
	if n := h.count("SELECT COUNT(*) FROM notifications"); n != 2 {
		t.Errorf("people were called %d times, want once, and once more when it became more pressing", n)
	}
	due := jobstest.Pending[desk.EscalationDue](t, h.cluster, h.tenant)
	if len(due) != 2 || due[1].Due.Sub(h.clock.Now()) > 10*time.Minute {
		t.Errorf("due times %v", due)
	}
}

func TestEscalationWithdrawsTheProposalAndTellsTheMemberOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "human please")
	h.propose(th, club.TierSuggest, nil)
	th = h.escalate(th, desk.Reason{Text: "the member asks for a person", TellMember: true})
	th = h.escalate(th, desk.Reason{Text: "again", TellMember: true})
	if n := h.count("SELECT COUNT(*) FROM proposals WHERE status = 'superseded'"); n != 1 {
		t.Error("the proposal is still open")
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'out' AND masked = $1", setting.Default().EscalatedReply); n != 1 {
		t.Errorf("the member was told %d times", n)
	}
	emergency := club.PriorityEmergency
	h.escalate(th, desk.Reason{Text: "smoke", Priority: &emergency, TellMember: true})
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'out' AND masked = $1", setting.Default().EmergencyReply); n != 1 {
		t.Error("the member was not told what to do in an emergency")
	}
}

func TestOptedOutMemberIsNotTextedButPeopleAreCalled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "stop")
	h.write(func(tx *store.Tx) error {
		_, err := people.SetConsent(t.Context(), tx, club.System("test"), h.person.ID, club.ConsentWithdrawn, "text STOP")
		return err
	})
	th = h.escalate(th, desk.Reason{TellMember: true})
	if th.Status != club.ThreadEscalated || h.count("SELECT COUNT(*) FROM messages WHERE direction = 'out'") != 0 {
		t.Errorf("thread %s", th.Status)
	}
	_, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "hello", "k1", desk.Seen{})
	if !strings.Contains(err.Error(), outbox.ErrOptedOut.Error()) {
		t.Errorf("a reply to somebody who opted out: %v", err)
	}
	if got := h.find(th.ID); got.Status != club.ThreadEscalated {
		t.Errorf("the refused reply moved the thread to %s", got.Status)
	}
}

func TestWithoutAChannelTheThreadStillReachesPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(func(tx *store.Tx) error {
		return setting.Put(t.Context(), tx, club.System("test"), "notify.slack_channel", []byte(`""`))
	})
	th := h.escalate(h.thread(h.a, "help"), desk.Reason{Text: "x"})
	if th.Status != club.ThreadEscalated || h.count("SELECT COUNT(*) FROM escalations WHERE status = 'open'") != 1 || h.count("SELECT COUNT(*) FROM notifications") != 0 {
		t.Error("the escalation depends on Slack")
	}
}

// Lesson 38: a member could not reach a person.
func TestLesson38EveryUnmergedThreadCanBeHandedToPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, status := range club.ThreadStatuses() {
		if status == club.ThreadMerged {
			continue
		}
		th := h.thread(h.a, "human please")
		h.write(func(tx *store.Tx) (err error) {
			th.Status = status
			th, err = thread.Save(t.Context(), tx, th)
			return err
		})
		if got := h.escalate(th, desk.Reason{Text: "the member asks for a person"}); got.Status != club.ThreadEscalated {
			t.Errorf("from %s to %s", status, got.Status)
		}
	}
}

func TestMergedThreadIsEscalatedWhereItContinues(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	from, into := h.thread(h.a, "one"), h.thread(h.a, "two")
	if _, err := h.desk.Merge(t.Context(), h.tenant, h.ann, from.ID, into.ID, desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	got := h.escalate(h.find(from.ID), desk.Reason{Text: "the vendor reported late"})
	if got.ID != into.ID || got.Status != club.ThreadEscalated {
		t.Errorf("%s is %s", got.ID, got.Status)
	}
}

func TestStaleThreadIsNotEscalated(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stale := h.thread(h.a, "one")
	h.text(stale, "two")
	err := h.tenant.Write(t.Context(), func(tx *store.Tx) error {
		_, err := h.desk.Escalate(t.Context(), tx, stale, desk.Reason{})
		return err
	})
	want(t, err, club.CodeConflict)
}

func TestUnacknowledgedEscalationCallsAgainUntilTheBound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.escalate(h.thread(h.a, "help"), desk.Reason{Text: "x"})
	first := jobstest.Pending[desk.EscalationDue](t, h.cluster, h.tenant)[0]
	if err := h.desk.Remind(t.Context(), h.tenant, first); err == nil || h.count("SELECT reminders FROM escalations") != 0 {
		t.Errorf("reminded before its time: %v", err)
	}
	for range 8 {
		h.clock.Advance(30 * time.Minute)
		jobstest.Work(t, h.cluster, h.tenant, h.desk.Remind)
		if err := h.desk.Remind(t.Context(), h.tenant, first); err != nil { // a repeated job is without effect
			t.Fatal(err)
		}
	}
	if n := h.count("SELECT COUNT(*) FROM notifications"); n != 6 {
		t.Errorf("people were called %d times, want 1 and 5 reminders", n)
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'escalation.unheard'"); n != 1 {
		t.Errorf("%d records of nobody having come", n)
	}
	h.read(func(tx *store.Tx) error {
		list, err := h.desk.FindOverdueEscalations(t.Context(), tx, h.ann)
		if err != nil || len(list) != 1 {
			t.Errorf("%d overdue, %v", len(list), err)
		}
		elsewhere := h.only
		elsewhere.Locations = []club.LocationID{h.b}
		if list, err = h.desk.FindOverdueEscalations(t.Context(), tx, elsewhere); err != nil || len(list) != 0 {
			t.Errorf("%d overdue of another place, %v", len(list), err)
		}
		return nil
	})
}

func TestAcknowledgedEscalationCallsNobodyAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.escalate(h.thread(h.a, "help"), desk.Reason{Text: "x"})
	for range 2 {
		if err := h.desk.Acknowledge(t.Context(), h.tenant, h.bob, th.ID); err != nil {
			t.Fatal(err)
		}
	}
	h.clock.Advance(time.Hour)
	jobstest.Work(t, h.cluster, h.tenant, h.desk.Remind)
	if n := h.count("SELECT COUNT(*) FROM notifications"); n != 1 {
		t.Errorf("%d calls", n)
	}
	if n := h.count("SELECT COUNT(*) FROM escalations WHERE status = 'acknowledged' AND acknowledged_by = 'Bob'"); n != 1 {
		t.Error("who acknowledged is not known")
	}
	want(t, h.desk.Acknowledge(t.Context(), h.tenant, h.bob, h.thread(h.a, "other").ID), club.CodeConflict)
}

func TestTakenThreadThatComesBackCallsPeopleAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.escalate(h.thread(h.a, "help"), desk.Reason{Text: "x"})
	if _, err := h.desk.Claim(t.Context(), h.tenant, h.ann, th.ID); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(time.Minute)
	high := club.PriorityHigh
	th, err := h.desk.EscalateByHand(t.Context(), h.tenant, h.ann, th.ID, "I cannot open the cabinet", &high)
	if err != nil {
		t.Fatal(err)
	}
	if !th.AssignedTo.IsZero() || h.count("SELECT COUNT(*) FROM escalations WHERE status = 'open' AND reminders = 0 AND acknowledged_by = ''") != 1 {
		t.Error("nobody is asked for again")
	}
	if n := h.count("SELECT COUNT(*) FROM notifications"); n != 2 {
		t.Errorf("%d calls", n)
	}
	if _, err := h.desk.Claim(t.Context(), h.tenant, h.bob, th.ID); err != nil {
		t.Errorf("a colleague cannot take it: %v", err)
	}
	_, err = h.desk.EscalateByHand(t.Context(), h.tenant, h.ann, th.ID, "  ", nil)
	want(t, err, club.CodeInvalid)
}

// Lesson 11: escalation was a tag in a text, which leaked to the member.
func TestLesson11ReasonsOfEscalationsNeverReachTheMember(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.escalate(h.thread(h.a, "help"), desk.Reason{Text: "[ESCALATE] secret reason", TellMember: true})
	if n := h.count("SELECT COUNT(*) FROM messages WHERE masked LIKE '%secret reason%'"); n != 0 {
		t.Error("the reason stands in a message")
	}
	if n := h.count("SELECT COUNT(*) FROM threads WHERE status = 'escalated'"); n != 1 {
		t.Error("nobody was called")
	}
}

func TestNothingPersonalStandsInNotificationsTicketsOrAudit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	words := "I am Zelda Quist, call (415) 555-2671 or zelda@example.com, door code 48213"
	th := h.thread(h.a, words)
	h.propose(th, club.TierApprove, nil)
	th = h.escalate(th, desk.Reason{Text: words, TellMember: true})
	tk, err := h.desk.CreateTicket(t.Context(), h.tenant, h.ann, desk.NewTicket{Template: "complaint", Title: words, Description: words, Thread: th.ID, Priority: club.PriorityEmergency})
	if err != nil {
		t.Fatal(err)
	}
	title := "refund Zelda"
	if _, err := h.desk.UpdateTicket(t.Context(), h.tenant, h.ann, tk.ID, desk.TicketChange{Title: &title, Description: &words}); err != nil {
		t.Fatal(err)
	}
	if err := h.desk.CommentTicket(t.Context(), h.tenant, h.ann, tk.ID, words); err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "Dear Zelda, we call +1 415 555 2671", "k", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk.Note(t.Context(), h.tenant, h.ann, th.ID, words, "k"); err != nil {
		t.Fatal(err)
	}
	if h.count("SELECT COUNT(*) FROM notifications") < 2 || h.count("SELECT COUNT(*) FROM audit_entries") < 8 {
		t.Fatal("too little was written to tell")
	}
	for _, secret := range []string{"zelda", "quist", "2671", "@example", "48213"} {
		for _, cell := range []string{"notifications WHERE LOWER(CAST(payload AS TEXT))", "audit_entries WHERE LOWER(CAST(detail AS TEXT))", "tickets WHERE LOWER(title)",
			"escalations WHERE LOWER(reason || summary)", "threads WHERE LOWER(snippet)", "messages WHERE LOWER(masked)"} {
			if n := h.count("SELECT COUNT(*) FROM " + cell + " LIKE '%" + secret + "%'"); n != 0 {
				t.Errorf("%q stands in %d rows of %s", secret, n, cell)
			}
		}
	}
}

func TestSummarySaysInWordsWhyAPersonIsNeeded(t *testing.T) {
	t.Parallel()
	refund, clubs := []club.Candidate{{Title: "Refund", Confidence: .2}}, []club.Candidate{{Title: "Clubs to borrow", Confidence: .51}}
	for _, tc := range []struct {
		title    string
		evidence club.Evidence
		tier     club.Tier
		want     string
	}{
		{"Nothing known fits", club.Evidence{Rule: learn.RuleNoMatch, Candidates: refund}, club.TierEscalate, "nothing known fits well enough: the closest is Refund"},
		{"Nothing known fits", club.Evidence{Rule: learn.RuleNoMatch}, club.TierEscalate, "nothing known is like this"},
		{"Clubs to borrow", club.Evidence{Candidates: clubs}, club.TierEscalate, "not sure enough: the closest is Clubs to borrow"},
		{"Clubs to borrow", club.Evidence{Candidates: clubs, Limits: []string{"this pattern is paused"}}, club.TierEscalate, "would be Clubs to borrow, but this pattern is paused"},
		{"Refund", club.Evidence{Rule: learn.RuleLearning, Candidates: refund}, club.TierEscalate, "people have decided on the like before, too seldom for a proposal: Refund"},
		{"Emergency: medical", club.Evidence{Rule: "emergency"}, club.TierEscalate, "found: Emergency: medical"},
		{"Wi-Fi", club.Evidence{Candidates: clubs}, club.TierAuto, "did by itself: Wi-Fi (80 % sure)"},
	} {
		raw, err := json.Marshal(tc.evidence)
		if err != nil {
			t.Fatal(err)
		}
		confidence := .8
		if tc.tier == club.TierEscalate {
			confidence = 0
		}
		got := desk.Decided(store.Decision{Title: tc.title, Tier: tc.tier, Confidence: confidence, Evidence: string(raw)})
		if got != tc.want || strings.Contains(got, " 0 %") {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

func TestSummarySaysWhatWasSaidDecidedAndTried(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "bay 3 froze")
	h.propose(th, club.TierApprove, nil)
	h.write(func(tx *store.Tx) error {
		var err error
		th.BayID = h.bay
		th, err = thread.Save(t.Context(), tx, th)
		return err
	})
	h.execution(th, club.OutcomeFailed, "the computer did not come back")
	h.escalate(th, desk.Reason{Text: "restart failed"})
	var e store.Escalation
	h.read(func(tx *store.Tx) (err error) {
		e, err = tx.FindUnclosedEscalation(t.Context(), th.ID)
		return err
	})
	for _, part := range []string{"member: bay 3 froze", "asked whether to do: Restart a frozen bay (80 % sure)", "tried: reboot pc – failed: the computer did not come back"} {
		if !strings.Contains(e.Summary, part) {
			t.Errorf("summary lacks %q:\n%s", part, e.Summary)
		}
	}
	h.read(func(tx *store.Tx) error {
		rows, err := tx.FindNotificationsOfRef(t.Context(), e.ID.String())
		if err != nil || len(rows) != 1 || !strings.Contains(rows[0].Payload, "Northside, Bay 3") || !strings.Contains(rows[0].Payload, "claim") || rows[0].Kind != string(notify.KindEscalation) {
			t.Errorf("the call is %+v, %v", rows, err)
		}
		return nil
	})
}
