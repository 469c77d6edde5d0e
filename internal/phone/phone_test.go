package phone

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestNumbersOfEveryWritingMeetInOneForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ raw, region, want string }{
		{"+15551234567", "US", "+15551234567"},
		{"(555) 123-4567", "US", "+15551234567"},
		{" 555.123.4567 ", "us", "+15551234567"},
		{"1 555 123 4567", "US", "+15551234567"},
		{"tel:+1-555-123-4567", "", ""}, // a URI is the caller's to take apart
		{"(902) 555-0134", "CA", "+19025550134"},
		{"030 901820", "DE", "+4930901820"},
		{"+49 30 901820", "US", "+4930901820"},
		{"+1 555 123 4567 ext. 12", "US", "+15551234567"},
		{"555 123 4567", "", ""},
		{"123-4567", "US", ""},
		{"12345", "US", ""},
		{"GOLFCLUB", "US", ""},
		{"1-800-FLOWERS", "US", ""},
		{"", "US", ""},
		{"+", "US", ""},
		{"+1555123456789012345", "US", ""},
		{"\xff\xfe", "US", ""},
		{strings.Repeat("5", 500), "US", ""},
	} {
		got, ok := Normalise(tt.raw, tt.region)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("Normalise(%q, %q) = %q, %v; want %q", tt.raw, tt.region, got, ok, tt.want)
		}
	}
}

func TestNormalisingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.OneOf(rapid.StringMatching(`[+(]?[0-9 ().x-]{1,20}`), rapid.String()).Draw(t, "raw")
		once, ok := Normalise(raw, "US")
		if !ok {
			return
		}
		if twice, ok := Normalise(once, "DE"); !ok || twice != once {
			t.Fatalf("%q became %q and then %q (%v)", raw, once, twice, ok)
		}
	})
}

func TestMaskKeepsCountryAndLastFour(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"+15551234567": "+1•••4567", "+4930901820": "+49•••1820", "12345": "•••45", "1234": "•••", "": "•••", "GOLFCLUB": "•••UB", "+": "•••",
	} {
		if got := Mask(number); got != want {
			t.Errorf("Mask(%q) = %q, want %q", number, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if got := Mask(s); !utf8.ValidString(got) && utf8.ValidString(s) || len(s) > 8 && strings.Contains(got, s) {
			t.Fatalf("Mask(%q) = %q", s, got)
		}
	})
}
