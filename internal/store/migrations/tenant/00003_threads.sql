-- Conversations. A message is stored before anything is acknowledged; its provider's id is unique,
-- which is what makes a second delivery of the same text harmless.

-- +goose Up
CREATE TABLE threads (
    id             TEXT PRIMARY KEY,
    subject_id     TEXT NOT NULL REFERENCES subjects (id),
    member_id      TEXT REFERENCES members (id),
    location_id    TEXT REFERENCES locations (id),
    bay_id         TEXT REFERENCES bays (id),
    line           TEXT NOT NULL, -- the club's number that was texted
    provider       TEXT NOT NULL,
    status         TEXT NOT NULL,
    priority       TEXT NOT NULL CHECK (priority IN ('emergency', 'high', 'normal', 'low')),
    version        BIGINT NOT NULL, -- goes up by one with every change; writers compare it
    unread         BIGINT NOT NULL,
    snippet        TEXT NOT NULL, -- the last message, masked
    assigned_to    TEXT,
    silent_until   TIMESTAMPTZ, -- the machine says nothing before; NULL with a held status: until handed back
    merged_into    TEXT REFERENCES threads (id),
    awaiting       TEXT NOT NULL, -- JSON: what the member was asked, and on whose behalf; '' when nothing
    episode_at     TIMESTAMPTZ NOT NULL, -- where the present matter begins; older messages are history
    last_in_at     TIMESTAMPTZ,
    last_out_at    TIMESTAMPTZ,
    waiting_since  TIMESTAMPTZ, -- of the first text nobody has answered; NULL when nobody waits
    correlation_id TEXT NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    updated_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX threads_by_subject ON threads (subject_id, updated_at);
CREATE INDEX threads_by_update ON threads (updated_at, id);
CREATE INDEX threads_by_status ON threads (status, updated_at, id);
CREATE INDEX threads_by_location ON threads (location_id, updated_at, id);
CREATE INDEX threads_waiting ON threads (waiting_since) WHERE waiting_since IS NOT NULL;

CREATE TABLE messages (
    id                  TEXT PRIMARY KEY,
    thread_id           TEXT NOT NULL REFERENCES threads (id),
    direction           TEXT NOT NULL CHECK (direction IN ('in', 'out', 'note')),
    author              TEXT NOT NULL CHECK (author IN ('member', 'machine', 'operator')),
    author_id           TEXT NOT NULL, -- the user who wrote it; '' for members and the machine
    provider            TEXT NOT NULL,
    provider_message_id TEXT, -- NULL until the vendor has one
    dedup_key           TEXT, -- outbound: names the cause, so that one cause sends one text
    status              TEXT NOT NULL,
    body                BYTEA NOT NULL, -- sealed by the subject's key
    masked              TEXT NOT NULL,  -- for search and matching
    media               JSONB NOT NULL,
    decision_id         TEXT, -- outbound: the decision that wrote it; inbound: the one that read it
    handled_at          TIMESTAMPTZ, -- inbound: when a decision or a person took it up
    error_code          TEXT NOT NULL,
    attempts            BIGINT NOT NULL,
    claimed_at          TIMESTAMPTZ,
    sent_at             TIMESTAMPTZ, -- by the vendor's clock
    correlation_id      TEXT NOT NULL,
    created_at          TIMESTAMPTZ NOT NULL,
    updated_at          TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX messages_by_provider_id ON messages (provider, provider_message_id) WHERE provider_message_id IS NOT NULL;
CREATE UNIQUE INDEX messages_by_dedup_key ON messages (dedup_key) WHERE dedup_key IS NOT NULL;
CREATE INDEX messages_by_thread ON messages (thread_id, created_at, id);
CREATE INDEX messages_in_flight ON messages (status, updated_at) WHERE status IN ('queued', 'sending');

-- Webhook deliveries seen, kept at least 28 hours (the longest retry of a vendor is 27 h 35 min).
CREATE TABLE deliveries (
    provider    TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (provider, delivery_id)
);
CREATE INDEX deliveries_by_age ON deliveries (received_at);

-- +goose Down
DROP TABLE deliveries;
DROP TABLE messages;
DROP TABLE threads;
