package phrase

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The placeholders that Mask writes.
const (
	MaskPhone = "«phone»"
	MaskEmail = "«email»"
	MaskCard  = "«card»"
	MaskCode  = "«code»"
	MaskName  = "«name»"
)

var (
	placeholder  = regexp.MustCompile(`«(?:phone|email|card|code|name)»`)
	emailAddress = regexp.MustCompile(`[^\s@«»<>(),;:"]+@[^\s@«»<>(),;:"]+\.[^\s@«»<>(),;:"]+`)
	emailSpoken  = regexp.MustCompile(`(?i)[\p{L}\p{N}._%+-]+ ?(?: at |\(at\)|\[at\]) ?[\p{L}\p{N}-]+ ?(?: dot |\(dot\)|\[dot\]) ?(?:com|net|org|edu|io|co|ca|uk|us|me)\b`)
	emailDomain  = regexp.MustCompile(`(?i)[\p{L}\p{N}._%+-]+ ?(?:@| at ) ?(?:gmail|yahoo|hotmail|outlook|icloud|aol|proton(?:mail)?)\b(?: ?\. ?com\b)?`)
	digitRun     = regexp.MustCompile(`[+(]*\p{Nd}(?:[\p{Zs}().\-‐-―/·•_+]{0,4}\p{Nd}){6,}`)
	dateRun      = regexp.MustCompile(`^(?:(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)\d\d)$`)
	codeAfter    = regexp.MustCompile(`(?i)\b(error |fault |status |event |stop )?(code|codes|pin|pincode|passcode|password|passwd|pwd|otp|keypad|clave|c[oó]digo)\b((?:[^\p{L}\p{N}«»]+(?:\p{L}+|\p{Nd}{1,2}\b)){0,6}?[^\p{L}\p{N}«»]*)(\p{Nd}{3,})`)
	codeBefore   = regexp.MustCompile(`(?i)\b(\p{Nd}{4,})((?:[^\p{L}\p{N}«»]+\p{L}+){1,5}?[^\p{L}\p{N}«»]+(?:code|pin|passcode|password)\b)`)
	codeLetters  = regexp.MustCompile(`(?i)\b(error |fault |status |event |stop )?(code|passcode|password|pin)\b((?: is| was)?[\s:=#"]{1,4})([\p{L}\p{Nd}]*\p{Nd}[\p{L}\p{Nd}-]*\p{Nd}[\p{L}\p{Nd}]*)`)
)

// Mask returns text with e-mail addresses, phone numbers, card numbers, door
// codes and the given names replaced by «email», «phone», «card», «code» and
// «name», for matching, searching and prompts.
//
// A run of 7 or more digits, however it is spaced, is a phone number; of 13 to
// 19 digits with a valid Luhn check digit (ISO/IEC 7812-1) a card. A plain date
// (2026-11-26) stays. A code is a number of three digits or more (four for a
// PIN, which golfers also aim at) that stands within a few words of "code",
// "pin", "password"; the codes of error messages stay. Each name is replaced
// where it stands as a whole word, in any case, with or without its accents;
// pass parts of a name ("Ann", "Lee") to have them replaced alone. A part that is
// an ordinary word as well ("Will") is replaced only where it is used as a name.
//
// The result is in Unicode NFKC without invisible characters, so that none can
// hide a number. Mask is idempotent and never panics.
func Mask(text string, names ...string) string {
	text = strings.Map(dropControl, canonical(text))
	patterns, ordinary := namePatterns(names)
	// A replacement can bring two halves of a number together, so the passes
	// go on until nothing changes; each shortens what is left to find.
	for range 8 {
		next := maskPass(text, patterns, ordinary)
		if next == text {
			break
		}
		text = next
	}
	return text
}

func dropControl(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
		return ' '
	}
	return r
}

// maskPass applies the steps in order: an address may hold digits, a number may
// look like a code. None sees the placeholders that are there already.
func maskPass(text string, names []*regexp.Regexp, ordinary map[string]bool) string {
	for _, step := range []func(string) string{maskEmails, maskNumbers, maskCodes} {
		text = outsidePlaceholders(text, step)
	}
	for _, re := range names {
		text = outsidePlaceholders(text, func(s string) string { return maskName(s, re) })
	}
	return maskOrdinary(text, ordinary)
}

func outsidePlaceholders(text string, step func(string) string) string {
	var b strings.Builder
	for {
		loc := placeholder.FindStringIndex(text)
		if loc == nil {
			b.WriteString(step(text))
			return b.String()
		}
		b.WriteString(step(text[:loc[0]]))
		b.WriteString(text[loc[0]:loc[1]])
		text = text[loc[1]:]
	}
}

