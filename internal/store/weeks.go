package store

import (
	"context"
	"slices"
	"time"
)

// weekly is a table whose rows are only ever added and go by their age, and the column that says it. On PostgreSQL it
// is partitioned by the week (UTC, from Monday); on SQLite it is one table.
type weekly struct{ table, column string }

// byWeek are the weekly tables.
var byWeek = []weekly{auditEntries}

var auditEntries = weekly{"audit_entries", "at"}

// weeksAhead are made besides the present one, so that weeks in which nobody makes any cost nothing.
const weeksAhead = 2

// monday returns the beginning of an instant's week.
func monday(at time.Time) time.Time {
	at = at.UTC()
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// week is a partition: of one week, or of all that was there before weeks were kept.
type week struct {
	name        string
	from, until time.Time // a zero from: from the beginning
}

const weekDay = "20060102" // in names: TABLE_MONDAY, TABLE_until_MONDAY

func (w weekly) stray() string { return w.table + "_stray" }

func (w weekly) week(from time.Time) week {
	return week{name: w.table + "_" + from.Format(weekDay), from: from, until: from.AddDate(0, 0, 7)}
}

// parse reads what a partition holds from its name; ok is false for that of the strays.
func (w weekly) parse(name string) (out week, ok bool) {
	rest := name[min(len(name), len(w.table)+1):]
	if day, err := time.Parse("until_"+weekDay, rest); err == nil {
		return week{name: name, until: day}, true
	}
	day, err := time.Parse(weekDay, rest)
	return w.week(day), err == nil
}

// missing returns the Mondays of the weeks that are to be made: those ahead of now and those of strays.
func missing(have []week, now time.Time, strays []time.Time) (out []time.Time) {
	wanted := slices.Clone(strays)
	for i := range weeksAhead + 1 {
		wanted = append(wanted, monday(now).AddDate(0, 0, 7*i))
	}
	slices.SortFunc(wanted, time.Time.Compare)
	for _, from := range slices.CompactFunc(wanted, time.Time.Equal) {
		if !slices.ContainsFunc(have, func(w week) bool { return !from.Before(w.from) && from.Before(w.until) }) {
			out = append(out, from)
		}
	}
	return out
}

// KeepWeeks makes the weeks ahead of the weekly tables, and moves rows that found no week to the one that is theirs. It
// returns how many these were: none, as long as it runs every week. On SQLite there is nothing to do.
func (t *Tenant) KeepWeeks(ctx context.Context) (strays int64, err error) {
	if t.db.weeks == nil {
		return 0, nil
	}
	strays, err = t.db.weeks.keep(ctx, t.clock.Now())
	return strays, translate(err)
}

// CountStrays returns how many rows of weekly tables are in no week at present. On SQLite there are none.
func (t *Tenant) CountStrays(ctx context.Context) (n int64, err error) {
	if t.db.weeks == nil {
		return 0, nil
	}
	n, err = t.db.weeks.strays(ctx)
	return n, translate(err)
}

// retireBatch is how many rows go at a time on SQLite, so that texts get in between.
const retireBatch = 500

// RetireAuditEntries removes the audit entries from before an instant: on PostgreSQL the weeks that ended before it,
// on SQLite some, of which more may be left. note is called with each part's number of entries in a transaction of which the part is
// gone afterwards; what it writes is there even if the program ends in between.
func (t *Tenant) RetireAuditEntries(ctx context.Context, before time.Time, note func(tx *Tx, entries int64) error) (more bool, err error) {
	if t.db.weeks != nil {
		return false, translate(t.db.weeks.retire(ctx, auditEntries, before, func(rows int64) error {
			return t.Write(ctx, func(tx *Tx) error { return note(tx, rows) })
		}))
	}
	err = t.Write(ctx, func(tx *Tx) error {
		n, err := tx.DeleteAuditEntries(ctx, DeleteAuditEntriesParams{Before: before, Size: retireBatch})
		more = n == retireBatch
		if err != nil || n == 0 {
			return err
		}
		return note(tx, n)
	})
	return more, err
}
