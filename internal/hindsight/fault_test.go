package hindsight_test

import (
	"context"
	"testing"

	"clubos/internal/club"
	"clubos/internal/hindsight"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestATrialThatFailsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stays, gone := h.Twins()
	about, err := learn.PlanOf(h.Lessons()[1])
	if err != nil {
		t.Fatal(err)
	}
	h.Took(about, "vouchers", "a voucher", club.TierEscalate, &club.Course{}) // what was only weighed stays where it is
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(gone), stays.ID)
		return err
	})
	row := h.Lessons()[0].Pattern
	before := h.Changes()
	for name, trial := range map[string]hindsight.Trial{
		"a part is taken out": {Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error {
			_, err := h.Memory.Split(t.Context(), tx, h.Keys, learntest.ChangeOf(row), "Friends", []club.PrecedentID{h.Precedents(row.ID)[0].ID})
			return err
		}},
		"other thresholds": {Act: func(tx *store.Tx) error {
			return setting.PutThresholds(t.Context(), tx, learntest.Admin.Actor, club.Thresholds{High: 0.99, Medium: 0.98, Low: 0.97})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachFailureOf(t, func(ctx context.Context) error {
				_, err := hindsight.Try(ctx, h.Tenant, h.Keys, trial)
				return err
			}, func() {
				if n := h.Changes(); n != before {
					t.Fatalf("%d changes are left behind", n-before)
				}
			})
		})
	}
}

func TestNoFailureOfTheDatabaseIsKeptQuietWhenSwitchesAreTried(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Took(h.Plan("frozen"), "frozen", "frozen", club.TierSuggest, &club.Course{})
	storetest.EachFailure(t, h.Tenant, func(ctx context.Context, tx *store.Tx) error {
		_, err := hindsight.TrySwitches(ctx, tx, "", []string{"device"})
		return err
	})
}

func TestWhatIsDamagedIsNotReplayed(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"a lesson's steps":      "UPDATE decision_patterns SET steps = '[]' WHERE id = $1",
		"a lesson's words":      "UPDATE decision_patterns SET reply = (SELECT o.reply FROM decision_patterns o WHERE o.id <> $1 AND o.reply IS NOT NULL) WHERE id = $1",
		"a decision's evidence": "UPDATE decisions SET evidence = '[]' WHERE $1 <> ''",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			_, damaged := h.Twins()
			about, err := learn.PlanOf(h.Lessons()[1])
			if err != nil {
				t.Fatal(err)
			}
			h.Took(about, "vouchers", "a voucher", club.TierApprove, &club.Course{})
			storetest.Exec(t, h.Tenant, damage, damaged.ID)
			if _, err := hindsight.Try(t.Context(), h.Tenant, h.Keys, hindsight.Trial{Patterns: []club.PatternID{damaged.ID}, Act: func(*store.Tx) error { return nil }}); club.CodeOf(err) != club.CodeInternal {
				t.Errorf("a trial: %v", err)
			}
		})
	}
}

func TestATrialCountsEverySituationOfALargePattern(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	row := h.Lessons()[0].Pattern
	h.Situated(row.ID, 250)
	e := h.try(hindsight.Trial{Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error {
		oldest, err := tx.FindPrecedentsOfPattern(t.Context(), store.FindPrecedentsOfPatternParams{PatternID: row.ID, Limit: 1000})
		if err != nil {
			return err
		}
		_, err = h.Memory.Forget(t.Context(), tx, learntest.ChangeOf(row), oldest[len(oldest)-1].ID)
		return err
	}})
	if len(e.Evidence) != 1 || e.Evidence[0].Situations != 251 || e.Evidence[0].SituationsAfter != 250 {
		t.Errorf("of 251 situations one is forgotten: %+v", e.Evidence)
	}
}
