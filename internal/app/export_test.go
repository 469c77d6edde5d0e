package app

import (
	"context"

	"clubos/internal/store"
)

// LookForAlarm is a turn of the job that looks whether people should be called.
func (a *App) LookForAlarm(ctx context.Context, tenant *store.Tenant) error {
	return a.lookForAlarm(ctx, tenant)
}

// KnowsWhomToTell reports whether every club that is served here has been asked whom to tell without the database.
func (a *App) KnowsWhomToTell() bool { return len(a.rolls.due(a.Cluster.Clock().Now())) == 0 }

// WaysToTell counts the ways that lead to a number or an address.
func (a *App) WaysToTell(to string) (n int) {
	for _, w := range a.rolls.ways(a.Cluster.Clock().Now()) {
		if w.To == to {
			n++
		}
	}
	return n
}
