package knowledge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clubos/internal/club"
)

// ScopeKind is how wide a document reaches.
type ScopeKind string

// The scopes, widest first.
const (
	ScopeGlobal   ScopeKind = "global"
	ScopeLocation ScopeKind = "location"
	ScopeBay      ScopeKind = "bay"
)

// ScopeKinds lists the kinds, widest first.
func ScopeKinds() []ScopeKind { return []ScopeKind{ScopeGlobal, ScopeLocation, ScopeBay} }

// Scope is where a document applies. Files name the location; rows have its id as well, and where
// both sides of a comparison have one, the id decides.
type Scope struct {
	Kind       ScopeKind       `json:"kind"`
	Location   string          `json:"location,omitempty"`
	LocationID club.LocationID `json:"location_id,omitempty"`
	Bay        int             `json:"bay,omitempty"` // its number within the location; 0 = none
}

// String describes the scope to people: "everywhere", "Northside", "Northside, bay 3".
func (s Scope) String() string {
	switch s.Kind {
	case ScopeLocation:
		return s.locationName()
	case ScopeBay:
		return fmt.Sprintf("%s, bay %d", s.locationName(), s.Bay)
	}
	return "everywhere"
}

func (s Scope) locationName() string { return cmp.Or(s.Location, s.LocationID.String()) }

func (s Scope) compare(t Scope) int {
	return cmp.Or(
		cmp.Compare(s.rank(), t.rank()),
		strings.Compare(strings.ToLower(s.locationName()), strings.ToLower(t.locationName())),
		cmp.Compare(s.Bay, t.Bay),
	)
}

func (s Scope) rank() int { return slices.Index(ScopeKinds(), s.Kind) }

// key names the scope for finding duplicates. Two locations may share a name, but never an id.
func (s Scope) key() string {
	return fmt.Sprintf("%s\x00%s\x00%d", s.Kind, cmp.Or(s.LocationID.String(), strings.ToLower(s.Location)), s.Bay)
}

// Place is where a matter is. The zero value is nowhere in particular: only global documents apply.
type Place struct {
	Location   string
	LocationID club.LocationID
	Bay        int // 0 when it is not known
}

// Covers reports whether the scope reaches that place.
func (s Scope) Covers(p Place) bool {
	switch s.Kind {
	case ScopeGlobal:
		return true
	case ScopeLocation:
		return s.sameLocation(p)
	case ScopeBay:
		return s.sameLocation(p) && s.Bay != 0 && s.Bay == p.Bay
	}
	return false
}

func (s Scope) sameLocation(p Place) bool {
	if !s.LocationID.IsZero() && !p.LocationID.IsZero() {
		return s.LocationID == p.LocationID
	}
	return s.Location != "" && strings.EqualFold(s.Location, p.Location)
}

// Choice is the document that counts at a place for one slug.
type Choice struct {
	Index    int      // of the document in the list given to Nearest
	Document Document // its triggers, and after them those of the documents it overrides
	Reason   string   // for people: "Bay 3's own version overrides the location's"
}

// Nearest returns, for every slug, the live document that counts at the place: a bay's own beats its
// location's, which beats the global one. An override inherits triggers, so that it need not repeat
// how people ask; everything else is its own. Choices are sorted by slug.
func Nearest(docs []Document, at Place) []Choice {
	bySlug := map[string][]int{}
	for i, d := range docs {
		if d.Status == StatusLive && d.Scope.Covers(at) {
			bySlug[d.Slug] = append(bySlug[d.Slug], i)
		}
	}
	var out []Choice
	for _, slug := range slices.Sorted(maps.Keys(bySlug)) {
		chain := bySlug[slug]
		slices.SortStableFunc(chain, func(i, j int) int { return docs[j].Scope.compare(docs[i].Scope) }) // nearest first
		out = append(out, choose(docs, chain))
	}
	return out
}

func choose(docs []Document, chain []int) Choice {
	winner := docs[chain[0]]
	c := Choice{Index: chain[0], Document: winner, Reason: reason(docs, chain)}
	c.Document.Triggers = slices.Clone(winner.Triggers)
	seen := map[string]bool{}
	for _, t := range winner.Triggers {
		seen[t.key()] = true
	}
	for _, i := range chain[1:] {
		for _, t := range docs[i].Triggers {
			if !seen[t.key()] {
				seen[t.key()] = true
				c.Document.Triggers = append(c.Document.Triggers, t)
			}
		}
	}
	return c
}

func reason(docs []Document, chain []int) string {
	s := docs[chain[0]].Scope
	if len(chain) == 1 {
		return map[ScopeKind]string{
			ScopeGlobal:   "the version for every location; there is none nearer",
			ScopeLocation: s.locationName() + "'s own version; there is no other",
			ScopeBay:      fmt.Sprintf("bay %d's own version; there is no other", s.Bay),
		}[s.Kind]
	}
	over := map[ScopeKind]string{ScopeGlobal: "the one for every location", ScopeLocation: "the location's", ScopeBay: "the bay's"}[docs[chain[1]].Scope.Kind]
	if s.Kind == ScopeBay {
		return fmt.Sprintf("bay %d's own version overrides %s", s.Bay, over)
	}
	return s.locationName() + "'s own version overrides " + over
}
