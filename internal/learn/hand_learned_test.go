package learn_test

import (
	"slices"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/pattern/module"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestWhatPeopleDoAboutAReportIsLearnedWhenItIsSettled(t *testing.T) {
	t.Parallel()
	reboot := func(h *house, d store.Decision) { h.ByHand(d, "reboot_pc") }
	for _, tc := range []struct {
		name   string
		happen func(*house, store.Situation, store.Decision)
		want   []club.ActionName // nil: nothing is learned
		by     string
	}{
		{"a moment ago", func(h *house, _ store.Situation, d store.Decision) { reboot(h, d) }, nil, ""},
		{"and it is over", func(h *house, s store.Situation, d store.Decision) { reboot(h, d); h.over(s, d) }, []club.ActionName{"reboot_pc"}, "user:usr_opal"},
		{"and let be", func(h *house, _ store.Situation, d store.Decision) { reboot(h, d); h.Clock.Advance(module.Soon) }, []club.ActionName{"reboot_pc"}, "user:usr_opal"},
		{"and closed", func(h *house, _ store.Situation, d store.Decision) {
			reboot(h, d)
			if err := h.close(club.Actor{Kind: club.ActorUser, ID: "usr_oscar"}); err != nil {
				h.T.Error(err)
			}
		}, []club.ActionName{"reboot_pc"}, "user:usr_opal"},
		{"and something is under way", func(h *house, s store.Situation, d store.Decision) {
			reboot(h, d)
			h.deed(d, "reset_audio", club.OutcomeRunning, "user:usr_opal")
			h.over(s, d)
		}, nil, ""},
		{"which failed", func(h *house, s store.Situation, d store.Decision) {
			h.deed(d, "reset_audio", club.OutcomeFailed, "user:usr_opal")
			h.over(s, d)
		}, nil, ""},
		{"which the machine did", func(h *house, s store.Situation, d store.Decision) {
			h.deed(d, "reset_audio", club.OutcomeSuccess, "system:act")
			h.over(s, d)
		}, nil, ""},
		{"once, twice", func(h *house, s store.Situation, d store.Decision) { reboot(h, d); reboot(h, d); h.over(s, d) }, []club.ActionName{"reboot_pc"}, "user:usr_opal"},
		{"while a colleague's act fails", func(h *house, s store.Situation, d store.Decision) {
			reboot(h, d)
			h.deed(d, "reset_audio", club.OutcomeFailed, "user:usr_oscar")
			h.over(s, d)
		}, []club.ActionName{"reboot_pc"}, "user:usr_opal"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			s := h.report(club.EventDeviceOffline, club.DevicePC, 1)
			d := h.undecided(learn.RuleNoMatch)
			tc.happen(h, s, d)
			h.Judge()
			h.Judge()
			list := h.Lessons()
			if tc.want == nil {
				if len(list) != 0 {
					t.Errorf("learned %+v", list)
				}
				return
			}
			if len(list) != 1 || !slices.Equal(list[0].Actions(), tc.want) || list[0].Pattern.Domain != "error" || list[0].Pattern.CreatedBy != tc.by {
				t.Fatalf("learned %+v, want %v of %s", list, tc.want, tc.by)
			}
			if p := h.Precedents(list[0].Pattern.ID); len(p) != 1 || p[0].DecisionID != d.ID || p[0].Context == "{}" || p[0].Actor != tc.by {
				t.Errorf("its situations are %+v", p)
			}
		})
	}
}

func TestClosingAReportThatGoesOnTeachesThatNothingIsToBeDone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	closed := func(device club.DeviceKind, bays int, by string) store.Decision {
		h.report(club.EventDeviceOffline, device, bays)
		d := h.undecided(learn.RuleNoMatch)
		if err := h.close(club.Actor{Kind: club.ActorUser, ID: by}); err != nil {
			t.Fatal(err)
		}
		h.Judge()
		return d
	}
	first := closed(club.DevicePC, 1, "usr_opal")
	list := h.Lessons()
	if len(list) != 1 || len(list[0].Actions()) != 0 || len(list[0].Steps) != 1 || list[0].Steps[0].Ticket != "{{report}}" || list[0].Pattern.Title != "Its pc reports device.offline" {
		t.Fatalf("learned %+v", list)
	}
	if n := h.cameOf(first, "decided"); n != 1 {
		t.Error("the decision does not count for the lesson")
	}
	closed(club.DevicePC, 1, "usr_oscar")
	if list = h.Lessons(); len(list) != 1 || len(h.Precedents(list[0].Pattern.ID)) != 2 {
		t.Errorf("the same again founds another lesson: %+v", list)
	}
	closed(club.DeviceTracker, 1, "usr_opal")
	closed(club.DevicePC, 3, "usr_opal")
	if list = h.Lessons(); len(list) != 3 {
		t.Errorf("another device, and several bays, are the same matter: %d lessons", len(list))
	}
	for _, l := range list {
		h.Write(func(tx *store.Tx) error {
			_, err := h.Memory.Pause(t.Context(), tx, learntest.ChangeOf(l.Pattern))
			return err
		})
	}
	closed(club.DevicePC, 1, "usr_opal")
	if n := len(h.Lessons()); n != 4 {
		t.Errorf("what is paused is added to: %d lessons, want a fourth", n)
	}
}

