package learn_test

import (
	"testing"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// list returns the patterns that a filter finds.
func (h *house) list(by learn.Filter) (list []learn.Brief) {
	h.T.Helper()
	if by.Size == 0 {
		by.Size = 50
	}
	h.Read(func(tx *store.Tx) error {
		s, err := setting.Load(h.T.Context(), tx)
		if err != nil {
			return err
		}
		list, err = h.Memory.List(h.T.Context(), tx, s, by)
		return err
	})
	return list
}

func (h *house) find(id club.PatternID) (d learn.Detail, err error) {
	h.T.Helper()
	h.Read(func(tx *store.Tx) error {
		s, lerr := setting.Load(h.T.Context(), tx)
		if lerr != nil {
			return lerr
		}
		d, err = h.Memory.Find(h.T.Context(), tx, h.Keys, s, id)
		return nil
	})
	return d, err
}

func TestPatternsAreListedByKindModeAndPlaceWithTheirRecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 3 {
		dec := h.Decide("wifi", h.Bays[0], club.TierSuggest)
		h.Propose(dec, club.ProposalApproved, "usr_opal")
		h.Judge()
	}
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	all := h.list(learn.Filter{})
	if len(all) != 2 {
		t.Fatalf("%d patterns are listed", len(all))
	}
	byKind := h.list(learn.Filter{Kind: "sop"})
	if len(byKind) != 1 || byKind[0].Outcomes != 3 || byKind[0].Confidence < 0.9 {
		t.Errorf("the procedure's pattern is %+v", byKind)
	}
	learned := h.list(learn.Filter{Kind: "learned"})
	if len(learned) != 1 || learned[0].Mode != learn.ModeQuarantine || learned[0].Precedents != 1 || learned[0].Confidence >= 0.5 {
		t.Errorf("the lesson is %+v", learned)
	}
	for _, mode := range learn.Modes() {
		for _, b := range h.list(learn.Filter{Mode: mode}) {
			if b.Mode != mode {
				t.Errorf("%s is listed under %s", b.Mode, mode)
			}
		}
	}
	if n := len(h.list(learn.Filter{Location: h.Place, Kind: "sop"})); n != 1 {
		t.Errorf("%d patterns were followed at the place", n)
	}
	if n := len(h.list(learn.Filter{Search: "%nothing like it%"})); n != 0 {
		t.Errorf("%d patterns have a title that none has", n)
	}
	if page := h.list(learn.Filter{Size: 1}); len(page) != 1 || len(h.list(learn.Filter{After: page[0].Pattern.ID})) != 1 {
		t.Error("the second page is not the rest of the first")
	}
}

func TestAPatternShowsWhatItDoesAndHowItsRecordGrew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const decided = 70 // more than a chart shows
	for i := range decided {
		dec := h.Decide("wifi", h.Bays[i%2], club.TierSuggest)
		h.Propose(dec, club.ProposalApproved, []string{"usr_opal", "usr_oscar"}[i%2])
		h.Judge()
	}
	d, err := h.find(h.Standing("wifi", "").Pattern.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Steps) != 1 || d.Steps[0].Reply == "" || d.Assessment.Outcomes != decided || d.Assessment.People != 2 {
		t.Errorf("the pattern does %+v on a record of %d by %d", d.Steps, d.Assessment.Outcomes, d.Assessment.People)
	}
	if n := len(d.Points); n == 0 || n > 60 || d.Points[n-1].Outcomes != decided {
		t.Fatalf("%d points, the last after %d", n, d.Points[max(n-1, 0)].Outcomes)
	}
	for i := 1; i < len(d.Points); i++ {
		if d.Points[i].Auto < d.Points[i-1].Auto || !d.Points[i].At.After(d.Points[i-1].At) {
			t.Errorf("after %d good outcomes less is proved than after %d", d.Points[i].Outcomes, d.Points[i-1].Outcomes)
		}
	}
	if d.Next == nil || d.Next.Tier != club.TierAuto || d.Breaker != nil || len(d.Uses) == 0 || len(d.Record) == 0 {
		t.Errorf("next %+v, breaker %v, %d uses, %d outcomes", d.Next, d.Breaker, len(d.Uses), len(d.Record))
	}
}

func TestALessonShowsItsWordsAndPrecedents(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	h.Teach("vouchers for a friend?", learntest.AtCounter, "usr_oscar")
	id := h.Lessons()[0].Pattern.ID
	d, err := h.find(id)
	if err != nil || len(d.Known) != 2 || d.Precedents != 2 || len(d.Steps) != 1 {
		t.Fatalf("%d precedents, steps %+v (%v)", len(d.Known), d.Steps, err)
	}
	h.Read(func(tx *store.Tx) error {
		words, err := h.Memory.Words(t.Context(), tx, h.Keys, id)
		if words != learntest.AtCounter {
			t.Errorf("its words are %q", words)
		}
		return err
	})
	if _, err := h.find(club.NewPatternID(h.Clock.Now())); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("a pattern that is not there: %v", err)
	}
}

func TestTrippedBreakersAreListedWithTheirPlace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.outcomes(6, club.TierAuto, club.OutcomeTimeout)
	h.Read(func(tx *store.Tx) error {
		list, err := h.Memory.Breakers(t.Context(), tx)
		if err != nil || len(list) == 0 {
			t.Fatalf("breakers: %v (%v)", list, err)
		}
		for _, b := range list {
			if at, err := h.Memory.BreakerPlace(t.Context(), tx, b); err != nil || !at.IsZero() {
				t.Errorf("the breaker of %s stands at %q (%v)", b.Kind, at, err)
			}
		}
		return nil
	})
}

