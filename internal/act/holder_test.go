package act

import (
	"slices"
	"testing"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/knowledge"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// reported opens a situation about the member's booking, in a thread of its own.
func (w *world) reported() (th store.Thread) {
	w.t.Helper()
	w.write(func(tx *store.Tx) error {
		ctx := w.t.Context()
		s, err := people.Subject(ctx, tx, w.keys, event.Reporter)
		if err != nil {
			return err
		}
		if err := tx.PutLine(ctx, store.PutLineParams{Number: "+15550001", Provider: "twilio", LocationID: w.location, CreatedAt: tx.Now}); err != nil {
			return err
		}
		id := club.NewThreadID(tx.Now)
		if err := tx.CreateThread(ctx, store.CreateThreadParams{ID: id, SubjectID: s.ID, LocationID: w.location, BayID: w.bay, Provider: club.EventProvider, Status: club.ThreadAwaitingAI,
			Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
			return err
		}
		if err := tx.CreateSituation(ctx, store.CreateSituationParams{ID: club.NewSituationID(tx.Now), Domain: "booking", Code: club.EventBookingNoShow, ThreadID: id, LocationID: w.location,
			BayID: w.bay, BookingID: w.booking, Title: "Nobody came to a booking", Context: "{}", Bays: 1, OpenedAt: tx.Now, CorrelationID: tx.Correlation}); err != nil {
			return err
		}
		th, err = thread.Find(ctx, tx, id)
		return err
	})
	return th
}

func TestTheWordsOfARunAboutAReportAreReadByWhoeverHasBooked(t *testing.T) {
	t.Parallel()
	w := build(t)
	about := w.reported()
	told := func(to club.SubjectID) {
		w.write(func(tx *store.Tx) error {
			d := store.Decision{ID: club.NewDecisionID(tx.Now), ThreadID: about.ID, SubjectID: to, Kind: "answer", Title: "test", Tier: club.TierAuto, EarnedTier: club.TierAuto,
				Evidence: "{}", Steps: "[]", LocationID: w.location, BayID: w.bay, BookingID: w.booking, CorrelationID: tx.Correlation, CreatedAt: tx.Now}
			if err := tx.CreateDecision(t.Context(), store.CreateDecisionParams(d)); err != nil {
				return err
			}
			return w.engine.Start(t.Context(), tx, w.keys, Run{Decision: d, Steps: []knowledge.Step{{Reply: "Hi {{member_first_name|there}}, we missed you."}}, By: club.System("decide")})
		})
		w.drain()
	}
	told(w.thread.SubjectID)
	if got := w.texts(); !slices.Equal(got, []string{"Hi Alex, we missed you."}) || len(w.reasons) != 0 {
		t.Errorf("the member reads %q, people hear %v", got, w.reasons)
	}
	told(w.stranger("+14155550999").ID) // who had the booking when it was decided on
	if got := w.texts(); len(got) != 1 || len(w.reasons) != 1 {
		t.Errorf("the member reads %q that was for somebody else; people hear %v", got, w.reasons)
	}
}
