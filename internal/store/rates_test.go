package store_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// reads finds steps of a plan that read a whole table.
var reads = regexp.MustCompile(`(?m)^.*(Seq Scan on (decisions|executions|access_events)|SCAN (a|b|d|e|x|decisions|executions|access_events)\b).*$`)

// What is looked for before every decision must cost the same in a club's tenth year as in its first.
func TestRatesAreReadByIndexesAlone(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	storetest.Exec(t, tenant, `INSERT INTO locations (id, slug, name, time_zone, details, created_at, updated_at) VALUES ('loc_1', 'a', 'A', 'UTC', '{}', $1, $1)`, storetest.Start)
	storetest.Exec(t, tenant, "INSERT INTO subjects (id, consent, created_at, updated_at) VALUES ('sub_1', 'given', $1, $1)", storetest.Start)
	storetest.Exec(t, tenant, `INSERT INTO threads (id, subject_id, line, provider, status, priority, version, unread, snippet, awaiting, episode_at, correlation_id, created_at, updated_at)
		VALUES ('thr_1', 'sub_1', '', '', 'answered', 'normal', 1, 0, '', '', $1, '', $1, $1)`, storetest.Start)
	for day := range 100 {
		at := storetest.Start.Add(-time.Duration(day) * 24 * time.Hour)
		storetest.Exec(t, tenant, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
			INSERT INTO decisions (id, thread_id, subject_id, kind, title, sop_version, confidence, earned_tier, tier, evidence, steps, location_id, correlation_id, created_at)
			SELECT 'dec_' || ($2 * 1000 + i), 'thr_1', 'sub_1', 'answer', 'Title', 0, 0, 'auto', 'auto', '{}', '{}', 'loc_1', '', $1 FROM n`, at, day)
		storetest.Exec(t, tenant, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)
			INSERT INTO executions (id, action, params, location_id, idempotency_key, outcome, detail, proofs, requested_by, attempts, correlation_id, created_at)
			SELECT 'exe_' || ($2 * 1000 + i), 'unlock_door', '{}', 'loc_1', 'k' || ($2 * 1000 + i), 'success', '', '{}', '', 0, '', $1 FROM n`, at, day)
		storetest.Exec(t, tenant, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)
			INSERT INTO access_events (id, vendor, event_key, kind, vendor_type, door_ref, location_id, at, received_at, correlation_id)
			SELECT 'acc_' || ($2 * 1000 + i), 'unifi', 'k' || ($2 * 1000 + i), 'granted', '', '', 'loc_1', $1, $1, '' FROM n`, at, day)
	}
	if pool, _, ok := c.Postgres(); ok {
		for _, table := range []string{"decisions", "executions", "access_events"} {
			if _, err := pool.Exec(t.Context(), "ANALYZE "+store.SchemaForTest(c, "aa")+"."+table); err != nil {
				t.Fatal(err)
			}
		}
	}
	now := storetest.Start
	for name, ask := range map[string]func(q *store.Queries){
		"recent matters": func(q *store.Queries) {
			_, _ = q.FindRecentMatters(t.Context(), store.FindRecentMattersParams{LocationID: "loc_1", Lately: now.Add(-time.Hour), SubjectID: "sub_1", Day: now.Add(-24 * time.Hour), Matter: "Title", Size: 300})
		},
		"history": func(q *store.Queries) {
			_, _ = q.FindMattersAt(t.Context(), store.FindMattersAtParams{LocationID: "loc_1", Since: now.Add(-7 * 24 * time.Hour), Until: now, Size: 5000})
		},
		"faults": func(q *store.Queries) {
			_, _ = q.FindFaultsAt(t.Context(), store.FindFaultsAtParams{LocationID: "loc_1", Since: now.Add(-15 * time.Minute), Size: 20})
		},
	} {
		heard := &capture{}
		ask(store.New(heard))
		plan, err := store.PlanForTest(t.Context(), tenant, heard.query, heard.args...)
		if err != nil {
			t.Fatal(err)
		}
		if reads.MatchString(plan) || name == "recent matters" && !strings.Contains(plan, "decisions_by_matter") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}

// Hundreds ask for the wifi while three stand before the door.
func TestRecentMattersAreFoundHoweverManyOthersThereAre(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	storetest.Exec(t, tenant, `INSERT INTO locations (id, slug, name, time_zone, details, created_at, updated_at) VALUES ('loc_1', 'a', 'A', 'UTC', '{}', $1, $1)`, storetest.Start)
	for _, sub := range []string{"1", "2"} {
		storetest.Exec(t, tenant, "INSERT INTO subjects (id, consent, created_at, updated_at) VALUES ('sub_' || $2, 'given', $1, $1)", storetest.Start, sub)
		storetest.Exec(t, tenant, `INSERT INTO threads (id, subject_id, line, provider, status, priority, version, unread, snippet, awaiting, episode_at, correlation_id, created_at, updated_at)
			VALUES ('thr_' || $2, 'sub_' || $2, '', '', 'answered', 'normal', 1, 0, '', '', $1, '', $1, $1)`, storetest.Start, sub)
	}
	decide := func(title string, n int, ago time.Duration) {
		storetest.Exec(t, tenant, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST($3 AS INTEGER))
			INSERT INTO decisions (id, thread_id, subject_id, kind, title, sop_version, confidence, earned_tier, tier, evidence, steps, location_id, correlation_id, created_at)
			SELECT 'dec_' || $2 || i, 'thr_2', 'sub_2', 'answer', $2, 0, 0, 'auto', 'auto', '{}', '{}', 'loc_1', '', $1 FROM n`, storetest.Start.Add(-ago), title, n)
	}
	decide("Door", 3, 2*time.Minute)
	decide("Wifi", 40, time.Minute)
	err := tenant.Read(t.Context(), func(tx *store.Tx) error {
		rows, err := tx.FindRecentMatters(t.Context(), store.FindRecentMattersParams{LocationID: "loc_1", Lately: storetest.Start.Add(-time.Hour), SubjectID: "sub_1", Day: storetest.Start.Add(-24 * time.Hour), Matter: "Door", Size: 10})
		if len(rows) != 3 {
			t.Errorf("%d of three requests for the door are found", len(rows))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
