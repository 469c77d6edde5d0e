package phrase

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalise returns text in the form that rules and matchers compare: Unicode
// NFKC (UAX #15), lower case, zero-width and bidi characters removed, typographic
// quotes and dashes as ASCII, control characters and runs of white space as one
// space, ends trimmed. Invalid UTF-8 becomes U+FFFD. It is idempotent and never
// panics. The original text is what is stored; this form is for reading only.
func Normalise(text string) string {
	if !plain(text) {
		text = canonical(text)
		text = strings.Map(lowerQuoted, text)
		text = norm.NFKC.String(text)
	}
	return collapse(text)
}

// plain reports whether text is ASCII without upper case: nothing but spaces
// can need work.
func plain(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c >= 0x80 || (c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}

// canonical makes valid UTF-8, removes invisible characters and applies NFKC.
// Invisible characters go first and last: NFKC itself can produce them.
func canonical(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Map(dropInvisible, text)
	return strings.Map(dropInvisible, norm.NFKC.String(text))
}

func dropInvisible(r rune) rune {
	if invisible(r) {
		return -1
	}
	return r
}

// invisible reports whether r has no width of its own: joiners, marks of
// direction, variation selectors, fillers and the blank that stands for an
// attachment in texts from Apple devices (U+FFFC).
func invisible(r rune) bool {
	switch {
	case r < 0x80:
		return false
	case r >= 0xFE00 && r <= 0xFE0F, r >= 0xE0000 && r <= 0xE0FFF:
		return true
	}
	switch r {
	case 0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0xFFFC, 0x034F, 0x17B4, 0x17B5:
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

func lowerQuoted(r rune) rune {
	switch r {
	case '‘', '’', '‚', '‛', '′', 'ʼ', '`', '´', '＇':
		return '\''
	case '“', '”', '„', '‟', '″', '«', '»':
		return '"'
	case '‐', '‑', '‒', '–', '—', '―', '−':
		return '-'
	}
	return unicode.ToLower(r)
}

func collapse(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	space := false
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Brief reports whether text has at most four words; an emoji counts as none.
// Short texts are answers or cues and are read in the light of what was asked.
// An empty text is not brief.
func Brief(text string) bool {
	n := Normalise(text)
	return n != "" && len(tokenise(n)) <= 4
}
