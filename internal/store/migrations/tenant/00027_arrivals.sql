-- Texts that came in a storm: acknowledged, and not yet filed in their threads. A row holds some that were
-- committed together, and goes in the transaction that files them.

-- +goose Up
CREATE TABLE arrivals (
    id          TEXT PRIMARY KEY, -- they are filed in its order
    sealed      BYTEA NOT NULL,   -- the texts, by the club's key: whose they are is found out by filing
    tries       BIGINT NOT NULL,  -- how often filing has failed
    due_at      TIMESTAMPTZ NOT NULL, -- not filed before
    received_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE arrivals;
