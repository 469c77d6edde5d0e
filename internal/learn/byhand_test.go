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
	h.T.Helper()
	h.Decide("frozen", h.Bays[0], club.TierSuggest) // the procedure has done something before
	h.Clock.Advance(time.Hour)
	h.Write(func(tx *store.Tx) error {
		ctx := h.T.Context()
		evidence, err := json.Marshal(club.Evidence{Text: "the picture stands still", Rule: learn.RuleNoMatch, Candidates: []club.Candidate{{SOP: h.SOPs["wifi"], Confidence: 0.3}, {SOP: h.SOPs["frozen"], Confidence: 0.2}}})
		if err != nil {
			return err
		}
		dec := store.Decision{ID: club.NewDecisionID(tx.Now), ThreadID: h.Thread.ID, SubjectID: h.Thread.SubjectID, Kind: "escalate", Title: "Nothing known fits", EarnedTier: club.TierEscalate, Tier: club.TierEscalate,
			Evidence: string(evidence), Steps: "{}", LocationID: h.Place, BayID: h.Bays[0], CorrelationID: tx.Correlation, CreatedAt: tx.Now}
		if err := tx.CreateDecision(ctx, store.CreateDecisionParams(dec)); err != nil {
			return err
		}
		id := club.NewExecutionID(tx.Now)
		if _, err := tx.CreateExecution(ctx, store.CreateExecutionParams{ID: id, ThreadID: h.Thread.ID, Action: action, Params: "{}", LocationID: h.Place, BayID: h.Bays[0], IdempotencyKey: id.String(),
			Outcome: club.OutcomeSuccess, Proofs: "[]", RequestedBy: "user:usr_opal", CorrelationID: tx.Correlation, CreatedAt: tx.Now, FinishedAt: &tx.Now}); err != nil {
			return err
		}
		return h.Memory.Teach(ctx, tx, h.Keys, learn.Reply{Thread: h.Thread, By: club.Actor{Kind: club.ActorUser, ID: "usr_opal"}, Words: "I have seen to it, have a good round."})
	})
	h.Judge()
}

func TestWhoDoesByHandWhatAProcedureDoesTeachesTheProcedure(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.acted("reboot_pc")
	if list := h.Lessons(); len(list) != 0 {
		t.Errorf("a lesson was founded beside the procedure: %+v", list)
	}
	l, err := h.learned(t.Context())
	if err != nil || len(l.Precedents) != 1 || l.Precedents[0].SOP != h.SOPs["frozen"] {
		t.Errorf("the situation belongs to %+v, %v", l.Precedents, err)
	}
}

func TestWhoDoesSomethingElseByHandFoundsALesson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.acted("reset_audio")
	if list := h.Lessons(); len(list) != 1 || len(list[0].Actions()) != 1 || list[0].Actions()[0] != "reset_audio" {
		t.Errorf("learned %+v", list)
	}
}

func TestARecordKeepsHowUnsureItsMatchesWere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.Decide("frozen", h.Bays[0], club.TierSuggest)
	h.Execute(dec, club.OutcomeSuccess, "[]")
	h.Judge()
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM pattern_tallies WHERE expected > 0.98 AND expected < 1 AND seen = 1"); n != 1 {
		t.Error("a success of a match of 0.99 is not kept as one")
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM pattern_outcomes WHERE probability > 0.98 AND probability < 1"); n != 1 {
		t.Error("the outcome does not say how probable its match was")
	}
}
