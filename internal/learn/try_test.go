package learn_test

import (
	"encoding/json"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// took stores a decision of a plan with what it had earned and all that held it.
func (h *house) took(about learn.Plan, title, text string, earned club.Tier, course *club.Course) (dec store.Decision) {
	h.t.Helper()
	h.clock.Advance(time.Minute)
	h.write(func(tx *store.Tx) error {
		ctx := h.t.Context()
		e := club.Evidence{Text: text, Course: course, Candidates: []club.Candidate{{Pattern: about.Pattern, Title: title}}}
		tier, kind, role := course.Tier(earned), "answer", learn.RoleChosen
		if earned == club.TierEscalate && about.SOP.IsZero() {
			e.Rule, kind, role = learn.RuleLearning, "escalate", learn.RoleWeighed
		}
		evidence, err := json.Marshal(e)
		if err != nil {
			return err
		}
		dec = store.Decision{ID: club.NewDecisionID(tx.Now), ThreadID: h.thread.ID, SubjectID: h.thread.SubjectID, Kind: kind, Title: title, SOPID: about.SOP, Confidence: 0.8, EarnedTier: earned, Tier: tier,
			Evidence: string(evidence), Steps: "{}", LocationID: h.place, BayID: h.bays[0], CorrelationID: tx.Correlation, CreatedAt: tx.Now}
		if err := tx.CreateDecision(ctx, store.CreateDecisionParams(dec)); err != nil {
			return err
		}
		return h.memory.Remember(ctx, tx, dec, []learn.Weighed{{Plan: about, Role: role, Score: 0.9, Probability: 0.99, Confidence: 0.8}})
	})
	return dec
}

func (h *house) try(t learn.Trial) learn.Impact {
	h.t.Helper()
	e, err := h.memory.Try(h.t.Context(), h.tenant, h.keys, t)
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// changes counts what a trial must not leave behind.
func (h *house) changes() int {
	h.t.Helper()
	return storetest.Count(h.t, h.tenant, "SELECT (SELECT COUNT(*) FROM audit_entries) + (SELECT COUNT(*) FROM precedents) + (SELECT COUNT(*) FROM pattern_outcomes) + (SELECT SUM(version) FROM decision_patterns)")
}

// replayed is what the memory would do of the last month's decisions of some patterns as it is.
func (h *house) replayed(ids ...club.PatternID) (out map[club.DecisionID]learn.Would) {
	h.t.Helper()
	h.read(func(tx *store.Tx) (err error) {
		out, err = h.memory.ReplayForTest(h.t.Context(), tx, h.keys, ids...)
		return err
	})
	return out
}

func TestPausingSaysWhatWouldHaveGoneToPeopleAndChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	wifi := h.plan("wifi")
	right := h.took(wifi, "wifi", "what is the wifi", club.TierSuggest, &club.Course{})
	h.propose(right, club.ProposalApproved, "usr_opal")
	wrong := h.took(wifi, "wifi", "wifi?", club.TierSuggest, &club.Course{})
	h.propose(wrong, club.ProposalRejected, "usr_opal")
	h.override(wrong, "rejected", "usr_opal", "")
	h.judge()
	h.took(wifi, "wifi", "internet?", club.TierSuggest, &club.Course{Held: []club.Hold{{By: club.HoldFinding, Step: true}}})
	row := h.patternOf("wifi")
	before := h.changes()
	e := h.try(learn.Trial{Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error {
		_, err := h.memory.Pause(t.Context(), tx, changeOf(row))
		return err
	}})
	if want := (learn.Spread{Announced: 2, Asked: 1}); e.Was != want {
		t.Errorf("it was %+v, want %+v", e.Was, want)
	}
	if want := (learn.Spread{Called: 3}); e.Would != want || len(e.Differ) != 3 || e.Unknown != 0 {
		t.Errorf("it would have been %+v with %d others, want %+v", e.Would, len(e.Differ), want)
	}
	if want := (learn.Share{N: 2, Right: 1, Wrong: 1}); e.Fewer != want {
		t.Errorf("fewer unasked: %+v, want %+v", e.Fewer, want)
	}
	if e.Waits != 2 {
		t.Errorf("the usual wait is that of %d proposals", e.Waits)
	}
	if n := h.changes(); n != before {
		t.Errorf("a trial left %d changes behind", n-before)
	}
	if _, err := h.memory.Try(t.Context(), h.tenant, h.keys, learn.Trial{Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error {
		_, err := h.memory.Resume(t.Context(), tx, changeOf(row))
		return err
	}}); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("what is refused in earnest is tried: %v", err)
	}
}

