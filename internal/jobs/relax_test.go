package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// TestTheQueuesOwnMovesDoNotWaitForTheDisk has the database itself write down how each move of a job is committed.
func TestTheQueuesOwnMovesDoNotWaitForTheDisk(t *testing.T) {
	t.Parallel()
	cfg := storetest.Config(t)
	cfg.Relaxed = false
	c, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	tenant := storetest.AddTenant(t, c, "aa")
	moves := watchMoves(t, c, tenant)
	done := make(chan struct{}, 1)
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(ctx context.Context, tn *store.Tenant, _ greetJob) error {
		defer func() { done <- struct{}{} }()
		return tn.Write(ctx, func(tx *store.Tx) error { return nil })
	}})
	enqueue(t, tenant, "hello", nil)
	runner := start(t, r)
	receive(t, done)
	if err := runner.Stop(t.Context()); err != nil { // what is done is stored by then
		t.Fatal(err)
	}
	if all, waited := moves(); all < 2 || waited > 0 {
		t.Errorf("%d moves, of which %d waited for the disk", all, waited)
	}
}

// watchMoves returns a count of changes of jobs so far, and of those whose commit waited for the disk.
func watchMoves(t *testing.T, c *store.Cluster, tenant *store.Tenant) func() (all, waited int) {
	t.Helper()
	pool, schema, ok := c.Postgres()
	if !ok {
		storetest.Exec(t, tenant, "CREATE TABLE moves (waits TEXT)")
		storetest.Exec(t, tenant, "CREATE TRIGGER watch_moves AFTER UPDATE ON river_job BEGIN INSERT INTO moves SELECT synchronous FROM pragma_synchronous; END")
		return func() (int, int) {
			return storetest.Count(t, tenant, "SELECT COUNT(*) FROM moves"), storetest.Count(t, tenant, "SELECT COUNT(*) FROM moves WHERE waits <> '1'")
		}
	}
	exec := func(ctx context.Context, list ...string) {
		for _, s := range list {
			if _, err := pool.Exec(ctx, s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	exec(t.Context(), fmt.Sprintf("CREATE TABLE %s.moves (waits TEXT)", schema),
		fmt.Sprintf("CREATE FUNCTION %s.note_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO %[1]s.moves VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$", schema),
		fmt.Sprintf("CREATE TRIGGER watch_moves AFTER UPDATE ON %s.river_job FOR EACH ROW EXECUTE FUNCTION %[1]s.note_move()", schema))
	t.Cleanup(func() {
		exec(context.WithoutCancel(t.Context()), fmt.Sprintf("DROP TRIGGER watch_moves ON %s.river_job", schema), fmt.Sprintf("DROP FUNCTION %s.note_move()", schema), fmt.Sprintf("DROP TABLE %s.moves", schema))
	})
	return func() (all, waited int) {
		err := pool.QueryRow(t.Context(), fmt.Sprintf("SELECT COUNT(*), COUNT(*) FILTER (WHERE waits <> 'off') FROM %s.moves", schema)).Scan(&all, &waited)
		if err != nil {
			t.Fatal(err)
		}
		return all, waited
	}
}
