package learn_test

import (
	"slices"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func (h *house) lessonAt(l learn.Lesson) (s learn.Standing) {
	h.T.Helper()
	about, err := learn.PlanOf(l)
	if err != nil {
		h.T.Fatal(err)
	}
	return h.StandingOf(about, h.Bays[0])
}

func TestAPausedPatternActsNoMoreUntilItIsResumed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Decide("wifi", h.Bays[0], club.TierSuggest)
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Pause(t.Context(), tx, learntest.ChangeOf(h.PatternOf("wifi")))
		return err
	})
	if s := h.Standing("wifi", h.Bays[0]); s.Ceiling != club.TierEscalate || len(s.Limits) != 1 {
		t.Errorf("a paused pattern may do %s: %v", s.Ceiling, s.Limits)
	}
	if err := h.Act(func(tx *store.Tx) error {
		_, err := h.Memory.Pause(t.Context(), tx, learntest.ChangeOf(h.PatternOf("wifi")))
		return err
	}); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("pausing twice: %v", err)
	}
	for _, fn := range []func(*store.Tx) error{
		func(tx *store.Tx) error {
			_, err := h.Memory.Retire(t.Context(), tx, learntest.ChangeOf(h.PatternOf("wifi")))
			return err
		},
		func(tx *store.Tx) error {
			_, err := h.Memory.Resume(t.Context(), tx, learntest.ChangeOf(h.PatternOf("wifi")))
			return err
		},
		func(tx *store.Tx) error {
			_, err := h.Memory.Pin(t.Context(), tx, learntest.ChangeOf(h.PatternOf("wifi")), club.TierApprove)
			return err
		},
	} {
		h.Write(fn)
	}
	s := h.Standing("wifi", h.Bays[0])
	if s.Ceiling != club.TierApprove || !slices.Equal(s.Limits, []string{"people allow this pattern no more than asking"}) {
		t.Errorf("pinned to asking it may do %s: %v", s.Ceiling, s.Limits)
	}
	for _, action := range []string{"pattern.paused", "pattern.retired", "pattern.resumed", "pattern.pinned"} {
		if h.Audited(action) != 1 {
			t.Errorf("%s is written down %d times", action, h.Audited(action))
		}
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM audit_entries WHERE CAST(detail AS TEXT) LIKE '%0100-222%'"); n != 0 {
		t.Error("a number in a reason went into the log as it was")
	}
}

func TestOnlyWhoManagesTheMemoryChangesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Decide("wifi", h.Bays[0], club.TierSuggest)
	row := h.PatternOf("wifi")
	operator, local, foreign := learntest.Admin, learntest.Admin, learntest.Admin
	operator.Role, local.Locations, foreign.Tenant = club.RoleOperator, []club.LocationID{h.Place}, "other"
	stale := learntest.ChangeOf(row)
	stale.Version++
	for _, tc := range []struct {
		name string
		c    learn.Change
		want club.Code
	}{
		{"an operator", learn.Change{By: operator, Pattern: row.ID, Version: row.Version}, club.CodeForbidden},
		{"somebody of one location", learn.Change{By: local, Pattern: row.ID, Version: row.Version}, club.CodeForbidden},
		{"somebody of another club", learn.Change{By: foreign, Pattern: row.ID, Version: row.Version}, club.CodeForbidden},
		{"nobody", learn.Change{Pattern: row.ID, Version: row.Version}, club.CodeUnauthenticated},
		{"who has not seen the last change", stale, club.CodeConflict},
		{"who names no pattern", learn.Change{By: learntest.Admin, Pattern: "pat_none", Version: 1}, club.CodeNotFound},
	} {
		for act, fn := range map[string]func(*store.Tx) error{
			"pause":  func(tx *store.Tx) error { _, err := h.Memory.Pause(t.Context(), tx, tc.c); return err },
			"trip":   func(tx *store.Tx) error { _, err := h.Memory.TripBreaker(t.Context(), tx, tc.c); return err },
			"forget": func(tx *store.Tx) error { _, err := h.Memory.Forget(t.Context(), tx, tc.c, "pre_x"); return err },
			"merge":  func(tx *store.Tx) error { _, err := h.Memory.Merge(t.Context(), tx, h.Keys, tc.c, "pat_y"); return err },
			"split": func(tx *store.Tx) error {
				_, err := h.Memory.Split(t.Context(), tx, h.Keys, tc.c, "t", nil)
				return err
			},
		} {
			if err := h.Act(fn); club.CodeOf(err) != tc.want {
				t.Errorf("%s may %s: %v", tc.name, act, err)
			}
		}
	}
	if err := h.Act(func(tx *store.Tx) error {
		_, err := h.Memory.Pin(t.Context(), tx, learntest.ChangeOf(row), "boss")
		return err
	}); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("a tier that is none: %v", err)
	}
}

