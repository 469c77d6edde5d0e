-- Who is called when, and how far a call has gone. A call to a person is a notification with a user;
-- one that is needed no more before it went out is withdrawn, which the table's list of statuses must
-- know, and SQLite changes such a list only by making the table anew.

-- +goose Up
CREATE TABLE contacts (
    user_id     TEXT PRIMARY KEY REFERENCES users (id),
    phone_index TEXT UNIQUE, -- NULL: no number
    phone       BYTEA,       -- sealed by the tenant's keyset
    email       BYTEA,       -- likewise; NULL: the account's address
    by_sms      BOOLEAN NOT NULL,
    by_email    BOOLEAN NOT NULL,
    quiet_from  TEXT NOT NULL, -- "22:00"; '' when there are no quiet hours
    quiet_until TEXT NOT NULL,
    time_zone   TEXT NOT NULL, -- IANA name, of the quiet hours
    updated_at  TIMESTAMPTZ NOT NULL
);

-- A shift comes every week and is read in the time zone of its location.
CREATE TABLE shifts (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id),
    location_id TEXT REFERENCES locations (id), -- NULL: every location
    days        TEXT NOT NULL, -- "mon,tue"; of its beginning
    starts      TEXT NOT NULL, -- "18:00"
    ends        TEXT NOT NULL, -- not after starts: on the next day
    created_by  TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL
);

-- A cover changes the weekly shifts for once.
CREATE TABLE covers (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id),
    instead_of  TEXT REFERENCES users (id),     -- NULL: of everybody
    location_id TEXT REFERENCES locations (id), -- NULL: every location
    starts_at   TIMESTAMPTZ NOT NULL,
    ends_at     TIMESTAMPTZ NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    CHECK (starts_at < ends_at)
);
CREATE INDEX covers_by_end ON covers (ends_at);

-- The calls of an escalation: which step of the club's plan comes next.
CREATE TABLE call_chains (
    escalation_id TEXT PRIMARY KEY REFERENCES escalations (id),
    round         BIGINT NOT NULL, -- goes up when people are called from the first step on again
    started_at    TIMESTAMPTZ NOT NULL, -- of the round
    next_step     BIGINT NOT NULL,
    code          BIGINT NOT NULL, -- short, to answer a text with
    trouble       TEXT NOT NULL, -- why somebody could not be called; '' when everybody could
    updated_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX call_chains_in_trouble ON call_chains (updated_at) WHERE trouble <> '';

CREATE TABLE call_codes (
    id   BIGINT PRIMARY KEY CHECK (id = 1),
    last BIGINT NOT NULL -- 1 to 99 and round again
);
INSERT INTO call_codes (id, last) VALUES (1, 0);

CREATE TABLE notifications_next (
    id          TEXT PRIMARY KEY,
    channel     TEXT NOT NULL, -- slack, sms, email, pagerduty
    target      TEXT NOT NULL, -- a Slack channel; '' for a person
    user_id     TEXT REFERENCES users (id), -- who is called; NULL: whoever reads the channel
    kind        TEXT NOT NULL, -- proposal, escalation, ticket, problem
    ref         TEXT NOT NULL, -- id of what it is about
    thread_id   TEXT REFERENCES threads (id),
    payload     JSONB NOT NULL, -- masked
    status      TEXT NOT NULL CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'unconfirmed', 'withdrawn')),
    external_id TEXT NOT NULL, -- the vendor's id of the post, for updates; '' before
    error       TEXT NOT NULL,
    attempts    BIGINT NOT NULL,
    dedup_key   TEXT NOT NULL UNIQUE,
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);
INSERT INTO notifications_next (id, channel, target, user_id, kind, ref, thread_id, payload, status, external_id, error, attempts, dedup_key, created_at, updated_at)
SELECT id, channel, target, NULL, kind, ref, thread_id, payload, status, external_id, error, attempts, dedup_key, created_at, updated_at FROM notifications;
DROP TABLE notifications;
ALTER TABLE notifications_next RENAME TO notifications;
CREATE INDEX notifications_by_ref ON notifications (ref);
CREATE INDEX notifications_by_user ON notifications (user_id, created_at) WHERE user_id IS NOT NULL;

-- +goose Down
CREATE TABLE notifications_before (
    id          TEXT PRIMARY KEY,
    channel     TEXT NOT NULL,
    target      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    ref         TEXT NOT NULL,
    thread_id   TEXT REFERENCES threads (id),
    payload     JSONB NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'unconfirmed')),
    external_id TEXT NOT NULL,
    error       TEXT NOT NULL,
    attempts    BIGINT NOT NULL,
    dedup_key   TEXT NOT NULL UNIQUE,
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);
INSERT INTO notifications_before (id, channel, target, kind, ref, thread_id, payload, status, external_id, error, attempts, dedup_key, created_at, updated_at)
SELECT id, channel, target, kind, ref, thread_id, payload, status, external_id, error, attempts, dedup_key, created_at, updated_at FROM notifications WHERE channel = 'slack';
DROP TABLE notifications;
ALTER TABLE notifications_before RENAME TO notifications;
CREATE INDEX notifications_by_ref ON notifications (ref);
DROP TABLE call_codes;
DROP TABLE call_chains;
DROP TABLE covers;
DROP TABLE shifts;
DROP TABLE contacts;
