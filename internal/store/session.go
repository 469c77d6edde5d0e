package store

import (
	"context"
	"database/sql"
)

// session is a transaction of the database, with the connection that it runs on. Its context is given to
// each of its methods, entered already.
type session struct {
	t       *Tenant
	tx      *Tx
	relaxed bool // its commit does not wait for the disk

	first  bool // somebody outside waits for it
	work   bool // a job does it
	shared bool // it holds one of its club's share of connections
	conn   *sql.Conn
	sql    *sql.Tx
	db     DBTX // runs statements in it; nil before begin
	cancel context.CancelFunc
}

// purpose is what its share of the connections is for.
func (s *session) purpose() int {
	switch {
	case s.first || s.tx.Urgent:
		return forOutside
	case s.work && s.tx.writable && !s.relaxed:
		return forWork
	}
	return forOther
}

func (s *session) begin(ctx context.Context) error {
	t := s.t
	pool := t.db.read
	if s.tx.writable {
		pool = t.db.write
	}
	if t.db.shares != nil {
		if err := t.db.shares.take(ctx, t.Slug, t.clock.Now(), s.purpose()); err != nil {
			return translate(err)
		}
		s.shared = true
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return translate(err)
	}
	s.conn = conn
	if t.cache != nil {
		if s.tx.writable && t.db.foreign != nil && t.db.foreign.moved(ctx, conn) {
			t.cache.Forget(t.Slug, nil)
		}
		s.tx.mark = t.cache.Mark(t.Slug)
	}
	// The caller's context ends the queries, but not a commit under way: whether one that was cut off
	// counts, nobody could say. Its own limit is far beyond any transaction of ours.
	txCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), txLimit)
	s.cancel = cancel
	if s.sql, err = conn.BeginTx(txCtx, &sql.TxOptions{ReadOnly: !s.tx.writable}); err != nil {
		return translate(err)
	}
	if s.relaxed && t.db.relax != "" {
		if _, err := s.sql.ExecContext(ctx, t.db.relax); err != nil {
			return translate(err)
		}
	}
	s.db = faulty(ctx, s.sql)
	return nil
}

// settle waits for the disk after a commit that did not. Like the commit it is not cut off.
func (s *session) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), txLimit)
	defer cancel()
	return s.t.db.settle(ctx, s.conn)
}

// end rolls back what was not committed and gives the connection back.
func (s *session) end() {
	if s.sql != nil {
		_ = s.sql.Rollback() // after Commit this is a no-op
	}
	if s.cancel != nil {
		s.cancel()
	}
	if s.conn != nil {
		_ = s.conn.Close()
	}
	if s.shared {
		s.t.db.shares.give(s.t.Slug, s.purpose())
	}
}

// late is a DBTX whose transaction begins with the first statement.
type late struct{ s *session }

func (l late) db(ctx context.Context) (DBTX, error) {
	if l.s.db == nil {
		if err := l.s.begin(ctx); err != nil {
			return nil, err
		}
	}
	return l.s.db, nil
}

// ExecContext and the others are those of DBTX.
func (l late) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	db, err := l.db(l.s.t.db.enter(ctx))
	if err != nil {
		return nil, err
	}
	return db.ExecContext(ctx, query, args...)
}

// PrepareContext is not used by generated queries.
func (late) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	panic("BUG: generated queries are not prepared")
}

func (l late) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	db, err := l.db(l.s.t.db.enter(ctx))
	if err != nil {
		return nil, err
	}
	return db.QueryContext(ctx, query, args...)
}

func (l late) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	db, err := l.db(l.s.t.db.enter(ctx))
	if err != nil {
		return l.s.t.cache.replayer.QueryRowContext(context.WithoutCancel(ctx), "", replay{err: err})
	}
	return db.QueryRowContext(ctx, query, args...)
}
