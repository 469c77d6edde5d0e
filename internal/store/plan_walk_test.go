package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// whole are the queries that read a table which grows from end to end, and why they may.
var whole = map[string]string{
	"CountTexts":          "a measurement counts what was stored; no part of the product asks it",
	"CountThreads":        "the sum over all lists, whose figures it proves; pages ask CountOpenThreads",
	"CountTickets":        "the board's totals; a club has a few tickets a day",
	"CountPrecedents":     "the doctor's figure; people teach them one by one",
	"DeleteAuditEntries":  "SQLite's alone, which finds them by an index; on PostgreSQL weeks go instead",
	"FindMemoryStamp":     "the number of precedents, which people teach one by one",
	"UnlinkAlonePattern":  "a person deletes a pattern, which is rare; an index would cost every decision",
	"UnlinkReviewPattern": "as above",
	"UnlinkTruthPattern":  "as above",
}

func TestNoQueryReadsATableThatGrowsFromEndToEnd(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	look := sqliteWalks(t, tenant)
	if c.Engine() == "postgres" {
		look = postgresWalks(t, store.SchemaForTest(c, "aa"))
	}
	found := map[string]bool{}
	for _, q := range questions(t) {
		steps, err := look(q)
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
		}
		found[q.name] = true
		for _, step := range steps {
			if _, may := whole[q.name]; !may {
				t.Errorf("%s: %s", q.name, step)
			}
		}
	}
	for name := range whole {
		if !found[name] {
			t.Errorf("there is no query %s any more", name)
		}
	}
}

// looker returns the steps of a query's plan that read a table which grows from end to end. Reading along an index
// until a page is full is no such step.
type looker func(q question) ([]string, error)

var (
	aliased  = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)(?:\s+(?:AS\s+)?([a-z_]+))?`)
	scanned  = regexp.MustCompile(`(?m)^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?`)
	sorted   = "USE TEMP B-TREE FOR ORDER BY"
	hasLimit = regexp.MustCompile(`\bLIMIT\b`)
)

// sqliteWalks reads the plans of SQLite, which do not depend on how many rows there are.
func sqliteWalks(t *testing.T, tenant *store.Tenant) looker {
	t.Helper()
	return func(q question) (out []string, err error) {
		plan, err := store.PlanForTest(t.Context(), tenant, q.text, q.args...)
		if err != nil {
			return nil, err
		}
		tables := map[string]string{}
		for _, m := range aliased.FindAllStringSubmatch(q.text, -1) {
			tables[m[1]], tables[strings.ToLower(m[2])] = m[1], m[1]
		}
		for _, m := range scanned.FindAllStringSubmatch(plan, -1) {
			table := tables[m[1]]
			partial := storetest.Count(t, tenant, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'index' AND name = $1 AND sql LIKE '% WHERE %'", m[2])
			grows := storetest.Count(t, tenant, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1", table)
			_, small := few[table]
			paged := m[2] != "" && hasLimit.MatchString(q.text) && !strings.Contains(plan, sorted)
			if grows == 1 && !small && partial == 0 && !paged {
				out = append(out, fmt.Sprintf("%s (%s)", m[0], table))
			}
		}
		return out, nil
	}
}

// million is how many rows PostgreSQL is told that each table has which grows.
const million = 1_000_000

// postgresWalks fills the tables that grow in a transaction which is rolled back, has them analysed, and tells the planner that
// the same few pages hold a million rows: reading a table from end to end looks cheaper to it than it would be.
func postgresWalks(t *testing.T, schema string) looker {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), storetest.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec := func(text string, args ...any) {
		t.Helper()
		if _, err := tx.Exec(t.Context(), text, args...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	exec("SET LOCAL session_replication_role = replica") // rows that refer to nothing
	exec("SET LOCAL search_path TO " + pgx.Identifier{schema}.Sanitize())
	// All entries go where strays go: of a week as small as this one's it would rightly read all.
	exec(`DO $$ DECLARE week TEXT; BEGIN
		FOR week IN SELECT CAST(CAST(oid AS regclass) AS TEXT) FROM pg_class WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relispartition AND relkind = 'r' AND relname NOT LIKE '%stray' LOOP
			EXECUTE 'DROP TABLE ' || week;
		END LOOP;
	END $$`)
	for _, stmt := range fillings(t, tx, schema) {
		exec(stmt)
	}
	exec(`DO $$ DECLARE name TEXT; BEGIN -- of this schema alone: it keeps a lock on each
		FOR name IN SELECT relname FROM pg_class WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relkind IN ('r', 'p') LOOP EXECUTE 'ANALYZE ' || quote_ident(name); END LOOP;
	END $$`)
	exec(`UPDATE pg_class SET reltuples = $2 WHERE relnamespace = CAST($1 AS regnamespace) AND reltuples > 500`, schema, million)
	rows, err := tx.Query(t.Context(), "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = CAST($1 AS regnamespace) AND i.indpred IS NOT NULL", schema)
	if err != nil {
		t.Fatal(err)
	}
	partial, err := pgx.CollectRows(rows, pgx.RowTo[string]) // they hold only what is under way
	if err != nil {
		t.Fatal(err)
	}
	return func(q question) ([]string, error) {
		asked, err := tx.Begin(t.Context())
		if err != nil {
			return nil, err
		}
		defer func() { _ = asked.Rollback(t.Context()) }()
		var plan []byte
		if err := asked.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+q.text, q.args...).Scan(&plan); err != nil {
			return nil, err
		}
		var roots []struct{ Plan step }
		if err := json.Unmarshal(plan, &roots); err != nil {
			return nil, err
		}
		var out []string
		for _, r := range roots {
			r.Plan.walks(partial, false, &out)
		}
		return out, nil
	}
}
