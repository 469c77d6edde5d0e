package page

import (
	"fmt"
	"time"

	"clubos/internal/club"
)

func bubbleAuthor(m Bubble) string {
	if m.Dir == club.DirectionNote {
		return "note"
	}
	return string(m.Author)
}

func eventKey(m Bubble) string { return fmt.Sprint(m.At.UnixMicro()) }

func editText(p ProposalCard) string {
	if p.EditText != "" {
		return p.EditText
	}
	return p.Text
}

func countdownWidth(now time.Time, p ProposalCard) string {
	total := p.Deadline.Sub(p.CreatedAt)
	if total <= 0 {
		return "0"
	}
	return fmt.Sprintf("%.1f", 100*min(max(float64(p.Deadline.Sub(now))/float64(total), 0), 1))
}

func composerPlaceholder(t Thread) string {
	if t.Can.Reply && t.Composer.Blocked == "" && t.Composer.To != "" {
		return "Text " + t.Composer.To + ", who has booked…"
	}
	if t.Can.Reply && t.Composer.Blocked == "" {
		return "Reply by hand…"
	}
	return "Write a note for colleagues…"
}

func priorityChoices(p club.Priority) Choices {
	c := Choices{Selected: string(p)}
	for _, q := range club.Priorities() {
		c.Options = append(c.Options, Option{string(q), PriorityWord(q).Label})
	}
	return c
}
