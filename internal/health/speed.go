package health

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store"
)

const (
	// SpeedOver is how far back speed is shown.
	SpeedOver  = time.Hour
	oldestText = 24 * time.Hour // a text that was read later than this after it came waited for a person, not for us
	speedRows  = 20_000         // the newest texts that are looked at
)

// Speed is how quickly texts are decided on.
type Speed struct {
	Over      time.Duration     // the time that it is about, ending at present
	Decisions int               // made in it, on texts
	Tiers     map[club.Tier]int // what became of them
	P50, P95  time.Duration     // from a decision's last text coming in to the decision; zero without decisions
	P99       time.Duration     // likewise
	Slowest   time.Duration     // likewise
	Partial   bool              // there were more texts than are looked at: the newest count
	Waits     time.Duration     // how long more texts of a burst are waited for, which is part of all these times
	Texts     int               // that the decisions read
	Replies   int               // that went out for them
	Actions   Percentiles       // of actions, from their claim until the vendor was called
}

// MeasureSpeed returns the speed of the time up to the present at the locations of a scope, as
// identity.Principal.LocationScope writes it; "" is everywhere. The pause in which more texts of the
// same burst are waited for is part of it.
func MeasureSpeed(ctx context.Context, tx *store.Tx, scope string, over time.Duration) (Speed, error) {
	since := tx.Now.Add(-over)
	rows, err := tx.FindDecisionTimes(ctx, store.FindDecisionTimesParams{Since: since, ReceivedSince: since.Add(-oldestText), Scope: scope, Size: speedRows})
	if err != nil {
		return Speed{}, fmt.Errorf("find decision times: %w", err)
	}
	s := Speed{Over: over, Tiers: map[club.Tier]int{}, Partial: len(rows) == speedRows, Texts: len(rows)}
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
		s.P50, s.P95, s.P99, s.Slowest = rank(took, 50), rank(took, 95), rank(took, 99), took[len(took)-1]
	}
	return s, s.measureRest(ctx, tx, since, scope)
}

// measureRest adds what came of the decisions.
func (s *Speed) measureRest(ctx context.Context, tx *store.Tx, since time.Time, scope string) error {
	settings, err := setting.Known(ctx, tx)
	if err != nil {
		return err
	}
	s.Waits = settings.BurstWait
	replies, err := tx.CountReplies(ctx, store.CountRepliesParams{Since: since, Scope: scope})
	if err != nil {
		return fmt.Errorf("count replies: %w", err)
	}
	s.Replies = int(replies)
	rows, err := tx.FindActionTimes(ctx, store.FindActionTimesParams{Since: since, Scope: scope, Size: speedRows})
	if err != nil {
		return fmt.Errorf("find action times: %w", err)
	}
	took := make([]time.Duration, 0, len(rows))
	for _, r := range rows {
		if r.CalledAt != nil {
			took = append(took, max(0, r.CalledAt.Sub(r.CreatedAt)))
		}
	}
	slices.Sort(took)
	if n := len(took); n > 0 {
		s.Actions = Percentiles{Count: n, P50: rank(took, 50), P90: rank(took, 90), P95: rank(took, 95), P99: rank(took, 99)}
	}
	return nil
}

// rank is the nearest-rank percentile of a sorted list that is not empty: the smallest value that at
// least p of a hundred do not exceed.
func rank(sorted []time.Duration, p int) time.Duration {
	return sorted[(p*len(sorted)+99)/100-1]
}
