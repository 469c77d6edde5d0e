package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Spread is how a set of durations lies.
type Spread struct {
	Count int           `json:"count"`
	P50   time.Duration `json:"p50_ns"`
	P95   time.Duration `json:"p95_ns"`
	P99   time.Duration `json:"p99_ns"`
	Max   time.Duration `json:"max_ns"`
}

// spread sorts the durations. A percentile is the smallest value that at least that part does not exceed.
func spread(all []time.Duration) *Spread {
	slices.Sort(all)
	s := &Spread{Count: len(all)}
	if len(all) == 0 {
		return s
	}
	at := func(percent int) time.Duration { return all[max(0, (len(all)*percent+99)/100-1)] }
	s.P50, s.P95, s.P99, s.Max = at(50), at(95), at(99), all[len(all)-1]
	return s
}

// settleWithin bounds the wait for the last decisions beyond the wait for a burst.
const settleWithin = 20 * time.Second

// filedWithin bounds the wait for texts that were kept in a storm.
const filedWithin = 2 * time.Minute

// filed waits until every text that was acknowledged is filed in its thread.
func (in *installation) filed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, filedWithin)
	defer cancel()
	return in.open(ctx, func(a *app.App) error {
		tenant, _, err := a.Tenant(ctx, in.slug)
		if err != nil {
			return err
		}
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
	})
}

// decisions waits until there are as many decisions as texts, or until none comes any more in time, and
// returns how long each took beyond the club's wait for a burst.
func (in *installation) decisions(ctx context.Context, texts int) (waits []time.Duration, burst time.Duration, err error) {
	err = in.open(ctx, func(a *app.App) error {
		tenant, _, err := a.Tenant(ctx, in.slug)
		if err != nil {
			return err
		}
		var s setting.Settings
		if err := tenant.Read(ctx, func(tx *store.Tx) (err error) { s, err = setting.Load(ctx, tx); return err }); err != nil {
			return err
		}
		burst = s.BurstWait
		deadline := time.NewTimer(burst + settleWithin)
		defer deadline.Stop()
		for {
			if waits, err = readWaits(ctx, tenant, burst); err != nil || len(waits) >= texts {
				return err
			}
			select {
			case <-deadline.C:
				return nil
			default:
			}
			if err := pause(ctx, 500*time.Millisecond); err != nil {
				return err
			}
		}
	})
	return waits, burst, err
}

// readWaits reads every decision and the texts that it read.
func readWaits(ctx context.Context, tenant *store.Tenant, burst time.Duration) (waits []time.Duration, err error) {
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		waits = nil
		var before *string
		for {
			page, err := tx.FindDecisionsPage(ctx, store.FindDecisionsPageParams{Before: before, Size: 500})
			if err != nil {
				return fmt.Errorf("read decisions: %w", err)
			}
			for _, d := range page {
				messages, err := tx.FindMessagesPage(ctx, store.FindMessagesPageParams{ThreadID: d.ThreadID, Size: 20})
				if err != nil {
					return fmt.Errorf("read messages: %w", err)
				}
				if wait, ok := waited(d, messages, burst); ok {
					waits = append(waits, wait)
				}
			}
			if len(page) < 500 {
				return nil
			}
			last := page[len(page)-1].ID.String()
			before = &last
		}
	})
	return waits, err
}

// waited returns how long after the burst's end a decision was made: from the newest of the texts that
// it read, less the wait. ok is false when none of the messages is such a text.
func waited(d store.Decision, messages []store.Message, burst time.Duration) (wait time.Duration, ok bool) {
	var newest time.Time
	for _, m := range messages {
		if m.Direction == club.DirectionIn && m.DecisionID == d.ID && m.CreatedAt.After(newest) {
			newest = m.CreatedAt
		}
	}
	return max(0, d.CreatedAt.Sub(newest)-burst), !newest.IsZero()
}
