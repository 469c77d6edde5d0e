package learn_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/learn"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// said are answers of which no two are alike.
var said = []string{
	"Clean towels lie in the white cabinet left of the entrance.",
	"Chargers are kept inside the drawer below that side table.",
	"Press share on your scorecard, then scan its code.",
	"We never close, come whenever you like.",
	"Lost items wait at reception for two weeks.",
	"Rental shoes come in every size from the shelf.",
}

var asked = []string{
	"where do you keep the towels %d", "can I charge my phone here %d", "how do I save my round today %d",
	"are you open late at night %d", "I lost my glove last week %d", "can somebody lend us shoes %d",
}

// answersAll has somebody answer every question some times, each with the answer that comes so many after the right one.
func (h *house) answersAll(by string, rounds, off int) {
	h.T.Helper()
	for i := range rounds {
		for q := range asked {
			h.Teach(fmt.Sprintf(asked[q], i), said[(q+off)%len(said)], by)
		}
	}
}

// compare has the people compared who have just taught something.
func (h *house) compare() { jobstest.Work(h.T, h.Cluster, h.Tenant, h.Memory.Peers) }

func (h *house) aside() (people []string) {
	h.T.Helper()
	h.Read(func(tx *store.Tx) error {
		list, err := tx.FindSetAside(h.T.Context())
		for _, r := range list {
			people = append(people, strings.TrimPrefix(r.Actor, "user:"))
		}
		return err
	})
	return people
}

func (h *house) compareOne(by string) error {
	return h.Memory.Peers(h.T.Context(), h.Tenant, learn.PeersJob{Actor: "user:" + by})
}

func TestWhoAnswersAgainstEverybodyElseIsSetAsideUntilTheyAgree(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.answersAll("usr_opal", 2, 0)
	h.answersAll("usr_tess", 2, 0)
	h.answersAll("usr_oscar", 2, 3)
	for _, by := range []string{"usr_opal", "usr_tess", "usr_oscar"} {
		if err := h.compareOne(by); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.aside(); len(got) != 1 || got[0] != "usr_oscar" {
		t.Fatalf("set aside are %v", got)
	}
	if h.Audited("person.contradicts") != 1 {
		t.Error("it is not written down")
	}
	taught := func() (n int) {
		h.Read(func(tx *store.Tx) error {
			l, err := h.Memory.Learned(t.Context(), tx, h.Keys)
			n = len(l.Precedents)
			return err
		})
		return n
	}
	if n := taught(); n != 24 {
		t.Errorf("%d situations are learned from, want those of the others: 24", n)
	}
	if err := h.compareOne("usr_oscar"); err != nil || h.Audited("person.contradicts") != 1 { // again, and nothing is said twice
		t.Errorf("compared again: %v, %d entries", err, h.Audited("person.contradicts"))
	}
	h.answersAll("usr_oscar", 4, 0)
	if err := h.compareOne("usr_oscar"); err != nil {
		t.Fatal(err)
	}
	if got := h.aside(); len(got) != 0 || h.Audited("person.trusted") != 1 {
		t.Errorf("who agrees again is not trusted: %v", got)
	}
}

func TestNobodyIsSetAsideOnAnecdotesOrWhereNobodyKnowsWhoIsRight(t *testing.T) {
	t.Parallel()
	for name, people := range map[string]func(*house){
		"of two people": func(h *house) { h.answersAll("usr_opal", 3, 0); h.answersAll("usr_oscar", 3, 3) },
		"a few answers": func(h *house) {
			h.answersAll("usr_opal", 1, 0)
			h.answersAll("usr_tess", 1, 0)
			h.answersAll("usr_oscar", 1, 3)
		},
		"where everybody says something else": func(h *house) {
			h.answersAll("usr_opal", 2, 0)
			h.answersAll("usr_tess", 2, 1)
			h.answersAll("usr_oscar", 2, 3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			people(h)
			for _, by := range []string{"usr_opal", "usr_tess", "usr_oscar"} {
				if err := h.compareOne(by); err != nil {
					t.Fatal(err)
				}
			}
			if got := h.aside(); len(got) != 0 {
				t.Errorf("set aside are %v", got)
			}
		})
	}
}

func TestAClubMayWantToBeToldAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Write(func(tx *store.Tx) error {
		return setting.PutValue(t.Context(), tx, club.System("test"), "memory.set_aside", false)
	})
	h.answersAll("usr_opal", 2, 0)
	h.answersAll("usr_tess", 2, 0)
	h.answersAll("usr_oscar", 2, 3)
	h.compare() // as often as the answers asked for it
	if got := h.aside(); len(got) != 0 || h.Audited("person.contradicts") == 0 {
		t.Errorf("set aside are %v, told %d times", got, h.Audited("person.contradicts"))
	}
}

func TestNoFailureOfTheDatabaseIsKeptQuietWhenPeopleAreCompared(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.answersAll("usr_opal", 2, 0)
	h.answersAll("usr_tess", 2, 0)
	h.answersAll("usr_oscar", 2, 3)
	for _, want := range []int{1, 0} { // set aside, then trusted again
		before := h.Changes()
		storetest.EachFailureOf(t, func(ctx context.Context) error {
			return h.Memory.Peers(ctx, h.Tenant, learn.PeersJob{Actor: "user:usr_oscar"})
		}, func() {
			if n := h.Changes(); n != before {
				t.Fatalf("%d changes are left behind", n-before)
			}
		})
		if got := h.aside(); len(got) != want {
			t.Fatalf("set aside are %v, want %d", got, want)
		}
		h.answersAll("usr_oscar", 4, 0)
	}
}
