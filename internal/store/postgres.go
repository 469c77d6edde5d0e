package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"clubos/internal/club"
)

// postgresEngine keeps the control plane and the job queue in schemas of their own and each tenant
// in the schema t_<slug>, which only the role r_<slug> may use. One pool serves all: a connection is
// moved to a tenant's role and search path when it last served another.
type postgresEngine struct {
	cfg  Config
	pool *pgxpool.Pool
	db   *sql.DB // the pool as database/sql
	jobs *river.Client[pgx.Tx]
	hub  *hub
	// flush is the statement after which what was committed before it is durable; "": there is none.
	flush string

	shares *shares

	stop    context.CancelFunc
	stopped sync.WaitGroup
	losses  atomic.Int64 // of the connection that hears of changes
}

type schemaKey struct{}

// scope is where a connection works. The zero scope is the login role in the control schema.
type scope struct{ schema, role string }

const changeChannel = "clubos_change"

func openPostgres(ctx context.Context, cfg Config, h *hub) (*postgresEngine, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, club.Invalid("the database URL cannot be read (it is not shown here, for it may hold a password)")
	}
	pc.MaxConns = int32(cfg.MaxConns)
	pc.ConnConfig.ConnectTimeout = 5 * time.Second
	pc.PrepareConn = func(ctx context.Context, conn *pgx.Conn) (bool, error) {
		want, _ := ctx.Value(schemaKey{}).(scope)
		if err := enterScope(ctx, conn, want, cfg.ControlSchema); err != nil {
			return false, err
		}
		return true, nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("open pool: %w", err)
	}
	e := &postgresEngine{cfg: cfg, pool: pool, db: stdlib.OpenDBFromPool(pool), hub: h, shares: newShares(cfg.MaxConns)}
	e.jobs, err = river.NewClient(riverpgxv5.New(pool), &river.Config{Schema: cfg.JobsSchema, Logger: cfg.Log, Hooks: []rivertype.Hook{&soon{}}})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open job queue: %w", err)
	}
	if e.flush, err = flushing(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	listenCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.stop = stop
	e.stopped.Go(func() { e.listen(listenCtx) })
	return e, nil
}

// enterScope moves a connection to a tenant, or back, by one simple-protocol round trip.
func enterScope(ctx context.Context, conn *pgx.Conn, want scope, controlSchema string) error {
	data := conn.PgConn().CustomData()
	if have, ok := data["scope"].(scope); ok && have == want {
		return nil
	}
	schema, role := controlSchema, "NONE"
	if want != (scope{}) {
		schema, role = want.schema, want.role
	}
	// Schema and role come from a validated slug and a configured prefix; both are quoted all the same.
	quoted := role
	if role != "NONE" {
		quoted = pgx.Identifier{role}.Sanitize()
	}
	_, err := conn.Exec(ctx, "SET ROLE "+quoted+"; SET search_path TO "+pgx.Identifier{schema}.Sanitize(), pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		delete(data, "scope")
		return fmt.Errorf("enter schema: %w", err)
	}
	data["scope"] = want
	return nil
}

func (e *postgresEngine) name() string                   { return "postgres" }
func (e *postgresEngine) controlDB() *sql.DB             { return e.db }
func (e *postgresEngine) ping(ctx context.Context) error { return e.pool.Ping(ctx) }
func (e *postgresEngine) lost() int64                    { return e.losses.Load() }

func (e *postgresEngine) close() error {
	e.stop()
	e.stopped.Wait()
	err := e.db.Close()
	e.pool.Close()
	return err
}

func (e *postgresEngine) scopeOf(slug club.Slug) scope {
	return scope{schema: e.cfg.TenantPrefix + "t_" + slug.String(), role: e.cfg.TenantPrefix + "r_" + slug.String()}
}

// createTenant makes the schema and the role that may use it and nothing else.
func (e *postgresEngine) createTenant(ctx context.Context, slug club.Slug) error {
	s := e.scopeOf(slug)
	schema, role := pgx.Identifier{s.schema}.Sanitize(), pgx.Identifier{s.role}.Sanitize()
	_, err := e.pool.Exec(ctx, "CREATE ROLE "+role+" NOLOGIN")
	var pg *pgconn.PgError
	if err != nil && !(errors.As(err, &pg) && pg.Code == "42710") { // 42710: it exists, from a try cut short
		return fmt.Errorf("create role: %w", err)
	}
	for _, stmt := range []string{
		"GRANT " + role + " TO CURRENT_USER",
		"CREATE SCHEMA IF NOT EXISTS " + schema,
		"GRANT USAGE ON SCHEMA " + schema + " TO " + role,
	} {
		if _, err := e.pool.Exec(ctx, stmt); err != nil {
			return fmt.Errorf("create schema: %w", err)
		}
	}
	return nil
}

