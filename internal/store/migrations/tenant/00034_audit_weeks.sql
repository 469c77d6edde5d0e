-- The audit log by weeks (UTC, from Monday): entries are only ever added, and what a club keeps no longer goes by
-- whole weeks, which costs nothing however many entries a week has. The program makes the weeks ahead of time;
-- an entry that finds no week goes to audit_entries_stray, and from there to its week. What was there before
-- becomes one partition, named by where it ends. On SQLite the table stays as it is; see the file of the same number.
-- Expand: the table takes and gives the same columns under the same name.

-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
    ends TIMESTAMPTZ;
    before TEXT;
    role TEXT;
BEGIN
    ALTER TABLE audit_entries RENAME TO audit_entries_before;
    ALTER TABLE audit_entries_before DROP CONSTRAINT audit_entries_pkey;
    ALTER INDEX audit_by_time RENAME TO audit_before_by_time;
    ALTER INDEX audit_by_object RENAME TO audit_before_by_object;
    ALTER INDEX audit_by_thread RENAME TO audit_before_by_thread;
    ALTER INDEX audit_by_correlation RENAME TO audit_before_by_correlation;
    CREATE TABLE audit_entries (LIKE audit_entries_before, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE INDEX audit_by_time ON audit_entries (at, id);
    CREATE INDEX audit_by_object ON audit_entries (object, at);
    CREATE INDEX audit_by_thread ON audit_entries (thread_id, at);
    CREATE INDEX audit_by_correlation ON audit_entries (correlation_id);
    CREATE TABLE audit_entries_stray PARTITION OF audit_entries DEFAULT;
    -- Programs that serve meanwhile go on: the roles that may add entries may do so here.
    FOR role IN SELECT DISTINCT pg_get_userbyid(a.grantee) FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid = CAST('audit_entries_before' AS regclass) AND a.grantee NOT IN (0, c.relowner) LOOP
        EXECUTE format('GRANT SELECT, INSERT ON audit_entries TO %I', role);
        EXECUTE format('REVOKE ALL ON audit_entries_before FROM %I', role);
    END LOOP;
    SELECT (date_trunc('week', MAX(at) AT TIME ZONE 'UTC') + INTERVAL '7 days') AT TIME ZONE 'UTC' INTO ends FROM audit_entries_before;
    IF ends IS NULL THEN
        DROP TABLE audit_entries_before;
    ELSE
        before := 'audit_entries_until_' || to_char(ends AT TIME ZONE 'UTC', 'YYYYMMDD');
        EXECUTE format('ALTER TABLE audit_entries_before RENAME TO %I', before);
        EXECUTE format('ALTER TABLE audit_entries ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', before, to_char(ends AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'));
    END IF;
END $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE
    role TEXT;
BEGIN
    CREATE TABLE audit_entries_whole (LIKE audit_entries);
    INSERT INTO audit_entries_whole (id, at, actor, actor_name, action, object, thread_id, detail, correlation_id)
        SELECT id, at, actor, actor_name, action, object, thread_id, detail, correlation_id FROM audit_entries;
    FOR role IN SELECT DISTINCT pg_get_userbyid(a.grantee) FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid = CAST('audit_entries' AS regclass) AND a.grantee NOT IN (0, c.relowner) LOOP
        EXECUTE format('GRANT SELECT, INSERT ON audit_entries_whole TO %I', role);
    END LOOP;
    DROP TABLE IF EXISTS audit_entries_before;
    DROP TABLE audit_entries_stray;
    DROP TABLE audit_entries;
    ALTER TABLE audit_entries_whole RENAME TO audit_entries;
    ALTER TABLE audit_entries ADD PRIMARY KEY (id);
    CREATE INDEX audit_by_time ON audit_entries (at, id);
    CREATE INDEX audit_by_object ON audit_entries (object, at);
    CREATE INDEX audit_by_thread ON audit_entries (thread_id, at);
    CREATE INDEX audit_by_correlation ON audit_entries (correlation_id);
END $$;
-- +goose StatementEnd
