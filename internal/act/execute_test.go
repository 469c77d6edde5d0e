package act

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/knowledge"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

var (
	errNoRoute = &club.VendorError{Vendor: "vendor", Op: "x", Retryable: true}
	errRefused = &club.VendorError{Vendor: "vendor", Op: "x", Reached: true, Rejected: true, Status: 403}
	errCode    = &club.VendorError{Vendor: "vendor", Op: "x", Reached: true, Rejected: true, Status: 200, VendorCode: "CODE_DEVICE_OFFLINE"}
	errBusy    = &club.VendorError{Vendor: "vendor", Op: "x", Reached: true, Rejected: true, Retryable: true, Status: 429}
	errTimeout = &club.VendorError{Vendor: "vendor", Op: "x", Reached: true, Err: context.DeadlineExceeded}
	errCrash   = errors.New("the process ended here")
)

func TestAnswerAndTheSecondLookDecideTheOutcome(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		action  club.ActionName
		params  map[string]any
		set     func(*vendor)
		want    club.Outcome
		effects int
	}{
		"a script that ends well":                {"restart_trackman", nil, func(*vendor) {}, club.OutcomeSuccess, 1},
		"a script that fails":                    {"restart_trackman", nil, func(v *vendor) { v.fails = true }, club.OutcomeFailed, 1},
		"a script that is taken and never runs":  {"restart_trackman", nil, func(v *vendor) { v.lies = true }, club.OutcomeTimeout, 0},
		"a script whose log cannot be read":      {"restart_trackman", nil, func(v *vendor) { v.deafLogs = errTimeout }, club.OutcomeUnconfirmed, 1},
		"a script, rejected":                     {"restart_trackman", nil, func(v *vendor) { v.answers = []error{errRefused} }, club.OutcomeFailed, 0},
		"a script, too busy":                     {"restart_trackman", nil, func(v *vendor) { v.answers = []error{errBusy} }, club.OutcomeFailed, 0},
		"a script, reached at the third try":     {"restart_trackman", nil, func(v *vendor) { v.answers = []error{errNoRoute, errNoRoute} }, club.OutcomeSuccess, 1},
		"a script, never reached":                {"restart_trackman", nil, func(v *vendor) { v.answers = []error{errNoRoute, errNoRoute, errNoRoute} }, club.OutcomeFailed, 0},
		"a script, no answer, done":              {"restart_trackman", nil, func(v *vendor) { v.answers, v.acts = []error{errTimeout}, true }, club.OutcomeSuccess, 1},
		"a script, no answer, not done":          {"restart_trackman", nil, func(v *vendor) { v.answers = []error{errTimeout} }, club.OutcomeUnconfirmed, 0},
		"a script, an error of unknown kind":     {"restart_trackman", nil, func(v *vendor) { v.answers = []error{errors.New("?")} }, club.OutcomeUnconfirmed, 0},
		"a reboot that comes back":               {"reboot_pc", nil, func(*vendor) {}, club.OutcomeSuccess, 1},
		"a forced reboot that comes back":        {"reboot_pc", map[string]any{"mode": "forced"}, func(*vendor) {}, club.OutcomeSuccess, 1},
		"a reboot that stays away":               {"reboot_pc", nil, func(v *vendor) { v.stayAway = true }, club.OutcomeTimeout, 1},
		"a reboot that is taken and not done":    {"reboot_pc", nil, func(v *vendor) { v.lies = true }, club.OutcomeTimeout, 0},
		"a reboot that the log says failed":      {"reboot_pc", nil, func(v *vendor) { v.fails = true }, club.OutcomeFailed, 1},
		"an unlock":                              {"unlock_door", nil, func(*vendor) {}, club.OutcomeSuccess, 1},
		"an unlock, refused by the controller":   {"unlock_door", nil, func(v *vendor) { v.answers = []error{errCode} }, club.OutcomeFailed, 0},
		"an unlock that the log does not show":   {"unlock_door", nil, func(v *vendor) { v.lies = true }, club.OutcomeTimeout, 0},
		"an unlock, no answer, done":             {"unlock_door", nil, func(v *vendor) { v.answers, v.acts = []error{errTimeout}, true }, club.OutcomeSuccess, 1},
		"an unlock, no answer, log out of reach": {"unlock_door", nil, func(v *vendor) { v.answers, v.deafLogs = []error{errTimeout}, errNoRoute }, club.OutcomeUnconfirmed, 0},
		"a lock":                                 {"lock_door", nil, func(*vendor) {}, club.OutcomeSuccess, 1},
		"a lock that does not hold":              {"lock_door", nil, func(v *vendor) { v.lies = true }, club.OutcomeTimeout, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			c.set(w.vendor)
			id, refused := w.request(operator, c.action, c.params, "")
			if refused != "" {
				t.Fatalf("refused: %s", refused)
			}
			w.drain()
			x := w.executions()[0]
			if x.ID != id || x.Outcome != c.want || x.FinishedAt == nil || x.Detail == "" {
				t.Errorf("ended as %s (%s), want %s", x.Outcome, x.Detail, c.want)
			}
			if len(w.vendor.effects) != c.effects {
				t.Errorf("done to the world: %q", w.vendor.effects)
			}
			if c.want != club.OutcomeSuccess {
				w.called(strings.ReplaceAll(string(c.action), "_", " "))
			} else {
				w.notCalled()
			}
			if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = $1", "execution."+string(c.want)); n != 1 {
				t.Errorf("%d audit entries of the outcome", n)
			}
		})
	}
}

