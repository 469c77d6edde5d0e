package learn_test

import (
	"testing"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// lesson teaches words that two people stand behind, and returns what they do.
func (h *house) lesson(words, first, second, third string) learn.Plan {
	h.T.Helper()
	h.Teach(first, words, "usr_opal")
	list := h.Lessons()
	taught := list[len(list)-1]
	h.TeachAs(taught, second, "usr_oscar")
	h.TeachAs(taught, third, "usr_tess")
	about, err := learn.PlanOf(taught)
	if err != nil {
		h.T.Fatal(err)
	}
	return about
}

// approved has decisions on a plan approved by three people in turn.
func (h *house) approved(about learn.Plan, n int) (last store.Decision) {
	h.T.Helper()
	for i := range n {
		last = h.Took(about, "known", "again", club.TierApprove, &club.Course{})
		h.Propose(last, club.ProposalApproved, []string{"usr_opal", "usr_oscar", "usr_tess"}[i%3])
		h.Judge()
	}
	return last
}

func TestANewLessonMayClaimWhatLessonsBeforeItHaveProved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	old := h.lesson(learntest.AtCounter, "do you sell vouchers", "vouchers for a friend?", "a voucher please")
	if s := h.StandingOf(old, h.Bays[0]); !s.Promising || s.Assessment.Prior != 0 || s.Confidence >= 0.75 {
		t.Fatalf("the first lesson of all stands on %+v at %.3f: nothing has been proved yet", s.Assessment, s.Confidence)
	}
	h.approved(old, 36)
	if s := h.StandingOf(old, h.Bays[0]); !s.Promising || s.Young {
		t.Fatalf("after 36 approvals it is still among the young ones: %+v", s.Assessment)
	}
	alone := h.lesson(learntest.ByPost, "can you send it", "send it to my home", "by mail please")
	if s := h.StandingOf(alone, h.Bays[0]); !s.Young || s.Confidence >= 0.75 {
		t.Fatalf("what one lesson has proved for itself lifts another one to %.3f", s.Confidence)
	}
	if rate, ok := h.StandingOf(alone, h.Bays[0]).Together(); ok {
		t.Errorf("people are told that it may be announced by %.2f", rate)
	}
	h.approved(alone, 18)
	young := h.lesson("The code is on your bag tag.", "where is my locker code", "locker code?", "code for the locker")
	s := h.StandingOf(young, h.Bays[0])
	if !s.Promising || s.Assessment.Prior <= s.Assessment.Suggest || s.Confidence < 0.75 || s.Confidence >= 0.95 {
		t.Fatalf("after approvals of two lessons a third one stands on %+v at %.3f: it may be announced, and not act at once", s.Assessment, s.Confidence)
	}
	proved := s.Assessment.Prior
	if rate, ok := s.Together(); !ok || rate != proved {
		t.Errorf("people are told %.3f, %t instead of %.3f", rate, ok, proved)
	}

	h.Write(func(tx *store.Tx) error {
		return h.Memory.Delete(t.Context(), tx, learntest.ChangeOf(h.Lessons()[0].Pattern))
	})
	if s := h.StandingOf(young, h.Bays[0]); s.Assessment.Prior < 0.99*proved {
		t.Errorf("what a lesson had proved is %.3f instead of %.3f once it is deleted: so would be what spoke against it", s.Assessment.Prior, proved)
	}

	dec := h.Took(young, "known", "send it", club.TierSuggest, &club.Course{})
	h.Propose(dec, club.ProposalRejected, "usr_oscar")
	h.Override(dec, "rejected", "usr_oscar", "")
	h.Judge()
	if s := h.StandingOf(young, h.Bays[0]); s.Promising || s.Assessment.Prior != 0 || s.Confidence >= 0.75 {
		t.Errorf("declined once in four, it stands on %+v at %.3f", s.Assessment, s.Confidence)
	}
	next := h.lesson("It is on the first floor.", "where is the bar", "the bar?", "bar please")
	if s := h.StandingOf(next, h.Bays[0]); !s.Promising || s.Assessment.Prior >= proved {
		t.Errorf("what was declined has not counted against lessons: %.3f, was %.3f", s.Assessment.Prior, proved)
	}
}

func TestAnOutcomeThatIsReplacedCountsOnceForLessonsTogether(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	about := h.lesson(learntest.AtCounter, "do you sell vouchers", "vouchers for a friend?", "a voucher please")
	dec := h.approved(about, 1)
	h.Judge()
	counted := func(what string) int {
		return storetest.Count(t, h.Tenant, "SELECT CAST(COALESCE(SUM("+what+"), 0) AS BIGINT) FROM lesson_tallies WHERE action = ''")
	}
	if counted("outcomes") != 1 || counted("failures") != 0 {
		t.Fatalf("one approval counts as %d outcomes, %d failures", counted("outcomes"), counted("failures"))
	}
	h.Override(dec, "rejected", "usr_oscar", "")
	h.Write(func(tx *store.Tx) error { learn.Consider(tx, dec.ID); return nil })
	h.Judge()
	if counted("outcomes") != 1 || counted("failures") != 1 {
		t.Errorf("declined after all, it counts as %d outcomes, %d failures", counted("outcomes"), counted("failures"))
	}
}

func TestASituationThatIsForgottenIsNotCountedTwiceForLessonsTogether(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	about := h.lesson(learntest.AtCounter, "do you sell vouchers", "vouchers for a friend?", "a voucher please")
	dec := h.Took(about, "known", "vouchers again", club.TierApprove, &club.Course{})
	h.Propose(dec, club.ProposalRejected, "usr_oscar")
	h.Override(dec, "rejected", "usr_oscar", "")
	id := club.NewPrecedentID(h.Clock.Now())
	h.Write(func(tx *store.Tx) error { // and then answered much the same
		_, err := tx.CreatePrecedent(t.Context(), store.CreatePrecedentParams{ID: id, PatternID: about.Pattern, Text: "vouchers again", Context: "{}", DecisionID: dec.ID, ThreadID: dec.ThreadID, Actor: "user:usr_oscar", At: tx.Now})
		return err
	})
	h.Judge()
	failures := func() int {
		return storetest.Count(t, h.Tenant, "SELECT CAST(COALESCE(SUM(failures), 0) AS BIGINT) FROM lesson_tallies")
	}
	if failures() != 1 {
		t.Fatalf("one that was declined counts as %d failures", failures())
	}
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Forget(t.Context(), tx, learntest.ChangeOf(h.Lessons()[0].Pattern), id)
		learn.Consider(tx, dec.ID)
		return err
	})
	h.Judge()
	if failures() != 1 {
		t.Errorf("judged again after its situation was forgotten, it counts as %d failures", failures())
	}
}
