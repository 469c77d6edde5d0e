package bench

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/simulate"
	"clubos/internal/store"
)

// questions are what members ask about the wifi; each sender asks once.
var questions = []string{"what's the wifi password?", "wifi password please", "hi, how do I get on the wifi", "whats the wi-fi code", "can you send me the wifi details"}

// measurePipeline times the way from a text to the decision on it, beyond the club's wait for the rest of a burst.
func measurePipeline(ctx context.Context, cfg Config, in *installation, c *child, r *Report) error {
	load := in.load(cfg)
	load.Rate = cfg.DecideRate
	load.Senders = cfg.DecideRate*int(cfg.Duration/time.Second) + cfg.DecideRate
	load.Text = func(i int) string { return questions[i%len(questions)] }
	before, known := c.cpu()
	got, err := simulate.Load(ctx, load)
	if err != nil {
		return err
	}
	waits, burst, err := in.decisions(ctx, got.Acked)
	if err != nil {
		return err
	}
	after, _ := c.cpu()
	replies, err := in.replies(ctx)
	if err != nil {
		return err
	}
	l := r.load("pipeline", fmt.Sprintf("decisions on texts at %d/s", cfg.DecideRate), got, c)
	l.lie(waits)
	r.add(Measure{Name: "decided", Title: fmt.Sprintf("decided of %d texts at %d/s", got.Acked, cfg.DecideRate), Value: float64(len(waits)), Better: More, Floor: bound(float64(got.Acked))},
		Measure{Name: "decide_p50", Title: fmt.Sprintf("decision after the wait of %s, median", burst), Value: l.P50, Unit: "ms", Better: Less},
		Measure{Name: "decide_p95", Title: "… 95 of 100 within", Value: l.P95, Unit: "ms", Better: Less, Floor: bound(500), Target: bound(10)},
		Measure{Name: "decide_max", Title: "… slowest", Value: l.Max, Unit: "ms", Better: Less},
		Measure{Name: "replies", Title: "replies that went out unasked, to members", Value: float64(replies)})
	if cost, ok := each(before, after, got.Acked); ok && known {
		l.CPU = cost
		r.add(Measure{Name: "cpu_us_per_decision", Title: "processor time of the server per text, reply included", Value: cost, Unit: "µs", Better: Less, Steady: true})
	}
	return nil
}

// settleWithin bounds the wait for the last decisions beyond the wait for a burst.
const settleWithin = 20 * time.Second

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
			if waits, err = readWaits(ctx, tenant, burst, time.Time{}); err != nil || len(waits) >= texts {
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

// readWaits reads every decision since an instant and the texts that it read.
func readWaits(ctx context.Context, tenant *store.Tenant, burst time.Duration, since time.Time) (waits []time.Duration, err error) {
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		waits = nil
		var before *string
		for {
			page, err := tx.FindDecisionsPage(ctx, store.FindDecisionsPageParams{Before: before, Size: 500})
			if err != nil {
				return fmt.Errorf("read decisions: %w", err)
			}
			for _, d := range page {
				if d.CreatedAt.Before(since) {
					return nil
				}
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
