package learn

import (
	"fmt"
	"slices"
	"testing"

	"clubos/internal/club"
	"clubos/internal/knowledge"
)

func TestASOPIsFlaggedForWhatItsRecordShows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		effect    Effect
		live, old bool
		want      string
	}{
		"unused and long live":         {Effect{}, true, true, "[stale]"},
		"unused and fresh":             {Effect{}, true, false, "[]"},
		"unused and archived":          {Effect{}, false, true, "[]"},
		"half of it good":              {Effect{Uses: 8, Good: 2, Bad: 2}, true, true, "[]"},
		"less than half":               {Effect{Uses: 8, Good: 1, Bad: 3}, true, true, "[failing]"},
		"three outcomes are few":       {Effect{Uses: 8, Bad: 3}, true, true, "[]"},
		"six overrides of a hundred":   {Effect{Uses: 100, Overridden: 6}, true, true, "[disputed]"},
		"five of a hundred":            {Effect{Uses: 100, Overridden: 5}, true, true, "[]"},
		"two of nine":                  {Effect{Uses: 9, Overridden: 2}, true, true, "[disputed]"},
		"two of ten":                   {Effect{Uses: 10, Overridden: 2}, true, true, "[]"},
		"one of two is no rate":        {Effect{Uses: 2, Overridden: 1}, true, true, "[]"},
		"another for the same":         {Effect{Uses: 1, Overlaps: []club.SOPID{"sop_2"}}, true, true, "[overlapping]"},
		"failing, disputed, and again": {Effect{Uses: 9, Bad: 6, Overridden: 6, Overlaps: []club.SOPID{"sop_2"}}, true, true, "[failing disputed overlapping]"},
	} {
		c.effect.judge(c.live, c.old)
		if got := fmt.Sprint(c.effect.Flags); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestSOPsForTheSameSituationOverlapUnlessTheyNeverMeet(t *testing.T) {
	t.Parallel()
	global := knowledge.Scope{Kind: knowledge.ScopeGlobal}
	at := func(id club.LocationID) knowledge.Scope {
		return knowledge.Scope{Kind: knowledge.ScopeLocation, LocationID: id}
	}
	entry := func(id club.SOPID, slug string, s knowledge.Scope, triggers ...string) knowledge.Entry {
		e := knowledge.Entry{SOP: id, Document: knowledge.Document{Slug: slug, Scope: s}}
		for _, text := range triggers {
			e.Document.Triggers = append(e.Document.Triggers, knowledge.Trigger{Text: text})
		}
		return e
	}
	got := overlapping([]knowledge.Entry{
		entry("a", "wifi", global, "what is the wifi password", "how do i get online"),
		entry("b", "internet", at("loc_1"), "What is the wifi password?", "the wifi password?"),
		entry("c", "wifi", at("loc_1"), "what is the wifi password"),
		entry("d", "guests", at("loc_2"), "the wifi password?"),
		entry("e", "frozen", global, "the screen is frozen", "my bay froze"),
	})
	if !slices.Contains(got["a"], "b") || !slices.Contains(got["b"], "a") || len(got["e"]) != 0 {
		t.Errorf("overlaps %v", got)
	}
	for _, pair := range [][2]club.SOPID{{"b", "d"}, {"a", "c"}} {
		for _, id := range got[pair[0]] {
			if id == pair[1] {
				t.Errorf("%s and %s are said to overlap", pair[0], pair[1])
			}
		}
	}
}
