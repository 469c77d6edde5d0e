package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// node shows, on PostgreSQL, that this process lives: a connection of its own holds an advisory lock
// that is named for the node, and the server gives the lock back the moment the process is gone. Jobs
// that a node which shows no life left running are made available to the others, as soon as the time
// that their kind may take is over, and inward work after seconds. Until then somebody who is merely cut
// off might still be at work.
//
// Without it such jobs would wait for River's rescue, which knows no nodes and therefore must wait longer
// than the slowest kind of job takes.
type node struct {
	pool   *pgxpool.Pool
	schema string // of the job queue
	name   string
	limits map[string]time.Duration // by kind
	every  time.Duration
	log    *slog.Logger

	stop    context.CancelFunc
	stopped sync.WaitGroup
}

// nodeLock is the first half of the lock's key; the second is a hash of the schema and the name. Nodes
// whose hashes collide take each other for alive and are left to River's rescue.
const nodeLock = 0x6e6f6465

// start shows life and begins to look after the others. Jobs that this node left running before it was
// started again are taken up at once, unless another process of the same name shows life.
func (n *node) start(ctx context.Context) error {
	conn, own, err := n.show(ctx)
	if err != nil {
		return err
	}
	if own {
		if _, err := conn.Exec(ctx, `UPDATE `+pgx.Identifier{n.schema, "river_job"}.Sanitize()+` SET state = 'available', scheduled_at = now()
			WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1`, n.name); err != nil {
			_ = conn.Close(ctx)
			return fmt.Errorf("take up interrupted jobs: %w", err)
		}
	} else {
		n.log.WarnContext(ctx, "another process has this node's name; give each its own", "event.action", "jobs.node", "host.name", n.name)
	}
	ctx, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	n.stopped.Go(func() { n.watch(ctx, conn) })
	return nil
}

func (n *node) close() {
	n.stop()
	n.stopped.Wait()
}

// show opens the connection whose lock shows that the node lives. own is false while another holds it.
func (n *node) show(ctx context.Context) (conn *pgx.Conn, own bool, err error) {
	if conn, err = pgx.ConnectConfig(ctx, n.pool.Config().ConnConfig); err != nil {
		return nil, false, fmt.Errorf("connect to show that the node lives: %w", err)
	}
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, hashtext($2))", nodeLock, n.schema+"/"+n.name).Scan(&own); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, false, fmt.Errorf("show that the node lives: %w", err)
	}
	return conn, own, nil
}

// watch takes up what nodes that are gone have left, and shows life again when the connection broke.
func (n *node) watch(ctx context.Context, conn *pgx.Conn) {
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	again := time.NewTicker(n.every)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		if conn.IsClosed() {
			shown, _, err := n.show(ctx)
			if err != nil {
				n.complain(ctx, err)
				continue
			}
			conn = shown
		}
		if err := n.takeUp(ctx, conn); err != nil {
			n.complain(ctx, err)
			_ = conn.Close(context.WithoutCancel(ctx)) // it may be half dead
		}
	}
}

func (n *node) complain(ctx context.Context, err error) {
	if ctx.Err() == nil {
		n.log.WarnContext(ctx, "the jobs of other nodes cannot be looked after", "event.action", "jobs.node", "event.outcome", "failure", "error.message", err.Error())
	}
}

// takeUp makes the jobs of nodes that are gone available, and those that began before the server did: River's moves do not
// wait for the disk, so that a crash of the server may have undone what became of them.
func (n *node) takeUp(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	kinds, seconds := make([]string, 0, len(n.limits)), make([]float64, 0, len(n.limits))
	for kind, limit := range n.limits {
		kinds, seconds = append(kinds, kind), append(seconds, limit.Seconds())
	}
	tag, err := conn.Exec(ctx, `UPDATE `+pgx.Identifier{n.schema, "river_job"}.Sanitize()+` AS j SET state = 'available', scheduled_at = now()
		FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS DOUBLE PRECISION[])) AS l (kind, seconds)
		WHERE j.state = 'running' AND j.kind = l.kind AND j.attempted_at < now() - make_interval(secs => l.seconds)
			AND (j.attempted_at < pg_postmaster_start_time() OR NOT EXISTS (SELECT 1 FROM pg_locks k JOIN pg_database d ON d.oid = k.database WHERE d.datname = current_database()
				AND k.locktype = 'advisory' AND k.granted AND k.objsubid = 2 AND CAST(k.classid AS BIGINT) = $3
				AND CAST(k.objid AS BIGINT) = CAST(hashtext($4 || j.attempted_by[array_upper(j.attempted_by, 1)]) AS BIGINT) & 4294967295))`,
		kinds, seconds, nodeLock, n.schema+"/")
	if err != nil {
		return fmt.Errorf("take up the jobs of nodes that are gone: %w", err)
	}
	if taken := tag.RowsAffected(); taken > 0 {
		n.log.WarnContext(ctx, "jobs of a node that is gone are taken up", "event.action", "jobs.take_up", "labels.jobs", taken)
	}
	return nil
}

// nodeFor returns this process as a node of an installation on PostgreSQL.
func (r *Runner) nodeFor(pool *pgxpool.Pool, schema string) *node {
	return &node{pool: pool, schema: schema, name: r.cfg.Node, limits: r.registry.limits, every: r.cfg.Look, log: r.registry.log}
}

// limit is how long one try of a kind of job may take, with a margin for what its clean-up takes.
func (r *Registry) limit(kind string, timeout time.Duration) {
	r.limits[kind] = timeout + lostWithin + time.Second
}
