package health

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/store"
	"clubos/internal/vault"
)

// troubleFor is how long a text or an action that went wrong counts.
const troubleFor = 24 * time.Hour

// Report is how a club fares at an instant.
type Report struct {
	At      time.Time
	Work    store.CountWaitingWorkRow // what waits for somebody
	Speed   Speed
	Vendors []Vendor
}

// Look reports how a club fares at the locations of a scope, as identity.Principal.LocationScope writes
// it; "" is everywhere. Vendors are the club's, whatever the scope. breakers may be nil.
func Look(ctx context.Context, tx *store.Tx, keys *vault.Tenant, breakers Breakers, scope string) (Report, error) {
	r := Report{At: tx.Now}
	var err error
	if r.Work, err = tx.CountWaitingWork(ctx, store.CountWaitingWorkParams{Scope: scope, Since: tx.Now.Add(-troubleFor), Now: tx.Now}); err != nil {
		return r, fmt.Errorf("count waiting work: %w", err)
	}
	if r.Speed, err = MeasureSpeed(ctx, tx, scope, SpeedOver); err != nil {
		return r, err
	}
	r.Vendors, err = FindVendors(ctx, tx, keys, breakers)
	return r, err
}
