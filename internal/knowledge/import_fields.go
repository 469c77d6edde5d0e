package knowledge

import (
	"maps"
	"slices"

	"gopkg.in/yaml.v3"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
)

func (w *walker) file(root *yaml.Node) []Document {
	docs := []Document{}
	w.object(root, "", map[string]field{"sops": func(n *yaml.Node, path string) {
		w.list(n, path, func(n *yaml.Node, path string) { docs = append(docs, w.document(n, path)) })
	}})
	return docs
}

// document reads one document. What may be left out gets its usual value: a global draft of normal
// priority.
func (w *walker) document(n *yaml.Node, path string) Document {
	d := Document{Scope: Scope{Kind: ScopeGlobal}, Status: StatusDraft, Priority: club.PriorityNormal}
	w.object(n, path, map[string]field{
		"slug":     text(w, &d.Slug),
		"title":    text(w, &d.Title),
		"category": text(w, &d.Category),
		"scope":    func(n *yaml.Node, path string) { d.Scope = w.scope(n, path) },
		"status":   text(w, &d.Status),
		"priority": text(w, &d.Priority),
		"notes":    text(w, &d.Notes),
		"triggers": func(n *yaml.Node, path string) {
			w.list(n, path, func(n *yaml.Node, path string) { d.Triggers = append(d.Triggers, w.trigger(n, path)) })
		},
		"prerequisites": func(n *yaml.Node, path string) {
			w.list(n, path, func(n *yaml.Node, path string) {
				var p catalogue.Prerequisite
				if err := n.Decode(&p); err != nil {
					w.add(n, path, "%s", safeMessage(err))
				}
				d.Prerequisites = append(d.Prerequisites, p)
			})
		},
		"steps":    func(n *yaml.Node, path string) { d.Steps = w.stepList(n, path) },
		"fallback": func(n *yaml.Node, path string) { d.Fallback = w.stepList(n, path) },
		"tests": func(n *yaml.Node, path string) {
			w.list(n, path, func(n *yaml.Node, path string) { d.Tests = append(d.Tests, w.test(n, path)) })
		},
	})
	return d
}

// scope reads "global", or an object whose kind follows from what it names.
func (w *walker) scope(n *yaml.Node, path string) Scope {
	if n.Kind == yaml.ScalarNode {
		var s Scope
		text(w, &s.Kind)(n, path)
		return s
	}
	var s Scope
	w.object(n, path, map[string]field{
		"kind": text(w, &s.Kind), "location": text(w, &s.Location), "location_id": text(w, &s.LocationID),
		"bay": w.decode(&s.Bay, "a whole number"),
	})
	if s.Kind == "" {
		s.Kind = ScopeLocation
		if s.Bay != 0 {
			s.Kind = ScopeBay
		}
	}
	return s
}

func (w *walker) trigger(n *yaml.Node, path string) Trigger {
	t := Trigger{Mode: TriggerSimilar}
	if n.Kind == yaml.ScalarNode {
		text(w, &t.Text)(n, path)
		return t
	}
	w.object(n, path, map[string]field{"mode": text(w, &t.Mode), "text": text(w, &t.Text)})
	return t
}

func (w *walker) test(n *yaml.Node, path string) Test {
	var t Test
	if n.Kind == yaml.ScalarNode {
		text(w, &t.Text)(n, path)
		return t
	}
	w.object(n, path, map[string]field{"text": text(w, &t.Text), "expect": text(w, &t.Expect)})
	return t
}

func (w *walker) stepList(n *yaml.Node, path string) (out []Step) {
	w.list(n, path, func(n *yaml.Node, path string) {
		var s Step
		w.object(n, path, map[string]field{
			"reply": text(w, &s.Reply), "action": text(w, &s.Action), "ask": text(w, &s.Ask), "expect": text(w, &s.Expect),
			"ticket": text(w, &s.Ticket), "detail": text(w, &s.Detail), "escalate": text(w, &s.Escalate), "note": text(w, &s.Note),
			"priority": text(w, &s.Priority), "when": text(w, &s.When), "safe": w.decode(&s.Safe, "true or false"),
			"params": func(n *yaml.Node, path string) { s.Params = w.params(n, path) },
		})
		out = append(out, s)
	})
	return out
}

// params reads an object of plain values; which names and types are right is the catalogue's word.
func (w *walker) params(n *yaml.Node, path string) map[string]any {
	if n.Kind != yaml.MappingNode {
		w.add(n, path, "must be an object")
		return nil
	}
	out := map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		at := join(path, k.Value)
		var value any
		switch {
		case k.Kind != yaml.ScalarNode || v.Kind != yaml.ScalarNode:
			w.add(k, path, "a parameter is a name and a plain value")
		case !slices.Contains([]string{"!!str", "!!int", "!!float", "!!bool"}, v.ShortTag()) || v.Decode(&value) != nil:
			w.add(v, at, "must be text, a number, true or false")
		case out[k.Value] != nil:
			w.add(k, at, "the parameter stands here twice")
		default:
			out[k.Value] = value
		}
	}
	return out
}

func keys(m map[string]field) []string { return slices.Sorted(maps.Keys(m)) }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// safeMessage is the message of one of our errors, or a general one for a parser's.
func safeMessage(err error) string {
	if club.CodeOf(err) == club.CodeInternal {
		return "cannot be read"
	}
	return club.MessageOf(err)
}
