package learn_test

import (
	"encoding/json"
	"testing"

	"clubos/internal/club"
	"clubos/internal/learn"
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
		want  learn.Spread
		fewer int
		more  int
	}{
		{"pinned to asking", nil, &club.Course{}, func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			_, err := h.memory.Pin(h.t.Context(), tx, changeOf(row), club.TierApprove)
			return err
		}, learn.Spread{Asked: 1}, 1, 0},
		{"stopped by hand", nil, &club.Course{}, func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			_, err := h.memory.TripBreaker(h.t.Context(), tx, changeOf(row))
			return err
		}, learn.Spread{Asked: 1}, 1, 0},
		{"its breaker is closed", func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			_, err := h.memory.TripBreaker(h.t.Context(), tx, changeOf(row))
			return err
		}, held(club.HoldBreaker, "pattern", club.TierApprove), func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			return h.memory.CloseBreaker(h.t.Context(), tx, admin, "pattern", row.ID.String(), "")
		}, learn.Spread{Announced: 1}, 0, 1},
		{"resumed", func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			_, err := h.memory.Pause(h.t.Context(), tx, changeOf(row))
			return err
		}, held(club.HoldState, "", club.TierEscalate), func(h *house, tx *store.Tx, row store.DecisionPattern) error {
			_, err := h.memory.Resume(h.t.Context(), tx, changeOf(row))
			return err
		}, learn.Spread{Announced: 1}, 0, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.decide("frozen", h.bays[0], club.TierApprove)
			storetest.Exec(t, h.tenant, "DELETE FROM pattern_matches") // only what follows is replayed
			if tc.first != nil {
				h.write(func(tx *store.Tx) error { return tc.first(h, tx, h.patternOf("frozen")) })
			}
			row := h.patternOf("frozen")
			h.took(h.plan("frozen"), "frozen", "frozen", club.TierSuggest, tc.was)
			e := h.try(learn.Trial{Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error { return tc.act(h, tx, row) }})
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
			h.breaks(kind, scope)
			h.took(h.plan("frozen"), "frozen", "frozen", club.TierSuggest, held(club.HoldBreaker, kind, club.TierApprove))
			h.decide("wifi", h.bays[0], club.TierApprove) // of which nobody wrote down what held it
			e := h.try(learn.Trial{Act: func(tx *store.Tx) error { return h.memory.CloseBreaker(t.Context(), tx, admin, kind, scope, "") }})
			if e.Would != (learn.Spread{Announced: 1, Asked: 1}) || e.Unknown != 1 {
				t.Errorf("%+v would have been %+v, %d unknown", e.Was, e.Would, e.Unknown)
			}
		})
	}
}

func TestAnotherSwitchStillStopsWhatOneLetGo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, key := range []string{"device", "location:north"} {
		h.write(func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, admin.Actor, key, true) })
	}
	h.took(h.plan("frozen"), "frozen", "frozen", club.TierSuggest, held(club.HoldSwitch, "device", club.TierEscalate))
	e := h.try(learn.Trial{Act: func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, admin.Actor, "device", false) }})
	if e.Would != (learn.Spread{Called: 1}) || len(e.Differ) != 0 {
		t.Errorf("it would have been %+v", e.Would)
	}
	h.read(func(tx *store.Tx) error {
		effects, err := h.memory.TrySwitches(t.Context(), tx, "", []string{"device", "access"})
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
	h.decide("frozen", h.bays[0], club.TierSuggest) // without a course, so that nobody knows what it would do
	throw := func(key string, stopped bool) func(*store.Tx) error {
		return func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, admin.Actor, key, stopped) }
	}
	if e := h.try(learn.Trial{Act: throw("device", true)}); e.Unknown != 1 {
		t.Errorf("a switch that may stop it: %+v", e)
	}
	h.write(throw("device", true))
	if e := h.try(learn.Trial{Act: throw("device", false)}); e.Unknown != 1 {
		t.Errorf("a switch that may have stopped it: %+v", e)
	}
	if e := h.try(learn.Trial{Act: func(*store.Tx) error { return nil }}); e.Unknown != 0 {
		t.Errorf("no change at all: %+v", e)
	}
}

func TestADecisionThatLosesItsPatternSaysWhetherAnotherWasNear(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.teach("do you sell vouchers", atCounter, "usr_opal")
	l := h.lessons()[0]
	about, err := learn.PlanOf(l)
	if err != nil {
		t.Fatal(err)
	}
	near := h.took(about, "vouchers", "a voucher", club.TierApprove, &club.Course{})
	h.took(about, "vouchers", "some voucher", club.TierApprove, &club.Course{})
	evidence, err := json.Marshal(club.Evidence{Text: "a voucher", Course: &club.Course{}, Candidates: []club.Candidate{{Pattern: l.Pattern.ID, Confidence: 0.8}, {SOP: h.sops["wifi"], Confidence: 0.6}}})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Exec(t, h.tenant, "UPDATE decisions SET evidence = $2 WHERE id = $1", near.ID, string(evidence))
	e := h.try(learn.Trial{Patterns: []club.PatternID{l.Pattern.ID}, Act: func(tx *store.Tx) error { return h.memory.Delete(t.Context(), tx, changeOf(l.Pattern)) }})
	if e.Would.Called != 2 || e.Other != 2 || e.Rivals != 1 {
		t.Errorf("%+v would have been %+v, %d of them with another near", e.Was, e.Would, e.Rivals)
	}
}

func TestWhatPeopleDidInsteadIsKnownOfADecisionThatWaited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.decide("frozen", h.bays[0], club.TierApprove)
	h.alone(dec, 1, learn.Alone{Tier: club.TierAuto, ActionClass: "device"})
	h.propose(dec, club.ProposalStale, "")
	h.byHand(dec, "unlock_door")
	h.judge()
	row := h.patternOf("frozen")
	e := h.try(learn.Trial{Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error {
		_, err := h.memory.Pause(t.Context(), tx, changeOf(row))
		return err
	}})
	if len(e.Differ) != 1 || !e.Differ[0].Known || e.Differ[0].Right {
		t.Errorf("%+v", e.Differ)
	}
}
