package learn_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// say has somebody answer in the thread.
func (h *house) say(by club.Actor, words string) {
	h.t.Helper()
	h.clock.Advance(time.Minute)
	h.write(func(tx *store.Tx) error {
		return h.memory.Teach(h.t.Context(), tx, h.keys, learn.Reply{Thread: h.thread, By: by, Words: words})
	})
	h.judge()
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
			list := h.lessons()
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
		"of the matter before": {func(h *house) { h.undecided(learn.RuleNoMatch); h.thread.EpisodeAt = h.clock.Now().Add(time.Second) }, opal},
		"of no words": {func(h *house) {
			h.beside(h.undecided(learn.RuleNoMatch), club.Evidence{Text: " ", Rule: learn.RuleNoMatch})
		}, opal},
		"what nobody has declined": {func(h *house) { h.decide("wifi", h.bays[0], club.TierApprove) }, opal},
		"said in other words": {func(h *house) {
			h.override(h.decide("wifi", h.bays[0], club.TierApprove), "edited", "usr_opal", "It is on the board, left.")
		}, opal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			tc.make(h)
			h.say(tc.by, "The bar is open till ten.")
			if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM precedents"); n != 0 {
				t.Errorf("%d situations learned", n)
			}
		})
	}
}

func TestWhatIsSaidAfterDecliningTellsMoreThanTheButton(t *testing.T) {
	t.Parallel()
	declined := func(t *testing.T, words string) (*house, store.Decision) {
		h := newHouse(t)
		d := h.decide("wifi", h.bays[0], club.TierApprove)
		h.propose(d, club.ProposalRejected, "usr_opal")
		h.override(d, "rejected", "usr_opal", "")
		h.say(opal, words)
		return h, d
	}
	h, d := declined(t, "Please ask at the counter.")
	if list := h.lessons(); len(list) != 1 || list[0].Reply != "Please ask at the counter." || h.outcome(d) != "rejected" {
		t.Errorf("other words: learned %+v, outcome %q", list, h.outcome(d))
	}
	h, d = declined(t, "It is on the board!")
	if list := h.lessons(); len(list) != 0 || h.outcome(d) != "edited" {
		t.Errorf("the same words: learned %+v, outcome %q", list, h.outcome(d))
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM overrides WHERE kind = 'replied' AND reason <> ''"); n != 1 {
		t.Errorf("%d overrides say so", n)
	}
}

func TestTheAnswerOfAnotherProcedureCorrectsAndTeaches(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.decide("wifi", h.bays[0], club.TierApprove)
	gone := h.candidate("frozen")
	gone.SOPVersion = 7 // a version that is there no more says nothing
	h.beside(d, club.Evidence{Text: "the picture", Candidates: []club.Candidate{{Title: "a lesson"}, h.candidate("wifi"), gone, h.candidate("frozen")}})
	h.override(d, "replied", "usr_opal", "It is coming back.")
	h.say(opal, "It is coming back.")
	if got := h.outcome(d); got != "corrected" {
		t.Errorf("outcome %q", got)
	}
	if list := h.lessons(); len(list) != 1 || list[0].Pattern.Title != "the picture" {
		t.Errorf("learned %+v", list)
	}
	h.alone(d, 1, learn.Alone{Tier: club.TierAuto})
	h.write(func(tx *store.Tx) error { learn.Consider(tx, d.ID); return nil })
	h.judge()
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM alone_decisions WHERE verdict = 'disagreed' AND because = 'answered otherwise'"); n != 1 {
		t.Error("it would not have been another answer alone")
	}
}

func TestWordsChangedInSubstanceAreNoAgreement(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.teach("do you sell gift vouchers", "Vouchers are sold at the counter, in any amount you like.", "usr_oscar")
	d := h.decide("wifi", h.bays[0], club.TierApprove)
	h.alone(d, 1, learn.Alone{Tier: club.TierAuto})
	h.override(d, "edited", "usr_opal", "Vouchers are sold at the counter in any amount.")
	h.propose(d, club.ProposalApproved, "usr_opal")
	h.judge()
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM alone_decisions WHERE verdict = 'disagreed' AND because = 'changed in substance'"); n != 1 {
		t.Error("other words of another matter were agreement")
	}
	h.read(func(tx *store.Tx) error {
		said, by, err := learn.Answered(t.Context(), tx, h.keys, d)
		if said != "Vouchers are sold at the counter in any amount." || by != "user:usr_opal" {
			t.Errorf("%q by %q", said, by)
		}
		if said, by, other := learn.Answered(t.Context(), tx, h.keys, store.Decision{ID: "dec_none"}); said != "" || by != "" || other != nil {
			t.Errorf("nobody said %q by %q, %v", said, by, other)
		}
		return err
	})
}

