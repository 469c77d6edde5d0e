package store

import (
	"context"

	"clubos/internal/club"
)

// ExecForTest runs a statement in a write transaction of the tenant.
func ExecForTest(ctx context.Context, t *Tenant, query string, args ...any) error {
	return t.Write(ctx, func(tx *Tx) error {
		_, err := tx.db.ExecContext(ctx, query, args...)
		return err
	})
}

// CountForTest returns the one integer that a query yields.
func CountForTest(ctx context.Context, t *Tenant, query string, args ...any) (n int, err error) {
	err = t.Read(ctx, func(tx *Tx) error { return tx.db.QueryRowContext(ctx, query, args...).Scan(&n) })
	return n, err
}

// SchemaForTest returns the PostgreSQL schema of a tenant.
func SchemaForTest(c *Cluster, slug club.Slug) string {
	return c.engine.(*postgresEngine).scopeOf(slug).schema
}
