package desk_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/outbox"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

// atOnce runs fn n times at once and returns the errors.
func atOnce(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errs
}

// Lesson 2: two operators at once each had their effect.
func TestLesson02OfTwoOperatorsWhoClaimAtOnceOneHasTheThread(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.escalate(h.thread(h.a, "help"), desk.Reason{Text: "x"})
	both := []identity.Principal{h.ann, h.bob}
	errs := atOnce(2, func(i int) error {
		_, err := h.desk.Claim(t.Context(), h.tenant, both[i], th.ID)
		return err
	})
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("both ended alike: %v", errs)
	}
	want(t, errors.Join(errs...), club.CodeConflict)
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'thread.claimed'"); n != 1 {
		t.Errorf("%d claims", n)
	}
	if n := h.count("SELECT COUNT(*) FROM escalations WHERE status = 'acknowledged'"); n != 1 {
		t.Error("the claim did not acknowledge")
	}
}

func TestLesson02OfTwoOperatorsWhoReplyAtOnceOneIsSent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "help")
	both := []identity.Principal{h.ann, h.bob}
	errs := atOnce(2, func(i int) error {
		_, err := h.desk.Reply(t.Context(), h.tenant, both[i], th.ID, fmt.Sprintf("answer %d", i), "k", desk.Seen{})
		return err
	})
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("both ended alike: %v", errs)
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'out'"); n != 1 {
		t.Errorf("%d texts queued", n)
	}
}

func TestLesson02DoubleTapSendsOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "help")
	ids := make([]club.MessageID, 4)
	errs := atOnce(4, func(i int) (err error) {
		ids[i], err = h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "on our way", "form1", desk.Seen{})
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if id != ids[0] || id.IsZero() {
			t.Errorf("one tap gave %v", ids)
		}
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'out'"); n != 1 {
		t.Errorf("%d texts", n)
	}
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "on our way", "form2", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'out'"); n != 2 {
		t.Error("the same words, sent on purpose, were swallowed")
	}
}

func TestHandReplySilencesTheMachineAndRemembersWhatItWouldHaveSaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.escalate(h.thread(h.a, "bay 3 froze"), desk.Reason{Text: "x"})
	h.propose(th, club.TierApprove, nil)
	h.write(func(tx *store.Tx) error {
		_, _, err := outbox.Queue(t.Context(), tx, h.keys, outbox.Reply{Thread: th, Text: "machine's words", Author: club.AuthorMachine, By: club.System("act"), DedupKey: "d1"})
		return err
	})
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "Please switch it off and on.", "k", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	got := h.find(th.ID)
	if got.Status != club.ThreadManualOverride || got.SilentUntil == nil || !got.SilentUntil.Equal(h.clock.Now().Add(4*time.Hour)) || got.WaitingSince != nil || got.AssignedTo != h.ann.UserID {
		t.Errorf("thread %+v", got)
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE status = 'cancelled' AND author = 'machine'"); n != 1 {
		t.Error("the machine's queued words were not withdrawn")
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'in' AND handled_at IS NULL"); n != 0 {
		t.Error("the answered text is still to be read by the machine")
	}
	if n := h.count("SELECT COUNT(*) FROM proposals WHERE status = 'superseded'"); n != 1 {
		t.Error("the proposal is open")
	}
	if n := h.count("SELECT COUNT(*) FROM escalations WHERE status = 'acknowledged'"); n != 1 {
		t.Error("an answer does not acknowledge")
	}
	h.read(func(tx *store.Tx) error {
		pr, err := tx.FindProposalsOfThread(t.Context(), store.FindProposalsOfThreadParams{ThreadID: th.ID, Limit: 1})
		if err != nil {
			return err
		}
		list, err := tx.FindOverridesOfDecision(t.Context(), pr[0].DecisionID)
		if err != nil || len(list) != 1 || list[0].Kind != "replied" {
			t.Fatalf("overrides %v, %v", list, err)
		}
		before, err1 := people.Open(h.keys, h.person, desk.ColumnOverrideBefore, list[0].ID.String(), list[0].Before)
		after, err2 := people.Open(h.keys, h.person, desk.ColumnOverrideAfter, list[0].ID.String(), list[0].After)
		if before != "We are restarting bay 3." || after != "Please switch it off and on." {
			t.Errorf("before %q (%v), after %q (%v)", before, err1, after, err2)
		}
		return nil
	})
}

