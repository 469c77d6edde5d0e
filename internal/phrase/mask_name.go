package phrase

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maskOrdinary replaces the given words, which are ordinary ones too, where they are used as names. The
// words are folded and in lower case.
func maskOrdinary(text string, names map[string]bool) string {
	if len(names) == 0 {
		return text
	}
	ts, lower := tokensOf(text)
	var b strings.Builder
	last := 0
	for i, t := range ts {
		if !names[strings.TrimSuffix(lower[i], "'s")] && !names[fold(lower[i])] || !usedAsName(text, ts, i) {
			continue
		}
		end := t.end
		if s := text[t.start:t.end]; strings.HasSuffix(s, "'s") || strings.HasSuffix(s, "'S") {
			end -= len("'s")
		}
		b.WriteString(text[last:t.start])
		b.WriteString(MaskName)
		last = end
	}
	return b.String() + text[last:]
}

// tokensOf cuts a text with capitals into its words and returns them in lower case too. A placeholder is
// one word, "«name»".
func tokensOf(text string) ([]token, []string) {
	var ts []token
	from := 0
	add := func(part string, offset int) {
		for _, t := range tokenise(part) {
			t.start, t.end = t.start+offset, t.end+offset
			ts = append(ts, t)
		}
	}
	for _, m := range placeholder.FindAllStringIndex(text, -1) {
		add(text[from:m[0]], from)
		ts = append(ts, token{word: text[m[0]:m[1]], start: m[0], end: m[1]})
		from = m[1]
	}
	add(text[from:], from)
	lower := make([]string, len(ts))
	for i, t := range ts {
		lower[i] = strings.ToLower(text[t.start:t.end])
		ts[i].before = gapBefore(text, ts, i)
	}
	return ts, lower
}

// gapBefore is the strongest pause between a word and the one before it. A line's end ends a sentence.
func gapBefore(text string, ts []token, i int) pause {
	from := 0
	if i > 0 {
		from = ts[i-1].end
	}
	gap := flow
	for _, r := range text[from:ts[i].start] {
		switch {
		case r == '\n', r == '\r':
			gap = stop
		case unicode.IsSpace(r):
		case unicode.Is(unicode.Pd, r):
			gap = max(gap, comma)
		case r == '’':
		default:
			gap = max(gap, pauseOf(r))
		}
	}
	return gap
}

// usedAsName reports whether the word at i is used as a name: a capital within a sentence says so, and so
// do certain words and signs around it.
func usedAsName(text string, ts []token, i int) bool {
	word := text[ts[i].start:ts[i].end]
	starts := i == 0 || ts[i].before == stop
	ends := i == len(ts)-1 || ts[i+1].before > flow
	if introduced(ts, i) && (ends || afterName[strings.ToLower(ts[i+1].word)] || capitalised(word)) {
		return true
	}
	if i == len(ts)-1 && i > 0 && signed(text, ts, i) {
		return true
	}
	if !capitalised(word) {
		return false
	}
	switch {
	case !starts:
		return !titled(text, ts, i)
	case ends, afterName[strings.ToLower(ts[i+1].word)], strings.HasSuffix(strings.ToLower(word), "'s"):
		return true
	}
	return ts[i+1].word == MaskName && ts[i+1].before == flow
}

// capitalised reports whether a word is written as names are: "Will", not "will" or "WILL".
func capitalised(word string) bool {
	first, n := utf8.DecodeRuneInString(word)
	second, _ := utf8.DecodeRuneInString(word[n:])
	return unicode.IsUpper(first) && unicode.IsLower(second)
}

// introduced reports whether the words before i say that a name follows.
func introduced(ts []token, i int) bool {
	return slices.ContainsFunc(introductions, func(words []string) bool {
		if i < len(words) || ts[i].before > comma {
			return false
		}
		for k, w := range words {
			if t := ts[i-len(words)+k]; strings.ToLower(t.word) != w || k > 0 && t.before > flow {
				return false
			}
		}
		return true
	})
}

// signed reports whether the last word of a text stands as a signature does: behind a dash, or alone on
// the last line.
func signed(text string, ts []token, i int) bool {
	gap := strings.TrimSpace(text[ts[i-1].end:ts[i].start])
	return strings.ContainsRune(text[ts[i-1].end:ts[i].start], '\n') || gap != "" && strings.Trim(gap, "-–—~") == ""
}

// titled reports whether all other words of the sentence have a capital too, so that one says nothing.
func titled(text string, ts []token, i int) bool {
	first := i
	for first > 0 && ts[first].before < stop {
		first--
	}
	others := 0
	for k := first + 1; k < len(ts) && (ts[k].before < stop); k++ {
		if r, _ := utf8.DecodeRuneInString(text[ts[k].start:]); k != i && unicode.IsLetter(r) {
			if !unicode.IsUpper(r) {
				return false
			}
			others++
		}
	}
	return others > 1
}
