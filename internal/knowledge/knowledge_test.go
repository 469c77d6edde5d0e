package knowledge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
)

// sound returns a document without faults that has a step of every kind.
func sound() Document {
	return Document{
		Slug: "frozen", Title: "Frozen", Category: CategoryEquipment, Scope: Scope{Kind: ScopeGlobal}, Status: StatusLive,
		Priority: club.PriorityHigh, Triggers: []Trigger{{TriggerSimilar, "it froze"}, {TriggerWords, "frozen bay"}},
		Prerequisites: []catalogue.Prerequisite{catalogue.NewPrerequisite(catalogue.MemberKnown)},
		Steps: []Step{
			{Ask: "Which bay?", Expect: ExpectBay},
			{Action: "reboot_pc", Params: map[string]any{"mode": "normal"}},
			{Reply: "{{bay}} is back."},
		},
		Fallback: []Step{{Ticket: "{{bay|A bay}} is down", Detail: "Look."}, {Escalate: "Down.", Priority: club.PriorityHigh}},
		Tests:    []Test{{Text: "stuck"}, {Text: "what a day", Expect: NoMatch}},
	}
}

func TestSoundDocumentHasNoProblems(t *testing.T) {
	t.Parallel()
	if p := Validate(sound(), mustCatalogue(t)); p != nil {
		t.Error(p)
	}
}

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	info := func(d *Document) {
		*d = Document{Slug: "wifi", Title: "Wi-Fi", Category: CategoryInformation, Scope: Scope{Kind: ScopeGlobal}, Status: StatusLive,
			Priority: club.PriorityLow, Triggers: []Trigger{{TriggerSimilar, "wifi"}}, Steps: []Step{{Reply: "{{wifi_name}}", Safe: true}}}
	}
	long := strings.Repeat("x", 5000)
	for _, c := range []struct {
		name   string
		change func(d *Document)
		path   string
		want   string
	}{
		{"a slug in capitals", func(d *Document) { d.Slug = "Frozen" }, "slug", "lower-case"},
		{"the slug none", func(d *Document) { d.Slug = "none" }, "slug", "is not"},
		{"no title", func(d *Document) { d.Title = " " }, "title", "empty"},
		{"a title without end", func(d *Document) { d.Title = long }, "title", "limit"},
		{"broken UTF-8", func(d *Document) { d.Title = "a\xff" }, "title", "UTF-8"},
		{"an unknown category", func(d *Document) { d.Category = "equipmet" }, "category", "did you mean equipment"},
		{"an unknown status", func(d *Document) { d.Status = "lively" }, "status", "none of"},
		{"an unknown priority", func(d *Document) { d.Priority = "hi" }, "priority", "none of"},
		{"notes without end", func(d *Document) { d.Notes = long }, "notes", "at most"},
		{"an unknown scope", func(d *Document) { d.Scope.Kind = "planet" }, "scope.kind", "none of"},
		{"a global document with a location", func(d *Document) { d.Scope.Location = "Harbour" }, "scope", "neither"},
		{"a location's document without location", func(d *Document) { d.Scope.Kind = ScopeLocation }, "scope", "names the location"},
		{"a location's document with a bay", func(d *Document) { d.Scope = Scope{Kind: ScopeLocation, Location: "H", Bay: 1} }, "scope", "no bay"},
		{"a bay's document without bay", func(d *Document) { d.Scope = Scope{Kind: ScopeBay, Location: "H"} }, "scope", "a bay from 1"},
		{"no triggers", func(d *Document) { d.Triggers = nil }, "triggers", "at least one"},
		{"too many triggers", func(d *Document) { d.Triggers = manyTriggers(101) }, "triggers", "at most"},
		{"an unknown trigger mode", func(d *Document) { d.Triggers[0].Mode = "fuzzy" }, "triggers[0].mode", "none of"},
		{"an empty trigger", func(d *Document) { d.Triggers[0].Text = "" }, "triggers[0].text", "empty"},
		{"a trigger twice", func(d *Document) { d.Triggers[1] = Trigger{TriggerSimilar, "It  froze!"} }, "triggers[1]", "twice"},
		{"too many words", func(d *Document) { d.Triggers[1].Text = "a b c d e f g" }, "triggers[1]", "7 words"},
		{"an unknown prerequisite", func(d *Document) { d.Prerequisites[0].Kind = "member_know" }, "prerequisites[0]", "did you mean member_known"},
		{"a prerequisite twice", func(d *Document) { d.Prerequisites = append(d.Prerequisites, d.Prerequisites[0]) }, "prerequisites[1]", "twice"},
		{"prerequisites without fallback", func(d *Document) { d.Fallback = nil }, "fallback", "does not hold"},
		{"no steps", func(d *Document) { d.Steps = nil }, "steps", "at least one"},
		{"too many steps", func(d *Document) { d.Steps = make([]Step, 21) }, "steps", "at most"},
		{"an empty step", func(d *Document) { d.Steps[2] = Step{} }, "steps[2]", "none of them"},
		{"a step of two kinds", func(d *Document) { d.Steps[2].Escalate = "x" }, "steps[2]", "reply and escalate"},
		{"an unknown action", func(d *Document) { d.Steps[1].Action = "reboot_pcs" }, "steps[1].action", "did you mean reboot_pc"},
		{"a reply as an action", func(d *Document) { d.Steps[1].Action = "send_reply" }, "steps[1].action", "a step of its own"},
		{"a wrong parameter", func(d *Document) { d.Steps[1].Params["mode"] = "hard" }, "steps[1].params", "mode: must be one of"},
		{"a target as parameter", func(d *Document) { d.Steps[1].Params["bay"] = 3 }, "steps[1].params", "bay: reboot_pc has no such"},
		{"params without action", func(d *Document) { d.Steps[2].Params = map[string]any{"a": 1} }, "steps[2].params", "an action"},
		{"expect without question", func(d *Document) { d.Steps[2].Expect = ExpectBay }, "steps[2].expect", "a question"},
		{"detail without ticket", func(d *Document) { d.Steps[2].Detail = "x" }, "steps[2].detail", "a ticket"},
		{"priority of a reply", func(d *Document) { d.Steps[2].Priority = club.PriorityLow }, "steps[2].priority", "a ticket or an escalation"},
		{"an unknown priority of a step", func(d *Document) { d.Fallback[1].Priority = "max" }, "fallback[1].priority", "none of"},
		{"a safe action", func(d *Document) { d.Steps[1].Safe = true }, "steps[1].safe", "a reply"},
		{"an unknown answer", func(d *Document) { d.Steps[0].Expect = "maybe" }, "steps[0].expect", "none of"},
		{"a step behind a question", func(d *Document) { d.Steps[0].Expect = ExpectYesNo }, "steps[0]", "nothing may follow"},
		{"an unknown outcome", func(d *Document) { d.Steps[2].When = "later" }, "steps[2].when", "none of"},
		{"an outcome without action", func(d *Document) { d.Steps[0].When = WhenFailed }, "steps[0].when", "no action before"},
		{"an action that fails in silence", func(d *Document) { d.Prerequisites, d.Fallback = nil, nil }, "steps[1]", "nothing happens"},
		{"a fallback that fails in silence", func(d *Document) { d.Fallback = []Step{{Action: "reboot_pc"}, {Reply: "x", When: WhenFailed}} }, "fallback[0]", "a person must hear"},
		{"an unseen action without a person", func(d *Document) { d.Steps = append(d.Steps, Step{Reply: "bye", When: WhenAlways}) }, "steps[1]", "a person must look"},
		{"an emergency without a person", func(d *Document) { d.Category = CategoryEmergency }, "steps", "must reach a person"},
		{"an emergency that needs a value", func(d *Document) { d.Category = CategoryEmergency }, "steps[2].reply", "{{bay|other words}}"},
		{"an unknown variable", func(d *Document) { d.Steps[2].Reply = "{{bays}}" }, "steps[2].reply", "did you mean bay"},
		{"an open placeholder", func(d *Document) { d.Steps[2].Reply = "{{bay" }, "steps[2].reply", "not closed"},
		{"a reply over the limit", func(d *Document) { d.Steps[2].Reply = long }, "steps[2].reply", "limit"},
		{"a blank reply", func(d *Document) { d.Steps[2].Reply = "  " }, "steps[2].reply", "empty"},
		{"a ticket that needs a value", func(d *Document) { d.Fallback[0].Ticket = "{{bay}}" }, "fallback[0].ticket", "must go out"},
		{"a secret for strangers", func(d *Document) { info(d); d.Steps[0].Reply = "{{wifi_password}}" }, "steps[0].reply", "member_known"},
		{"a secret in a ticket", func(d *Document) { d.Fallback[0].Detail = "{{wifi_password|x}}" }, "fallback[0].detail", "does not belong"},
		{"a safe reply about equipment", func(d *Document) { info(d); d.Category = CategoryBilling }, "steps[0].safe", "can be safe"},
		{"a safe reply beside an action", func(d *Document) {
			info(d)
			d.Steps = append(d.Steps, Step{Action: "reset_audio"}, Step{Escalate: "x", When: WhenFailed})
		}, "steps[0].safe", "has no safe reply"},
		{"a safe reply beside a ticket", func(d *Document) { info(d); d.Steps = append(d.Steps, Step{Ticket: "x"}) }, "steps[0].safe", "replies only"},
		{"a safe fallback", func(d *Document) { info(d); d.Fallback = []Step{{Reply: "x", Safe: true}} }, "fallback[0].safe", "never safe"},
		{"too many tests", func(d *Document) { d.Tests = make([]Test, 101) }, "tests", "at most"},
		{"an empty test", func(d *Document) { d.Tests[0].Text = "" }, "tests[0].text", "empty"},
		{"a test that expects no slug", func(d *Document) { d.Tests[0].Expect = "What?" }, "tests[0].expect", "neither a slug"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := sound()
			c.change(&d)
			problems := Validate(d, mustCatalogue(t))
			for _, p := range problems {
				if p.Path == c.path && strings.Contains(p.Msg, c.want) {
					return
				}
			}
			t.Errorf("no problem at %s that says %q, but %v", c.path, c.want, problems)
		})
	}
}

