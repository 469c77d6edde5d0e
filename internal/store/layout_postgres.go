package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"clubos/internal/club"
)

// layOut brings an empty schema to the newest version: all migrations in one message, each a transaction of its own that
// does not wait for the disk. To ask after each of them, as goose does, takes several times as long. Together they would hold
// a lock on every table and index at once, of which the server has a few thousand for everybody.
func (e *postgresEngine) layOut(ctx context.Context, slug club.Slug, sources []*goose.Source) ([]MigrationResult, error) {
	var text strings.Builder
	out := make([]MigrationResult, 0, len(sources))
	for _, s := range sources {
		up, err := upward(migrations, "migrations/tenant/"+path.Base(s.Path))
		if err != nil {
			return nil, err
		}
		text.WriteString("BEGIN; SET LOCAL synchronous_commit = off;\n" + up + "INSERT INTO goose_db_version (version_id, is_applied) VALUES (" + strconv.FormatInt(s.Version, 10) + ", TRUE); COMMIT;\n")
		out = append(out, MigrationResult{Version: s.Version, Name: s.Path})
	}
	text.WriteString("BEGIN;\n" + strings.Join(grants(e.scopeOf(slug)), ";\n") + "; COMMIT")
	ctx = e.asOwner(ctx, slug)
	if _, err := e.pool.Exec(ctx, text.String(), pgx.QueryExecModeSimpleProtocol); err != nil {
		return nil, fmt.Errorf("lay out the schema of %s: %w", slug, err)
	}
	return out, nil
}

// upward returns the statements of a migration on its way up.
func upward(tree fs.FS, name string) (string, error) {
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(text), "-- +goose Up\n")
	up, _, ok := strings.Cut(rest, "-- +goose Down")
	if !ok || strings.Contains(string(text), "-- +goose NO TRANSACTION") {
		return "", errors.New("BUG: " + name + " cannot be run together with the others")
	}
	var out strings.Builder
	for line := range strings.Lines(up) {
		if !strings.HasPrefix(line, "-- +goose ") {
			out.WriteString(line)
		}
	}
	return out.String(), nil
}
