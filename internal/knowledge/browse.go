package knowledge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Filter narrows a list of SOPs. Zero fields narrow nothing.
type Filter struct {
	Category Category
	Status   Status
	Query    string // every word of it occurs in slug or title, in any case
}

// Find returns a SOP. NotFound names it as people do.
func (l *Library) Find(ctx context.Context, tx *store.Tx, id club.SOPID) (store.SOP, error) {
	return find(ctx, tx, id)
}

func find(ctx context.Context, tx *store.Tx, id club.SOPID) (store.SOP, error) {
	s, err := tx.FindSOP(ctx, id)
	if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
		return s, club.NotFound("there is no such SOP")
	}
	if err != nil {
		return s, fmt.Errorf("find SOP: %w", err)
	}
	return s, nil
}

// FindBySlug returns the SOPs of a slug, one for each scope, the widest first; none is NotFound.
func (l *Library) FindBySlug(ctx context.Context, tx *store.Tx, slug string) ([]store.SOP, error) {
	rows, err := tx.FindSOPs(ctx, store.FindSOPsParams{Slug: &slug})
	if err != nil {
		return nil, fmt.Errorf("find SOPs of a slug: %w", err)
	}
	if len(rows) == 0 {
		return nil, club.NotFound("there is no SOP with that slug")
	}
	slices.SortStableFunc(rows, func(a, b store.SOP) int {
		return Scope{Kind: ScopeKind(a.Scope)}.rank() - Scope{Kind: ScopeKind(b.Scope)}.rank()
	})
	return rows, nil
}

// List returns the SOPs that a filter leaves, in the order lists are shown: by category, then slug,
// the widest scope first.
func (l *Library) List(ctx context.Context, tx *store.Tx, f Filter) ([]store.SOP, error) {
	rows, err := tx.FindSOPs(ctx, store.FindSOPsParams{Category: unlessZero(f.Category), Status: unlessZero(f.Status)})
	if err != nil {
		return nil, fmt.Errorf("list SOPs: %w", err)
	}
	words := strings.Fields(strings.ToLower(f.Query))
	rows = slices.DeleteFunc(rows, func(s store.SOP) bool {
		text := strings.ToLower(s.Slug + " " + s.Title)
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	})
	order := func(s store.SOP) int {
		return slices.Index(Categories(), Category(s.Category))
	}
	slices.SortStableFunc(rows, func(a, b store.SOP) int {
		if d := order(a) - order(b); d != 0 {
			return d
		}
		if a.Slug != b.Slug {
			return strings.Compare(a.Slug, b.Slug)
		}
		return Scope{Kind: ScopeKind(a.Scope)}.rank() - Scope{Kind: ScopeKind(b.Scope)}.rank()
	})
	return rows, nil
}

func unlessZero[S ~string](v S) *string {
	if v == "" {
		return nil
	}
	s := string(v)
	return &s
}

// Versions returns the versions of a SOP, newest first.
func (l *Library) Versions(ctx context.Context, tx *store.Tx, id club.SOPID) ([]store.SOPVersion, error) {
	if _, err := find(ctx, tx, id); err != nil {
		return nil, err
	}
	rows, err := tx.FindSOPVersions(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find versions of SOP: %w", err)
	}
	return rows, nil
}

// FindVersion returns one version as a document and as its row. The document's status is where that
// version stands today.
func (l *Library) FindVersion(ctx context.Context, tx *store.Tx, id club.SOPID, version int64) (Document, store.SOPVersion, error) {
	sop, err := find(ctx, tx, id)
	if err != nil {
		return Document{}, store.SOPVersion{}, err
	}
	v, err := findVersion(ctx, tx, sop, version)
	if err != nil {
		return Document{}, v, err
	}
	at, err := findPlaces(ctx, tx)
	if err != nil {
		return Document{}, v, err
	}
	d, err := at.document(sop, v)
	return d, v, err
}

// LiveActions lists what a SOP's live version has done where all goes well, each action once; nothing where none is
// live.
func LiveActions(ctx context.Context, tx *store.Tx, id club.SOPID) ([]club.ActionName, error) {
	sop, err := find(ctx, tx, id)
	if err != nil || sop.Status != string(StatusLive) || sop.LiveVersion == nil {
		return nil, err
	}
	v, err := findVersion(ctx, tx, sop, *sop.LiveVersion)
	if err != nil {
		return nil, err
	}
	doc, err := decode(v.Body, sop.Slug, Scope{}, StatusLive)
	if err != nil {
		return nil, err
	}
	var out []club.ActionName
	for _, s := range doc.Steps {
		if s.Action != "" && s.Runs(WhenSuccess) && !slices.Contains(out, s.Action) {
			out = append(out, s.Action)
		}
	}
	return out, nil
}

func findVersion(ctx context.Context, tx *store.Tx, sop store.SOP, version int64) (store.SOPVersion, error) {
	v, err := tx.FindSOPVersion(ctx, store.FindSOPVersionParams{SOPID: sop.ID, Version: version})
	if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
		return v, club.NotFound("%s has no version %d", sop.Slug, version)
	}
	if err != nil {
		return v, fmt.Errorf("find version of SOP: %w", err)
	}
	return v, nil
}

// DiffVersions lists what changed from one version to another. Status is left out: it belongs to the
// SOP, not to a version.
func (l *Library) DiffVersions(ctx context.Context, tx *store.Tx, id club.SOPID, from, to int64) ([]Change, error) {
	a, _, err := l.FindVersion(ctx, tx, id, from)
	if err != nil {
		return nil, err
	}
	b, _, err := l.FindVersion(ctx, tx, id, to)
	if err != nil {
		return nil, err
	}
	a.Status, b.Status = "", ""
	return Diff(a, b), nil
}

// Usage returns how many decisions since an instant followed each SOP. A SOP that none followed is
// missing.
func (l *Library) Usage(ctx context.Context, tx *store.Tx, since time.Time) (map[club.SOPID]int64, error) {
	rows, err := tx.CountDecisionsOfSOPs(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("count decisions of SOPs: %w", err)
	}
	out := make(map[club.SOPID]int64, len(rows))
	for _, r := range rows {
		out[club.SOPID(r.SOP)] = r.Decisions
	}
	return out, nil
}
