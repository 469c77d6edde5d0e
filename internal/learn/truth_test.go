package learn_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestTruthsAreWhatPeopleSaidOfMatches(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		happen func(*house) store.Decision
		want   string // fits/good; "" no truth
	}{
		{"approved", func(h *house) store.Decision {
			d := h.Decide("wifi", h.Bays[0], club.TierApprove)
			h.Propose(d, club.ProposalApproved, "usr_opal")
			return d
		}, "yes/yes"},
		{"announced, and nobody objected", func(h *house) store.Decision {
			d := h.Decide("wifi", h.Bays[0], club.TierSuggest)
			h.Propose(d, club.ProposalExecuted, "")
			return d
		}, ""},
		{"declined because it misread the matter", func(h *house) store.Decision {
			d := h.Decide("wifi", h.Bays[0], club.TierApprove)
			h.Propose(d, club.ProposalRejected, "usr_opal")
			h.Override(d, "rejected", "usr_opal", "")
			storetest.Exec(h.T, h.Tenant, "UPDATE proposals SET reason = $1", learn.Misread+": the door")
			return d
		}, "no/no"},
		{"declined for no reason", func(h *house) store.Decision {
			d := h.Decide("wifi", h.Bays[0], club.TierApprove)
			h.Propose(d, club.ProposalRejected, "usr_opal")
			h.Override(d, "rejected", "usr_opal", "")
			return d
		}, "/no"},
		{"declined, and another answer taught", func(h *house) store.Decision {
			d := h.Decide("wifi", h.Bays[0], club.TierApprove)
			h.Propose(d, club.ProposalRejected, "usr_opal")
			h.Override(d, "rejected", "usr_opal", "")
			h.say(opal, "Please ask at the counter.")
			return d
		}, "no/no"},
		{"a report, and something else done and taught", func(h *house) store.Decision {
			s := h.report(club.EventDeviceOffline, club.DevicePC, 1)
			d := h.Decide("frozen", h.Bays[0], club.TierApprove)
			h.Propose(d, club.ProposalStale, "")
			h.ByHand(d, "reset_audio")
			h.over(s, d)
			return d
		}, "/no"},
		{"nothing known fitted, and nobody says what would have", func(h *house) store.Decision { return h.undecided(learn.RuleNoMatch, h.candidate("wifi")) }, ""},
		{"nothing was weighed, and somebody answered", func(h *house) store.Decision {
			d := h.undecided(learn.RuleNoMatch)
			h.say(opal, "The bar is open till ten.")
			return d
		}, ""},
		{"something else was weighed, and somebody answered", func(h *house) store.Decision {
			h.Decide("wifi", h.Bays[0], club.TierApprove)
			c := h.candidate("wifi")
			c.Pattern = h.PatternOf("wifi").ID
			d := h.undecided(learn.RuleNoMatch, c)
			h.say(opal, "The bar is open till ten.")
			return d
		}, "no/"},
		{"a lesson was weighed, and somebody answered so", func(h *house) store.Decision {
			h.Teach("is the bar open", "The bar is open till ten.", "usr_oscar")
			d := h.undecided(learn.RuleNoMatch, club.Candidate{Pattern: h.Lessons()[0].Pattern.ID, Score: 0.4, Confidence: 0.4})
			h.say(opal, "The bar is open till ten.")
			return d
		}, "yes/"},
		{"done alone, and not yet looked at", func(h *house) store.Decision { return h.reviewed("wifi") }, ""},
		{"done alone, and wrong for another reason", func(h *house) store.Decision {
			d := h.reviewed("wifi")
			if err := h.answer(learn.Review{Decision: d.ID, By: operator("usr_opal"), Fault: learn.FaultOther}); err != nil {
				h.T.Error(err)
			}
			return d
		}, "/no"},
		{"announced, drawn, and right", func(h *house) store.Decision {
			d := h.Decide("wifi", h.Bays[0], club.TierSuggest)
			h.Alone(d, 1, learn.Alone{Tier: club.TierAuto, Allowed: true})
			h.Propose(d, club.ProposalExecuted, "")
			if err := h.answer(learn.Review{Decision: d.ID, By: operator("usr_opal"), Right: true}); err != nil {
				h.T.Error(err)
			}
			return d
		}, "yes/yes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			d := tc.happen(h)
			h.Write(func(tx *store.Tx) error { learn.Consider(tx, d.ID); return nil })
			h.Judge()
			h.Judge()
			got := ""
			h.Read(func(tx *store.Tx) error {
				row, err := tx.FindTruth(t.Context(), d.ID)
				if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
					return nil
				}
				got = row.Fits + "/" + row.Good
				return err
			})
			if got != tc.want {
				t.Errorf("truth %q, want %q", got, tc.want)
			}
		})
	}
}