func TestEndOfSilenceReleasesTheThreadButHandsNothingBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "hi")
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "hello", "k", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	job := jobstest.Pending[desk.SilenceOver](t, h.cluster, h.tenant)[0]
	if err := h.desk.EndSilence(t.Context(), h.tenant, job); err == nil {
		t.Error("the silence ended before its time")
	}
	h.clock.Advance(4 * time.Hour)
	if err := h.desk.EndSilence(t.Context(), h.tenant, job); err != nil {
		t.Fatal(err)
	}
	got := h.find(th.ID)
	if got.Status != club.ThreadManualOverride || !got.AssignedTo.IsZero() || got.SilentUntil == nil || advances(h) != 0 {
		t.Errorf("thread %s of %q", got.Status, got.AssignedTo)
	}
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.bob, th.ID, "anything else?", "k", desk.Seen{}); err != nil {
		t.Errorf("a colleague cannot go on: %v", err)
	}
	if err := h.desk.EndSilence(t.Context(), h.tenant, job); err != nil || h.find(th.ID).AssignedTo != h.bob.UserID {
		t.Error("the end of an earlier silence ended the later one")
	}
}

func TestTextThatNobodyAnsweredDuringSilenceCallsPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "hi")
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "hello", "k", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	h.text(th, "still broken")
	h.clock.Advance(4 * time.Hour)
	jobstest.Work(t, h.cluster, h.tenant, h.desk.EndSilence)
	if got := h.find(th.ID); got.Status != club.ThreadEscalated {
		t.Errorf("thread %s", got.Status)
	}
}

func TestReplyInTheVendorsAppTakesOverToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.escalate(h.thread(h.a, "hi"), desk.Reason{Text: "x"})
	h.propose(th, club.TierApprove, nil)
	h.write(func(tx *store.Tx) error {
		until := tx.Now.Add(time.Hour)
		moved, err := thread.Apply(t.Context(), tx, th, thread.Move{Event: club.ThreadHandReply, By: club.System("vendor_app"), SilentUntil: &until})
		if err != nil {
			return err
		}
		return h.desk.HandReplied(t.Context(), tx, moved, club.Actor{Kind: club.ActorUser, ID: "vendor_app"}, "My own words")
	})
	if h.count("SELECT COUNT(*) FROM proposals WHERE status = 'open'") != 0 || h.count("SELECT COUNT(*) FROM escalations WHERE status = 'open'") != 0 ||
		h.count("SELECT COUNT(*) FROM overrides WHERE after IS NOT NULL") != 1 || len(jobstest.Pending[desk.SilenceOver](t, h.cluster, h.tenant)) != 1 {
		t.Error("the machine has not stepped back")
	}
}

func TestHandBackLetsTheMachineReadWhatNobodyAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.escalate(h.thread(h.a, "bay 3 froze"), desk.Reason{Text: "x", TellMember: true})
	if _, err := h.desk.Claim(t.Context(), h.tenant, h.ann, th.ID); err != nil {
		t.Fatal(err)
	}
	h.write(func(tx *store.Tx) error {
		_, err := tx.HandleMessages(t.Context(), store.HandleMessagesParams{ThreadID: th.ID, Until: tx.Now, Now: &tx.Now})
		return err
	})
	got, err := h.desk.HandBack(t.Context(), h.tenant, h.ann, th.ID, desk.Seen{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != club.ThreadPending || got.WaitingSince == nil || !got.AssignedTo.IsZero() || advances(h) != 1 {
		t.Errorf("thread %s, %d jobs", got.Status, advances(h))
	}
	if h.count("SELECT COUNT(*) FROM messages WHERE direction = 'in' AND handled_at IS NULL") != 1 || h.count("SELECT COUNT(*) FROM escalations WHERE status = 'closed'") != 1 {
		t.Error("the text is not there to be read, or the escalation is open")
	}
	_, err = h.desk.HandBack(t.Context(), h.tenant, h.ann, th.ID, desk.Seen{})
	want(t, err, club.CodeConflict)
}

func TestHandBackOfAnAnsweredThreadSettlesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "wifi?")
	h.clock.Advance(time.Second)
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "It is on the wall.", "k", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	got, err := h.desk.HandBack(t.Context(), h.tenant, h.ann, th.ID, desk.Seen{})
	if err != nil || got.Status != club.ThreadAIResolved || got.WaitingSince != nil || advances(h) != 0 {
		t.Errorf("thread %s, %d jobs, %v", got.Status, advances(h), err)
	}
}

func TestResolvedThreadLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.escalate(h.thread(h.a, "help"), desk.Reason{Text: "x"})
	h.propose(th, club.TierApprove, nil)
	for range 2 {
		got, err := h.desk.Resolve(t.Context(), h.tenant, h.ann, th.ID, desk.Seen{})
		if err != nil || got.Status != club.ThreadResolved || got.Unread != 0 {
			t.Fatalf("thread %s, %v", got.Status, err)
		}
	}
	if h.count("SELECT COUNT(*) FROM escalations WHERE status <> 'closed'") != 0 || h.count("SELECT COUNT(*) FROM proposals WHERE status = 'open'") != 0 || h.count("SELECT COUNT(*) FROM overrides WHERE kind = 'took_over'") != 1 {
		t.Error("something is open")
	}
	h.clock.Advance(time.Hour)
	jobstest.Work(t, h.cluster, h.tenant, h.desk.Remind)
	if n := h.count("SELECT COUNT(*) FROM notifications"); n != 1 {
		t.Error("people were called again for a closed matter")
	}
}

func TestMergedThreadTakesNoReply(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	from, into := h.thread(h.a, "one"), h.thread(h.a, "two")
	if _, err := h.desk.Merge(t.Context(), h.tenant, h.ann, from.ID, into.ID, desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	_, err := h.desk.Reply(t.Context(), h.tenant, h.ann, from.ID, "hello", "k", desk.Seen{})
	want(t, err, club.CodeConflict)
	for _, act := range []func() (store.Thread, error){
		func() (store.Thread, error) { return h.desk.Claim(t.Context(), h.tenant, h.ann, from.ID) },
		func() (store.Thread, error) {
			return h.desk.Resolve(t.Context(), h.tenant, h.ann, from.ID, desk.Seen{})
		},
		func() (store.Thread, error) {
			return h.desk.HandBack(t.Context(), h.tenant, h.ann, from.ID, desk.Seen{})
		},
		func() (store.Thread, error) {
			return h.desk.EscalateByHand(t.Context(), h.tenant, h.ann, from.ID, "x", nil)
		},
		func() (store.Thread, error) {
			return h.desk.Merge(t.Context(), h.tenant, h.ann, into.ID, from.ID, desk.Seen{})
		},
	} {
		_, err := act()
		want(t, err, club.CodeConflict)
	}
}

func TestMergeMovesEverythingAndKeepsTheWaitingMember(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	into := h.thread(h.a, "thanks")
	if _, err := h.desk.Resolve(t.Context(), h.tenant, h.ann, into.ID, desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	from := h.thread(h.a, "bay 3 froze")
	h.propose(from, club.TierApprove, nil)
	tk, err := h.desk.CreateTicket(t.Context(), h.tenant, h.ann, desk.NewTicket{Thread: from.ID})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second tap finds it done
		got, err := h.desk.Merge(t.Context(), h.tenant, h.ann, from.ID, into.ID, desk.Seen{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != club.ThreadPending || got.Unread != 1 || got.WaitingSince == nil || got.Snippet != "bay 3 froze" {
			t.Errorf("thread %+v", got)
		}
	}
	if advances(h) != 1 || h.count("SELECT COUNT(*) FROM messages WHERE thread_id = $1", into.ID.String()) != 2 ||
		h.count("SELECT COUNT(*) FROM tickets WHERE thread_id = $1 AND id = $2", into.ID.String(), tk.ID.String()) != 1 || h.count("SELECT COUNT(*) FROM proposals WHERE status = 'open'") != 0 {
		t.Error("something stayed behind")
	}
}

func TestMergeOfAnEscalatedThreadKeepsPeopleCalled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	into, high := h.thread(h.a, "thanks"), club.PriorityHigh
	from := h.escalate(h.thread("", "fire"), desk.Reason{Text: "x", Priority: &high})
	got, err := h.desk.Merge(t.Context(), h.tenant, h.ann, from.ID, into.ID, desk.Seen{})
	if err != nil || got.Status != club.ThreadEscalated || got.Priority != high {
		t.Errorf("thread %s %s, %v", got.Status, got.Priority, err)
	}
	if h.count("SELECT COUNT(*) FROM escalations WHERE status = 'closed'") != 1 || h.count("SELECT COUNT(*) FROM escalations WHERE status = 'open' AND thread_id = $1", into.ID.String()) != 1 {
		t.Error("the escalation did not follow")
	}
}

func TestOfTwoMergesCrosswiseOneHappens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pair := []club.ThreadID{h.thread(h.a, "one").ID, h.thread(h.a, "two").ID}
	errs := atOnce(2, func(i int) error {
		_, err := h.desk.Merge(t.Context(), h.tenant, h.ann, pair[i], pair[1-i], desk.Seen{})
		return err
	})
	if (errs[0] == nil) == (errs[1] == nil) || h.count("SELECT COUNT(*) FROM threads WHERE status = 'merged'") != 1 {
		t.Errorf("both ended alike: %v", errs)
	}
}

func TestConversationsOfTwoPeopleAreNotMerged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.thread(h.a, "one")
	h.write(func(tx *store.Tx) (err error) {
		h.person, err = people.Subject(t.Context(), tx, h.keys, "+14155550123")
		return err
	})
	other := h.thread(h.a, "two")
	_, err := h.desk.Merge(t.Context(), h.tenant, h.ann, mine.ID, other.ID, desk.Seen{})
	want(t, err, club.CodeInvalid)
	_, err = h.desk.Merge(t.Context(), h.tenant, h.ann, mine.ID, mine.ID, desk.Seen{})
	want(t, err, club.CodeInvalid)
}

