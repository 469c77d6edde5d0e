package learn_test

import (
	"bytes"
	"testing"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// A lesson whose row is damaged must neither be followed nor be taken for an empty one.
func TestADamagedLessonIsReportedByWhateverReadsIt(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"its steps are none":              "UPDATE decision_patterns SET steps = '[]' WHERE id = $1",
		"its words are another pattern's": "UPDATE decision_patterns SET reply = (SELECT o.reply FROM decision_patterns o WHERE o.id <> $1 AND o.reply IS NOT NULL) WHERE id = $1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			sound, damaged := h.Twins()
			storetest.Exec(t, h.Tenant, damage, damaged.ID)
			for act, fn := range map[string]func(*store.Tx) error{
				"learned": func(tx *store.Tx) error {
					_, err := h.fresh(vaulttest.Ring(t)).Learned(t.Context(), tx, h.Keys)
					return err
				},
				"find": func(tx *store.Tx) error {
					_, err := h.Memory.Find(t.Context(), tx, h.Keys, setting.Settings{}, damaged.ID)
					return err
				},
				"words": func(tx *store.Tx) error { _, err := h.Memory.Words(t.Context(), tx, h.Keys, damaged.ID); return err },
				"correct": func(tx *store.Tx) error {
					_, err := h.Memory.Correct(t.Context(), tx, h.Keys, learntest.ChangeOf(damaged), learn.Correction{Title: "t", Words: "w"})
					return err
				},
				"split": func(tx *store.Tx) error {
					_, err := h.Memory.Split(t.Context(), tx, h.Keys, learntest.ChangeOf(damaged), "t", []club.PrecedentID{h.Precedents(damaged.ID)[0].ID})
					return err
				},
				"merge it": func(tx *store.Tx) error {
					_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(damaged), sound.ID)
					return err
				},
				"merge into it": func(tx *store.Tx) error {
					_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(sound), damaged.ID)
					return err
				},
			} {
				if err := h.Act(fn); club.CodeOf(err) != club.CodeInternal {
					t.Errorf("%s: %v", act, err)
				}
			}
		})
	}
}

func TestADamagedDecisionIsNotJudged(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"its steps":                       "UPDATE decisions SET steps = '[]' WHERE id = $1",
		"what devices showed":             "UPDATE executions SET proofs = '{}' WHERE decision_id = $1",
		"what is known of what came next": "UPDATE decisions SET evidence = '[]' WHERE id <> $1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			dec := h.Decide("frozen", h.Bays[0], club.TierApprove)
			h.Run(dec, "done")
			h.Execute(dec, club.OutcomeSuccess, "[]")
			h.Decide("wifi", h.Bays[0], club.TierApprove)
			storetest.Exec(t, h.Tenant, damage, dec.ID)
			if err := h.Memory.Judge(t.Context(), h.Tenant, learn.ConsiderJob{Decision: dec.ID}); club.CodeOf(err) != club.CodeInternal {
				t.Errorf("judged: %v", err)
			}
			if got := h.Outcome(dec); got != "" {
				t.Errorf("its outcome is %q", got)
			}
		})
	}
}

func TestADecisionOfWhichTheEvidenceIsDamagedIsNotTaught(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	dec := h.reviewed("wifi")
	storetest.Exec(t, h.Tenant, "UPDATE decisions SET evidence = '[]' WHERE id = $1", dec.ID)
	if err := h.Act(func(tx *store.Tx) error {
		_, err := h.Memory.Answer(t.Context(), tx, h.Keys, learn.Review{Decision: dec.ID, By: operator("usr_opal"), Fault: learn.FaultMatter, Instead: h.Lessons()[0].Pattern.ID})
		return err
	}); club.CodeOf(err) != club.CodeInternal {
		t.Errorf("it is taught: %v", err)
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM reviews WHERE answer <> ''"); n != 0 {
		t.Error("a review that taught nothing counts as answered")
	}
	dec.Steps = "[]"
	h.Read(func(tx *store.Tx) error {
		if tier, _, err := h.Memory.Ceiling(t.Context(), tx, dec); club.CodeOf(err) != club.CodeInternal || tier != "" {
			t.Errorf("it may do %q: %v", tier, err)
		}
		return nil
	})
}

func TestNothingIsJudgedWithoutTheKeysOrTheDecision(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.Decide("wifi", h.Bays[0], club.TierApprove)
	h.Propose(dec, club.ProposalApproved, "usr_opal")
	other, err := vault.Open(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.fresh(vault.NewRing(other)).Judge(t.Context(), h.Tenant, learn.ConsiderJob{Decision: dec.ID}); err == nil || h.Outcome(dec) != "" {
		t.Errorf("with another master key: %v, outcome %q", err, h.Outcome(dec))
	}
	if err := h.Memory.Judge(t.Context(), h.Tenant, learn.ConsiderJob{Decision: "dec_none"}); err == nil {
		t.Error("a decision that is not there is judged")
	}
}
