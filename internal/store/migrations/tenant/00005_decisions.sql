-- What was decided and what came of it. A decision is immutable; what follows are rows that refer
-- to it. Replies are sealed, for they may name the member.

-- +goose Up
CREATE TABLE decisions (
    id             TEXT PRIMARY KEY,
    thread_id      TEXT NOT NULL REFERENCES threads (id),
    subject_id     TEXT NOT NULL REFERENCES subjects (id),
    kind           TEXT NOT NULL, -- answer, no_answer, opt_out, opt_in, help, escalate
    title          TEXT NOT NULL,
    sop_id         TEXT REFERENCES sops (id),
    sop_version    BIGINT NOT NULL, -- 0: none
    confidence     DOUBLE PRECISION NOT NULL,
    earned_tier    TEXT NOT NULL, -- by confidence alone
    tier           TEXT NOT NULL, -- after everything that lowers it
    evidence       JSONB NOT NULL,
    steps          JSONB NOT NULL, -- the SOP's steps with their actions and parameters; no reply texts
    reply          BYTEA, -- sealed; NULL: no words
    location_id    TEXT REFERENCES locations (id),
    bay_id         TEXT REFERENCES bays (id),
    booking_id     TEXT REFERENCES bookings (id),
    correlation_id TEXT NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX decisions_by_thread ON decisions (thread_id, created_at);
CREATE INDEX decisions_by_time ON decisions (created_at, id);

CREATE TABLE proposals (
    id          TEXT PRIMARY KEY,
    decision_id TEXT NOT NULL UNIQUE REFERENCES decisions (id),
    thread_id   TEXT NOT NULL REFERENCES threads (id),
    tier        TEXT NOT NULL CHECK (tier IN ('suggest', 'approve')),
    status      TEXT NOT NULL CHECK (status IN ('open', 'approved', 'rejected', 'executed', 'expired', 'superseded')),
    deadline_at TIMESTAMPTZ, -- suggest: acts then unless a person objects; approve: NULL
    edited      BOOLEAN NOT NULL,
    decided_by  TEXT NOT NULL, -- actor; '' while open
    decided_at  TIMESTAMPTZ,
    reason      TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL
);
-- At most one open proposal per thread: a thread is one matter.
CREATE UNIQUE INDEX proposals_open ON proposals (thread_id) WHERE status = 'open';
CREATE INDEX proposals_by_status ON proposals (status, created_at, id);

-- A run carries out a decision's steps one after the other. It is the durable place of "where are
-- we": the step that is next, and how the last one ended.
CREATE TABLE runs (
    decision_id TEXT PRIMARY KEY REFERENCES decisions (id),
    thread_id   TEXT NOT NULL REFERENCES threads (id),
    steps       JSONB NOT NULL, -- what is to be done: the decision's steps, as approved or edited
    reply       BYTEA, -- sealed, as approved or edited
    next_step   BIGINT NOT NULL,
    last        TEXT NOT NULL, -- outcome of the last action; '' before the first
    status      TEXT NOT NULL CHECK (status IN ('running', 'done', 'stopped')),
    started_by  TEXT NOT NULL, -- actor
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX runs_unfinished ON runs (updated_at) WHERE status = 'running';

CREATE TABLE executions (
    id              TEXT PRIMARY KEY,
    decision_id     TEXT REFERENCES decisions (id), -- NULL: an operator's own act
    thread_id       TEXT REFERENCES threads (id),
    action          TEXT NOT NULL,
    params          JSONB NOT NULL,
    location_id     TEXT REFERENCES locations (id),
    bay_id          TEXT REFERENCES bays (id),
    device_id       TEXT REFERENCES devices (id),
    booking_id      TEXT REFERENCES bookings (id),
    member_id       TEXT REFERENCES members (id),
    idempotency_key TEXT NOT NULL UNIQUE,
    outcome         TEXT NOT NULL CHECK (outcome IN ('claimed', 'running', 'success', 'partial', 'unconfirmed', 'failed', 'timeout', 'refused')),
    detail          TEXT NOT NULL, -- for people: why refused, what the vendor said; never personal
    proofs          JSONB NOT NULL, -- what the gate looked at, with source and time
    requested_by    TEXT NOT NULL, -- actor
    attempts        BIGINT NOT NULL,
    correlation_id  TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL, -- when it was claimed or refused
    called_at       TIMESTAMPTZ, -- just before the vendor was called
    finished_at     TIMESTAMPTZ
);
CREATE INDEX executions_by_thread ON executions (thread_id, created_at);
CREATE INDEX executions_by_booking ON executions (booking_id, created_at);
CREATE INDEX executions_by_bay ON executions (bay_id, action, created_at);
CREATE INDEX executions_by_device ON executions (device_id, action, created_at);
CREATE INDEX executions_by_member ON executions (member_id, action, created_at);
CREATE INDEX executions_by_time ON executions (created_at, id);
CREATE INDEX executions_unfinished ON executions (outcome, created_at) WHERE outcome IN ('claimed', 'running');

-- One row per action and target. Taking it is one conditional upsert, so two triggers at once
-- cannot both pass a cooldown.
CREATE TABLE cooldowns (
    action      TEXT NOT NULL,
    target      TEXT NOT NULL,
    last_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (action, target)
);

-- What people changed about a proposal or a decision, with the words before and after.
CREATE TABLE overrides (
    id          TEXT PRIMARY KEY,
    decision_id TEXT NOT NULL REFERENCES decisions (id),
    thread_id   TEXT NOT NULL REFERENCES threads (id),
    kind        TEXT NOT NULL CHECK (kind IN ('edited', 'rejected', 'replied', 'took_over')),
    before      BYTEA, -- sealed
    after       BYTEA, -- sealed
    reason      TEXT NOT NULL,
    actor       TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX overrides_by_decision ON overrides (decision_id);

-- +goose Down
DROP TABLE overrides;
DROP TABLE cooldowns;
DROP TABLE executions;
DROP TABLE runs;
DROP TABLE proposals;
DROP TABLE decisions;
