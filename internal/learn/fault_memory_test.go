package learn_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"clubos/internal/act"
	"clubos/internal/club"
	"clubos/internal/learn"
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

// twins teaches one answer under two names, with records of two and of one, and returns what has more first.
func (h *house) twins() (stays, gone store.DecisionPattern) {
	h.t.Helper()
	h.teach("do you sell vouchers", atCounter, "usr_opal")
	h.teach("vouchers for a friend?", atCounter, "usr_oscar")
	h.teach("a present for mum", byPost, "usr_opal")
	h.write(func(tx *store.Tx) error {
		_, err := h.memory.Correct(h.t.Context(), tx, h.keys, changeOf(h.lessons()[1].Pattern), learn.Correction{Title: "Presents", Words: atCounter})
		return err
	})
	h.teachAs(h.lessons()[1], "another present", "usr_tess")
	list := h.lessons()
	return list[0].Pattern, list[1].Pattern
}

func TestNoFailureOfTheDatabaseIsKeptQuiet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stays, gone := h.twins()
	h.decide("frozen", h.bays[0], club.TierAuto)
	refuted, open := h.reviewed("frozen"), h.reviewed("frozen")
	if err := h.answer(learn.Review{Decision: refuted.ID, By: operator("usr_opal"), Fault: learn.FaultMatter}); err != nil {
		t.Fatal(err)
	}
	procedure, situations := h.patternOf("frozen"), h.precedents(stays.ID)
	answer := func(r learn.Review) func(context.Context, *store.Tx) error {
		r.Decision, r.By = open.ID, operator("usr_opal")
		return func(ctx context.Context, tx *store.Tx) error {
			_, err := h.fresh(vaulttest.Ring(t)).Answer(ctx, tx, h.keys, r)
			return err
		}
	}
	stop := func(ctx context.Context, tx *store.Tx) error {
		_, err := h.memory.TripBreaker(ctx, tx, changeOf(procedure))
		return err
	}
	for name, op := range map[string]func(context.Context, *store.Tx) error{
		"a pattern is pinned": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.memory.Pin(ctx, tx, changeOf(stays), club.TierApprove)
			return err
		},
		"a pattern is corrected": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.memory.Correct(ctx, tx, h.keys, changeOf(stays), learn.Correction{Title: "Vouchers", Words: byPost})
			return err
		},
		"two are merged, and what they became is deleted": func(ctx context.Context, tx *store.Tx) error {
			into, err := h.memory.Merge(ctx, tx, h.keys, changeOf(gone), stays.ID)
			if err != nil {
				return err
			}
			return h.memory.Delete(ctx, tx, changeOf(into))
		},
		"one is split": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.memory.Split(ctx, tx, h.keys, changeOf(stays), "Friends", []club.PrecedentID{situations[0].ID})
			return err
		},
		"a situation is forgotten": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.memory.Forget(ctx, tx, changeOf(stays), situations[0].ID)
			return err
		},
		"a breaker is tripped and closed by hand": func(ctx context.Context, tx *store.Tx) error {
			if err := stop(ctx, tx); err != nil {
				return err
			}
			return h.memory.CloseBreaker(ctx, tx, admin, "pattern", procedure.ID.String(), "")
		},
		"breakers are listed with their places": func(ctx context.Context, tx *store.Tx) error {
			if err := stop(ctx, tx); err != nil {
				return err
			}
			list, err := h.memory.Breakers(ctx, tx)
			if err != nil {
				return err
			}
			_, err = h.memory.BreakerPlace(ctx, tx, list[0])
			return err
		},
		"patterns are listed": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.memory.List(ctx, tx, setting.Settings{Thresholds: club.DefaultThresholds()}, learn.Filter{Size: 50})
			return err
		},
		"a procedure's pattern is shown": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.memory.Find(ctx, tx, h.keys, setting.Settings{Thresholds: club.DefaultThresholds()}, procedure.ID)
			return err
		},
		"a lesson is shown": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.memory.Find(ctx, tx, h.keys, setting.Settings{Thresholds: club.DefaultThresholds()}, stays.ID)
			return err
		},
		"words are looked up": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.memory.Words(ctx, tx, h.keys, stays.ID)
			return err
		},
		"lessons are read": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.fresh(vaulttest.Ring(t)).Learned(ctx, tx, h.keys)
			return err
		},
		"a plan's standing is read": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.memory.Standing(ctx, tx, setting.Settings{}, h.plan("frozen"), reliability.Place{}, 1)
			return err
		},
		"a decision's ceiling is read": func(ctx context.Context, tx *store.Tx) error {
			_, _, err := h.fresh(vaulttest.Ring(t)).Ceiling(ctx, tx, open)
			return err
		},
		"a procedure is weighed for the first time": func(ctx context.Context, tx *store.Tx) error {
			return h.memory.Remember(ctx, tx, open, []learn.Weighed{{Plan: h.plan("wifi"), Role: learn.RoleWeighed}})
		},
		"reviews are listed": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.memory.Reviews(ctx, tx, operator("usr_opal"), "", "", 10)
			return err
		},
		"a review names other words":    answer(learn.Review{Fault: learn.FaultMatter, Words: "The printer is behind the counter."}),
		"a review names another lesson": answer(learn.Review{Fault: learn.FaultMatter, Instead: stays.ID}),
		"a review says right":           answer(learn.Review{Right: true}),
		"switches are tried": func(ctx context.Context, tx *store.Tx) error {
			_, err := h.memory.TrySwitches(ctx, tx, "", []string{"device"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { storetest.EachFailure(t, h.tenant, op) })
	}
}

func TestATrialThatFailsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stays, gone := h.twins()
	about, err := learn.PlanOf(h.lessons()[1])
	if err != nil {
		t.Fatal(err)
	}
	h.took(about, "vouchers", "a voucher", club.TierEscalate, &club.Course{}) // what was only weighed stays where it is
	h.write(func(tx *store.Tx) error {
		_, err := h.memory.Merge(t.Context(), tx, h.keys, changeOf(gone), stays.ID)
		return err
	})
	row := h.lessons()[0].Pattern
	before := h.changes()
	for name, trial := range map[string]learn.Trial{
		"a part is taken out": {Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error {
			_, err := h.memory.Split(t.Context(), tx, h.keys, changeOf(row), "Friends", []club.PrecedentID{h.precedents(row.ID)[0].ID})
			return err
		}},
		"other thresholds": {Act: func(tx *store.Tx) error {
			return setting.PutThresholds(t.Context(), tx, admin.Actor, club.Thresholds{High: 0.99, Medium: 0.98, Low: 0.97})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachFailureOf(t, func(ctx context.Context) error {
				_, err := h.memory.Try(ctx, h.tenant, h.keys, trial)
				return err
			}, func() {
				if n := h.changes(); n != before {
					t.Fatalf("%d changes are left behind", n-before)
				}
			})
		})
	}
}

// judging fails the judging of a decision at each of its statements, until it goes through; state must stay as it
// was until then.
func (h *house) judging(id club.DecisionID, state func() int) {
	h.t.Helper()
	before := state()
	storetest.EachFailureOf(h.t, func(ctx context.Context) error {
		return h.memory.Judge(ctx, h.tenant, learn.ConsiderJob{Decision: id})
	}, func() {
		if got := state(); got != before {
			h.t.Fatalf("a judging that failed changed %d to %d", before, got)
		}
	})
}

func TestABreakerTripsAndClosesAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	state := func() int {
		return storetest.Count(t, h.tenant, "SELECT (SELECT COUNT(*) FROM audit_entries) + 1000 * (SELECT COUNT(*) FROM pattern_outcomes) + 1000000 * (SELECT COUNT(*) FROM breakers WHERE tripped_at IS NOT NULL)")
	}
	h.outcomes(2, club.TierAuto, club.OutcomeTimeout)
	third := h.decide("frozen", h.bays[0], club.TierAuto)
	h.execute(third, club.OutcomeTimeout, "[]")
	h.judging(third.ID, state)
	if got := h.tripped(); len(got) != 1 || got[0] != "pattern" {
		t.Fatalf("the third failure trips %v", got)
	}
	h.clock.Advance(25 * time.Hour)
	h.outcomes(8, club.TierApprove, club.OutcomeSuccess)
	ninth := h.decide("frozen", h.bays[0], club.TierApprove)
	h.execute(ninth, club.OutcomeSuccess, "[]")
	h.judging(ninth.ID, state)
	if got := h.tripped(); len(got) != 0 {
		t.Errorf("after the ninth good outcome %v are tripped", got)
	}
}

func TestAnOutcomeIsRecordedAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	state := func() int { return storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM pattern_outcomes") }
	taught := h.teach("do you sell vouchers", atCounter, "usr_opal")
	h.clock.Advance(25 * time.Hour)
	quiet := h.decide("wifi", h.bays[0], club.TierAuto)
	h.run(quiet, "done")
	done := h.decide("frozen", h.bays[0], club.TierSuggest)
	h.run(done, "done")
	h.propose(done, club.ProposalApproved, "usr_opal")
	h.execute(done, club.OutcomeSuccess, "[]")
	h.clock.Advance(3 * time.Hour)
	h.decide("wifi", h.bays[1], club.TierApprove)
	h.clock.Advance(22 * time.Hour)
	h.judging(done.ID, state)
	h.judging(taught.ID, state)
	if a, b := h.outcome(quiet), h.outcome(done); a != "silent" || b != "verified" {
		t.Errorf("after all failures the outcomes are %q and %q", a, b)
	}
}
