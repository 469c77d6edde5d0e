package store_test

import (
	"regexp"
	"testing"
	"time"

	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// wholes finds steps of a plan that read a whole table of those that grow with a club's years.
var wholes = regexp.MustCompile(`(?m)^.*(Seq Scan on (decisions|messages|runs|escalations|overrides|executions|proposals|pattern_matches|decision_truths|alone_decisions|reviews|precedents)\b|SCAN (a|d|e|m|o|p|r|t|x)\b).*$`)

// The figures of a period must cost what the period holds, not what the club has ever done.
func TestResultsAreReadByIndexesAlone(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	now := storetest.Start
	storetest.Exec(t, tenant, "INSERT INTO subjects (id, consent, created_at, updated_at) VALUES ('sub_1', 'given', $1, $1)", now)
	storetest.Exec(t, tenant, `INSERT INTO threads (id, subject_id, line, provider, status, priority, version, unread, snippet, awaiting, episode_at, correlation_id, created_at, updated_at)
		VALUES ('thr_1', 'sub_1', '', '', 'answered', 'normal', 1, 0, '', '', $1, '', $1, $1)`, now)
	storetest.Exec(t, tenant, `INSERT INTO decision_patterns (id, domain, title, steps, state, ceiling, epoch, earned, version, created_by, created_at, updated_at)
		VALUES ('pat_1', 'decision', 'T', '{}', 'active', 'auto', 1, 'auto', 1, '', $1, $1), ('pat_2', 'decision', 'T', '{}', 'active', 'auto', 1, 'auto', 1, '', $1, $1)`, now)
	for day := range 60 {
		at := now.Add(-time.Duration(day) * 24 * time.Hour)
		for _, q := range []string{
			`INSERT INTO decisions (id, thread_id, subject_id, kind, title, sop_version, confidence, earned_tier, tier, evidence, steps, correlation_id, created_at)
				SELECT 'dec_' || ($2 * 1000 + i), 'thr_1', 'sub_1', 'answer', 'Title', 0, 0, 'auto', 'auto', '{}', '{}', '', $1 FROM n`,
			`INSERT INTO pattern_matches (decision_id, pattern_id, role, plan, score, probability, reliability, confidence, model, at)
				SELECT 'dec_' || ($2 * 1000 + i), CASE WHEN i < 5 THEN 'pat_1' ELSE 'pat_2' END, 'chosen', '', 0, 0, 0, 0, '', $1 FROM n`,
			`INSERT INTO runs (decision_id, thread_id, steps, next_step, last, status, started_by, created_at, updated_at)
				SELECT 'dec_' || ($2 * 1000 + i), 'thr_1', '{}', 1, '', 'done', 'system:decide', $1, $1 FROM n`,
			`INSERT INTO proposals (id, decision_id, thread_id, tier, status, edited, decided_by, reason, created_at)
				SELECT 'prop_' || ($2 * 1000 + i), 'dec_' || ($2 * 1000 + i), 'thr_1', 'approve', 'approved', FALSE, '', '', $1 FROM n`,
			`INSERT INTO escalations (id, thread_id, decision_id, reason, summary, priority, status, due_at, reminders, acknowledged_by, created_at)
				SELECT 'esc_' || ($2 * 1000 + i), 'thr_1', 'dec_' || ($2 * 1000 + i), '', '', 'normal', 'closed', $1, 0, '', $1 FROM n`,
			`INSERT INTO overrides (id, decision_id, thread_id, kind, reason, actor, at)
				SELECT 'ovr_' || ($2 * 1000 + i), 'dec_' || ($2 * 1000 + i), 'thr_1', 'replied', '', '', $1 FROM n`,
			`INSERT INTO executions (id, action, params, idempotency_key, outcome, detail, proofs, requested_by, attempts, correlation_id, created_at)
				SELECT 'exe_' || ($2 * 1000 + i), 'unlock_door', '{}', 'k' || ($2 * 1000 + i), 'success', '', '{}', 'user:a', 0, '', $1 FROM n`,
			`INSERT INTO precedents (id, pattern_id, text, context, decision_id, actor, at)
				SELECT 'pre_' || ($2 * 1000 + i), 'pat_1', '', '{}', 'dec_' || ($2 * 1000 + i), '', $1 FROM n`,
			`INSERT INTO alone_decisions (decision_id, thread_id, pattern_id, tier, allowed, action, action_class, draw, share, verdict, because, at)
				SELECT 'dec_' || ($2 * 1000 + i), 'thr_1', 'pat_1', 'auto', FALSE, '', 'words', 0, 0, CASE WHEN i < 3 THEN 'disagreed' ELSE 'agreed' END, '', $1 FROM n`,
			`INSERT INTO reviews (decision_id, thread_id, share, answer, reason, note, actor, created_at)
				SELECT 'dec_' || ($2 * 1000 + i), 'thr_1', 1, CASE WHEN i < 3 THEN '' ELSE 'right' END, '', '', '', $1 FROM n`,
			`INSERT INTO decision_truths (decision_id, pattern_id, tier, alone, share, score, probability, confidence, fits, good, at, updated_at)
				SELECT 'dec_' || ($2 * 1000 + i), 'pat_1', 'auto', TRUE, 1, 0, 0, 0, 'yes', 'yes', $1, $1 FROM n`,
		} {
			storetest.Exec(t, tenant, regexp.MustCompile(`(?s)^(INSERT.*?\))(\s+SELECT)`).ReplaceAllString(q, "$1 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)$2"), at, day)
		}
	}
	if pool, _, ok := c.Postgres(); ok {
		if _, err := pool.Exec(t.Context(), "ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
	since := now.Add(-24 * time.Hour)
	for name, ask := range map[string]func(q *store.Queries){
		"matters": func(q *store.Queries) {
			_, _ = q.CountMatters(t.Context(), store.CountMattersParams{Since: since, Until: now})
		},
		"interventions": func(q *store.Queries) {
			_, _ = q.CountInterventions(t.Context(), store.CountInterventionsParams{Since: since, Until: now})
		},
		"patterns used": func(q *store.Queries) {
			_, _ = q.FindPatternsUsed(t.Context(), store.FindPatternsUsedParams{Since: since, Until: now, Size: 200})
		},
		"cases": func(q *store.Queries) {
			_, _ = q.FindCaseTimes(t.Context(), store.FindCaseTimesParams{Pattern: "pat_1", Since: since, Until: now, Size: 5})
		},
		"truths": func(q *store.Queries) {
			_, _ = q.FindTruthsBetween(t.Context(), store.FindTruthsBetweenParams{Since: since, Until: now, Size: 1000})
		},
		"newest truth": func(q *store.Queries) { _, _ = q.FindNewestTruth(t.Context()) },
		"would have": func(q *store.Queries) {
			_, _ = q.CountWouldHave(t.Context(), store.CountWouldHaveParams{Since: since})
		},
		"disagreements": func(q *store.Queries) {
			_, _ = q.FindDisagreements(t.Context(), store.FindDisagreementsParams{Since: since, Size: 20})
		},
		"reviews waiting": func(q *store.Queries) { _, _ = q.CountReviews(t.Context(), "") },
		"next review":     func(q *store.Queries) { _, _ = q.FindReviews(t.Context(), store.FindReviewsParams{Size: 1}) },
	} {
		heard := &capture{}
		func() {
			defer func() { _ = recover() }() // a query for one row finds none to read
			ask(store.New(heard))
		}()
		plan, err := store.PlanForTest(t.Context(), tenant, heard.query, heard.args...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if wholes.MatchString(plan) {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}
