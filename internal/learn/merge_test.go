package learn_test

import (
	"testing"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestMergedPatternsShareSituationsAndARecordOnlyOfTheSame(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		words     string
		outcomes  int
		forgotten int
	}{
		{"other words", learntest.ByPost, 2, 2},
		{"the same words", learntest.AtCounter, 3, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
			h.Teach("vouchers for a friend?", learntest.AtCounter, "usr_oscar")
			h.Teach("a present for mum", learntest.ByPost, "usr_opal")
			list := h.Lessons()
			if len(list) != 2 {
				t.Fatalf("%d lessons", len(list))
			}
			if tc.words == learntest.AtCounter { // as if two patterns had come to say the same
				h.Write(func(tx *store.Tx) error {
					_, err := h.Memory.Correct(t.Context(), tx, h.Keys, learntest.ChangeOf(list[1].Pattern), learn.Correction{Title: "Presents", Words: learntest.AtCounter})
					return err
				})
				h.TeachAs(h.Lessons()[1], "another present", "usr_tess")
			}
			list = h.Lessons()
			h.Write(func(tx *store.Tx) error {
				_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(list[1].Pattern), list[0].Pattern.ID)
				return err
			})
			merged := h.Lessons()
			if len(merged) != 1 || len(merged[0].Texts) != len(list[0].Texts)+len(list[1].Texts) {
				t.Fatalf("after the merge: %+v", merged)
			}
			if s := h.lessonAt(merged[0]); s.Assessment.Outcomes != tc.outcomes {
				t.Errorf("the merged pattern has a record of %d, want %d", s.Assessment.Outcomes, tc.outcomes)
			}
			h.Write(func(tx *store.Tx) error { // judging again changes nothing
				for _, p := range h.Precedents(merged[0].Pattern.ID) {
					learn.Consider(tx, p.DecisionID)
				}
				return nil
			})
			h.Judge()
			if s := h.lessonAt(merged[0]); s.Assessment.Outcomes != tc.outcomes {
				t.Errorf("judged again it has a record of %d, want %d", s.Assessment.Outcomes, tc.outcomes)
			}
			if err := h.Act(func(tx *store.Tx) error {
				gone := list[1].Pattern
				gone.Version++
				_, err := h.Memory.Resume(t.Context(), tx, learntest.ChangeOf(gone))
				return err
			}); club.CodeOf(err) != club.CodeConflict {
				t.Errorf("a merged pattern is resumed: %v", err)
			}
			if err := h.Act(func(tx *store.Tx) error {
				_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(merged[0].Pattern), list[1].Pattern.ID)
				return err
			}); club.CodeOf(err) != club.CodeConflict {
				t.Errorf("a pattern is merged into one that is gone: %v", err)
			}
		})
	}
}

func TestASplitTakesSituationsAndWhatCameOfThemAlong(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	h.Teach("vouchers for a friend?", learntest.AtCounter, "usr_oscar")
	h.Teach("can I buy balls", learntest.AtCounter, "usr_opal")
	whole := h.Lessons()[0]
	list := h.Precedents(whole.Pattern.ID)
	split := func(ids ...club.PrecedentID) error {
		return h.Act(func(tx *store.Tx) error {
			_, err := h.Memory.Split(t.Context(), tx, h.Keys, learntest.ChangeOf(whole.Pattern), "Balls", ids)
			return err
		})
	}
	for name, ids := range map[string][]club.PrecedentID{"none": nil, "all": {list[0].ID, list[1].ID, list[2].ID}, "a foreign one": {"pre_x"}} {
		if err := split(ids...); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s is split off: %v", name, err)
		}
	}
	if err := h.Act(func(tx *store.Tx) error {
		_, err := h.Memory.Split(t.Context(), tx, h.Keys, learntest.ChangeOf(whole.Pattern), " ", []club.PrecedentID{list[0].ID})
		return err
	}); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("a part without a name is split off: %v", err)
	}
	whole = h.Lessons()[0]
	if err := split(list[0].ID); err != nil {
		t.Fatal(err)
	}
	parts := h.Lessons()
	if len(parts) != 2 || len(parts[0].Texts) != 2 || len(parts[1].Texts) != 1 || parts[1].Pattern.Title != "Balls" || parts[1].Reply != learntest.AtCounter {
		t.Fatalf("after the split: %+v", parts)
	}
	if a, b := h.lessonAt(parts[0]).Assessment.Outcomes, h.lessonAt(parts[1]).Assessment.Outcomes; a != 2 || b != 1 {
		t.Errorf("records of %d and %d, want 2 and 1", a, b)
	}
	h.Write(func(tx *store.Tx) error { learn.Consider(tx, list[0].DecisionID); return nil })
	h.Judge()
	if a, b := h.lessonAt(parts[0]).Assessment.Outcomes, h.lessonAt(parts[1]).Assessment.Outcomes; a != 2 || b != 1 {
		t.Errorf("judged again: records of %d and %d, want 2 and 1", a, b)
	}
}

