package page

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"clubos/internal/club"
)

// actionIcon guesses an icon from an action's name, so that an action added to the catalogue needs
// no change here.
func actionIcon(n club.ActionName) string {
	s := string(n)
	switch {
	case strings.Contains(s, "door"):
		return "door"
	case strings.Contains(s, "restart"), strings.Contains(s, "reboot"):
		return "hand"
	case strings.Contains(s, "light"):
		return "sun"
	case strings.Contains(s, "ticket"):
		return "ticket"
	}
	return "bolt"
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}
