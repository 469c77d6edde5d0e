-- What the machine did alone, or would have done: with what people did in its place, the share of it that
-- people look at afterwards, and what became known of decisions by somebody who looked.

-- +goose Up
CREATE TABLE alone_decisions (
    decision_id  TEXT PRIMARY KEY REFERENCES decisions (id),
    thread_id    TEXT NOT NULL REFERENCES threads (id),
    pattern_id   TEXT REFERENCES decision_patterns (id),
    location_id  TEXT REFERENCES locations (id),
    tier         TEXT NOT NULL CHECK (tier IN ('auto', 'suggest')), -- as what it went out, or would have
    allowed      BOOLEAN NOT NULL, -- FALSE: it was only proposed, because acting alone was switched off
    action       TEXT NOT NULL, -- the first action; '' for words only
    action_class TEXT NOT NULL, -- of the catalogue: device, access, …; words
    draw         DOUBLE PRECISION NOT NULL, -- in [0, 1), by the decision's id
    share        DOUBLE PRECISION NOT NULL, -- of such decisions that are looked at: those with a draw below it
    verdict      TEXT NOT NULL CHECK (verdict IN ('', 'agreed', 'disagreed')), -- what a person's act says; '' nothing is known
    because      TEXT NOT NULL, -- for people
    judged_at    TIMESTAMPTZ,
    at           TIMESTAMPTZ NOT NULL -- of the decision
);
CREATE INDEX alone_decisions_by_verdict ON alone_decisions (allowed, verdict, at, decision_id);

-- The decisions that the machine carried out alone and that were drawn for a person to look at.
CREATE TABLE reviews (
    decision_id TEXT PRIMARY KEY REFERENCES decisions (id),
    thread_id   TEXT NOT NULL REFERENCES threads (id),
    location_id TEXT REFERENCES locations (id),
    share       DOUBLE PRECISION NOT NULL, -- how probable it was to be drawn
    answer      TEXT NOT NULL CHECK (answer IN ('', 'right', 'wrong')), -- '': it waits
    reason      TEXT NOT NULL CHECK (reason IN ('', 'matter', 'action', 'words', 'person', 'other')), -- of a wrong one
    note        TEXT NOT NULL, -- masked
    instead     BYTEA, -- words that would have been right, sealed
    pattern_id  TEXT REFERENCES decision_patterns (id), -- the pattern that would have been right
    actor       TEXT NOT NULL,
    answered_at TIMESTAMPTZ,
    created_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX reviews_by_answer ON reviews (answer, decision_id);

-- One row for each decision of which somebody said whether it was right: the record that the matcher is
-- calibrated on and that the club's figures are drawn from.
CREATE TABLE decision_truths (
    decision_id TEXT PRIMARY KEY REFERENCES decisions (id),
    pattern_id  TEXT REFERENCES decision_patterns (id), -- that the decision took it for
    location_id TEXT REFERENCES locations (id),
    tier        TEXT NOT NULL,
    alone       BOOLEAN NOT NULL, -- it was carried out alone
    share       DOUBLE PRECISION NOT NULL, -- how probable it was to become known
    score       DOUBLE PRECISION NOT NULL, -- of the match, before calibration
    probability DOUBLE PRECISION NOT NULL, -- that it is the situation, as claimed
    confidence  DOUBLE PRECISION NOT NULL, -- that it is right, as claimed
    fits        TEXT NOT NULL CHECK (fits IN ('', 'yes', 'no')), -- whether it was the situation; '' not known
    good        TEXT NOT NULL CHECK (good IN ('', 'yes', 'no')), -- whether the decision was right
    at          TIMESTAMPTZ NOT NULL, -- of the decision
    updated_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX decision_truths_by_time ON decision_truths (at, decision_id);
CREATE INDEX decision_truths_by_update ON decision_truths (updated_at, decision_id);

CREATE INDEX escalations_by_time ON escalations (created_at);
CREATE INDEX escalations_by_decision ON escalations (decision_id);

-- +goose Down
DROP INDEX escalations_by_decision;
DROP INDEX escalations_by_time;
DROP TABLE decision_truths;
DROP TABLE reviews;
DROP TABLE alone_decisions;
