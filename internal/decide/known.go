package decide

import (
	"cmp"
	"slices"
	"strings"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/pattern"
)

// known is what a club knows, as a matcher is trained on it.
type known struct {
	stamp, lessons string
	// settled are what a matcher is to be trained on; recent came after that and count beside it.
	settled, recent []pattern.Trigger
	version         string // of settled
	on              trainedOn
}

// trainedOn says what a model was trained on, for whoever asks years later.
type trainedOn struct {
	Procedures map[string]int64 `json:"procedures"` // versions, by id
	Triggers   int              `json:"triggers"`   // of procedures
	Patterns   int              `json:"patterns"`   // that people taught
	Precedents int              `json:"precedents"` // of those, the oldest
}

// all is what the club knows at present.
func (k *known) all() []pattern.Trigger { return slices.Concat(k.settled, k.recent) }

func newKnown(set *knowledge.Set, lessons *learn.Lessons) *known {
	k := &known{stamp: set.Stamp, lessons: lessons.Stamp, on: trainedOn{Procedures: map[string]int64{}, Patterns: len(lessons.List)}}
	seen, slugs := map[pattern.Trigger]bool{}, map[club.SOPID]string{}
	for _, e := range set.Entries {
		slugs[e.SOP] = e.Document.Slug
		k.on.Procedures[e.SOP.String()] = e.Version
		for _, t := range e.Document.Triggers {
			if one := (pattern.Trigger{Label: e.Document.Slug, Text: t.Text, Mode: pattern.Mode(t.Mode)}); !seen[one] {
				seen[one] = true
				k.settled = append(k.settled, one)
			}
		}
	}
	k.on.Triggers = len(k.settled)
	// In an order of their own: clubs that know the same have the same model, whatever their ids.
	slices.SortFunc(k.settled, func(a, b pattern.Trigger) int {
		return cmp.Or(strings.Compare(a.Label, b.Label), strings.Compare(a.Text, b.Text), strings.Compare(string(a.Mode), string(b.Mode)))
	})
	var precedents []pattern.Trigger
	for _, p := range lessons.Precedents { // oldest first: what is settled stays so when more is learned
		label := p.Pattern.String()
		if !p.SOP.IsZero() {
			if label = slugs[p.SOP]; label == "" {
				continue // not live any more
			}
		}
		one := pattern.Trigger{Label: label, Text: p.Text}
		if p.Event != "" {
			one.Text, one.Mode = p.Event, pattern.Precedent
		}
		if !seen[one] {
			seen[one] = true
			precedents = append(precedents, one)
		}
	}
	k.on.Precedents = settledOf(len(precedents))
	for i, p := range precedents {
		if i < k.on.Precedents {
			k.settled = append(k.settled, p)
		} else {
			k.recent = append(k.recent, p)
		}
	}
	k.version = pattern.Version(k.settled)
	return k
}

// settledStep bounds how many precedents count by their likeness alone until they are trained on.
const settledStep = 1000

// settledOf is how many of n precedents a matcher is trained on. It grows in steps of a quarter, so that
// a club that learns every day trains seldom, and every replica wants the same.
func settledOf(n int) int {
	settled := 0
	for step := 8; step <= n; step += min(settledStep, max(1, step/4)) {
		settled = step
	}
	return settled
}
