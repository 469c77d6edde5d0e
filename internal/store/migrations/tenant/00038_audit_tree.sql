-- The audit log becomes verifiable: each entry gets a place in a Merkle tree, whose root is signed. Leaves and heads are
-- only ever added, and stay when entries are retired. On PostgreSQL the tenant's role has no right to update or delete them.

-- +goose Up
CREATE TABLE audit_leaves (
    position BIGINT PRIMARY KEY, -- from 0, without gaps
    entry_id TEXT NOT NULL UNIQUE,
    at       TIMESTAMPTZ NOT NULL, -- the entry's
    digest   BYTEA NOT NULL -- SHA-256 of the entry's canonical text
);
CREATE INDEX audit_leaves_by_time ON audit_leaves (at);
CREATE TABLE audit_heads (
    size BIGINT PRIMARY KEY, -- so many leaves
    at   TIMESTAMPTZ NOT NULL,
    note TEXT NOT NULL -- signed; says the same
);
-- One row, which whoever adds leaves holds meanwhile.
CREATE TABLE audit_tree (
    id           BIGINT PRIMARY KEY CHECK (id = 1),
    size         BIGINT NOT NULL,
    edge         BYTEA, -- roots of the complete subtrees of so many leaves
    signing_key  BYTEA, -- sealed
    checked      BIGINT NOT NULL, -- how far verification has come
    checked_edge BYTEA, -- the edge there
    checked_at   TIMESTAMPTZ, -- when it came to the end last
    fault        TEXT NOT NULL -- what it found; '' for nothing
);
INSERT INTO audit_tree (id, size, checked, fault) VALUES (1, 0, 0, '');

-- +goose Down
DROP TABLE audit_tree;
DROP TABLE audit_heads;
DROP TABLE audit_leaves;