func TestALimitThatIsLiftedRestoresWhatItHeldBackAndNoMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	wifi := h.plan("wifi")
	h.took(wifi, "wifi", "wifi?", club.TierSuggest, &club.Course{})
	h.write(func(tx *store.Tx) error {
		_, err := h.memory.Pin(t.Context(), tx, changeOf(h.patternOf("wifi")), club.TierApprove)
		return err
	})
	pin := club.Hold{By: club.HoldPin, To: club.TierApprove}
	h.took(wifi, "wifi", "wifi please", club.TierAuto, &club.Course{Held: []club.Hold{pin}})
	h.took(wifi, "wifi", "wifi thanks", club.TierAuto, &club.Course{Held: []club.Hold{pin, {By: club.HoldFinding, Step: true}}})
	h.took(wifi, "wifi", "and the wifi", club.TierAuto, &club.Course{Held: []club.Hold{pin, {By: club.HoldUnasked, To: club.TierApprove}}})
	row := h.patternOf("wifi")
	e := h.try(learn.Trial{Patterns: []club.PatternID{row.ID}, Act: func(tx *store.Tx) error {
		_, err := h.memory.Pin(t.Context(), tx, changeOf(row), club.TierAuto)
		return err
	}})
	if was, would := (learn.Spread{Announced: 1, Asked: 3}), (learn.Spread{Alone: 1, Announced: 2, Asked: 1}); e.Was != was || e.Would != would {
		t.Errorf("%+v would have been %+v, want %+v and %+v", e.Was, e.Would, was, would)
	}
	if e.More.N != 2 {
		t.Errorf("more unasked: %+v", e.More)
	}
}

func TestWhatWasNotWrittenDownIsCountedAsUnknown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.decide("wifi", h.bays[0], club.TierSuggest) // without a course
	e := h.try(learn.Trial{Act: func(tx *store.Tx) error {
		_, err := setting.Permit(t.Context(), tx, admin.Actor, true, []string{"words"}, []string{setting.Everywhere})
		return err
	}})
	if e.Unknown != 1 || e.Was != e.Would || len(e.Differ) != 0 {
		t.Errorf("%+v", e)
	}
	e = h.try(learn.Trial{Act: func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, admin.Actor, "words", true) }})
	if e.Unknown != 0 || e.Would.Called != 1 {
		t.Errorf("what only lowers is known in any case: %+v", e)
	}
}