func TestAnAnswerJoinsALessonInUseThatDoesTheSame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.teach("the sound is off", "The sound is back, have fun.", "usr_oscar")
	d := h.undecided(learn.RuleNoMatch)
	h.deed(d, "reset_audio", club.OutcomeFailed, "user:usr_opal") // what failed is no lesson
	h.say(opal, "The sound is back, have fun.")
	if list := h.lessons(); len(list) != 1 || len(list[0].Texts) != 2 {
		t.Fatalf("a failed act makes another lesson: %+v", list)
	}
	d = h.undecided(learn.RuleNoMatch)
	h.byHand(d, "reset_audio")
	h.byHand(d, "reset_audio") // twice is once
	h.say(opal, "The sound is back, have fun.")
	if list := h.lessons(); len(list) != 2 || !slices.Equal(list[1].Actions(), []club.ActionName{"reset_audio"}) {
		t.Fatalf("an act beside the words makes none: %+v", list)
	}
	h.byHand(h.undecided(learn.RuleNoMatch), "reset_audio")
	h.say(opal, "The sound is back, have fun.")
	if list := h.lessons(); len(list) != 2 || len(list[1].Texts) != 2 {
		t.Fatalf("the same act with the same words makes another: %+v", list)
	}
	h.undecided(learn.RuleLearning) // something was like it, and was not this
	h.say(opal, "The sound is back, have fun.")
	if n := len(h.lessons()); n != 3 {
		t.Errorf("what was not weighed is joined: %d lessons", n)
	}
	for _, l := range h.lessons() {
		h.write(func(tx *store.Tx) error {
			_, err := h.memory.Retire(t.Context(), tx, changeOf(l.Pattern))
			return err
		})
	}
	h.undecided(learn.RuleNoMatch)
	h.say(opal, "The sound is back, have fun.")
	if list := h.lessons(); len(list) != 1 || len(list[0].Texts) != 1 {
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
		if list := h.lessons(); len(list) != 1 || list[0].Pattern.Title != want {
			t.Errorf("%q is called %+v", text, list)
		}
	}
}

func TestASituationJoinsAProcedureThatHasDoneNothingYet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.decide("frozen", h.bays[0], club.TierApprove)
	storetest.Exec(t, h.tenant, "UPDATE pattern_matches SET role = 'weighed' WHERE decision_id = $1", d.ID.String())
	next := h.undecided(learn.RuleNoMatch, club.Candidate{Title: "a lesson"}, h.candidate("frozen"))
	h.byHand(next, "reboot_pc")
	h.say(opal, "I have seen to it.")
	if p := h.precedents(h.patternOf("frozen").ID); len(p) != 1 || p[0].DecisionID != next.ID {
		t.Errorf("its situations are %+v", p)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM pattern_matches WHERE role = 'taught'"); n != 0 {
		t.Error("an outcome is counted for a plan that nobody knows")
	}
	h.write(func(tx *store.Tx) error {
		_, err := h.memory.Pause(t.Context(), tx, changeOf(h.patternOf("frozen")))
		return err
	})
	h.byHand(h.undecided(learn.RuleNoMatch, h.candidate("frozen")), "reboot_pc")
	h.say(opal, "I have seen to it.")
	if list := h.lessons(); len(list) != 1 {
		t.Errorf("a paused procedure is joined: %+v", list)
	}
}

func TestADecisionTeachesOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.undecided(learn.RuleNoMatch)
	h.say(opal, "The bar is open till ten.")
	h.say(opal, "Enjoy your round, and see you soon.")
	if list := h.lessons(); len(list) != 1 || list[0].Reply != "The bar is open till ten." {
		t.Errorf("a second text founds a lesson of no situation: %+v", list)
	}
	h.alone(d, 1, learn.Alone{Tier: club.TierAuto, Allowed: true})
	if err := h.answer(learn.Review{Decision: d.ID, By: operator("usr_oscar"), Fault: learn.FaultWords, Words: "Ask at the counter, please."}); err != nil {
		t.Fatal(err)
	}
	if list := h.lessons(); len(list) != 1 {
		t.Errorf("a review founds a lesson of no situation: %+v", list)
	}
}

func TestWhoDeclinesAndSaysTheSameTeachesNothingByWhatFollows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := h.decide("wifi", h.bays[0], club.TierApprove)
	h.propose(d, club.ProposalRejected, "usr_opal")
	h.override(d, "rejected", "usr_opal", "")
	h.say(opal, "It is on the board!")
	h.say(opal, "Enjoy your round, and see you soon.")
	if list := h.lessons(); len(list) != 0 || h.outcome(d) != "edited" {
		t.Errorf("learned %+v, outcome %q", list, h.outcome(d))
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM overrides WHERE kind = 'replied'"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}

func TestAnAnswerToWhatCannotBeReadSaysSo(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]string{
		"evidence": "UPDATE decisions SET evidence = '[]'", "steps": "UPDATE decisions SET steps = '[]'", "procedure": "UPDATE sop_versions SET body = '[]'",
	} {
		h := newHouse(t)
		d := h.decide("wifi", h.bays[0], club.TierApprove)
		h.beside(d, club.Evidence{Text: "t", Candidates: []club.Candidate{h.candidate("frozen")}})
		h.override(d, "replied", "usr_opal", "It is coming back.")
		storetest.Exec(t, h.tenant, spoil)
		if err := h.act(func(tx *store.Tx) error { return h.answers("It is coming back.")(t.Context(), tx, h.awoken()) }); err == nil {
			t.Errorf("%s: nobody hears of it", name)
		}
		if n := len(h.lessons()); n != 0 {
			t.Errorf("%s: %d lessons", name, n)
		}
	}
}
