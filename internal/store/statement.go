package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// stmtCache keeps prepared statements by their text, for the SQLite driver, which compiles a query
// at each call otherwise. A nil *stmtCache keeps nothing.
type stmtCache struct {
	db *sql.DB
	mu sync.RWMutex // guards stmts
	// stmts are bound to the pool; database/sql prepares each once per connection.
	stmts map[string]*sql.Stmt
}

func newStmtCache(db *sql.DB) *stmtCache { return &stmtCache{db: db, stmts: map[string]*sql.Stmt{}} }

// in returns the DBTX that runs queries of tx. Queries that were not prepared yet are run plainly
// and noted in unprepared: preparing for the pool needs a second connection, which the writer's pool
// of one does not have while tx is open.
func (c *stmtCache) in(tx *sql.Tx, unprepared *[]string) DBTX {
	if c == nil {
		return tx
	}
	return cachedTx{Tx: tx, cache: c, unprepared: unprepared}
}

// prepare prepares queries. A failure is no harm: the query then runs plainly again.
func (c *stmtCache) prepare(ctx context.Context, queries []string) {
	if c == nil || len(queries) == 0 || ctx.Err() != nil {
		return
	}
	for _, q := range queries {
		c.mu.Lock()
		_, known := c.stmts[q]
		c.mu.Unlock()
		if known {
			continue
		}
		s, err := c.db.PrepareContext(ctx, q)
		if err != nil {
			return
		}
		c.mu.Lock()
		if _, known := c.stmts[q]; known {
			_ = s.Close()
		} else {
			c.stmts[q] = s
		}
		c.mu.Unlock()
	}
}

func (c *stmtCache) find(query string) (*sql.Stmt, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s, ok := c.stmts[query]
	return s, ok
}

func (c *stmtCache) close() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for q, s := range c.stmts {
		errs = append(errs, s.Close())
		delete(c.stmts, q)
	}
	return errors.Join(errs...)
}

// cachedTx runs queries by the cache's statements.
type cachedTx struct {
	*sql.Tx
	cache      *stmtCache
	unprepared *[]string
}

func (c cachedTx) bound(ctx context.Context, query string) (*sql.Stmt, bool) {
	s, ok := c.cache.find(query)
	if !ok {
		*c.unprepared = append(*c.unprepared, query)
		return nil, false
	}
	return c.StmtContext(ctx, s), true
}

func (c cachedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s, ok := c.bound(ctx, query); ok {
		return s.ExecContext(ctx, args...)
	}
	return c.Tx.ExecContext(ctx, query, args...)
}

func (c cachedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s, ok := c.bound(ctx, query); ok {
		return s.QueryContext(ctx, args...)
	}
	return c.Tx.QueryContext(ctx, query, args...)
}

func (c cachedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s, ok := c.bound(ctx, query); ok {
		return s.QueryRowContext(ctx, args...)
	}
	return c.Tx.QueryRowContext(ctx, query, args...)
}
