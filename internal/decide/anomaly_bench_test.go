package decide_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// What the look for what is unusual costs a decision: its queries, with a busy history.
func BenchmarkRecentMatters(b *testing.B) {
	b.Run("a decision every two minutes", func(b *testing.B) { benchRecent(b, 100_000, 2*time.Minute) })
	b.Run("a storm", func(b *testing.B) { benchRecent(b, 20_000, 100*time.Millisecond) })
}

func benchRecent(b *testing.B, decisions int, every time.Duration) {
	c, clock := storetest.Cluster(b)
	tenant := storetest.AddTenant(b, c, "test")
	location := busy(b, tenant, clock.Now(), decisions, every)
	for name, ask := range map[string]func(tx *store.Tx) error{
		"recent": func(tx *store.Tx) error {
			_, err := tx.FindRecentMatters(b.Context(), store.FindRecentMattersParams{LocationID: location, Lately: tx.Now.Add(-time.Hour), SubjectID: "sub_1", Day: tx.Now.Add(-24 * time.Hour), Matter: "Matter 1", Size: 300})
			return err
		},
		"faults": func(tx *store.Tx) error {
			_, err := tx.FindFaultsAt(b.Context(), store.FindFaultsAtParams{LocationID: location, Since: tx.Now.Add(-15 * time.Minute), Size: 20})
			return err
		},
		"history, once an hour": func(tx *store.Tx) error {
			rows, err := tx.FindMattersAt(b.Context(), store.FindMattersAtParams{LocationID: location, Since: tx.Now.Add(-12 * 7 * 24 * time.Hour), Until: tx.Now.Add(-time.Hour), Size: 2500})
			if every == 2*time.Minute && len(rows) != 2500 {
				b.Fatalf("%d rows", len(rows))
			}
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := tenant.Read(b.Context(), ask); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// busy stores decisions at two locations, backwards from now.
func busy(tb testing.TB, tenant *store.Tenant, now time.Time, n int, every time.Duration) club.LocationID {
	tb.Helper()
	here, there := club.NewLocationID(now), club.NewLocationID(now.Add(time.Millisecond))
	for i, id := range []club.LocationID{here, there} {
		storetest.Exec(tb, tenant, `INSERT INTO locations (id, slug, name, time_zone, details, created_at, updated_at) VALUES ($1, $2, $2, 'UTC', '{}', $3, $3)`, id, fmt.Sprint("l", i), now)
	}
	storetest.Exec(tb, tenant, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
		INSERT INTO subjects (id, consent, created_at, updated_at) SELECT 'sub_' || i, 'given', $1, $1 FROM n`, now)
	storetest.Exec(tb, tenant, `INSERT INTO threads (id, subject_id, line, provider, status, priority, version, unread, snippet, awaiting, episode_at, correlation_id, created_at, updated_at)
		VALUES ('thr_1', 'sub_1', '', '', 'answered', 'normal', 1, 0, '', '', $1, '', $1, $1)`, now)
	err := tenant.Write(tb.Context(), func(tx *store.Tx) error {
		evidence, _ := json.Marshal(club.Evidence{Text: fmt.Sprintf("%01000d", 0)})
		for i := range n {
			at, l := now.Add(-time.Duration(i)*every), here
			if i%2 == 1 {
				l = there
			}
			if err := tx.CreateDecision(tb.Context(), store.CreateDecisionParams{ID: club.DecisionID(fmt.Sprintf("dec_%026d", i)), ThreadID: "thr_1", SubjectID: club.SubjectID(fmt.Sprint("sub_", 1+i%500)), Kind: "answer",
				Title: fmt.Sprint("Matter ", i%17), EarnedTier: club.TierSuggest, Tier: club.TierSuggest, Evidence: string(evidence), Steps: "{}", LocationID: l, CorrelationID: club.NewCorrelationID(at), CreatedAt: at}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return here
}