func manyTriggers(n int) (out []Trigger) {
	for i := range n {
		out = append(out, Trigger{TriggerSimilar, fmt.Sprint("t", i)})
	}
	return out
}

func TestValidateReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	if n := len(Validate(Document{Steps: []Step{{}, {Reply: "{{x}}"}}}, mustCatalogue(t))); n < 7 {
		t.Errorf("only %d problems", n)
	}
}

func TestValidateAllComparesDocuments(t *testing.T) {
	t.Parallel()
	one, twin, orphan := sound(), sound(), sound()
	orphan.Slug, orphan.Triggers, orphan.Scope = "lonely", nil, Scope{Kind: ScopeLocation, Location: "Harbour"}
	other := sound()
	other.Slug, other.Triggers, other.Tests = "other", []Trigger{{TriggerWords, "Frozen bay"}}, []Test{{Text: "x", Expect: "nowhere"}}
	override := sound()
	override.Triggers, override.Scope = nil, Scope{Kind: ScopeBay, Location: "Harbour", Bay: 2}
	var got []string
	for _, p := range ValidateAll([]Document{one, twin, orphan, other, override}, mustCatalogue(t)) {
		got = append(got, p.String())
	}
	want := []string{
		"sops[1].slug: sops[0] has the slug frozen for the same scope",
		"sops[2].triggers: there are none, and no wider document lonely to inherit them from",
		`sops[3].triggers[0]: frozen also has the trigger "Frozen bay"`,
		`sops[3].tests[0].expect: there is no document "nowhere"`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestStepsFollowTheLastOutcome(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		when When
		runs []When
	}{
		{"", []When{"", WhenSuccess}}, {WhenSuccess, []When{WhenSuccess}}, {WhenFailed, []When{WhenFailed}},
		{WhenUnconfirmed, []When{WhenUnconfirmed}}, {WhenAlways, []When{"", WhenSuccess, WhenFailed, WhenUnconfirmed}},
	} {
		for _, last := range []When{"", WhenSuccess, WhenFailed, WhenUnconfirmed} {
			want := strings.Contains(fmt.Sprintf("%q", c.runs), fmt.Sprintf("%q", last))
			if got := (Step{When: c.when}).Runs(last); got != want {
				t.Errorf("when %q after %q: runs %v", c.when, last, got)
			}
		}
	}
	for o, want := range map[club.Outcome]When{club.OutcomeSuccess: WhenSuccess, club.OutcomeFailed: WhenFailed, club.OutcomeRefused: WhenFailed,
		club.OutcomeTimeout: WhenUnconfirmed, club.OutcomePartial: WhenUnconfirmed, club.OutcomeUnconfirmed: WhenUnconfirmed} {
		if got := WhenOf(o); got != want {
			t.Errorf("%s read as %s", o, got)
		}
	}
	if (Step{Escalate: "x"}).Urgency() != club.PriorityHigh || (Step{Ticket: "x"}).Urgency() != club.PriorityNormal ||
		(Step{Ticket: "x", Priority: club.PriorityLow}).Urgency() != club.PriorityLow {
		t.Error("urgency")
	}
	if (Step{Ask: "x"}).Kind() != StepAsk || (Step{Ask: "x", Reply: "y"}).Kind() != "" {
		t.Error("kind")
	}
}

func TestRenderFillsOrRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, tmpl string
		values     map[string]string
		want, err  string
	}{
		{"a value", "Hi {{member_first_name}}!", map[string]string{"member_first_name": "Ana"}, "Hi Ana!", ""},
		{"spaces inside", "{{ bay }}", map[string]string{"bay": "Bay 3"}, "Bay 3", ""},
		{"words of its own", "Hi {{member_first_name|there}}!", nil, "Hi there!", ""},
		{"a value before the words", "Hi {{member_first_name|there}}!", map[string]string{"member_first_name": "Bo"}, "Hi Bo!", ""},
		{"a value is never a template", "{{member_first_name}}", map[string]string{"member_first_name": "{{wifi_password}}"}, "{{wifi_password}}", ""},
		{"nothing to fill", "Plain { text }", nil, "Plain { text }", ""},
		{"missing", "{{bay}} {{door}} {{bay}}", nil, "", "no value for bay, door"},
		{"undefined", "{{bay}}", map[string]string{"bay": "undefined"}, "", "no value for bay"},
		{"null with words", "{{bay|a bay}}", map[string]string{"bay": "NULL"}, "a bay", ""},
		{"unknown", "{{colour}}", nil, "", `no variable "colour"`},
		{"misspelt", "{{wifi_pasword}}", nil, "", "did you mean wifi_password"},
		{"not closed", "{{bay", nil, "", "not closed"},
		{"nested", "{{bay{{door}}", nil, "", "not closed"},
		{"closed only", "bay}}", nil, "", "closes nothing"},
		{"nameless", "{{}}", nil, "", "no name"},
		{"no words after the bar", "{{bay|}}", nil, "", "no words"},
		{"empty", " ", nil, "", "empty"},
		{"too long", "{{parking}}", map[string]string{"parking": strings.Repeat("é", 1601)}, "", "1601 characters"},
		{"just right", "{{parking}}", map[string]string{"parking": strings.Repeat("é", 1600)}, strings.Repeat("é", 1600), ""},
		{"broken value", "{{bay}}", map[string]string{"bay": "a\xff"}, "", "UTF-8"},
	} {
		got, err := Render(c.tmpl, c.values)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && (club.CodeOf(err) != club.CodeInvalid || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %.40q, %v", c.name, got, err)
		}
	}
}

