package result

import (
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// A pattern takes people twenty minutes the first five times and the machine two thereafter.
func TestAReportCountsWhatWasDoneAndHowLongItTook(t *testing.T) {
	t.Parallel()
	c, clock := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	start := clock.Now()
	exec := func(query string, args ...any) {
		t.Helper()
		storetest.Exec(t, tenant, query, args...)
	}
	exec(`INSERT INTO locations (id, slug, name, time_zone, details, created_at, updated_at) VALUES ('loc_1', 'a', 'A', 'UTC', '{}', $1, $1), ('loc_2', 'b', 'B', 'UTC', '{}', $1, $1)`, start)
	exec("INSERT INTO subjects (id, consent, created_at, updated_at) VALUES ('sub_1', 'given', $1, $1)", start)
	exec(`INSERT INTO threads (id, subject_id, location_id, line, provider, status, priority, version, unread, snippet, awaiting, episode_at, correlation_id, created_at, updated_at)
		VALUES ('thr_1', 'sub_1', 'loc_1', '', '', 'answered', 'normal', 1, 0, '', '', $1, '', $1, $1)`, start)
	exec(`INSERT INTO decision_patterns (id, domain, title, steps, state, ceiling, epoch, earned, version, created_by, created_at, updated_at)
		VALUES ('pat_1', 'decision', 'T', '{}', 'active', 'auto', 1, 'auto', 1, '', $1, $1)`, start)
	for i := range 12 {
		clock.Advance(24 * time.Hour)
		id, at := club.NewDecisionID(clock.Now()), clock.Now()
		first := i < 5
		kind, tier, took, role := "answer", "auto", 2*time.Minute, "chosen"
		if first {
			kind, tier, took, role = "escalate", "escalate", 20*time.Minute, "taught"
		}
		exec(`INSERT INTO decisions (id, thread_id, subject_id, kind, title, sop_version, confidence, earned_tier, tier, evidence, steps, location_id, correlation_id, created_at)
			VALUES ($1, 'thr_1', 'sub_1', $2, 'T', 0, 0.9, $3, $3, '{}', '{}', 'loc_1', '', $4)`, id, kind, tier, at)
		exec(`INSERT INTO pattern_matches (decision_id, pattern_id, role, plan, score, probability, reliability, confidence, model, at) VALUES ($1, 'pat_1', $2, '', 0, 0, 0, 0, '', $3)`, id, role, at)
		if first {
			exec(`INSERT INTO escalations (id, thread_id, decision_id, reason, summary, priority, status, due_at, reminders, acknowledged_by, created_at)
				VALUES ($1, 'thr_1', $2, '', '', 'normal', 'closed', $3, 0, '', $3)`, club.NewEscalationID(at), id, at)
			exec(`INSERT INTO precedents (id, pattern_id, text, context, decision_id, actor, at) VALUES ($1, 'pat_1', '', '{}', $2, '', $3)`, club.NewPrecedentID(at), id, at.Add(took))
			continue
		}
		exec(`INSERT INTO runs (decision_id, thread_id, steps, next_step, last, status, started_by, created_at, updated_at) VALUES ($1, 'thr_1', '{}', 1, '', 'done', 'system:decide', $2, $3)`, id, at, at.Add(took))
		exec(`INSERT INTO alone_decisions (decision_id, thread_id, pattern_id, location_id, tier, allowed, action, action_class, draw, share, verdict, because, at)
			VALUES ($1, 'thr_1', 'pat_1', 'loc_1', 'auto', FALSE, '', 'words', 0, 0, $2, 'because', $3)`, id, map[bool]string{true: "disagreed", false: "agreed"}[i == 11], at)
	}
	clock.Advance(time.Hour)
	look := func(q Query) (r Report) {
		t.Helper()
		q.Thresholds = club.DefaultThresholds()
		if err := tenant.Read(t.Context(), func(tx *store.Tx) (err error) { r, err = Look(t.Context(), tx, q); return err }); err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := look(Query{Days: 30})
	if r.Matters != 12 || r.Automated != 7 || r.Interventions.Escalations != 5 || r.Per100() != 100*5.0/12 || r.Share() != 7.0/12 {
		t.Errorf("the work is %+v", r.Work)
	}
	if r.Repeat.Patterns != 1 || r.Repeat.Cases != 7 || r.Repeat.First != 20*time.Minute || r.Repeat.Later != 2*time.Minute || r.Repeat.Change != -0.9 {
		t.Errorf("repeated issues are %+v", r.Repeat)
	}
	if r.Would.Decisions != 7 || r.Would.Agreed != 6 || r.Would.Disagreed != 1 || len(r.Would.ByPlace) != 1 || r.Would.ByPattern[0].Title != "T" || len(r.Would.List) != 1 || r.Would.List[0].Because != "because" {
		t.Errorf("what would have been done is %+v", r.Would)
	}
	sum := 0
	for _, w := range r.Weeks {
		sum += w.Matters
	}
	if len(r.Weeks) != 5 || sum != r.Matters {
		t.Errorf("%d weeks hold %d matters", len(r.Weeks), sum)
	}
	if r := look(Query{Days: 7}); r.Matters != 7 || r.Before.Matters != 5 || r.Before.Automated != 0 {
		t.Errorf("of a week: %+v, before %+v", r.Work, r.Before)
	}
	for name, q := range map[string]Query{"another location": {Days: 30, Location: "loc_2"}, "another scope": {Days: 30, Scope: ",loc_2,"}} {
		if r := look(q); r.Matters != 0 || r.Interventions.Sum() != 0 || r.Repeat.Patterns != 0 || r.Would.Decisions != 0 {
			t.Errorf("%s: %+v", name, r.Work)
		}
	}
}
