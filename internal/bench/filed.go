package bench

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/app"
	"clubos/internal/store"
)

// filedWithin bounds the wait for texts that were kept in a storm: after an overload there are a hundred
// thousand, and what is filed is decided on meanwhile.
const filedWithin = 5 * time.Minute

// filed waits until every text that was acknowledged is filed in its thread.
func (in *installation) filed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, filedWithin)
	defer cancel()
	return in.open(ctx, func(a *app.App) error {
		tenant, _, err := a.Tenant(ctx, in.slug)
		if err != nil {
			return err
		}
		return awaitFiled(ctx, tenant)
	})
}

// awaitFiled waits until no text is kept.
func awaitFiled(ctx context.Context, tenant *store.Tenant) error {
	for {
		var left int64
		if err := tenant.Read(ctx, func(tx *store.Tx) (err error) { left, err = tx.CountArrivals(ctx); return err }); err != nil {
			return fmt.Errorf("count kept texts: %w", err)
		}
		if left == 0 {
			return nil
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("wait for kept texts to be filed: %w", err)
		}
	}
}
