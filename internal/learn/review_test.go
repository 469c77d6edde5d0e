package learn_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func operator(id string) identity.Principal {
	return identity.Principal{Tenant: "test", Actor: club.Actor{Kind: club.ActorUser, ID: id, Name: id}, Role: club.RoleOperator, UserID: club.UserID(id)}
}

// reviewed has a decision carried out alone and drawn for a review.
func (h *house) reviewed(slug string) store.Decision {
	h.T.Helper()
	dec := h.Decide(slug, h.Bays[0], club.TierAuto)
	h.Alone(dec, 1, learn.Alone{Tier: club.TierAuto, Allowed: true})
	h.Run(dec, "done")
	return dec
}

func (h *house) answer(r learn.Review) error {
	h.T.Helper()
	err := h.Tenant.Write(h.T.Context(), func(tx *store.Tx) error {
		_, err := h.Memory.Answer(h.T.Context(), tx, h.Keys, r)
		return err
	})
	h.Judge()
	return err
}

func (h *house) waiting(p identity.Principal) int {
	h.T.Helper()
	n := 0
	h.Read(func(tx *store.Tx) error {
		list, err := h.Memory.Reviews(h.T.Context(), tx, p, "", "", 100)
		n = len(list)
		return err
	})
	return n
}

func TestADrawBelongsToItsDecisionAndIsFair(t *testing.T) {
	t.Parallel()
	if a, b := learn.Draw("dec_1"), learn.Draw("dec_1"); a != b || a < 0 || a >= 1 {
		t.Errorf("one decision draws %v and %v", a, b)
	}
	drawn := 0
	for i := range 20000 {
		if learn.Draw(club.DecisionID(fmt.Sprint("dec_", i))) < 0.05 {
			drawn++
		}
	}
	if drawn < 900 || drawn > 1100 { // 1000 ± 31 for one standard deviation
		t.Errorf("%d of 20000 are drawn at 5 %%", drawn)
	}
}

func TestWhatIsDoneAloneIsDrawnForAReview(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, tc := range []struct {
		share float64
		a     learn.Alone
		done  bool // its deadline passed
		want  int
	}{
		{1, learn.Alone{Tier: club.TierAuto, Allowed: true}, false, 1},
		{0, learn.Alone{Tier: club.TierAuto, Allowed: true}, false, 0},
		{1, learn.Alone{Tier: club.TierSuggest, Allowed: true}, false, 0},
		{1, learn.Alone{Tier: club.TierSuggest, Allowed: true}, true, 1},
		{1, learn.Alone{Tier: club.TierAuto}, false, 0}, // people decide on it anyway
	} {
		before := h.waiting(operator("usr_opal"))
		dec := h.Decide("wifi", h.Bays[0], tc.a.Tier)
		h.Alone(dec, tc.share, tc.a)
		if tc.done {
			h.Write(func(tx *store.Tx) error { return h.Memory.DoneAlone(t.Context(), tx, dec.ID) })
		}
		if got := h.waiting(operator("usr_opal")) - before; got != tc.want {
			t.Errorf("%+v at %v: %d reviews, want %d", tc.a, tc.share, got, tc.want)
		}
	}
	elsewhere := operator("usr_oscar")
	elsewhere.Locations = []club.LocationID{"loc_else"}
	if n := h.waiting(elsewhere); n != 0 {
		t.Errorf("somebody of another location sees %d reviews", n)
	}
}

func TestARightReviewCountsInFullAndAWrongOneIsAFailure(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	right := h.reviewed("wifi")
	h.Clock.Advance(3 * time.Hour) // later is not again
	wrong := h.reviewed("wifi")
	if err := h.answer(learn.Review{Decision: right.ID, By: operator("usr_opal"), Right: true}); err != nil {
		t.Fatal(err)
	}
	if err := h.answer(learn.Review{Decision: wrong.ID, By: operator("usr_opal"), Fault: learn.FaultWords, Note: "call me at +1 555 010 0001"}); err != nil {
		t.Fatal(err)
	}
	if a, b := h.Outcome(right), h.Outcome(wrong); a != "reviewed" || b != "refuted" {
		t.Errorf("the outcomes are %q and %q", a, b)
	}
	if c := h.Standing("wifi", h.Bays[0]).Assessment.Counts; c.Failures != 1 || c.Successes < 0.99 {
		t.Errorf("the record counts %+v", c)
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM reviews WHERE note LIKE '%0001%'"); n != 0 {
		t.Error("a number stands in a note")
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM decision_truths WHERE alone AND fits = 'yes' AND share = 1"); n != 2 {
		t.Errorf("%d truths, want 2: other words are not another matter", n)
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'review.answered'"); n != 2 {
		t.Errorf("%d audit entries", n)
	}
}

