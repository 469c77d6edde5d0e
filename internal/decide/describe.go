package decide

import (
	"fmt"
	"strings"

	"clubos/internal/act/catalogue"
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
		case knowledge.StepAction:
			title := words(string(s.Action))
			if a, ok := cat.Find(s.Action); ok {
				title = a.Title
			}
			parts = append(parts, title)
		}
	}
	return strings.Join(parts, ", then ")
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
