package knowledge

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"clubos/internal/club"
)

// awkward are texts that writers of YAML are known to get wrong.
func awkward() []string {
	return []string{"null", "~", "true", "no", "on", "1e3", "0x1F", "012", "2026-01-01", "=", "<<", "- a", "a: b", "a #b", "#a", "'", `"`, "\\",
		"{{bay}}", "[x]", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", " leading", "trailing ", "\tTab", "two\nlines", "  indented\nblock\n", "\n\nempty first",
		"ends\n\n", "cr\r\nlf", "nel\u0085x", "ls\u2028x", "bom\ufeffx", "emoji 🏌️‍♀️", "עברית", "del\x7f", "nbsp\u00a0x", "😀"}
}

func roundTrip(t interface{ Fatalf(string, ...any) }, text string) {
	d := Document{Slug: "a", Title: text, Scope: Scope{Kind: ScopeLocation, Location: text}, Status: StatusDraft, Priority: club.PriorityNormal, Notes: text,
		Triggers: []Trigger{{TriggerSimilar, text}, {TriggerExact, text}},
		Steps:    []Step{{Reply: text, Params: map[string]any{"text": text, "n": 7, "b": true}}}, Tests: []Test{{Text: text}}}
	var y, j bytes.Buffer
	if err := WriteYAML(&y, []Document{d}); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if err := WriteJSON(&j, []Document{d}); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	file := y.String()
	fromYAML, problems := ParseYAML(&y)
	if diff := cmp.Diff([]Document{d}, fromYAML); diff != "" || problems != nil {
		t.Fatalf("%q in YAML: %v\n%s\n%s", text, problems, diff, file)
	}
	fromJSON, problems := ParseJSON(&j)
	if diff := cmp.Diff([]Document{d}, fromJSON); diff != "" || problems != nil {
		t.Fatalf("%q in JSON: %v\n%s", text, problems, diff)
	}
}

func TestAnyTextComesBackFromAFileAsItWas(t *testing.T) {
	t.Parallel()
	for _, s := range awkward() {
		roundTrip(t, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		roundTrip(t, rapid.StringMatching(`[ -~\n\t]{1,30}`).Draw(t, "text")+rapid.StringN(0, 10, -1).Draw(t, "more"))
	})
}

func TestPreviewShowsWhatIsKnownAndNamesTheRest(t *testing.T) {
	t.Parallel()
	got := Preview("{{bay|a bay}} at {{location}} needs {{club_phone}}", map[string]string{"location": "Harbour"})
	if want := "a bay at Harbour needs [club phone]"; got != want {
		t.Errorf("preview %q, want %q", got, want)
	}
	if got := Preview("{{broken", nil); got != "{{broken" {
		t.Errorf("broken template %q", got)
	}
}
