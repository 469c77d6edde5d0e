-- What is not as promised, and since when: so that people are told once of what lasts, by whichever process sees
-- it, and once more when it is over. What a process measures of itself has a row for each.

-- +goose Up
CREATE TABLE alarms (
    name    TEXT NOT NULL,
    node    TEXT NOT NULL,
    since   TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    told_at TIMESTAMPTZ,
    PRIMARY KEY (name, node)
);

-- +goose Down
DROP TABLE alarms;
