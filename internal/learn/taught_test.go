package learn_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// say has somebody answer in the thread.
func (h *house) say(by club.Actor, words string) {
	h.T.Helper()
	h.Clock.Advance(time.Minute)
	h.Write(func(tx *store.Tx) error {
		return h.Memory.Teach(h.T.Context(), tx, h.Keys, learn.Reply{Thread: h.Thread, By: by, Words: words})
	})
	h.Judge()
}

func TestAnAnswerTeachesOnlyWhatAnotherMemberMayBeTold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		words string
		want  string // what is learned; "" nothing
	}{
		{"plain", "The bar is open till ten.", "The bar is open till ten."},
		{"the bay and the place", "Bay 1 at Northside is yours.", "{{bay}} at {{location}} is yours."},
		{"another case", "please stay in bay 1!", "please stay in {{bay}}!"},
		{"another bay", "Please move to Bay 12.", "Please move to Bay 12."},
		{"within a word", "Go to Northsides, not Northside.", "Go to Northsides, not {{location}}."},
		{"a letter whose other case is longer", "İyi oyunlar in Northside, northside!", "İyi oyunlar in {{location}}, {{location}}!"},
		{"within a word, twice", "northsidenorthside is no place", "northsidenorthside is no place"},
		{"a number", "Call me at +1 555 010 0001.", ""},
		{"a template", "Your code is {{code}}.", ""},
		{"half a template", "Your code is code}}.", ""},
		{"nothing", " \n ", ""},
		{"too long", strings.Repeat("long ", knowledge.MaxText/5+1), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.undecided(learn.RuleNoMatch)
			h.say(opal, tc.words)
			list := h.Lessons()
			if tc.want == "" && len(list) != 0 || tc.want != "" && (len(list) != 1 || list[0].Reply != tc.want) {
				t.Errorf("learned %+v, want %q", list, tc.want)
			}
		})
	}
}

func TestAnAnswerThatStandsForNoDecisionTeachesNothing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		make func(*house)
		by   club.Actor
	}{
		"no decision":          {func(*house) {}, opal},
		"by a program":         {func(h *house) { h.undecided(learn.RuleNoMatch) }, club.System("desk")},
		"of the matter before": {func(h *house) { h.undecided(learn.RuleNoMatch); h.Thread.EpisodeAt = h.Clock.Now().Add(time.Second) }, opal},
		"of no words": {func(h *house) {
			h.beside(h.undecided(learn.RuleNoMatch), club.Evidence{Text: " ", Rule: learn.RuleNoMatch})
		}, opal},
		"what nobody has declined": {func(h *house) { h.Decide("wifi", h.Bays[0], club.TierApprove) }, opal},
		"said in other words": {func(h *house) {
			h.Override(h.Decide("wifi", h.Bays[0], club.TierApprove), "edited", "usr_opal", "It is on the board, left.")
		}, opal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			tc.make(h)
			h.say(tc.by, "The bar is open till ten.")
			if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM precedents"); n != 0 {
				t.Errorf("%d situations learned", n)
			}
		})
	}
}

func TestWhatIsSaidAfterDecliningTellsMoreThanTheButton(t *testing.T) {
	t.Parallel()
	declined := func(t *testing.T, words string) (*house, store.Decision) {
		h := newHouse(t)
		d := h.Decide("wifi", h.Bays[0], club.TierApprove)
		h.Propose(d, club.ProposalRejected, "usr_opal")
		h.Override(d, "rejected", "usr_opal", "")
		h.say(opal, words)
		return h, d
	}
	h, d := declined(t, "Please ask at the counter.")
	if list := h.Lessons(); len(list) != 1 || list[0].Reply != "Please ask at the counter." || h.Outcome(d) != "rejected" {
		t.Errorf("other words: learned %+v, outcome %q", list, h.Outcome(d))
	}
	h, d = declined(t, "It is on the board!")
	if list := h.Lessons(); len(list) != 0 || h.Outcome(d) != "edited" {
		t.Errorf("the same words: learned %+v, outcome %q", list, h.Outcome(d))
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM overrides WHERE kind = 'replied' AND reason <> ''"); n != 1 {
		t.Errorf("%d overrides say so", n)
	}
}

