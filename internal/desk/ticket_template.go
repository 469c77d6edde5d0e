package desk

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"clubos/internal/club"
)

//go:embed ticket_template.yaml
var ticketTemplates []byte

// TicketTemplate is a kind of ticket: what a new one begins with.
type TicketTemplate struct {
	Key       string        `yaml:"key"`
	Title     string        `yaml:"title"`
	Priority  club.Priority `yaml:"priority"`
	Checklist []string      `yaml:"checklist"`
	// Fault says that tickets of this kind at one place are the same fault again, whatever their titles.
	Fault bool `yaml:"fault"`
}

// defaultTemplate is taken where none is named.
const defaultTemplate = "general"

// readTemplates reads a file of templates and checks it.
func readTemplates(file []byte) ([]TicketTemplate, error) {
	var list []TicketTemplate
	dec := yaml.NewDecoder(bytes.NewReader(file))
	dec.KnownFields(true)
	if err := dec.Decode(&list); err != nil {
		return nil, fmt.Errorf("read ticket templates: %w", err)
	}
	seen := map[string]bool{}
	for _, t := range list {
		if t.Key == "" || t.Title == "" || seen[t.Key] || !slices.Contains(club.Priorities(), t.Priority) {
			return nil, fmt.Errorf("ticket template %q is doubled, or has no title or no valid priority", t.Key)
		}
		seen[t.Key] = true
	}
	if !seen[defaultTemplate] {
		return nil, fmt.Errorf("there is no ticket template %q", defaultTemplate)
	}
	return list, nil
}

// TicketTemplates lists the kinds of tickets in the order in which pages show them.
func (d *Desk) TicketTemplates() []TicketTemplate { return slices.Clone(d.templates) }

func (d *Desk) template(key string) (TicketTemplate, error) {
	if key == "" {
		key = defaultTemplate
	}
	i := slices.IndexFunc(d.templates, func(t TicketTemplate) bool { return t.Key == key })
	if i < 0 {
		return TicketTemplate{}, club.Invalid("there is no kind of ticket %q", clip(key, 40))
	}
	return d.templates[i], nil
}

// describe puts a template's checklist under what was written.
func (t TicketTemplate) describe(text string) string {
	var b strings.Builder
	b.WriteString(strings.TrimSpace(text))
	for i, step := range t.Checklist {
		if i == 0 && b.Len() > 0 {
			b.WriteString("\n\n")
		} else if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("- [ ] " + step)
	}
	return b.String()
}
