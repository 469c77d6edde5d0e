package phrase

import (
	"strings"
	"unicode"
)

// onlyEmoji reports whether text is one or more emoji of list and nothing else
// but spaces, full stops and exclamation marks. Skin tones and gender signs are
// part of the emoji before them.
func onlyEmoji(text, list string) bool {
	found := false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r), r == '!', r == '.', modifier(r):
		case strings.ContainsRune(list, r):
			found = true
		default:
			return false
		}
	}
	return found
}

func modifier(r rune) bool {
	return invisible(r) || r >= 0x1F3FB && r <= 0x1F3FF || r == '♂' || r == '♀'
}

func hasRune(text, list string) bool {
	for _, r := range text {
		if r > 0x7f && strings.ContainsRune(list, r) {
			return true
		}
	}
	return false
}
