package audit

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Against is what was kept outside the installation, and what a log is compared with.
type Against struct {
	Key   string   // the club's public key; "": none was kept
	Heads []string // signed notes
}

// Verify goes through a club's log from the beginning: each entry against its leaf, each head against the leaves, and all of
// them against what was kept elsewhere. progress, which may be nil, is told how many leaves of how many are done.
func (k *Keeper) Verify(ctx context.Context, tenant *store.Tenant, a Against, progress func(done, all int64)) (Report, error) {
	tree, key, err := k.open(ctx, tenant)
	if err != nil {
		return Report{}, err
	}
	w, c, err := k.begin(ctx, tenant, tree.Size, key, edge{})
	if err != nil {
		return Report{}, err
	}
	if a.Key != "" && a.Key != key.String() {
		c.report.find(0, "", "the log's key is %s, and not the one that was kept", key)
	}
	for _, signed := range a.Heads {
		c.keep(signed)
	}
	for !w.done() {
		if err := w.check(ctx, c); err != nil {
			return c.report, err
		}
		if progress != nil {
			progress(w.at, w.end)
		}
	}
	return c.report, w.finish(ctx, c)
}

// Key returns the public key of a club's log.
func (k *Keeper) Key(ctx context.Context, tenant *store.Tenant) (Key, error) {
	_, key, err := k.open(ctx, tenant)
	return key, err
}

func (k *Keeper) open(ctx context.Context, tenant *store.Tenant) (tree store.FindAuditTreeRow, key Key, err error) {
	err = tenant.Read(ctx, func(tx *store.Tx) (err error) {
		tree, err = tx.FindAuditTree(ctx)
		return err
	})
	if err != nil {
		return tree, key, fmt.Errorf("find the tree: %w", err)
	}
	if len(tree.SigningKey) == 0 {
		return tree, key, club.NotFound("the audit log has no key: it is made when the first entry gets its place, within a minute of clubos serve")
	}
	keys, err := k.ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return tree, key, err
	}
	s, err := openKey(tenant.Slug, keys, tree.SigningKey)
	return tree, s.Key, err
}

// begin begins to check a log, of which so many leaves are known, at a head whose edge this is.
func (k *Keeper) begin(ctx context.Context, tenant *store.Tenant, known int64, key Key, from edge) (*walk, *checker, error) {
	w, err := newWalk(ctx, tenant, from.size, k.part)
	if err != nil {
		return nil, nil, err
	}
	c := newChecker(key, from)
	if w.end < known {
		c.report.find(w.end, "", "the log was cut off: its tree has %d entries, and there are %d", known, w.end)
	}
	return w, c, nil
}

// check has a part of the log checked, and decides about the entries that are not there.
func (w *walk) check(ctx context.Context, c *checker) error {
	if err := w.part(ctx, c); err != nil {
		return err
	}
	if len(c.absent) == 0 {
		return nil
	}
	// After the walk: what was retired meanwhile has its entry by now.
	return w.tenant.Read(ctx, func(tx *store.Tx) error {
		before, err := retiredUntil(ctx, tx)
		if err == nil {
			c.judge(before)
		}
		return err
	})
}

// retirementsRead is among how many of the newest retirements the one that reaches farthest is looked for.
const retirementsRead = 100

// retiredUntil is before when entries may be absent.
func retiredUntil(ctx context.Context, tx *store.Tx) (until time.Time, err error) {
	rows, err := tx.FindAuditRetirements(ctx, store.FindAuditRetirementsParams{Object: tx.Tenant.String(), Size: retirementsRead})
	if err != nil {
		return until, fmt.Errorf("find retirements: %w", err)
	}
	for _, r := range rows {
		if before, ok := retiredBefore(r.At, r.Actor, r.Detail); ok && before.After(until) && r.At.Before(tx.Now.Add(lateness)) { // one of the future is none
			until = before
		}
	}
	return until, nil
}

// finish checks what can be told at the end only, and finds entries that carry another instant than the one that got the
// place of their id.
func (w *walk) finish(ctx context.Context, c *checker) error {
	c.end()
	return w.tenant.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.FindMisplacedAuditEntries(ctx, store.FindMisplacedAuditEntriesParams{Since: beginning, Size: mostFindings})
		if err != nil {
			return fmt.Errorf("find misplaced entries: %w", err)
		}
		for _, e := range rows {
			c.report.find(e.Position, e.ID, "an entry of %s has the id of the one that got this place", e.At.UTC().Format(time.RFC3339Nano))
		}
		return nil
	})
}
