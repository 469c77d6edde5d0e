package hindsight_test

import (
	"testing"

	"clubos/internal/club"
	"clubos/internal/hindsight"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func (h *house) try(t hindsight.Trial) hindsight.Impact {
	h.T.Helper()
	e, err := hindsight.Try(h.T.Context(), h.Tenant, h.Keys, t)
	if err != nil {
		h.T.Fatal(err)
	}
	return e
}

// replayed is what the memory would do of the last month's decisions of some patterns as it is.
func (h *house) replayed(ids ...club.PatternID) (out map[club.DecisionID]hindsight.Would) {
	h.T.Helper()
	h.Read(func(tx *store.Tx) (err error) {
		out, err = hindsight.ReplayForTest(h.T.Context(), tx, h.Keys, ids...)
		return err
	})
	return out
}

func TestPausingSaysWhatWouldHaveGoneToPeopleAndChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	wifi := h.Plan("wifi")
	right := h.Took(wifi, "wifi", "what is the wifi", club.TierSuggest, &club.Course{})
	h.Propose(right, club.ProposalApproved, "usr_opal")
	wrong := h.Took(wifi, "wifi", "wifi?", club.TierSuggest, &club.Course{})
	h.Propose(wrong, club.ProposalRejected, "usr_opal")
	h.Override(wrong, "rejected", "usr_opal", "")
	h.Judge()
	h.Took(wifi, "wifi", "internet?", club.TierSuggest, &club.Course{Held: []club.Hold{{By: club.HoldFinding, Step: true}}})
	row := h.PatternOf("wifi")
	before := h.Changes()
	e := h.try(hindsight.Trial{Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error {
		_, err := h.Memory.Pause(t.Context(), tx, learntest.ChangeOf(row))
		return err
	}})
	if want := (hindsight.Spread{Announced: 2, Asked: 1}); e.Was != want {
		t.Errorf("it was %+v, want %+v", e.Was, want)
	}
	if want := (hindsight.Spread{Called: 3}); e.Would != want || len(e.Differ) != 3 || e.Unknown != 0 {
		t.Errorf("it would have been %+v with %d others, want %+v", e.Would, len(e.Differ), want)
	}
	if want := (hindsight.Share{N: 2, Right: 1, Wrong: 1}); e.Fewer != want {
		t.Errorf("fewer unasked: %+v, want %+v", e.Fewer, want)
	}
	if e.Waits != 2 {
		t.Errorf("the usual wait is that of %d proposals", e.Waits)
	}
	if n := h.Changes(); n != before {
		t.Errorf("a trial left %d changes behind", n-before)
	}
	if _, err := hindsight.Try(t.Context(), h.Tenant, h.Keys, hindsight.Trial{Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error {
		_, err := h.Memory.Resume(t.Context(), tx, learntest.ChangeOf(row))
		return err
	}}); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("what is refused in earnest is tried: %v", err)
	}
}

func TestALimitThatIsLiftedRestoresWhatItHeldBackAndNoMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	wifi := h.Plan("wifi")
	h.Took(wifi, "wifi", "wifi?", club.TierSuggest, &club.Course{})
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Pin(t.Context(), tx, learntest.ChangeOf(h.PatternOf("wifi")), club.TierApprove)
		return err
	})
	pin := club.Hold{By: club.HoldPin, To: club.TierApprove}
	h.Took(wifi, "wifi", "wifi please", club.TierAuto, &club.Course{Held: []club.Hold{pin}})
	h.Took(wifi, "wifi", "wifi thanks", club.TierAuto, &club.Course{Held: []club.Hold{pin, {By: club.HoldFinding, Step: true}}})
	h.Took(wifi, "wifi", "and the wifi", club.TierAuto, &club.Course{Held: []club.Hold{pin, {By: club.HoldUnasked, To: club.TierApprove}}})
	row := h.PatternOf("wifi")
	e := h.try(hindsight.Trial{Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error {
		_, err := h.Memory.Pin(t.Context(), tx, learntest.ChangeOf(row), club.TierAuto)
		return err
	}})
	if was, would := (hindsight.Spread{Announced: 1, Asked: 3}), (hindsight.Spread{Alone: 1, Announced: 2, Asked: 1}); e.Was != was || e.Would != would {
		t.Errorf("%+v would have been %+v, want %+v and %+v", e.Was, e.Would, was, would)
	}
	if e.More.N != 2 {
		t.Errorf("more unasked: %+v", e.More)
	}
}

