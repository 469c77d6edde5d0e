package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// shape tells whether anybody changed the tables of the installation NAME: it counts the rows of the catalogue
// about them and adds up the transactions that wrote those. A table, column, index, constraint or trigger that
// comes, goes or changes moves it; a right that is granted does not. Every row is found by an index: the
// catalogue has those of all installations.
const shape = `(SELECT concat_ws(' ', count(*), sum(CAST(CAST(x AS TEXT) AS BIGINT))) FROM (
	SELECT d.xmin AS x FROM NAME_first.made m, pg_depend d WHERE d.refclassid = 2615 AND d.refobjid = m.of
	UNION ALL SELECT r.x FROM NAME_first.clearing c, LATERAL (
		SELECT xmin AS x FROM pg_attribute WHERE attrelid = c.of
		UNION ALL SELECT xmin FROM pg_index WHERE indrelid = c.of
		UNION ALL SELECT xmin FROM pg_constraint WHERE conrelid = c.of
		UNION ALL SELECT xmin FROM pg_trigger WHERE tgrelid = c.of
	) AS r
) AS rows)` // 2615: pg_namespace

// remember writes down, in the schema NAME_first, which schemas the installation NAME has, their shape,
// the rows that are in them from the beginning, and the statements that bring each table back to it.
const remember = `
CREATE SCHEMA NAME_first;
CREATE TABLE NAME_first.made (of OID PRIMARY KEY, name TEXT);
CREATE TABLE NAME_first.clearing (of OID, text TEXT);
DO $$ DECLARE s RECORD; r RECORD; filled BOOLEAN; again TEXT; BEGIN
	FOR s IN SELECT oid, nspname FROM pg_namespace WHERE starts_with(nspname, 'NAME_') AND nspname <> 'NAME_first' LOOP
		INSERT INTO NAME_first.made VALUES (s.oid, s.nspname);
		FOR r IN SELECT oid, relname FROM pg_class WHERE relnamespace = s.oid AND relkind = 'r' LOOP
			again := format('DELETE FROM %I.%I;', s.nspname, r.relname);
			EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I)', s.nspname, r.relname) INTO filled;
			IF filled THEN
				EXECUTE format('CREATE TABLE NAME_first.%I AS TABLE %I.%I', s.nspname || '.' || r.relname, s.nspname, r.relname);
				again := again || format('INSERT INTO %I.%I OVERRIDING SYSTEM VALUE TABLE NAME_first.%I;', s.nspname, r.relname, s.nspname || '.' || r.relname);
			END IF;
			INSERT INTO NAME_first.clearing VALUES (r.oid, again);
		END LOOP;
		INSERT INTO NAME_first.clearing SELECT NULL, format('SELECT setval(%L, %s, %L);', format('%I.%I', s.nspname, sequencename),
			coalesce(last_value, start_value), last_value IS NOT NULL) FROM pg_sequences WHERE schemaname = s.nspname;
	END LOOP;
END $$;
CREATE TABLE NAME_first.shape AS SELECT ` + shape + ` AS shape`

// clearing returns the statements that bring the installation NAME back to its beginning, without the
// clubs that tests added; NULL when its tables are not what they were made as. Most tables are never
// written to: they have no pages, and need no statement.
const clearing = `SELECT CASE WHEN shape = ` + shape + ` THEN
	coalesce((SELECT string_agg(format('DROP SCHEMA %I CASCADE;', nspname), '') FROM pg_namespace
		WHERE starts_with(nspname, 'NAME_') AND nspname <> 'NAME_first' AND nspname NOT IN (SELECT name FROM NAME_first.made)), '')
	|| coalesce((SELECT string_agg(format('DROP ROLE %I;', rolname), '') FROM pg_roles
		WHERE starts_with(rolname, 'NAME_') AND rolname NOT IN (SELECT replace(name, 'NAME_t_', 'NAME_r_') FROM NAME_first.made)), '')
	|| (SELECT string_agg(text, '') FROM NAME_first.clearing WHERE of IS NULL OR pg_relation_size(of) > 0)
END FROM NAME_first.shape`

// turn makes processes drop roles one after another, which PostgreSQL answers with "tuple
// concurrently updated" when they do it at once.
const turn = "SELECT pg_advisory_xact_lock(1668052322, 0); " // lockKey

// ready empties the installation, or makes it when there is none or it has another shape.
func ready(ctx context.Context, conn *pgx.Conn, server, name string) error {
	// What still runs there belongs to a test that has ended.
	if _, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1", name); err != nil {
		return fmt.Errorf("end what runs in it: %w", err)
	}
	var text *string
	err := conn.QueryRow(ctx, strings.ReplaceAll(clearing, "NAME", name), pgx.QueryExecModeSimpleProtocol).Scan(&text)
	var pg *pgconn.PgError
	if err != nil && !(errors.As(err, &pg) && pg.Code == "42P01") { // 42P01: there is no table, hence no installation
		return fmt.Errorf("look at it: %w", err)
	}
	if err == nil && text != nil {
		if err := exec(ctx, conn, "SET LOCAL session_replication_role = replica; "+*text); err != nil {
			return fmt.Errorf("empty it: %w", err)
		}
		return nil
	}
	if err := drop(ctx, conn, name+"_"); err != nil {
		return fmt.Errorf("drop it: %w", err)
	}
	cfg := config()
	place(&cfg, server, name)
	if err := layOut(ctx, cfg, usual); err != nil {
		return fmt.Errorf("lay it out: %w", err)
	}
	if err := exec(ctx, conn, strings.ReplaceAll(remember, "NAME", name)); err != nil {
		return fmt.Errorf("remember how it was made: %w", err)
	}
	return nil
}

// exec runs statements in one transaction, sent at once.
func exec(ctx context.Context, conn *pgx.Conn, text string) error {
	if _, err := conn.Exec(ctx, "BEGIN; "+turn+text+"; COMMIT", pgx.QueryExecModeSimpleProtocol); err != nil {
		_, _ = conn.Exec(ctx, "ROLLBACK")
		return err
	}
	return nil
}

// drop removes every schema and role whose name begins with prefix. The schemas go one by one: to drop one takes a lock on
// everything in it, and the server has so many for all.
func drop(ctx context.Context, conn *pgx.Conn, prefix string) error {
	rows, err := conn.Query(ctx, "SELECT CAST(nspname AS TEXT) FROM pg_namespace WHERE starts_with(nspname, $1)", prefix)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{name}.Sanitize()+" CASCADE"); err != nil {
			return err
		}
	}
	return exec(ctx, conn, `DO $$ DECLARE n TEXT; BEGIN
		FOR n IN SELECT rolname FROM pg_roles WHERE starts_with(rolname, '`+prefix+`') LOOP EXECUTE format('DROP ROLE %I', n); END LOOP;
	END $$`)
}
