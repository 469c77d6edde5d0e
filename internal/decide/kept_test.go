package decide

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/pattern"
)

func TestPlacesAndHistoriesThatWereReadLongAgoArePutOut(t *testing.T) {
	t.Parallel()
	c := NewMatchers(true, 0)
	set, none := setOf("gate"), &learn.Lessons{}
	k := newKnown(set, none)
	c.put("a", stand(pattern.Likeness(k.all()), 1, k), nil)
	for bay := range placesKept + 20 {
		if p, _, ok := c.at("a", set, none, knowledge.Place{Bay: bay}); !ok || p == nil {
			t.Fatalf("bay %d: %+v", bay, p)
		}
	}
	if len(c.places) != placesKept || len(c.order) != placesKept {
		t.Errorf("%d places are kept, %d in order", len(c.places), len(c.order))
	}
	h, now := newHistories(), time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	for i := range 3 {
		h.kept[historyKey{"a", club.LocationID(fmt.Sprint("loc_", i))}] = &usual{read: now.Add(time.Duration((i+1)%3) * time.Minute)}
	}
	h.dropOldest()
	if _, there := h.kept[historyKey{"a", "loc_2"}]; there || len(h.kept) != 2 {
		t.Errorf("%d histories are kept, the oldest among them: %t", len(h.kept), there)
	}
}

func TestWhatWasTrainedIsTrainedOnceWhileItIsAskedFor(t *testing.T) {
	t.Parallel()
	c := &trainings{most: 2, trained: map[string]*training{}}
	made := map[string]int{}
	train := func(version string) {
		c.train(version, func() *pattern.Trained { made[version]++; return pattern.Likeness(nil) })
	}
	for _, v := range []string{"a", "b", "a", "c", "a", "b"} { // b is out when c comes: a was used since
		train(v)
	}
	if made["a"] != 1 || made["b"] != 2 || made["c"] != 1 {
		t.Errorf("trained %v", made)
	}
	c.forget("a")
	if train("a"); made["a"] != 2 {
		t.Errorf("what was to be forgotten was not: %v", made)
	}
}

func TestAStandingThatWasReplacedMeanwhileReplacesNothing(t *testing.T) {
	t.Parallel()
	c := NewMatchers(true, 0)
	k := newKnown(setOf("gate"), &learn.Lessons{})
	first, second, late := stand(pattern.Likeness(k.all()), 1, k), stand(pattern.Likeness(k.all()), 2, k), stand(pattern.Likeness(k.all()), 3, k)
	c.put("a", first, nil)
	c.put("a", second, first)
	c.put("a", late, first)
	if number, _, ok := c.loaded("a"); !ok || number != 2 {
		t.Errorf("version %d is loaded", number)
	}
	if _, _, ok := c.loaded("b"); ok {
		t.Error("a club that nobody loaded has a version")
	}
}

func TestPlansAndFiguresAreSaidInWords(t *testing.T) {
	t.Parallel()
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	steps := []knowledge.Step{{Reply: "x"}, {Ask: "y", Expect: knowledge.ExpectBay}, {Action: "restart_trackman"}, {Action: "juggle_balls"}, {Ticket: "z"}, {Escalate: "why"}}
	if got := describe(steps, cat); got != "reply, then ask the member, then "+titleOf("restart_trackman", cat)+", then juggle balls, then open a ticket, then call a person" {
		t.Error(got)
	}
	for got, want := range map[string]string{
		count(1, "bay"): "1 bay", count(3, "bay"): "3 bays", count(1, "person"): "1 person", count(2, "person"): "2 people",
		ago(90 * time.Second): "1 minute ago", ago(0): "1 minute ago", ago(5 * time.Minute): "5 minutes ago",
		failed(club.OutcomeTimeout): "took too long", failed(club.OutcomeUnconfirmed): "could not be confirmed", failed(club.OutcomeFailed): "failed",
		reported(club.AccessDenied): "denied access", clip("abcdef", 3): "abc…", clip("abc", 3): "abc", orUnknown(""): "no bay named", orUnknown("Bay 3"): "Bay 3",
		uncertain(plan{verdict: verdict{title: "Wifi"}}): `the machine is not sure enough: the closest that it knows is "Wifi"`,
		uncertain(plan{limits: []string{"a", "b"}}):      "the machine may not act on it: b",
		closest(nil): "nothing known is like this text",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := recognised(pattern.Likeness(nil), nil); got != 1 {
		t.Errorf("of no triggers %v are recognised", got)
	}
	m := &matter{}
	if got := m.place(); got != "unknown" {
		t.Error(got)
	}
	m.location.ID, m.location.Name = "loc_1", "Northside"
	if got := m.place(); got != "Northside" {
		t.Error(got)
	}
	m.bay.ID, m.bay.Name = "bay_1", "Bay 1"
	if got := m.place(); got != "Northside, Bay 1" {
		t.Error(got)
	}
	if got := reported(club.AccessForced); !strings.HasPrefix(got, "was ") {
		t.Error(got)
	}
}

func TestAPrecedentOfAProcedureThatIsLiveNoMoreIsLeftOut(t *testing.T) {
	t.Parallel()
	set := setOf("gate")
	set.Entries[0].SOP = "sop_live"
	lessons := &learn.Lessons{Precedents: []learn.Situation{{SOP: "sop_live", Text: "the gate is stuck"}, {SOP: "sop_gone", Text: "the mower is stuck"}, {Pattern: "pat_1", Event: "{}"}}}
	all := newKnown(set, lessons).all()
	if len(all) != 3 || all[1].Label != "gate" || all[2].Mode != pattern.Precedent {
		t.Errorf("%+v", all)
	}
}