func TestAForgottenSituationTeachesNothingAnyMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	h.Teach("vouchers for a friend?", learntest.AtCounter, "usr_oscar")
	l := h.Lessons()[0]
	gone := h.Precedents(l.Pattern.ID)[0]
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Forget(t.Context(), tx, learntest.ChangeOf(l.Pattern), gone.ID)
		return err
	})
	l = h.Lessons()[0]
	if s := h.lessonAt(l); len(l.Texts) != 1 || s.Assessment.Outcomes != 1 || s.Assessment.People != 1 {
		t.Errorf("%d situations and a record of %+v", len(l.Texts), s.Assessment)
	}
	h.Write(func(tx *store.Tx) error { learn.Consider(tx, gone.DecisionID); return nil })
	h.Judge()
	if s := h.lessonAt(l); s.Assessment.Outcomes != 1 {
		t.Errorf("judged again it counts %d", s.Assessment.Outcomes)
	}
	if err := h.Act(func(tx *store.Tx) error {
		_, err := h.Memory.Forget(t.Context(), tx, learntest.ChangeOf(h.Lessons()[0].Pattern), gone.ID)
		return err
	}); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("forgotten twice: %v", err)
	}
	if h.Audited("precedent.forgotten") != 1 || storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM precedents") != 1 {
		t.Error("it is still there, or nobody wrote down that it is gone")
	}
}

func TestABreakerIsTrippedAndClosedByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.outcomes(3, club.TierSuggest, club.OutcomeSuccess)
	row := h.PatternOf("frozen")
	trip := func(tx *store.Tx) error {
		_, err := h.Memory.TripBreaker(t.Context(), tx, learntest.ChangeOf(row))
		return err
	}
	h.Write(trip)
	if s := h.Standing("frozen", h.Bays[0]); s.Ceiling != club.TierApprove || s.Assessment.Outcomes != 3 {
		t.Errorf("stopped by hand it may do %s on a record of %d", s.Ceiling, s.Assessment.Outcomes)
	}
	if err := h.Act(trip); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("tripped twice: %v", err)
	}
	closing := func(kind, scope string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			return h.Memory.CloseBreaker(t.Context(), tx, learntest.Admin, kind, scope, "it was the cable")
		}
	}
	h.Write(closing("pattern", row.ID.String()))
	if s := h.Standing("frozen", h.Bays[0]); s.Ceiling != club.TierAuto {
		t.Errorf("closed by hand it may do %s", s.Ceiling)
	}
	if err := h.Act(closing("pattern", row.ID.String())); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("closed twice: %v", err)
	}
	if err := h.Act(closing("action", "make_coffee")); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("a breaker that is none: %v", err)
	}
	if err := h.Act(func(tx *store.Tx) error {
		p := learntest.Admin
		p.Role = club.RoleOperator
		return h.Memory.CloseBreaker(t.Context(), tx, p, "club", "", "")
	}); club.CodeOf(err) != club.CodeForbidden {
		t.Errorf("an operator closes a breaker: %v", err)
	}
	if learn.Recovery("pattern") != 9 {
		t.Error("nine good outcomes close a pattern's breaker")
	}
}