func TestWhatWasNotWrittenDownIsCountedAsUnknown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Decide("wifi", h.Bays[0], club.TierSuggest) // without a course
	e := h.try(hindsight.Trial{Act: func(tx *store.Tx) error {
		_, err := setting.Permit(t.Context(), tx, learntest.Admin.Actor, true, []string{"words"}, []string{setting.Everywhere})
		return err
	}})
	if e.Unknown != 1 || e.Was != e.Would || len(e.Differ) != 0 {
		t.Errorf("%+v", e)
	}
	e = h.try(hindsight.Trial{Act: func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, learntest.Admin.Actor, "words", true) }})
	if e.Unknown != 0 || e.Would.Called != 1 {
		t.Errorf("what only lowers is known in any case: %+v", e)
	}
}

func TestSettingsSayWhatTheyWouldHaveDone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	unasked := club.Hold{By: club.HoldUnasked, To: club.TierApprove}
	h.Took(h.Plan("wifi"), "wifi", "wifi?", club.TierSuggest, &club.Course{Plain: true, Held: []club.Hold{unasked}})
	h.Took(h.Plan("frozen"), "frozen", "frozen", club.TierSuggest, &club.Course{Acts: []club.ActionName{"reboot_pc"}, Held: []club.Hold{unasked}})
	for _, tc := range []struct {
		name string
		act  func(*store.Tx) error
		want hindsight.Spread
	}{
		{"devices permitted everywhere", func(tx *store.Tx) error {
			_, err := setting.Permit(t.Context(), tx, learntest.Admin.Actor, true, []string{"device"}, []string{setting.Everywhere})
			return err
		}, hindsight.Spread{Announced: 1, Asked: 1}},
		{"words permitted at the place", func(tx *store.Tx) error {
			_, err := setting.Permit(t.Context(), tx, learntest.Admin.Actor, true, []string{"words"}, []string{"north"})
			return err
		}, hindsight.Spread{Announced: 1, Asked: 1}},
		{"permitted, but switched off", func(tx *store.Tx) error {
			return setting.PutValue(t.Context(), tx, learntest.Admin.Actor, "actions.auto_execution", true)
		}, hindsight.Spread{Asked: 2}},
		{"plain information", func(tx *store.Tx) error {
			return setting.PutValue(t.Context(), tx, learntest.Admin.Actor, "replies.auto_safe", true)
		}, hindsight.Spread{Alone: 1, Asked: 1}},
		{"an action stopped", func(tx *store.Tx) error {
			return setting.Switch(t.Context(), tx, learntest.Admin.Actor, "reboot_pc", true)
		}, hindsight.Spread{Asked: 1, Called: 1}},
		{"a place stopped", func(tx *store.Tx) error {
			return setting.Switch(t.Context(), tx, learntest.Admin.Actor, "location:north", true)
		}, hindsight.Spread{Called: 2}},
		{"thresholds that nothing reaches", func(tx *store.Tx) error {
			return setting.PutThresholds(t.Context(), tx, learntest.Admin.Actor, club.Thresholds{High: 0.99, Medium: 0.98, Low: 0.97})
		}, hindsight.Spread{Called: 2}},
		{"nothing", func(*store.Tx) error { return nil }, hindsight.Spread{Asked: 2}},
	} {
		if e := h.try(hindsight.Trial{Act: tc.act}); e.Would != tc.want || e.Was != (hindsight.Spread{Asked: 2}) {
			t.Errorf("%s: %+v would have been %+v, want %+v", tc.name, e.Was, e.Would, tc.want)
		}
	}
	h.Took(h.Plan("frozen"), "frozen", "reported", club.TierSuggest, &club.Course{Report: true, Acts: []club.ActionName{"reboot_pc"}, Held: []club.Hold{{By: club.HoldFinal, To: club.TierApprove}}})
	h.Took(h.Plan("wifi"), "wifi", "reported", club.TierSuggest, &club.Course{Report: true})
	if e := h.try(hindsight.Trial{Act: func(tx *store.Tx) error {
		_, err := setting.Permit(t.Context(), tx, learntest.Admin.Actor, true, []string{"device", "words"}, []string{setting.Everywhere})
		return err
	}}); e.Would != (hindsight.Spread{Alone: 1, Announced: 2, Asked: 1}) || e.Unknown != 0 {
		t.Errorf("reports would have been %+v, %d unknown", e.Would, e.Unknown)
	}
	h.Read(func(tx *store.Tx) error {
		effects, err := hindsight.TrySwitches(t.Context(), tx, "", []string{"all", "device", "access", "location:north"})
		for key, want := range map[string]int{"all": 3, "device": 2, "access": 0, "location:north": 3} {
			if n := len(effects[key].Differ); n != want {
				t.Errorf("the switch %s would have changed %d, want %d", key, n, want)
			}
		}
		return err
	})
}

