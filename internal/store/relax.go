package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// relaxation is how a transaction's commit is made not to wait for the disk: by statements for the
// connection around the transaction, or by one inside it. Empty ones are not needed.
type relaxation struct {
	before, after string
	inside        string
}

// begin relaxes a connection before the transaction; end takes it back afterwards. A connection on which that
// fails is closed: the next commit on it would count and not be durable.
func (r relaxation) begin(ctx context.Context, conn *sql.Conn) (end func(), err error) {
	if r.before == "" {
		return func() {}, nil
	}
	if _, err := conn.ExecContext(ctx, r.before); err != nil {
		return nil, fmt.Errorf("relax commits: %w", err)
	}
	return func() {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), r.after); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
	}, nil
}

// enter relaxes the transaction itself.
func (r relaxation) enter(ctx context.Context, tx *sql.Tx) error {
	if r.inside == "" {
		return nil
	}
	if _, err := tx.ExecContext(ctx, r.inside); err != nil {
		return fmt.Errorf("relax the commit: %w", err)
	}
	return nil
}