func TestAMergedPatternHasTheTierThatBothHaveEarned(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stays, gone := h.Twins()
	if d, err := h.find(stays.ID); err != nil || d.Mode != learn.ModeQuarantine {
		t.Fatalf("two outcomes are %s (%v)", d.Mode, err)
	}
	var into store.DecisionPattern
	h.Write(func(tx *store.Tx) (err error) {
		into, err = h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(gone), stays.ID)
		return err
	})
	d, err := h.find(stays.ID)
	if err != nil || d.Mode != learn.ModeLearning || d.Pattern.Version != into.Version || into.Earned != club.TierApprove {
		t.Errorf("three outcomes are %s, version %d of %d (%v)", d.Mode, into.Version, d.Pattern.Version, err)
	}
	if n := h.Audited("pattern.promoted"); n != 1 {
		t.Errorf("%d promotions are written down", n)
	}
}

func TestWhatIsReportedIsNotMergedWithWhatMembersWrite(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	texts, reports := h.Twins()
	storetest.Exec(t, h.Tenant, "UPDATE decision_patterns SET domain = 'error' WHERE id = $1", reports.ID)
	for _, pair := range [][2]store.DecisionPattern{{texts, reports}, {reports, texts}} {
		if err := h.Act(func(tx *store.Tx) error {
			_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(pair[0]), pair[1].ID)
			return err
		}); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s into %s: %v", pair[0].Title, pair[1].Title, err)
		}
	}
}

func TestAPatternIsNotMergedIntoOneThatIsNotThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	row, _ := h.Twins()
	if err := h.Act(func(tx *store.Tx) error {
		_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(row), "pat_none")
		return err
	}); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("merged into nothing: %v", err)
	}
}

func TestASituationOfWhichNothingCameIsForgottenAsWell(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]string{
		"nothing was judged yet":   "DELETE FROM pattern_outcomes",
		"its decision is not kept": "UPDATE precedents SET decision_id = NULL",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
			h.Teach("vouchers for a friend?", learntest.AtCounter, "usr_oscar")
			storetest.Exec(t, h.Tenant, lose)
			l := h.Lessons()[0]
			h.Write(func(tx *store.Tx) error {
				_, err := h.Memory.Forget(t.Context(), tx, learntest.ChangeOf(l.Pattern), h.Precedents(l.Pattern.ID)[0].ID)
				return err
			})
			if l = h.Lessons()[0]; len(l.Texts) != 1 || h.Audited("precedent.forgotten") != 1 {
				t.Errorf("%d situations are left", len(l.Texts))
			}
		})
	}
}

func TestASituationOfWhichNothingCameIsSplitOffWithoutARecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	h.Teach("vouchers for a friend?", learntest.AtCounter, "usr_oscar")
	storetest.Exec(t, h.Tenant, "DELETE FROM pattern_outcomes")
	l := h.Lessons()[0]
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Split(t.Context(), tx, h.Keys, learntest.ChangeOf(l.Pattern), "Friends", []club.PrecedentID{h.Precedents(l.Pattern.ID)[0].ID})
		return err
	})
	parts := h.Lessons()
	if len(parts) != 2 || len(parts[1].Texts) != 1 || storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM pattern_outcomes") != 0 {
		t.Errorf("after the split: %+v", parts)
	}
}

// stopped are the ways in which people and breakers stop a pattern, with what it may do then.
func (h *house) stopped() map[string]struct {
	stop func(*store.Tx, learn.Change) error
	may  club.Tier
} {
	return map[string]struct {
		stop func(*store.Tx, learn.Change) error
		may  club.Tier
	}{
		"paused": {func(tx *store.Tx, c learn.Change) error {
			_, err := h.Memory.Pause(h.T.Context(), tx, c)
			return err
		}, club.TierEscalate},
		"limited": {func(tx *store.Tx, c learn.Change) error {
			_, err := h.Memory.Pin(h.T.Context(), tx, c, club.TierApprove)
			return err
		}, club.TierApprove},
		"behind its breaker": {func(tx *store.Tx, c learn.Change) error {
			_, err := h.Memory.TripBreaker(h.T.Context(), tx, c)
			return err
		}, club.TierApprove},
	}
}