func TestASwitchThatIsLetGoRestoresWhatItStopped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Write(func(tx *store.Tx) error {
		return setting.Switch(t.Context(), tx, learntest.Admin.Actor, "device", true)
	})
	off := club.Hold{By: club.HoldSwitch, Key: "device", To: club.TierEscalate}
	h.Took(h.Plan("frozen"), "frozen", "frozen", club.TierSuggest, &club.Course{Acts: []club.ActionName{"reboot_pc"}, Held: []club.Hold{off, {By: club.HoldBooking, To: club.TierApprove}}})
	e := h.try(hindsight.Trial{Act: func(tx *store.Tx) error {
		return setting.Switch(t.Context(), tx, learntest.Admin.Actor, "device", false)
	}})
	if e.Was.Called != 1 || e.Would.Asked != 1 {
		t.Errorf("%+v would have been %+v", e.Was, e.Would)
	}
}

// TestAMergeDoesWhatItsPreviewSaid teaches one answer under two names. Apart neither has enough outcomes to
// be proposed; together they have.
func TestAMergeDoesWhatItsPreviewSaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	h.Teach("vouchers for a friend?", learntest.AtCounter, "usr_oscar")
	h.Teach("a present for mum", learntest.ByPost, "usr_opal")
	h.Write(func(tx *store.Tx) error { // as if two patterns had come to say the same
		_, err := h.Memory.Correct(t.Context(), tx, h.Keys, learntest.ChangeOf(h.Lessons()[1].Pattern), learn.Correction{Title: "Presents", Words: learntest.AtCounter})
		return err
	})
	h.TeachAs(h.Lessons()[1], "another present", "usr_tess")
	for i, text := range []string{"a voucher", "a present", "something for my dad"} {
		about, err := learn.PlanOf(h.Lessons()[i%2])
		if err != nil {
			t.Fatal(err)
		}
		h.Took(about, "x", text, club.TierEscalate, &club.Course{})
	}
	list := h.Lessons()
	gone, stays := list[1].Pattern, list[0].Pattern
	merge := func(tx *store.Tx) error {
		_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(gone), stays.ID)
		return err
	}
	e := h.try(hindsight.Trial{Patterns: []club.PatternID{gone.ID, stays.ID}, Act: merge})
	if e.Was != (hindsight.Spread{Called: 3}) || e.Would != (hindsight.Spread{Asked: 3}) {
		t.Fatalf("%+v would have been %+v", e.Was, e.Would)
	}
	for _, v := range e.Evidence {
		if v.Pattern == stays.ID && (v.Situations != 2 || v.SituationsAfter != 4 || v.Outcomes != 2 || v.OutcomesAfter != 3) {
			t.Errorf("what stays has %+v", v)
		}
	}
	h.Write(merge)
	after := h.replayed(stays.ID)
	for _, d := range e.Differ {
		if got := after[d.Decision]; got.Tier != d.Would.Tier {
			t.Errorf("%s was to be %s and is %s", d.Text, d.Would.Tier, got.Tier)
		}
	}
	if len(after) < 3 {
		t.Errorf("%d decisions are replayed", len(after))
	}
}

func TestACorrectionWouldHaveBegunWithoutARecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, by := range []string{"usr_opal", "usr_oscar", "usr_tess"} {
		h.Teach("do you sell vouchers "+by[4:], learntest.AtCounter, by)
	}
	l := h.Lessons()[0]
	about, err := learn.PlanOf(l)
	if err != nil {
		t.Fatal(err)
	}
	h.Took(about, "vouchers", "a voucher", club.TierApprove, &club.Course{})
	try := func(to learn.Correction) hindsight.Impact {
		return h.try(hindsight.Trial{Patterns: []club.PatternID{l.Pattern.ID}, Act: func(tx *store.Tx) error {
			_, err := h.Memory.Correct(t.Context(), tx, h.Keys, learntest.ChangeOf(l.Pattern), to)
			return err
		}})
	}
	if e := try(learn.Correction{Title: "Vouchers", Words: learntest.AtCounter}); len(e.Differ) != 0 {
		t.Errorf("another title would have changed %d", len(e.Differ))
	}
	if e := try(learn.Correction{Title: "Vouchers", Words: learntest.ByPost}); e.Would.Called != 1 || e.Other != 1 || e.Evidence[0].OutcomesAfter != 0 {
		t.Errorf("other words: %+v", e)
	}
}

