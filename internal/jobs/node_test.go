package jobs_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// abandon enqueues a job and leaves it as a node would that began it a while ago: longer than the job's
// kind may take, shorter than River's own rescue waits.
func abandon(t *testing.T, c *store.Cluster, tenant *store.Tenant, word, node string) {
	t.Helper()
	enqueue(t, tenant, word, jobs.At(time.Now().Add(time.Hour)))
	pool, schema, _ := c.Postgres()
	tag, err := pool.Exec(t.Context(), `UPDATE `+pgx.Identifier{schema, "river_job"}.Sanitize()+` SET state = 'running', attempt = 1,
		attempted_by = array_append(attempted_by, $1), attempted_at = greatest(now() - interval '1 minute', pg_postmaster_start_time()) WHERE args->>'word' = $2`, node, word)
	if err != nil || tag.RowsAffected() != 1 {
		t.Fatalf("abandon a job: %v, %v", tag, err)
	}
}

func TestJobsOfAReplicaThatIsGoneAreTakenUpAndThoseOfOneThatLivesAreNot(t *testing.T) {
	t.Parallel()
	if storetest.DatabaseURL() == "" {
		t.Skip("SQLite is served by one process")
	}
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	began := make(chan string, 4)
	run := func(node string) *jobs.Runner {
		r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
		jobs.Handle(r, jobs.Handler[greetJob]{Timeout: time.Second, Work: func(_ context.Context, _ *store.Tenant, j greetJob) error {
			began <- j.Word
			return nil
		}})
		runner := jobs.NewRunner(r, jobs.Config{Node: node, Poll: 20 * time.Millisecond, Look: 20 * time.Millisecond})
		if err := runner.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = runner.Stop(context.WithoutCancel(t.Context())) })
		return runner
	}
	alive := run("alive")
	abandon(t, c, tenant, "under way", "alive")
	run("other")
	abandon(t, c, tenant, "abandoned", "gone")
	if word := receive(t, began); word != "abandoned" {
		t.Errorf("a replica began %q, which another one that lives is at", word)
	}
	if err := alive.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if word := receive(t, began); word != "under way" {
		t.Errorf("after the replica was gone, %q began", word)
	}
}

// TestAJobFromBeforeTheServersStartIsTakenUpThoughItsReplicaLives has a job as a crash of the server leaves it that undid what
// had become of it.
func TestAJobFromBeforeTheServersStartIsTakenUpThoughItsReplicaLives(t *testing.T) {
	t.Parallel()
	if storetest.DatabaseURL() == "" {
		t.Skip("SQLite is served by one process")
	}
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	began := make(chan string, 4)
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{Timeout: time.Second, Work: func(_ context.Context, _ *store.Tenant, j greetJob) error {
		began <- j.Word
		return nil
	}})
	startAs(t, r, jobs.Config{Node: "alive", Poll: 20 * time.Millisecond, Look: 20 * time.Millisecond})
	abandon(t, c, tenant, "under way", "alive")
	abandon(t, c, tenant, "undone", "alive")
	pool, schema, _ := c.Postgres()
	if _, err := pool.Exec(t.Context(), `UPDATE `+pgx.Identifier{schema, "river_job"}.Sanitize()+` SET attempted_at = pg_postmaster_start_time() - interval '1 minute'
		WHERE args->>'word' = 'undone'`); err != nil {
		t.Fatal(err)
	}
	if word := receive(t, began); word != "undone" {
		t.Errorf("a replica began %q anew, which it is at", word)
	}
}