// Lesson 32: unread counts were wrong.
func TestLesson32ReadingLeavesUnreadWhatCameAfterwards(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "one")
	th, seen := h.text(th, "two")
	th, _ = h.text(th, "three")
	h.clock.Advance(time.Minute)
	if err := h.desk.MarkRead(t.Context(), h.tenant, h.viewer, th.ID, ""); err != nil || h.find(th.ID).Unread != 3 {
		t.Errorf("a viewer's look was counted, or refused: %v", err)
	}
	if err := h.desk.MarkRead(t.Context(), h.tenant, h.ann, th.ID, seen); err != nil {
		t.Fatal(err)
	}
	got := h.find(th.ID)
	if got.Unread != 1 || !got.UpdatedAt.Equal(th.UpdatedAt) {
		t.Errorf("%d unread, updated %s (was %s)", got.Unread, got.UpdatedAt, th.UpdatedAt)
	}
	// A worker that read the row before must not bring the old count back.
	err := h.tenant.Write(t.Context(), func(tx *store.Tx) error { _, err := thread.Save(t.Context(), tx, th); return err })
	want(t, err, club.CodeConflict)
	if err := h.desk.MarkRead(t.Context(), h.tenant, h.ann, th.ID, ""); err != nil || h.find(th.ID).Unread != 0 {
		t.Error("all was read")
	}
	other := h.thread(h.a, "x")
	want(t, h.desk.MarkRead(t.Context(), h.tenant, h.ann, other.ID, seen), club.CodeNotFound)
	want(t, h.desk.MarkRead(t.Context(), h.tenant, h.ann, other.ID, "msg_no"), club.CodeNotFound)
}

// acts is everything that a person can do to a thread.
func acts(h *house, p identity.Principal, th, own club.ThreadID) map[string]error {
	ctx, out := h.t.Context(), map[string]error{}
	_, out["claim"] = h.desk.Claim(ctx, h.tenant, p, th)
	_, out["reply"] = h.desk.Reply(ctx, h.tenant, p, th, "x", "k", desk.Seen{})
	_, out["note"] = h.desk.Note(ctx, h.tenant, p, th, "x", "k")
	_, out["escalate"] = h.desk.EscalateByHand(ctx, h.tenant, p, th, "x", nil)
	_, out["resolve"] = h.desk.Resolve(ctx, h.tenant, p, th, desk.Seen{})
	_, out["hand back"] = h.desk.HandBack(ctx, h.tenant, p, th, desk.Seen{})
	_, out["assign"] = h.desk.Assign(ctx, h.tenant, p, th, h.ann.UserID)
	_, out["merge from"] = h.desk.Merge(ctx, h.tenant, p, th, own, desk.Seen{})
	_, out["merge into"] = h.desk.Merge(ctx, h.tenant, p, own, th, desk.Seen{})
	out["acknowledge"] = h.desk.Acknowledge(ctx, h.tenant, p, th)
	_, out["ticket"] = h.desk.CreateTicket(ctx, h.tenant, p, desk.NewTicket{Thread: th})
	return out
}

