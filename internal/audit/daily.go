package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clubos/internal/store"
)

const (
	verifyEvery = 24 * time.Hour
	// verifiedAgain is how long a log that was verified to its end is left alone: periodic jobs have a turn at each start.
	verifiedAgain = 20 * time.Hour
	// partsInTurn bounds a daily turn, to some 100 000 leaves; the next one goes on from there.
	partsInTurn = 5
)

// VerifyDaily goes through a club's log from where the last turn ended, and anew when that was the end. What it finds is
// stored, and people are told of it by way of Look. It also gives those entries their places that came too late for
// Sequence.
func (k *Keeper) VerifyDaily(ctx context.Context, tenant *store.Tenant) error {
	var tree store.FindAuditTreeRow
	due := false
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		tree, err = tx.FindAuditTree(ctx)
		due = len(tree.SigningKey) > 0 && (tree.Fault != "" || tree.CheckedAt == nil || tx.Now.Sub(*tree.CheckedAt) >= verifiedAgain)
		return err
	})
	if err != nil || !due {
		return err
	}
	placed := k.sequence(ctx, tenant, beginning) // where that fails, it is verified all the same
	return errors.Join(placed, k.verifyOn(ctx, tenant))
}

func (k *Keeper) verifyOn(ctx context.Context, tenant *store.Tenant) error {
	tree, key, err := k.open(ctx, tenant)
	if err != nil {
		return err
	}
	from, err := parseEdge(tree.Checked, tree.CheckedEdge)
	if err != nil {
		from = edge{}
	}
	w, c, err := k.begin(ctx, tenant, tree.Size, key, from)
	if err != nil {
		return err
	}
	for range partsInTurn {
		if err := w.check(ctx, c); err != nil {
			return err
		}
		if w.done() {
			if err := w.finish(ctx, c); err != nil {
				return err
			}
		}
		if err := k.note(ctx, tenant, tree, c, w.done()); err != nil {
			return fmt.Errorf("note how far the log is verified: %w", err)
		}
		if w.done() || !c.report.OK() {
			return nil
		}
	}
	return nil
}

// note stores how far verification has come. Where something was found, the next turn begins where this one began.
func (k *Keeper) note(ctx context.Context, tenant *store.Tenant, tree store.FindAuditTreeRow, c *checker, done bool) error {
	p := store.PutAuditCheckParams{Checked: c.edge.size, CheckedEdge: c.edge.bytes(), CheckedAt: tree.CheckedAt}
	if !c.report.OK() {
		p.Checked, p.CheckedEdge, p.Fault = tree.Checked, tree.CheckedEdge, c.report.summary()
	}
	err := tenant.Write(ctx, func(tx *store.Tx) error {
		if done && p.Fault == "" {
			p.Checked, p.CheckedEdge, p.CheckedAt = 0, nil, &tx.Now
		}
		return tx.PutAuditCheck(ctx, p)
	})
	if err != nil {
		return err
	}
	if p.Fault != "" {
		k.log.ErrorContext(ctx, "the audit log is not what was signed", "event.action", "audit.verify", "event.outcome", "failure",
			"organization.id", tenant.Slug.String(), "error.message", p.Fault)
	} else if h := c.report.Newest; done && h != nil {
		k.log.InfoContext(ctx, "the audit log is verified", "event.action", "audit.verify", "event.outcome", "success",
			"organization.id", tenant.Slug.String(), "labels.size", h.Size, "labels.root", h.Root.String())
	}
	return nil
}

// summary tells what was found in a few words.
func (r Report) summary() string {
	n := int64(len(r.Findings)) + r.More
	if n == 1 {
		return r.Findings[0].String()
	}
	return fmt.Sprintf("%s; and %d more", r.Findings[0], n-1)
}

// State is how a club's log fares.
type State struct {
	Size     int64     // entries that have a place
	HeadAt   time.Time // when that was signed; zero: never
	Verified time.Time // when it was last verified to its end; zero: never
	Waiting  time.Time // instant of the oldest entry that waits for a place; zero: none does
	Fault    string    // what the verification found; "": nothing
}

// Look tells how the log fares.
func Look(ctx context.Context, tx *store.Tx) (s State, err error) {
	tree, err := tx.FindAuditTree(ctx)
	if err != nil {
		return s, fmt.Errorf("find the tree: %w", err)
	}
	newest, err := findNewestHead(ctx, tx)
	if err != nil {
		return s, err
	}
	s = State{Size: tree.Size, HeadAt: newest.At, Fault: tree.Fault}
	if tree.CheckedAt != nil {
		s.Verified = *tree.CheckedAt
	}
	since, err := unplacedSince(ctx, tx)
	if err != nil {
		return s, err
	}
	rows, err := tx.FindUnplacedAuditEntries(ctx, store.FindUnplacedAuditEntriesParams{Since: since, Size: 1})
	if err != nil {
		return s, fmt.Errorf("find entries without a place: %w", err)
	}
	if len(rows) > 0 {
		s.Waiting = rows[0].At
	}
	return s, nil
}