func TestTheListAndThePatternItselfAgreeOnItsMode(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Decide("wifi", h.Bays[0], club.TierSuggest)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	seen := map[learn.Mode]bool{}
	for _, state := range []string{"active", "paused", "retired"} {
		for _, ceiling := range club.Tiers() {
			for _, earned := range club.Tiers() {
				storetest.Exec(t, h.Tenant, "UPDATE decision_patterns SET state = $1, ceiling = $2, earned = $3", state, ceiling, earned)
				for _, b := range h.list(learn.Filter{}) {
					d, err := h.find(b.Pattern.ID)
					if err != nil || d.Mode != b.Mode || len(h.list(learn.Filter{Mode: b.Mode})) == 0 {
						t.Errorf("%s, held to %s, earned %s: %s in the list, else %s (%v)", state, ceiling, earned, b.Mode, d.Mode, err)
					}
					seen[d.Mode] = true
				}
			}
		}
	}
	for _, mode := range learn.Modes() {
		if !seen[mode] {
			t.Errorf("nothing is ever %s", mode)
		}
	}
}

func TestAProcedureIsListedByWhatItUsuallyDoes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.outcomes(3, club.TierSuggest, club.OutcomeSuccess)
	fallback := h.Plan("frozen")
	fallback.Digest = "fallback"
	h.Took(fallback, "frozen", "frozen", club.TierApprove, &club.Course{})
	d, err := h.find(h.PatternOf("frozen").ID)
	if err != nil {
		t.Fatal(err)
	}
	if b := h.list(learn.Filter{Kind: "sop"})[0]; b.Assessment.Outcomes != 3 || b.Assessment != d.Assessment || b.Confidence != d.Confidence {
		t.Errorf("it is listed with %+v, and has %+v", b.Assessment, d.Assessment)
	}
}

func TestAProcedureThatWasOnlyWeighedShowsNothingThatItDid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.Decide("frozen", h.Bays[0], club.TierSuggest)
	h.Write(func(tx *store.Tx) error {
		return h.Memory.Remember(t.Context(), tx, dec, []learn.Weighed{{Plan: h.Plan("wifi"), Role: learn.RoleWeighed}})
	})
	d, err := h.find(h.PatternOf("wifi").ID)
	if err != nil || len(d.Steps) != 0 || len(d.Points) != 0 || d.Outcomes != 0 || d.Confidence == 0 {
		t.Errorf("it shows %+v, %d points, a claim of %v (%v)", d.Steps, len(d.Points), d.Confidence, err)
	}
}

func TestAPatternOfWhichTheDecisionIsDamagedIsNotShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Decide("wifi", h.Bays[0], club.TierSuggest)
	storetest.Exec(t, h.Tenant, "UPDATE decisions SET steps = '[]'")
	if _, err := h.find(h.PatternOf("wifi").ID); club.CodeOf(err) != club.CodeInternal {
		t.Errorf("it is shown: %v", err)
	}
}

func TestAStoppedPatternShowsItsBreakerAndThatHasItsPlace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Decide("wifi", h.Bays[0], club.TierSuggest)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	storetest.Exec(t, h.Tenant, "UPDATE sops SET scope = 'location', location_id = $1 WHERE slug = 'wifi'", h.Place)
	for id, place := range map[club.PatternID]club.LocationID{h.PatternOf("wifi").ID: h.Place, h.Lessons()[0].Pattern.ID: ""} {
		h.Breaks("pattern", id.String())
		d, err := h.find(id)
		if err != nil || d.Breaker == nil || d.Location != place {
			t.Fatalf("at %q, breaker %+v (%v)", d.Location, d.Breaker, err)
		}
		h.Read(func(tx *store.Tx) error {
			at, err := h.Memory.BreakerPlace(t.Context(), tx, *d.Breaker)
			if at != place {
				t.Errorf("its breaker stands at %q, want %q", at, place)
			}
			return err
		})
	}
}

func TestOnlyALessonInUseHasWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Decide("wifi", h.Bays[0], club.TierSuggest)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	h.Teach("a present for mum", learntest.ByPost, "usr_opal")
	retired := h.Lessons()[1].Pattern
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Retire(t.Context(), tx, learntest.ChangeOf(retired))
		return err
	})
	for name, id := range map[string]club.PatternID{"a procedure": h.PatternOf("wifi").ID, "what is retired": retired.ID, "nothing": "pat_none"} {
		h.Read(func(tx *store.Tx) error {
			words, err := h.Memory.Words(t.Context(), tx, h.Keys, id)
			if words != "" {
				t.Errorf("%s says %q", name, words)
			}
			return err
		})
	}
}

func TestAPatternCountsAllThatIsDeletedWithIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	h.Teach("vouchers for a friend?", learntest.AtCounter, "usr_oscar")
	row := h.Lessons()[0].Pattern
	h.Situated(row.ID, 250)
	h.Write(func(tx *store.Tx) (err error) {
		row, err = h.Memory.Correct(t.Context(), tx, h.Keys, learntest.ChangeOf(row), learn.Correction{Title: "Vouchers", Words: learntest.ByPost})
		return err
	})
	d, err := h.find(row.ID)
	if err != nil || d.Precedents != 252 || len(d.Known) != 200 || d.Outcomes != 2 || d.Assessment.Outcomes != 0 {
		t.Errorf("it has %d situations, %d of them shown, %d outcomes and %d that count (%v)", d.Precedents, len(d.Known), d.Outcomes, d.Assessment.Outcomes, err)
	}
	if b := h.list(learn.Filter{Kind: "learned"})[0]; b.Precedents != d.Precedents || b.Outcomes != d.Outcomes {
		t.Errorf("the list says %d and %d", b.Precedents, b.Outcomes)
	}
}
