package learn_test

import (
	"encoding/json"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// acted has a person do something by hand about a text that nothing known was like enough, beside a procedure that
// was weighed, and then answer.
func (h *house) acted(action club.ActionName) {
	h.t.Helper()
	h.decide("frozen", h.bays[0], club.TierSuggest) // the procedure has done something before
	h.clock.Advance(time.Hour)
	h.write(func(tx *store.Tx) error {
		ctx := h.t.Context()
		evidence, err := json.Marshal(club.Evidence{Text: "the picture stands still", Rule: learn.RuleNoMatch, Candidates: []club.Candidate{{SOP: h.sops["wifi"], Confidence: 0.3}, {SOP: h.sops["frozen"], Confidence: 0.2}}})
		if err != nil {
			return err
		}
		dec := store.Decision{ID: club.NewDecisionID(tx.Now), ThreadID: h.thread.ID, SubjectID: h.thread.SubjectID, Kind: "escalate", Title: "Nothing known fits", EarnedTier: club.TierEscalate, Tier: club.TierEscalate,
			Evidence: string(evidence), Steps: "{}", LocationID: h.place, BayID: h.bays[0], CorrelationID: tx.Correlation, CreatedAt: tx.Now}
		if err := tx.CreateDecision(ctx, store.CreateDecisionParams(dec)); err != nil {
			return err
		}
		id := club.NewExecutionID(tx.Now)
		if _, err := tx.CreateExecution(ctx, store.CreateExecutionParams{ID: id, ThreadID: h.thread.ID, Action: action, Params: "{}", LocationID: h.place, BayID: h.bays[0], IdempotencyKey: id.String(),
			Outcome: club.OutcomeSuccess, Proofs: "[]", RequestedBy: "user:usr_opal", CorrelationID: tx.Correlation, CreatedAt: tx.Now, FinishedAt: &tx.Now}); err != nil {
			return err
		}
		return h.memory.Teach(ctx, tx, h.keys, learn.Reply{Thread: h.thread, By: club.Actor{Kind: club.ActorUser, ID: "usr_opal"}, Words: "I have seen to it, have a good round."})
	})
	h.judge()
}

func TestWhoDoesByHandWhatAProcedureDoesTeachesTheProcedure(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.acted("reboot_pc")
	if list := h.lessons(); len(list) != 0 {
		t.Errorf("a lesson was founded beside the procedure: %+v", list)
	}
	l, err := h.learned(t.Context())
	if err != nil || len(l.Precedents) != 1 || l.Precedents[0].SOP != h.sops["frozen"] {
		t.Errorf("the situation belongs to %+v, %v", l.Precedents, err)
	}
}

func TestWhoDoesSomethingElseByHandFoundsALesson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.acted("reset_audio")
	if list := h.lessons(); len(list) != 1 || len(list[0].Actions()) != 1 || list[0].Actions()[0] != "reset_audio" {
		t.Errorf("learned %+v", list)
	}
}

func TestARecordKeepsHowUnsureItsMatchesWere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.decide("frozen", h.bays[0], club.TierSuggest)
	h.execute(dec, club.OutcomeSuccess, "[]")
	h.judge()
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM pattern_tallies WHERE expected > 0.98 AND expected < 1 AND seen = 1"); n != 1 {
		t.Error("a success of a match of 0.99 is not kept as one")
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM pattern_outcomes WHERE probability > 0.98 AND probability < 1"); n != 1 {
		t.Error("the outcome does not say how probable its match was")
	}
}