func (e *postgresEngine) openTenant(_ context.Context, slug club.Slug) (*tenantDB, error) {
	s := e.scopeOf(slug)
	return &tenantDB{
		write: e.db, read: e.db, pipelined: true, relax: "SET LOCAL synchronous_commit = off",
		enter:  func(ctx context.Context) context.Context { return context.WithValue(ctx, schemaKey{}, s) },
		jobs:   postgresJobs{client: e.jobs},
		notify: e.announce, settle: e.settle, shares: e.shares, weeks: &postgresWeeks{e, slug},
		close: func() error { return nil },
	}, nil
}

// trust tells the cache whether what other replicas change is heard here.
func (e *postgresEngine) trust(hears bool) {
	if e.cfg.Cache != nil {
		e.cfg.Cache.Trust(hears)
	}
}

// listen hands on what other replicas announce. A lost connection is opened again after a second: what was
// missed meanwhile were hints, and nothing that is kept is believed until then.
func (e *postgresEngine) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := e.listenOnce(ctx)
		e.losses.Add(1)
		e.trust(false)
		if err != nil && ctx.Err() == nil {
			e.cfg.Log.WarnContext(ctx, "change listener lost its connection", "event.action", "store.listen", "error.message", err.Error())
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
}

// A connection on which nothing comes for listenIdle is asked whether it still lives.
const (
	listenIdle = 2 * time.Second
	listenWait = time.Second
)

func (e *postgresEngine) listenOnce(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, e.pool.Config().ConnConfig)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+changeChannel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	e.trust(true)
	for {
		n, err := waitFor(ctx, conn)
		if err != nil {
			return fmt.Errorf("wait: %w", err)
		}
		var a announcement
		if n == nil || json.Unmarshal([]byte(n.Payload), &a) != nil {
			continue
		}
		if len(a.Tables) == 0 {
			e.hub.publish([]Change{a.Change})
		} else if e.cfg.Cache != nil {
			e.cfg.Cache.Forget(a.Tenant, a.touched())
		}
	}
}

// waitFor returns the next notification, or nil when none came for a while and the connection lives.
func waitFor(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	idle, cancel := context.WithTimeout(ctx, listenIdle)
	n, err := conn.WaitForNotification(idle)
	cancel()
	if err == nil || idle.Err() == nil || ctx.Err() != nil {
		return n, err
	}
	ask, cancel := context.WithTimeout(ctx, listenWait)
	defer cancel()
	return nil, conn.Ping(ask)
}

// postgresJobs inserts jobs in a tenant's transaction. The tenant's role has no right on the job
// schema, so the transaction steps out of the role. It is the last thing before the commit, which
// steps back into it.
type postgresJobs struct{ client *river.Client[pgx.Tx] }

func (j postgresJobs) enqueue(ctx context.Context, conn *sql.Conn, _ *sql.Tx, jobs []river.InsertManyParams) error {
	return conn.Raw(func(driverConn any) error {
		pc := driverConn.(*stdlib.Conn).Conn()
		if _, err := pc.Exec(ctx, "SET LOCAL ROLE NONE", pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("leave role: %w", err)
		}
		// COPY is fastest, but a job that is there already would end the transaction.
		insert := func(ctx context.Context, tx pgx.Tx, jobs []river.InsertManyParams) error {
			_, err := j.client.InsertManyFastTx(ctx, tx, jobs)
			return err
		}
		if slices.ContainsFunc(jobs, isUnique) {
			insert = func(ctx context.Context, tx pgx.Tx, jobs []river.InsertManyParams) error {
				_, err := j.client.InsertManyTx(ctx, tx, jobs)
				return err
			}
		}
		if err := insert(ctx, openTx{conn: pc}, jobs); err != nil {
			return fmt.Errorf("enqueue: %w", err)
		}
		return nil
	})
}

// isUnique reports whether a job is left out while another one like it is there.
func isUnique(job river.InsertManyParams) bool {
	return job.InsertOpts != nil && (job.InsertOpts.UniqueOpts.ByArgs || job.InsertOpts.UniqueOpts.ByPeriod > 0 || job.InsertOpts.UniqueOpts.ByQueue)
}
