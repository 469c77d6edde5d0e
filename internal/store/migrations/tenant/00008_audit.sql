-- The audit log: appended to in the transaction of the change it tells of, never edited. On
-- PostgreSQL the tenant's role has no right to update or delete here.

-- +goose Up
CREATE TABLE audit_entries (
    id             TEXT PRIMARY KEY,
    at             TIMESTAMPTZ NOT NULL,
    actor          TEXT NOT NULL,
    actor_name     TEXT NOT NULL,
    action         TEXT NOT NULL, -- "proposal.approved", "user.disabled", …
    object         TEXT NOT NULL, -- id of what changed
    thread_id      TEXT, -- where it belongs to one
    detail         JSONB NOT NULL, -- before and after, masked
    correlation_id TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit_entries (at, id);
CREATE INDEX audit_by_object ON audit_entries (object, at);
CREATE INDEX audit_by_thread ON audit_entries (thread_id, at);
CREATE INDEX audit_by_correlation ON audit_entries (correlation_id);

-- +goose Down
DROP TABLE audit_entries;
