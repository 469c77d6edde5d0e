// Package phone reads telephone numbers and shows them masked. A number is normalised once, where it
// enters (webhook, import, form); everything behind that door holds E.164 ("+15551234567"). All
// functions are pure and safe for concurrent use.
package phone

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// maxRaw bounds what is parsed: no written form of a number is longer, and the input is foreign.
const maxRaw = 64

// Normalise reads a number as people and vendors write it and returns it as E.164. A number without a
// country code is read as one of region ("US", "DE"; "" admits only international forms). ok is false
// for what cannot be dialled from anywhere: short codes, alphanumeric senders, local fragments.
//
// It asks whether the number is possible, not whether it is assigned: numbering plans change faster
// than the tables in a program, and a member with a fresh number must still be known again.
func Normalise(raw, region string) (e164 string, ok bool) {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > maxRaw || !utf8.ValidString(raw) || hasLetter(raw) {
		return "", false
	}
	n, err := phonenumbers.Parse(raw, strings.ToUpper(region))
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// hasLetter reports letters other than an extension mark. Vanity spellings ("1-800-FLOWERS") would
// parse, but as a sender's address letters mean an alphanumeric sender, which is no number.
func hasLetter(s string) bool {
	s = strings.ToLower(s)
	if i := strings.Index(s, "ext"); i > 0 {
		s = s[:i]
	} else if i := strings.IndexByte(s, 'x'); i > 0 {
		s = s[:i]
	}
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' })
}

// Mask shows a number so that an operator recognises it and a log reader cannot call it: the country
// code and the last four digits, "+1•••4567". What is not E.164 keeps at most its last two characters.
func Mask(number string) string {
	const dots = "•••"
	if n, err := phonenumbers.Parse(number, ""); err == nil && len(number) >= 9 {
		return "+" + strconv.Itoa(int(n.GetCountryCode())) + dots + number[len(number)-4:]
	}
	if r := []rune(number); len(r) > 4 {
		return dots + string(r[len(r)-2:])
	}
	return dots
}
