package hindsight

import (
	"context"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// ReplayForTest replays the last month's decisions of some patterns as the memory is.
func ReplayForTest(ctx context.Context, tx *store.Tx, keys *vault.Tenant, ids ...club.PatternID) (map[club.DecisionID]Would, error) {
	ids, err := learn.WithParts(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	list, err := pasts(ctx, tx, tx.Now.Add(-Month), ids, "", 0.5)
	if err != nil {
		return nil, err
	}
	w, err := world(ctx, tx, keys, ids, nil)
	if err != nil {
		return nil, err
	}
	out := map[club.DecisionID]Would{}
	for _, p := range list {
		out[p.Decision] = Replay(p, nil, w)
	}
	return out, nil
}
