package decide_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/learn"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// taught has operators answer the same question by hand, one after the other, a day apart.
func (h *house) taught(question, answer string, people ...identity.Principal) {
	h.t.Helper()
	for _, p := range people {
		th := h.hear(ada, question)
		if th.Status != club.ThreadEscalated {
			h.t.Fatalf("%q makes the thread %s", question, th.Status)
		}
		if _, err := h.desk.Reply(h.t.Context(), h.tenant, p, th.ID, answer, p.Actor.ID+h.clock.Now().String(), desk.Seen{}); err != nil {
			h.t.Fatal(err)
		}
		jobstest.Work(h.t, h.cluster, h.tenant, h.memory.Judge)
		h.clock.Advance(24 * time.Hour)
	}
}

func TestWhatOperatorsAnsweredByHandComesBackAsAProposal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	question, answer := "do you sell gift vouchers", "Hi Ada! Yes: at the counter, in any amount."
	opal, oscar := operator("usr_opal"), operator("usr_oscar")
	h.taught(question, answer, opal, oscar)
	th := h.hear(ada, question)
	if _, e := h.decision(th.ID); e.Rule != learn.RuleLearning || th.Status != club.ThreadEscalated || !strings.Contains(e.Candidates[0].Record, "decided so 2 times by 2 people") {
		t.Fatalf("after two answers: %s, %+v", th.Status, e)
	}
	if _, err := h.desk.Reply(t.Context(), h.tenant, opal, th.ID, answer, "third", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
	h.clock.Advance(24 * time.Hour)
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM decision_patterns WHERE sop_id IS NULL"); n != 1 {
		t.Fatalf("one answer given three times has become %d patterns", n)
	}
	th = h.hear("+15550100077", "hi do you sell gift vouchers?")
	d, e := h.decision(th.ID)
	p := h.proposal(th.ID)
	if p.Status != club.ProposalOpen || p.Tier != club.TierApprove || !strings.Contains(e.Candidates[0].Record, "decided so 3 times by 2 people") {
		t.Fatalf("proposal %+v of %+v, evidence %+v", p, d, e)
	}
	if err := h.decider.Approve(t.Context(), h.tenant, opal, p.ID, nil, decide.Why{}); err != nil {
		t.Error(err)
	}
	jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM lesson_tallies WHERE action = '' AND person = 'usr_opal' AND outcomes = 1 AND failures = 0"); n != 1 {
		t.Error("what came of a young lesson has not counted for young lessons together")
	}
}

func TestAWordTaughtToOneMemberNamesNoOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	opal, oscar := operator("usr_opal"), operator("usr_oscar")
	h.taught("do you sell gift vouchers", "Yes Ada, at the counter.", opal, oscar, opal)
	h.taught("what was my locker code again", "It is 4711, call me at 555-0100-222.", opal)
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM precedents"); n != 3 {
		t.Errorf("%d answers were taken as precedents, want 3: a code is for one member alone", n)
	}
	var lessons *learn.Lessons
	h.read(func(tx *store.Tx) (err error) { lessons, err = h.memory.Learned(t.Context(), tx, h.keys); return err })
	if len(lessons.List) != 1 || lessons.List[0].Reply != "Yes {{member_first_name|there}}, at the counter." || len(lessons.List[0].Texts) != 3 {
		t.Errorf("learned %+v", lessons.List)
	}
}

func TestAnOperatorWhoAnswersOtherwiseSpeaksAgainstTheProcedure(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book("3")
	th := h.hear(ada, "the screen is frozen")
	if _, err := h.desk.Reply(t.Context(), h.tenant, operator("usr_opal"), th.ID, "Please move over to bay four, we give you an hour more.", "k", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
	sources := map[string]int{}
	h.read(func(tx *store.Tx) error {
		patterns, err := tx.FindPatterns(t.Context(), 10)
		for _, p := range patterns {
			list, err := tx.FindOutcomesOfPattern(t.Context(), store.FindOutcomesOfPatternParams{PatternID: p.ID, Limit: 10})
			if err != nil {
				return err
			}
			for _, o := range list {
				sources[o.Source]++
			}
		}
		return err
	})
	if sources["corrected"] != 1 || sources["decided"] != 1 {
		t.Errorf("outcomes %v, want one correction and one decision", sources)
	}
}

func TestAProcedureActsAloneOnceItsRecordAllowsIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.permit()
	th := h.hear(ada, "what's the wifi password")
	d, _ := h.decision(th.ID)
	if d.Tier != club.TierSuggest {
		t.Fatalf("a procedure without a record begins at %s", d.Tier)
	}
	if err := h.decider.Approve(t.Context(), h.tenant, operator("usr_opal"), h.proposal(th.ID).ID, nil, decide.Why{}); err != nil {
		t.Fatal(err)
	}
	jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
	h.recorded(d, 250, 0)
	if d, _ := h.decision(h.hear("+15550100078", "what's the wifi password").ID); d.Tier != club.TierAuto || d.Confidence < 0.95 || h.runs() != 2 {
		t.Errorf("after 250 good outcomes: %s at %.3f, %d runs", d.Tier, d.Confidence, h.runs())
	}
	h.recorded(d, 250, 20)
	if d, _ := h.decision(h.hear("+15550100079", "what's the wifi password").ID); d.Tier == club.TierAuto {
		t.Errorf("after 20 failures of 270 it still acts alone at %.3f", d.Confidence)
	}
}

