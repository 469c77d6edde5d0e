-- What people have deleted of what was learned from acts by hand: the circumstances, and when. An act from before
-- is judged again and again (its end, a reopening, a day of silence) and must not teach what was deleted.

-- +goose Up
CREATE TABLE forgotten_deeds (
    circumstances TEXT PRIMARY KEY,
    at            TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE forgotten_deeds;
