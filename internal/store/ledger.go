package store

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Counts say what transactions have asked of the database since the start. The job runner's own statements
// are not among them.
type Counts struct {
	Reads    int64            // statements that only read
	Writes   int64            // statements that change rows
	Answered int64            // reads that were answered without the database
	Queries  map[string]int64 // reads and writes by the name of the query
	ReadsOf  map[string]int64 // reads by the name of the query
}

// Statements knows each statement that has been run: what it reads and changes, and how often it was run.
// Its zero value knows none.
type Statements struct {
	answered atomic.Int64
	known    sync.Map // text -> *statement
}

// statement is what the text of a query says of it.
type statement struct {
	name     string
	reads    []string // tables that a SELECT looks at; nil for everything else
	changes  []string // tables that it writes
	pin      int      // the argument that is the id of the one row it reads or changes; 0: any row
	recalled bool     // a transaction asks it once
	kept     bool     // what it reads may be kept
	run      atomic.Int64
}

var (
	readTables    = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+([a-z_]+)`)
	changedTables = regexp.MustCompile(`(?i)\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+([a-z_]+)`)
)

// of returns what is known of a statement. Texts are constants of the program, so there are few.
func (l *Statements) of(query string) *statement {
	if s, ok := l.known.Load(query); ok {
		return s.(*statement)
	}
	s, _ := l.known.LoadOrStore(query, parse(query))
	return s.(*statement)
}

// parse reads the name that sqlc writes above each query, and its tables. A name of a common table
// expression among them does no harm: no table is called so.
func parse(query string) *statement {
	s := &statement{name: "unnamed"}
	if rest, ok := strings.CutPrefix(query, "-- name: "); ok {
		s.name, _, _ = strings.Cut(rest, " ")
	}
	var code strings.Builder
	for line := range strings.Lines(query) {
		line, _, _ = strings.Cut(line, "--")
		code.WriteString(line + "\n")
	}
	text := code.String()
	for _, m := range changedTables.FindAllStringSubmatch(text, -1) {
		if name := strings.ToLower(m[1]); name != "set" { // DO UPDATE SET
			s.changes = append(s.changes, name)
		}
	}
	if len(s.changes) == 0 {
		s.reads = []string{}
		for _, m := range readTables.FindAllStringSubmatch(text, -1) {
			s.reads = append(s.reads, strings.ToLower(m[1]))
		}
	}
	for _, list := range []*[]string{&s.reads, &s.changes} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if len(s.changes) <= 1 && len(s.reads) <= 1 {
		s.pin = pinOf(text)
	}
	s.kept = len(s.reads) > 0 && !slices.ContainsFunc(s.reads, func(table string) bool { return slices.Contains(unannounced, table) })
	s.recalled = recalled[s.name] && len(s.changes) == 0
	return s
}

// counts adds up the ledger.
func (l *Statements) counts() Counts {
	c := Counts{Answered: l.answered.Load(), Queries: map[string]int64{}, ReadsOf: map[string]int64{}}
	l.known.Range(func(_, v any) bool {
		s, n := v.(*statement), v.(*statement).run.Load()
		c.Queries[s.name] += n
		if s.reads != nil {
			c.Reads += n
			c.ReadsOf[s.name] += n
		} else {
			c.Writes += n
		}
		return true
	})
	return c
}

// accounted is a DBTX that enters what it runs in the ledger, and notes in its transaction which tables
// were changed: what is kept of them is forgotten at the commit, whoever wrote the statement.
type accounted struct {
	DBTX
	ledger *Statements
	tx     *Tx
}

func (a accounted) enter(query string, args []any) {
	s := a.ledger.of(query)
	s.run.Add(1)
	for _, table := range s.changes {
		what := Touched{table, s.row(args)}
		a.tx.changed = touch(a.tx.changed, what)
		a.tx.unlearn(what)
	}
}

func (a accounted) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	a.enter(query, args)
	return a.DBTX.ExecContext(ctx, query, args...)
}

func (a accounted) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	a.enter(query, args)
	return a.DBTX.QueryContext(ctx, query, args...)
}

func (a accounted) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	a.enter(query, args)
	return a.DBTX.QueryRowContext(ctx, query, args...)
}