func TestScriptGetsItsIDFromTheLocationOrTheClub(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.request(operator, "turn_on_lights", map[string]any{"hold": "90m"}, "")
	w.drain()
	w.effects("script 33 103 hold_minutes=90")
	w.clock.Advance(10 * time.Minute)
	w.request(operator, "restart_side_screens", nil, "")
	w.drain()
	w.called("no script is configured for it (rmm.script.restart_side_screens)")
	w.write(func(tx *store.Tx) error {
		return tx.PutSetting(t.Context(), store.PutSettingParams{Key: "rmm.script.restart_side_screens", Value: `"207"`, UpdatedAt: tx.Now, UpdatedBy: "x"})
	})
	storetest.Exec(t, w.tenant, "UPDATE threads SET status = 'awaiting_ai'")
	w.clock.Advance(10 * time.Minute)
	w.request(operator, "restart_side_screens", nil, "")
	w.drain()
	w.effects("script 33 103 hold_minutes=90", "script 33 207")
}

func TestPassDoesNotLastForEver(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.request(operator, "unlock_door", nil, "")
	w.clock.Advance(passLife + time.Second)
	w.drain()
	w.effects()
	w.called("could not be done in time")
	if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM cooldowns WHERE action = 'unlock_door'"); n != 0 {
		t.Error("the cooldown of what was not done is kept")
	}
}

func TestWhatChangesBetweenGateAndCallStopsTheCall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		why    string
	}{
		"a switch is thrown":            {func(w *world) { w.off("device") }, "held back in the meantime: switched off: device"},
		"the vendor is removed":         {func(w *world) { w.noVendor = true }, "no device management is configured"},
		"the parameters do not fit":     {func(w *world) { storetest.Exec(w.t, w.tenant, `UPDATE executions SET params = '{"x":1}'`) }, "do not fit"},
		"the action is gone":            {func(w *world) { storetest.Exec(w.t, w.tenant, `UPDATE executions SET action = 'gone'`) }, "not in the catalogue"},
		"the person took it and it ran": {func(*world) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			w.request(operator, "restart_trackman", nil, "")
			c.change(w)
			w.drain()
			if c.why == "" {
				w.notCalled()
				return
			}
			w.effects()
			w.called(c.why)
		})
	}
}

func TestDecidedActIsOffWhenAPersonHasTakenOver(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.run([]knowledge.Step{{Action: "restart_trackman"}}, nil)
	for _, j := range take(w, w.engine.walk, w.engine.lostRun) {
		if err := j.do(); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Exec(t, w.tenant, "UPDATE threads SET status = 'in_progress'")
	w.drain()
	w.effects()
	w.notCalled() // the person sees it
	if r, _ := w.runOf(d); r.Status != runStopped {
		t.Errorf("the run is %s", r.Status)
	}
}

func TestDoorsWithoutAControllerFailWithThatReason(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.noVendor = true
	w.request(operator, "unlock_door", nil, "")
	w.drain()
	w.called("no door controller is configured")
}

func TestCrashAnywhereActsAtMostOnceAndEndsInSuccessOrWithAPerson(t *testing.T) {
	t.Parallel()
	for _, action := range []club.ActionName{"restart_trackman", "reboot_pc", "unlock_door", "lock_door"} {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			w := build(t)
			for _, point := range []failpoint.Point{failpoint.ActStarted, failpoint.ActCalled, failpoint.ActRecording, failpoint.ActVerifying} {
				for _, answer := range []error{nil, errNoRoute, errRefused, errTimeout} {
					for _, deaf := range []error{nil, errNoRoute} {
						w.crashOnce(action, point, answer, false, deaf)
						if club.EffectUnknown(answer) {
							w.crashOnce(action, point, answer, true, deaf)
						}
					}
				}
			}
		})
	}
}