func TestOperatorOfOnePlaceCannotTouchOrReadAnothers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	foreign, own := h.escalate(h.thread(h.b, "help"), desk.Reason{Text: "x"}), h.thread(h.a, "help")
	before := h.find(foreign.ID)
	for name, err := range acts(h, h.only, foreign.ID, own.ID) {
		if club.CodeOf(err) != club.CodeNotFound {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
	want(t, h.desk.MarkRead(t.Context(), h.tenant, h.only, foreign.ID, ""), club.CodeNotFound)
	if after := h.find(foreign.ID); after.Version != before.Version {
		t.Error("the thread was changed")
	}
	h.read(func(tx *store.Tx) error {
		_, err := h.desk.FindThreadDetail(t.Context(), tx, h.only, foreign.ID)
		want(t, err, club.CodeNotFound)
		_, _, err = h.desk.FindMessages(t.Context(), tx, h.only, foreign.ID, "", 10)
		want(t, err, club.CodeNotFound)
		return nil
	})
	if _, err := h.desk.Claim(t.Context(), h.tenant, h.only, h.thread("", "who am I").ID); err != nil {
		t.Errorf("a thread of no place belongs to everybody: %v", err)
	}
}

// Lesson 37: whoever had the link could act.
func TestLesson37AButtonGivesNoRights(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.escalate(h.thread(h.a, "help"), desk.Reason{Text: "x"})
	own := h.thread(h.a, "x")
	for name, err := range acts(h, h.viewer, th.ID, own.ID) {
		if club.CodeOf(err) != club.CodeForbidden {
			t.Errorf("%s by a viewer: %v", name, err)
		}
	}
	for name, err := range acts(h, identity.Principal{}, th.ID, own.ID) {
		if club.CodeOf(err) != club.CodeUnauthenticated {
			t.Errorf("%s by nobody: %v", name, err)
		}
	}
	stranger := h.ann
	stranger.Tenant = "other"
	for name, err := range acts(h, stranger, th.ID, own.ID) {
		if club.CodeOf(err) != club.CodeForbidden {
			t.Errorf("%s by another club's operator: %v", name, err)
		}
	}
	key := identity.Principal{Tenant: h.tenant.Slug, Actor: club.Actor{Kind: club.ActorAPIKey, ID: "key_1"}, Scopes: []identity.Permission{identity.ThreadsWrite}}
	_, err := h.desk.Claim(t.Context(), h.tenant, key, th.ID)
	want(t, err, club.CodeForbidden)
	if _, err := h.desk.Reply(t.Context(), h.tenant, key, th.ID, "from a program", "k", desk.Seen{}); err != nil {
		t.Errorf("a key with the scope cannot reply: %v", err)
	}
}

func TestAssignTakesOverAndAsksWhetherTheUserMay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.b, "help")
	if _, err := h.desk.Claim(t.Context(), h.tenant, h.ann, th.ID); err != nil {
		t.Fatal(err)
	}
	_, err := h.desk.Reply(t.Context(), h.tenant, h.bob, th.ID, "x", "k", desk.Seen{})
	want(t, err, club.CodeConflict)
	for _, who := range []club.UserID{h.viewer.UserID, h.only.UserID, "usr_none"} {
		_, err := h.desk.Assign(t.Context(), h.tenant, h.bob, th.ID, who)
		want(t, err, club.CodeInvalid)
	}
	storetest.Exec(t, h.tenant, "UPDATE users SET status = 'disabled' WHERE id = $1", h.viewer.UserID.String())
	_, err = h.desk.Assign(t.Context(), h.tenant, h.bob, th.ID, h.viewer.UserID)
	want(t, err, club.CodeInvalid)
	for range 2 {
		got, err := h.desk.Assign(t.Context(), h.tenant, h.bob, th.ID, h.bob.UserID)
		if err != nil || got.AssignedTo != h.bob.UserID {
			t.Fatalf("assigned to %q, %v", got.AssignedTo, err)
		}
	}
	if _, err := h.desk.Claim(t.Context(), h.tenant, h.bob, th.ID); err != nil {
		t.Errorf("claiming what one has: %v", err)
	}
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.bob, th.ID, "x", "k", desk.Seen{}); err != nil {
		t.Error(err)
	}
}

func TestNoteStaysInTheClubAndIsWrittenOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "help")
	var ids [2]club.MessageID
	for i := range ids {
		var err error
		if ids[i], err = h.desk.Note(t.Context(), h.tenant, h.ann, th.ID, "he is a friend of the owner", "k"); err != nil {
			t.Fatal(err)
		}
	}
	if ids[0] != ids[1] || h.count("SELECT COUNT(*) FROM messages WHERE direction = 'note'") != 1 || h.count("SELECT COUNT(*) FROM messages WHERE status = 'queued'") != 0 {
		t.Errorf("notes %v", ids)
	}
	if got := h.find(th.ID); got.Status != club.ThreadPending {
		t.Errorf("the note moved the thread to %s", got.Status)
	}
}

func TestWordsThatCannotBeSentAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "help")
	long := make([]rune, 1601)
	for i := range long {
		long[i] = 'é'
	}
	for _, text := range []string{"", " \n", string(long), "a\x00b", "a\xffb"} {
		_, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, text, "k", desk.Seen{})
		want(t, err, club.CodeInvalid)
	}
	_, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "x", "", desk.Seen{})
	want(t, err, club.CodeInvalid)
	_, err = h.desk.Reply(t.Context(), h.tenant, h.ann, "thr_none", "x", "k", desk.Seen{})
	want(t, err, club.CodeNotFound)
}
