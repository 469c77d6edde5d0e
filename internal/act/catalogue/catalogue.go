package catalogue

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"clubos/internal/club"
)

//go:embed actions.yaml
var actionsYAML []byte

// Catalogue is a set of actions, in the order they were written.
type Catalogue struct{ actions []Action }

// Load returns the catalogue that ships with the program.
func Load() (*Catalogue, error) { return Parse(actionsYAML) }

// Parse reads a catalogue from YAML: a list under the key "actions". Unknown keys are errors, and
// everything that Validate finds is one error that lists all of it.
func Parse(data []byte) (*Catalogue, error) {
	var file struct {
		Actions []Action `yaml:"actions"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read action catalogue: %w", err)
	}
	c := &Catalogue{actions: file.Actions}
	if problems := c.Validate(); len(problems) > 0 {
		lines := make([]string, len(problems))
		for i, p := range problems {
			lines[i] = p.String()
		}
		return nil, club.Invalid("the action catalogue is not sound:\n%s", strings.Join(lines, "\n"))
	}
	return c, nil
}

// Find returns the action of that name.
func (c *Catalogue) Find(name club.ActionName) (Action, bool) {
	i := slices.IndexFunc(c.actions, func(a Action) bool { return a.Name == name })
	if i < 0 {
		return Action{}, false
	}
	return c.actions[i], true
}

// All returns every action, in the order of the catalogue. The caller must not change what the
// entries point to.
func (c *Catalogue) All() []Action { return slices.Clone(c.actions) }

// VerifiedWithin returns a catalogue in which no second look goes on for longer than limit: for clubs
// whose vendors are stand-ins, which need no minutes.
func (c *Catalogue) VerifiedWithin(limit time.Duration) *Catalogue {
	out := &Catalogue{actions: c.All()}
	for i := range out.actions {
		v := &out.actions[i].Verification
		v.Within = min(v.Within, limit)
	}
	return out
}

// Names returns every action's name, in the order of the catalogue.
func (c *Catalogue) Names() []club.ActionName {
	out := make([]club.ActionName, len(c.actions))
	for i, a := range c.actions {
		out[i] = a.Name
	}
	return out
}

func list[S ~string](names []S) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return strings.Join(out, ", ")
}
