package learn_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

var admin = identity.Principal{Tenant: "test", Actor: club.Actor{Kind: club.ActorUser, ID: "usr_adam", Name: "Adam"}, Role: club.RoleAdmin, UserID: "usr_adam"}

// teach lets a person answer a text that nothing known fits, with all lessons before their eyes.
func (h *house) teach(text, words, by string) (dec store.Decision) {
	h.t.Helper()
	h.clock.Advance(time.Minute)
	h.write(func(tx *store.Tx) error {
		ctx := h.t.Context()
		evidence, err := json.Marshal(club.Evidence{Text: text, Rule: learn.RuleNoMatch})
		if err != nil {
			return err
		}
		dec = store.Decision{ID: club.NewDecisionID(tx.Now), ThreadID: h.thread.ID, SubjectID: h.thread.SubjectID, Kind: "escalate", Title: "Nothing known fits", EarnedTier: club.TierEscalate, Tier: club.TierEscalate,
			Evidence: string(evidence), Steps: "{}", LocationID: h.place, BayID: h.bays[0], CorrelationID: tx.Correlation, CreatedAt: tx.Now}
		if err := tx.CreateDecision(ctx, store.CreateDecisionParams(dec)); err != nil {
			return err
		}
		known, err := h.memory.Learned(ctx, tx, h.keys)
		if err != nil {
			return err
		}
		var weighed []learn.Weighed
		for _, l := range known.List {
			about, err := learn.PlanOf(l)
			if err != nil {
				return err
			}
			weighed = append(weighed, learn.Weighed{Plan: about, Role: learn.RoleWeighed})
		}
		if err := h.memory.Remember(ctx, tx, dec, weighed); err != nil {
			return err
		}
		return h.memory.Teach(ctx, tx, h.keys, learn.Reply{Thread: h.thread, By: club.Actor{Kind: club.ActorUser, ID: by}, Words: words})
	})
	h.judge()
	return dec
}

// lessons are what the club has been taught, by the order in which it was.
func (h *house) lessons() (list []learn.Lesson) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		l, err := h.memory.Learned(h.t.Context(), tx, h.keys)
		list = l.List
		return err
	})
	return list
}

func (h *house) lessonAt(l learn.Lesson) (s learn.Standing) {
	h.t.Helper()
	about, err := learn.PlanOf(l)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.standingOf(about, h.bays[0])
}

func (h *house) patternOf(slug string) store.DecisionPattern {
	h.t.Helper()
	return h.standing(slug, h.bays[0]).Pattern
}

// act runs an act of the memory and returns what it says.
func (h *house) act(fn func(*store.Tx) error) error {
	h.t.Helper()
	return h.tenant.Write(h.t.Context(), fn)
}

func (h *house) audited(action string) int {
	h.t.Helper()
	return storetest.Count(h.t, h.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = '"+action+"'")
}

func changeOf(p store.DecisionPattern) learn.Change {
	return learn.Change{By: admin, Pattern: p.ID, Version: p.Version, Reason: "call 555-0100-222"}
}

func TestAPausedPatternActsNoMoreUntilItIsResumed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.decide("wifi", h.bays[0], club.TierSuggest)
	h.write(func(tx *store.Tx) error {
		_, err := h.memory.Pause(t.Context(), tx, changeOf(h.patternOf("wifi")))
		return err
	})
	if s := h.standing("wifi", h.bays[0]); s.Ceiling != club.TierEscalate || len(s.Limits) != 1 {
		t.Errorf("a paused pattern may do %s: %v", s.Ceiling, s.Limits)
	}
	if err := h.act(func(tx *store.Tx) error {
		_, err := h.memory.Pause(t.Context(), tx, changeOf(h.patternOf("wifi")))
		return err
	}); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("pausing twice: %v", err)
	}
	for _, fn := range []func(*store.Tx) error{
		func(tx *store.Tx) error {
			_, err := h.memory.Retire(t.Context(), tx, changeOf(h.patternOf("wifi")))
			return err
		},
		func(tx *store.Tx) error {
			_, err := h.memory.Resume(t.Context(), tx, changeOf(h.patternOf("wifi")))
			return err
		},
		func(tx *store.Tx) error {
			_, err := h.memory.Pin(t.Context(), tx, changeOf(h.patternOf("wifi")), club.TierApprove)
			return err
		},
	} {
		h.write(fn)
	}
	s := h.standing("wifi", h.bays[0])
	if s.Ceiling != club.TierApprove || !slices.Equal(s.Limits, []string{"people allow this pattern no more than asking"}) {
		t.Errorf("pinned to asking it may do %s: %v", s.Ceiling, s.Limits)
	}
	for _, action := range []string{"pattern.paused", "pattern.retired", "pattern.resumed", "pattern.pinned"} {
		if h.audited(action) != 1 {
			t.Errorf("%s is written down %d times", action, h.audited(action))
		}
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM audit_entries WHERE CAST(detail AS TEXT) LIKE '%0100-222%'"); n != 0 {
		t.Error("a number in a reason went into the log as it was")
	}
}

func TestOnlyWhoManagesTheMemoryChangesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.decide("wifi", h.bays[0], club.TierSuggest)
	row := h.patternOf("wifi")
	operator, local, foreign := admin, admin, admin
	operator.Role, local.Locations, foreign.Tenant = club.RoleOperator, []club.LocationID{h.place}, "other"
	stale := changeOf(row)
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
		{"who names no pattern", learn.Change{By: admin, Pattern: "pat_none", Version: 1}, club.CodeNotFound},
	} {
		for act, fn := range map[string]func(*store.Tx) error{
			"pause":  func(tx *store.Tx) error { _, err := h.memory.Pause(t.Context(), tx, tc.c); return err },
			"trip":   func(tx *store.Tx) error { _, err := h.memory.TripBreaker(t.Context(), tx, tc.c); return err },
			"forget": func(tx *store.Tx) error { _, err := h.memory.Forget(t.Context(), tx, tc.c, "pre_x"); return err },
			"merge":  func(tx *store.Tx) error { _, err := h.memory.Merge(t.Context(), tx, h.keys, tc.c, "pat_y"); return err },
			"split": func(tx *store.Tx) error {
				_, err := h.memory.Split(t.Context(), tx, h.keys, tc.c, "t", nil)
				return err
			},
		} {
			if err := h.act(fn); club.CodeOf(err) != tc.want {
				t.Errorf("%s may %s: %v", tc.name, act, err)
			}
		}
	}
	if err := h.act(func(tx *store.Tx) error {
		_, err := h.memory.Pin(t.Context(), tx, changeOf(row), "boss")
		return err
	}); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("a tier that is none: %v", err)
	}
}

func TestOtherWordsAreAnotherDecisionWithoutARecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.teach("do you sell vouchers", "Yes: at the counter, in any amount.", "usr_opal")
	h.teach("vouchers for a friend?", "Yes: at the counter, in any amount.", "usr_oscar")
	l := h.lessons()[0]
	if s := h.lessonAt(l); s.Assessment.Outcomes != 2 || s.Assessment.People != 2 {
		t.Fatalf("two answers are a record of %+v", s.Assessment)
	}
	correct := func(to learn.Correction) error {
		return h.act(func(tx *store.Tx) error {
			_, err := h.memory.Correct(t.Context(), tx, h.keys, changeOf(h.lessons()[0].Pattern), to)
			return err
		})
	}
	if err := correct(learn.Correction{Title: "Vouchers", Words: l.Reply}); err != nil {
		t.Fatal(err)
	}
	if s := h.lessonAt(h.lessons()[0]); s.Assessment.Outcomes != 2 {
		t.Errorf("another title leaves a record of %d", s.Assessment.Outcomes)
	}
	if err := correct(learn.Correction{Title: "Vouchers", Words: "Hi {{member_first_name|there}}, they are at {{location}}.", Actions: []club.ActionName{"reboot_pc"}}); err != nil {
		t.Fatal(err)
	}
	l = h.lessons()[0]
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
	h.decide("wifi", h.bays[0], club.TierSuggest)
	h.teach("do you sell vouchers", "Yes: at the counter.", "usr_opal")
	row, l := h.patternOf("wifi"), h.lessons()[0].Pattern
	for name, fn := range map[string]func(*store.Tx) error{
		"correct": func(tx *store.Tx) error {
			_, err := h.memory.Correct(t.Context(), tx, h.keys, changeOf(row), learn.Correction{Title: "t", Words: "w"})
			return err
		},
		"merge": func(tx *store.Tx) error {
			_, err := h.memory.Merge(t.Context(), tx, h.keys, changeOf(row), l.ID)
			return err
		},
		"split": func(tx *store.Tx) error {
			_, err := h.memory.Split(t.Context(), tx, h.keys, changeOf(row), "t", []club.PrecedentID{"pre_x"})
			return err
		},
		"merge with itself": func(tx *store.Tx) error {
			_, err := h.memory.Merge(t.Context(), tx, h.keys, changeOf(l), l.ID)
			return err
		},
	} {
		if err := h.act(fn); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOfWhatWasReportedItIsAnAnswerThatNothingIsDone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.teach("do you sell vouchers", atCounter, "usr_opal")
	storetest.Exec(t, h.tenant, "UPDATE decision_patterns SET domain = 'error'")
	h.write(func(tx *store.Tx) error {
		_, err := h.memory.Correct(t.Context(), tx, h.keys, changeOf(h.lessons()[0].Pattern), learn.Correction{Title: "Offline at night"})
		return err
	})
	if l := h.lessons()[0]; l.Reply != "" || len(l.Actions()) != 0 || len(l.Steps) != 1 || l.Steps[0].Ticket == "" {
		t.Errorf("it says %q and does %+v, want it written down", l.Reply, l.Steps)
	}
}
