package decide

import (
	"context"
	"slices"
	"sync"

	"clubos/internal/club"
	"clubos/internal/embedding"
	"clubos/internal/inbox"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// seen is what a club's view saw of a text before the transaction that decides on it: no transaction waits
// for a vendor.
type seen struct {
	text    string
	space   embedding.Space
	sight   *pattern.Sight
	trouble string // why there is no sight; "" where there is
}

// see asks for the vector of the texts of a thread and compares it with what is known. It returns nil where
// the club wants no view, where none has been weighed or helps, and where fixed rules decide: nothing is sent
// in vain. Whatever goes wrong is told with the decision, which is then taken without.
func (d *Decider) see(ctx context.Context, tenant *store.Tenant, keys *vault.Tenant, job inbox.AdvanceJob) *seen {
	if d.cfg.Vectors == nil {
		return nil
	}
	space, on := d.cfg.Vectors.Space(tenant.Slug)
	if !on {
		return nil
	}
	var view *pattern.View
	s := &seen{space: space}
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		if view, err = d.view(ctx, tx, keys, space); err != nil || view == nil {
			return err
		}
		s.text, err = d.openText(ctx, tx, keys, job)
		return err
	})
	if err != nil {
		d.cfg.Log.WarnContext(ctx, "a view cannot be read; it is decided without", "event.action", "vectors.read", "event.outcome", "failure", "organization.id", tenant.Slug.String(), "error.message", err.Error())
		return nil
	}
	if view == nil || s.text == "" {
		return nil
	}
	vector, err := d.cfg.Vectors.Ask(ctx, tenant.Slug, s.text)
	if err != nil {
		s.trouble = space.Trouble(err)
		d.cfg.Log.WarnContext(ctx, "a text is decided on without its vector", "event.action", "vectors.ask", "event.outcome", "failure", "organization.id", tenant.Slug.String(), "error.message", err.Error())
		return s
	}
	s.sight = view.Look(vector)
	return s
}

// openText is the text that a job is about to match; "" when it will match none.
func (d *Decider) openText(ctx context.Context, tx *store.Tx, keys *vault.Tenant, job inbox.AdvanceJob) (string, error) {
	if th, err := thread.Find(ctx, tx, job.Thread); err != nil || th.Provider == club.EventProvider {
		return "", err
	}
	th, m, err := d.take(ctx, tx, keys, job)
	if err != nil || m == nil || d.heldAgainst(th, tx.Now) {
		return "", err
	}
	if _, ruled := judge(m); ruled {
		return "", nil
	}
	return question(m), nil
}

// of is the sight of a text; nil of another one than was seen.
func (s *seen) of(text string) *pattern.Sight {
	if s == nil || s.text != text {
		return nil
	}
	return s.sight
}

// tellSeen puts what came of the view before people.
func (m *matter) tellSeen(tx *store.Tx, s *seen, result pattern.Result) {
	switch {
	case s == nil:
	case s.trouble != "":
		m.fact("vectors", s.trouble+"; decided without", "embeddings", tx.Now)
	case result.Space != "":
		m.fact("vectors", "weighed in by "+s.space.String(), "embeddings", tx.Now)
	default:
		m.fact("vectors", "not heeded for this text", "embeddings", tx.Now)
	}
}

// views keeps the view of each club in memory.
type views struct {
	mu   sync.Mutex // guards kept
	kept map[club.Slug]keptView
}

type keptView struct {
	stamp string
	view  *pattern.View
}

// mostKnown bounds the texts that a view compares with: the procedures' triggers, and the newest precedents.
const mostKnown = 4000

// view returns the club's view in a space, from memory where nothing has changed; nil while there is none
// that helps.
func (d *Decider) view(ctx context.Context, tx *store.Tx, keys *vault.Tenant, space embedding.Space) (*pattern.View, error) {
	stored, ok, err := embedding.FindView(ctx, tx, space)
	if err != nil || !ok || !stored.Weighing.Helps() {
		return nil, err
	}
	k, err := d.know(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	stamp := viewStamp(space, k, stored)
	d.views.mu.Lock()
	kept := d.views.kept[tx.Tenant]
	d.views.mu.Unlock()
	if kept.stamp == stamp {
		return kept.view, nil
	}
	known, err := knownVectors(ctx, tx, space, k)
	if err != nil {
		return nil, err
	}
	kept = keptView{stamp, pattern.NewView(stored.Weighing, known)}
	d.views.mu.Lock()
	d.views.kept[tx.Tenant] = kept
	d.views.mu.Unlock()
	return kept.view, nil
}

// know is what a club knows at present.
func (d *Decider) know(ctx context.Context, tx *store.Tx, keys *vault.Tenant) (*known, error) {
	set, err := d.cfg.Library.Live(ctx, tx)
	if err != nil {
		return nil, err
	}
	lessons, err := d.cfg.Memory.Learned(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	if _, k, there := d.matchers.loaded(tx.Tenant); there && k.stamp == set.Stamp && k.lessons == lessons.Stamp {
		return k, nil
	}
	return newKnown(set, lessons), nil
}

// likeTexts are the known texts that a view compares with, the strangers among them.
func (k *known) likeTexts() []pattern.Trigger {
	list := slices.DeleteFunc(k.all(), func(t pattern.Trigger) bool { return t.Mode != pattern.Similar && t.Mode != "" })
	if n := len(list); n > mostKnown {
		cut := min(k.on.Triggers, mostKnown/2)
		list = append(list[:cut:cut], list[n-(mostKnown-cut):]...)
	}
	return append(list, pattern.Strangers()...)
}

func knownVectors(ctx context.Context, tx *store.Tx, space embedding.Space, k *known) ([]pattern.Known, error) {
	vectors, err := embedding.Known(ctx, tx, space)
	if err != nil {
		return nil, err
	}
	var out []pattern.Known
	for _, t := range k.likeTexts() {
		out = append(out, pattern.Known{Trigger: t, Vector: vectors[embedding.Digest(embedding.Sent(t.Text))]})
	}
	return out, nil
}
