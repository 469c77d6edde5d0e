package act

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/knowledge"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// The tests of this file are named by what once went wrong in the field and must not again.

func TestApprovingTwiceAtOnceActsOnce(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.decide(w.thread)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards won
	won := 0
	for range 4 {
		wg.Go(func() {
			err := w.tenant.Write(context.Background(), func(tx *store.Tx) error {
				return w.engine.Start(context.Background(), tx, w.keys, Run{Decision: d, Steps: frozen, By: operator})
			})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if club.CodeOf(err) != club.CodeConflict {
				t.Errorf("a second approval: %v", err)
			}
		})
	}
	wg.Wait()
	w.drain()
	if won != 1 || len(w.vendor.effects) != 1 || len(w.texts()) != 2 {
		t.Errorf("%d approvals counted, done %q, said %q", won, w.vendor.effects, w.texts())
	}
}

func TestDatabaseErrorAfterTheVendorActedIsNotAFailure(t *testing.T) {
	t.Parallel()
	w := build(t)
	failures := 0
	w.engine.crash = func(p failpoint.Point) error {
		if p == failpoint.ActRecording && failures < 3 {
			failures++
			return club.Unavailable(errCrash, "the database cannot be reached")
		}
		return nil
	}
	w.request(operator, "unlock_door", nil, "")
	w.drain()
	w.effects("unlock d1")
	w.notCalled()
	if x := w.executions()[0]; x.Outcome != club.OutcomeSuccess {
		t.Errorf("ended as %s", x.Outcome)
	}
}

func TestReplyOfARunWithoutASendingNumberIsQueuedAndNeverCalledSent(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.run([]knowledge.Step{{Reply: "Hello"}}, nil)
	w.drain()
	if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM messages WHERE status = 'queued'"); n != 1 {
		t.Errorf("%d queued texts", n)
	}
}

func TestMachineActsOnADecisionOnly(t *testing.T) {
	t.Parallel()
	w := build(t)
	for _, by := range []club.Actor{club.System("decide"), {Kind: club.ActorMember, ID: "sub_1"}} {
		if _, refused := w.request(by, "reboot_pc", nil, "because"); refused != "nobody has decided on this action" {
			t.Errorf("%s: %q", by, refused)
		}
	}
	w.drain()
	w.effects()
}

func TestActionThatIsSwitchedOffWhileItsDeadlineRunsIsNotExecuted(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.run([]knowledge.Step{{Reply: "Restarting {{bay}}."}, {Action: "restart_trackman"}}, nil)
	w.off("restart_trackman")
	w.drain()
	w.effects()
	w.called("switched off: restart_trackman")
}

func TestWhatATextOrAModelClaimsIsNoParameter(t *testing.T) {
	t.Parallel()
	w := build(t)
	for _, params := range []map[string]any{{"customer_confirmed": true}, {"location": "Southside"}, {"bay": "undefined"}, {"keep_session": "undefined"}} {
		w.run([]knowledge.Step{{Action: "restart_trackman", Params: params}}, nil)
		w.drain()
		storetest.Exec(t, w.tenant, "UPDATE threads SET status = 'awaiting_ai'")
	}
	w.effects()
	for _, text := range w.texts() {
		t.Errorf("the member read %q", text)
	}
	if len(w.reasons) != 4 {
		t.Errorf("%d people called", len(w.reasons))
	}
}

func TestTwoTriggersAtOnceRestartOnce(t *testing.T) {
	t.Parallel()
	for _, action := range []club.ActionName{"restart_trackman", "unlock_door"} {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			w := build(t)
			other := w.open(w.member.SubjectID)
			var wg sync.WaitGroup
			var mu sync.Mutex // guards passed
			passed := 0
			for i := range 8 {
				id := w.thread.ID
				if i%2 == 1 {
					id = other.ID
				}
				wg.Go(func() {
					_, refused, err := w.engine.Request(context.Background(), w.tenant, operator, id, action, nil, Ground{})
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Error(err)
					} else if refused == "" {
						passed++
					}
				})
			}
			wg.Wait()
			w.drain()
			if passed != 1 || len(w.vendor.effects) != 1 {
				t.Errorf("%d passed the gate, done %q", passed, w.vendor.effects)
			}
		})
	}
}

func TestOneExecutionInManyWorkersCallsTheVendorOnce(t *testing.T) {
	t.Parallel()
	w := build(t)
	id, _ := w.request(operator, "unlock_door", nil, "")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _ = w.engine.execute(context.Background(), w.tenant, executeJob{Execution: id}) })
	}
	wg.Wait()
	w.drain()
	if w.vendor.calls != 1 {
		t.Errorf("the vendor was called %d times", w.vendor.calls)
	}
}

func TestQueuedIsNeverCalledDone(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.vendor.lies = true // 202, and nothing happens
	w.run(frozen, rebootInstead)
	w.drain()
	for _, text := range w.texts() {
		if strings.Contains(text, "running again") {
			t.Errorf("the member read %q", text)
		}
	}
	if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM executions WHERE outcome = 'success'"); n != 0 {
		t.Error("success of what nobody saw")
	}
	w.called("not confirmed")
}

func TestOfflineDeviceIsNotSaidToRestart(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.vendor.offline = true
	w.run([]knowledge.Step{{Action: "restart_trackman"}, {Reply: "{{bay}} is running again."}}, nil)
	w.drain()
	if w.vendor.calls != 0 || len(w.texts()) != 0 {
		t.Errorf("%d calls, said %q", w.vendor.calls, w.texts())
	}
	w.called("Bay 3 PC is offline")
}

