package learn_test

import (
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/store"
)

// ceiling is the most that people and breakers let a decision do.
func (h *house) ceiling(dec store.Decision) (tier club.Tier, why string) {
	h.t.Helper()
	h.read(func(tx *store.Tx) (err error) {
		tier, why, err = h.memory.Ceiling(h.t.Context(), tx, dec)
		return err
	})
	return tier, why
}

// breaks trips a breaker as outcomes would.
func (h *house) breaks(kind, scope string) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		if err := tx.LockBreaker(h.t.Context(), store.LockBreakerParams{Kind: kind, Scope: scope, Now: tx.Now}); err != nil {
			return err
		}
		return tx.UpdateBreaker(h.t.Context(), store.UpdateBreakerParams{Kind: kind, Scope: scope, TrippedAt: &tx.Now, Reason: "it stopped helping", UpdatedAt: tx.Now})
	})
}

func TestADecisionThatWaitsMayDoNoMoreThanIsAllowedAtThatMoment(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.decide("frozen", h.bays[0], club.TierAuto)
	h.decide("wifi", h.bays[0], club.TierAuto)
	for _, step := range []struct {
		name string
		act  func(*store.Tx) error
		want club.Tier
		why  string
	}{
		{"nothing", func(*store.Tx) error { return nil }, club.TierAuto, ""},
		{"another pattern is stopped", func(tx *store.Tx) error {
			_, err := h.memory.TripBreaker(t.Context(), tx, changeOf(h.patternOf("wifi")))
			return err
		}, club.TierAuto, ""},
		{"its pattern is pinned", func(tx *store.Tx) error {
			_, err := h.memory.Pin(t.Context(), tx, changeOf(h.patternOf("frozen")), club.TierSuggest)
			return err
		}, club.TierSuggest, "people allow this pattern no more than announcing"},
		{"its pattern is stopped", func(tx *store.Tx) error {
			_, err := h.memory.TripBreaker(t.Context(), tx, changeOf(h.patternOf("frozen")))
			return err
		}, club.TierApprove, "stopped by hand"},
		{"its pattern is paused", func(tx *store.Tx) error {
			_, err := h.memory.Pause(t.Context(), tx, changeOf(h.patternOf("frozen")))
			return err
		}, club.TierEscalate, "this pattern is paused"},
	} {
		h.write(step.act)
		tier, why := h.ceiling(dec)
		if tier != step.want || !strings.Contains(why, step.why) || (why == "") != (step.why == "") {
			t.Errorf("%s: it may do %s, %q; want %s, %q", step.name, tier, why, step.want, step.why)
		}
	}
	if tier, why := h.ceiling(h.teach("do you sell vouchers", atCounter, "usr_opal")); tier != club.TierEscalate || why == "" {
		t.Errorf("a decision that follows nothing may do %s: %s", tier, why)
	}
}

func TestAnActionsBreakerHoldsWhateverDoesTheAction(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.breaks("action", "reset_audio")
	if s := h.standing("frozen", h.bays[0]); s.Ceiling != club.TierAuto {
		t.Errorf("the breaker of another action holds it to %s", s.Ceiling)
	}
	h.breaks("action", "reboot_pc")
	if s := h.standing("frozen", h.bays[0]); s.Ceiling != club.TierApprove || len(s.Held) != 1 || s.Held[0].Key != "action" {
		t.Errorf("what reboots may do %s: %+v", s.Ceiling, s.Held)
	}
	if s := h.standing("wifi", h.bays[0]); s.Ceiling != club.TierAuto {
		t.Errorf("what only says something may do %s", s.Ceiling)
	}
}

func TestMatchesThatReviewsRefuteHoldDecisionsThatWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	waits := h.decide("wifi", h.bays[0], club.TierSuggest)
	for n := 0; ; n++ {
		if tier, why := h.ceiling(waits); tier == club.TierApprove {
			if n < 2 || !strings.Contains(why, "people found more wrong") {
				t.Errorf("after %d wrong reviews it is held: %s", n, why)
			}
			return
		}
		if n == 15 {
			t.Fatal("fifteen wrong reviews in a row hold nothing")
		}
		dec := h.decide("frozen", h.bays[0], club.TierSuggest)
		h.alone(dec, 1, learn.Alone{Tier: club.TierSuggest, Allowed: true})
		h.write(func(tx *store.Tx) error {
			if err := h.memory.DoneAlone(t.Context(), tx, dec.ID); err != nil {
				return err
			}
			_, err := h.memory.Answer(t.Context(), tx, h.keys, learn.Review{Decision: dec.ID, By: operator("usr_opal"), Fault: learn.FaultMatter})
			return err
		})
	}
}

func TestNothingIsRememberedOfAPatternThatIsGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.decide("wifi", h.bays[0], club.TierSuggest)
	for name, about := range map[string]learn.Plan{"a pattern that is gone": {Pattern: "pat_gone"}, "nothing at all": {}} {
		err := h.act(func(tx *store.Tx) error {
			return h.memory.Remember(t.Context(), tx, dec, []learn.Weighed{{Plan: about, Role: learn.RoleWeighed}})
		})
		if club.CodeOf(err) != club.CodeConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
}
