package act

import (
	"slices"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/knowledge"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

// frozen is a procedure of the usual form: words, an act, words for each way it can end.
var frozen = []knowledge.Step{
	{Ask: "Which bay are you in?", Expect: knowledge.ExpectBay},
	{Reply: "I'm restarting {{bay}} now, {{member_first_name|friend}}."},
	{Action: "restart_trackman"},
	{Reply: "{{bay}} is running again."},
	{Reply: "I restarted {{bay}}, but I cannot see whether it worked.", When: knowledge.WhenUnconfirmed},
	{Escalate: "Restart of {{bay|a bay}} not confirmed.", Priority: club.PriorityHigh, When: knowledge.WhenUnconfirmed},
}

var rebootInstead = []knowledge.Step{
	{Reply: "Trying a full reboot of {{bay}}."},
	{Action: "reboot_pc"},
	{Reply: "The computer in {{bay}} is back."},
	{Reply: "I can't get {{bay}} back from here.", When: knowledge.WhenFailed},
	{Ticket: "{{bay}} is down", Detail: "At {{location}}", Priority: club.PriorityHigh, When: knowledge.WhenFailed},
	{Escalate: "{{bay}} is down.", When: knowledge.WhenFailed},
}

func TestRunWalksTheStepsAsTheOutcomesLead(t *testing.T) {
	t.Parallel()
	const (
		begin  = "I'm restarting Bay 3 now, Alex."
		again  = "Bay 3 is running again."
		unsure = "I restarted Bay 3, but I cannot see whether it worked."
		reboot = "Trying a full reboot of Bay 3."
		back   = "The computer in Bay 3 is back."
		sorry  = "I can't get Bay 3 back from here."
		script = "script 33 101 keep_session=true"
	)
	for name, c := range map[string]struct {
		set     func(*vendor)
		texts   []string
		effects []string
		status  club.ThreadStatus
		tickets int
	}{
		"all goes well":                {func(*vendor) {}, []string{begin, again}, []string{script}, club.ThreadAIResolved, 0},
		"it fails, the fallback works": {func(v *vendor) { v.answers = []error{errRefused} }, []string{begin, reboot, back}, []string{"reboot 33"}, club.ThreadAIResolved, 0},
		"it fails, the fallback too":   {func(v *vendor) { v.answers = []error{errRefused, errRefused} }, []string{begin, reboot, sorry}, nil, club.ThreadEscalated, 1},
		"nobody can say":               {func(v *vendor) { v.lies = true }, []string{begin, unsure}, nil, club.ThreadEscalated, 0},
		"the fallback is unconfirmed": {func(v *vendor) { v.answers, v.stayAway = []error{errRefused}, true }, []string{begin, reboot},
			[]string{"reboot 33"}, club.ThreadEscalated, 0},
		"the bay's PC is offline": {func(v *vendor) { v.offline = true }, []string{sorry}, nil, club.ThreadEscalated, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			c.set(w.vendor)
			d := w.run(frozen, rebootInstead)
			w.drain()
			if got := w.texts(); !slices.Equal(got, c.texts) {
				t.Errorf("the member read %q, want %q", got, c.texts)
			}
			w.effects(c.effects...)
			if s := w.status(); s != c.status {
				t.Errorf("the thread is %s, want %s (%+v)", s, c.status, w.reasons)
			}
			if len(w.tickets) != c.tickets {
				t.Errorf("tickets %+v", w.tickets)
			}
			if r, _ := w.runOf(d); r.Status == runRunning {
				t.Error("the run never ended")
			}
		})
	}
}

func TestCrashAnywhereInARunDoesEachStepAtMostOnce(t *testing.T) {
	t.Parallel()
	for _, point := range []failpoint.Point{failpoint.RunStep, failpoint.GateLooked, failpoint.ActStarted, failpoint.ActCalled, failpoint.ActRecording, failpoint.ActVerifying} {
		t.Run(string(point), func(t *testing.T) {
			t.Parallel()
			w := build(t)
			for at := 1; at <= 4; at++ {
				for _, lies := range []bool{false, true} {
					w.reset()
					w.vendor.lies = lies
					n := 0
					w.engine.crash = func(p failpoint.Point) error {
						if p == point {
							if n++; n == at {
								return errCrash
							}
						}
						return nil
					}
					w.run(frozen, rebootInstead)
					w.drain()
					texts := w.texts()
					if distinct := slices.Compact(slices.Sorted(slices.Values(texts))); len(distinct) != len(texts) {
						t.Errorf("crash %d: the member read a text twice: %q", at, texts)
					}
					if len(w.vendor.effects) > 1 {
						t.Errorf("crash %d: done to the world: %q", at, w.vendor.effects)
					}
					success := slices.Contains(texts, "Bay 3 is running again.")
					if success && len(w.vendor.effects) != 1 {
						t.Errorf("crash %d: success of what was never done", at)
					}
					if !success && len(w.reasons) == 0 {
						t.Errorf("crash %d: neither success nor a person: %q, %s", at, texts, w.status())
					}
				}
			}
		})
	}
}

