package connector

import (
	"strings"
	"unicode"
)

// SameText reports whether a vendor's copy of a text is the text we sent. Vendors replace quotes,
// trim and re-wrap on the way, and taking such a copy for another text would send ours twice, so
// only letters and digits count; a text without any is compared as it is, but for white space around it.
func SameText(a, b string) bool {
	fa, fb := foldText(a), foldText(b)
	if fa == "" && fb == "" {
		return strings.TrimSpace(a) == strings.TrimSpace(b)
	}
	return fa == fb
}

func foldText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