// crashOnce runs an action in a fresh state of the world, with a crash at a point, and checks what
// must hold whatever happens.
func (w *world) crashOnce(action club.ActionName, point failpoint.Point, answer error, acts bool, deaf error) {
	w.t.Helper()
	w.reset()
	w.vendor.acts, w.vendor.deafLogs = acts, deaf
	if answer != nil {
		w.vendor.answers = []error{answer}
	}
	crashed := false
	w.engine.crash = func(p failpoint.Point) error {
		if p == point && !crashed {
			crashed = true
			return errCrash
		}
		return nil
	}
	if _, refused := w.request(operator, action, nil, ""); refused != "" {
		w.t.Fatal(refused)
	}
	w.drain()
	x := w.executions()[0]
	fail := func(what string) {
		w.t.Errorf("crash when %s, answer %s (acts: %t), log %s: %s (%s, done %q, %d called)", point, nameOf(answer), acts, nameOf(deaf), what, x.Outcome, w.vendor.effects, len(w.reasons))
	}
	switch done := len(w.vendor.effects); {
	case done > 1:
		fail("the vendor acted twice")
	case !x.Outcome.Final():
		fail("it never ended")
	case x.Outcome == club.OutcomeSuccess && done == 0:
		fail("success of what was never done")
	case x.Outcome == club.OutcomeFailed && done == 1:
		fail("what was done is said to have failed")
	case x.Outcome != club.OutcomeSuccess && len(w.reasons) == 0:
		fail("no person knows")
	}
}

func nameOf(err error) string {
	switch {
	case err == nil:
		return "fine"
	case club.EffectUnknown(err):
		return "no answer"
	case errors.Is(err, errRefused):
		return "rejected"
	}
	return "not reached"
}

func TestAnActOfWhichItsVendorSaysNothingIsAPersonsMatterWithinAMinute(t *testing.T) {
	t.Parallel()
	for _, action := range []club.ActionName{"reboot_pc", "restart_trackman", "unlock_door"} {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			w := build(t)
			if _, refused := w.request(operator, action, nil, ""); refused != "" {
				t.Fatal(refused)
			}
			w.vendor.answers, w.vendor.deaf, w.vendor.deafLogs = []error{errTimeout}, errTimeout, errTimeout
			w.drain()
			x := w.executions()[0]
			if x.Outcome != club.OutcomeUnconfirmed || len(w.reasons) != 1 {
				t.Fatalf("%s, %d called", x.Outcome, len(w.reasons))
			}
			if after := x.FinishedAt.Sub(*x.CalledAt); after > time.Minute {
				t.Errorf("a person was told after %s", after)
			}
		})
	}
}

func TestLostJobOfAnExecutionReachesAPerson(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		point failpoint.Point
		want  club.Outcome
	}{
		"looking after it": {failpoint.ActVerifying, club.OutcomeUnconfirmed},
		"recording it":     {failpoint.ActRecording, club.OutcomeSuccess}, // the next try only looks after it
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := build(t)
			w.engine.crash = func(p failpoint.Point) error {
				if p == c.point {
					return errCrash
				}
				return nil
			}
			w.request(operator, "restart_trackman", nil, "")
			w.drain()
			if x := w.executions()[0]; x.Outcome != c.want || len(w.vendor.effects) != 1 {
				t.Errorf("ended as %s after %q", x.Outcome, w.vendor.effects)
			}
		})
	}
	w := build(t)
	id, _ := w.request(operator, "restart_trackman", nil, "")
	if err := w.engine.lostExecute(t.Context(), w.tenant, executeJob{Execution: id}, errCrash); err != nil {
		t.Fatal(err)
	}
	w.drain()
	w.effects()
	w.called("a fault of ours")
	if err := w.engine.lostVerify(t.Context(), w.tenant, verifyJob{Execution: "exe_x"}, errCrash); err == nil {
		t.Error("an execution that does not exist was ended")
	}
}

func TestMergedThreadsExecutionCallsAPersonToTheThreadItBecame(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.vendor.lies = true
	w.request(operator, "lock_door", nil, "")
	other := w.open(w.member.SubjectID)
	storetest.Exec(t, w.tenant, "UPDATE threads SET status = 'merged', merged_into = $1 WHERE id = $2", other.ID, w.thread.ID)
	w.drain()
	_ = w.tenant.Read(t.Context(), func(tx *store.Tx) error {
		th, err := thread.Find(t.Context(), tx, other.ID)
		if err != nil || th.Status != club.ThreadEscalated {
			t.Errorf("the other thread is %s, %v", th.Status, err)
		}
		return nil
	})
}

