-- What young lessons have proved together: a decision notes whether the lesson that it followed was young when it was
-- taken, and its outcome then counts here too. What is deleted later has counted all the same.

-- +goose Up
ALTER TABLE pattern_matches ADD COLUMN young BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE lesson_tallies (
    domain      TEXT NOT NULL, -- of the lessons, as of decision_patterns
    action      TEXT NOT NULL, -- the first one that the lessons carry out; '' for words alone
    person      TEXT NOT NULL, -- user id of who judged; ''
    location    TEXT NOT NULL,
    bay         TEXT NOT NULL,
    successes   DOUBLE PRECISION NOT NULL, -- as they counted at an instant
    failures    DOUBLE PRECISION NOT NULL,
    expected    DOUBLE PRECISION NOT NULL, -- how many of them were of the situation, by the matches
    seen        DOUBLE PRECISION NOT NULL, -- how many there were
    outcomes    BIGINT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (domain, action, person, location, bay)
);

-- +goose Down
DROP TABLE lesson_tallies;
ALTER TABLE pattern_matches DROP COLUMN young;