// The expressions are slow beside a look at whether a text can hold what they find, and most hold none.

func maskEmails(text string) string {
	if lower := strings.ToLower(text); !strings.Contains(text, "@") && !strings.Contains(lower, " at ") && !strings.Contains(lower, "(at)") && !strings.Contains(lower, "[at]") {
		return text
	}
	for _, re := range []*regexp.Regexp{emailAddress, emailSpoken, emailDomain} {
		text = re.ReplaceAllLiteralString(text, MaskEmail)
	}
	return text
}

func maskNumbers(text string) string {
	if digits(text) < 7 {
		return text
	}
	return digitRun.ReplaceAllStringFunc(text, maskDigits)
}

// digits counts the digits of any script.
func digits(text string) (n int) {
	for _, r := range text {
		if unicode.Is(unicode.Nd, r) {
			n++
		}
	}
	return n
}

func maskDigits(run string) string {
	if dateRun.MatchString(strings.TrimLeft(run, "+(")) {
		return run
	}
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Nd, r) {
			return r
		}
		return -1
	}, run)
	n := utf8.RuneCountInString(plain)
	if n >= 13 && n <= 19 && luhn(plain) || n >= 16 {
		return MaskCard
	}
	return MaskPhone
}

// luhn reports whether the check digit of ISO/IEC 7812-1 holds.
func luhn(digits string) bool {
	sum, double := 0, false
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}

func maskCodes(text string) string {
	n := digits(text)
	if n < 2 {
		return text
	}
	text = codeAfter.ReplaceAllStringFunc(text, func(s string) string {
		m := codeAfter.FindStringSubmatch(s)
		short := strings.EqualFold(m[2], "pin") && utf8.RuneCountInString(m[4]) < 4
		if m[1] != "" || short {
			return s
		}
		return m[2] + m[3] + MaskCode
	})
	text = codeLetters.ReplaceAllStringFunc(text, func(s string) string {
		m := codeLetters.FindStringSubmatch(s)
		if m[1] != "" || !strings.ContainsFunc(m[4], unicode.IsLetter) {
			return s
		}
		return m[2] + m[3] + MaskCode
	})
	if n < 4 {
		return text
	}
	return codeBefore.ReplaceAllString(text, MaskCode+"$2")
}

// namePatterns compiles the names; white space in a name matches any. Single words that are ordinary ones
// too are returned by themselves.
func namePatterns(names []string) (out []*regexp.Regexp, ordinary map[string]bool) {
	for _, name := range names {
		fields := strings.Fields(canonical(name))
		if len(fields) == 1 && ordinaryNames[strings.ToLower(fields[0])] {
			if ordinary == nil {
				ordinary = map[string]bool{}
			}
			ordinary[strings.ToLower(fields[0])] = true
			continue
		}
		for i, f := range fields {
			fields[i] = accentFree(f)
		}
		if pattern := strings.Join(fields, `\s+`); strings.ContainsFunc(pattern, wordRune) {
			if re, err := regexp.Compile(`(?i)` + pattern); err == nil {
				out = append(out, re)
			}
		}
	}
	return out, ordinary
}

// accentFree returns a pattern that matches word with or without its accents.
func accentFree(word string) string {
	var b strings.Builder
	for _, r := range word {
		q := regexp.QuoteMeta(string(r))
		if plain := fold(string(r)); r > 0x7f && plain != "" && plain != string(r) {
			q = `(?:` + q + `|` + regexp.QuoteMeta(plain) + `)`
		}
		b.WriteString(q)
	}
	return b.String()
}

// maskName replaces the matches of re that are whole words.
func maskName(text string, re *regexp.Regexp) string {
	var b strings.Builder
	last := 0
	for _, m := range re.FindAllStringIndex(text, -1) {
		before, _ := utf8.DecodeLastRuneInString(text[:m[0]])
		after, _ := utf8.DecodeRuneInString(text[m[1]:])
		first, _ := utf8.DecodeRuneInString(text[m[0]:])
		final, _ := utf8.DecodeLastRuneInString(text[:m[1]])
		if wordRune(first) && wordRune(before) || wordRune(final) && wordRune(after) || placeholder.MatchString(text[m[0]:m[1]]) {
			continue
		}
		b.WriteString(text[last:m[0]])
		b.WriteString(MaskName)
		last = m[1]
	}
	return b.String() + text[last:]
}