func TestOtherWordsAreAnotherDecisionWithoutARecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", "Yes: at the counter, in any amount.", "usr_opal")
	h.Teach("vouchers for a friend?", "Yes: at the counter, in any amount.", "usr_oscar")
	l := h.Lessons()[0]
	if s := h.lessonAt(l); s.Assessment.Outcomes != 2 || s.Assessment.People != 2 {
		t.Fatalf("two answers are a record of %+v", s.Assessment)
	}
	correct := func(to learn.Correction) error {
		return h.Act(func(tx *store.Tx) error {
			_, err := h.Memory.Correct(t.Context(), tx, h.Keys, learntest.ChangeOf(h.Lessons()[0].Pattern), to)
			return err
		})
	}
	if err := correct(learn.Correction{Title: "Vouchers", Words: l.Reply}); err != nil {
		t.Fatal(err)
	}
	if s := h.lessonAt(h.Lessons()[0]); s.Assessment.Outcomes != 2 {
		t.Errorf("another title leaves a record of %d", s.Assessment.Outcomes)
	}
	if err := correct(learn.Correction{Title: "Vouchers", Words: "Hi {{member_first_name|there}}, they are at {{location}}.", Actions: []club.ActionName{"reboot_pc"}}); err != nil {
		t.Fatal(err)
	}
	l = h.Lessons()[0]
	s := h.lessonAt(l)
	if s.Assessment.Outcomes != 0 || s.Pattern.Epoch != 2 || s.Pattern.Title != "Vouchers" || !slices.Equal(s.Plan.Actions, []club.ActionName{"reboot_pc"}) || !strings.Contains(l.Reply, "{{location}}") {
		t.Errorf("after a correction: %+v, words %q", s, l.Reply)
	}
	for name, bad := range map[string]learn.Correction{
		"no title":                {Words: "x"},
		"a long title":            {Title: strings.Repeat("x", 121), Words: "x"},
		"long words":              {Title: "t", Words: strings.Repeat("x", 1601)},
		"an unknown value":        {Title: "t", Words: "{{secret}}"},
		"a broken template":       {Title: "t", Words: "{{bay"},
		"nothing":                 {Title: "t"},
		"an unknown action":       {Title: "t", Actions: []club.ActionName{"make_coffee"}},
		"an action twice":         {Title: "t", Actions: []club.ActionName{"reboot_pc", "reboot_pc"}},
		"an action that is words": {Title: "t", Actions: []club.ActionName{"send_reply"}},
	} {
		if err := correct(bad); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAProceduresPatternIsCorrectedInItsSOP(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Decide("wifi", h.Bays[0], club.TierSuggest)
	h.Teach("do you sell vouchers", "Yes: at the counter.", "usr_opal")
	row, l := h.PatternOf("wifi"), h.Lessons()[0].Pattern
	for name, fn := range map[string]func(*store.Tx) error{
		"correct": func(tx *store.Tx) error {
			_, err := h.Memory.Correct(t.Context(), tx, h.Keys, learntest.ChangeOf(row), learn.Correction{Title: "t", Words: "w"})
			return err
		},
		"merge": func(tx *store.Tx) error {
			_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(row), l.ID)
			return err
		},
		"split": func(tx *store.Tx) error {
			_, err := h.Memory.Split(t.Context(), tx, h.Keys, learntest.ChangeOf(row), "t", []club.PrecedentID{"pre_x"})
			return err
		},
		"merge with itself": func(tx *store.Tx) error {
			_, err := h.Memory.Merge(t.Context(), tx, h.Keys, learntest.ChangeOf(l), l.ID)
			return err
		},
	} {
		if err := h.Act(fn); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOfWhatWasReportedItIsAnAnswerThatNothingIsDone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	storetest.Exec(t, h.Tenant, "UPDATE decision_patterns SET domain = 'error'")
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Correct(t.Context(), tx, h.Keys, learntest.ChangeOf(h.Lessons()[0].Pattern), learn.Correction{Title: "Offline at night"})
		return err
	})
	if l := h.Lessons()[0]; l.Reply != "" || len(l.Actions()) != 0 || len(l.Steps) != 1 || l.Steps[0].Ticket == "" {
		t.Errorf("it says %q and does %+v, want it written down", l.Reply, l.Steps)
	}
}
