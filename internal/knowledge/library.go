package knowledge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/store"
)

// Topic is what Tx.Changed announces for a SOP.
const Topic = "sop"

// Library keeps the SOPs of every tenant in its database. A process has one; it is safe for
// concurrent use.
//
// A version is never changed once it is stored, so the ids of the live versions say all of what is
// live (but for the names of locations). Their digest is the stamp under which a Set is cached: it is
// asked for each time, and a Set is kept only under the stamp of the rows it was made from. So an edit
// counts on every replica as soon as that has heard of it, a clock that jumps or a commit out of
// order hides nothing, an error leaves nothing behind, and what a transaction read of itself before it
// was rolled back can be found by nobody else.
type Library struct {
	cat *catalogue.Catalogue

	mu   sync.RWMutex // guards sets
	sets map[club.Slug]*Set
}

// New returns a library whose documents are checked against a catalogue.
func New(cat *catalogue.Catalogue) *Library {
	return &Library{cat: cat, sets: map[club.Slug]*Set{}}
}

// Entry is a live document.
type Entry struct {
	SOP      club.SOPID
	Version  int64
	Document Document
}

// Set is a tenant's live documents at one moment. It is shared: nobody changes it.
type Set struct {
	Stamp   string  // equal stamps, equal entries; on every replica
	Entries []Entry // by slug

	docs []Document // of the entries, for Nearest
}

// At returns, for every slug, the document that counts at a place; see Nearest. Choice.Index is the
// index in Entries, where its id and version stand.
func (s *Set) At(place Place) []Choice { return Nearest(s.docs, place) }

// Live returns the documents that are live as the transaction sees them. When nothing has changed
// since the last time, the cost is one query for the stamp, or none.
func (l *Library) Live(ctx context.Context, tx *store.Tx) (*Set, error) {
	rows, err := tx.Known().FindLiveSOPStamps(ctx)
	if err != nil {
		return nil, fmt.Errorf("read stamp of SOPs: %w", err)
	}
	parts := make([]string, len(rows))
	for i, r := range rows {
		parts[i] = stampPart(r.ID, r.LocationName)
	}
	want := stamp(parts)
	l.mu.RLock()
	set := l.sets[tx.Tenant]
	l.mu.RUnlock()
	if set != nil && set.Stamp == want {
		return set, nil
	}
	if set, err = load(ctx, tx); err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.sets[tx.Tenant] = set
	l.mu.Unlock()
	return set, nil
}

func load(ctx context.Context, tx *store.Tx) (*Set, error) {
	rows, err := tx.FindLiveSOPs(ctx)
	if err != nil {
		return nil, fmt.Errorf("read live SOPs: %w", err)
	}
	s := &Set{}
	parts := make([]string, len(rows))
	for i, r := range rows {
		parts[i] = stampPart(r.VersionID, r.LocationName)
		scope := Scope{Kind: ScopeKind(r.Scope), Location: r.LocationName, LocationID: r.LocationID, Bay: int(r.BayNumber)}
		d, err := decode(r.Body, r.Slug, scope, StatusLive)
		if err != nil {
			return nil, fmt.Errorf("read version %d of SOP %s: %w", r.Version, r.ID, err)
		}
		s.Entries = append(s.Entries, Entry{SOP: r.ID, Version: r.Version, Document: d})
		s.docs = append(s.docs, d)
	}
	s.Stamp = stamp(parts)
	return s, nil
}

func stampPart(v club.SOPVersionID, location string) string { return v.String() + " " + location }

// stamp digests what a set is made of, in any order.
func stamp(parts []string) string {
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:12])
}
