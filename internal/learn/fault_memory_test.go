package learn_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"clubos/internal/act"
	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/notify"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// fresh is a memory that has read nothing yet.
func (h *house) fresh(ring *vault.Ring) *learn.Memory {
	log := slog.New(slog.DiscardHandler)
	return learn.New(learn.Config{Ring: ring, Log: log, Values: act.Values, Notifier: notify.New(notify.Config{Log: log, Posters: func(club.Slug) (notify.Poster, bool) { return nil, false }})})
}

func TestNoFailureOfTheDatabaseIsKeptQuiet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stays, gone := h.Twins()
	h.Decide("frozen", h.Bays[0], club.TierAuto)
	refuted, open := h.reviewed("frozen"), h.reviewed("frozen")
	if err := h.answer(learn.Review{Decision: refuted.ID, By: operator("usr_opal"), Fault: learn.FaultMatter}); err != nil {
		t.Fatal(err)
	}
	procedure, situations := h.PatternOf("frozen"), h.Precedents(stays.ID)
	answer := func(r learn.Review) func(context.Context, *store.Tx) error {
		r.Decision, r.By = open.ID, operator("usr_opal")
		return func(ctx context.Context, tx *store.Tx) error {
			_, err := h.fresh(vaulttest.Ring(t)).Answer(ctx, tx, h.Keys, r)
			return err
		}
	}
	stop := func(ctx context.Context, tx *store.Tx) error {
		_, err := h.Memory.TripBreaker(ctx, tx, learntest.ChangeOf(procedure))
		return err
	}
	for name, op := range map[string]func(context.Context, *store.Tx) error{
		"a pattern is pinned": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.Memory.Pin(ctx, tx, learntest.ChangeOf(stays), club.TierApprove)
			return err
		},
		"a pattern is corrected": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.Memory.Correct(ctx, tx, h.Keys, learntest.ChangeOf(stays), learn.Correction{Title: "Vouchers", Words: learntest.ByPost})
			return err
		},
		"two are merged, and what they became is deleted": func(ctx context.Context, tx *store.Tx) error {
			into, err := h.Memory.Merge(ctx, tx, h.Keys, learntest.ChangeOf(gone), stays.ID)
			if err != nil {
				return err
			}
			return h.Memory.Delete(ctx, tx, learntest.ChangeOf(into))
		},
		"one is split": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.Memory.Split(ctx, tx, h.Keys, learntest.ChangeOf(stays), "Friends", []club.PrecedentID{situations[0].ID})
			return err
		},
		"a situation is forgotten": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.Memory.Forget(ctx, tx, learntest.ChangeOf(stays), situations[0].ID)
			return err
		},
		"a breaker is tripped and closed by hand": func(ctx context.Context, tx *store.Tx) error {
			if err := stop(ctx, tx); err != nil {
				return err
			}
			return h.Memory.CloseBreaker(ctx, tx, learntest.Admin, "pattern", procedure.ID.String(), "")
		},
		"breakers are listed with their places": func(ctx context.Context, tx *store.Tx) error {
			if err := stop(ctx, tx); err != nil {
				return err
			}
			list, err := h.Memory.Breakers(ctx, tx)
			if err != nil {
				return err
			}
			_, err = h.Memory.BreakerPlace(ctx, tx, list[0])
			return err
		},
		"patterns are listed": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.Memory.List(ctx, tx, setting.Settings{Thresholds: club.DefaultThresholds()}, learn.Filter{Size: 50})
			return err
		},
		"a procedure's pattern is shown": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.Memory.Find(ctx, tx, h.Keys, setting.Settings{Thresholds: club.DefaultThresholds()}, procedure.ID)
			return err
		},
		"a lesson is shown": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.Memory.Find(ctx, tx, h.Keys, setting.Settings{Thresholds: club.DefaultThresholds()}, stays.ID)
			return err
		},
		"words are looked up": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.Memory.Words(ctx, tx, h.Keys, stays.ID)
			return err
		},
		"lessons are read": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.fresh(vaulttest.Ring(t)).Learned(ctx, tx, h.Keys)
			return err
		},
		"a plan's standing is read": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.Memory.Standing(ctx, tx, setting.Settings{}, h.Plan("frozen"), reliability.Place{}, 1)
			return err
		},
		"a decision's ceiling is read": func(ctx context.Context, tx *store.Tx) error {
			_, _, err := h.fresh(vaulttest.Ring(t)).Ceiling(ctx, tx, open)
			return err
		},
		"a procedure is weighed for the first time": func(ctx context.Context, tx *store.Tx) error {
			return h.Memory.Remember(ctx, tx, open, []learn.Weighed{{Plan: h.Plan("wifi"), Role: learn.RoleWeighed}})
		},
		"reviews are listed": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.Memory.Reviews(ctx, tx, operator("usr_opal"), "", "", 10)
			return err
		},
		"a review names other words":    answer(learn.Review{Fault: learn.FaultMatter, Words: "The printer is behind the counter."}),
		"a review names another lesson": answer(learn.Review{Fault: learn.FaultMatter, Instead: stays.ID}),
		"a review says right":           answer(learn.Review{Right: true}),
	} {
		t.Run(name, func(t *testing.T) { storetest.EachFailure(t, h.Tenant, op) })
	}
}

