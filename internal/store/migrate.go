package store

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"clubos/internal/club"
)

//go:embed migrations
var migrations embed.FS

// Target is the version that Migrate goes to.
type Target int64

// Latest is the newest version that this program knows. Version 0 is the empty schema.
const Latest Target = -1

// MigrationResult is one migration that was run.
type MigrationResult struct {
	Version int64
	Name    string
	Down    bool
	Took    time.Duration
}

// MigrationStatus is one migration and when it was applied; a zero time means not yet.
type MigrationStatus struct {
	Version   int64
	Name      string
	AppliedAt time.Time
}

// sqliteTypes rewrites the column types that SQLite would give another affinity. The driver reads
// TIMESTAMP columns back as times.
var sqliteTypes = strings.NewReplacer("TIMESTAMPTZ", "TIMESTAMP", "JSONB", "TEXT", "BYTEA", "BLOB", "BIGINT", "INTEGER")

// sqliteFS is a tree of migrations in SQLite's types. What no types can say in one way for both engines
// has a file of the same name in own, which counts instead.
type sqliteFS struct {
	fs.FS
	own fs.FS
}

func (f sqliteFS) Open(name string) (fs.File, error) {
	if file, err := f.own.Open(name); err == nil && strings.HasSuffix(name, ".sql") {
		return file, nil
	}
	file, err := f.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return file, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	text, err := fs.ReadFile(f.FS, name)
	if err != nil {
		return nil, err
	}
	return &rewritten{Reader: bytes.NewReader([]byte(sqliteTypes.Replace(string(text)))), info: info}, nil
}

type rewritten struct {
	*bytes.Reader
	info fs.FileInfo
}

func (r *rewritten) Stat() (fs.FileInfo, error) { return r.info, nil }
func (r *rewritten) Close() error               { return nil }

// provider returns goose on one tree of migrations.
func provider(db *sql.DB, dialect goose.Dialect, tree string) (*goose.Provider, error) {
	sub, err := fs.Sub(migrations, "migrations/"+tree)
	if err != nil {
		return nil, fmt.Errorf("open migrations: %w", err)
	}
	if dialect == goose.DialectSQLite3 {
		own, err := fs.Sub(migrations, "migrations/"+tree+"_sqlite")
		if err != nil {
			return nil, fmt.Errorf("open migrations: %w", err)
		}
		sub = sqliteFS{FS: sub, own: own}
	}
	p, err := goose.NewProvider(dialect, db, sub)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}

// goTo runs the migrations between where the schema is and target. A schema that is newer than Latest is
// left as it is, with *newerSchema.
func goTo(ctx context.Context, p *goose.Provider, to Target) ([]MigrationResult, error) {
	var results []*goose.MigrationResult
	current, err := p.GetDBVersion(ctx)
	if err != nil {
		return nil, fmt.Errorf("read schema version: %w", err)
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	switch {
	case to == Latest && current > newest:
		return nil, &newerSchema{is: current, known: newest}
	case to == Latest:
		results, err = p.Up(ctx)
	case int64(to) >= current:
		results, err = p.UpTo(ctx, int64(to))
	default:
		results, err = p.DownTo(ctx, int64(to))
	}
	out := make([]MigrationResult, 0, len(results))
	for _, r := range results {
		out = append(out, MigrationResult{Version: r.Source.Version, Name: r.Source.Path, Down: r.Direction == "down", Took: r.Duration})
	}
	if err != nil {
		return out, fmt.Errorf("migrate: %w", err)
	}
	return out, nil
}

func status(ctx context.Context, p *goose.Provider) ([]MigrationStatus, error) {
	list, err := p.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("read migration status: %w", err)
	}
	out := make([]MigrationStatus, 0, len(list))
	for _, s := range list {
		out = append(out, MigrationStatus{Version: s.Source.Version, Name: s.Source.Path, AppliedAt: s.AppliedAt})
	}
	return out, nil
}

// controlToLatest brings the control plane up to date. One that a newer program has brought further is
// served as it is: its migrations only ever add.
func controlToLatest(ctx context.Context, p *goose.Provider) error {
	_, err := goTo(ctx, p, Latest)
	if newer := (*newerSchema)(nil); errors.As(err, &newer) {
		return nil
	}
	return err
}

