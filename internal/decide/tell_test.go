package decide_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/event"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/outbox"
	"clubos/internal/store"
	"clubos/internal/vault"
)

const noShow = `
sops:
  - slug: no-show
    title: Nobody came to a booking
    category: booking
    scope: global
    status: live
    priority: low
    triggers: [{mode: event, text: booking.no_show}]
    steps: [{note: "Nobody was at the door."}]
`

// aboutBooking reports something about ada's booking of a bay, has it decided on, and returns its thread.
func (h *house) aboutBooking(code club.EventCode, bay int) store.Thread {
	h.t.Helper()
	h.book("Bay " + string(rune('0'+bay)))
	h.write(func(tx *store.Tx) error {
		list, err := tx.FindBookingsUnderWay(h.t.Context(), store.FindBookingsUnderWayParams{LocationID: h.location, At: tx.Now, Since: tx.Now.Add(-club.BookingReach)})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(b store.Booking) bool { return b.BayID == h.bays[bay] })
		_, err = event.Take(h.t.Context(), tx, event.Report{Code: code, Vendor: "test", Key: string(code) + tx.Now.String(), Location: h.location, Bay: h.bays[bay], Booking: list[i].ID})
		return err
	})
	h.gather(h.room())
	_, th := h.newest()
	return th
}

// conversation is ada's newest conversation.
func (h *house) conversation() (th store.Thread) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		index := h.keys.Index(vault.IndexPhone, ada)
		s, err := tx.FindSubjectByPhone(h.t.Context(), &index)
		if err != nil {
			return err
		}
		list, err := tx.FindThreadsOfSubject(h.t.Context(), store.FindThreadsOfSubjectParams{SubjectID: s.ID, Limit: 1})
		if len(list) > 0 {
			th = list[0]
		}
		return err
	})
	return th
}

func (h *house) replies(th store.Thread, by, words string) error {
	_, err := h.desk.Reply(h.t.Context(), h.tenant, operator(by), th.ID, words, words+by, desk.Seen{})
	jobstest.Work(h.t, h.cluster, h.tenant, h.memory.Judge)
	return err
}

// missed has people tell whoever has not come, as often as it takes until the machine proposes it.
func (h *house) missed() {
	h.t.Helper()
	for i, by := range []string{"usr_opal", "usr_oscar", "usr_opal"} {
		th := h.aboutBooking(club.EventBookingNoShow, i+1)
		if err := h.replies(th, by, "Hi Ada, we missed you in Bay "+string(rune('1'+i))+". Answer here and we find you another time."); err != nil {
			h.t.Fatal(err)
		}
		h.clock.Advance(25 * time.Hour)
	}
}

func TestWhatPeopleTellAHolderReachesTheirPhoneAndIsProposedForTheNextOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.learn(noShow)
	h.missed()
	conv := h.conversation()
	if got := h.queued(conv.ID); len(got) == 0 || !strings.HasPrefix(got[len(got)-1], "Hi Ada, we missed you in Bay 3") || conv.Line != line || conv.Status != club.ThreadManualOverride {
		t.Fatalf("in a conversation that is %s waits %q", conv.Status, got)
	}
	if n := h.count("messages WHERE direction = 'note' AND masked LIKE '%Texted to whoever has booked%' AND masked NOT LIKE '%Ada%'"); n != 3 {
		t.Errorf("%d notes for colleagues", n)
	}
	if n := h.count("decision_patterns WHERE sop_id IS NULL AND domain = 'booking'"); n != 1 || h.count("precedents") != 3 {
		t.Fatalf("%d lessons of the domain, %d precedents", n, h.count("precedents"))
	}
	th := h.aboutBooking(club.EventBookingNoShow, 4)
	dec, e := h.decision(th.ID)
	p := h.proposal(th.ID)
	if p.Status != club.ProposalOpen || dec.Tier != club.TierApprove || !strings.Contains(dec.Steps, "we missed you in {{bay}}") || !strings.Contains(dec.Steps, "Nobody was at the door") {
		t.Fatalf("%s at %s: %s, %+v", dec.Steps, dec.Tier, p.Status, e)
	}
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_opal"), p.ID, nil, decide.Why{}); err != nil {
		t.Fatal(err)
	}
	if h.runs() == 0 {
		t.Error("what was approved is not carried out")
	}
}

