package act

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/knowledge"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// rename gives a table another name. A club's own role may not do that on PostgreSQL.
func (w *world) rename(from, to string) {
	w.t.Helper()
	if storetest.DatabaseURL() == "" {
		storetest.Exec(w.t, w.tenant, "ALTER TABLE "+from+" RENAME TO "+to)
		return
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, storetest.DatabaseURL())
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	schema := store.SchemaForTest(w.cluster, w.tenant.Slug)
	if _, err := conn.Exec(ctx, "ALTER TABLE "+pgx.Identifier{schema, from}.Sanitize()+" RENAME TO "+pgx.Identifier{to}.Sanitize()); err != nil {
		w.t.Fatal(err)
	}
}

// without takes a table away for as long as fn runs.
func (w *world) without(table string, fn func()) {
	w.t.Helper()
	w.rename(table, table+"_away")
	defer w.rename(table+"_away", table)
	fn()
}

func TestActWhoseRowsCannotBeReadOrWrittenIsNotDone(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.decide(w.thread)
	w.start(Run{Decision: d, Steps: []knowledge.Step{{Action: "unlock_door"}, {Reply: "Open."}}, By: operator})
	job := jobstest.Pending[runJob](t, w.cluster, w.tenant)[0]
	for _, table := range []string{"threads", "members", "bookings", "locations", "bays", "devices", "settings", "cooldowns", "executions", "audit_entries", "runs", "decisions"} {
		w.without(table, func() {
			if err := w.engine.walk(t.Context(), w.tenant, job); err == nil {
				t.Errorf("without %s the run went on", table)
			}
			if table == "runs" || table == "decisions" {
				return
			}
			if _, _, err := w.engine.Request(t.Context(), w.tenant, operator, w.thread.ID, "unlock_door", nil, Ground{}); err == nil {
				t.Errorf("without %s the gate answered", table)
			}
		})
	}
	if n := storetest.Count(t, w.tenant, "SELECT COUNT(*) FROM executions"); n != 0 || w.vendor.calls != 0 {
		t.Errorf("%d executions, %d calls", n, w.vendor.calls)
	}
	w.drain()
	w.effects("unlock d1")
	if r, _ := w.runOf(d); r.Status != runDone {
		t.Errorf("the run is %s", r.Status)
	}
}

func TestDeviceActWithoutItsRowsIsNotDone(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.place(w.bay)
	for _, table := range []string{"devices", "bays", "bookings", "executions"} {
		w.without(table, func() {
			if _, _, err := w.engine.Request(t.Context(), w.tenant, operator, w.thread.ID, "restart_trackman", nil, Ground{}); err == nil {
				t.Errorf("without %s the gate answered", table)
			}
		})
	}
	if w.vendor.calls != 0 {
		t.Error("the vendor was called")
	}
}

func TestCallThatCannotBePreparedOrRecordedIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	w := build(t)
	id, _ := w.request(operator, "restart_trackman", nil, "")
	for _, table := range []string{"executions", "settings", "devices", "locations"} {
		w.without(table, func() {
			if err := w.engine.execute(t.Context(), w.tenant, executeJob{Execution: id}); err == nil {
				t.Errorf("without %s it was called", table)
			}
		})
	}
	if w.vendor.calls != 0 {
		t.Error("the vendor was called")
	}
	w.engine.crash = func(p failpoint.Point) error {
		if p == failpoint.ActCalled {
			w.engine.crash = failpoint.Pass
			w.rename("audit_entries", "audit_entries_away")
		}
		return nil
	}
	if err := w.engine.execute(t.Context(), w.tenant, executeJob{Execution: id}); err == nil {
		t.Error("the call was recorded without its audit entry")
	}
	w.rename("audit_entries_away", "audit_entries")
	for range 2 { // taken up again, it is looked after and not called
		if err := w.engine.execute(t.Context(), w.tenant, executeJob{Execution: id}); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"executions", "devices"} {
		w.without(table, func() {
			if err := w.engine.verify(t.Context(), w.tenant, verifyJob{Execution: id}); err == nil {
				t.Errorf("without %s it was verified", table)
			}
		})
	}
	w.clock.Advance(30 * 1e9)
	for _, table := range []string{"runs", "audit_entries"} {
		w.without(table, func() {
			if err := w.engine.verify(t.Context(), w.tenant, verifyJob{Execution: id}); err == nil {
				t.Errorf("without %s the outcome was recorded", table)
			}
		})
	}
	w.drain()
	if x := w.executions()[0]; x.Outcome != club.OutcomeSuccess || w.vendor.calls != 1 {
		t.Errorf("ended as %s after %d calls", x.Outcome, w.vendor.calls)
	}
}

func TestRejectedCallIsRecordedWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	w := build(t)
	w.vendor.answers = []error{errRefused}
	id, _ := w.request(operator, "unlock_door", nil, "")
	w.engine.crash = func(p failpoint.Point) error {
		if p == failpoint.ActCalled {
			w.rename("cooldowns", "cooldowns_away")
		}
		return nil
	}
	if err := w.engine.execute(t.Context(), w.tenant, executeJob{Execution: id}); err == nil {
		t.Error("recorded although the cooldown could not be given back")
	}
	w.rename("cooldowns_away", "cooldowns")
	w.engine.crash = failpoint.Pass
	w.drain()
	w.effects()
	w.called("unlock door was sent, but it is not known whether it worked")
}

func TestStepsWhoseRowsAreAwayAreTakenAgain(t *testing.T) {
	t.Parallel()
	w := build(t)
	for name, c := range map[string]struct {
		step   knowledge.Step
		tables []string
	}{
		"a reply":       {knowledge.Step{Reply: "Hello {{bay}}"}, []string{"settings", "messages", "locations", "bays", "devices", "bookings", "subjects"}},
		"a question":    {knowledge.Step{Ask: "Which?", Expect: knowledge.ExpectText}, []string{"messages", "audit_entries"}},
		"a ticket":      {knowledge.Step{Ticket: "Look at {{bay}}"}, []string{"bays"}},
		"an escalation": {knowledge.Step{Escalate: "Look"}, []string{"bays", "audit_entries"}},
	} {
		w.reset()
		if err := store.FinishJobsForTest(t.Context(), w.cluster, w.tenant, "run_step"); err != nil {
			t.Fatal(err)
		}
		w.run([]knowledge.Step{c.step}, nil)
		job := jobstest.Pending[runJob](t, w.cluster, w.tenant)[0]
		for _, table := range c.tables {
			w.without(table, func() {
				if err := w.engine.walk(t.Context(), w.tenant, job); err == nil {
					t.Errorf("%s was done without %s", name, table)
				}
			})
		}
		w.drain()
		if n := len(w.texts()) + len(w.tickets) + len(w.reasons); n != 1 {
			t.Errorf("%s was done %d times", name, n)
		}
	}
}

func TestStartWithoutItsRowsStartsNothing(t *testing.T) {
	t.Parallel()
	w := build(t)
	d := w.decide(w.thread)
	for _, table := range []string{"subjects", "runs", "audit_entries"} {
		w.without(table, func() {
			err := w.tenant.Write(t.Context(), func(tx *store.Tx) error {
				return w.engine.Start(t.Context(), tx, w.keys, Run{Decision: d, Steps: frozen, Reply: "x", By: operator})
			})
			if err == nil {
				t.Errorf("started without %s", table)
			}
		})
	}
	for _, table := range []string{"executions", "runs"} {
		w.without(table, func() {
			if err := w.engine.sweep(t.Context(), w.tenant); err == nil {
				t.Errorf("swept without %s", table)
			}
		})
	}
	if n := len(jobstest.Pending[runJob](t, w.cluster, w.tenant)); n != 0 {
		t.Errorf("%d jobs", n)
	}
}
