package learn_test

import (
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/learn/learntest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestAReviewIsAPersonsOfThisClub(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.reviewed("wifi")
	stranger := operator("usr_opal")
	stranger.Tenant = "other"
	robot := identity.Principal{Tenant: "test", Actor: club.Actor{Kind: club.ActorAPIKey, ID: "key_1"}, Scopes: []identity.Permission{identity.ProposalsDecide}, KeyID: "key_1"}
	for name, by := range map[string]identity.Principal{"somebody of another club": stranger, "a key that may decide proposals": robot} {
		if got := club.CodeOf(h.answer(learn.Review{Decision: dec.ID, By: by, Right: true})); got != club.CodeForbidden {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := club.CodeOf(h.answer(learn.Review{Decision: dec.ID, By: operator("usr_opal"), Fault: learn.FaultWords, Words: strings.Repeat("ä", 1601)})); got != club.CodeInvalid {
		t.Errorf("words that are too long: %q", got)
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM reviews WHERE answer = ''"); n != 1 {
		t.Error("the review is answered by an answer that was refused")
	}
}

func TestAReviewTeachesNothingThatIsNotForEverybody(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		evidence string
		words    string
	}{
		{"there was no text", `{"text":" "}`, "The printer is behind the counter."},
		{"the words name a number", `{"text":"where is the printer"}`, "Call Tess at +1 555 010 0001."},
		{"the words are a template", `{"text":"where is the printer"}`, "It is in {{bay}}."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			dec := h.reviewed("wifi")
			storetest.Exec(t, h.Tenant, "UPDATE decisions SET evidence = $2 WHERE id = $1", dec.ID, tc.evidence)
			if err := h.answer(learn.Review{Decision: dec.ID, By: operator("usr_opal"), Fault: learn.FaultMatter, Words: tc.words}); err != nil {
				t.Fatal(err)
			}
			if n := len(h.Lessons()); n != 0 || storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM precedents") != 0 {
				t.Errorf("%d lessons were learned", n)
			}
			if got := h.Outcome(dec); got != "refuted" {
				t.Errorf("the answer counts as %q", got)
			}
		})
	}
}

func TestWordsThatAreKnownBelongToTheLessonThatHasThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	dec := h.reviewed("wifi")
	about, err := learn.PlanOf(h.Lessons()[0])
	if err != nil {
		t.Fatal(err)
	}
	h.Write(func(tx *store.Tx) error {
		return h.Memory.Remember(t.Context(), tx, dec, []learn.Weighed{{Plan: about, Role: learn.RoleWeighed}})
	})
	if err := h.answer(learn.Review{Decision: dec.ID, By: operator("usr_oscar"), Fault: learn.FaultMatter, Words: "Yes, at the counter, in any amount!"}); err != nil {
		t.Fatal(err)
	}
	if list := h.Lessons(); len(list) != 1 || len(list[0].Texts) != 2 {
		t.Errorf("learned %+v", list)
	}
}

func TestADecisionThatFollowedNothingIsNobodysLesson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.Teach("do you sell vouchers", learntest.AtCounter, "usr_opal")
	h.Read(func(tx *store.Tx) error {
		own, err := h.Memory.OwnLesson(t.Context(), tx, operator("usr_opal"), dec.ID)
		if own {
			t.Error("it is taken for one that followed what she taught")
		}
		return err
	})
}
