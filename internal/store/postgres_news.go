package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"clubos/internal/club"
)

// news is what a transaction changed: rows, and what pages may show.
type news struct {
	tenant  club.Slug
	touched []Touched
	changes []Change
}

// announcement is how one process tells the others of it. Of a table that Rows names, only these have
// changed; a program that does not know of rows goes by the tables.
type announcement struct {
	Change
	Tables []string            `json:"tables,omitempty"`
	Rows   map[string][]string `json:"rows,omitempty"`
}

func announcing(n news) announcement {
	a := announcement{Change: Change{Tenant: n.tenant}}
	for _, t := range n.touched {
		if !slices.Contains(a.Tables, t.Table) {
			a.Tables = append(a.Tables, t.Table)
		}
		if t.Row != "" {
			if a.Rows == nil {
				a.Rows = map[string][]string{}
			}
			a.Rows[t.Table] = append(a.Rows[t.Table], t.Row)
		}
	}
	return a
}

// touched is what other replicas have changed.
func (a announcement) touched() (list []Touched) {
	for _, table := range a.Tables {
		rows := a.Rows[table]
		if len(rows) == 0 {
			list = append(list, Touched{Table: table})
		}
		for _, row := range rows {
			list = append(list, Touched{table, row})
		}
	}
	return list
}

// announce tells every replica when the transaction commits, by one statement. The tables come first: who
// then looks because of a change must find what is new. This process hears of it too: its own pages must not
// be told of a change before it has forgotten what was there.
//
// From its commit on until that has ended a transaction that announces something holds a lock of the whole
// server, so that of all that wait for the disk only one could do so at a time. Where settle makes up for it, the
// commit itself therefore waits for no disk.
func (e *postgresEngine) announce(ctx context.Context, tx *sql.Tx, n news) error {
	list := make([]announcement, 0, 1+len(n.changes))
	if len(n.touched) > 0 {
		list = append(list, announcing(n))
	}
	seen := map[Change]bool{}
	for _, c := range n.changes {
		if !seen[c] {
			seen[c] = true
			list = append(list, announcement{Change: c})
		}
	}
	payloads := make([]string, len(list))
	for i, a := range list {
		payload, err := json.Marshal(a)
		if err != nil {
			return fmt.Errorf("encode change: %w", err)
		}
		payloads[i] = string(payload)
	}
	query := "SELECT pg_notify($1, p) FROM unnest(CAST($2 AS TEXT[])) WITH ORDINALITY AS list (p, n) ORDER BY n"
	if e.flush != "" {
		query = "SELECT pg_notify($1, p), set_config('synchronous_commit', 'off', TRUE) FROM unnest(CAST($2 AS TEXT[])) WITH ORDINALITY AS list (p, n) ORDER BY n"
	}
	if _, err := tx.ExecContext(ctx, query, changeChannel, payloads); err != nil {
		return fmt.Errorf("announce change: %w", err)
	}
	return nil
}

// settle waits until what its connection has committed is durable, with all that was committed before. An error
// means what one of the commit does: nobody can say whether it counts.
func (e *postgresEngine) settle(ctx context.Context, conn *sql.Conn) error {
	if e.flush == "" {
		return nil
	}
	if _, err := conn.ExecContext(ctx, e.flush); err != nil {
		return fmt.Errorf("wait for the disk: %w", err)
	}
	return nil
}

// flushing returns the statement that settle runs. It is a transaction that writes a few bytes to the log, which
// nobody reads, and whose commit waits for the disk as the server has been told commits should. Where an
// administrator has taken it from the clubs' roles it is "".
func flushing(ctx context.Context, pool *pgxpool.Pool) (string, error) {
	var may bool
	err := pool.QueryRow(ctx, `SELECT COALESCE(BOOL_AND(has_function_privilege('public', p.oid, 'EXECUTE')), FALSE) FROM pg_proc p
		WHERE p.proname = 'pg_logical_emit_message' AND p.pronamespace = CAST('pg_catalog' AS regnamespace)`).Scan(&may)
	if err != nil || !may {
		return "", err
	}
	return "SELECT pg_logical_emit_message(TRUE, 'clubos', '')", nil
}
