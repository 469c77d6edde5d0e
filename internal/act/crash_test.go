package act

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/knowledge"
	"clubos/internal/store/storetest"
)

const (
	// ordinaryRuns is how many acts are asked for when CLUBOS_CRASH_RUNS does not say.
	ordinaryRuns = 50
	// runsOfAWorld is how many are in one world, whose history makes it slower and slower.
	runsOfAWorld = 400
)

// crashRuns is how many acts are wanted, and the seed that they follow from.
func crashRuns(t *testing.T) (runs int, seed uint64) {
	t.Helper()
	runs, seed = ordinaryRuns, 1
	if s := os.Getenv("CLUBOS_CRASH_RUNS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("CLUBOS_CRASH_RUNS: %q is not a number", s)
		}
		runs = n
	}
	if s := os.Getenv("CLUBOS_CRASH_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("CLUBOS_CRASH_SEED: %q is not a number", s)
		}
		seed = n
	}
	return runs, seed
}

// tally is what came of all sequences.
type tally struct{ acts, crashes, done, person, double, silent int }

// TestActsThatAreCutOffAnywhereAndAgainAreDoneOnceOrAreAPersons asks for acts one after the other while the process ends at random
// steps, several times over in one act, the vendor answers anything or acts without answering, and what it says
// of itself may be missing.
func TestActsThatAreCutOffAnywhereAndAgainAreDoneOnceOrAreAPersons(t *testing.T) {
	t.Parallel()
	runs, seed := crashRuns(t)
	rng := rand.New(rand.NewPCG(seed, 0))
	var sum tally
	for sum.acts < runs {
		w := build(t)
		for until := min(sum.acts+runsOfAWorld, runs); sum.acts < until; {
			w.sequence(rng, &sum)
		}
	}
	t.Logf("%d acts of seed %d, cut off %d times: %d done, %d with a person; %d done twice, %d that nobody knows of", sum.acts, seed, sum.crashes, sum.done, sum.person, sum.double, sum.silent)
	if sum.double+sum.silent > 0 || sum.done == 0 || sum.person == 0 || sum.crashes < sum.acts/2 {
		t.Error("that is not as it must be")
	}
}

// sequence asks for one to three acts in a fresh state of the world.
func (w *world) sequence(rng *rand.Rand, sum *tally) {
	w.t.Helper()
	w.reset()
	var story []string
	for range 1 + rng.IntN(3) {
		action := [...]club.ActionName{"restart_trackman", "reboot_pc", "unlock_door", "lock_door"}[rng.IntN(4)]
		w.vendor.answers, w.vendor.acts = nil, rng.IntN(2) == 0
		w.vendor.deaf, w.vendor.deafLogs, w.vendor.fails = nil, [...]error{nil, nil, errNoRoute, errTimeout}[rng.IntN(4)], rng.IntN(6) == 0
		var answers []string
		for range rng.IntN(4) {
			answer := [...]error{nil, errNoRoute, errRefused, errTimeout}[rng.IntN(4)]
			if answer != nil && w.vendor.acts && !club.EffectUnknown(answer) {
				answer = errTimeout // who says that it did nothing did nothing
			}
			w.vendor.answers, answers = append(w.vendor.answers, answer), append(answers, nameOf(answer))
		}
		cuts := map[failpoint.Point]int{}
		for range rng.IntN(4) {
			cuts[[...]failpoint.Point{failpoint.RunStep, failpoint.GateLooked, failpoint.ActStarted, failpoint.ActCalled, failpoint.ActRecording, failpoint.ActVerifying}[rng.IntN(6)]]++
		}
		planned := fmt.Sprint(cuts)
		w.engine.crash = func(p failpoint.Point) error {
			if cuts[p] > 0 {
				cuts[p]--
				sum.crashes++
				return errCrash
			}
			return nil
		}
		effects, called, before := len(w.vendor.effects), len(w.reasons), len(w.executions())
		how, refused, err := "asked for", "", error(nil)
		if rng.IntN(2) == 0 {
			how = "decided on"
			w.run([]knowledge.Step{{Action: action}}, nil)
		} else {
			_, refused, err = w.engine.Request(w.t.Context(), w.tenant, operator, w.thread.ID, action, nil, Ground{})
		}
		w.drain()
		story = append(story, fmt.Sprintf("%s %s, cut off at %s, answers %q (acts: %t), log %s: refused %q, %v", action, how, planned, answers, w.vendor.acts, nameOf(w.vendor.deafLogs), refused, err))
		list := w.executions()
		done := len(w.vendor.effects) - effects
		fail := func(count *int, what string) {
			*count++
			w.t.Errorf("%s; done %q, %d called:\n%s", what, w.vendor.effects, len(w.reasons), strings.Join(story, "\n"))
		}
		if sum.acts++; done > 1 {
			fail(&sum.double, "the vendor acted twice")
		}
		switch {
		case len(list) == before: // who asked was told, or a person was
			if done > 0 {
				fail(&sum.silent, "done without a record")
			}
			if refused == "" && err == nil && len(w.reasons) == called {
				fail(&sum.silent, "it was not done, and nobody was told")
			}
			sum.person++
			w.later()
			continue
		case !list[0].Outcome.Final():
			fail(&sum.silent, "it never ended")
		case list[0].Outcome == club.OutcomeSuccess && done == 0:
			fail(&sum.silent, "success of what was never done")
		case list[0].Outcome == club.OutcomeFailed && done == 1 && !w.vendor.fails:
			fail(&sum.silent, "what was done is said to have failed")
		case list[0].Outcome != club.OutcomeSuccess && refused == "" && len(w.reasons) == called:
			fail(&sum.silent, "no person knows")
		}
		if list[0].Outcome == club.OutcomeSuccess {
			sum.done++
		} else {
			sum.person++
		}
		w.later()
	}
}

// later lets what was done be long ago, opens the door that was locked, and has the conversation with the machine again.
func (w *world) later() {
	w.t.Helper()
	w.clock.Advance(11 * time.Minute)
	w.vendor.locked = false
	storetest.Exec(w.t, w.tenant, "UPDATE threads SET status = 'awaiting_ai', awaiting = ''")
	storetest.Exec(w.t, w.tenant, "UPDATE bookings SET ends_at = $1", w.clock.Now().Add(time.Hour))
}
