package knowledge

import (
	"slices"
	"strings"
	"unicode/utf8"

	"clubos/internal/club"
)

// MaxText is the number of characters a text to a member may have; both text-message vendors stop there.
const MaxText = 1600

// Placeholder is one {{name}} or {{name|words to use where there is no value}} of a template.
type Placeholder struct {
	Name       string
	Default    string
	HasDefault bool
}

// piece is a stretch of literal text, or a placeholder.
type piece struct {
	text  string
	place *Placeholder
}

// parseTemplate cuts a template into pieces. There is no other syntax: no conditions, no functions,
// and a value is never read as a template again.
func parseTemplate(tmpl string) ([]piece, error) {
	var out []piece
	rest := tmpl
	for {
		before, after, open := strings.Cut(rest, "{{")
		if strings.Contains(before, "}}") {
			return nil, club.Invalid("}} closes nothing")
		}
		if before != "" {
			out = append(out, piece{text: before})
		}
		if !open {
			return out, nil
		}
		inner, next, closed := strings.Cut(after, "}}")
		if !closed || strings.Contains(inner, "{{") {
			return nil, club.Invalid("{{ is not closed by }}")
		}
		name, def, has := strings.Cut(inner, "|")
		p := Placeholder{Name: strings.TrimSpace(name), Default: strings.TrimSpace(def), HasDefault: has}
		if p.Name == "" || has && p.Default == "" {
			return nil, club.Invalid("{{%s}} has no name, or no words after the bar", inner)
		}
		out = append(out, piece{place: &p})
		rest = next
	}
}

// Placeholders lists what a template names, in order. The error is Invalid: broken syntax or a
// variable that does not exist.
func Placeholders(tmpl string) ([]Placeholder, error) {
	pieces, err := parseTemplate(tmpl)
	if err != nil {
		return nil, err
	}
	var out []Placeholder
	for _, p := range pieces {
		if p.place == nil {
			continue
		}
		if _, ok := FindVariable(p.place.Name); !ok {
			return nil, club.Invalid("there is no variable %q%s", p.place.Name, suggest(p.place.Name, variableNames()))
		}
		out = append(out, *p.place)
	}
	return out, nil
}

// Render fills a template. Every variable needs a value or words of its own to use instead: a missing
// one is Invalid and names it, and nothing half filled is ever returned. So is a text over MaxText.
func Render(tmpl string, values map[string]string) (string, error) {
	if _, err := Placeholders(tmpl); err != nil {
		return "", err
	}
	pieces, _ := parseTemplate(tmpl)
	var b strings.Builder
	var missing []string
	for _, p := range pieces {
		if p.place == nil {
			b.WriteString(p.text)
			continue
		}
		v := strings.TrimSpace(values[p.place.Name])
		switch {
		case !absent(v):
			b.WriteString(v)
		case p.place.HasDefault:
			b.WriteString(p.place.Default)
		case !slices.Contains(missing, p.place.Name):
			missing = append(missing, p.place.Name)
		}
	}
	if len(missing) > 0 {
		return "", club.Invalid("no value for %s", strings.Join(missing, ", "))
	}
	out := strings.TrimSpace(b.String())
	switch n := utf8.RuneCountInString(out); {
	case n == 0:
		return "", club.Invalid("the text is empty")
	case n > MaxText:
		return "", club.Invalid("the text has %d characters; %d is the limit", n, MaxText)
	case !utf8.ValidString(out):
		return "", club.Invalid("the text is not valid UTF-8")
	}
	return out, nil
}

// Preview fills a template as far as it goes, for people who decide on it: a variable without a value
// stands as its own words, or as its name in brackets. It is never sent.
func Preview(tmpl string, values map[string]string) string {
	pieces, err := parseTemplate(tmpl)
	if err != nil {
		return tmpl
	}
	var b strings.Builder
	for _, p := range pieces {
		switch {
		case p.place == nil:
			b.WriteString(p.text)
		case !absent(strings.TrimSpace(values[p.place.Name])):
			b.WriteString(values[p.place.Name])
		case p.place.HasDefault:
			b.WriteString(p.place.Default)
		default:
			b.WriteString("[" + strings.ReplaceAll(p.place.Name, "_", " ") + "]")
		}
	}
	return strings.TrimSpace(b.String())
}

// absent reports a value that is none: empty, or what programs print for nothing. A member must
// never read "undefined".
func absent(v string) bool {
	switch strings.ToLower(v) {
	case "", "undefined", "null", "nil", "<nil>", "nan", "<no value>":
		return true
	}
	return false
}
