package decide

import (
	"fmt"
	"strings"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/knowledge"
)

// describe says in a line what steps do.
func describe(steps []knowledge.Step, cat *catalogue.Catalogue) string {
	var parts []string
	for _, s := range steps {
		switch s.Kind() {
		case knowledge.StepReply:
			parts = append(parts, "reply")
		case knowledge.StepAsk:
			parts = append(parts, "ask the member")
		case knowledge.StepTicket:
			parts = append(parts, "open a ticket")
		case knowledge.StepEscalate:
			parts = append(parts, "call a person")
		case knowledge.StepNote:
			parts = append(parts, "note it")
		case knowledge.StepAction:
			parts = append(parts, titleOf(s.Action, cat))
		}
	}
	return strings.Join(parts, ", then ")
}

// title is an action's name for people.
func (d *Decider) title(name club.ActionName) string { return titleOf(name, d.cfg.Catalogue) }

func titleOf(name club.ActionName, cat *catalogue.Catalogue) string {
	if a, ok := cat.Find(name); ok {
		return a.Title
	}
	return words(string(name))
}

// closest says what a text was nearest to that nothing known fits.
func closest(list []found) string {
	if len(list) == 0 {
		return "nothing known is like this text"
	}
	return fmt.Sprintf("nothing known fits well enough: the closest is %q", list[0].candidate.Title)
}

// uncertain says why a plan that was weighed may not go on: what limited it last, else that it is too
// unsure.
func uncertain(p plan) string {
	if len(p.limits) == 0 {
		return fmt.Sprintf("the machine is not sure enough: the closest that it knows is %q", p.title)
	}
	return "the machine may not act on it: " + p.limits[len(p.limits)-1]
}

// count says how many there are of something that people count.
func count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case noun == "person":
		return fmt.Sprintf("%d people", n)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