func TestClosingTeachesOnlyWhatAPersonDecidedInPlaceOfTheMachine(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		make func(*house) // the thread and the decision that is closed
		by   club.Actor
		want int // lessons
	}{
		{"nothing known fitted", func(h *house) { h.undecided(learn.RuleNoMatch) }, opal, 1},
		{"a lesson that has not enough outcomes", func(h *house) { h.undecided(learn.RuleLearning) }, opal, 1},
		{"by the machine", func(h *house) { h.undecided(learn.RuleNoMatch) }, club.System("desk"), 0},
		{"the ordinary course", func(h *house) { h.undecided("the ordinary course") }, opal, 0},
		{"no decision", func(*house) {}, opal, 0},
		{"an act that was proposed is not wanted", func(h *house) { h.Decide("frozen", h.Bays[0], club.TierApprove) }, opal, 1},
		{"an act that was approved", func(h *house) {
			h.Propose(h.Decide("frozen", h.Bays[0], club.TierApprove), club.ProposalApproved, "usr_opal")
		}, opal, 0},
		{"an act that was announced and done", func(h *house) {
			h.Propose(h.Decide("frozen", h.Bays[0], club.TierSuggest), club.ProposalExecuted, "usr_opal")
		}, opal, 0},
		{"a procedure without acts", func(h *house) { h.Decide("wifi", h.Bays[0], club.TierApprove) }, opal, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.report(club.EventDeviceOffline, club.DevicePC, 1)
			tc.make(h)
			if err := h.close(tc.by); err != nil {
				t.Fatal(err)
			}
			h.Judge()
			if list := h.Lessons(); len(list) != tc.want {
				t.Errorf("learned %+v", list)
			}
		})
	}
}

func TestClosingAMembersConversationOrAReportWithoutASituationTeachesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.undecided(learn.RuleNoMatch)
	if err := h.close(opal); err != nil {
		t.Fatal(err)
	}
	s := h.report(club.EventDeviceOffline, club.DevicePC, 1)
	h.undecided(learn.RuleNoMatch)
	storetest.Exec(t, h.Tenant, "DELETE FROM situations WHERE id = $1", s.ID.String())
	h.open(club.EventDeviceOffline, club.DevicePC, 1) // opened after the decision: it is not its own
	if err := h.close(opal); err != nil {
		t.Fatal(err)
	}
	h.Judge()
	if list := h.Lessons(); len(list) != 0 {
		t.Errorf("learned %+v", list)
	}
}

func TestWhoActsWhereALessonSaysThatNothingIsToBeDoneTeachesAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.report(club.EventDeviceOffline, club.DevicePC, 1)
	h.undecided(learn.RuleNoMatch)
	if err := h.close(opal); err != nil {
		t.Fatal(err)
	}
	h.Judge()
	nothing := h.Lessons()[0]
	about, err := learn.PlanOf(nothing)
	if err != nil {
		t.Fatal(err)
	}
	s := h.report(club.EventDeviceOffline, club.DevicePC, 1)
	d := h.Took(about, "Its pc", "its pc reports device.offline", club.TierApprove, &club.Course{})
	h.ByHand(d, "reboot_pc")
	h.over(s, d)
	h.Judge()
	h.Judge()
	list := h.Lessons()
	if len(list) != 2 || !slices.Equal(list[1].Actions(), []club.ActionName{"reboot_pc"}) {
		t.Fatalf("learned %+v", list)
	}
	if h.cameOf(d, "corrected") != 1 || h.cameOf(d, "helped") != 1 {
		t.Error("the act does not speak against the one lesson and, as it helped, for the other")
	}
	h.Clock.Advance(time.Hour)
	h.open(club.EventDeviceOffline, club.DevicePC, 1)
	h.Write(func(tx *store.Tx) error { learn.Consider(tx, d.ID); return nil })
	h.Judge()
	if h.cameOf(d, "reopened") != 1 {
		t.Error("what came back was helped")
	}
}

