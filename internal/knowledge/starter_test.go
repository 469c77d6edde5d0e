package knowledge

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
)

func mustCatalogue(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustStarter(t testing.TB) []Document {
	t.Helper()
	docs, problems := Import(bytes.NewReader(Starter()), FormatYAML, mustCatalogue(t))
	for _, p := range problems {
		t.Error(p)
	}
	if len(problems) > 0 {
		t.FailNow()
	}
	return docs
}

func fullValues() map[string]string {
	out := map[string]string{}
	for _, v := range Variables() {
		out[v.Name] = v.Example
	}
	return out
}

func templatesOf(d Document) []string {
	var out []string
	for _, s := range append(append([]Step{}, d.Steps...), d.Fallback...) {
		for _, t := range []string{s.Reply, s.Ask, s.Ticket, s.Detail, s.Escalate} {
			if t != "" {
				out = append(out, t)
			}
		}
	}
	return out
}

func TestStarterIsSoundLiveAndBroad(t *testing.T) {
	t.Parallel()
	docs := mustStarter(t)
	global, overrides := 0, map[ScopeKind]int{}
	for _, d := range docs {
		if d.Status != StatusLive {
			t.Errorf("%s is %s", d.Slug, d.Status)
		}
		if d.Scope.Kind != ScopeGlobal {
			overrides[d.Scope.Kind]++
			continue
		}
		global++
		reported := !slices.ContainsFunc(d.Triggers, func(t Trigger) bool { return t.Mode != TriggerEvent }) // its triggers are exact
		if n := len(d.Triggers); n < 8 && !reported || n > 45 {
			t.Errorf("%s has %d triggers", d.Slug, n)
		}
		if len(d.Tests) < 3 {
			t.Errorf("%s has %d tests", d.Slug, len(d.Tests))
		}
	}
	if global < 30 || overrides[ScopeLocation] < 2 || overrides[ScopeBay] < 1 {
		t.Errorf("%d global, overrides %v", global, overrides)
	}
}

func TestStarterNamesNoTextTwice(t *testing.T) {
	t.Parallel()
	at := map[string]string{}
	for _, d := range mustStarter(t) {
		for _, tr := range d.Triggers {
			if other, taken := at[normal(tr.Text)]; taken && other != d.Slug {
				t.Errorf("%q is a trigger of %s and %s", tr.Text, other, d.Slug)
			}
			at[normal(tr.Text)] = d.Slug
		}
	}
	for _, d := range mustStarter(t) {
		for _, test := range d.Tests {
			if _, known := at[normal(test.Text)]; known {
				t.Errorf("the test %q of %s is a trigger, so it tests nothing", test.Text, d.Slug)
			}
		}
	}
}

func TestEveryStarterTemplateRendersWithAllValues(t *testing.T) {
	t.Parallel()
	for _, d := range mustStarter(t) {
		for _, tmpl := range templatesOf(d) {
			out, err := Render(tmpl, fullValues())
			if err != nil {
				t.Errorf("%s: %q: %v", d.Slug, tmpl, err)
			}
			if strings.ContainsAny(out, "{}|") || strings.Contains(out, "  ") {
				t.Errorf("%s: %q has leftovers", d.Slug, out)
			}
		}
	}
}

func TestNoStarterTextIsLongerThanThreeSMSParts(t *testing.T) {
	t.Parallel()
	for _, d := range mustStarter(t) {
		for _, s := range append(append([]Step{}, d.Steps...), d.Fallback...) {
			if out, _ := Render(s.Reply+s.Ask+"x", fullValues()); len(out) > 460 {
				t.Errorf("%s: %d characters: %s", d.Slug, len(out), out)
			}
		}
	}
}

func TestEmergencyTextsNeedNoValue(t *testing.T) {
	t.Parallel()
	for _, d := range mustStarter(t) {
		if d.Category != CategoryEmergency {
			continue
		}
		if d.Priority != club.PriorityEmergency {
			t.Errorf("%s has the priority %s", d.Slug, d.Priority)
		}
		for _, tmpl := range templatesOf(d) {
			if _, err := Render(tmpl, nil); err != nil {
				t.Errorf("%s: %v", d.Slug, err)
			}
		}
	}
}

// What is only reported is at most proposed, so that it opens no door unasked.
func TestOnlyTheDoorProcedureOpensADoor(t *testing.T) {
	t.Parallel()
	for _, d := range mustStarter(t) {
		written := slices.ContainsFunc(d.Triggers, func(t Trigger) bool { return t.Mode != TriggerEvent })
		for _, a := range d.Actions() {
			if a == "unlock_door" && d.Slug != "door-wont-open" && written {
				t.Errorf("%s opens doors", d.Slug)
			}
		}
		if d.Safe() && len(d.Actions()) > 0 {
			t.Errorf("%s is safe and acts", d.Slug)
		}
	}
}

func TestFilesRoundTripThroughBothFormats(t *testing.T) {
	t.Parallel()
	docs := mustStarter(t)
	var y, j, y2 bytes.Buffer
	if err := WriteYAML(&y, docs); err != nil {
		t.Fatal(err)
	}
	fromYAML, problems := ParseYAML(bytes.NewReader(y.Bytes()))
	if d := cmp.Diff(docs, fromYAML); d != "" || problems != nil {
		t.Fatalf("YAML: %v\n%s", problems, d)
	}
	if err := WriteJSON(&j, fromYAML); err != nil {
		t.Fatal(err)
	}
	fromJSON, problems := ParseJSON(bytes.NewReader(j.Bytes()))
	if d := cmp.Diff(docs, fromJSON); d != "" || problems != nil {
		t.Fatalf("JSON: %v\n%s", problems, d)
	}
	if err := WriteYAML(&y2, fromJSON); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(y.String(), y2.String()); d != "" {
		t.Errorf("YAML → JSON → YAML:\n%s", d)
	}
}

func TestANoteAloneWillDoOnlyForWhatIsReported(t *testing.T) {
	t.Parallel()
	const text = `
sops:
  - slug: noted
    title: Noted
    category: booking
    scope: global
    status: draft
    priority: low
    triggers: [%s]
    steps: [{note: "seen"}]
`
	for trigger, sound := range map[string]bool{"{mode: event, text: booking.no_show}": true, `"nobody came"`: false} {
		_, problems := Import(strings.NewReader(strings.Replace(text, "%s", trigger, 1)), FormatYAML, mustCatalogue(t))
		if (len(problems) == 0) != sound {
			t.Errorf("%s: %v", trigger, problems)
		}
	}
}