func TestAReviewIsAnsweredOnceAndByWhoMay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.reviewed("wifi")
	viewer, robot, elsewhere := operator("usr_vera"), operator("key_1"), operator("usr_else")
	viewer.Role = club.RoleViewer
	robot.Actor.Kind, robot.UserID = club.ActorAPIKey, ""
	elsewhere.Locations = []club.LocationID{"loc_else"}
	for name, tc := range map[string]struct {
		r    learn.Review
		want club.Code
	}{
		"a viewer":              {learn.Review{By: viewer, Right: true}, club.CodeForbidden},
		"a program":             {learn.Review{By: robot, Right: true}, club.CodeForbidden},
		"another location":      {learn.Review{By: elsewhere, Right: true}, club.CodeNotFound},
		"no fault":              {learn.Review{By: operator("usr_opal")}, club.CodeInvalid},
		"a fault of what works": {learn.Review{By: operator("usr_opal"), Right: true, Fault: learn.FaultWords}, club.CodeInvalid},
		"two ways to be right":  {learn.Review{By: operator("usr_opal"), Fault: learn.FaultMatter, Words: "x", Instead: "pat_1"}, club.CodeInvalid},
		"nothing known fits":    {learn.Review{By: operator("usr_opal"), Fault: learn.FaultPerson, Words: "x"}, club.CodeInvalid},
		"no such pattern":       {learn.Review{By: operator("usr_opal"), Fault: learn.FaultMatter, Instead: "pat_1"}, club.CodeInvalid},
		"the one that followed": {learn.Review{By: operator("usr_opal"), Fault: learn.FaultMatter, Instead: h.Standing("wifi", "").Pattern.ID}, club.CodeInvalid},
		"a long note":           {learn.Review{By: operator("usr_opal"), Right: true, Note: strings.Repeat("x", 501)}, club.CodeInvalid},
	} {
		tc.r.Decision = dec.ID
		if got := club.CodeOf(h.answer(tc.r)); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	if err := h.answer(learn.Review{Decision: dec.ID, By: operator("usr_opal"), Right: true}); err != nil {
		t.Fatal(err)
	}
	if got := club.CodeOf(h.answer(learn.Review{Decision: dec.ID, By: operator("usr_oscar"), Fault: learn.FaultOther})); got != club.CodeConflict {
		t.Errorf("a second answer: %q", got)
	}
	if got := club.CodeOf(h.answer(learn.Review{Decision: "dec_none", By: operator("usr_oscar"), Right: true})); got != club.CodeNotFound {
		t.Errorf("no such review: %q", got)
	}
}

func TestWhatWouldHaveBeenRightIsLearned(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Decide("frozen", h.Bays[0], club.TierApprove) // the pattern of the other procedure exists
	frozen := h.Standing("frozen", "").Pattern.ID
	known, words, nobody := h.reviewed("wifi"), h.reviewed("wifi"), h.reviewed("wifi")
	for _, r := range []learn.Review{
		{Decision: known.ID, Fault: learn.FaultMatter, Instead: frozen},
		{Decision: words.ID, Fault: learn.FaultMatter, Words: "The printer is behind the counter."},
		{Decision: nobody.ID, Fault: learn.FaultPerson},
	} {
		r.By = operator("usr_opal")
		if err := h.answer(r); err != nil {
			t.Fatal(err)
		}
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM precedents WHERE pattern_id = $1 AND decision_id = $2", frozen, known.ID); n != 1 {
		t.Error("the situation did not become one of the pattern that was named")
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM precedents WHERE pattern_id IS NULL AND decision_id = $1", nobody.ID); n != 1 {
		t.Error("the situation did not become one that nothing known fits")
	}
	var lessons *learn.Lessons
	h.Read(func(tx *store.Tx) (err error) { lessons, err = h.Memory.Learned(t.Context(), tx, h.Keys); return err })
	if len(lessons.List) != 1 || lessons.List[0].Reply != "The printer is behind the counter." || lessons.List[0].Pattern.CreatedBy != "user:usr_opal" {
		t.Errorf("learned %+v", lessons.List)
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM decision_truths WHERE fits = 'no' AND good = 'no'"); n != 3 {
		t.Errorf("%d matches are known to be wrong, want 3", n)
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM reviews WHERE instead IS NOT NULL"); n != 1 {
		t.Errorf("%d reviews keep the reviewer's words", n)
	}
}