func TestSettingsSayWhatTheyWouldHaveDone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	unasked := club.Hold{By: club.HoldUnasked, To: club.TierApprove}
	h.took(h.plan("wifi"), "wifi", "wifi?", club.TierSuggest, &club.Course{Plain: true, Held: []club.Hold{unasked}})
	h.took(h.plan("frozen"), "frozen", "frozen", club.TierSuggest, &club.Course{Acts: []club.ActionName{"reboot_pc"}, Held: []club.Hold{unasked}})
	for _, tc := range []struct {
		name string
		act  func(*store.Tx) error
		want learn.Spread
	}{
		{"devices permitted everywhere", func(tx *store.Tx) error {
			_, err := setting.Permit(t.Context(), tx, admin.Actor, true, []string{"device"}, []string{setting.Everywhere})
			return err
		}, learn.Spread{Announced: 1, Asked: 1}},
		{"words permitted at the place", func(tx *store.Tx) error {
			_, err := setting.Permit(t.Context(), tx, admin.Actor, true, []string{"words"}, []string{"north"})
			return err
		}, learn.Spread{Announced: 1, Asked: 1}},
		{"permitted, but switched off", func(tx *store.Tx) error {
			return setting.PutValue(t.Context(), tx, admin.Actor, "actions.auto_execution", true)
		}, learn.Spread{Asked: 2}},
		{"plain information", func(tx *store.Tx) error {
			return setting.PutValue(t.Context(), tx, admin.Actor, "replies.auto_safe", true)
		}, learn.Spread{Alone: 1, Asked: 1}},
		{"an action stopped", func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, admin.Actor, "reboot_pc", true) }, learn.Spread{Asked: 1, Called: 1}},
		{"a place stopped", func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, admin.Actor, "location:north", true) }, learn.Spread{Called: 2}},
		{"thresholds that nothing reaches", func(tx *store.Tx) error {
			return setting.PutThresholds(t.Context(), tx, admin.Actor, club.Thresholds{High: 0.99, Medium: 0.98, Low: 0.97})
		}, learn.Spread{Called: 2}},
		{"nothing", func(*store.Tx) error { return nil }, learn.Spread{Asked: 2}},
	} {
		if e := h.try(learn.Trial{Act: tc.act}); e.Would != tc.want || e.Was != (learn.Spread{Asked: 2}) {
			t.Errorf("%s: %+v would have been %+v, want %+v", tc.name, e.Was, e.Would, tc.want)
		}
	}
	h.took(h.plan("frozen"), "frozen", "reported", club.TierSuggest, &club.Course{Report: true, Acts: []club.ActionName{"reboot_pc"}, Held: []club.Hold{{By: club.HoldFinal, To: club.TierApprove}}})
	h.took(h.plan("wifi"), "wifi", "reported", club.TierSuggest, &club.Course{Report: true})
	if e := h.try(learn.Trial{Act: func(tx *store.Tx) error {
		_, err := setting.Permit(t.Context(), tx, admin.Actor, true, []string{"device", "words"}, []string{setting.Everywhere})
		return err
	}}); e.Would != (learn.Spread{Alone: 1, Announced: 2, Asked: 1}) || e.Unknown != 0 {
		t.Errorf("reports would have been %+v, %d unknown", e.Would, e.Unknown)
	}
	h.read(func(tx *store.Tx) error {
		effects, err := h.memory.TrySwitches(t.Context(), tx, "", []string{"all", "device", "access", "location:north"})
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
	h.write(func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, admin.Actor, "device", true) })
	off := club.Hold{By: club.HoldSwitch, Key: "device", To: club.TierEscalate}
	h.took(h.plan("frozen"), "frozen", "frozen", club.TierSuggest, &club.Course{Acts: []club.ActionName{"reboot_pc"}, Held: []club.Hold{off, {By: club.HoldBooking, To: club.TierApprove}}})
	e := h.try(learn.Trial{Act: func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, admin.Actor, "device", false) }})
	if e.Was.Called != 1 || e.Would.Asked != 1 {
		t.Errorf("%+v would have been %+v", e.Was, e.Would)
	}
}

// TestAMergeDoesWhatItsPreviewSaid teaches one answer under two names. Apart neither has enough outcomes to
// be proposed; together they have.
func TestAMergeDoesWhatItsPreviewSaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.teach("do you sell vouchers", atCounter, "usr_opal")
	h.teach("vouchers for a friend?", atCounter, "usr_oscar")
	h.teach("a present for mum", byPost, "usr_opal")
	h.write(func(tx *store.Tx) error { // as if two patterns had come to say the same
		_, err := h.memory.Correct(t.Context(), tx, h.keys, changeOf(h.lessons()[1].Pattern), learn.Correction{Title: "Presents", Words: atCounter})
		return err
	})
	h.teachAs(h.lessons()[1], "another present", "usr_tess")
	for i, text := range []string{"a voucher", "a present", "something for my dad"} {
		about, err := learn.PlanOf(h.lessons()[i%2])
		if err != nil {
			t.Fatal(err)
		}
		h.took(about, "x", text, club.TierEscalate, &club.Course{})
	}
	list := h.lessons()
	gone, stays := list[1].Pattern, list[0].Pattern
	merge := func(tx *store.Tx) error {
		_, err := h.memory.Merge(t.Context(), tx, h.keys, changeOf(gone), stays.ID)
		return err
	}
	e := h.try(learn.Trial{Patterns: []club.PatternID{gone.ID, stays.ID}, Act: merge})
	if e.Was != (learn.Spread{Called: 3}) || e.Would != (learn.Spread{Asked: 3}) {
		t.Fatalf("%+v would have been %+v", e.Was, e.Would)
	}
	for _, v := range e.Evidence {
		if v.Pattern == stays.ID && (v.Situations != 2 || v.SituationsAfter != 4 || v.Outcomes != 2 || v.OutcomesAfter != 3) {
			t.Errorf("what stays has %+v", v)
		}
	}
	h.write(merge)
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
		h.teach("do you sell vouchers "+by[4:], atCounter, by)
	}
	l := h.lessons()[0]
	about, err := learn.PlanOf(l)
	if err != nil {
		t.Fatal(err)
	}
	h.took(about, "vouchers", "a voucher", club.TierApprove, &club.Course{})
	try := func(to learn.Correction) learn.Impact {
		return h.try(learn.Trial{Patterns: []club.PatternID{l.Pattern.ID}, Act: func(tx *store.Tx) error {
			_, err := h.memory.Correct(t.Context(), tx, h.keys, changeOf(l.Pattern), to)
			return err
		}})
	}
	if e := try(learn.Correction{Title: "Vouchers", Words: atCounter}); len(e.Differ) != 0 {
		t.Errorf("another title would have changed %d", len(e.Differ))
	}
	if e := try(learn.Correction{Title: "Vouchers", Words: byPost}); e.Would.Called != 1 || e.Other != 1 || e.Evidence[0].OutcomesAfter != 0 {
		t.Errorf("other words: %+v", e)
	}
}

