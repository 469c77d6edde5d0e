package hindsight_test

import (
	"encoding/json"
	"testing"

	"clubos/internal/club"
	"clubos/internal/hindsight"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func held(by club.HoldKind, key string, to club.Tier) *club.Course {
	return &club.Course{Acts: []club.ActionName{"reboot_pc"}, Held: []club.Hold{{By: by, Key: key, To: to}}}
}

func TestWhatPeopleSetForAPatternIsReplayedBothWays(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		first func(*house, *store.Tx, store.DecisionPattern) error // nil: nothing
		was   *club.Course
		act   func(*house, *store.Tx, store.DecisionPattern) error
		want  hindsight.Spread
		fewer int
		more  int
	}{
		{"pinned to asking", nil, &club.Course{}, func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			_, err := h.Memory.Pin(h.T.Context(), tx, learntest.ChangeOf(row), club.TierApprove)
			return err
		}, hindsight.Spread{Asked: 1}, 1, 0},
		{"stopped by hand", nil, &club.Course{}, func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			_, err := h.Memory.TripBreaker(h.T.Context(), tx, learntest.ChangeOf(row))
			return err
		}, hindsight.Spread{Asked: 1}, 1, 0},
		{"its breaker is closed", func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			_, err := h.Memory.TripBreaker(h.T.Context(), tx, learntest.ChangeOf(row))
			return err
		}, held(club.HoldBreaker, "pattern", club.TierApprove), func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			return h.Memory.CloseBreaker(h.T.Context(), tx, learntest.Admin, "pattern", row.ID.String(), "")
		}, hindsight.Spread{Announced: 1}, 0, 1},
		{"resumed", func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			_, err := h.Memory.Pause(h.T.Context(), tx, learntest.ChangeOf(row))
			return err
		}, held(club.HoldState, "", club.TierEscalate), func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			_, err := h.Memory.Resume(h.T.Context(), tx, learntest.ChangeOf(row))
			return err
		}, hindsight.Spread{Announced: 1}, 0, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.Decide("frozen", h.Bays[0], club.TierApprove)
			storetest.Exec(t, h.Tenant, "DELETE FROM pattern_matches") // only what follows is replayed
			if tc.first != nil {
				h.Write(func(tx *store.Tx) error { return tc.first(h, tx, h.PatternOf("frozen")) })
			}
			row := h.PatternOf("frozen")
			h.Took(h.Plan("frozen"), "frozen", "frozen", club.TierSuggest, tc.was)
			e := h.try(hindsight.Trial{Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error { return tc.act(h, tx, row) }})
			if e.Would != tc.want || e.Fewer.N != tc.fewer || e.More.N != tc.more || e.Was.Sum() != 1 {
				t.Errorf("%+v would have been %+v, %d fewer, %d more; want %+v", e.Was, e.Would, e.Fewer.N, e.More.N, tc.want)
			}
		})
	}
}

func TestABreakerThatIsClosedRestoresWhatItHeld(t *testing.T) {
	t.Parallel()
	for kind, scope := range map[string]string{"action": "reboot_pc", "club": ""} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.Breaks(kind, scope)
			h.Took(h.Plan("frozen"), "frozen", "frozen", club.TierSuggest, held(club.HoldBreaker, kind, club.TierApprove))
			h.Decide("wifi", h.Bays[0], club.TierApprove) // of which nobody wrote down what held it
			e := h.try(hindsight.Trial{Act: func(tx *store.Tx) error {
				return h.Memory.CloseBreaker(t.Context(), tx, learntest.Admin, kind, scope, "")
			}})
			if e.Would != (hindsight.Spread{Announced: 1, Asked: 1}) || e.Unknown != 1 {
				t.Errorf("%+v would have been %+v, %d unknown", e.Was, e.Would, e.Unknown)
			}
		})
	}
}

func TestAnotherSwitchStillStopsWhatOneLetGo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, key := range []string{"device", "location:north"} {
		h.Write(func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, learntest.Admin.Actor, key, true) })
	}
	h.Took(h.Plan("frozen"), "frozen", "frozen", club.TierSuggest, held(club.HoldSwitch, "device", club.TierEscalate))
	e := h.try(hindsight.Trial{Act: func(tx *store.Tx) error {
		return setting.Switch(t.Context(), tx, learntest.Admin.Actor, "device", false)
	}})
	if e.Would != (hindsight.Spread{Called: 1}) || len(e.Differ) != 0 {
		t.Errorf("it would have been %+v", e.Would)
	}
	h.Read(func(tx *store.Tx) error {
		effects, err := hindsight.TrySwitches(t.Context(), tx, "", []string{"device", "access"})
		for key, e := range effects {
			if e.Would.Called != 1 {
				t.Errorf("the switch %s the other way round: %+v", key, e.Would)
			}
		}
		return err
	})
}

func TestOfWhatWasNotWrittenDownASwitchSaysNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Decide("frozen", h.Bays[0], club.TierSuggest) // without a course, so that nobody knows what it would do
	throw := func(key string, stopped bool) func(*store.Tx) error {
		return func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, learntest.Admin.Actor, key, stopped) }
	}
	if e := h.try(hindsight.Trial{Act: throw("device", true)}); e.Unknown != 1 {
		t.Errorf("a switch that may stop it: %+v", e)
	}
	h.Write(throw("device", true))
	if e := h.try(hindsight.Trial{Act: throw("device", false)}); e.Unknown != 1 {
		t.Errorf("a switch that may have stopped it: %+v", e)
	}
	if e := h.try(hindsight.Trial{Act: func(*store.Tx) error { return nil }}); e.Unknown != 0 {
		t.Errorf("no change at all: %+v", e)
	}
}

func TestADecisionThatLosesItsPatternSaysWhetherAnotherWasNear(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	l := h.Lessons()[0]
	about, err := learn.PlanOf(l)
	if err != nil {
		t.Fatal(err)
	}
	near := h.Took(about, "vouchers", "a voucher", club.TierApprove, &club.Course{})
	h.Took(about, "vouchers", "some voucher", club.TierApprove, &club.Course{})
	evidence, err := json.Marshal(club.Evidence{Text: "a voucher", Course: &club.Course{}, Candidates: []club.Candidate{{Pattern: l.Pattern.ID, Confidence: 0.8}, {SOP: h.SOPs["wifi"], Confidence: 0.6}}})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Exec(t, h.Tenant, "UPDATE decisions SET evidence = $2 WHERE id = $1", near.ID, string(evidence))
	e := h.try(hindsight.Trial{Patterns: []club.PatternID{l.Pattern.ID}, Act: func(tx *store.Tx) error { return h.Memory.Delete(t.Context(), tx, learntest.ChangeOf(l.Pattern)) }})
	if e.Would.Called != 2 || e.Other != 2 || e.Rivals != 1 {
		t.Errorf("%+v would have been %+v, %d of them with another near", e.Was, e.Would, e.Rivals)
	}
}

func TestWhatPeopleDidInsteadIsKnownOfADecisionThatWaited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.Decide("frozen", h.Bays[0], club.TierApprove)
	h.Alone(dec, 1, learn.Alone{Tier: club.TierAuto, ActionClass: "device"})
	h.Propose(dec, club.ProposalStale, "")
	h.ByHand(dec, "unlock_door")
	h.Judge()
	row := h.PatternOf("frozen")
	e := h.try(hindsight.Trial{Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error {
		_, err := h.Memory.Pause(t.Context(), tx, learntest.ChangeOf(row))
		return err
	}})
	if len(e.Differ) != 1 || !e.Differ[0].Known || e.Differ[0].Right {
		t.Errorf("%+v", e.Differ)
	}
}
