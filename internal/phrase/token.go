package phrase

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// pause is what stands between a word and the word before it.
type pause uint8

const (
	flow  pause = iota // white space only
	comma              // , : ( ) - quotes: a phrase ends, the sentence goes on
	stop               // . ! ? ; an emoji or a line end: the sentence ends
)

// token is one word of a normalised text: letters and digits, without
// apostrophes and accents ("don't" → "dont", "está" → "esta"). Separators
// between two digits belong to the number ("4:30", "555-0199", "2-3").
type token struct {
	word       string
	before     pause
	start, end int // byte offsets in the normalised text
}

// tokenise cuts a normalised text into its words.
func tokenise(text string) []token {
	ts := make([]token, 0, len(text)/5+1)
	gap := flow
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !wordRune(r) {
			gap = max(gap, pauseOf(r))
			i += n
			continue
		}
		end := wordEnd(text, i)
		ts = append(ts, token{word: fold(text[i:end]), before: gap, start: i, end: end})
		gap, i = flow, end
	}
	return ts
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && r > 0x7f
}

func pauseOf(r rune) pause {
	switch r {
	case ' ', '\'', '#', '/', '&', '+', '*', '_', '%', '$':
		return flow
	case '.', '!', '?', ';', '…', '¿', '¡', '|':
		return stop
	case ',', ':', '(', ')', '[', ']', '-', '"', '~', '=', '<', '>':
		return comma
	}
	return stop
}

// wordEnd returns the end of the word that starts at i.
func wordEnd(text string, i int) int {
	digitBefore := false
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !wordRune(r) {
			next, _ := utf8.DecodeRuneInString(text[i+n:])
			joinsLetters := r == '\'' && unicode.IsLetter(next)
			joinsDigits := digitBefore && unicode.IsDigit(next) && strings.ContainsRune(".:-/,", r)
			if !joinsLetters && !joinsDigits {
				return i
			}
		}
		digitBefore = unicode.IsDigit(r)
		i += n
	}
	return i
}

// fold drops apostrophes and accents, so that "don't", "dont", "está" and
// "esta" need one table entry each.
func fold(word string) string {
	ascii, quote := true, false
	for i := 0; i < len(word); i++ {
		ascii = ascii && word[i] < 0x80
		quote = quote || word[i] == '\''
	}
	if quote {
		word = strings.TrimSuffix(word, "'s'")
		if c := word[0]; c >= '0' && c <= '9' {
			word = strings.TrimSuffix(word, "'s")
		}
		word = strings.ReplaceAll(word, "'", "")
	}
	if ascii {
		return word
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(word))
}

// words returns the span of tokens [i, j) as it stands in the text.
func words(text string, ts []token, i, j int) string {
	return text[ts[i].start:ts[j-1].end]
}

// Word is one word of a normalised text, as the rules of this package see it.
type Word struct {
	Text       string // without apostrophes and accents: "don't" is "dont"
	Start, End int    // byte offsets in the normalised text
	Clause     bool   // punctuation stands before it, so a clause begins
}

// Words cuts a normalised text into its words.
func Words(normalised string) []Word {
	ts := tokenise(normalised)
	ws := make([]Word, len(ts))
	for i, t := range ts {
		ws[i] = Word{t.word, t.start, t.end, t.before > flow}
	}
	return ws
}
