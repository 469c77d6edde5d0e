package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"clubos/internal/club"
	"clubos/internal/store/control"
)

// newerSchema says that a schema is at a version that this program does not know.
type newerSchema struct{ is, known int64 }

func (e *newerSchema) Error() string {
	return fmt.Sprintf("the schema is at version %d, and this program knows %d", e.is, e.known)
}

// Migrate brings a club's schema to a version and says what it ran. Processes that migrate a club at
// once do so one after the other.
//
// A schema that a newer program has brought beyond Latest is served as it is, as long as that took
// nothing away; else this program is refused, for it would fail in the middle of its work.
func (c *Cluster) Migrate(ctx context.Context, slug club.Slug, to Target) (results []MigrationResult, err error) {
	err = c.engine.alone(ctx, slug, func() error {
		var newer *newerSchema
		if results, err = c.engine.migrateTenant(ctx, slug, to); errors.As(err, &newer) {
			return c.serveNewer(ctx, slug, newer)
		}
		if err != nil || len(results) == 0 {
			return err
		}
		last := results[len(results)-1]
		at := last.Version
		if last.Down {
			at--
		}
		floor, err := floorAt(migrations, "migrations/tenant", at)
		if err != nil {
			return err
		}
		return translate(c.control.PutSchemaFloor(ctx, control.PutSchemaFloorParams{Slug: slug, Floor: floor}))
	})
	return results, err
}

// serveNewer returns nil when this program may serve a club whose schema is newer than the program.
func (c *Cluster) serveNewer(ctx context.Context, slug club.Slug, newer *newerSchema) error {
	floor, err := c.control.FindSchemaFloor(ctx, slug)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return translate(err)
	}
	if floor > newer.known {
		return club.Invalid("the club %q was brought to schema %d by a newer ClubOS, and a program that serves it must know %d; this one knows %d: use the newer one, or go back with its \"clubos migrate down\"", slug, newer.is, floor, newer.known)
	}
	c.cfg.Log.WarnContext(ctx, "a newer version has been here, and this one may serve beside it", "event.action", "store.migrate",
		"organization.id", slug.String(), "labels.schema", newer.is, "labels.known", newer.known)
	return nil
}

// newestVersion is the newest schema version of a club that this program knows.
func newestVersion() (int64, error) {
	list, err := migrations.ReadDir("migrations/tenant")
	return int64(len(list)), err // they are numbered without gaps
}

// contractMark begins the line of a migration that takes away what older programs use, and says what.
const contractMark = "-- Contract: "

// floorAt returns the oldest version that a program must know to serve a schema at a version: that of the
// last migration up to it that carries the mark.
func floorAt(tree fs.FS, dir string, at int64) (int64, error) {
	list, err := fs.ReadDir(tree, dir)
	if err != nil {
		return 0, err
	}
	var floor int64
	for i, entry := range list {
		version := int64(i + 1) // they are numbered without gaps
		if version > at {
			break
		}
		text, err := fs.ReadFile(tree, path.Join(dir, entry.Name()))
		if err != nil {
			return 0, err
		}
		if strings.HasPrefix(string(text), contractMark) || strings.Contains(string(text), "\n"+contractMark) {
			floor = version
		}
	}
	return floor, nil
}