func TestTimeWindowIsOfInstantsOverAChangeOfTheClocks(t *testing.T) {
	t.Parallel()
	// On 7 November 2027 the clocks of New York show 1:30 twice. The booking is for the second time.
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	second := time.Date(2027, 11, 7, 6, 30, 0, 0, time.UTC)
	if got := second.In(zone).Format("15:04 MST"); got != "01:30 EST" {
		t.Fatal(got)
	}
	for name, c := range map[string]struct {
		now  time.Time
		open bool
	}{
		"1:30 the first time":       {second.Add(-time.Hour), false},
		"ten minutes before":        {second.Add(-10 * time.Minute), true},
		"a second before that":      {second.Add(-10*time.Minute - time.Second), false},
		"ten minutes after the end": {second.Add(70 * time.Minute), true},
		"a second after that":       {second.Add(70*time.Minute + time.Second), false},
		"2:40 as the wall shows it": {time.Date(2027, 11, 7, 2, 40, 0, 0, zone), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			storetest.Exec(t, w.tenant, "DELETE FROM bookings")
			w.clock.Advance(c.now.Sub(w.clock.Now()))
			w.book(w.member.SubjectID, w.bay, second, time.Hour)
			if _, refused := w.request(operator, "unlock_door", nil, ""); (refused == "") != c.open {
				t.Errorf("refused because %q", refused)
			}
		})
	}
}

func TestRestartInFlightIsNotSaidToHaveFailed(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.request(operator, "restart_trackman", nil, "")
	w.clock.Advance(pace)
	d := w.run(frozen[2:], rebootInstead) // "it is still frozen", while the restart runs
	w.drain()
	w.effects("script 33 101 keep_session=true")
	if got := w.texts(); !slices.Equal(got, []string{underWayWords, "Bay 3 is running again."}) {
		t.Errorf("the member read %q", got)
	}
	w.notCalled()
	if r, _ := w.runOf(d); r.Status != runDone || r.Last != club.OutcomeSuccess {
		t.Errorf("the run is %s with %s", r.Status, r.Last)
	}
}

func TestCooldownIsSaidToBeOne(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.request(operator, "restart_trackman", nil, "")
	w.drain()
	w.clock.Advance(2*time.Minute + time.Second)
	w.run([]knowledge.Step{{Action: "restart_trackman"}, {Reply: "Done."}}, nil)
	w.drain()
	w.called("restart trackman was not done: Restart TrackMan ran on Bay 3 PC")
	for _, r := range w.reasons {
		if strings.Contains(r.Reason, "failed") {
			t.Errorf("a cooldown is called a failure: %s", r.Reason)
		}
	}
}

func TestNothingIsAnnouncedThatTheGateRefusesAndNothingStrongerFollowsACooldown(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.request(operator, "restart_trackman", nil, "")
	w.drain()
	w.clock.Advance(2*time.Minute + time.Second)
	w.run(frozen, rebootInstead) // it froze again within the cooldown of a restart that worked
	w.drain()
	w.effects("script 33 101 keep_session=true")
	if got := w.texts(); len(got) != 0 {
		t.Errorf("the member read %q", got)
	}
	w.called("restart trackman was not done: Restart TrackMan ran on Bay 3 PC")
	if !w.reasons[len(w.reasons)-1].TellMember {
		t.Error("the member is not told that a person was called")
	}
}

func TestUnlockHasNoDurationAndNamesItsCause(t *testing.T) {
	t.Parallel()
	w := build(t)
	if _, _, err := w.engine.Request(t.Context(), w.tenant, operator, w.thread.ID, "unlock_door", map[string]any{"duration": "5m"}, Ground{}); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("an unlock with a duration: %v", err)
	}
	id, _ := w.request(operator, "unlock_door", nil, "")
	w.drain()
	if _, ok := w.vendor.unlocked[id.String()]; !ok {
		t.Errorf("the controller knows %v, not %s", w.vendor.unlocked, id)
	}
}

func TestCooldownAndLimitsHoldWhateverTheClockDoes(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.rebook(w.member.SubjectID, w.bay, -time.Minute, 23*time.Hour)
	rapid.Check(t, func(rt *rapid.T) {
		storetest.Exec(t, w.tenant, "DELETE FROM executions")
		storetest.Exec(t, w.tenant, "DELETE FROM cooldowns")
		w.vendor.effects = nil
		begin := w.clock.Now()
		var at []time.Time
		for range rapid.IntRange(2, 6).Draw(rt, "acts") {
			w.clock.Advance(time.Duration(rapid.Int64Range(-int64(20*time.Minute), int64(40*time.Minute)).Draw(rt, "move")).Truncate(time.Second))
			_, refused, err := w.engine.Request(t.Context(), w.tenant, operator, w.thread.ID, "reboot_pc", nil, Ground{Reason: "asked for"})
			if err != nil {
				rt.Fatal(err)
			}
			if refused != "" {
				continue
			}
			at = append(at, w.clock.Now())
			storetest.Exec(t, w.tenant, "UPDATE executions SET outcome = 'success', finished_at = created_at WHERE outcome = 'claimed'")
		}
		for i, x := range at {
			within := 0
			for j, y := range at {
				if i != j && x.Sub(y).Abs() < 10*time.Minute {
					rt.Fatalf("two reboots %s apart", x.Sub(y).Abs())
				}
				if d := x.Sub(y); d >= 0 && d < time.Hour {
					within++
				}
			}
			if within > 2 {
				rt.Fatalf("%d reboots within an hour", within)
			}
		}
		if len(at) > 2 {
			rt.Fatalf("%d reboots for one booking", len(at))
		}
		w.clock.Advance(begin.Sub(w.clock.Now()))
	})
}
