package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/vault"
)

const (
	sequenceEvery = time.Minute
	// placedAtOnce is how many entries get their place in one transaction, so that texts get in between.
	placedAtOnce = 500
	// placedInTurn bounds a turn, so that it ends. What is left waits for the next.
	placedInTurn = 200 * placedAtOnce
	// lateness is how much later than entries of its own instant one may be committed and still be seen by the next turn: the
	// longest transaction, and clocks that differ. One that comes later yet is seen by the daily turn.
	lateness = 15 * time.Minute
)

var self = club.System("audit")

// Keeper gives entries their places in the tree, signs its heads, and verifies it.
type Keeper struct {
	ring *vault.Ring
	log  *slog.Logger
	part int64 // see leavesInPart
}

// NewKeeper returns a Keeper.
func NewKeeper(ring *vault.Ring, log *slog.Logger) *Keeper {
	return &Keeper{ring: ring, log: log, part: leavesInPart}
}

// Register adds the job that gives entries their places.
func (k *Keeper) Register(r *jobs.Registry) { r.Every("audit.sequence", sequenceEvery, k.Sequence) }

// RegisterVerification adds the daily job. An installation whose days are minutes does without.
func (k *Keeper) RegisterVerification(r *jobs.Registry) {
	r.Every("audit.verify", verifyEvery, k.VerifyDaily)
}

// Sequence gives the entries that have come their places.
func (k *Keeper) Sequence(ctx context.Context, tenant *store.Tenant) error {
	var since time.Time
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		since, err = unplacedSince(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	return k.sequence(ctx, tenant, since)
}

// unplacedSince is from when on entries without a place are looked for.
func unplacedSince(ctx context.Context, tx *store.Tx) (time.Time, error) {
	newest, err := tx.FindNewestLeafTime(ctx)
	if missing(err) {
		return beginning, nil
	}
	if err != nil {
		return beginning, fmt.Errorf("find the newest leaf: %w", err)
	}
	return newest.Add(-lateness), nil
}

func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

// beginning is before every entry.
var beginning = time.Unix(0, 0).UTC()

func (k *Keeper) sequence(ctx context.Context, tenant *store.Tenant, since time.Time) error {
	for placed := 0; placed < placedInTurn; placed += placedAtOnce {
		var found []store.AuditEntry
		find := func(tx *store.Tx) (err error) {
			if found, err = tx.FindUnplacedAuditEntries(ctx, store.FindUnplacedAuditEntriesParams{Since: since, Size: placedAtOnce}); err != nil {
				return fmt.Errorf("find entries without a place: %w", err)
			}
			return nil
		}
		if err := tenant.Read(ctx, find); err != nil || len(found) == 0 {
			return err
		}
		err := tenant.Write(ctx, func(tx *store.Tx) error {
			t, err := k.take(ctx, tx, tenant)
			if err != nil {
				return err
			}
			if err := find(tx); err != nil || len(found) == 0 { // another replica was here
				return err
			}
			return t.place(ctx, tx, found)
		})
		if err != nil {
			return fmt.Errorf("give audit entries their places: %w", err)
		}
		if len(found) < placedAtOnce {
			return nil
		}
		since = found[len(found)-1].At
	}
	return nil
}

// grown is a tree that the present transaction alone adds to.
type grown struct {
	edge   edge
	signer signer
	sealed []byte // the signer's key
	made   bool   // which is new
	last   Head   // of size 0: there is none
}

// take holds the tree until the end of the transaction. A tree that does not end with its newest head gets no leaf more:
// whoever changed it would have the change signed.
func (k *Keeper) take(ctx context.Context, tx *store.Tx, tenant *store.Tenant) (*grown, error) {
	row, err := tx.TakeAuditTree(ctx)
	if err != nil {
		return nil, fmt.Errorf("take the tree: %w", err)
	}
	keys, err := k.ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return nil, err
	}
	t := &grown{sealed: row.SigningKey}
	if t.edge, err = parseEdge(row.Size, row.Edge); err != nil {
		return nil, err
	}
	if t.edge.size == 0 && len(t.sealed) == 0 {
		if t.sealed, err = newKey(keys); err != nil {
			return nil, err
		}
		t.made = true
	}
	if t.signer, err = openKey(tenant.Slug, keys, t.sealed); err != nil {
		return nil, err
	}
	newest, err := findNewestHead(ctx, tx)
	if err != nil {
		return nil, err
	}
	if newest.Note != "" {
		if t.last, _, err = openHead(newest.Note, t.signer.Key); err != nil {
			return nil, fmt.Errorf("open the head of %d: %w", newest.Size, err)
		}
	}
	if t.last.Size != t.edge.size || t.edge.size > 0 && t.last.Root != t.edge.root() {
		return nil, errors.New("the tree does not end with its newest head; clubos audit verify says more")
	}
	return t, nil
}

// findNewestHead returns the newest head; one without a note is none.
func findNewestHead(ctx context.Context, tx *store.Tx) (store.AuditHead, error) {
	row, err := tx.FindNewestAuditHead(ctx)
	if err != nil && !missing(err) {
		return row, fmt.Errorf("find the newest head: %w", err)
	}
	return row, nil
}

// NewestHead returns the newest signed head, after what has come got its place.
func (k *Keeper) NewestHead(ctx context.Context, tenant *store.Tenant) (signed string, err error) {
	if err := k.Sequence(ctx, tenant); err != nil {
		return "", err
	}
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		newest, err := findNewestHead(ctx, tx)
		if err == nil && newest.Note == "" {
			err = club.NotFound("there is no audit entry yet, and so no head")
		}
		signed = newest.Note
		return err
	})
	return signed, err
}

// place adds entries to the tree and signs its head.
func (t *grown) place(ctx context.Context, tx *store.Tx, entries []store.AuditEntry) error {
	leaves := make([]leaf, len(entries))
	var buf []byte
	for i := range entries {
		leaves[i], buf = leafOf(&entries[i], t.edge.size, buf)
		t.edge.add(leaves[i].hash())
	}
	_, err := tx.Each(ctx, len(leaves), func(q *store.Queries, i int) (int64, error) {
		l := &leaves[i]
		return 0, q.CreateAuditLeaf(ctx, store.CreateAuditLeafParams{Position: l.position, EntryID: l.id, At: l.at, Digest: l.digest[:]})
	})
	if err != nil {
		return fmt.Errorf("store leaves: %w", err)
	}
	h := Head{Log: t.signer.Name(), Size: t.edge.size, Root: t.edge.root(), At: tx.Now, After: t.last.Size}
	signed, err := h.sign(t.signer)
	if err != nil {
		return err
	}
	if err := tx.CreateAuditHead(ctx, store.CreateAuditHeadParams{Size: h.Size, At: h.At, Note: signed}); err != nil {
		return fmt.Errorf("store head: %w", err)
	}
	if err := tx.PutAuditTree(ctx, store.PutAuditTreeParams{Size: t.edge.size, Edge: t.edge.bytes(), SigningKey: t.sealed}); err != nil {
		return fmt.Errorf("store the tree's edge: %w", err)
	}
	if t.made {
		return Write(ctx, tx, Entry{Actor: self, Action: "audit.key_created", Object: t.signer.Name(), Detail: map[string]any{"public_key": t.signer.String()}})
	}
	return nil
}
