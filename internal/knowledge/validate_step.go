package knowledge

import (
	"fmt"
	"slices"
	"strings"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
)

func (c *checker) steps(d Document) {
	if len(d.Steps) == 0 {
		c.add("steps", "at least one is needed")
	}
	for _, part := range []struct {
		name  string
		steps []Step
	}{{"steps", d.Steps}, {"fallback", d.Fallback}} {
		if len(part.steps) > maxSteps {
			c.add(part.name, "at most %d", maxSteps)
		}
		acted := false
		for i, s := range part.steps {
			path := fmt.Sprintf("%s[%d]", part.name, i)
			c.step(path, s, d)
			if s.When != "" && !acted {
				c.add(path+".when", "there is no action before it to wait for")
			}
			acted = acted || s.Action != ""
			if s.Ask != "" && s.Expect != ExpectBay && s.When == "" && i < len(part.steps)-1 {
				c.add(path, "a question ends the run, so nothing may follow it (but for a question for the bay)")
			}
		}
	}
	if !slices.ContainsFunc(d.Steps, func(s Step) bool { return s.Note == "" }) && slices.ContainsFunc(d.Triggers, func(t Trigger) bool { return t.Mode != TriggerEvent }) {
		c.add("steps", "a note alone leaves a member without an answer: it will do only for what is reported (triggers of the mode event)")
	}
	c.ends(d)
}

// ends checks that no run can end in silence: a failed action leads on to the fallback or to a step
// that waits for it, and in the fallback to a person.
func (c *checker) ends(d Document) {
	for i, s := range d.Steps {
		if s.Action != "" && len(d.Fallback) == 0 && !Handles(d.Steps[i+1:], WhenFailed) {
			c.add(fmt.Sprintf("steps[%d]", i), "when %s fails nothing happens: a step with when: failed or a fallback is needed", s.Action)
		}
	}
	for i, s := range d.Fallback {
		if s.Action == "" {
			continue
		}
		if !slices.ContainsFunc(d.Fallback[i+1:], tellsPerson(WhenFailed)) {
			c.add(fmt.Sprintf("fallback[%d]", i), "when %s fails too, a person must hear of it: a ticket or an escalation with when: failed is needed", s.Action)
		}
	}
	for _, part := range []struct {
		name  string
		steps []Step
	}{{"steps", d.Steps}, {"fallback", d.Fallback}} {
		for i, s := range part.steps {
			rest := part.steps[i+1:]
			if s.Action != "" && Handles(rest, WhenUnconfirmed) && !slices.ContainsFunc(rest, tellsPerson(WhenUnconfirmed)) {
				c.add(fmt.Sprintf("%s[%d]", part.name, i), "when nobody can say whether %s worked, a person must look: a ticket or an escalation with when: unconfirmed is needed", s.Action)
			}
		}
	}
	if d.Category == CategoryEmergency && !slices.ContainsFunc(d.Steps, func(s Step) bool {
		return s.Escalate != "" && s.Priority == club.PriorityEmergency && (s.When == "" || s.When == WhenAlways)
	}) {
		c.add("steps", "an emergency must reach a person: an escalation with priority: emergency is needed")
	}
}

