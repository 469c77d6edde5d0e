package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// shape is a digest of what is in the schema that m names: relations with their columns, constraints, triggers.
const shape = `(SELECT md5(string_agg(x, ';' ORDER BY x)) FROM pg_namespace n, LATERAL (
	SELECT concat_ws(' ', c.relname, c.relkind, (SELECT string_agg(concat_ws(' ', a.attname, a.atttypid, a.attnotnull), ',' ORDER BY a.attname)
		FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) AS x FROM pg_class c WHERE c.relnamespace = n.oid
	UNION ALL SELECT conname FROM pg_constraint WHERE connamespace = n.oid
	UNION ALL SELECT tgname FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE c.relnamespace = n.oid AND NOT tgisinternal
) AS parts WHERE n.nspname = m.name)`

// remember writes down, in the schema NAME_first, which schemas the installation NAME has, their
// shape, the rows that are in them from the beginning, and the statements that bring them back to it.
const remember = `
CREATE SCHEMA NAME_first;
CREATE TABLE NAME_first.made (name TEXT PRIMARY KEY, shape TEXT, clearing TEXT);
DO $$ DECLARE s TEXT; r RECORD; filled BOOLEAN; text TEXT; BEGIN
	FOR s IN SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'NAME_') AND nspname <> 'NAME_first' LOOP
		text := '';
		FOR r IN SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(s) AND relkind = 'r' LOOP
			text := text || format('DELETE FROM %I.%I;', s, r.relname);
			EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I)', s, r.relname) INTO filled;
			CONTINUE WHEN NOT filled;
			EXECUTE format('CREATE TABLE NAME_first.%I AS TABLE %I.%I', s || '.' || r.relname, s, r.relname);
			text := text || format('INSERT INTO %I.%I OVERRIDING SYSTEM VALUE TABLE NAME_first.%I;', s, r.relname, s || '.' || r.relname);
		END LOOP;
		FOR r IN SELECT sequencename, start_value, last_value FROM pg_sequences WHERE schemaname = s LOOP
			text := text || format('SELECT setval(%L, %s, %L);', format('%I.%I', s, r.sequencename), coalesce(r.last_value, r.start_value), r.last_value IS NOT NULL);
		END LOOP;
		INSERT INTO NAME_first.made SELECT s, ` + shape + `, text FROM (VALUES (s)) AS m (name);
	END LOOP;
END $$`

// clearing returns the statements that bring the installation NAME back to its beginning, without the
// clubs that tests added; NULL when a schema has another shape than it was made with.
const clearing = `SELECT CASE WHEN (SELECT bool_and(m.shape = ` + shape + `) FROM NAME_first.made m) THEN
	coalesce((SELECT string_agg(format('DROP SCHEMA %I CASCADE;', nspname), '') FROM pg_namespace
		WHERE starts_with(nspname, 'NAME_') AND nspname <> 'NAME_first' AND nspname NOT IN (SELECT name FROM NAME_first.made)), '')
	|| coalesce((SELECT string_agg(format('DROP ROLE %I;', rolname), '') FROM pg_roles
		WHERE starts_with(rolname, 'NAME_') AND rolname NOT IN (SELECT replace(name, 'NAME_t_', 'NAME_r_') FROM NAME_first.made)), '')
	|| (SELECT string_agg(clearing, '') FROM NAME_first.made)
END`

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
	if err := layOut(ctx, cfg); err != nil {
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

// drop removes every schema and role whose name begins with prefix.
func drop(ctx context.Context, conn *pgx.Conn, prefix string) error {
	return exec(ctx, conn, `DO $$ DECLARE n TEXT; BEGIN
		FOR n IN SELECT nspname FROM pg_namespace WHERE starts_with(nspname, '`+prefix+`') LOOP EXECUTE format('DROP SCHEMA %I CASCADE', n); END LOOP;
		FOR n IN SELECT rolname FROM pg_roles WHERE starts_with(rolname, '`+prefix+`') LOOP EXECUTE format('DROP ROLE %I', n); END LOOP;
	END $$`)
}
