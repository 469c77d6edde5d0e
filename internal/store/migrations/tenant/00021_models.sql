-- The versions of a club's trained matcher. Their descriptions are kept, so that a decision can be
-- explained years later; the bytes of all but the newest are dropped.

-- +goose Up
CREATE TABLE models (
    id         TEXT PRIMARY KEY,
    number     BIGINT NOT NULL UNIQUE, -- what decisions name
    digest     TEXT NOT NULL, -- of the triggers and precedents that it was trained on
    engine     TEXT NOT NULL, -- of the program that trained it; another one's bytes mean nothing to it
    trained_at TIMESTAMPTZ NOT NULL,
    trained_on JSONB NOT NULL, -- versions of procedures, and counts
    figures    JSONB NOT NULL,
    size_bytes BIGINT NOT NULL, -- in memory
    checksum   TEXT NOT NULL, -- SHA-256 of body
    fault      TEXT NOT NULL, -- why its bytes cannot be used; '' when they can
    body       BYTEA, -- compressed; NULL: retired
    retired_at TIMESTAMPTZ
);
CREATE INDEX models_by_engine ON models (engine, number);

-- +goose Down
DROP TABLE models;
