package decide

import (
	"fmt"
	"testing"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/pattern"
)

func setOf(slugs ...string) *knowledge.Set {
	set := &knowledge.Set{}
	for _, s := range slugs {
		set.Entries = append(set.Entries, knowledge.Entry{Document: knowledge.Document{Slug: s, Triggers: []knowledge.Trigger{{Text: "open the " + s, Mode: "words"}}}})
	}
	return set
}

func TestPrecedentsAreSettledInFewSteps(t *testing.T) {
	t.Parallel()
	lessons := &learn.Lessons{}
	versions := map[string]bool{}
	for i := range 400 {
		// Texts are in no order, and the lessons that they belong to, old ones and new ones, alternate.
		lessons.Precedents = append(lessons.Precedents, learn.Situation{Pattern: club.PatternID(fmt.Sprint("pat_", i%7)), Text: fmt.Sprintf("matter %03d", i*271%400)})
		p := newKnown(setOf("gate"), lessons)
		if len(p.settled)+len(p.recent) != i+2 || len(p.settled) != p.on.Precedents+1 {
			t.Fatalf("%d settled and %d recent of %d", len(p.settled), len(p.recent), i+2)
		}
		versions[p.version] = true
	}
	if len(versions) > 20 {
		t.Errorf("%d trainings for 400 lessons", len(versions))
	}
	if n := settledOf(100_000); 100_000-n > settledStep {
		t.Errorf("%d of 100 000 count by likeness alone", 100_000-n)
	}
}

func TestClubsThatAreUsedLeastArePutOutWhenMemoryIsShort(t *testing.T) {
	t.Parallel()
	k := newKnown(setOf("gate"), &learn.Lessons{})
	one := stand(pattern.Likeness(k.all()), 1, k)
	c := NewMatchers(true, 3*one.bytes)
	set, none := setOf("gate"), &learn.Lessons{}
	for _, slug := range []club.Slug{"a", "b", "c"} {
		c.put(slug, stand(pattern.Likeness(k.all()), 1, k), nil)
	}
	if _, _, ok := c.at("a", set, none, knowledge.Place{}); !ok { // a is used, so b is the oldest
		t.Fatal("a is not there")
	}
	c.put("d", stand(pattern.Likeness(k.all()), 1, k), nil)
	for slug, want := range map[club.Slug]bool{"a": true, "b": false, "c": true, "d": true} {
		if _, _, ok := c.at(slug, set, none, knowledge.Place{}); ok != want {
			t.Errorf("%s is there: %t", slug, ok)
		}
	}
}

func TestALessonCountsAtOnceBesideTheVersionThatIsLoaded(t *testing.T) {
	t.Parallel()
	c := NewMatchers(true, 0)
	set := &knowledge.Set{Entries: []knowledge.Entry{{Document: knowledge.Document{Slug: "gate", Triggers: []knowledge.Trigger{{Text: "the gate does not open"}}}}}}
	k := newKnown(set, &learn.Lessons{})
	c.put("one", stand(trainNow(k.settled), 7, k), nil)
	lessons := &learn.Lessons{Stamp: "2", Precedents: []learn.Situation{{Pattern: "pat_1", Text: "do you sell gift vouchers"}}}
	_, m, ok := c.at("one", set, lessons, knowledge.Place{})
	if !ok || m.name != "v7 "+k.version+"+1" {
		t.Fatalf("named %q", m.name)
	}
	if r := m.Match("hi, do you sell gift vouchers?", 1); r.None || r.Candidates[0].Label != "pat_1" {
		t.Errorf("%+v", r)
	}
	if _, m, _ := c.at("one", &knowledge.Set{Stamp: "without"}, &learn.Lessons{}, knowledge.Place{}); len(m.Match("the gate does not open", 1).Candidates) != 0 {
		t.Error("a procedure that is gone still matches")
	}
}

func TestAVersionIsLoadedByOneAtATime(t *testing.T) {
	t.Parallel()
	c := NewMatchers(true, 0)
	if !c.beginLoad("a") || c.beginLoad("a") || !c.beginLoad("b") {
		t.Error("two load the version of one club, or one club waits for another")
	}
	c.endLoad("a")
	if !c.beginLoad("a") {
		t.Error("nobody may load it afterwards")
	}
}
