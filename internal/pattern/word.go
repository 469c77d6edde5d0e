package pattern

import (
	"strings"

	"clubos/internal/phrase"
)

// polarity is what the text does with a word.
type polarity uint8

const (
	stated    polarity = iota
	denied             // a report that it is not so: "won't open", "no sound"
	forbidden          // a request not to: "do not open"
)

// word is one word of a text, ready for comparison.
type word struct {
	stem     string
	raw      string
	polarity polarity
	light    bool // a function word: it weighs little and forms no pair
	clause   bool // a clause begins here
}

// read cuts a text into words and marks what is denied or forbidden.
func read(normalised string) []word {
	parts := phrase.Words(normalised)
	ws := make([]word, 0, len(parts))
	var bans []phrase.Negation
	if mayForbid(parts) {
		bans = phrase.Negations(normalised)
	}
	for _, p := range parts {
		w := word{raw: p.Text, clause: p.Clause}
		w.stem, w.light = stem(p.Text)
		for _, b := range bans {
			if p.Start >= b.Start && p.End <= b.End {
				w.polarity = forbidden
			}
		}
		ws = append(ws, w)
	}
	deny(ws)
	return ws
}

// mayForbid spares texts without any negating word the search for what they forbid.
func mayForbid(parts []phrase.Word) bool {
	for _, p := range parts {
		if banWords[p.Text] || strings.HasPrefix(p.Text, "no") || strings.HasPrefix(p.Text, "ne") || strings.HasSuffix(p.Text, "nt") {
			return true
		}
	}
	return false
}

var banWords = set(`stop quit avoid without refrain hold instead rather under by than dont do not never sans dnt`)

// deny marks the first content word after each word of denial in its clause.
func deny(ws []word) {
	for i := range ws {
		if ws[i].polarity == forbidden || ws[i].stem != "not" {
			continue
		}
		for k := i + 1; k < len(ws) && k <= i+4 && !ws[k].clause && ws[k].polarity == stated; k++ {
			if !ws[k].light {
				ws[k].polarity = denied
				break
			}
		}
	}
}

// stem returns the form under which a word is compared and whether it is light.
func stem(w string) (string, bool) {
	if numeral(w) {
		return "#", true
	}
	if s, ok := forms[w]; ok {
		w = s
	}
	if lightWords[w] {
		return w, true
	}
	if states[w] {
		return w, false
	}
	return suffixless(w), false
}

// states are participles that tell how a thing is; their verbs ask to make it so.
// "the door is unlocked" must not read like "unlock the door".
var states = set(`unlocked opened locked refunded rebooted restarted`)

// numeral reports whether w is a small number: which bay or hour it names says
// nothing about what the text is about.
func numeral(w string) bool {
	if numberWords[w] {
		return true
	}
	return len(w) > 0 && w[0] >= '0' && w[0] <= '9' && len(w) <= 5
}

// suffixless strips the commonest English endings, a light stemmer in the way
// of Harman (1991): it joins "freezing", "freezes" and "freez(e)", never more.
func suffixless(w string) string {
	n := len(w)
	switch {
	case n > 5 && strings.HasSuffix(w, "ing"):
		return finish(w[:n-3])
	case n > 4 && strings.HasSuffix(w, "ies"):
		return w[:n-3] + "y"
	case n > 4 && strings.HasSuffix(w, "ed"):
		return finish(w[:n-2])
	case n > 4 && (strings.HasSuffix(w, "sses") || strings.HasSuffix(w, "ches") || strings.HasSuffix(w, "shes") || strings.HasSuffix(w, "xes")):
		return w[:n-2]
	case n > 3 && w[n-1] == 's' && w[n-2] != 's' && w[n-2] != 'u':
		return finish(w[:n-1])
	}
	return finish(w)
}

// finish undoes doubled consonants ("stopp" → "stop") and drops a final e
// ("freeze" → "freez"), so that all forms of a word meet.
func finish(w string) string {
	n := len(w)
	if n > 3 && w[n-1] == w[n-2] && !strings.ContainsRune("aeiousl", rune(w[n-1])) {
		return w[:n-1]
	}
	if n > 3 && w[n-1] == 'e' {
		return w[:n-1]
	}
	return w
}

func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}
