package inbox

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

const (
	overdueEvery = 20 * time.Second
	// overdueTries is how often filing fails before people are called: not for what passes in seconds.
	overdueTries = 3
	// overdueAfter is how long a text waits that nobody tries to file, even in a storm.
	overdueAfter = 5 * time.Minute
	// overdueShown bounds the rows that are read out to people.
	overdueShown = 20
)

// Unfiled is what was kept and cannot be filed: acknowledged texts that nobody sees in the inbox.
type Unfiled struct {
	Rows  int64        // of texts; a text that has failed has a row of its own
	Since time.Time    // when the first came
	First []UnfiledRow // the first of them
}

// UnfiledRow is a kept row.
type UnfiledRow struct {
	Key        string // the same at each try
	ReceivedAt time.Time
	Tries      int64
	Texts      []club.Inbound // none when the row does not open
}

// CallForUnfiled has people called for texts that cannot be filed, as long as there are any.
func (in *Inbox) CallForUnfiled(ctx context.Context, tenant *store.Tenant) error {
	if in.cfg.Unfiled == nil {
		return nil
	}
	var count int64
	err := tenant.Read(ctx, func(tx *store.Tx) (err error) {
		count, err = countOverdue(ctx, tx)
		return err
	})
	if err != nil || count == 0 {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		count, err := countOverdue(ctx, tx)
		if err != nil || count == 0 {
			return err
		}
		u, err := in.readOverdue(ctx, tx, tenant)
		if err != nil || len(u.First) == 0 {
			return err
		}
		u.Rows = count
		return in.cfg.Unfiled(ctx, tx, u)
	})
}

func countOverdue(ctx context.Context, tx *store.Tx) (int64, error) {
	count, err := tx.CountOverdueArrivals(ctx, store.CountOverdueArrivalsParams{Tries: overdueTries, Before: tx.Now.Add(-overdueAfter)})
	if err != nil {
		return 0, fmt.Errorf("count texts that cannot be filed: %w", err)
	}
	return count, nil
}

func (in *Inbox) readOverdue(ctx context.Context, tx *store.Tx, tenant *store.Tenant) (Unfiled, error) {
	list, err := tx.FindOverdueArrivals(ctx, store.FindOverdueArrivalsParams{Tries: overdueTries, Before: tx.Now.Add(-overdueAfter), Size: overdueShown})
	if err != nil {
		return Unfiled{}, fmt.Errorf("find texts that cannot be filed: %w", err)
	}
	keys, err := in.keys(tenant)
	if err != nil {
		return Unfiled{}, err
	}
	var u Unfiled
	for _, row := range list {
		if u.Since.IsZero() || row.ReceivedAt.Before(u.Since) {
			u.Since = row.ReceivedAt
		}
		out := UnfiledRow{Key: row.ID.String(), ReceivedAt: row.ReceivedAt, Tries: row.Tries}
		if plain, err := keys.OpenRow(columnKept, row.ID.String(), row.Sealed); err == nil {
			kept, _ := decodeKept(plain, &in.numbers) // what does not decode has no words to show
			for _, k := range kept {
				out.Texts = append(out.Texts, k.Inbound)
			}
			if len(kept) > 0 { // a row that is kept again has another id
				out.Key = kept[0].provider + ":" + key(cmp.Or(kept[0].ProviderMessageID, kept[0].deliveryID))
			}
		}
		u.First = append(u.First, out)
	}
	return u, nil
}