func TestTheAnswerOfAnotherProcedureCorrectsAndTeaches(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.Decide("wifi", h.Bays[0], club.TierApprove)
	gone := h.candidate("frozen")
	gone.SOPVersion = 7 // a version that is there no more says nothing
	h.beside(d, club.Evidence{Text: "the picture", Candidates: []club.Candidate{{Title: "a lesson"}, h.candidate("wifi"), gone, h.candidate("frozen")}})
	h.Override(d, "replied", "usr_opal", "It is coming back.")
	h.say(opal, "It is coming back.")
	if got := h.Outcome(d); got != "corrected" {
		t.Errorf("outcome %q", got)
	}
	if list := h.Lessons(); len(list) != 1 || list[0].Pattern.Title != "the picture" {
		t.Errorf("learned %+v", list)
	}
	h.Alone(d, 1, learn.Alone{Tier: club.TierAuto})
	h.Write(func(tx *store.Tx) error { learn.Consider(tx, d.ID); return nil })
	h.Judge()
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM alone_decisions WHERE verdict = 'disagreed' AND because = 'answered otherwise'"); n != 1 {
		t.Error("it would not have been another answer alone")
	}
}

func TestWordsChangedInSubstanceAreNoAgreement(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell gift vouchers", "Vouchers are sold at the counter, in any amount you like.", "usr_oscar")
	d := h.Decide("wifi", h.Bays[0], club.TierApprove)
	h.Alone(d, 1, learn.Alone{Tier: club.TierAuto})
	h.Override(d, "edited", "usr_opal", "Vouchers are sold at the counter in any amount.")
	h.Propose(d, club.ProposalApproved, "usr_opal")
	h.Judge()
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM alone_decisions WHERE verdict = 'disagreed' AND because = 'changed in substance'"); n != 1 {
		t.Error("other words of another matter were agreement")
	}
	h.Read(func(tx *store.Tx) error {
		said, by, err := learn.Answered(t.Context(), tx, h.Keys, d)
		if said != "Vouchers are sold at the counter in any amount." || by != "user:usr_opal" {
			t.Errorf("%q by %q", said, by)
		}
		if said, by, other := learn.Answered(t.Context(), tx, h.Keys, store.Decision{ID: "dec_none"}); said != "" || by != "" || other != nil {
			t.Errorf("nobody said %q by %q, %v", said, by, other)
		}
		return err
	})
}

func TestAnAnswerJoinsALessonInUseThatDoesTheSame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("the sound is off", "The sound is back, have fun.", "usr_oscar")
	d := h.undecided(learn.RuleNoMatch)
	h.deed(d, "reset_audio", club.OutcomeFailed, "user:usr_opal") // what failed is no lesson
	h.say(opal, "The sound is back, have fun.")
	if list := h.Lessons(); len(list) != 1 || len(list[0].Texts) != 2 {
		t.Fatalf("a failed act makes another lesson: %+v", list)
	}
	d = h.undecided(learn.RuleNoMatch)
	h.ByHand(d, "reset_audio")
	h.ByHand(d, "reset_audio") // twice is once
	h.say(opal, "The sound is back, have fun.")
	if list := h.Lessons(); len(list) != 2 || !slices.Equal(list[1].Actions(), []club.ActionName{"reset_audio"}) {
		t.Fatalf("an act beside the words makes none: %+v", list)
	}
	h.ByHand(h.undecided(learn.RuleNoMatch), "reset_audio")
	h.say(opal, "The sound is back, have fun.")
	if list := h.Lessons(); len(list) != 2 || len(list[1].Texts) != 2 {
		t.Fatalf("the same act with the same words makes another: %+v", list)
	}
	h.undecided(learn.RuleLearning) // something was like it, and was not this
	h.say(opal, "The sound is back, have fun.")
	if n := len(h.Lessons()); n != 3 {
		t.Errorf("what was not weighed is joined: %d lessons", n)
	}
	for _, l := range h.Lessons() {
		h.Write(func(tx *store.Tx) error {
			_, err := h.Memory.Retire(t.Context(), tx, learntest.ChangeOf(l.Pattern))
			return err
		})
	}
	h.undecided(learn.RuleNoMatch)
	h.say(opal, "The sound is back, have fun.")
	if list := h.Lessons(); len(list) != 1 || len(list[0].Texts) != 1 {
		t.Errorf("what is out of use is joined: %+v", list)
	}
}