func TestEveryKnownOutcomeCountsForOrAgainstAProcedure(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.Decide("wifi", h.Bays[0], club.TierApprove)
	h.Propose(d, club.ProposalApproved, "usr_opal")
	h.Override(d, "took_over", "usr_opal", "")
	h.Run(d, "done")
	h.Judge()
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	library := knowledge.New(cat)
	effects := func(sops ...store.SOP) (out map[club.SOPID]learn.Effect) {
		h.Read(func(tx *store.Tx) error {
			set, err := library.Live(t.Context(), tx)
			if err != nil {
				return err
			}
			out, err = h.Memory.Effects(t.Context(), tx, set, sops, "")
			return err
		})
		return out
	}
	wifi := store.SOP{ID: h.SOPs["wifi"], Status: "live", UpdatedAt: h.Clock.Now()}
	old := store.SOP{ID: h.SOPs["frozen"], Status: "live", UpdatedAt: h.Clock.Now().Add(-2 * learn.EffectWindow)}
	for source := range reliability.Worths() {
		storetest.Exec(t, h.Tenant, "UPDATE pattern_outcomes SET source = $1", string(source))
		e := effects(wifi)[wifi.ID]
		if want := source.Good(); e.Good != map[bool]int{true: 1}[want] || e.Bad != map[bool]int{false: 1}[want] {
			t.Errorf("%s counts %d good and %d bad", source, e.Good, e.Bad)
		}
		if e.Uses != 1 || e.Overridden != 1 || e.Resolved != 1 {
			t.Errorf("%+v", e)
		}
	}
	if all := effects(wifi, old); len(all) != 2 || !slices.Contains(all[old.ID].Flags, learn.FlagStale) || all[old.ID].Uses != 0 {
		t.Errorf("%+v", all)
	}
}

func TestAnOverlapIsShownToWhoSeesBothProcedures(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	set := &knowledge.Set{}
	sops := []store.SOP{{ID: "sop_a", Status: "live", UpdatedAt: h.Clock.Now()}, {ID: "sop_b", Status: "live", UpdatedAt: h.Clock.Now()}}
	for _, s := range sops {
		set.Entries = append(set.Entries, knowledge.Entry{SOP: s.ID, Document: knowledge.Document{Slug: string(s.ID), Scope: knowledge.Scope{Kind: knowledge.ScopeGlobal},
			Triggers: []knowledge.Trigger{{Text: "what is the wifi password"}}}})
	}
	h.Read(func(tx *store.Tx) error {
		both, err := h.Memory.Effects(t.Context(), tx, set, sops, "")
		if err != nil {
			return err
		}
		one, err := h.Memory.Effects(t.Context(), tx, set, sops[:1], "")
		if !slices.Equal(both["sop_a"].Overlaps, []club.SOPID{"sop_b"}) || !slices.Contains(both["sop_b"].Flags, learn.FlagOverlapping) || len(one["sop_a"].Flags) != 0 {
			t.Errorf("both: %+v, one: %+v", both, one)
		}
		return err
	})
}

