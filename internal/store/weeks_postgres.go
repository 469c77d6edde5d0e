package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"clubos/internal/club"
)

// postgresWeeks keeps the partitions of one club's weekly tables, with the rights of the login role, which owns them.
type postgresWeeks struct {
	engine *postgresEngine
	slug   club.Slug
}

// weeksLock is the first half of the lock that whoever makes or drops a club's weeks holds.
const weeksLock = 0x7765656b73

// begin runs fn in a transaction that no other of the same kind runs beside. It gives up soon where somebody holds
// a table: all who come later would wait behind it.
func (p *postgresWeeks) begin(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	ctx = p.engine.asOwner(ctx, p.slug)
	return pgx.BeginFunc(ctx, p.engine.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '2s'"); err != nil {
			return fmt.Errorf("limit the wait: %w", err)
		}
		return fn(ctx, tx)
	})
}

func (p *postgresWeeks) keep(ctx context.Context, now time.Time) (strays int64, err error) {
	err = p.begin(ctx, func(ctx context.Context, tx pgx.Tx) error {
		strays, err = settleWeeks(ctx, tx, now)
		return err
	})
	return strays, err
}

// settleWeeks makes the weeks that are missing and moves strays to theirs.
func settleWeeks(ctx context.Context, tx pgx.Tx, now time.Time) (strays int64, err error) {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended(current_schema(), $1))", int64(weeksLock)); err != nil {
		return 0, fmt.Errorf("wait for others that make weeks: %w", err)
	}
	for _, w := range byWeek {
		have, partitioned, err := w.list(ctx, tx)
		if err != nil || !partitioned {
			return strays, err
		}
		lost, err := w.lost(ctx, tx)
		if err != nil {
			return strays, err
		}
		for _, from := range missing(have, now, lost) {
			n, err := w.add(ctx, tx, w.week(from))
			if err != nil {
				return strays, fmt.Errorf("make the week of %s from %s: %w", w.table, from.Format(time.DateOnly), err)
			}
			strays += n
		}
	}
	return strays, nil
}

// list returns a table's weeks. A table of an older schema is not partitioned.
func (w weekly) list(ctx context.Context, tx pgx.Tx) (out []week, partitioned bool, err error) {
	rows, err := tx.Query(ctx, "SELECT CAST(c.relname AS TEXT) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass($1) ORDER BY c.relname", w.table)
	if err != nil {
		return nil, false, fmt.Errorf("list weeks: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, false, fmt.Errorf("list weeks: %w", err)
	}
	for _, name := range names {
		if found, ok := w.parse(name); ok {
			out = append(out, found)
		}
	}
	return out, len(names) > 0, nil
}

// lost returns the Mondays of the weeks that strays belong to.
func (w weekly) lost(ctx context.Context, tx pgx.Tx) ([]time.Time, error) {
	rows, err := tx.Query(ctx, "SELECT DISTINCT date_trunc('week', "+quoted(w.column)+" AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' FROM "+quoted(w.stray()))
	if err != nil {
		return nil, fmt.Errorf("look for strays: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return nil, fmt.Errorf("look for strays: %w", err)
	}
	for i := range out {
		out[i] = out[i].UTC()
	}
	return out, nil
}

// add makes a week and moves its strays there. Attaching a finished table lets others read and write the other
// weeks meanwhile.
func (w weekly) add(ctx context.Context, tx pgx.Tx, made week) (moved int64, err error) {
	table, name, stray, column := quoted(w.table), quoted(made.name), quoted(w.stray()), quoted(w.column)
	from, until := made.from.Format(time.RFC3339), made.until.Format(time.RFC3339)
	if _, err := tx.Exec(ctx, "CREATE TABLE "+name+" (LIKE "+table+" INCLUDING ALL); LOCK TABLE "+stray+" IN ACCESS EXCLUSIVE MODE", pgx.QueryExecModeSimpleProtocol); err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, "WITH moved AS (DELETE FROM "+stray+" WHERE "+column+" >= $1 AND "+column+" < $2 RETURNING *) INSERT INTO "+name+" SELECT * FROM moved", pgx.QueryExecModeExec, made.from, made.until)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, "ALTER TABLE "+table+" ATTACH PARTITION "+name+" FOR VALUES FROM ('"+from+"') TO ('"+until+"')", pgx.QueryExecModeSimpleProtocol)
	return tag.RowsAffected(), err
}

// strays counts what is in no week.
func (p *postgresWeeks) strays(ctx context.Context) (n int64, err error) {
	ctx = p.engine.asOwner(ctx, p.slug)
	for _, w := range byWeek {
		var found int64
		if err := p.engine.pool.QueryRow(ctx, "SELECT COUNT(*) FROM "+quoted(w.stray())).Scan(&found); err != nil {
			return n, fmt.Errorf("count strays of %s: %w", w.table, err)
		}
		n += found
	}
	return n, nil
}

// retire drops the weeks that ended before an instant, the oldest first, after note has written down what goes.
func (p *postgresWeeks) retire(ctx context.Context, w weekly, before time.Time, note func(rows int64) error) error {
	for {
		var oldest week
		var rows int64
		err := p.begin(ctx, func(ctx context.Context, tx pgx.Tx) error {
			have, _, err := w.list(ctx, tx)
			if err != nil {
				return err
			}
			for _, h := range have {
				if !h.until.After(before) && (oldest.name == "" || h.until.Before(oldest.until)) {
					oldest = h
				}
			}
			if oldest.name == "" {
				return nil
			}
			return tx.QueryRow(ctx, "SELECT COUNT(*) FROM "+quoted(oldest.name), pgx.QueryExecModeExec).Scan(&rows)
		})
		if err != nil || oldest.name == "" {
			return err
		}
		if rows > 0 {
			if err := note(rows); err != nil {
				return err
			}
		}
		err = p.begin(ctx, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "DROP TABLE IF EXISTS "+quoted(oldest.name))
			return err
		})
		if err != nil {
			return fmt.Errorf("drop the week of %s until %s: %w", w.table, oldest.until.Format(time.DateOnly), err)
		}
	}
}