func FuzzRenderLeavesNoPlaceholder(f *testing.F) {
	for _, s := range []string{"{{bay}}", "{{bay|x}}", "}}{{", "{{{bay}}}", "{{bay|{{door}}}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, tmpl string) {
		out, err := Render(tmpl, map[string]string{"bay": "Bay 1"})
		if err == nil && strings.Contains(out, "{{") || err != nil && out != "" {
			t.Errorf("%q became %q, %v", tmpl, out, err)
		}
	})
}

func TestNearestPrefersTheNarrowest(t *testing.T) {
	t.Parallel()
	north, south := club.NewLocationID(time.Unix(1, 0)), club.NewLocationID(time.Unix(2, 0))
	doc := func(scope Scope, triggers ...string) Document {
		d := Document{Slug: "wifi", Status: StatusLive, Scope: scope}
		for _, s := range triggers {
			d.Triggers = append(d.Triggers, Trigger{TriggerSimilar, s})
		}
		return d
	}
	global := doc(Scope{Kind: ScopeGlobal}, "wifi?", "internet?")
	location := doc(Scope{Kind: ScopeLocation, Location: "Northside", LocationID: north}, "wlan?")
	bay := doc(Scope{Kind: ScopeBay, Location: "Northside", LocationID: north, Bay: 3}, "WIFI")
	draft := doc(Scope{Kind: ScopeBay, Location: "Northside", Bay: 1})
	draft.Status = StatusDraft
	elsewhere := doc(Scope{Kind: ScopeLocation, Location: "Harbour"})
	all := []Document{global, bay, draft, elsewhere, location}
	for _, c := range []struct {
		name   string
		docs   []Document
		at     Place
		index  int
		reason string
	}{
		{"nowhere", all, Place{}, 0, "the version for every location; there is none nearer"},
		{"another location", all, Place{Location: "Old Mill", Bay: 3}, 0, "the version for every location; there is none nearer"},
		{"the location", all, Place{Location: "northside"}, 4, "Northside's own version overrides the one for every location"},
		{"another bay", all, Place{Location: "Northside", Bay: 2}, 4, "Northside's own version overrides the one for every location"},
		{"a draft does not count", all, Place{Location: "Northside", Bay: 1}, 4, "Northside's own version overrides the one for every location"},
		{"the bay", all, Place{Location: "Northside", Bay: 3}, 1, "bay 3's own version overrides the location's"},
		{"by id, under another name", all, Place{Location: "North", LocationID: north, Bay: 3}, 1, "bay 3's own version overrides the location's"},
		{"the same name, another id", all, Place{Location: "Northside", LocationID: south, Bay: 3}, 0, "the version for every location; there is none nearer"},
		{"a bay over global", []Document{global, bay}, Place{Location: "Northside", Bay: 3}, 1, "bay 3's own version overrides the one for every location"},
		{"a location alone", []Document{location}, Place{Location: "Northside"}, 0, "Northside's own version; there is no other"},
		{"a bay alone", []Document{bay}, Place{Location: "Northside", Bay: 3}, 0, "bay 3's own version; there is no other"},
	} {
		got := Nearest(c.docs, c.at)
		if len(got) != 1 || got[0].Index != c.index || got[0].Reason != c.reason {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	var texts []string
	for _, tr := range Nearest(all, Place{Location: "Northside", Bay: 3})[0].Document.Triggers {
		texts = append(texts, tr.Text)
	}
	if d := cmp.Diff([]string{"WIFI", "wlan?", "internet?"}, texts); d != "" {
		t.Errorf("inherited triggers: %s", d)
	}
	if len(bay.Triggers) != 1 || len(Nearest([]Document{bay}, Place{})) != 0 {
		t.Error("Nearest changed its input, or chose what does not apply")
	}
}

func TestSortPutsTheWidestFirst(t *testing.T) {
	t.Parallel()
	docs := []Document{
		{Slug: "b", Category: CategoryInformation},
		{Slug: "a", Category: CategoryInformation, Scope: Scope{Kind: ScopeBay, Location: "H", Bay: 2}},
		{Slug: "a", Category: CategoryInformation, Scope: Scope{Kind: ScopeBay, Location: "H", Bay: 1}},
		{Slug: "a", Category: CategoryInformation, Scope: Scope{Kind: ScopeLocation, Location: "h"}},
		{Slug: "a", Category: CategoryInformation, Scope: Scope{Kind: ScopeGlobal}},
		{Slug: "z", Category: CategoryEmergency},
	}
	Sort(docs)
	var got []string
	for _, d := range docs {
		got = append(got, d.Slug+" "+d.Scope.String())
	}
	if d := cmp.Diff([]string{"z everywhere", "a everywhere", "a h", "a H, bay 1", "a H, bay 2", "b everywhere"}, got); d != "" {
		t.Error(d)
	}
}

func TestDiffNamesEveryChange(t *testing.T) {
	t.Parallel()
	a, b := sound(), sound()
	if Diff(a, b) != nil {
		t.Error("equal documents differ")
	}
	b.Title, b.Notes = "Frozen screen", "Note."
	b.Triggers = []Trigger{{TriggerSimilar, "new"}, {TriggerSimilar, "it froze"}}
	b.Steps[2] = Step{Reply: "Back."}
	b.Fallback = b.Fallback[1:]
	want := []Change{
		{"title", Changed, "Frozen", "Frozen screen"},
		{"notes", Added, "", "Note."},
		{"triggers[0]", Added, "", "new"},
		{"triggers[1]", Removed, "words: frozen bay", ""},
		{"steps[2]", Changed, `{"reply":"{{bay}} is back."}`, `{"reply":"Back."}`},
		{"fallback[0]", Removed, `{"ticket":"{{bay|A bay}} is down","detail":"Look."}`, ""},
	}
	if d := cmp.Diff(want, Diff(a, b)); d != "" {
		t.Error(d)
	}
	back := Diff(b, a)
	if len(back) != len(want) || back[1].Kind != Removed {
		t.Errorf("back: %v", back)
	}
}

func TestDocumentsSurviveEncodingJSON(t *testing.T) {
	t.Parallel()
	in := sound()
	in.Prerequisites[0] = catalogue.Prerequisite{Kind: catalogue.WithinTimeWindow, Before: time.Minute}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out Document
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(in, out); d != "" {
		t.Error(d)
	}
}

func TestParsingIsStrictAndNamesTheLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, format, in, want string
	}{
		{"empty YAML", "yaml", "", "file: it is empty"},
		{"a comment only", "yaml", "# nothing\n", "file: it is empty"},
		{"empty JSON", "json", " ", "file: it is empty"},
		{"half a JSON", "json", `{"sops": [`, "line 1: file: it ends too early"},
		{"bad JSON", "json", "{\n\"sops\": nope}", "line 2: file: invalid character 'o'"},
		{"two JSON values", "json", "{}{}", "line 1: file: there is more"},
		{"deep JSON", "json", strings.Repeat("[", 100), "line 1: file: it is nested too deeply"},
		{"bad YAML", "yaml", "sops: [", "file: line 1"},
		{"two YAML documents", "yaml", "sops: []\n---\nsops: []", "file: there is more than one YAML document"},
		{"an anchor", "yaml", "sops: &a [*a]", "line 1: file: anchors"},
		{"an alias", "yaml", "sops:\n  - title: &t x\n    slug: *t", "line 2: file: anchors"},
		{"a list at the top", "yaml", "- slug: x", "must be an object with the keys sops"},
		{"sops that are no list", "yaml", "sops: 7", "line 1: sops: must be a list"},
		{"an unknown key", "yaml", "sops:\n  - slug: a\n    steos: []", `line 3: sops[0]: unknown key "steos" (did you mean steps?)`},
		{"an unknown key in a step", "json", "{\"sops\":[{\"steps\":[\n{\"relpy\":\"x\"}]}]}", `line 2: sops[0].steps[0]: unknown key "relpy" (did you mean reply?)`},
		{"a key twice", "yaml", "sops:\n  - slug: a\n    slug: b", "line 3: sops[0].slug: the key stands here twice"},
		{"a key twice in JSON", "json", `{"sops":[{"slug":"a","slug":"b"}]}`, "line 1: sops[0].slug: the key stands here twice"},
		{"a number for a title", "yaml", "sops: [{title: 42}]", "line 1: sops[0].title: must be text"},
		{"null for a title", "json", `{"sops":[{"title":null}]}`, "sops[0].title: must be text"},
		{"text for a bay", "yaml", "sops: [{scope: {bay: three}}]", "sops[0].scope.bay: must be a whole number"},
		{"null for a bay", "yaml", "sops: [{scope: {bay: }}]", "sops[0].scope.bay: must be a whole number"},
		{"text for safe", "yaml", "sops: [{steps: [{safe: 7}]}]", "sops[0].steps[0].safe: must be true or false"},
		{"params that are a list", "yaml", "sops: [{steps: [{params: []}]}]", "sops[0].steps[0].params: must be an object"},
		{"nested params", "yaml", "sops: [{steps: [{params: {a: {b: 1}}}]}]", "a parameter is a name and a plain value"},
		{"a null param", "yaml", "sops: [{steps: [{params: {a: null}}]}]", "sops[0].steps[0].params.a: must be text, a number"},
		{"a param twice", "yaml", "sops: [{steps: [{params: {a: 1, a: 2}}]}]", "sops[0].steps[0].params.a: the parameter stands here twice"},
		{"a bad prerequisite", "yaml", "sops: [{prerequisites: [{kind: x, y: z}]}]", `sops[0].prerequisites[0]: x: unknown key "y"`},
		{"a trigger that is a number", "yaml", "sops: [{triggers: [3]}]", "sops[0].triggers[0]: must be text"},
		{"a test that is a list", "yaml", "sops: [{tests: [[]]}]", "sops[0].tests[0]: must be an object"},
		{"too large", "yaml", strings.Repeat("#", maxFile+1), "file: it is larger"},
	} {
		parse := ParseYAML
		if c.format == "json" {
			parse = ParseJSON
		}
		_, problems := parse(strings.NewReader(c.in))
		if len(problems) == 0 || !strings.Contains(problems[0].String(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, problems, c.want)
		}
	}
}

