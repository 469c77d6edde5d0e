package slack

import (
	"strings"

	slackgo "github.com/slack-go/slack"
)

// Alert is a message to operators in the form that all of them share.
type Alert struct {
	Title   string
	Lines   []string // the body, a paragraph each
	Fields  []Field  // short facts, side by side; at most ten are shown
	Buttons []Button // at most five are shown
	Link    Link     // to the console; shown last
}

// Field is a named fact.
type Field struct{ Name, Value string }

// Link is an address with its words.
type Link struct{ Label, URL string }

// Button is something an operator can press. Value comes back unchanged: an opaque id of ours.
type Button struct {
	Label    string
	ActionID string
	Value    string // at most 2000 characters
	Style    string // "primary", "danger" or ""
	Confirm  string // a question asked before the press counts; "" asks nothing
}

// Message lays the alert out. All words are shown as they are: nothing in them can mention people,
// make links or format, because they may have come from a member.
func (a Alert) Message() Message {
	m := Message{Text: Escape(clip(a.Title, 300))}
	m.Blocks = append(m.Blocks, slackgo.NewHeaderBlock(plain(a.Title, 150)))
	for _, l := range a.Lines {
		if strings.TrimSpace(l) != "" {
			m.Blocks = append(m.Blocks, slackgo.NewSectionBlock(plain(l, 3000), nil, nil))
		}
	}
	if fs := a.Fields[:min(len(a.Fields), 10)]; len(fs) > 0 {
		var cells []*slackgo.TextBlockObject
		for _, f := range fs {
			cells = append(cells, plain(f.Name+"\n"+f.Value, 2000))
		}
		m.Blocks = append(m.Blocks, slackgo.NewSectionBlock(nil, cells, nil))
	}
	if bs := a.Buttons[:min(len(a.Buttons), 5)]; len(bs) > 0 {
		var els []slackgo.BlockElement
		for _, b := range bs {
			els = append(els, b.element())
		}
		m.Blocks = append(m.Blocks, slackgo.NewActionBlock("", els...))
	}
	if a.Link.URL != "" {
		label := strings.ReplaceAll(Escape(clip(a.Link.Label, 100)), "|", "/")
		text := "<" + strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C").Replace(a.Link.URL) + "|" + label + ">"
		m.Blocks = append(m.Blocks, slackgo.NewContextBlock("", slackgo.NewTextBlockObject(slackgo.MarkdownType, text, false, false)))
	}
	return m
}

func (b Button) element() slackgo.BlockElement {
	e := slackgo.NewButtonBlockElement(b.ActionID, b.Value, plain(b.Label, 75))
	e.Style = slackgo.Style(b.Style)
	if b.Confirm != "" {
		e.Confirm = slackgo.NewConfirmationBlockObject(plain("Are you sure?", 100), plain(b.Confirm, 300), plain(b.Label, 30), plain("Cancel", 30))
	}
	return e
}

// plain is text that Slack does not interpret. Empty text is not allowed there.
func plain(s string, most int) *slackgo.TextBlockObject {
	if strings.TrimSpace(s) == "" {
		s = "–"
	}
	return slackgo.NewTextBlockObject(slackgo.PlainTextType, clip(s, most), false, false)
}

// Escape makes words safe in text that Slack does interpret: mentions and links need < and &.
func Escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
