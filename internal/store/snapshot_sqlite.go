package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/riverqueue/river"

	"clubos/internal/club"
)

// sqliteState reads within one transaction, which sees one state.
type sqliteState struct {
	tx   *sql.Tx
	json map[string]bool
}

func (e *sqliteEngine) snapshot(ctx context.Context, slug club.Slug, fn func(source) error) (err error) {
	if _, err := os.Stat(e.file(slug)); err != nil {
		return club.Unavailable(err, "the database file of the club %q is missing", slug)
	}
	json, err := jsonColumns()
	if err != nil {
		return err
	}
	db, err := e.pool(e.file(slug), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	return fn(&sqliteState{tx: tx, json: json})
}

func (s *sqliteState) version(ctx context.Context) (v int64, err error) {
	err = s.tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&v)
	return v, err
}

// sqliteKinds are the kinds of the declared types.
var sqliteKinds = map[string]ValueKind{
	"TEXT": ValueText, "INTEGER": ValueInteger, "SMALLINT": ValueInteger, "REAL": ValueReal, "DOUBLE PRECISION": ValueReal, "BOOLEAN": ValueBoolean, "TIMESTAMP": ValueTime, "BLOB": ValueBytes,
}

func (s *sqliteState) tables(ctx context.Context) ([]Table, error) {
	// pragma_table_list tells tables from virtual ones and from the shadow tables in which those are kept.
	rows, err := s.tx.QueryContext(ctx, `SELECT l.name, c.name, c.type FROM pragma_table_list l JOIN pragma_table_info(l.name) c
		WHERE l.schema = 'main' AND l.type = 'table' ORDER BY l.name, c.cid`)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list tableList
	for rows.Next() {
		var table, column, declared string
		if err := rows.Scan(&table, &column, &declared); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		kind, known := sqliteKinds[strings.ToUpper(declared)]
		if s.json[table+"."+column] {
			kind = ValueJSON
		}
		if err := list.add(table, column, kind, known, declared); err != nil {
			return nil, err
		}
	}
	return list, rows.Err()
}

// tableList is filled column by column.
type tableList []Table

func (l *tableList) add(table, column string, kind ValueKind, known bool, declared string) error {
	if ownTables.MatchString(table) {
		return nil
	}
	if !known {
		return fmt.Errorf("BUG: the type %q of %s.%s is not known", declared, table, column)
	}
	if n := len(*l); n == 0 || (*l)[n-1].Name != table {
		*l = append(*l, Table{Name: table})
	}
	last := &(*l)[len(*l)-1]
	last.Columns = append(last.Columns, Column{Name: column, Kind: kind})
	return nil
}

// names lists a table's columns for a statement. Names come from the schema and are quoted all the same.
func (t Table) names() string {
	out := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = quoted(c.Name)
	}
	return strings.Join(out, ", ")
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (s *sqliteState) rows(ctx context.Context, t Table, fn func([]any) error) error {
	key := "rowid" // it orders what has no key, and texts as the search index has them
	if t.Name != "messages" {
		var err error
		if key, err = s.key(ctx, t); err != nil {
			return err
		}
	}
	rows, err := s.tx.QueryContext(ctx, "SELECT "+t.names()+" FROM "+quoted(t.Name)+" ORDER BY "+key) //nolint:gosec // names of the schema, quoted
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	values, into := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := settleRow(values, t.Columns); err != nil {
			return err
		}
		if err := fn(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *sqliteState) key(ctx context.Context, t Table) (string, error) {
	var key sql.NullString
	err := s.tx.QueryRowContext(ctx, `SELECT group_concat('"' || name || '"', ', ') FROM (SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk)`, t.Name).Scan(&key)
	if err == nil && !key.Valid {
		return "rowid", nil
	}
	return key.String, err
}

func (s *sqliteState) jobs(ctx context.Context, fn func(StoredJob) error) error {
	rows, err := s.tx.QueryContext(ctx, `SELECT kind, json(args), queue, priority, max_attempts, scheduled_at FROM river_job WHERE finalized_at IS NULL ORDER BY id`)
	if err != nil {
		return err
	}
	return eachJob(rows, fn)
}

func eachJob(rows *sql.Rows, fn func(StoredJob) error) error {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var j StoredJob
		var args string
		if err := rows.Scan(&j.Kind, &args, &j.Queue, &j.Priority, &j.MaxAttempts, &j.ScheduledAt); err != nil {
			return err
		}
		j.Args, j.ScheduledAt = []byte(args), j.ScheduledAt.UTC()
		if err := fn(j); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sqliteFill writes within one transaction.
type sqliteFill struct {
	tx     *sql.Tx
	client *river.Client[*sql.Tx]
}

func (e *sqliteEngine) fill(ctx context.Context, slug club.Slug, fn func(sink) error) (err error) {
	db, err := e.openTenant(ctx, slug)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit this is a no-op
	if _, err := tx.ExecContext(ctx, "PRAGMA defer_foreign_keys = 1"); err != nil {
		return err
	}
	if err := fn(&sqliteFill{tx: tx, client: db.jobs.(sqliteJobs).client}); err != nil {
		return err
	}
	return tx.Commit()
}

func (f *sqliteFill) table(ctx context.Context, t Table, next func() ([]any, error)) error {
	if _, err := f.tx.ExecContext(ctx, "DELETE FROM "+quoted(t.Name)); err != nil { //nolint:gosec // what migrations put there; a name of the schema, quoted
		return err
	}
	stmt, err := f.tx.PrepareContext(ctx, "INSERT INTO "+quoted(t.Name)+" ("+t.names()+") VALUES (?"+strings.Repeat(", ?", len(t.Columns)-1)+")") //nolint:gosec // names of the schema, quoted
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	for {
		values, err := next()
		if values == nil || err != nil {
			return err
		}
		if _, err := stmt.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
}

func (f *sqliteFill) enqueue(ctx context.Context, jobs []river.InsertManyParams) error {
	_, err := f.client.InsertManyFastTx(ctx, f.tx, jobs)
	return err
}

func (e *sqliteEngine) isEmpty(_ context.Context, slug club.Slug) (bool, error) {
	_, err := os.Stat(e.file(slug))
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	return false, err
}

func (e *sqliteEngine) dropTenant(_ context.Context, slug club.Slug) error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(e.file(slug) + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
