package knowledge

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/phrase"
	"clubos/internal/store"
)

// maxNote is the number of characters of a note on why something was changed.
const maxNote = 500

// Create stores a document as version 1 of a SOP that is a draft, whatever status it names. A draft may
// be unfinished; it is checked in full when it is published. Conflict when the slug is taken in that scope.
func (l *Library) Create(ctx context.Context, tx *store.Tx, by club.Actor, doc Document, note string) (store.SOP, error) {
	if err := begin(ctx, tx, note); err != nil {
		return store.SOP{}, err
	}
	at, err := findPlaces(ctx, tx)
	if err != nil {
		return store.SOP{}, err
	}
	bay, problems := l.draft(&doc, at)
	if err := invalid(problems); err != nil {
		return store.SOP{}, err
	}
	rows, err := tx.FindSOPs(ctx, store.FindSOPsParams{Slug: &doc.Slug})
	if err != nil {
		return store.SOP{}, fmt.Errorf("find SOPs of a slug: %w", err)
	}
	for _, r := range rows {
		if keyOf(r) == (key{doc.Slug, doc.Scope.LocationID, bay}) {
			return store.SOP{}, club.Conflict("there is a SOP %s for %s already", doc.Slug, doc.Scope)
		}
	}
	return create(ctx, tx, by, doc, bay, note)
}

// begin takes the library's lock and checks a note.
func begin(ctx context.Context, tx *store.Tx, note string) error {
	if utf8.RuneCountInString(note) > maxNote || !utf8.ValidString(note) || strings.ContainsRune(note, 0) {
		return club.Invalid("a note has at most %d characters of valid UTF-8", maxNote)
	}
	if err := tx.LockSOPs(ctx); err != nil {
		return fmt.Errorf("lock SOPs: %w", err)
	}
	return nil
}

// draft checks what even an unfinished document needs, and puts its scope into the form of the rows.
func (l *Library) draft(doc *Document, at places) (club.BayID, []Problem) {
	doc.Status = StatusDraft
	c := &checker{cat: l.cat}
	c.head(*doc)
	c.scope(doc.Scope)
	if body, err := encode(*doc); err != nil || strings.Contains(body, `\u0000`) {
		c.add("document", "must be text without NUL")
	}
	if len(c.problems) > 0 {
		return "", c.problems
	}
	scope, bay, problem := at.resolve(doc.Scope)
	if problem != nil {
		return "", []Problem{*problem}
	}
	doc.Scope = scope
	return bay, nil
}

// create expects a draft that has been checked.
func create(ctx context.Context, tx *store.Tx, by club.Actor, doc Document, bay club.BayID, note string) (store.SOP, error) {
	id := club.NewSOPID(tx.Now)
	err := tx.CreateSOP(ctx, store.CreateSOPParams{ID: id, Slug: doc.Slug, Scope: string(doc.Scope.Kind), LocationID: doc.Scope.LocationID, BayID: bay,
		Category: string(doc.Category), Title: doc.Title, Now: tx.Now})
	if err != nil {
		return store.SOP{}, fmt.Errorf("create SOP: %w", err)
	}
	if err := addVersion(ctx, tx, by, id, 1, doc, note); err != nil {
		return store.SOP{}, err
	}
	return record(ctx, tx, by, "sop.created", id, map[string]any{"slug": doc.Slug, "scope": doc.Scope.String(), "version": 1, "note": phrase.Mask(note)})
}

func addVersion(ctx context.Context, tx *store.Tx, by club.Actor, id club.SOPID, version int64, doc Document, note string) error {
	body, err := encode(doc)
	if err != nil {
		return err
	}
	err = tx.CreateSOPVersion(ctx, store.CreateSOPVersionParams{ID: club.NewSOPVersionID(tx.Now), SOPID: id, Version: version, Body: body,
		Note: note, CreatedBy: by.String(), CreatedAt: tx.Now})
	if err != nil {
		return fmt.Errorf("create version of SOP: %w", err)
	}
	return nil
}

// record audits and announces a change and returns the row after it.
func record(ctx context.Context, tx *store.Tx, by club.Actor, action string, id club.SOPID, detail map[string]any) (store.SOP, error) {
	if err := audit.Write(ctx, tx, audit.Entry{Actor: by, Action: action, Object: id.String(), Detail: detail}); err != nil {
		return store.SOP{}, err
	}
	tx.Changed(Topic, id.String())
	return find(ctx, tx, id)
}

// Save stores a document as the next version of a SOP; what is live stays live until that version is
// published. Conflict when baseVersion, the version that was edited, is not the newest any more. Slug
// and scope cannot change. A document that equals the newest version makes none.
func (l *Library) Save(ctx context.Context, tx *store.Tx, by club.Actor, id club.SOPID, doc Document, note string, baseVersion int64) (store.SOP, error) {
	if err := begin(ctx, tx, note); err != nil {
		return store.SOP{}, err
	}
	sop, err := find(ctx, tx, id)
	if err != nil {
		return sop, err
	}
	at, err := findPlaces(ctx, tx)
	if err != nil {
		return sop, err
	}
	bay, problems := l.draft(&doc, at)
	if len(problems) == 0 && doc.Slug != sop.Slug {
		problems = append(problems, Problem{Path: "slug", Msg: fmt.Sprintf("it stays %s; make another SOP for another slug", sop.Slug)})
	}
	if len(problems) == 0 && (key{sop.Slug, doc.Scope.LocationID, bay}) != keyOf(sop) {
		problems = append(problems, Problem{Path: "scope", Msg: fmt.Sprintf("it stays %s; make another SOP for another place", at.scope(sop))})
	}
	if err := invalid(problems); err != nil {
		return sop, err
	}
	if baseVersion != sop.Version {
		return sop, club.Conflict("version %d has been saved in the meantime; look again", sop.Version)
	}
	newest, err := findVersion(ctx, tx, sop, sop.Version)
	if err != nil {
		return sop, err
	}
	if equal, err := same(doc, newest.Body); err != nil || equal {
		return sop, err
	}
	return save(ctx, tx, by, sop, doc, note)
}

func save(ctx context.Context, tx *store.Tx, by club.Actor, sop store.SOP, doc Document, note string) (store.SOP, error) {
	n, err := tx.AdvanceSOP(ctx, store.AdvanceSOPParams{ID: sop.ID, Category: string(doc.Category), Title: doc.Title, UpdatedAt: tx.Now, Base: sop.Version})
	if err != nil {
		return sop, fmt.Errorf("save SOP: %w", err)
	}
	if n == 0 {
		return sop, club.Conflict("another version has been saved in the meantime; look again")
	}
	if err := addVersion(ctx, tx, by, sop.ID, sop.Version+1, doc, note); err != nil {
		return sop, err
	}
	return record(ctx, tx, by, "sop.saved", sop.ID, map[string]any{"slug": sop.Slug, "before": sop.Version, "version": sop.Version + 1, "note": phrase.Mask(note)})
}
