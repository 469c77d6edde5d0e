package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// Ahead has the database asked at once for what somebody who looks is about to ask one after the other: on PostgreSQL all
// that is not kept travels together, so that twenty questions cost one round trip; on SQLite there is none to save. ask
// calls the queries with the very arguments that are used later, on q, and ignores what they return, which is nothing yet. What
// is asked in vain is no harm, and what was left out is asked when it is wanted.
func (tx *Tx) Ahead(ctx context.Context, ask func(q *Queries)) error {
	if tx.ahead == nil {
		return nil
	}
	return tx.ahead(ctx, ask)
}

// errAhead is what a query returns that is only noted.
var errAhead = errors.New("the result is not known yet")

// wish is a query that will be asked.
type wish struct {
	query string
	args  []any
}

// wishing is a DBTX that notes what is asked.
type wishing struct {
	DBTX
	replayer *sql.DB
	list     *[]wish
}

// QueryContext and QueryRowContext note a query.
func (w wishing) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	*w.list = append(*w.list, wish{query, args})
	return nil, errAhead
}

func (w wishing) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	*w.list = append(*w.list, wish{query, args})
	return w.replayer.QueryRowContext(context.WithoutCancel(ctx), "", replay{err: errAhead})
}

// askAhead is Ahead of a transaction that has not begun yet, perhaps.
func (m mindful) askAhead(ctx context.Context, ask func(q *Queries)) error {
	var list []wish
	ask(New(wishing{replayer: m.t.cache.replayer, list: &list}))
	batch := &pgx.Batch{}
	var found []string
	for _, w := range list {
		if l, ok := m.lookup(w.query, w.args); ok && !m.t.cache.Has(l) {
			batch.Queue(w.query, w.args...)
			found = append(found, l.Key)
			m.t.ledger.of(w.query).run.Add(1)
		}
	}
	if len(found) == 0 {
		return nil
	}
	ctx = m.t.db.enter(ctx)
	if m.session.db == nil {
		if err := m.session.begin(ctx); err != nil {
			return err
		}
	}
	if m.tx.early == nil {
		m.tx.early = map[string][]byte{}
	}
	return m.session.conn.Raw(func(driverConn any) (err error) {
		conn := driverConn.(*stdlib.Conn).Conn()
		results := conn.SendBatch(ctx, batch)
		defer func() { err = errors.Join(err, results.Close()) }()
		for _, key := range found {
			rows, err := results.Query()
			if err != nil {
				return fmt.Errorf("ask ahead: %w", err)
			}
			result, err := encodeSent(rows, conn.TypeMap())
			if sent := rows.Err(); sent != nil {
				return fmt.Errorf("ask ahead: %w", sent)
			}
			if err == nil { // else it is of a type that is read one by one
				m.tx.early[key] = result
			}
		}
		return nil
	})
}

// encodeSent is encodeRows of what PostgreSQL sent, with the values that database/sql would have been given.
func encodeSent(rows pgx.Rows, types *pgtype.Map) (b []byte, err error) {
	defer rows.Close()
	columns := rows.FieldDescriptions()
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	b = appendColumns(nil, names)
	for rows.Next() {
		for i, raw := range rows.RawValues() {
			v, err := sentValue(types, columns[i].DataTypeOID, columns[i].Format, raw)
			if err != nil {
				return nil, err
			}
			if b, err = appendValue(b, v); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

func sentValue(types *pgtype.Map, oid uint32, format int16, raw []byte) (any, error) {
	if raw == nil {
		return nil, nil //nolint:nilnil // NULL is a value
	}
	switch oid {
	case pgtype.BoolOID:
		return scanned[bool](types, oid, format, raw)
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		return scanned[int64](types, oid, format, raw)
	case pgtype.Float4OID, pgtype.Float8OID:
		return scanned[float64](types, oid, format, raw)
	case pgtype.TimestamptzOID:
		at, err := scanned[pgtype.Timestamptz](types, oid, format, raw)
		return at.Time, err
	case pgtype.ByteaOID, pgtype.JSONOID, pgtype.JSONBOID:
		return scanned[[]byte](types, oid, format, raw)
	}
	return scanned[string](types, oid, format, raw)
}

func scanned[T any](types *pgtype.Map, oid uint32, format int16, raw []byte) (v T, err error) {
	err = types.Scan(oid, format, raw, &v)
	return v, err
}