// recorded gives a decision's plan a record of outcomes that devices have shown.
func (h *house) recorded(d store.Decision, good, bad float64) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		m, err := tx.FindChosenMatch(h.t.Context(), d.ID)
		if err != nil {
			return err
		}
		return tx.PutTally(h.t.Context(), store.PutTallyParams{PatternID: m.PatternID, Plan: m.Plan, Epoch: 1, Successes: good, Failures: bad,
			Expected: good + bad, Seen: good + bad, Outcomes: int64(good + bad), At: tx.Now})
	})
}

func TestAPausedPatternDoesNotRunAtItsDeadline(t *testing.T) {
	t.Parallel()
	h, th, p := announced(t)
	h.write(func(tx *store.Tx) error {
		d, err := tx.FindDecision(t.Context(), p.DecisionID)
		if err != nil {
			return err
		}
		row, err := tx.FindPatternOfSOP(t.Context(), d.SOPID)
		if err != nil {
			return err
		}
		_, err = tx.UpdatePattern(t.Context(), store.UpdatePatternParams{ID: row.ID, Version: row.Version, Title: row.Title, Steps: row.Steps, State: "paused", Ceiling: row.Ceiling, Epoch: row.Epoch, Earned: row.Earned, UpdatedAt: tx.Now})
		return err
	})
	h.clock.Advance(2 * time.Minute)
	if err := h.deadline(); err != nil {
		t.Fatal(err)
	}
	if got := h.proposal(th.ID).Status; got != club.ProposalExpired || h.runs() != 0 {
		t.Errorf("the proposal is %s, %d runs", got, h.runs())
	}
}

// What is written down of a decision's course must lead to the tier that was taken, else a preview of
// another course would say nothing.
func TestTheCourseOfADecisionLeadsToItsTier(t *testing.T) {
	t.Parallel()
	permitted := map[string]any{"actions.auto_execution": true, "autonomy.actions": []string{"device"}, "autonomy.places": []string{"all"}}
	for name, c := range map[string]struct {
		settings map[string]any
		words    string
		booked   bool
		held     []club.HoldKind
		late     time.Duration
	}{
		"plain information":              {settings: map[string]any{"replies.auto_safe": true}, words: "what's the wifi password"},
		"plain information not allowed":  {words: "what's the wifi password", held: []club.HoldKind{club.HoldUnasked}},
		"plain information, late":        {settings: map[string]any{"replies.auto_safe": true}, words: "what's the wifi password", late: 15 * time.Minute, held: []club.HoldKind{club.HoldLate, club.HoldUnasked}},
		"plain information, not late":    {settings: map[string]any{"replies.auto_safe": true}, words: "what's the wifi password", late: 14 * time.Minute},
		"a device":                       {words: "the screen is frozen", booked: true, held: []club.HoldKind{club.HoldUnasked}},
		"a device, permitted":            {settings: permitted, words: "the screen is frozen", booked: true},
		"a device, permitted, late":      {settings: permitted, words: "the screen is frozen", booked: true, late: 2 * time.Hour, held: []club.HoldKind{club.HoldLate}},
		"a device in a bay not known":    {words: "the screen is frozen", held: []club.HoldKind{club.HoldUnasked}},
		"a device without a booking":     {words: "bay 3 froze", held: []club.HoldKind{club.HoldBooking, club.HoldUnasked}},
		"two switches, of which one did": {settings: map[string]any{"actions.off": []string{"device", "words"}}, words: "the screen is frozen", booked: true, held: []club.HoldKind{club.HoldSwitch, club.HoldSwitch, club.HoldUnasked}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			for key, value := range c.settings {
				h.set(key, value)
			}
			if c.booked {
				h.book("3")
			}
			r := h.sentBefore(ada, c.words, c.late)
			h.settle()
			d, e := h.decision(r.Thread)
			if c.late >= decide.LateAfter && d.Tier != club.TierApprove {
				t.Errorf("a text that came %s late is answered at %s", c.late, d.Tier)
			}
			if e.Course == nil {
				t.Fatalf("nothing is written down of %s, kind %s", d.Title, d.Kind)
			}
			if got := e.Course.Tier(d.EarnedTier); got != d.Tier {
				t.Errorf("the course %+v leads from %s to %s, the decision was %s", e.Course, d.EarnedTier, got, d.Tier)
			}
			var held []club.HoldKind
			for _, x := range e.Course.Held {
				if x.By != club.HoldFinding {
					held = append(held, x.By)
				}
			}
			if !slices.Equal(held, c.held) {
				t.Errorf("held by %v, want %v", held, c.held)
			}
		})
	}
}