func (c *checker) step(path string, s Step, d Document) {
	if kinds := s.Kinds(); len(kinds) != 1 {
		c.add(path, "a step is exactly one of reply, action, ask, ticket, escalate and note; this is %s", orNone(names(kinds)))
	}
	if s.When != "" {
		oneOf(c, path+".when", s.When, Whens())
	}
	if s.Priority != "" {
		oneOf(c, path+".priority", s.Priority, club.Priorities())
	}
	for _, f := range []struct {
		field string
		set   bool
		fits  bool
		owner string
	}{
		{"params", len(s.Params) > 0, s.Action != "", "an action"},
		{"expect", s.Expect != "", s.Ask != "", "a question"},
		{"detail", s.Detail != "", s.Ticket != "", "a ticket"},
		{"priority", s.Priority != "", s.Ticket != "" || s.Escalate != "", "a ticket or an escalation"},
		{"safe", s.Safe, s.Reply != "", "a reply"},
	} {
		if f.set && !f.fits {
			c.add(path+"."+f.field, "belongs to %s only", f.owner)
		}
	}
	c.action(path, s)
	if s.Ask != "" {
		oneOf(c, path+".expect", s.Expect, Expects())
	}
	certain := d.Category == CategoryEmergency // in an emergency no text may fail for want of a value
	c.template(path+".reply", s.Reply, MaxText, certain, d)
	c.template(path+".ask", s.Ask, MaxText, certain, d)
	c.template(path+".ticket", s.Ticket, maxTitle, true, d)
	c.template(path+".detail", s.Detail, maxNotes, true, d)
	c.template(path+".escalate", s.Escalate, maxReason, true, d)
	c.template(path+".note", s.Note, maxReason, true, d)
}

func (c *checker) action(path string, s Step) {
	if s.Action == "" {
		return
	}
	a, ok := c.cat.Find(s.Action)
	switch {
	case !ok:
		c.add(path+".action", "there is no action %q%s", s.Action, suggest(string(s.Action), names(c.cat.Names())))
		return
	case !a.Physical():
		c.add(path+".action", "%s is written as a step of its own: reply, ask, ticket, escalate or note", s.Action)
		return
	}
	if _, err := a.ParseParams(s.Params); err != nil {
		c.add(path+".params", "%s", club.MessageOf(err))
	}
}

// template checks a text with placeholders. Where certain is set each needs words of its own to use
// in place of a missing value, because the text must go out in any case.
func (c *checker) template(path, tmpl string, most int, certain bool, d Document) {
	if tmpl == "" {
		return
	}
	c.text(path, tmpl, most)
	places, err := Placeholders(tmpl)
	if err != nil {
		c.add(path, "%s", club.MessageOf(err))
		return
	}
	known := slices.ContainsFunc(d.Prerequisites, func(p catalogue.Prerequisite) bool {
		return p.Kind == catalogue.MemberKnown || p.Kind == catalogue.MemberIsBooker
	})
	for _, p := range places {
		v, _ := FindVariable(p.Name)
		if certain && !p.HasDefault {
			c.add(path, "this text must go out even if %s is not known: write {{%s|other words}}", p.Name, p.Name)
		}
		if v.Secret && !known {
			c.add(path, "%s is for people the club knows: the prerequisite member_known is needed", p.Name)
		}
		if v.Secret && (strings.HasSuffix(path, ".ticket") || strings.HasSuffix(path, ".detail") || strings.HasSuffix(path, ".escalate") || strings.HasSuffix(path, ".note")) {
			c.add(path, "%s does not belong into a note to staff", p.Name)
		}
	}
}

// safety checks the replies that may go out without anybody being asked.
func (c *checker) safety(d Document) {
	for i, s := range d.Fallback {
		if s.Safe {
			c.add(fmt.Sprintf("fallback[%d].safe", i), "a fallback is never safe")
		}
	}
	i := slices.IndexFunc(d.Steps, func(s Step) bool { return s.Safe })
	if i < 0 {
		return
	}
	path := fmt.Sprintf("steps[%d].safe", i)
	if !d.Category.informative() {
		c.add(path, "only information, facility and brand replies can be safe, not %s", d.Category)
	}
	if len(d.Actions()) > 0 {
		c.add(path, "a document with an action has no safe reply")
	}
	if slices.ContainsFunc(d.Steps, func(s Step) bool { return s.Reply == "" }) {
		c.add(path, "a safe reply stands among replies only")
	}
}

// tellsPerson finds a step that brings the outcome of an action before a person.
func tellsPerson(o When) func(Step) bool {
	return func(s Step) bool { return s.Runs(o) && (s.Escalate != "" || s.Ticket != "") }
}

func orNone(s []string) string {
	if len(s) == 0 {
		return "none of them"
	}
	return strings.Join(s, " and ")
}
