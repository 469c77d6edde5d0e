-- Vectors of known texts, made by a server of the club's choice. A space is one model at one address with one
-- dimension: vectors of two spaces are never compared. Rows of a space that is not the club's any more, and of
-- texts that are not known any more, are deleted.

-- +goose Up
CREATE TABLE text_vectors (
    space      TEXT NOT NULL,
    digest     TEXT NOT NULL, -- of the masked text as it was sent
    model      TEXT NOT NULL,
    dimensions BIGINT NOT NULL,
    vector     BYTEA NOT NULL, -- a signed byte a dimension
    made_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (space, digest)
);

-- How much nearness in a space counts, as a rehearsal has shown.
CREATE TABLE text_views (
    space      TEXT PRIMARY KEY,
    model      TEXT NOT NULL,
    dimensions BIGINT NOT NULL,
    known      TEXT NOT NULL, -- names the texts of the rehearsal
    weighing   JSONB NOT NULL,
    weighed_at TIMESTAMPTZ NOT NULL
);

-- What was asked of the server, by day.
CREATE TABLE vector_usage (
    day      TEXT NOT NULL, -- UTC, as 2006-01-02
    model    TEXT NOT NULL,
    requests BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    texts    BIGINT NOT NULL,
    tokens   BIGINT NOT NULL, -- as the server counts
    PRIMARY KEY (day, model)
);

-- In which space the match of a decision was weighed; '' where the engine answered alone.
ALTER TABLE decision_truths ADD COLUMN space TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE decision_truths DROP COLUMN space;
DROP TABLE vector_usage;
DROP TABLE text_views;
DROP TABLE text_vectors;