const asks = `
sops:
  - slug: denied
    title: Denied with a booking
    category: access
    scope: global
    status: live
    priority: normal
    triggers: [{mode: event, text: access.denied}]
    steps: [{reply: "Hi {{member_first_name|there}}, trouble at the door of {{bay}}? Just answer here."}]
`

func TestWordsToAHolderGoOutUnaskedOnlyWhereAReplyWould(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.learn(asks)
	for _, tc := range []struct {
		name    string
		prepare func()
		tier    club.Tier
		limit   string
	}{
		{"nothing is permitted", func() {}, club.TierApprove, "automatic execution is off"},
		{"acts are, words are not", func() { h.permit(); h.set("autonomy.actions", []string{"device"}) }, club.TierApprove, "replies are not permitted unasked"},
		{"words are, elsewhere", func() { h.permit(); h.set("autonomy.places", []string{}) }, club.TierApprove, "nothing is permitted unasked at Northside"},
		{"a colleague talks with them", func() {
			h.permit()
			th := h.hear(ada, "something else entirely, about the moon")
			if _, err := h.desk.Claim(t.Context(), h.tenant, operator("usr_opal"), th.ID); err != nil {
				t.Fatal(err)
			}
		}, club.TierApprove, "a colleague is in conversation with whoever has booked"},
		{"words are switched off", func() { h.permit(); h.set("actions.off", []string{"words"}) }, club.TierAuto, "switched off: words"},
	} {
		tc.prepare()
		th := h.aboutBooking(club.EventAccessDenied, 2)
		d, e := h.decision(th.ID)
		if d.Tier != tc.tier || len(e.Limits) == 0 || !strings.HasPrefix(e.Limits[len(e.Limits)-1], tc.limit) || strings.Contains(d.Steps, "trouble") != (tc.tier == club.TierApprove) {
			t.Errorf("%s: %s, limits %q: %s", tc.name, d.Tier, e.Limits, d.Steps)
		}
		h.clock.Advance(48 * time.Hour)
	}
	h.set("actions.off", []string{})
	if _, err := h.desk.Resolve(t.Context(), h.tenant, operator("usr_opal"), h.conversation().ID, desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	th := h.aboutBooking(club.EventAccessDenied, 2)
	p := h.proposal(th.ID)
	if p.Tier != club.TierSuggest || p.DeadlineAt == nil {
		t.Fatalf("where all is permitted it is %+v", p)
	}
	h.clock.Advance(10 * time.Minute)
	if err := h.decider.Deadline(t.Context(), h.tenant, decide.DeadlineJob{Proposal: p.ID}); err != nil {
		t.Fatal(err)
	}
	if got := h.proposal(th.ID); got.Status != club.ProposalExecuted || h.count("runs WHERE thread_id = $1", th.ID) != 1 {
		t.Errorf("at its deadline it is %s (%s)", got.Status, got.Reason)
	}
}

func TestNobodyIsToldWhatIsNotForThemAnyMore(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		then func(*house)
		why  string
	}{
		"the booking was cancelled": {func(h *house) { h.rebook(ada, true) }, "the booking is cancelled by now"},
		"somebody else has it":      {func(h *house) { h.rebook(bob, false) }, "somebody else holds the booking by now"},
		"they said STOP":            {func(h *house) { h.hear(ada, "STOP") }, "no longer open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.learn(asks)
			h.permit()
			th := h.aboutBooking(club.EventAccessDenied, 2)
			p := h.proposal(th.ID)
			tc.then(h)
			err := h.decider.Approve(t.Context(), h.tenant, operator("usr_opal"), p.ID, nil, decide.Why{})
			if club.CodeOf(err) != club.CodeConflict || !strings.Contains(err.Error(), tc.why) {
				t.Errorf("approving says %v", err)
			}
			h.clock.Advance(10 * time.Minute)
			if err := h.decider.Deadline(t.Context(), h.tenant, decide.DeadlineJob{Proposal: p.ID}); err != nil {
				t.Fatal(err)
			}
			if got := h.proposal(th.ID); got.Status != club.ProposalExpired && got.Status != club.ProposalStale || h.runs() != 0 {
				t.Errorf("it is %s, %d runs", got.Status, h.runs())
			}
		})
	}
}