func TestSweepTakesUpWhatLostItsJob(t *testing.T) {
	t.Parallel()
	w := build(t)
	id, _ := w.request(operator, "restart_trackman", nil, "")
	running := w.bay5
	storetest.Exec(t, w.tenant, "UPDATE threads SET bay_id = $1", running)
	w.clock.Advance(pace)
	second, _ := w.request(operator, "restart_trackman", nil, "")
	storetest.Exec(t, w.tenant, "UPDATE executions SET outcome = 'running', called_at = created_at WHERE id = $1", second)
	d := w.decide(w.thread)
	w.start(Run{Decision: d, Steps: []knowledge.Step{{Ticket: "Look"}}})
	for _, kind := range []string{"execute", "verify_execution", "run_step"} {
		if err := store.FinishJobsForTest(t.Context(), w.cluster, w.tenant, kind); err != nil {
			t.Fatal(err)
		}
	}
	sweep := func() [3]int {
		if err := w.engine.sweep(t.Context(), w.tenant); err != nil {
			t.Fatal(err)
		}
		return [3]int{len(jobstest.Pending[executeJob](t, w.cluster, w.tenant)), len(jobstest.Pending[verifyJob](t, w.cluster, w.tenant)), len(jobstest.Pending[runJob](t, w.cluster, w.tenant))}
	}
	if n := sweep(); n != [3]int{} {
		t.Errorf("fresh work got jobs: %v", n)
	}
	w.clock.Advance(stranded + time.Second)
	if n := sweep(); n != [3]int{1, 1, 1} {
		t.Errorf("jobs: %v", n)
	}
	w.drain()
	for _, x := range w.executions() {
		if !x.Outcome.Final() {
			t.Errorf("%s is still %s (first was %s)", x.ID, x.Outcome, id)
		}
	}
}

func TestEngineRunsUnderTheRunner(t *testing.T) {
	t.Parallel()
	w := build(t)
	r := jobs.NewRegistry(w.cluster, slog.New(slog.DiscardHandler))
	w.engine.Register(r)
	done := make(chan struct{})
	w.engine.crash = func(p failpoint.Point) error {
		if p == failpoint.ActVerifying {
			close(done)
		}
		return nil
	}
	runner := jobs.NewRunner(r, jobs.Config{Node: "test", Poll: 20 * time.Millisecond})
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.start(Run{Decision: w.decide(w.thread), Steps: []knowledge.Step{{Action: "unlock_door"}, {Reply: "The {{door}} is open."}}, By: operator})
	select {
	case <-done:
	case <-time.After(15 * time.Second):
		t.Fatal("the door was not seen to open")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := runner.Stop(ctx); err != nil {
		t.Error(err)
	}
	w.effects("unlock d1")
	if New(Config{}).cfg.Log == nil {
		t.Error("no default log")
	}
}

func TestPagesOfExecutionsAreFilteredAndNewestFirst(t *testing.T) {
	t.Parallel()
	w := build(t)
	for range 3 {
		w.request(operator, "lock_door", nil, "")
		w.drain()
		w.clock.Advance(time.Minute)
	}
	w.vendor.offline = true
	w.request(operator, "reboot_pc", nil, "")
	_ = w.tenant.Read(t.Context(), func(tx *store.Tx) error {
		find := func(f ExecutionFilter) []store.Execution {
			list, err := FindExecutionsPage(t.Context(), tx, f)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		all := find(ExecutionFilter{})
		if len(all) != 4 || all[0].Action != "reboot_pc" {
			t.Errorf("%d executions, first %s", len(all), all[0].Action)
		}
		if n := len(find(ExecutionFilter{Outcome: club.OutcomeSuccess})); n != 3 {
			t.Errorf("%d successes", n)
		}
		if n := len(find(ExecutionFilter{Locations: []club.LocationID{"loc_x", w.location}})); n != 4 {
			t.Errorf("%d at the location", n)
		}
		if n := len(find(ExecutionFilter{Locations: []club.LocationID{"loc_x"}})); n != 0 {
			t.Errorf("%d at another", n)
		}
		if list := find(ExecutionFilter{Before: all[0].ID, Size: 2}); len(list) != 2 || list[0].ID != all[1].ID {
			t.Errorf("second page %v", list)
		}
		if list, err := FindExecutionsOfThread(t.Context(), tx, w.thread.ID, 2); len(list) != 2 || err != nil {
			t.Errorf("%d of the thread, %v", len(list), err)
		}
		if x, err := FindExecution(t.Context(), tx, all[0].ID); x.ID != all[0].ID || err != nil {
			t.Error(err)
		}
		if _, err := FindExecution(t.Context(), tx, "exe_x"); club.CodeOf(err) != club.CodeNotFound {
			t.Error(err)
		}
		if _, err := FindRun(t.Context(), tx, "dec_x"); club.CodeOf(err) != club.CodeNotFound {
			t.Error(err)
		}
		return nil
	})
}
