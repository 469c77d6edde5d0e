-- People whose answers contradict those of everybody else: what they teach trains nothing while they are set aside.
-- One row for each person who ever was.

-- +goose Up
CREATE TABLE set_aside (
    actor    TEXT PRIMARY KEY,
    aside    BOOLEAN NOT NULL,
    compared BIGINT NOT NULL,
    agreed   BIGINT NOT NULL,
    at       TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE set_aside;
