-- Decision memory: what was decided before, what came of it, and how far that may be trusted.

-- +goose Up
CREATE TABLE decision_patterns (
    id          TEXT PRIMARY KEY,
    domain      TEXT NOT NULL CHECK (domain IN ('decision', 'error', 'booking', 'access')),
    sop_id      TEXT UNIQUE REFERENCES sops (id), -- the procedure whose record this is; NULL: learned from people
    title       TEXT NOT NULL, -- masked
    steps       JSONB NOT NULL, -- what was learned to do; '{}' where a procedure says it
    reply       BYTEA, -- learned words, sealed by the tenant's keyset
    state       TEXT NOT NULL CHECK (state IN ('active', 'paused', 'retired', 'merged')),
    ceiling     TEXT NOT NULL CHECK (ceiling IN ('auto', 'suggest', 'approve', 'escalate')), -- pinned by people
    epoch       BIGINT NOT NULL, -- evidence of earlier epochs does not count
    earned      TEXT NOT NULL, -- tier that the record earned when it was last looked at
    merged_into TEXT REFERENCES decision_patterns (id),
    version     BIGINT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX decision_patterns_by_state ON decision_patterns (state, updated_at);

-- Situations that were labelled by people: what the model is trained on besides procedures' triggers.
CREATE TABLE precedents (
    id          TEXT PRIMARY KEY,
    pattern_id  TEXT REFERENCES decision_patterns (id), -- NULL: none of the known
    text        TEXT NOT NULL, -- masked
    context     JSONB NOT NULL,
    decision_id TEXT REFERENCES decisions (id),
    thread_id   TEXT REFERENCES threads (id),
    location_id TEXT REFERENCES locations (id),
    bay_id      TEXT REFERENCES bays (id),
    actor       TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX precedents_by_pattern ON precedents (pattern_id, at);
CREATE UNIQUE INDEX precedents_by_decision ON precedents (decision_id);

-- What was weighed for a decision, and by which version of the model.
CREATE TABLE pattern_matches (
    decision_id TEXT NOT NULL REFERENCES decisions (id),
    pattern_id  TEXT NOT NULL REFERENCES decision_patterns (id),
    role        TEXT NOT NULL CHECK (role IN ('chosen', 'weighed', 'taught')), -- taught: a person decided so afterwards
    plan        TEXT NOT NULL, -- digest of what would be done
    score       DOUBLE PRECISION NOT NULL, -- similarity
    probability DOUBLE PRECISION NOT NULL, -- that it is the same situation
    reliability DOUBLE PRECISION NOT NULL, -- bound on how often the plan works
    confidence  DOUBLE PRECISION NOT NULL,
    model       TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (decision_id, pattern_id)
);
CREATE INDEX pattern_matches_by_pattern ON pattern_matches (pattern_id, at);

-- What came of a decision for a pattern: one row, replaced when more becomes known.
CREATE TABLE pattern_outcomes (
    decision_id TEXT NOT NULL REFERENCES decisions (id),
    pattern_id  TEXT NOT NULL REFERENCES decision_patterns (id),
    plan        TEXT NOT NULL,
    epoch       BIGINT NOT NULL,
    source      TEXT NOT NULL, -- verified, approved, silent, …
    person      TEXT NOT NULL, -- user id of who judged it; ''
    location_id TEXT REFERENCES locations (id),
    bay_id      TEXT REFERENCES bays (id),
    action      TEXT NOT NULL, -- the first action of the plan; '' for words only
    at          TIMESTAMPTZ NOT NULL, -- of the decision
    updated_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (decision_id, pattern_id)
);
CREATE INDEX pattern_outcomes_by_pattern ON pattern_outcomes (pattern_id, at);
CREATE INDEX pattern_outcomes_by_time ON pattern_outcomes (at);

-- The outcomes of a pattern's plan, summed by who judged them and where.
CREATE TABLE pattern_tallies (
    pattern_id  TEXT NOT NULL REFERENCES decision_patterns (id),
    plan        TEXT NOT NULL,
    epoch       BIGINT NOT NULL,
    person      TEXT NOT NULL,
    location    TEXT NOT NULL,
    bay         TEXT NOT NULL,
    successes   DOUBLE PRECISION NOT NULL, -- as they counted at an instant
    failures    DOUBLE PRECISION NOT NULL,
    outcomes    BIGINT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (pattern_id, plan, epoch, person, location, bay)
);

CREATE INDEX executions_by_decision ON executions (decision_id);

-- The breakers of autonomy: one for each pattern, for each action and for the club.
CREATE TABLE breakers (
    kind        TEXT NOT NULL CHECK (kind IN ('pattern', 'action', 'club')),
    scope       TEXT NOT NULL,
    statistic   DOUBLE PRECISION NOT NULL,
    tripped_at  TIMESTAMPTZ, -- NULL: closed
    reason      TEXT NOT NULL,
    good_since  BIGINT NOT NULL, -- good outcomes since it tripped
    updated_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, scope)
);

-- +goose Down
DROP INDEX executions_by_decision;
DROP TABLE breakers;
DROP TABLE pattern_tallies;
DROP TABLE pattern_outcomes;
DROP TABLE pattern_matches;
DROP TABLE precedents;
DROP TABLE decision_patterns;