func TestWhatStopsAPatternStopsTheOneThatItIsMergedInto(t *testing.T) {
	t.Parallel()
	for name, tc := range (&house{}).stopped() {
		for _, side := range []string{"the one that goes", "the one that stays"} {
			t.Run(side+" is "+name, func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				stays, gone := h.Twins()
				acts := func() int {
					return h.Audited("pattern.paused") + h.Audited("pattern.pinned") + h.Audited("breaker.tripped")
				}
				before := acts()
				row := map[string]store.DecisionPattern{"the one that goes": gone, "the one that stays": stays}[side]
				h.Write(func(tx *store.Tx) error { return h.stopped()[name].stop(tx, learntest.ChangeOf(row)) })
				gone = h.Lessons()[1].Pattern
				h.Write(func(tx *store.Tx) error {
					_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(gone), stays.ID)
					return err
				})
				l := h.Lessons()[0]
				if s := h.lessonAt(l); s.Ceiling != tc.may || len(s.Limits) != 1 {
					t.Errorf("what stays may do %s: %v", s.Ceiling, s.Limits)
				}
				if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM breakers WHERE tripped_at IS NOT NULL AND scope <> $1", l.Pattern.ID); n != 0 {
					t.Errorf("%d breakers hold a pattern that is a part of another one", n)
				}
				if want := map[string]int{"the one that goes": 2, "the one that stays": 1}[side]; acts()-before != want {
					t.Errorf("the stop is written down %d times, want %d", acts()-before, want)
				}
			})
		}
	}
}

func TestASituationThatIsSplitOffStaysStopped(t *testing.T) {
	t.Parallel()
	for name, tc := range (&house{}).stopped() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			whole, _ := h.Twins()
			h.Write(func(tx *store.Tx) error { return h.stopped()[name].stop(tx, learntest.ChangeOf(whole)) })
			whole = h.Lessons()[0].Pattern
			var part store.DecisionPattern
			h.Write(func(tx *store.Tx) (err error) {
				part, err = h.Memory.Split(t.Context(), tx, h.Keys, learntest.ChangeOf(whole), "Friends", []club.PrecedentID{h.Precedents(whole.ID)[0].ID})
				return err
			})
			for _, l := range h.Lessons() {
				if s := h.lessonAt(l); (l.Pattern.ID == part.ID || l.Pattern.ID == whole.ID) && s.Ceiling != tc.may {
					t.Errorf("%s may do %s: %v", l.Pattern.Title, s.Ceiling, s.Limits)
				}
			}
		})
	}
}

func TestOfTwoTrippedBreakersTheOneHoldsThatHasSeenLessGood(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stays, gone := h.Twins()
	for _, row := range []store.DecisionPattern{stays, gone} {
		h.Breaks("pattern", row.ID.String())
	}
	storetest.Exec(t, h.Tenant, "UPDATE breakers SET good_since = 7 WHERE scope = $1", stays.ID)
	storetest.Exec(t, h.Tenant, "UPDATE breakers SET good_since = 3 WHERE scope = $1", gone.ID)
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(gone), stays.ID)
		return err
	})
	if n := storetest.Count(t, h.Tenant, "SELECT good_since FROM breakers WHERE scope = $1", stays.ID); n != 3 {
		t.Errorf("it has seen %d good outcomes", n)
	}
}

func TestARetiredPatternIsNotMerged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stays, gone := h.Twins()
	h.Write(func(tx *store.Tx) (err error) {
		gone, err = h.Memory.Retire(t.Context(), tx, learntest.ChangeOf(gone))
		return err
	})
	if err := h.Act(func(tx *store.Tx) error {
		_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(gone), stays.ID)
		return err
	}); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("what was taken out of use is in use again: %v", err)
	}
}
