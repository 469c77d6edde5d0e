package simulate_test

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/simulate"
	"clubos/internal/store/storetest"
)

func TestShippedScenariosAreSoundAndMany(t *testing.T) {
	t.Parallel()
	all, err := simulate.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 40 {
		t.Errorf("%d scenarios", len(all))
	}
	lessons := map[int]bool{}
	for _, s := range all {
		for _, n := range s.Lessons {
			lessons[n] = true
		}
	}
	for _, n := range []int{1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 26, 28, 29, 37, 38, 40, 42, 46} {
		if !lessons[n] {
			t.Errorf("no scenario guards against lesson %d", n)
		}
	}
}

func TestEveryCastCanBePlayedAtAnyHour(t *testing.T) {
	t.Parallel()
	all, err := simulate.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(6) {
		now := storetest.Start.Add(time.Duration(seed) * 4 * time.Hour)
		c, err := simulate.Invent(simulate.Options{Seed: seed, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			cast, err := c.CastForTest(s, now)
			if err != nil {
				t.Errorf("seed %d, %s: %v", seed, s.Name, err)
				continue
			}
			phones := map[string]bool{}
			for name, p := range cast {
				if phones[p.Phone] {
					t.Errorf("%s: %s shares a number", s.Name, name)
				}
				phones[p.Phone] = true
				if want := s.Cast[name].Location; want != "" && p.Place.Name != want {
					t.Errorf("%s: %s is at %s, want %s", s.Name, name, p.Place.Name, want)
				}
			}
		}
	}
}

func TestScenarioFilesAreRefused(t *testing.T) {
	t.Parallel()
	sound := `
scenarios:
  - name: a-name
    title: A title
    cast: {ann: {booking: now}}
    steps:
      - text: {from: ann, say: hi}
      - expect: {of: ann, texts: 1}
`
	if _, err := simulate.ParseScenarios([]byte(sound)); err != nil {
		t.Fatalf("the sound one: %v", err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"a bad name":                {"a-name", "A name", "lower-case"},
		"no title":                  {"title: A title", "title: ''", "title is needed"},
		"an unknown booking":        {"booking: now", "booking: yesterday", "unknown booking"},
		"an unknown key":            {"say: hi", "shout: hi", "shout"},
		"nobody of that name":       {"from: ann", "from: bob", "nobody is called"},
		"an unknown edge text":      {"say: hi", "edge: soft", "unknown edge"},
		"two forms of text":         {"say: hi", "say: hi, edge: NUL", "exclude each other"},
		"a step that is two":        {"- text: {from: ann, say: hi}", "- text: {from: ann, say: hi}\n        wait: 1s", "exactly one"},
		"a regexp that is none":     {"texts: 1", "reply: '('", "regular expression"},
		"an unknown status":         {"texts: 1", "status: [asleep]", "unknown status"},
		"an unknown action":         {"texts: 1", "outcomes: {explode: success}", "unknown action"},
		"an unknown effect":         {"texts: 1", "effects: [{op: explode, count: 1}]", "unknown effect"},
		"an expectation of nobody":  {"of: ann, texts: 1", "texts: 1", "of is needed"},
		"an unknown fault":          {"- text: {from: ann, say: hi}", "- fault: {what: earthquake}", "unknown fault"},
		"a fault without its place": {"- text: {from: ann, say: hi}", "- fault: {what: bay_frozen}", "faults of a place"},
		"an unknown act":            {"- text: {from: ann, say: hi}", "- act: {by: operator, do: dance, of: ann}", "unknown act"},
		"an act without words":      {"- text: {from: ann, say: hi}", "- act: {by: operator, do: reply, of: ann}", "needs words"},
		"an unknown role":           {"- text: {from: ann, say: hi}", "- act: {by: king, do: claim, of: ann}", "nobody of the staff"},
		"no button for it":          {"- text: {from: ann, say: hi}", "- act: {by: operator, do: resolve, of: ann, via: slack}", "no button"},
		"an unknown setting":        {"cast:", "settings: {wait.forever: 1s}\n    cast:", "no setting"},
		"somebody idle":             {"{ann: {booking: now}}", "{ann: {booking: now}, bob: {booking: now}}", "bob does nothing"},
		"no expectation at the end": {"- expect: {of: ann, texts: 1}", "- wait: 1s", "last step"},
		"a bay without a booking":   {"booking: now", "bay: 3", "goes with a booking"},
	} {
		_, err := simulate.ParseScenarios([]byte(strings.Replace(sound, c.old, c.new, 1)))
		if club.CodeOf(err) != club.CodeInvalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want one that says %q", name, err, c.want)
		}
	}
	if _, err := simulate.ParseScenarios([]byte(sound + strings.TrimPrefix(sound, "\nscenarios:\n"))); err == nil || !strings.Contains(err.Error(), "two scenarios") {
		t.Errorf("a name twice: %v", err)
	}
}