func TestParsingReportsAllProblemsAndFillsDefaults(t *testing.T) {
	t.Parallel()
	_, problems := ParseYAML(strings.NewReader("sops:\n  - {slug: 1, titel: x}\n  - {steps: 7}\n"))
	if len(problems) != 3 || problems[2].Line != 3 {
		t.Errorf("problems %v", problems)
	}
	docs, problems := ParseYAML(strings.NewReader("sops: [{slug: a, scope: {location: H}}, {scope: {location: H, bay: 2}, triggers: [x, {mode: exact, text: y}]}, {}]"))
	want := []Document{
		{Slug: "a", Scope: Scope{Kind: ScopeLocation, Location: "H"}, Status: StatusDraft, Priority: club.PriorityNormal},
		{Scope: Scope{Kind: ScopeBay, Location: "H", Bay: 2}, Status: StatusDraft, Priority: club.PriorityNormal,
			Triggers: []Trigger{{TriggerSimilar, "x"}, {TriggerExact, "y"}}},
		{Scope: Scope{Kind: ScopeGlobal}, Status: StatusDraft, Priority: club.PriorityNormal},
	}
	if d := cmp.Diff(want, docs); d != "" || problems != nil {
		t.Errorf("%v\n%s", problems, d)
	}
}

func TestImportGivesLinesToWhatValidationFinds(t *testing.T) {
	t.Parallel()
	in := "sops:\n  - slug: a\n    title: A\n    category: information\n    triggers:\n      - hello\n    steps:\n      - reply: \"{{nope}}\"\n      - reply: x\n        safe: true\n"
	_, problems := Import(strings.NewReader(in), FormatYAML, mustCatalogue(t))
	if len(problems) != 1 || problems[0].Line != 8 || problems[0].Path != "sops[0].steps[0].reply" {
		t.Errorf("%v", problems)
	}
	_, problems = Import(strings.NewReader("sops:\n\n  - {slug: a}"), FormatYAML, mustCatalogue(t))
	for _, p := range problems {
		if p.Line != 3 {
			t.Errorf("%v", p)
		}
	}
	if _, problems = Import(strings.NewReader("x: 1"), FormatYAML, mustCatalogue(t)); len(problems) != 1 {
		t.Errorf("syntax: %v", problems)
	}
	if _, problems = ParseYAML(brokenReader{}); len(problems) != 1 || problems[0].Msg != "it cannot be read" {
		t.Errorf("a reader that fails: %v", problems)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, fmt.Errorf("disk on fire") }

func FuzzParseYAML(f *testing.F) {
	f.Add([]byte("sops: [{slug: a, triggers: [x], steps: [{reply: x}]}]"))
	f.Add([]byte(`{"sops":[{"slug":"a","scope":{"bay":1},"prerequisites":[{"kind":"within_time_window","before":"1m"}]}]}`))
	f.Add([]byte("a: &a [*a, *a]"))
	f.Add(Starter()[:3000])
	cat := mustCatalogue(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, parse := range []func([]byte) ([]Document, []Problem){
			func(b []byte) ([]Document, []Problem) { return ParseYAML(bytes.NewReader(b)) },
			func(b []byte) ([]Document, []Problem) { return ParseJSON(bytes.NewReader(b)) },
		} {
			docs, problems := parse(data)
			ValidateAll(docs, cat)
			if len(problems) > 0 || len(docs) == 0 || len(ValidateAll(docs, cat)) > 0 {
				continue
			}
			var out bytes.Buffer
			if err := WriteYAML(&out, docs); err != nil {
				t.Fatal(err)
			}
			if again, problems := ParseYAML(&out); len(problems) > 0 || cmp.Diff(docs, again) != "" {
				t.Errorf("does not round-trip: %v", problems)
			}
		}
	})
}
