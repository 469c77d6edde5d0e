package learn_test

import (
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/store"
)

// ceiling is the most that people and breakers let a decision do.
func (h *house) ceiling(dec store.Decision) (tier club.Tier, why string) {
	h.T.Helper()
	h.Read(func(tx *store.Tx) (err error) {
		tier, why, err = h.Memory.Ceiling(h.T.Context(), tx, dec)
		return err
	})
	return tier, why
}

func TestADecisionThatWaitsMayDoNoMoreThanIsAllowedAtThatMoment(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.Decide("frozen", h.Bays[0], club.TierAuto)
	h.Decide("wifi", h.Bays[0], club.TierAuto)
	for _, step := range []struct {
		name string
		act  func(*store.Tx) error
		want club.Tier
		why  string
	}{
		{"nothing", func(*store.Tx) error { return nil }, club.TierAuto, ""},
		{"another pattern is stopped", func(tx *store.Tx) error {
			_, err := h.Memory.TripBreaker(t.Context(), tx, learntest.ChangeOf(h.PatternOf("wifi")))
			return err
		}, club.TierAuto, ""},
		{"its pattern is pinned", func(tx *store.Tx) error {
			_, err := h.Memory.Pin(t.Context(), tx, learntest.ChangeOf(h.PatternOf("frozen")), club.TierSuggest)
			return err
		}, club.TierSuggest, "people allow this pattern no more than announcing"},
		{"its pattern is stopped", func(tx *store.Tx) error {
			_, err := h.Memory.TripBreaker(t.Context(), tx, learntest.ChangeOf(h.PatternOf("frozen")))
			return err
		}, club.TierApprove, "stopped by hand"},
		{"its pattern is paused", func(tx *store.Tx) error {
			_, err := h.Memory.Pause(t.Context(), tx, learntest.ChangeOf(h.PatternOf("frozen")))
			return err
		}, club.TierEscalate, "this pattern is paused"},
	} {
		h.Write(step.act)
		tier, why := h.ceiling(dec)
		if tier != step.want || !strings.Contains(why, step.why) || (why == "") != (step.why == "") {
			t.Errorf("%s: it may do %s, %q; want %s, %q", step.name, tier, why, step.want, step.why)
		}
	}
	if tier, why := h.ceiling(h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")); tier != club.TierEscalate || why == "" {
		t.Errorf("a decision that follows nothing may do %s: %s", tier, why)
	}
}

func TestAnActionsBreakerHoldsWhateverDoesTheAction(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Breaks("action", "reset_audio")
	if s := h.Standing("frozen", h.Bays[0]); s.Ceiling != club.TierAuto {
		t.Errorf("the breaker of another action holds it to %s", s.Ceiling)
	}
	h.Breaks("action", "reboot_pc")
	if s := h.Standing("frozen", h.Bays[0]); s.Ceiling != club.TierApprove || len(s.Held) != 1 || s.Held[0].Key != "action" {
		t.Errorf("what reboots may do %s: %+v", s.Ceiling, s.Held)
	}
	if s := h.Standing("wifi", h.Bays[0]); s.Ceiling != club.TierAuto {
		t.Errorf("what only says something may do %s", s.Ceiling)
	}
}

func TestMatchesThatReviewsRefuteHoldDecisionsThatWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	waits := h.Decide("wifi", h.Bays[0], club.TierSuggest)
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
		dec := h.Decide("frozen", h.Bays[0], club.TierSuggest)
		h.Alone(dec, 1, learn.Alone{Tier: club.TierSuggest, Allowed: true})
		h.Write(func(tx *store.Tx) error {
			if err := h.Memory.DoneAlone(t.Context(), tx, dec.ID); err != nil {
				return err
			}
			_, err := h.Memory.Answer(t.Context(), tx, h.Keys, learn.Review{Decision: dec.ID, By: operator("usr_opal"), Fault: learn.FaultMatter})
			return err
		})
	}
}

func TestNothingIsRememberedOfAPatternThatIsGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.Decide("wifi", h.Bays[0], club.TierSuggest)
	for name, about := range map[string]learn.Plan{"a pattern that is gone": {Pattern: "pat_gone"}, "nothing at all": {}} {
		err := h.Act(func(tx *store.Tx) error {
			return h.Memory.Remember(t.Context(), tx, dec, []learn.Weighed{{Plan: about, Role: learn.RoleWeighed}})
		})
		if club.CodeOf(err) != club.CodeConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatWasAnnouncedForALessonThatHasBecomeAPartOfAnotherDoesNotRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	h.Teach("a present for mum", learntest.ByPost, "usr_opal")
	list := h.Lessons()
	about, err := learn.PlanOf(list[1])
	if err != nil {
		t.Fatal(err)
	}
	dec := h.Took(about, "A present", "a present for dad", club.TierSuggest, &club.Course{})
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(list[1].Pattern), list[0].Pattern.ID)
		return err
	})
	if tier, why := h.ceiling(dec); tier != club.TierEscalate || !strings.Contains(why, "part of another one") {
		t.Errorf("words that the lesson it went into does not say may go out: %s, %q", tier, why)
	}
}