func TestASplitSendsTextsToTheSituationTheyAreMostLike(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, text := range []string{"do you sell vouchers", "a voucher for a friend", "vouchers as a present", "can I buy balls"} {
		h.Teach(text, learntest.AtCounter, []string{"usr_opal", "usr_oscar"}[i%2])
	}
	l := h.Lessons()[0]
	about, err := learn.PlanOf(l)
	if err != nil {
		t.Fatal(err)
	}
	balls := h.Took(about, "x", "balls to buy", club.TierApprove, &club.Course{})
	h.Took(about, "x", "vouchers please", club.TierApprove, &club.Course{})
	leaves := h.Precedents(l.Pattern.ID)[0]
	e := h.try(hindsight.Trial{Patterns: []club.PatternID{l.Pattern.ID}, Act: func(tx *store.Tx) error {
		_, err := h.Memory.Split(t.Context(), tx, h.Keys, learntest.ChangeOf(l.Pattern), "Balls", []club.PrecedentID{leaves.ID})
		return err
	}})
	if len(e.Differ) != 1 || e.Differ[0].Decision != balls.ID || e.Differ[0].Would.Tier != club.TierEscalate {
		t.Errorf("a part with one outcome: %+v", e.Differ)
	}
	if n := len(e.Evidence); n != 2 || !e.Evidence[1].Made || e.Evidence[1].SituationsAfter != 1 || e.Evidence[0].SituationsAfter != 3 {
		t.Errorf("evidence %+v", e.Evidence)
	}
}

func TestADeletedPatternIsGoneAndItsDecisionsStay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, by := range []string{"usr_opal", "usr_oscar", "usr_tess"} {
		h.Teach("do you sell vouchers "+by[4:], learntest.AtCounter, by)
	}
	h.Teach("a present for mum", learntest.ByPost, "usr_opal")
	list := h.Lessons()
	h.Write(func(tx *store.Tx) error { // what was merged into it goes with it
		_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(list[1].Pattern), list[0].Pattern.ID)
		return err
	})
	l := h.Lessons()[0]
	about, err := learn.PlanOf(l)
	if err != nil {
		t.Fatal(err)
	}
	dec := h.Took(about, "vouchers", "a voucher", club.TierApprove, &club.Course{})
	remove := func(tx *store.Tx) error { return h.Memory.Delete(t.Context(), tx, learntest.ChangeOf(l.Pattern)) }
	e := h.try(hindsight.Trial{Patterns: []club.PatternID{l.Pattern.ID}, Act: remove})
	if e.Was.Asked != 1 || e.Would.Called != 1 || e.Other != 1 || !e.Evidence[0].Gone || e.Evidence[0].Situations != 4 || e.Evidence[0].Outcomes != 3 {
		t.Errorf("%+v", e)
	}
	decisions := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM decisions")
	h.Write(remove)
	for _, table := range []string{"decision_patterns", "precedents", "pattern_outcomes", "pattern_tallies", "pattern_matches"} {
		if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM "+table); n != 0 {
			t.Errorf("%d rows are left of %s", n, table)
		}
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM decisions"); n != decisions || h.Audited("pattern.deleted") != 1 || len(h.Lessons()) != 0 {
		t.Errorf("%d of %d decisions are left, %d entries, %d lessons", n, decisions, h.Audited("pattern.deleted"), len(h.Lessons()))
	}
	h.Write(func(tx *store.Tx) error { learn.Consider(tx, dec.ID); return nil })
	h.Judge() // a decision whose pattern is gone is judged by nothing
	h.Decide("wifi", h.Bays[0], club.TierSuggest)
	if err := h.Act(func(tx *store.Tx) error {
		return h.Memory.Delete(t.Context(), tx, learntest.ChangeOf(h.PatternOf("wifi")))
	}); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("the record of a procedure is deleted: %v", err)
	}
}

func TestAPreviewOfAMergeSaysWhatStopsThePatternThatStays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	stays, gone := h.Twins()
	h.Write(func(tx *store.Tx) (err error) {
		if gone, err = h.Memory.Pause(t.Context(), tx, learntest.ChangeOf(gone)); err != nil {
			return err
		}
		_, err = h.Memory.TripBreaker(t.Context(), tx, learntest.ChangeOf(gone))
		return err
	})
	about, err := learn.PlanOf(h.Lessons()[0])
	if err != nil {
		t.Fatal(err)
	}
	h.Took(about, "vouchers", "a voucher", club.TierSuggest, &club.Course{})
	e := h.try(hindsight.Trial{Patterns: []club.PatternID{gone.ID, stays.ID}, Act: func(tx *store.Tx) error {
		_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(gone), stays.ID)
		return err
	}})
	if e.Was.Announced != 1 || e.Would.Called != 1 {
		t.Errorf("%+v would have been %+v", e.Was, e.Would)
	}
	for _, v := range e.Evidence {
		want := [2]hindsight.Stop{{}, {Paused: true, Broken: true}}
		if v.Pattern == gone.ID {
			want = [2]hindsight.Stop{{Paused: true, Broken: true}, {Merged: true}}
		}
		if got := [2]hindsight.Stop{v.Stop, v.StopAfter}; got != want {
			t.Errorf("%s is stopped by %+v, want %+v", v.Title, got, want)
		}
	}
}
