package learn_test

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// wrote has the member write once more.
func (h *house) wrote() {
	h.T.Helper()
	h.Clock.Advance(time.Second)
	h.Write(func(tx *store.Tx) error {
		_, err := tx.CreateMessage(h.T.Context(), store.CreateMessageParams{ID: club.NewMessageID(tx.Now), ThreadID: h.Thread.ID, Direction: club.DirectionIn, Author: club.AuthorMember, Provider: "twilio",
			Status: club.MessageReceived, Body: []byte("sealed"), Masked: "works again, thanks", Media: "[]", CorrelationID: tx.Correlation, Now: tx.Now})
		return err
	})
	h.Clock.Advance(time.Second)
}

func TestWhatCannotBeToldIsReviewedAndTheReviewCounts(t *testing.T) {
	t.Parallel()
	for answer, want := range map[bool]string{true: "reviewed", false: "refuted"} {
		h := newHouse(t)
		d := h.Decide("wifi", h.Bays[0], club.TierApprove)
		h.Propose(d, club.ProposalStale, "")
		h.Override(d, "replied", "usr_opal", "Ask at the counter, please.")
		h.Judge()
		h.Judge()
		if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM reviews WHERE answer = '' AND share = 1"); n != 1 {
			t.Fatalf("%d reviews wait, want 1", n)
		}
		if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM decision_truths"); n != 0 {
			t.Errorf("%d truths before anybody has said anything", n)
		}
		r := learn.Review{Decision: d.ID, By: operator("usr_oscar"), Right: answer}
		if !answer {
			r.Fault = learn.FaultWords
		}
		h.Write(func(tx *store.Tx) error { _, err := h.Memory.Answer(t.Context(), tx, h.Keys, r); return err })
		h.Judge()
		if got := h.Outcome(d); got != want {
			t.Errorf("outcome %q, want %q", got, want)
		}
		if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM decision_truths WHERE NOT alone"); n != 1 {
			t.Errorf("%d truths about what people decided, want 1", n)
		}
	}
}

func TestTheWordsOfAnotherMatterSpeakAgainstTheProcedure(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell gift vouchers", "Vouchers are sold at the counter, in any amount you like.", "usr_opal")
	h.Clock.Advance(time.Hour)
	d := h.Decide("wifi", h.Bays[0], club.TierApprove)
	h.Override(d, "replied", "usr_opal", "Vouchers are sold at the counter in any amount.")
	h.Judge()
	if got := h.Outcome(d); got != "corrected" {
		t.Errorf("outcome %q", got)
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM reviews"); n != 0 {
		t.Errorf("%d reviews", n)
	}
}

func TestWhatIsOnlyWrittenDownStaysSoWhenItIsCorrected(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Write(func(tx *store.Tx) error {
		row := store.DecisionPattern{ID: club.NewPatternID(tx.Now)}
		if _, err := tx.CreatePattern(t.Context(), store.CreatePatternParams{ID: row.ID, Domain: "error", Title: "The computer reported a fault", Steps: `{"steps":[{"ticket":"{{report}}"}]}`,
			Earned: club.TierEscalate, CreatedBy: "user:usr_opal", Now: tx.Now}); err != nil {
			return err
		}
		var err error
		if row, err = tx.FindPattern(t.Context(), row.ID); err != nil {
			return err
		}
		row, err = h.Memory.Correct(t.Context(), tx, h.Keys, learntest.ChangeOf(row), learn.Correction{Title: "A fault that passes"})
		if err != nil || !strings.Contains(row.Steps, "{{report}}") || row.Title != "A fault that passes" {
			t.Errorf("corrected to %+v, %v", row, err)
		}
		return nil
	})
}