func TestASplitSendsTextsToTheSituationTheyAreMostLike(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, text := range []string{"do you sell vouchers", "a voucher for a friend", "vouchers as a present", "can I buy balls"} {
		h.teach(text, atCounter, []string{"usr_opal", "usr_oscar"}[i%2])
	}
	l := h.lessons()[0]
	about, err := learn.PlanOf(l)
	if err != nil {
		t.Fatal(err)
	}
	balls := h.took(about, "x", "balls to buy", club.TierApprove, &club.Course{})
	h.took(about, "x", "vouchers please", club.TierApprove, &club.Course{})
	leaves := h.precedents(l.Pattern.ID)[0]
	e := h.try(learn.Trial{Patterns: []club.PatternID{l.Pattern.ID}, Act: func(tx *store.Tx) error {
		_, err := h.memory.Split(t.Context(), tx, h.keys, changeOf(l.Pattern), "Balls", []club.PrecedentID{leaves.ID})
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
		h.teach("do you sell vouchers "+by[4:], atCounter, by)
	}
	h.teach("a present for mum", byPost, "usr_opal")
	list := h.lessons()
	h.write(func(tx *store.Tx) error { // what was merged into it goes with it
		_, err := h.memory.Merge(t.Context(), tx, h.keys, changeOf(list[1].Pattern), list[0].Pattern.ID)
		return err
	})
	l := h.lessons()[0]
	about, err := learn.PlanOf(l)
	if err != nil {
		t.Fatal(err)
	}
	dec := h.took(about, "vouchers", "a voucher", club.TierApprove, &club.Course{})
	remove := func(tx *store.Tx) error { return h.memory.Delete(t.Context(), tx, changeOf(l.Pattern)) }
	e := h.try(learn.Trial{Patterns: []club.PatternID{l.Pattern.ID}, Act: remove})
	if e.Was.Asked != 1 || e.Would.Called != 1 || e.Other != 1 || !e.Evidence[0].Gone || e.Evidence[0].Situations != 4 || e.Evidence[0].Outcomes != 3 {
		t.Errorf("%+v", e)
	}
	decisions := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM decisions")
	h.write(remove)
	for _, table := range []string{"decision_patterns", "precedents", "pattern_outcomes", "pattern_tallies", "pattern_matches"} {
		if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM "+table); n != 0 {
			t.Errorf("%d rows are left of %s", n, table)
		}
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM decisions"); n != decisions || h.audited("pattern.deleted") != 1 || len(h.lessons()) != 0 {
		t.Errorf("%d of %d decisions are left, %d entries, %d lessons", n, decisions, h.audited("pattern.deleted"), len(h.lessons()))
	}
	h.write(func(tx *store.Tx) error { learn.Consider(tx, dec.ID); return nil })
	h.judge() // a decision whose pattern is gone is judged by nothing
	h.decide("wifi", h.bays[0], club.TierSuggest)
	if err := h.act(func(tx *store.Tx) error { return h.memory.Delete(t.Context(), tx, changeOf(h.patternOf("wifi"))) }); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("the record of a procedure is deleted: %v", err)
	}
}
