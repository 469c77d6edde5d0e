package knowledge

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/pattern/module"
)

// Problem is one thing that is wrong with a document or a file. Line is the line of the file, 0
// where there is no file. Msg is safe to show.
type Problem struct {
	Path string `json:"path"` // "steps[2].reply"; in a file "sops[4].steps[2].reply"
	Line int    `json:"line,omitempty"`
	Msg  string `json:"msg"`
}

func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("line %d: %s: %s", p.Line, p.Path, p.Msg)
	}
	return p.Path + ": " + p.Msg
}

// Limits of a document. They keep a page readable and a matcher fast.
const (
	maxTriggers = 100
	maxTests    = 100
	maxSteps    = 20
	maxTrigger  = 200 // characters
	maxWords    = 6   // of a trigger of the mode words
	maxTitle    = 120 // characters, of a document and of a ticket
	maxReason   = 400 // characters, of an escalation
	maxNotes    = 4000
	maxBay      = 99
)

var slugPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// checker collects problems under a path.
type checker struct {
	cat      *catalogue.Catalogue
	problems []Problem
}

func (c *checker) add(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{Path: path, Msg: fmt.Sprintf(format, args...)})
}

// Validate reports everything that is wrong with a document by itself, all at once; nil means sound.
func Validate(d Document, cat *catalogue.Catalogue) []Problem {
	c := &checker{cat: cat}
	c.head(d)
	c.scope(d.Scope)
	c.triggers(d)
	c.prerequisites(d)
	c.steps(d)
	c.safety(d)
	c.tests(d.Tests)
	return c.problems
}

// ValidateAll checks documents by themselves and against each other. Paths begin with "sops[i].".
func ValidateAll(docs []Document, cat *catalogue.Catalogue) []Problem {
	c := &checker{cat: cat}
	for i, d := range docs {
		for _, p := range Validate(d, cat) {
			c.add(fmt.Sprintf("sops[%d].%s", i, p.Path), "%s", p.Msg)
		}
	}
	c.together(docs)
	return c.problems
}

func (c *checker) together(docs []Document) {
	place, wide, exact := map[string]int{}, map[string][]Scope{}, map[string]int{}
	for _, d := range docs {
		if len(d.Triggers) > 0 {
			wide[d.Slug] = append(wide[d.Slug], d.Scope)
		}
	}
	slugs := map[string]bool{NoMatch: true, "": true}
	for i, d := range docs {
		at := fmt.Sprintf("sops[%d].", i)
		slugs[d.Slug] = true
		if first, taken := place[d.Slug+"\x00"+d.Scope.key()]; taken {
			c.add(at+"slug", "sops[%d] has the slug %s for the same scope", first, d.Slug)
		} else {
			place[d.Slug+"\x00"+d.Scope.key()] = i
		}
		if len(d.Triggers) == 0 && !slices.ContainsFunc(wide[d.Slug], func(s Scope) bool { return s.rank() < d.Scope.rank() }) {
			c.add(at+"triggers", "there are none, and no wider document %s to inherit them from", d.Slug)
		}
		for j, t := range d.Triggers {
			if t.Mode == TriggerSimilar {
				continue
			}
			if first, taken := exact[t.key()]; taken && docs[first].Slug != d.Slug {
				c.add(fmt.Sprintf("%striggers[%d]", at, j), "%s also has the trigger %q", docs[first].Slug, t.Text)
			}
			exact[t.key()] = i
		}
	}
	for i, d := range docs {
		for j, t := range d.Tests {
			if !slugs[t.Expect] {
				c.add(fmt.Sprintf("sops[%d].tests[%d].expect", i, j), "there is no document %q", t.Expect)
			}
		}
	}
}