func TestWhatIsUnknownHasNoStoryAndNoRecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Read(func(tx *store.Tx) error {
		s, err := h.Memory.Standing(t.Context(), tx, setting.Default(), learn.Plan{}, reliability.Place{}, 1)
		if !s.Pattern.ID.IsZero() || s.Assessment.Outcomes != 0 {
			t.Errorf("a plan of nothing stands at %+v", s)
		}
		return err
	})
	if _, err := learn.Digest(func() {}); err == nil {
		t.Error("what cannot be written has a digest")
	}
	h.Write(func(tx *store.Tx) error {
		learn.Consider(tx, "")
		return h.Memory.DoneAlone(t.Context(), tx, "dec_none") // nobody noted that it acts alone
	})
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM reviews"); n != 0 {
		t.Errorf("%d reviews", n)
	}
	d := h.Decide("wifi", h.Bays[0], club.TierApprove)
	d.Steps = "[]"
	h.Read(func(tx *store.Tx) error {
		if _, _, err := h.Memory.Story(t.Context(), tx, setting.Default(), d, func(club.LocationID) bool { return true }); err == nil {
			t.Error("a decision whose steps cannot be read has a story")
		}
		return nil
	})
}

func TestAMatchThatNobodyMadeCalibratesNothing(t *testing.T) {
	t.Parallel()
	var list []store.DecisionTruth
	for range 60 {
		list = append(list, store.DecisionTruth{Tier: club.TierAuto, Alone: true, Score: 1, Fits: "no", Good: "no"}, store.DecisionTruth{Tier: club.TierAuto, Alone: true, Score: 0.9, Fits: ""})
	}
	if c := learn.Calibrate(list, reliability.DefaultPolicy()); c.Auto != 0 || c.Probability(0.9) != 0.9 {
		t.Errorf("answers to our own questions calibrate: %+v", c)
	}
	for i := range list {
		list[i] = store.DecisionTruth{Tier: club.TierSuggest, Alone: true, Score: 0.9, Fits: "no", Good: "no"}
	}
	if tier, why := learn.Calibrate(list, reliability.DefaultPolicy()).Lower(club.TierSuggest, 0.9); tier != club.TierApprove || why == "" {
		t.Errorf("what was always wrong is announced: %s", tier)
	}
}

func TestWhatIsUndoneIsNotRememberedAsKnown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("may I bring my dog", "Dogs are welcome.", "usr_opal")
	row := h.Lessons()[0].Pattern
	h.Clock.Advance(time.Minute)
	if err := h.Act(func(tx *store.Tx) error {
		if _, err := h.Memory.Pause(t.Context(), tx, learntest.ChangeOf(row)); err != nil {
			return err
		}
		if _, err := h.Memory.Learned(t.Context(), tx, h.Keys); err != nil {
			return err
		}
		return context.Canceled
	}); err == nil {
		t.Fatal("nothing was undone")
	}
	h.Clock.Advance(time.Minute)
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Correct(t.Context(), tx, h.Keys, learntest.ChangeOf(row), learn.Correction{Title: "Dogs", Words: "No dogs, please."})
		return err
	})
	if l := h.Lessons()[0]; l.Reply != "No dogs, please." || l.Pattern.State != "active" {
		t.Errorf("it answers %q and is %s", l.Reply, l.Pattern.State)
	}
}

func TestTheRecordIsReadOnceUntilSomethingBecomesKnown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if err := h.answer(learn.Review{Decision: h.reviewed("wifi").ID, By: operator("usr_opal"), Right: true}); err != nil {
		t.Fatal(err)
	}
	statements := func() int {
		for n := range 10 {
			ctx, reached := store.FailForTest(t.Context(), n)
			err := h.Tenant.Read(ctx, func(tx *store.Tx) error {
				_, err := h.Memory.Calibration(ctx, tx, setting.Default(), "")
				return err
			})
			if !reached() {
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
		}
		return 10
	}
	first, second := statements(), statements()
	if first != 3 || second != 1 { // the stamp, what became known, and whose pattern each procedure's is
		t.Errorf("it took %d statements and then %d, want 3 and 1", first, second)
	}
	h.Clock.Advance(time.Minute)
	if err := h.answer(learn.Review{Decision: h.reviewed("wifi").ID, By: operator("usr_opal"), Fault: learn.FaultWords}); err != nil {
		t.Fatal(err)
	}
	if n := statements(); n != 3 {
		t.Errorf("after another review it took %d statements", n)
	}
}
