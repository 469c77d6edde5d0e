package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// A result is kept as bytes: the names of the columns, then the values row by row, each with a letter for
// its kind. What is read from it is made afresh each time, so nobody can change what others read.

var errResult = errors.New("kept result cannot be read")

// encodeRows reads rows to their end.
func encodeRows(rows *sql.Rows) ([]byte, error) {
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	b := appendColumns(nil, columns)
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for _, v := range values {
			if b, err = appendValue(b, v); err != nil {
				return nil, err
			}
		}
	}
	return b, rows.Err()
}

func appendColumns(b []byte, names []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range names {
		b = appendText(b, name)
	}
	return b
}

func appendText[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, 'n'), nil
	case bool:
		if v {
			return append(b, 't'), nil
		}
		return append(b, 'f'), nil
	case int64:
		return binary.AppendVarint(append(b, 'i'), v), nil
	case float64:
		return binary.BigEndian.AppendUint64(append(b, 'd'), math.Float64bits(v)), nil
	case string:
		return appendText(append(b, 's'), v), nil
	case []byte:
		return appendText(append(b, 'b'), v), nil
	case time.Time:
		return binary.AppendVarint(append(b, 'u'), v.UnixMicro()), nil
	}
	return nil, fmt.Errorf("BUG: a result holds a %T", v)
}

// replayer serves kept results as rows of database/sql, so that they are scanned as if the database had
// sent them.
type replayer struct{}

// replay is what is asked of it: a kept result, or an error.
type replay struct {
	data []byte
	err  error
}

func newReplayer() *sql.DB {
	db := sql.OpenDB(replayer{})
	db.SetMaxIdleConns(64)
	return db
}

func (r replayer) Driver() driver.Driver                      { return r }
func (replayer) Open(string) (driver.Conn, error)             { return replayConn{}, nil }
func (replayer) Connect(context.Context) (driver.Conn, error) { return replayConn{}, nil }

type replayConn struct{}

func (replayConn) Prepare(string) (driver.Stmt, error)        { return nil, errResult }
func (replayConn) Begin() (driver.Tx, error)                  { return nil, errResult }
func (replayConn) Close() error                               { return nil }
func (replayConn) CheckNamedValue(v *driver.NamedValue) error { return nil }

func (replayConn) QueryContext(_ context.Context, _ string, args []driver.NamedValue) (driver.Rows, error) {
	r := args[0].Value.(replay)
	if r.err != nil {
		return nil, r.err
	}
	rows := &replayRows{rest: r.data}
	n, err := rows.count()
	if err != nil {
		return nil, err
	}
	rows.columns = make([]string, n)
	for i := range rows.columns {
		name, err := rows.text()
		if err != nil {
			return nil, err
		}
		rows.columns[i] = string(name)
	}
	return rows, nil
}

// replayRows reads a kept result.
type replayRows struct {
	columns []string
	rest    []byte
}

func (r *replayRows) Columns() []string { return r.columns }
func (r *replayRows) Close() error      { return nil }

func (r *replayRows) Next(into []driver.Value) (err error) {
	if len(r.rest) == 0 {
		return io.EOF
	}
	for i := range into {
		if into[i], err = r.value(); err != nil {
			return err
		}
	}
	return nil
}

func (r *replayRows) count() (uint64, error) {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > uint64(len(r.rest)) {
		return 0, errResult
	}
	r.rest = r.rest[size:]
	return n, nil
}

func (r *replayRows) number() (int64, error) {
	n, size := binary.Varint(r.rest)
	if size <= 0 {
		return 0, errResult
	}
	r.rest = r.rest[size:]
	return n, nil
}

func (r *replayRows) text() ([]byte, error) {
	n, err := r.count()
	if err != nil || n > uint64(len(r.rest)) {
		return nil, errResult
	}
	text := r.rest[:n]
	r.rest = r.rest[n:]
	return text, nil
}

func (r *replayRows) value() (driver.Value, error) {
	if len(r.rest) == 0 {
		return nil, errResult
	}
	kind := r.rest[0]
	r.rest = r.rest[1:]
	switch kind {
	case 'n':
		return nil, nil //nolint:nilnil // NULL is a value
	case 't', 'f':
		return kind == 't', nil
	case 'i':
		return r.number()
	case 'd':
		if len(r.rest) < 8 {
			return nil, errResult
		}
		v := math.Float64frombits(binary.BigEndian.Uint64(r.rest))
		r.rest = r.rest[8:]
		return v, nil
	case 's':
		text, err := r.text()
		return string(text), err
	case 'b':
		text, err := r.text()
		return append([]byte{}, text...), err
	case 'u':
		at, err := r.number()
		return time.UnixMicro(at).UTC(), err
	}
	return nil, errResult
}