func (c *checker) head(d Document) {
	if !slugPattern.MatchString(d.Slug) || len(d.Slug) > 60 || d.Slug == NoMatch {
		c.add("slug", "a slug has up to 60 lower-case letters, digits and single hyphens, and is not %q", NoMatch)
	}
	c.text("title", d.Title, maxTitle)
	oneOf(c, "category", d.Category, Categories())
	oneOf(c, "status", d.Status, Statuses())
	oneOf(c, "priority", d.Priority, club.Priorities())
	if utf8.RuneCountInString(d.Notes) > maxNotes {
		c.add("notes", "at most %d characters", maxNotes)
	}
}

func (c *checker) scope(s Scope) {
	oneOf(c, "scope.kind", s.Kind, ScopeKinds())
	named := s.Location != "" || !s.LocationID.IsZero()
	switch {
	case s.Kind == ScopeGlobal && (named || s.Bay != 0):
		c.add("scope", "a global document names neither location nor bay")
	case s.Kind == ScopeLocation && (!named || s.Bay != 0):
		c.add("scope", "a location's document names the location and no bay")
	case s.Kind == ScopeBay && (!named || s.Bay < 1 || s.Bay > maxBay):
		c.add("scope", "a bay's document names the location and a bay from 1 to %d", maxBay)
	}
}

func (c *checker) triggers(d Document) {
	if len(d.Triggers) == 0 && d.Scope.Kind == ScopeGlobal {
		c.add("triggers", "at least one is needed")
	}
	if len(d.Triggers) > maxTriggers {
		c.add("triggers", "at most %d", maxTriggers)
	}
	seen := map[string]bool{}
	for i, t := range d.Triggers {
		path := fmt.Sprintf("triggers[%d]", i)
		oneOf(c, path+".mode", t.Mode, TriggerModes())
		c.text(path+".text", t.Text, maxTrigger)
		if why := module.CheckTrigger(t.Text); t.Mode == TriggerEvent && why != "" {
			c.add(path+".text", "%s", why)
		}
		if seen[t.key()] {
			c.add(path, "%q is listed twice", t.Text)
		}
		seen[t.key()] = true
		if n := len(strings.Fields(t.Text)); t.Mode == TriggerWords && n > maxWords {
			c.add(path, "%d words; a trigger of the mode words has at most %d", n, maxWords)
		}
	}
}

func (c *checker) prerequisites(d Document) {
	seen := map[catalogue.PrerequisiteKind]bool{}
	for i, p := range d.Prerequisites {
		path := fmt.Sprintf("prerequisites[%d]", i)
		if err := p.Validate(); err != nil {
			c.add(path, "%s%s", club.MessageOf(err), suggest(string(p.Kind), names(catalogue.PrerequisiteKinds())))
		}
		if seen[p.Kind] {
			c.add(path, "%s is listed twice", p.Kind)
		}
		seen[p.Kind] = true
	}
	if len(d.Prerequisites) > 0 && len(d.Fallback) == 0 {
		c.add("fallback", "one is needed for when a prerequisite does not hold")
	}
}

func (c *checker) tests(tests []Test) {
	if len(tests) > maxTests {
		c.add("tests", "at most %d", maxTests)
	}
	for i, t := range tests {
		c.text(fmt.Sprintf("tests[%d].text", i), t.Text, MaxText)
		if t.Expect != "" && !slugPattern.MatchString(t.Expect) {
			c.add(fmt.Sprintf("tests[%d].expect", i), "%q is neither a slug nor %q", t.Expect, NoMatch)
		}
	}
}

// text checks a line that must not be empty.
func (c *checker) text(path, s string, most int) {
	switch n := utf8.RuneCountInString(s); {
	case strings.TrimSpace(s) == "":
		c.add(path, "must not be empty")
	case n > most:
		c.add(path, "%d characters; %d is the limit", n, most)
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		c.add(path, "must be valid UTF-8 without NUL")
	}
}

func oneOf[S ~string](c *checker, path string, v S, allowed []S) {
	if !slices.Contains(allowed, v) {
		all := names(allowed)
		c.add(path, "%q is none of %s%s", v, strings.Join(all, ", "), suggest(string(v), all))
	}
}

func names[S ~string](in []S) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}