func TestWhoeverTaughtADecisionDoesNotReviewIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.reviewed("wifi")
	if err := h.answer(learn.Review{Decision: first.ID, By: operator("usr_opal"), Fault: learn.FaultMatter, Words: "The printer is behind the counter."}); err != nil {
		t.Fatal(err)
	}
	dec := h.Decide("wifi", h.Bays[0], club.TierAuto)
	storetest.Exec(t, h.Tenant, "UPDATE pattern_matches SET pattern_id = (SELECT id FROM decision_patterns WHERE sop_id IS NULL) WHERE decision_id = $1", dec.ID)
	h.Alone(dec, 1, learn.Alone{Tier: club.TierAuto, Allowed: true})
	if got := club.CodeOf(h.answer(learn.Review{Decision: dec.ID, By: operator("usr_opal"), Right: true})); got != club.CodeForbidden {
		t.Errorf("whoever taught it reviews it: %q", got)
	}
	if err := h.answer(learn.Review{Decision: dec.ID, By: operator("usr_oscar"), Right: true}); err != nil {
		t.Error(err)
	}
}

func TestWhatWouldHaveBeenDoneIsComparedWithWhatPeopleDid(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		slug   string
		happen func(*house, store.Decision)
		want   string
	}{
		{"nothing yet", "wifi", func(*house, store.Decision) {}, ""},
		{"approved", "wifi", func(h *house, d store.Decision) { h.Propose(d, club.ProposalApproved, "usr_opal") }, "agreed"},
		{"rejected", "wifi", func(h *house, d store.Decision) {
			h.Override(d, "rejected", "usr_opal", "")
			h.Propose(d, club.ProposalRejected, "usr_opal")
		}, "disagreed"},
		{"the member wrote again", "wifi", func(h *house, d store.Decision) { h.Propose(d, club.ProposalStale, "") }, ""},
		{"edited a little", "wifi", func(h *house, d store.Decision) {
			h.Override(d, "edited", "usr_opal", "It is on the board, left.")
			h.Propose(d, club.ProposalApproved, "usr_opal")
		}, "agreed"},
		{"edited so far that the words do not tell", "wifi", func(h *house, d store.Decision) {
			h.Override(d, "edited", "usr_opal", "We have none today, sorry!")
			h.Propose(d, club.ProposalApproved, "usr_opal")
		}, ""},
		{"answered alike", "wifi", func(h *house, d store.Decision) { h.Override(d, "replied", "usr_opal", "It is on the board!") }, "agreed"},
		{"answered in words that do not tell", "wifi", func(h *house, d store.Decision) { h.Override(d, "replied", "usr_opal", "We have none today, sorry!") }, ""},
		{"answered otherwise, and nothing of it done", "frozen", func(h *house, d store.Decision) {
			h.Override(d, "replied", "usr_opal", "Please move over to bay four.")
		}, "disagreed"},
		{"answered alike and not done", "frozen", func(h *house, d store.Decision) { h.Override(d, "replied", "usr_opal", "It is on the board!") }, "disagreed"},
		{"rejected, and the same done by hand", "frozen", func(h *house, d store.Decision) {
			h.Override(d, "rejected", "usr_opal", "")
			h.Propose(d, club.ProposalRejected, "usr_opal")
			h.ByHand(d, "reboot_pc")
		}, "agreed"},
		{"something else done by hand", "frozen", func(h *house, d store.Decision) {
			h.Propose(d, club.ProposalStale, "")
			h.ByHand(d, "unlock_door")
		}, "disagreed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			dec := h.Decide(tc.slug, h.Bays[0], club.TierApprove)
			h.Alone(dec, 1, learn.Alone{Tier: club.TierAuto, ActionClass: "words"})
			tc.happen(h, dec)
			h.Write(func(tx *store.Tx) error { learn.Consider(tx, dec.ID); return nil })
			h.Judge()
			if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM alone_decisions WHERE verdict = $1", tc.want); n != 1 {
				t.Errorf("the verdict is not %q", tc.want)
			}
		})
	}
}
