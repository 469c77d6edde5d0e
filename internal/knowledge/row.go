package knowledge

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"clubos/internal/club"
	"clubos/internal/store"
)

// encode writes a document as a version keeps it. Slug, scope and status are the row's: a location may
// be renamed and a version go live without a change of the version.
func encode(d Document) (string, error) {
	d.Slug, d.Scope, d.Status = "", Scope{}, ""
	b, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("encode SOP: %w", err)
	}
	return string(b), nil
}

func decode(body, slug string, scope Scope, status Status) (Document, error) {
	var d Document
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		return d, fmt.Errorf("decode SOP: %w", err)
	}
	d.Slug, d.Scope, d.Status = slug, scope, status
	return d, nil
}

// same reports whether a document says what a stored body says. The database may have written the
// body in another form, so both are put into ours.
func same(d Document, body string) (bool, error) {
	stored, err := decode(body, "", Scope{}, "")
	if err != nil {
		return false, err
	}
	a, err := encode(d)
	if err != nil {
		return false, err
	}
	// Numbers of parameters may be int in a file's document; the way through JSON makes them alike.
	parsed, err := decode(a, "", Scope{}, "")
	if err != nil {
		return false, err
	}
	if a, err = encode(parsed); err != nil {
		return false, err
	}
	b, err := encode(stored)
	return a == b, err
}

// statusOf is where a version stands: a SOP that is live has one live version, the others are drafts.
func statusOf(s store.SOP, version int64) Status {
	switch {
	case s.Status == string(StatusArchived):
		return StatusArchived
	case isLive(s, version):
		return StatusLive
	}
	return StatusDraft
}

func isLive(s store.SOP, version int64) bool {
	return s.Status == string(StatusLive) && s.LiveVersion != nil && *s.LiveVersion == version
}

// key names a SOP within its tenant.
type key struct {
	slug     string
	location club.LocationID
	bay      club.BayID
}

func keyOf(s store.SOP) key { return key{s.Slug, s.LocationID, s.BayID} }

// places are the locations and bays of a tenant.
type places struct {
	locations []store.Location
	bays      []store.Bay
}

func findPlaces(ctx context.Context, tx *store.Tx) (places, error) {
	var p places
	var err error
	if p.locations, err = tx.FindLocations(ctx); err != nil {
		return p, fmt.Errorf("read locations: %w", err)
	}
	if p.bays, err = tx.FindBays(ctx); err != nil {
		return p, fmt.Errorf("read bays: %w", err)
	}
	return p, nil
}

// resolve finds the rows that a scope names and returns the scope as they write it. A location is
// named by its id, its slug or its name. The problem is nil when all of it exists.
func (p places) resolve(s Scope) (Scope, club.BayID, *Problem) {
	if s.Kind == ScopeGlobal {
		return s, "", nil
	}
	found := p.named(s)
	switch len(found) {
	case 0:
		return s, "", &Problem{Path: "scope.location", Msg: fmt.Sprintf("there is no location %q", s.locationName())}
	case 1:
	default:
		return s, "", &Problem{Path: "scope.location", Msg: fmt.Sprintf("several locations are called %q; name its id", s.locationName())}
	}
	s.Location, s.LocationID = found[0].Name, found[0].ID
	if s.Kind != ScopeBay {
		return s, "", nil
	}
	for _, b := range p.bays {
		if b.LocationID == s.LocationID && int(b.Number) == s.Bay {
			return s, b.ID, nil
		}
	}
	return s, "", &Problem{Path: "scope.bay", Msg: fmt.Sprintf("%s has no bay %d", s.Location, s.Bay)}
}

// lacks reports whether a sound scope names a place that does not exist.
func (p places) lacks(s Scope) bool {
	if s.Kind != ScopeLocation && s.Kind != ScopeBay || s.Location == "" && s.LocationID.IsZero() {
		return false
	}
	_, _, problem := p.resolve(s)
	return problem != nil && len(p.named(s)) < 2
}

func (p places) named(s Scope) []store.Location {
	var out []store.Location
	for _, l := range p.locations {
		switch {
		case !s.LocationID.IsZero():
			if l.ID == s.LocationID {
				return []store.Location{l}
			}
		case s.Location == l.ID.String(), strings.EqualFold(s.Location, l.Slug):
			return []store.Location{l}
		case strings.EqualFold(s.Location, l.Name):
			out = append(out, l)
		}
	}
	return out
}

// scope returns the scope of a row.
func (p places) scope(sop store.SOP) Scope {
	s := Scope{Kind: ScopeKind(sop.Scope), LocationID: sop.LocationID}
	for _, l := range p.locations {
		if l.ID == sop.LocationID {
			s.Location = l.Name
		}
	}
	for _, b := range p.bays {
		if !sop.BayID.IsZero() && b.ID == sop.BayID {
			s.Bay = int(b.Number)
		}
	}
	return s
}

func (p places) document(sop store.SOP, v store.SOPVersion) (Document, error) {
	d, err := decode(v.Body, sop.Slug, p.scope(sop), statusOf(sop, v.Version))
	if err != nil {
		return d, fmt.Errorf("read version %d of SOP %s: %w", v.Version, sop.ID, err)
	}
	return d, nil
}