func TestQuestionEndsTheRunAndTheThreadKnowsWhatWasAsked(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.decide(w.thread)
	d.BayID = ""
	storetest.Exec(t, w.tenant, "UPDATE decisions SET bay_id = NULL")
	w.start(Run{Decision: d, Steps: frozen})
	w.drain()
	w.effects()
	if got := w.texts(); !slices.Equal(got, []string{"Which bay are you in?"}) || w.status() != club.ThreadAwaitingResponse {
		t.Errorf("the member read %q; the thread is %s", got, w.status())
	}
	_ = w.tenant.Read(t.Context(), func(tx *store.Tx) error {
		th, _ := thread.Find(t.Context(), tx, w.thread.ID)
		q, err := ParseQuestion(th.Awaiting)
		if err != nil || q == nil || q.Expect != knowledge.ExpectBay || q.Decision != d.ID {
			t.Errorf("awaiting %+v, %v", q, err)
		}
		return nil
	})
	if r, _ := w.runOf(d); r.Status != runDone {
		t.Errorf("the run is %s", r.Status)
	}
	if q, err := ParseQuestion(""); q != nil || err != nil {
		t.Error("nothing asked is read as a question")
	}
	if _, err := ParseQuestion("{"); err == nil {
		t.Error("a broken question was read")
	}
}

func TestQuestionIsNotAskedOverATextThatCameMeanwhile(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.run([]knowledge.Step{{Ask: "Still frozen?", Expect: knowledge.ExpectYesNo}}, nil)
	storetest.Exec(t, w.tenant, "UPDATE threads SET status = 'pending'")
	w.drain()
	if got := w.texts(); len(got) != 0 {
		t.Errorf("asked %q", got)
	}
	if r, _ := w.runOf(d); r.Status != runStopped {
		t.Errorf("the run is %s", r.Status)
	}
}

func TestRunStopsBeforeTheNextStepWhenPeopleHaveTheMatter(t *testing.T) {
	t.Parallel()
	for _, status := range []club.ThreadStatus{club.ThreadEscalated, club.ThreadInProgress, club.ThreadManualOverride, club.ThreadMerged, club.ThreadResolved} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			w := build(t)
			d := w.run(frozen, rebootInstead)
			storetest.Exec(t, w.tenant, "UPDATE threads SET status = $1", status)
			w.drain()
			w.effects()
			if got := w.texts(); len(got) != 0 {
				t.Errorf("the member read %q", got)
			}
			if r, _ := w.runOf(d); r.Status != runStopped {
				t.Errorf("the run is %s", r.Status)
			}
		})
	}
}

func TestUnconfirmedActOfAClosedThreadStillReachesAPerson(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.vendor.lies = true
	w.run([]knowledge.Step{{Action: "restart_trackman"}, {Reply: "Done."}}, nil)
	for _, j := range take(w, w.engine.walk, w.engine.lostRun) {
		if err := j.do(); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Exec(t, w.tenant, "UPDATE threads SET status = 'resolved'")
	w.drain()
	w.called("not known whether it worked")
	if got := w.texts(); len(got) != 0 {
		t.Errorf("the member read %q", got)
	}
}

func TestApprovedWordsStandInForTheFirstReply(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.decide(w.thread)
	w.start(Run{Decision: d, Steps: frozen, Reply: "Hang on Alex, {{bay}} is being restarted.", By: operator})
	w.drain()
	if got := w.texts(); !slices.Equal(got, []string{"Hang on Alex, {{bay}} is being restarted.", "Bay 3 is running again."}) {
		t.Errorf("the member read %q", got)
	}
	if x := w.executions()[0]; x.RequestedBy != operator.String() || x.DecisionID != d.ID {
		t.Errorf("requested by %s for %s", x.RequestedBy, x.DecisionID)
	}
	if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM runs WHERE CAST(steps AS TEXT) LIKE '%Hang on%'"); n != 0 {
		t.Error("the approved words stand in plain text")
	}
}

func TestApprovedWordsWithoutAReplyStepComeFirst(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.start(Run{Decision: w.decide(w.thread), Steps: []knowledge.Step{{Action: "restart_trackman"}, {Reply: "It failed.", When: knowledge.WhenFailed}}, Reply: "On it."})
	w.drain()
	if got := w.texts(); !slices.Equal(got, []string{"On it."}) {
		t.Errorf("the member read %q", got)
	}
	w.effects("script 33 101 keep_session=true")
}

