package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// step is a node of a plan of PostgreSQL.
type step struct {
	Type     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Index    string `json:"Index Name"`
	Cond     string `json:"Index Cond"`
	Recheck  string `json:"Recheck Cond"`
	Plans    []step
}

// walks adds what reads a table that grows from end to end. paged says that who asks stops when a page is full.
func (s step) walks(partial []string, paged bool, out *[]string) {
	_, small := few[s.Relation]
	switch s.Type {
	case "Seq Scan":
		if !small && s.Relation != "" {
			*out = append(*out, "Seq Scan on "+s.Relation)
		}
	case "Index Scan", "Index Only Scan":
		if s.Cond == "" && !paged && !small && !slices.Contains(partial, s.Index) {
			*out = append(*out, s.Type+" of all of "+s.Index)
		}
	case "Limit":
		paged = true
	case "Sort", "Aggregate", "Hash", "Materialize":
		paged = false
	}
	for _, p := range s.Plans {
		p.walks(partial, paged, out)
	}
}

// rows is how many are really there of each table that grows.
const rows = 1000

// under are statuses: what nearly all rows have, and one in a hundred.
var under = map[string][2]string{
	"threads.status": {"resolved", "escalated"}, "messages.status": {"received", "queued"}, "executions.outcome": {"success", "claimed"},
	"proposals.status": {"executed", "open"}, "runs.status": {"done", "running"}, "escalations.status": {"closed", "open"}, "tickets.status": {"closed", "open"},
	"notifications.status": {"sent", "queued"}, "bookings.status": {"confirmed", "cancelled"}, "alone_decisions.verdict": {"agreed", ""}, "reviews.answer": {"right", ""},
}

// open are instants that only what is under way has.
var open = []string{"threads.waiting_since", "threads.silent_until", "tickets.paused_at", "events.open_key"}

// fillings returns the statements that fill every table which grows.
func fillings(t *testing.T, tx pgx.Tx, schema string) []string {
	t.Helper()
	var out []string
	list, err := tx.Query(t.Context(), `SELECT CAST(CAST(conrelid AS regclass) AS TEXT), conname FROM pg_constraint WHERE connamespace = CAST($1 AS regnamespace) AND contype = 'c'`, schema)
	if err != nil {
		t.Fatal(err)
	}
	checks, err := pgx.CollectRows(list, pgx.RowToStructByPos[struct{ Table, Name string }])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		out = append(out, "ALTER TABLE "+c.Table+" DROP CONSTRAINT "+c.Name)
	}
	names, values := map[string][]string{}, map[string][]string{}
	for _, c := range columns(t, tx, schema) {
		if _, small := few[c.Table]; !small && c.Table != "goose_db_version" {
			names[c.Table], values[c.Table] = append(names[c.Table], c.Name), append(values[c.Table], c.value())
		}
	}
	for table := range names {
		out = append(out, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM generate_series(1, %d) AS i ON CONFLICT DO NOTHING", table, strings.Join(names[table], ", "), strings.Join(values[table], ", "), rows))
	}
	return out
}

// column is a column of a table; Unique says that it ends a unique key, Alone that it is all of one.
type column struct {
	Table, Name, Type string
	Nullable          bool
	Unique, Alone     bool
	Refers            string // to a table; "" to none
}

func columns(t *testing.T, tx pgx.Tx, schema string) []column {
	t.Helper()
	list, err := tx.Query(context.WithoutCancel(t.Context()), `SELECT c.relname, a.attname, format_type(a.atttypid, NULL), NOT a.attnotnull,
			EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indkey[i.indnkeyatts - 1] = a.attnum),
			EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum AND i.indpred IS NULL),
			COALESCE((SELECT f.relname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey[1] = a.attnum LIMIT 1), '')
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = CAST($1 AS regnamespace) AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname, a.attnum`, schema)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(list, pgx.RowToStructByPos[column])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// value returns an expression of i for the i-th row, in a year that ends at the test's instant.
func (c column) value() string {
	name := c.Table + "." + c.Name
	if s, ok := under[name]; ok {
		return fmt.Sprintf("CASE WHEN i %% 100 = 0 THEN '%s' ELSE '%s' END", s[1], s[0])
	}
	if slices.Contains(open, name) {
		return fmt.Sprintf("CASE WHEN i %% 100 = 0 THEN %s END", column{Table: "x", Name: c.Name, Type: c.Type, Alone: true}.value())
	}
	switch c.Type {
	case "timestamp with time zone":
		return fmt.Sprintf("TIMESTAMPTZ '2026-11-26 14:00Z' - (%d - i) * INTERVAL '1 year' / %d", rows, rows)
	case "boolean":
		return "FALSE"
	case "bigint":
		if c.Unique {
			return "i"
		}
		return "i % 100"
	case "double precision":
		return fmt.Sprintf("i / %d.0", rows)
	case "bytea":
		return "decode(repeat('00', 100), 'hex')"
	case "jsonb":
		return "'{}'"
	}
	_, small := few[c.Refers]
	switch {
	case c.Alone:
		return "'x' || i"
	case small:
		return "'x' || i % 20"
	case c.Refers != "" || strings.HasSuffix(c.Name, "_id") || c.Name == "object" || c.Name == "ref":
		return "'x' || i / 4"
	case c.Unique:
		return "'x' || i"
	}
	return "'v' || i % 20"
}