func TestALessonIsCalledByTheFirstLineOfWhatShowedIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"  the bar?\nand the food": "the bar?",
		"when does the bar close on the night before a holiday that falls on a monday": "when does the bar close on the night before a holiday that…",
		strings.Repeat("x", 70): strings.Repeat("x", 60) + "…",
	} {
		h := newHouse(t)
		h.beside(h.undecided(learn.RuleNoMatch), club.Evidence{Text: text, Rule: learn.RuleNoMatch})
		h.say(opal, "The bar is open till ten.")
		if list := h.Lessons(); len(list) != 1 || list[0].Pattern.Title != want {
			t.Errorf("%q is called %+v", text, list)
		}
	}
}

func TestASituationJoinsAProcedureThatHasDoneNothingYet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.Decide("frozen", h.Bays[0], club.TierApprove)
	storetest.Exec(t, h.Tenant, "UPDATE pattern_matches SET role = 'weighed' WHERE decision_id = $1", d.ID.String())
	next := h.undecided(learn.RuleNoMatch, club.Candidate{Title: "a lesson"}, h.candidate("frozen"))
	h.ByHand(next, "reboot_pc")
	h.say(opal, "I have seen to it.")
	if p := h.Precedents(h.PatternOf("frozen").ID); len(p) != 1 || p[0].DecisionID != next.ID {
		t.Errorf("its situations are %+v", p)
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM pattern_matches WHERE role = 'taught'"); n != 0 {
		t.Error("an outcome is counted for a plan that nobody knows")
	}
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Pause(t.Context(), tx, learntest.ChangeOf(h.PatternOf("frozen")))
		return err
	})
	h.ByHand(h.undecided(learn.RuleNoMatch, h.candidate("frozen")), "reboot_pc")
	h.say(opal, "I have seen to it.")
	if list := h.Lessons(); len(list) != 1 {
		t.Errorf("a paused procedure is joined: %+v", list)
	}
}

func TestADecisionTeachesOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.undecided(learn.RuleNoMatch)
	h.say(opal, "The bar is open till ten.")
	h.say(opal, "Enjoy your round, and see you soon.")
	if list := h.Lessons(); len(list) != 1 || list[0].Reply != "The bar is open till ten." {
		t.Errorf("a second text founds a lesson of no situation: %+v", list)
	}
	h.Alone(d, 1, learn.Alone{Tier: club.TierAuto, Allowed: true})
	if err := h.answer(learn.Review{Decision: d.ID, By: operator("usr_oscar"), Fault: learn.FaultWords, Words: "Ask at the counter, please."}); err != nil {
		t.Fatal(err)
	}
	if list := h.Lessons(); len(list) != 1 {
		t.Errorf("a review founds a lesson of no situation: %+v", list)
	}
}

func TestWhoDeclinesAndSaysTheSameTeachesNothingByWhatFollows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.Decide("wifi", h.Bays[0], club.TierApprove)
	h.Propose(d, club.ProposalRejected, "usr_opal")
	h.Override(d, "rejected", "usr_opal", "")
	h.say(opal, "It is on the board!")
	h.say(opal, "Enjoy your round, and see you soon.")
	if list := h.Lessons(); len(list) != 0 || h.Outcome(d) != "edited" {
		t.Errorf("learned %+v, outcome %q", list, h.Outcome(d))
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM overrides WHERE kind = 'replied'"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}

func TestAnAnswerToWhatCannotBeReadSaysSo(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]string{
		"evidence": "UPDATE decisions SET evidence = '[]'", "steps": "UPDATE decisions SET steps = '[]'", "procedure": "UPDATE sop_versions SET body = '[]'",
	} {
		h := newHouse(t)
		d := h.Decide("wifi", h.Bays[0], club.TierApprove)
		h.beside(d, club.Evidence{Text: "t", Candidates: []club.Candidate{h.candidate("frozen")}})
		h.Override(d, "replied", "usr_opal", "It is coming back.")
		storetest.Exec(t, h.Tenant, spoil)
		if err := h.Act(func(tx *store.Tx) error { return h.answers("It is coming back.")(t.Context(), tx, h.awoken()) }); err == nil {
			t.Errorf("%s: nobody hears of it", name)
		}
		if n := len(h.Lessons()); n != 0 {
			t.Errorf("%s: %d lessons", name, n)
		}
	}
}
