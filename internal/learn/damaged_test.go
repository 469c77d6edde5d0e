package learn_test

import (
	"bytes"
	"testing"

	"clubos/internal/club"
	"clubos/internal/learn"
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
			sound, damaged := h.twins()
			storetest.Exec(t, h.tenant, damage, damaged.ID)
			for act, fn := range map[string]func(*store.Tx) error{
				"learned": func(tx *store.Tx) error {
					_, err := h.fresh(vaulttest.Ring(t)).Learned(t.Context(), tx, h.keys)
					return err
				},
				"find": func(tx *store.Tx) error {
					_, err := h.memory.Find(t.Context(), tx, h.keys, setting.Settings{}, damaged.ID)
					return err
				},
				"words": func(tx *store.Tx) error { _, err := h.memory.Words(t.Context(), tx, h.keys, damaged.ID); return err },
				"correct": func(tx *store.Tx) error {
					_, err := h.memory.Correct(t.Context(), tx, h.keys, changeOf(damaged), learn.Correction{Title: "t", Words: "w"})
					return err
				},
				"split": func(tx *store.Tx) error {
					_, err := h.memory.Split(t.Context(), tx, h.keys, changeOf(damaged), "t", []club.PrecedentID{h.precedents(damaged.ID)[0].ID})
					return err
				},
				"merge it": func(tx *store.Tx) error {
					_, err := h.memory.Merge(t.Context(), tx, h.keys, changeOf(damaged), sound.ID)
					return err
				},
				"merge into it": func(tx *store.Tx) error {
					_, err := h.memory.Merge(t.Context(), tx, h.keys, changeOf(sound), damaged.ID)
					return err
				},
			} {
				if err := h.act(fn); club.CodeOf(err) != club.CodeInternal {
					t.Errorf("%s: %v", act, err)
				}
			}
			if _, err := h.memory.Try(t.Context(), h.tenant, h.keys, learn.Trial{Patterns: []club.PatternID{damaged.ID}, Act: func(*store.Tx) error { return nil }}); club.CodeOf(err) != club.CodeInternal {
				t.Errorf("a trial: %v", err)
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
			dec := h.decide("frozen", h.bays[0], club.TierApprove)
			h.run(dec, "done")
			h.execute(dec, club.OutcomeSuccess, "[]")
			h.decide("wifi", h.bays[0], club.TierApprove)
			storetest.Exec(t, h.tenant, damage, dec.ID)
			if err := h.memory.Judge(t.Context(), h.tenant, learn.ConsiderJob{Decision: dec.ID}); club.CodeOf(err) != club.CodeInternal {
				t.Errorf("judged: %v", err)
			}
			if got := h.outcome(dec); got != "" {
				t.Errorf("its outcome is %q", got)
			}
		})
	}
}

func TestADecisionOfWhichTheEvidenceIsDamagedIsNotReplayedOrTaught(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.teach("do you sell vouchers", atCounter, "usr_opal")
	dec := h.reviewed("wifi")
	storetest.Exec(t, h.tenant, "UPDATE decisions SET evidence = '[]' WHERE id = $1", dec.ID)
	if _, err := h.memory.Try(t.Context(), h.tenant, h.keys, learn.Trial{Act: func(*store.Tx) error { return nil }}); club.CodeOf(err) != club.CodeInternal {
		t.Errorf("it is replayed: %v", err)
	}
	if err := h.act(func(tx *store.Tx) error {
		_, err := h.memory.Answer(t.Context(), tx, h.keys, learn.Review{Decision: dec.ID, By: operator("usr_opal"), Fault: learn.FaultMatter, Instead: h.lessons()[0].Pattern.ID})
		return err
	}); club.CodeOf(err) != club.CodeInternal {
		t.Errorf("it is taught: %v", err)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM reviews WHERE answer <> ''"); n != 0 {
		t.Error("a review that taught nothing counts as answered")
	}
	dec.Steps = "[]"
	h.read(func(tx *store.Tx) error {
		if tier, _, err := h.memory.Ceiling(t.Context(), tx, dec); club.CodeOf(err) != club.CodeInternal || tier != "" {
			t.Errorf("it may do %q: %v", tier, err)
		}
		return nil
	})
}

func TestNothingIsJudgedWithoutTheKeysOrTheDecision(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.decide("wifi", h.bays[0], club.TierApprove)
	h.propose(dec, club.ProposalApproved, "usr_opal")
	other, err := vault.Open(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.fresh(vault.NewRing(other)).Judge(t.Context(), h.tenant, learn.ConsiderJob{Decision: dec.ID}); err == nil || h.outcome(dec) != "" {
		t.Errorf("with another master key: %v, outcome %q", err, h.outcome(dec))
	}
	if err := h.memory.Judge(t.Context(), h.tenant, learn.ConsiderJob{Decision: "dec_none"}); err == nil {
		t.Error("a decision that is not there is judged")
	}
}
