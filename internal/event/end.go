package event

import (
	"context"
	"strings"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// OverJob looks whether a situation is over, one of whose events has ended.
type OverJob struct {
	jobs.Meta
	Event club.EventID `json:"event"`
}

// Kind names the job.
func (OverJob) Kind() string { return "end_situation" }

// End ends the state that an open event reported, in the transaction that sees it. Its situation is brought
// to rest by a job.
func End(ctx context.Context, tx *store.Tx, open string) error {
	e, ok, err := end(ctx, tx, open)
	if err != nil || !ok {
		return err
	}
	tx.Enqueue(OverJob{Meta: jobs.For(tx), Event: e.ID}, nil)
	return nil
}

func end(ctx context.Context, tx *store.Tx, open string) (e store.Event, ok bool, err error) {
	e, err = tx.FindOpenEvent(ctx, &open)
	if missing(err) {
		return e, false, nil
	}
	if err != nil {
		return e, false, wrap("find open event", err)
	}
	n, err := tx.ClearEvent(ctx, store.ClearEventParams{ID: e.ID, ClearedAt: &tx.Now})
	return e, n == 1, wrap("clear event", err)
}

// WorkOver works an OverJob.
func (r *Room) WorkOver(ctx context.Context, tenant *store.Tenant, job OverJob) error {
	keys, err := r.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		e, err := tx.FindEvent(ctx, job.Event)
		if err != nil {
			return wrap("find event", err)
		}
		return r.over(ctx, tx, keys, e)
	})
}

// Clear ends the state that an open event reported, and its situation where nothing else of it goes on.
func (r *Room) Clear(ctx context.Context, tx *store.Tx, keys *vault.Tenant, open string) error {
	e, ok, err := end(ctx, tx, open)
	if err != nil || !ok {
		return err
	}
	return r.over(ctx, tx, keys, e)
}

// over ends the situation of an event that has ended, where nothing else of it goes on.
func (r *Room) over(ctx context.Context, tx *store.Tx, keys *vault.Tenant, e store.Event) error {
	if e.SituationID.IsZero() {
		return nil
	}
	left, err := tx.CountOpenEvents(ctx, e.SituationID)
	if err != nil || left > 0 {
		return wrap("count open events", err)
	}
	s, err := tx.FindSituation(ctx, e.SituationID)
	if err != nil || s.ClearedAt != nil {
		return wrap("find situation", err)
	}
	s.ClearedAt = &tx.Now
	if err := update(ctx, tx, s); err != nil {
		return err
	}
	if err := audit.Write(ctx, tx, audit.Entry{Actor: self, Action: "situation.over", Object: s.ID.String(), Thread: s.ThreadID, Detail: map[string]any{"after": tx.Now.Sub(s.OpenedAt).String()}}); err != nil {
		return err
	}
	return r.cfg.Over(ctx, tx, keys, s)
}

// openKey names a state by its code and what it is of.
func openKey(code club.EventCode, of ...string) string {
	return string(code) + ":" + strings.Join(of, ":")
}
