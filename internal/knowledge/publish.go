package knowledge

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/club"
	"clubos/internal/phrase"
	"clubos/internal/store"
)

// Publish makes a version the live one. It is checked in full, by itself and against the other live
// documents: an Invalid error lists all that is wrong (see Problems), and nothing has changed then.
// Publishing what is live does nothing.
func (l *Library) Publish(ctx context.Context, tx *store.Tx, by club.Actor, id club.SOPID, version int64, note string) (store.SOP, error) {
	return l.goLive(ctx, tx, by, id, version, note, actionPublished)
}

// The audit log's words for making a version live.
const (
	actionPublished = "sop.published"
	actionRestored  = "sop.restored"
)

// Restore makes an older version live again and says why. The versions after it are kept; the next
// edit begins at the newest one, as always.
func (l *Library) Restore(ctx context.Context, tx *store.Tx, by club.Actor, id club.SOPID, version int64, reason string) (store.SOP, error) {
	if strings.TrimSpace(reason) == "" {
		return store.SOP{}, club.Invalid("say why the older version is restored")
	}
	return l.goLive(ctx, tx, by, id, version, reason, actionRestored)
}

func (l *Library) goLive(ctx context.Context, tx *store.Tx, by club.Actor, id club.SOPID, version int64, note, action string) (store.SOP, error) {
	if err := begin(ctx, tx, note); err != nil {
		return store.SOP{}, err
	}
	sop, err := find(ctx, tx, id)
	if err != nil || isLive(sop, version) {
		return sop, err
	}
	doc, _, err := l.FindVersion(ctx, tx, id, version)
	if err != nil {
		return sop, err
	}
	doc.Status = StatusLive
	problems, err := l.check(ctx, tx, []Document{doc})
	if err != nil {
		return sop, err
	}
	for i := range problems {
		problems[i].Path = strings.TrimPrefix(problems[i].Path, "sops[0].")
	}
	if err := invalid(problems); err != nil {
		return sop, err
	}
	return publish(ctx, tx, by, sop, version, note, action)
}

// publish expects a version that has been checked.
func publish(ctx context.Context, tx *store.Tx, by club.Actor, sop store.SOP, version int64, note, action string) (store.SOP, error) {
	if _, err := tx.UpdateSOPStatus(ctx, store.UpdateSOPStatusParams{ID: sop.ID, Status: string(StatusLive), LiveVersion: &version, UpdatedAt: tx.Now}); err != nil {
		return sop, fmt.Errorf("publish SOP: %w", err)
	}
	detail := map[string]any{"slug": sop.Slug, "from": sop.Status, "version": version, "note": phrase.Mask(note)}
	if sop.LiveVersion != nil {
		detail["before"] = *sop.LiveVersion
	}
	return record(ctx, tx, by, action, sop.ID, detail)
}

// check says what would be wrong if documents went live beside, or in place of, those that are. Their
// scopes are in the form of the rows. Paths begin with "sops[i].", i being the index in docs.
func (l *Library) check(ctx context.Context, tx *store.Tx, docs []Document) ([]Problem, error) {
	live, err := l.Live(ctx, tx)
	if err != nil {
		return nil, err
	}
	replaced := map[string]bool{}
	for _, d := range docs {
		replaced[d.Slug+"\x00"+d.Scope.key()] = true
	}
	var all []Document
	for _, d := range live.docs {
		if !replaced[d.Slug+"\x00"+d.Scope.key()] {
			all = append(all, d)
		}
	}
	others := len(all)
	var out []Problem
	// The others come first, because a clash is reported of the later of two.
	for _, p := range ValidateAll(slices.Concat(all, docs), l.cat) {
		var i int
		head, rest, ok := strings.Cut(p.Path, ".")
		if _, err := fmt.Sscanf(head, "sops[%d]", &i); err != nil || !ok || i < others {
			continue
		}
		out = append(out, Problem{Path: fmt.Sprintf("sops[%d].%s", i-others, rest), Msg: p.Msg})
	}
	return out, nil
}

// Archive takes a SOP out of use; its versions are kept, and publishing one of them brings it back.
// Invalid when a live override would be left without triggers.
func (l *Library) Archive(ctx context.Context, tx *store.Tx, by club.Actor, id club.SOPID, note string) (store.SOP, error) {
	if err := begin(ctx, tx, note); err != nil {
		return store.SOP{}, err
	}
	sop, err := find(ctx, tx, id)
	if err != nil || sop.Status == string(StatusArchived) {
		return sop, err
	}
	if sop, err = archive(ctx, tx, by, sop, note); err != nil {
		return sop, err
	}
	return sop, l.checkOrphans(ctx, tx)
}

func archive(ctx context.Context, tx *store.Tx, by club.Actor, sop store.SOP, note string) (store.SOP, error) {
	if _, err := tx.UpdateSOPStatus(ctx, store.UpdateSOPStatusParams{ID: sop.ID, Status: string(StatusArchived), LiveVersion: sop.LiveVersion, UpdatedAt: tx.Now}); err != nil {
		return sop, fmt.Errorf("archive SOP: %w", err)
	}
	return record(ctx, tx, by, "sop.archived", sop.ID, map[string]any{"slug": sop.Slug, "from": sop.Status, "note": phrase.Mask(note)})
}

// checkOrphans reports live documents that have no triggers and nothing to inherit them from.
func (l *Library) checkOrphans(ctx context.Context, tx *store.Tx) error {
	live, err := l.Live(ctx, tx)
	if err != nil {
		return err
	}
	var problems []Problem
	for _, d := range live.docs {
		inherits := func(w Document) bool {
			return w.Slug == d.Slug && len(w.Triggers) > 0 && w.Scope.rank() < d.Scope.rank()
		}
		if len(d.Triggers) == 0 && !slices.ContainsFunc(live.docs, inherits) {
			problems = append(problems, Problem{Path: "triggers", Msg: fmt.Sprintf("%s for %s has none of its own and inherits them; archive it first", d.Slug, d.Scope)})
		}
	}
	return invalid(problems)
}
