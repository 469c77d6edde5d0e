package decide

import (
	"fmt"
	"testing"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
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
		if len(p.settled)+len(p.recent) != i+2 || len(p.settled) > settledMost+1 {
			t.Fatalf("%d settled and %d recent of %d", len(p.settled), len(p.recent), i+2)
		}
		versions[p.version] = true
	}
	if len(versions) > 20 {
		t.Errorf("%d trainings for 400 lessons", len(versions))
	}
}

func TestPlacesWithEqualTriggersShareAMatcher(t *testing.T) {
	t.Parallel()
	c := NewMatchers(false)
	set, none := &knowledge.Set{Stamp: "1"}, &learn.Lessons{}
	_, a := c.at("one", set, none, knowledge.Place{Location: "north"})
	_, b := c.at("two", set, none, knowledge.Place{Location: "south"})
	if a != b {
		t.Error("two matchers of the same triggers")
	}
	for i := range matchersKept + 5 {
		lessons := &learn.Lessons{Stamp: fmt.Sprint(i), Precedents: []learn.Situation{{Pattern: "pat_1", Text: fmt.Sprintf("matter %d", i)}}}
		if _, m := c.at("one", set, lessons, knowledge.Place{}); m == nil {
			t.Fatal("no matcher")
		}
	}
	if len(c.trained) != matchersKept || len(c.used) != matchersKept {
		t.Errorf("%d matchers are kept", len(c.trained))
	}
}

func TestNobodyWaitsForATrainingInTheBackground(t *testing.T) {
	t.Parallel()
	c := NewMatchers(true)
	set, none := setOf("gate"), &learn.Lessons{}
	c.at("one", set, none, knowledge.Place{}) // with or without a matcher, but at once
	<-c.trained[c.clubs["one"].version].done
	if _, m := c.at("one", set, none, knowledge.Place{}); m == nil {
		t.Error("no matcher after the training")
	}
}