func TestApprovedWordsAreThoseAfterTheActWhereNoneComeBefore(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.start(Run{Decision: w.decide(w.thread), Steps: []knowledge.Step{{Action: "unlock_door"}, {Reply: "No.", When: knowledge.WhenFailed}, {Reply: "The {{door}} is open."}}, Reply: "Come in!", By: operator})
	w.drain()
	if got := w.texts(); !slices.Equal(got, []string{"Come in!"}) {
		t.Errorf("the member read %q", got)
	}
}

func TestDecisionIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.run(frozen, nil)
	for _, r := range []Run{{Decision: d, Steps: frozen, By: operator}} {
		err := w.tenant.Write(t.Context(), func(tx *store.Tx) error { return w.engine.Start(t.Context(), tx, w.keys, r) })
		if club.CodeOf(err) != club.CodeConflict {
			t.Errorf("a second start: %v", err)
		}
	}
	err := w.tenant.Write(t.Context(), func(tx *store.Tx) error {
		return w.engine.Start(t.Context(), tx, w.keys, Run{Decision: d, By: operator})
	})
	if club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("a run of nothing: %v", err)
	}
}

func TestTextWithoutItsValueGoesToAPersonAndNotToTheMember(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]knowledge.Step{
		"a reply":    {Reply: "The code is {{staffed_hours}}."},
		"a question": {Ask: "Is it {{staffed_hours}}?", Expect: knowledge.ExpectText},
		"a ticket":   {Ticket: "Look at {{staffed_hours}}"},
		"a detail":   {Ticket: "Look", Detail: "{{staffed_hours}}"},
	} {
		w := build(t)
		w.run([]knowledge.Step{step}, nil)
		w.drain()
		if got := w.texts(); len(got) != 0 {
			t.Errorf("%s: the member read %q", name, got)
		}
		w.called("staffed_hours")
	}
	w := build(t)
	w.run([]knowledge.Step{{Escalate: "Broken at {{staffed_hours}}"}}, nil)
	w.drain()
	w.called("Broken at")
}

func TestSwitchedOffWordsGoToAPerson(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.off("words")
	w.run([]knowledge.Step{{Reply: "Hello"}}, nil)
	w.drain()
	w.called("switched off: words")
	if len(w.texts()) != 0 {
		t.Error("words went out")
	}
}

func TestOptedOutMemberIsActedForInSilenceAndAskedNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		steps  []knowledge.Step
		status club.ThreadStatus
	}{
		"a reply":    {frozen, club.ThreadAIResolved},
		"a question": {[]knowledge.Step{{Ask: "Which?", Expect: knowledge.ExpectText}}, club.ThreadEscalated},
	} {
		w := build(t)
		w.run(c.steps, nil)
		w.write(func(tx *store.Tx) error {
			_, err := people.SetConsent(t.Context(), tx, club.System("test"), w.thread.SubjectID, club.ConsentWithdrawn, "text")
			return err
		})
		w.drain()
		if got := w.texts(); len(got) != 0 || w.status() != c.status {
			t.Errorf("%s: the member read %q; the thread is %s", name, got, w.status())
		}
	}
}

func TestProcedureThatComesToNothingGoesToAPerson(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.run([]knowledge.Step{{Reply: "It failed", When: knowledge.WhenFailed}}, nil)
	w.drain()
	w.called("without anything done or said")
}

func TestTicketCarriesItsPlaceAndCause(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.run([]knowledge.Step{{Ticket: "Lamp out in {{bay}}", Detail: "Reported at {{location}}"}, {Reply: "Noted."}}, nil)
	w.drain()
	if len(w.tickets) != 1 {
		t.Fatalf("tickets %+v", w.tickets)
	}
	k := w.tickets[0]
	if k.Title != "Lamp out in Bay 3" || k.Detail != "Reported at Northside" || k.Bay != w.bay || k.Location != w.location || k.Priority != club.PriorityNormal || !strings.Contains(k.DedupKey, d.ID.String()) {
		t.Errorf("ticket %+v", k)
	}
	if w.status() != club.ThreadAIResolved {
		t.Errorf("the thread is %s", w.status())
	}
}

func TestStepsAfterTheRunsOwnEscalationStillRunUntilAPersonTakesIt(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.run([]knowledge.Step{{Escalate: "Fire at {{location}}.", Priority: club.PriorityEmergency}, {Reply: "Please leave the building."}}, nil)
	w.drain()
	if got := w.texts(); !slices.Equal(got, []string{"Please leave the building."}) || w.status() != club.ThreadEscalated {
		t.Errorf("the member read %q; the thread is %s", got, w.status())
	}
	if w.reasons[0].Priority != club.PriorityEmergency || w.reasons[0].Decision != d.ID {
		t.Errorf("escalated as %+v", w.reasons[0])
	}
}

