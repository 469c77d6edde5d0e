package learn

import (
	"strings"
	"time"
	"unicode/utf8"

	"clubos/internal/knowledge"
	"clubos/internal/phrase"
)

// generalise takes out of an answer what belongs to the one member. It reports false where something
// personal would be left, or where the words could not be sent to anybody else.
func generalise(words string, values map[string]string, names []string) (string, bool) {
	words = strings.TrimSpace(words)
	if words == "" || strings.Contains(words, "{{") || strings.Contains(words, "}}") || utf8.RuneCountInString(words) > knowledge.MaxText {
		return "", false
	}
	for _, v := range []struct{ name, as string }{
		{"member_first_name", "{{member_first_name|there}}"}, {"bay", "{{bay}}"}, {"location", "{{location}}"},
	} {
		if value := values[v.name]; utf8.RuneCountInString(value) >= 2 {
			words = replaceWord(words, value, v.as)
		}
	}
	for _, name := range []string{"booking_start", "booking_end"} {
		for _, spelled := range clocks(values[name]) {
			words = replaceWord(words, spelled, "{{"+name+"}}")
		}
	}
	return words, phrase.Mask(words, names...) == words
}

// clocks lists how people write a time of the day that is given as "6:00 pm"; nothing for anything else.
func clocks(value string) []string {
	at, err := time.Parse("3:04 pm", value)
	if err != nil {
		return nil
	}
	out := []string{value, at.Format("3:04pm"), at.Format("15:04")}
	if at.Minute() == 0 {
		out = append(out, at.Format("3 pm"), at.Format("3pm"))
	}
	return out
}

// replaceWord replaces a value where it stands as words of its own, whatever its case.
func replaceWord(text, value, with string) string {
	var starts []int // of each letter, and where the text ends
	for i := range text {
		starts = append(starts, i)
	}
	starts = append(starts, len(text))
	var b strings.Builder
	from, n := 0, utf8.RuneCountInString(value)
	for k := 0; k+n < len(starts); k++ {
		i, end := starts[k], starts[k+n]
		if i < from || !strings.EqualFold(text[i:end], value) || !edge(text, i, end) {
			continue
		}
		b.WriteString(text[from:i] + with)
		from = end
	}
	b.WriteString(text[from:])
	return b.String()
}

// edge reports whether no letter or digit touches text[i:j].
func edge(text string, i, j int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[j:])
	return !wordRune(before) && !wordRune(after)
}

// title is a name for a situation, from the text that showed it first.
func title(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if utf8.RuneCountInString(line) <= 60 {
		return line
	}
	r := []rune(line)[:60]
	cut := string(r)
	if i := strings.LastIndex(cut, " "); i > 20 {
		cut = cut[:i]
	}
	return cut + "…"
}
