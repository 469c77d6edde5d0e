package health

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

const (
	speedOver  = time.Hour
	oldestText = 24 * time.Hour // a text that was read later than this after it came waited for a person, not for us
	speedRows  = 20_000         // the newest texts that are looked at
)

// Speed is how quickly texts are decided on.
type Speed struct {
	Over      time.Duration     // the time that it is about, ending at present
	Decisions int               // made in it, on texts
	Tiers     map[club.Tier]int // what became of them
	P50, P95  time.Duration     // from a decision's last text coming in to the decision; zero without decisions
	Slowest   time.Duration     // likewise
	Partial   bool              // there were more texts than are looked at: the newest count
}

// MeasureSpeed returns the speed of the last hour at the locations of a scope, as
// identity.Principal.LocationScope writes it; "" is everywhere. The pause in which more texts of the
// same burst are waited for is part of it.
func MeasureSpeed(ctx context.Context, tx *store.Tx, scope string) (Speed, error) {
	since := tx.Now.Add(-speedOver)
	rows, err := tx.FindDecisionTimes(ctx, store.FindDecisionTimesParams{Since: since, ReceivedSince: since.Add(-oldestText), Scope: scope, Size: speedRows})
	if err != nil {
		return Speed{}, fmt.Errorf("find decision times: %w", err)
	}
	s := Speed{Over: speedOver, Tiers: map[club.Tier]int{}, Partial: len(rows) == speedRows}
	var took []time.Duration
	var last club.DecisionID
	for _, r := range rows {
		if r.ID == last {
			continue
		}
		last = r.ID
		s.Tiers[r.Tier]++
		took = append(took, max(0, r.CreatedAt.Sub(r.ReceivedAt)))
	}
	slices.Sort(took)
	if s.Decisions = len(took); s.Decisions > 0 {
		s.P50, s.P95, s.Slowest = rank(took, 50), rank(took, 95), took[len(took)-1]
	}
	return s, nil
}

// rank is the nearest-rank percentile of a sorted list that is not empty: the smallest value that at
// least p of a hundred do not exceed.
func rank(sorted []time.Duration, p int) time.Duration {
	return sorted[(p*len(sorted)+99)/100-1]
}
