package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"clubos/internal/club"
)

// Outdated returns those of the clubs whose schemas are not at the newest version that this program knows. It
// costs a thousand clubs a fraction of a second, which Migrate would take for a few: servers ask at each start.
// What Migrate grants a club's role belongs to a version, too: who changes it adds a migration.
func (c *Cluster) Outdated(ctx context.Context, recs []TenantRecord) ([]TenantRecord, error) {
	newest, err := newestVersion()
	if err != nil {
		return nil, err
	}
	slugs := make([]club.Slug, len(recs))
	for i, rec := range recs {
		slugs[i] = rec.Slug
	}
	at, err := c.engine.versions(ctx, slugs)
	if err != nil {
		return nil, translate(err)
	}
	var out []TenantRecord
	for _, rec := range recs {
		if at[rec.Slug] != newest {
			out = append(out, rec)
		}
	}
	return out, nil
}

// versionsAtOnce is how many schemas one statement asks.
const versionsAtOnce = 200

// versions returns the version of each schema that can say it.
func (e *postgresEngine) versions(ctx context.Context, slugs []club.Slug) (map[club.Slug]int64, error) {
	there := map[string]bool{}
	rows, err := e.pool.Query(ctx, "SELECT CAST(relnamespace AS regnamespace)::TEXT FROM pg_class WHERE relname = 'goose_db_version' AND relkind = 'r'")
	if err != nil {
		return nil, fmt.Errorf("look for schemas: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for schemas: %w", err)
	}
	for _, name := range names {
		there[strings.Trim(name, `"`)] = true
	}
	out := map[club.Slug]int64{}
	for len(slugs) > 0 {
		n := min(len(slugs), versionsAtOnce)
		var parts []string
		var args []any
		for _, slug := range slugs[:n] {
			if schema := e.scopeOf(slug).schema; there[schema] {
				args = append(args, slug.String())
				parts = append(parts, "SELECT CAST($"+strconv.Itoa(len(args))+" AS TEXT), MAX(version_id) FROM "+pgx.Identifier{schema}.Sanitize()+".goose_db_version")
			}
		}
		slugs = slugs[n:]
		if len(parts) == 0 {
			continue
		}
		rows, err := e.pool.Query(ctx, strings.Join(parts, " UNION ALL "), append([]any{pgx.QueryExecModeExec}, args...)...) // asked once, so not prepared
		if err != nil {
			return nil, fmt.Errorf("read schema versions: %w", err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
			Slug    club.Slug
			Version *int64
		}])
		if err != nil {
			return nil, fmt.Errorf("read schema versions: %w", err)
		}
		for _, f := range found {
			if f.Version != nil {
				out[f.Slug] = *f.Version
			}
		}
	}
	return out, nil
}

// versions leaves out files whose job queue is not at the newest version, and those that cannot be read.
func (e *sqliteEngine) versions(ctx context.Context, slugs []club.Slug) (map[club.Slug]int64, error) {
	out := map[club.Slug]int64{}
	for _, slug := range slugs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if version, err := e.version(ctx, slug); err == nil {
			out[slug] = version
		}
	}
	return out, nil
}

func (e *sqliteEngine) version(ctx context.Context, slug club.Slug) (version int64, err error) {
	db, err := e.pool(e.file(slug), false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	jobs, err := rivermigrate.New(riversqlite.New(db), &rivermigrate.Config{Logger: e.cfg.Log})
	if err != nil {
		return 0, fmt.Errorf("read job migrations: %w", err)
	}
	known := jobs.AllVersions()
	var queue int64
	if err := db.QueryRowContext(ctx, "SELECT MAX(version) FROM river_migration").Scan(&queue); err != nil {
		return 0, fmt.Errorf("read the job queue's version: %w", err)
	}
	if queue != int64(known[len(known)-1].Version) {
		return 0, nil
	}
	var at sql.NullInt64
	if err := db.QueryRowContext(ctx, "SELECT MAX(version_id) FROM goose_db_version").Scan(&at); err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return at.Int64, nil
}