func TestALessonThatIsTakenOutOfUseIsNotFoundedAgainByTheSameAct(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.report(club.EventDeviceOffline, club.DevicePC, 1)
	d := h.undecided(learn.RuleNoMatch)
	h.ByHand(d, "reboot_pc")
	h.over(s, d)
	h.Judge()
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Retire(t.Context(), tx, learntest.ChangeOf(h.Lessons()[0].Pattern))
		return err
	})
	h.Write(func(tx *store.Tx) error { learn.Consider(tx, d.ID); return nil })
	h.Judge()
	if list := h.Lessons(); len(list) != 0 {
		t.Errorf("founded again: %+v", list)
	}
}

func TestAReportThatCannotBeReadTeachesNothingAndSaysSo(t *testing.T) {
	t.Parallel()
	for column, spoil := range map[string]string{
		"evidence": "UPDATE decisions SET evidence = '[]'", "steps": "UPDATE decisions SET steps = '[]'", "context": "UPDATE situations SET context = '[]'",
		"precedent": "UPDATE precedents SET context = '[]'",
	} {
		h := newHouse(t)
		h.report(club.EventDeviceOffline, club.DevicePC, 1)
		h.undecided(learn.RuleNoMatch)
		if err := h.close(opal); err != nil { // something was learned before
			t.Fatal(err)
		}
		h.report(club.EventDeviceOffline, club.DevicePC, 1)
		h.Decide("frozen", h.Bays[0], club.TierApprove)
		storetest.Exec(t, h.Tenant, spoil)
		h.Memory = h.awoken()
		if err := h.close(opal); err == nil {
			t.Errorf("%s: closed, and nobody hears of it", column)
		}
		if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM precedents"); n != 1 {
			t.Errorf("%s: %d situations learned, want that of before", column, n)
		}
	}
}

func TestWhatSomebodyDeletedIsNotLearnedAgainFromWhatWasDoneBefore(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(*house, *store.Tx, learn.Lesson) error{
		"the pattern": func(h *house, tx *store.Tx, l learn.Lesson) error {
			return h.Memory.Delete(h.T.Context(), tx, learntest.ChangeOf(l.Pattern))
		},
		"the pattern, corrected before": func(h *house, tx *store.Tx, l learn.Lesson) error {
			row, err := h.Memory.Correct(h.T.Context(), tx, h.Keys, learntest.ChangeOf(l.Pattern), learn.Correction{Title: "Offline", Actions: []club.ActionName{"reset_audio"}})
			if err != nil {
				return err
			}
			return h.Memory.Delete(h.T.Context(), tx, learntest.ChangeOf(row))
		},
		"its situation": func(h *house, tx *store.Tx, l learn.Lesson) error {
			row, err := h.Memory.Forget(h.T.Context(), tx, learntest.ChangeOf(l.Pattern), h.Precedents(l.Pattern.ID)[0].ID)
			if err != nil {
				return err
			}
			_, err = h.Memory.Pause(h.T.Context(), tx, learntest.ChangeOf(row)) // so that another would be founded
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			did := func(after func(store.Situation, store.Decision)) store.Decision {
				s := h.report(club.EventDeviceOffline, club.DevicePC, 1)
				d := h.undecided(learn.RuleNoMatch)
				h.ByHand(d, "reboot_pc")
				after(s, d)
				h.Judge()
				return d
			}
			first := did(h.over)
			late := did(func(store.Situation, store.Decision) {}) // done before, settled afterwards
			l := h.Lessons()[0]
			taught := func() int {
				return storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM precedents")
			}
			h.Write(func(tx *store.Tx) error { return remove(h, tx, l) })
			h.Clock.Advance(module.Soon + time.Minute)
			h.Write(func(tx *store.Tx) error {
				learn.Consider(tx, first.ID)
				learn.Consider(tx, late.ID)
				return nil
			})
			h.Judge()
			if n := taught(); n != 0 {
				t.Errorf("%d situations are learned again", n)
			}
			did(h.over)
			if n := taught(); n != 1 {
				t.Errorf("what was done since has taught %d situations, want 1", n)
			}
		})
	}
}