func TestASecondProcessOfOneNameLeavesTheFirstOneItsJobs(t *testing.T) {
	t.Parallel()
	if storetest.DatabaseURL() == "" {
		t.Skip("SQLite is served by one process")
	}
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	began, finish := make(chan string, 4), make(chan struct{})
	run := func() {
		r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
		jobs.Handle(r, jobs.Handler[greetJob]{Work: func(_ context.Context, _ *store.Tenant, j greetJob) error {
			began <- j.Word
			if j.Word == "long" {
				<-finish
			}
			return nil
		}})
		start(t, r)
	}
	run()
	enqueue(t, tenant, "long", nil)
	receive(t, began)
	run()
	enqueue(t, tenant, "short", nil)
	if word := receive(t, began); word != "short" {
		t.Errorf("the second process began %q, which the first is at", word)
	}
	close(finish)
}

func TestAJobThatIsThereAlreadyIsLeftOutAndTheRestIsStored(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	once := &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
	for range 2 {
		err := tenant.Write(t.Context(), func(tx *store.Tx) error {
			m := jobs.Meta{Tenant: tx.Tenant}
			tx.Enqueue(greetJob{Meta: m, Word: "once"}, once)
			tx.Enqueue(greetJob{Meta: m, Word: "each time"}, nil)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := len(jobstest.Pending[greetJob](t, c, tenant)); n != 3 {
		t.Errorf("%d jobs are stored, want 3", n)
	}
}

func TestTheBacklogIsCountedByQueueAndState(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	enqueue(t, storetest.AddTenant(t, c, "aa"), "soon", nil)
	enqueue(t, storetest.AddTenant(t, c, "north"), "soon", nil)
	enqueue(t, storetest.OpenTenant(t, c, "north"), "later", jobs.At(time.Now().Add(time.Hour)))
	got, err := jobs.NewRunner(jobs.NewRegistry(c, slog.New(slog.DiscardHandler)), jobs.Config{Node: "test"}).Backlog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []jobs.Backlog{{Queue: jobs.QueueDefault, State: "available", Jobs: 2}, {Queue: jobs.QueueDefault, State: "scheduled", Jobs: 1}}
	for i := range got {
		if age := time.Since(got[i].Oldest); age < -2*time.Hour || age > time.Minute {
			t.Errorf("the oldest job that is %s was due %s ago", got[i].State, age)
		}
		got[i].Oldest = time.Time{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("backlog (-want +got):\n%s", diff)
	}
}

// TestAJobThatIsTakenUpInTheMomentOfItsEndEndsInItsNextTry holds a job's row as it is taken up, while the replica that
// was thought gone stores its end: River would panic at what it is told of that.
func TestAJobThatIsTakenUpInTheMomentOfItsEndEndsInItsNextTry(t *testing.T) {
	t.Parallel()
	if storetest.DatabaseURL() == "" {
		t.Skip("SQLite is served by one process")
	}
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	pool, schema, _ := c.Postgres()
	begun, finish := make(chan struct{}, 4), make(chan struct{})
	r := jobs.NewRegistry(c, slog.New(slog.DiscardHandler))
	jobs.Handle(r, jobs.Handler[greetJob]{Work: func(context.Context, *store.Tenant, greetJob) error {
		begun <- struct{}{}
		<-finish
		return nil
	}})
	start(t, r)
	enqueue(t, tenant, "long", nil)
	receive(t, begun)
	other, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback(context.WithoutCancel(t.Context())) }() // it was committed
	var holder int
	if err := other.QueryRow(t.Context(), `UPDATE `+pgx.Identifier{schema, "river_job"}.Sanitize()+` SET state = 'available', scheduled_at = now()
		WHERE state = 'running' AND kind = $1 RETURNING pg_backend_pid()`, greetJob{}.Kind()).Scan(&holder); err != nil {
		t.Fatal(err)
	}
	close(finish)
	for waiting := 0; waiting == 0; { // the statement that stores the end
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))`, holder).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	receive(t, begun)
	for ended := 0; ended == 0; {
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM `+pgx.Identifier{schema, "river_job"}.Sanitize()+` WHERE state = 'completed' AND attempt = 2 AND kind = $1`, greetJob{}.Kind()).Scan(&ended); err != nil {
			t.Fatal(err)
		}
	}
}
