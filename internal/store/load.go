package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/store/control"
)

// sink writes a club's database within one transaction.
type sink interface {
	// table fills a table with the rows of next, which returns nil after the last.
	table(ctx context.Context, t Table, next func() ([]any, error)) error
	enqueue(ctx context.Context, jobs []river.InsertManyParams) error
}

// Loader fills the database of a club that is being made from a snapshot.
type Loader struct{ sink sink }

// Load makes a club from a snapshot of schema version: its row, its database or schema filled by fill and
// looked at by check, and then the newest tables. Conflict when the club, or anything of it, is here
// already. Nothing stays of a load that fails.
func (c *Cluster) Load(ctx context.Context, rec TenantRecord, version int64, fill func(*Loader) error, check func(*Snapshot) error) error {
	if _, err := c.FindTenant(ctx, rec.Slug); err == nil {
		return club.Conflict("the club %q is here already; restore into an installation that does not have it", rec.Slug)
	} else if club.CodeOf(err) != club.CodeNotFound {
		return err
	}
	if newest, err := newestVersion(); err != nil {
		return err
	} else if version > newest {
		return club.Invalid("the club %q was saved by a newer ClubOS (schema %d, this one knows %d); use that one", rec.Slug, version, newest)
	}
	if empty, err := c.engine.isEmpty(ctx, rec.Slug); err != nil {
		return translate(err)
	} else if !empty {
		return club.Conflict("there are tables of a club %q that the control plane does not know; move them away first", rec.Slug)
	}
	if err := c.load(ctx, rec, version, fill, check); err != nil {
		return errors.Join(translate(err), c.engine.dropTenant(context.WithoutCancel(ctx), rec.Slug))
	}
	return nil
}

func (c *Cluster) load(ctx context.Context, rec TenantRecord, version int64, fill func(*Loader) error, check func(*Snapshot) error) error {
	if err := c.engine.createTenant(ctx, rec.Slug); err != nil {
		return err
	}
	if _, err := c.Migrate(ctx, rec.Slug, Target(version)); err != nil {
		return err
	}
	if err := c.engine.fill(ctx, rec.Slug, func(s sink) error { return fill(&Loader{sink: s}) }); err != nil {
		return err
	}
	if err := c.engine.snapshot(ctx, rec.Slug, func(src source) error { return check(&Snapshot{Club: rec, Version: version, source: src}) }); err != nil {
		return err
	}
	if _, err := c.Migrate(ctx, rec.Slug, Latest); err != nil {
		return err
	}
	return c.control.CreateTenant(ctx, control.CreateTenantParams(rec))
}

// Table fills a table with the rows of next, which returns nil after the last. Values have the Go types
// of their kinds.
func (l *Loader) Table(ctx context.Context, t Table, next func() ([]any, error)) error {
	if ownTables.MatchString(t.Name) || len(t.Columns) == 0 {
		return club.Invalid("%q is no table of a club", t.Name)
	}
	if err := l.sink.table(ctx, t, next); err != nil {
		return fmt.Errorf("fill table %s: %w", t.Name, err)
	}
	return nil
}

// Jobs stores jobs that were not finished. Each has all its tries before it, and its place in the queue that all clubs' have: the
// overflow is of an engine, and of a time.
func (l *Loader) Jobs(ctx context.Context, list []StoredJob) error {
	params := make([]river.InsertManyParams, len(list))
	for i, j := range list {
		if j.Queue == QueueOverflow {
			j.Queue, j.Priority = "", 0
		}
		params[i] = river.InsertManyParams{Args: storedArgs{kind: j.Kind, args: j.Args},
			InsertOpts: &river.InsertOpts{Queue: j.Queue, Priority: j.Priority, MaxAttempts: j.MaxAttempts, ScheduledAt: j.ScheduledAt}}
	}
	if len(params) == 0 {
		return nil
	}
	if err := l.sink.enqueue(ctx, params); err != nil {
		return fmt.Errorf("store jobs: %w", err)
	}
	return nil
}

// storedArgs are a job's arguments as they were stored.
type storedArgs struct {
	kind string
	args json.RawMessage
}

func (a storedArgs) Kind() string                 { return a.kind }
func (a storedArgs) MarshalJSON() ([]byte, error) { return a.args, nil }