// judging fails the judging of a decision at each of its statements, until it goes through; state must stay as it
// was until then.
func (h *house) judging(id club.DecisionID, state func() int) {
	h.T.Helper()
	before := state()
	storetest.EachFailureOf(h.T, func(ctx context.Context) error {
		return h.Memory.Judge(ctx, h.Tenant, learn.ConsiderJob{Decision: id})
	}, func() {
		if got := state(); got != before {
			h.T.Fatalf("a judging that failed changed %d to %d", before, got)
		}
	})
}

func TestABreakerTripsAndClosesAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	state := func() int {
		return storetest.Count(t, h.Tenant, "SELECT (SELECT COUNT(*) FROM audit_entries) + 1000 * (SELECT COUNT(*) FROM pattern_outcomes) + 1000000 * (SELECT COUNT(*) FROM breakers WHERE tripped_at IS NOT NULL)")
	}
	h.outcomes(2, club.TierAuto, club.OutcomeTimeout)
	third := h.Decide("frozen", h.Bays[0], club.TierAuto)
	h.Execute(third, club.OutcomeTimeout, "[]")
	h.judging(third.ID, state)
	if got := h.tripped(); len(got) != 1 || got[0] != "pattern" {
		t.Fatalf("the third failure trips %v", got)
	}
	h.Clock.Advance(25 * time.Hour)
	h.outcomes(8, club.TierApprove, club.OutcomeSuccess)
	ninth := h.Decide("frozen", h.Bays[0], club.TierApprove)
	h.Execute(ninth, club.OutcomeSuccess, "[]")
	h.judging(ninth.ID, state)
	if got := h.tripped(); len(got) != 0 {
		t.Errorf("after the ninth good outcome %v are tripped", got)
	}
}

func TestAnOutcomeIsRecordedAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	state := func() int { return storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM pattern_outcomes") }
	taught := h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	h.Clock.Advance(25 * time.Hour)
	quiet := h.Decide("wifi", h.Bays[0], club.TierAuto)
	h.Run(quiet, "done")
	done := h.Decide("frozen", h.Bays[0], club.TierSuggest)
	h.Run(done, "done")
	h.Propose(done, club.ProposalApproved, "usr_opal")
	h.Execute(done, club.OutcomeSuccess, "[]")
	h.Clock.Advance(3 * time.Hour)
	h.Decide("wifi", h.Bays[1], club.TierApprove)
	h.Clock.Advance(22 * time.Hour)
	h.judging(done.ID, state)
	h.judging(taught.ID, state)
	if a, b := h.Outcome(quiet), h.Outcome(done); a != "silent" || b != "verified" {
		t.Errorf("after all failures the outcomes are %q and %q", a, b)
	}
}