// rebook changes the booking of Bay 2.
func (h *house) rebook(phone string, cancelled bool) {
	h.t.Helper()
	now := h.clock.Now()
	if _, err := h.inbox.Booking(h.t.Context(), h.tenant, "", club.BookingChange{Source: "test", ExternalID: "Bay 2", Location: "Northside", Bay: "Bay 2",
		Start: now.Add(-20 * time.Minute), End: now.Add(40 * time.Minute), Phone: phone, Cancelled: cancelled, Sequence: 2}); err != nil {
		h.t.Fatal(err)
	}
}

func TestWhereNobodyCanBeTextedAReportIsWrittenDownAndAReplyRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.learn(asks)
	h.permit()
	h.hear(ada, "STOP")
	th := h.aboutBooking(club.EventAccessDenied, 2)
	if d, _ := h.decision(th.ID); strings.Contains(d.Steps, "trouble") || !strings.Contains(d.Steps, "{{report}}") || d.Tier != club.TierAuto {
		t.Errorf("decided %s at %s", d.Steps, d.Tier)
	}
	if err := h.replies(th, "usr_opal", "Are you all right?"); !strings.Contains(err.Error(), "opted out") {
		t.Errorf("a reply says %v", err)
	}
	h.report(club.EventDeviceFault, 4, "")
	h.gather(h.room())
	_, th = h.newest()
	if err := h.replies(th, "usr_opal", "Are you all right?"); club.CodeOf(err) != club.CodeConflict || !strings.Contains(err.Error(), "nobody who can be texted") {
		t.Errorf("where nobody has booked it says %v", err)
	}
	if n := h.count("decision_patterns WHERE sop_id IS NULL"); n != 0 {
		t.Errorf("%d lessons of words that were not sent", n)
	}
}

func TestThatABookingWasMovedIsSaidByAPersonAndStaysProposedAfterwards(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.learn(strings.NewReplacer("access.denied", "booking.overlap", "category: access", "category: booking", "trouble at the door of {{bay}}", "we moved you").Replace(asks))
	h.permit()
	now := h.clock.Now()
	put := func(id, phone string, in time.Duration, seq int64) {
		if _, err := h.inbox.Booking(t.Context(), h.tenant, "", club.BookingChange{Source: "test", ExternalID: id, Location: "Northside", Bay: "Bay 2", Start: now.Add(in), End: now.Add(in + time.Hour), Phone: phone, Sequence: seq}); err != nil {
			t.Fatal(err)
		}
	}
	put("first", bob, 24*time.Hour, 1)
	put("second", ada, 24*time.Hour+30*time.Minute, 1)
	h.gather(h.room())
	d, th := h.newest()
	p := h.proposal(th.ID)
	if p.Tier != club.TierApprove || !strings.Contains(d.Evidence, "overlap until a person moves one") || d.SubjectID != h.holderOf(th) {
		t.Fatalf("%+v of %s", p, d.Evidence)
	}
	put("second", ada, 30*time.Hour, 2)
	jobstest.Work(t, h.cluster, h.tenant, h.room().WorkOver)
	if got := h.proposal(th.ID); got.Status != club.ProposalOpen || h.count("situations WHERE cleared_at IS NOT NULL") != 1 {
		t.Fatalf("when it is over, it is %s", got.Status)
	}
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_opal"), p.ID, nil, decide.Why{}); err != nil || h.runs() != 1 {
		t.Errorf("%d runs, %v", h.runs(), err)
	}
}

// holderOf is who is told of what a thread is about.
func (h *house) holderOf(th store.Thread) (id club.SubjectID) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		holder, err := outbox.HolderOf(h.t.Context(), tx, h.keys, th)
		id = holder.Person.Subject.ID
		return err
	})
	return id
}
