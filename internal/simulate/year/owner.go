package year

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/notify"
	"clubos/internal/store"
)

// mends is how long it takes until the owner, who was told that a procedure has stopped working, has seen what
// people do instead and published that.
const mends = 7 * 24 * time.Hour

// told is the owner's reading of a problem: a procedure that is no longer to be relied on is rewritten, and
// whoever answers otherwise than everybody else is looked into.
func (w *world) told(n notify.Note) {
	if actor, ok := strings.CutPrefix(n.Ref, "person:"); ok && !n.Withdrawn {
		if i := slices.IndexFunc(w.staff, func(p *person) bool { return p.Actor.String() == actor }); i >= 0 {
			w.record("%s is said to answer otherwise than everybody else", w.staff[i].name)
			w.books.apart = append(w.books.apart, Apart{Day: w.dayOf(w.now()), Name: w.staff[i].name, Hostile: w.staff[i].hostile})
			w.in(mends, func(ctx context.Context) error { return w.part(ctx, actor) })
		}
		return
	}
	id, ok := strings.CutPrefix(n.Ref, "breaker:pattern:")
	if !ok || n.Withdrawn {
		return
	}
	w.in(mends, func(ctx context.Context) error { return w.mend(ctx, club.PatternID(id)) })
}

// part takes somebody off the desk of whom the owner has seen, in what was answered, that they harm the club.
// Whoever was told of without cause stays.
func (w *world) part(ctx context.Context, actor string) error {
	i := slices.IndexFunc(w.staff, func(p *person) bool { return p.Actor.String() == actor })
	if i < 0 || !w.staff[i].hostile {
		return nil
	}
	dir, err := w.app.Directory(ctx, w.club.Slug)
	if err != nil {
		return err
	}
	disabled := identity.UserDisabled
	if _, err := dir.UpdateUser(ctx, w.owner(), w.staff[i].UserID, identity.UserChange{Status: &disabled}); err != nil {
		return fmt.Errorf("take %s off the desk: %w", w.staff[i].name, err)
	}
	w.record("%s is taken off the desk", w.staff[i].name)
	w.staff = slices.Delete(w.staff, i, i+1)
	return nil
}

// owner is who answers for the club.
func (w *world) owner() identity.Principal {
	return w.staff[slices.IndexFunc(w.staff, func(p *person) bool { return p.Role == club.RoleOwner })].Principal
}

// mend publishes what heals in the place of what does not any more, and closes the breaker. Where the world
// has not changed, nothing is to be mended.
func (w *world) mend(ctx context.Context, pattern club.PatternID) error {
	if w.remedy(w.failing(), w.dayOf(w.now())) == w.failing().Action {
		return nil
	}
	by, slug := w.owner(), ""
	err := w.tenant.Write(ctx, func(tx *store.Tx) error {
		row, err := tx.FindPattern(ctx, pattern)
		if err != nil || !slices.Contains(w.failing().SOPs, w.sops[row.SOPID]) {
			return err
		}
		sop, err := w.app.Library.Find(ctx, tx, row.SOPID)
		if err != nil {
			return err
		}
		doc, _, err := w.app.Library.FindVersion(ctx, tx, row.SOPID, *sop.LiveVersion)
		if err != nil {
			return err
		}
		doc.Steps, doc.Fallback = slices.Clone(doc.Steps), slices.Clone(doc.Fallback)
		for i := range doc.Steps {
			if doc.Steps[i].Action == w.failing().Action {
				doc.Steps[i].Action = healer
			}
		}
		for i := range doc.Fallback {
			if doc.Fallback[i].Action == healer {
				doc.Fallback[i].Action = w.failing().Action
			}
		}
		if sop, err = w.app.Library.Save(ctx, tx, by.Actor, row.SOPID, doc, "a restart does not help any more", sop.Version); err != nil {
			return fmt.Errorf("rewrite %s: %w", doc.Slug, err)
		}
		if _, err := w.app.Library.Publish(ctx, tx, by.Actor, row.SOPID, sop.Version, "a restart does not help any more"); err != nil {
			return fmt.Errorf("publish %s: %w", doc.Slug, err)
		}
		slug = doc.Slug
		return w.app.Memory.CloseBreaker(ctx, tx, by, "pattern", pattern.String(), "the procedure was rewritten")
	})
	if slug != "" {
		w.record("the procedure %s is rewritten", slug)
		w.books.mended = append(w.books.mended, w.now())
	}
	return unlessConflict(err)
}

// failing is the kind whose procedure stops healing.
func (w *world) failing() *kind {
	return w.kinds[slices.IndexFunc(w.kinds, func(k *kind) bool { return k.Name == failing })]
}