func (e *sqliteEngine) migrateControl(ctx context.Context) error {
	p, err := provider(e.control, goose.DialectSQLite3, "control")
	if err != nil {
		return err
	}
	return controlToLatest(ctx, p)
}

func (e *sqliteEngine) migrateTenant(ctx context.Context, slug club.Slug, to Target) (res []MigrationResult, err error) {
	db, err := e.pool(e.file(slug), true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	jobs, err := rivermigrate.New(riversqlite.New(db), &rivermigrate.Config{Logger: e.cfg.Log})
	if err != nil {
		return nil, fmt.Errorf("read job migrations: %w", err)
	}
	if _, err := jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("migrate job queue: %w", err)
	}
	p, err := provider(db, goose.DialectSQLite3, "tenant")
	if err != nil {
		return nil, err
	}
	return goTo(ctx, p, to)
}

// alone need not keep others out: a club's file is served by one process.
func (e *sqliteEngine) alone(_ context.Context, _ club.Slug, fn func() error) error { return fn() }

func (e *sqliteEngine) tenantStatus(ctx context.Context, slug club.Slug) (list []MigrationStatus, err error) {
	db, err := e.pool(e.file(slug), true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := provider(db, goose.DialectSQLite3, "tenant")
	if err != nil {
		return nil, err
	}
	return status(ctx, p)
}

// controlLock serialises replicas that start at once on an empty server: CREATE SCHEMA IF NOT EXISTS
// and the first migration are not safe against each other.
const controlLock = 0x636c75626f73

// migrateControl drops two indexes of River's as well: nobody looks a job up by a word of its arguments or
// metadata, and they double what the server writes at each of a job's three moves.
func (e *postgresEngine) migrateControl(ctx context.Context) error {
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return translate(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", controlLock); err != nil {
		return translate(err)
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", controlLock) }()
	for _, schema := range []string{e.cfg.ControlSchema, e.cfg.JobsSchema} {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize()); err != nil {
			return fmt.Errorf("create schema %s: %w", schema, err)
		}
	}
	jobs, err := rivermigrate.New(riverpgxv5.New(e.pool), &rivermigrate.Config{Schema: e.cfg.JobsSchema, Logger: e.cfg.Log})
	if err != nil {
		return fmt.Errorf("read job migrations: %w", err)
	}
	if _, err := jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	if _, err := conn.Exec(ctx, "DROP INDEX IF EXISTS "+pgx.Identifier{e.cfg.JobsSchema, "river_job_args_index"}.Sanitize()+", "+
		pgx.Identifier{e.cfg.JobsSchema, "river_job_metadata_index"}.Sanitize()); err != nil {
		return fmt.Errorf("drop indexes of the job queue: %w", err)
	}
	p, err := provider(e.db, goose.DialectPostgres, "control")
	if err != nil {
		return err
	}
	return controlToLatest(ctx, p)
}

// alone holds the schema's lock on a connection of its own, so that whoever waits for it takes none of
// those that the holder needs. Replicas that start at once on a new version thus migrate one after the
// other, and the second finds nothing to do.
func (e *postgresEngine) alone(ctx context.Context, slug club.Slug, fn func() error) error {
	conn, err := pgx.ConnectConfig(ctx, e.pool.Config().ConnConfig)
	if err != nil {
		return translate(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // gives the lock back
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended($1, $2))", e.scopeOf(slug).schema, controlLock); err != nil {
		return fmt.Errorf("wait for others to change the schema of %s: %w", slug, err)
	}
	return fn()
}

// asOwner marks ctx as working in the tenant's schema with the rights of the login role, which owns it.
func (e *postgresEngine) asOwner(ctx context.Context, slug club.Slug) context.Context {
	return context.WithValue(ctx, schemaKey{}, scope{schema: e.scopeOf(slug).schema, role: "NONE"})
}

func (e *postgresEngine) migrateTenant(ctx context.Context, slug club.Slug, to Target) ([]MigrationResult, error) {
	p, err := provider(e.db, goose.DialectPostgres, "tenant")
	if err != nil {
		return nil, err
	}
	owner := e.asOwner(ctx, slug)
	current, err := p.GetDBVersion(owner) // makes the table of versions where there is none
	if err != nil {
		return nil, fmt.Errorf("read schema version: %w", err)
	}
	var results []MigrationResult
	if to == Latest && current == 0 {
		if results, err = e.layOut(ctx, slug, p.ListSources()); err != nil {
			return nil, err
		}
	} else {
		if results, err = goTo(owner, p, to); err != nil {
			return results, err
		}
		granted := false
		if len(results) == 0 {
			if granted, err = e.granted(owner, slug); err != nil {
				return nil, err
			}
		}
		if !granted {
			if err := e.grant(owner, slug); err != nil {
				return results, err
			}
		}
		if len(results) > 0 {
			e.pool.Reset() // plans that other connections keep may name columns that are gone
		}
	}
	if len(results) > 0 {
		_, err = (&postgresWeeks{e, slug}).keep(ctx, e.cfg.Clock.Now())
	}
	return results, err
}

// granted reports whether the tenant's role has just the rights that grant gives it, which writes each table's anew.
func (e *postgresEngine) granted(ctx context.Context, slug club.Slug) (ok bool, err error) {
	err = e.db.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM pg_class c CROSS JOIN LATERAL (
			SELECT NOT c.relispartition AS adds, NOT c.relispartition AND CAST(c.relname AS TEXT) <> ALL ($2) AS changes) AS may
		WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind IN ('r', 'p') AND (
			has_table_privilege($1, c.oid, 'SELECT') <> may.adds OR has_table_privilege($1, c.oid, 'INSERT') <> may.adds
			OR has_table_privilege($1, c.oid, 'UPDATE') <> may.changes OR has_table_privilege($1, c.oid, 'DELETE') <> may.changes
			OR NOT may.changes AND has_any_column_privilege($1, c.oid, 'UPDATE')
			OR NOT may.adds AND (has_any_column_privilege($1, c.oid, 'SELECT, INSERT') OR has_table_privilege($1, c.oid, 'TRUNCATE, REFERENCES, TRIGGER'))))`,
		e.scopeOf(slug).role, onlyAddedTo()).Scan(&ok)
	if err != nil {
		return false, fmt.Errorf("read rights: %w", err)
	}
	return ok, nil
}

// onlyAddedTo are the tables that can be added to and not changed: the audit log with its tree, and which migrations there were.
func onlyAddedTo() []string {
	return []string{"audit_entries", "audit_leaves", "audit_heads", "goose_db_version"}
}

// grant gives the tenant's role its rights on the tables there are.
func (e *postgresEngine) grant(ctx context.Context, slug club.Slug) error {
	for _, stmt := range grants(e.scopeOf(slug)) {
		if _, err := e.db.ExecContext(ctx, stmt); err != nil {
			return fmt.Errorf("grant rights: %w", err)
		}
	}
	return nil
}

// grants are the statements that give a role its rights. A week of the audit log is read and added to by way of its table alone.
func grants(s scope) []string {
	schema, role := pgx.Identifier{s.schema}.Sanitize(), pgx.Identifier{s.role}.Sanitize()
	stmts := []string{"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + schema + " TO " + role,
		`DO $$ DECLARE week TEXT; BEGIN
			FOR week IN SELECT CAST(CAST(oid AS regclass) AS TEXT) FROM pg_class WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relispartition AND relkind = 'r' LOOP
				EXECUTE 'REVOKE ALL ON ' || week || ' FROM ` + role + `';
			END LOOP;
		END $$`}
	for _, table := range onlyAddedTo() {
		stmts = append(stmts, `DO $$ BEGIN IF to_regclass('`+table+`') IS NOT NULL THEN EXECUTE 'REVOKE UPDATE, DELETE ON `+table+` FROM `+role+`'; END IF; END $$`)
	}
	return stmts
}

func (e *postgresEngine) tenantStatus(ctx context.Context, slug club.Slug) ([]MigrationStatus, error) {
	p, err := provider(e.db, goose.DialectPostgres, "tenant")
	if err != nil {
		return nil, err
	}
	return status(e.asOwner(ctx, slug), p)
}