func TestRunOfAThreadInWhichTheMemberWroteAgainLeavesThatTextPending(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.run([]knowledge.Step{{Reply: "Hello"}}, nil)
	storetest.Exec(t, w.tenant, "UPDATE threads SET status = 'pending'")
	w.drain()
	if r, _ := w.runOf(d); r.Status != runDone || w.status() != club.ThreadPending {
		t.Errorf("the run is %s, the thread %s", r.Status, w.status())
	}
}

func TestFinishedRunLeavesWhatElseIsUnderWayInItsThreadOpen(t *testing.T) {
	t.Parallel()
	w := build(t)
	refund := w.decide(w.thread)
	w.write(func(tx *store.Tx) error {
		return tx.CreateProposal(t.Context(), store.CreateProposalParams{ID: club.NewProposalID(tx.Now), DecisionID: refund.ID, ThreadID: w.thread.ID, Tier: club.TierApprove, CreatedAt: tx.Now})
	})
	d := w.run([]knowledge.Step{{Reply: "Hello"}}, nil)
	w.drain()
	if r, _ := w.runOf(d); r.Status != runDone || w.status() != club.ThreadAwaitingAI {
		t.Errorf("the run is %s, the thread %s", r.Status, w.status())
	}
}

func TestLostRunReachesAPerson(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.engine.crash = func(p failpoint.Point) error {
		if p == failpoint.RunStep {
			return errCrash
		}
		return nil
	}
	d := w.run(frozen, nil)
	w.drain()
	w.called("a fault of ours kept the procedure")
	if r, _ := w.runOf(d); r.Status != runStopped {
		t.Errorf("the run is %s", r.Status)
	}
	if err := w.engine.lostRun(t.Context(), w.tenant, runJob{Decision: d.ID}, errCrash); err != nil {
		t.Errorf("a run that has ended: %v", err)
	}
}

func TestFallbackWaitsForThePaceOfTheThread(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.vendor.answers = []error{errRefused}
	w.run([]knowledge.Step{{Action: "restart_trackman"}}, []knowledge.Step{{Action: "reboot_pc"}, {Reply: "Back."}})
	w.drain()
	list := w.executions()
	if len(list) != 2 || list[0].CreatedAt.Sub(list[1].CreatedAt) < pace {
		t.Fatalf("executions %+v", list)
	}
	w.effects("reboot 33")
	w.notCalled()
}

func TestValuesComeFromTheRowsOfTheDecision(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.decide(w.thread)
	values := func(d store.Decision) (out map[string]string) {
		t.Helper()
		if err := w.tenant.Read(t.Context(), func(tx *store.Tx) (err error) {
			out, err = Values(t.Context(), tx, w.keys, d)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	got := values(d)
	for name, want := range map[string]string{"member_first_name": "Alex", "location": "Northside", "bay": "Bay 3", "door": "front door", "booking_start": "8:50 am",
		"booking_end": "9:50 am", "wifi_name": "Fairway-Guest", "wifi_password": "birdie", "club_name": "Our club", "club_phone": "+15550001"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	s := w.stranger("+14155550000")
	d.SubjectID, d.BookingID = s.ID, ""
	if got := values(d); got["wifi_password"] != "" || got["wifi_name"] == "" || got["booking_start"] != "" || got["member_first_name"] != "" {
		t.Errorf("a stranger reads %v", got)
	}
	storetest.Exec(t, w.tenant, `UPDATE locations SET time_zone = 'Moon/Base', details = '[]'`)
	d.BookingID = w.booking
	if got := values(d); got["booking_start"] != "" || got["wifi_name"] != "" {
		t.Errorf("without a zone: %v", got)
	}
	d.LocationID, d.BayID = "", ""
	if got := values(d); len(got) != 2 {
		t.Errorf("without a place: %v", got)
	}
}

func TestRunWaitsForAnotherActOnTheDeviceAndThenTakesItsOwn(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.request(operator, "restart_display", nil, "")
	w.clock.Advance(pace)
	w.run([]knowledge.Step{{Action: "turn_on_lights"}, {Reply: "The lights are on."}}, nil)
	w.drain()
	w.effects("script 33 102", "script 33 103 hold_minutes=120")
	if got := w.texts(); !slices.Equal(got, []string{underWayWords, "The lights are on."}) {
		t.Errorf("the member read %q", got)
	}
}
