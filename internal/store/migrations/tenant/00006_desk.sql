-- What people do: escalations, tickets, and the notifications that call them.

-- +goose Up
CREATE TABLE escalations (
    id              TEXT PRIMARY KEY,
    thread_id       TEXT NOT NULL REFERENCES threads (id),
    decision_id     TEXT REFERENCES decisions (id),
    reason          TEXT NOT NULL, -- for people
    summary         TEXT NOT NULL, -- masked: what was said and what was tried
    priority        TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('open', 'acknowledged', 'closed')),
    due_at          TIMESTAMPTZ NOT NULL, -- when somebody must have acknowledged it
    reminders       BIGINT NOT NULL,
    acknowledged_by TEXT NOT NULL,
    acknowledged_at TIMESTAMPTZ,
    closed_at       TIMESTAMPTZ,
    created_at      TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX escalations_unclosed ON escalations (thread_id) WHERE status <> 'closed';
CREATE INDEX escalations_by_status ON escalations (status, due_at);

CREATE TABLE tickets (
    id          TEXT PRIMARY KEY,
    number      BIGINT NOT NULL UNIQUE,
    title       TEXT NOT NULL, -- masked
    description BYTEA NOT NULL, -- sealed by the tenant's keyset
    status      TEXT NOT NULL CHECK (status IN ('open', 'in_progress', 'waiting', 'resolved', 'closed')),
    priority    TEXT NOT NULL CHECK (priority IN ('emergency', 'high', 'normal', 'low')),
    template    TEXT NOT NULL,
    location_id TEXT REFERENCES locations (id),
    bay_id      TEXT REFERENCES bays (id),
    device_id   TEXT REFERENCES devices (id),
    thread_id   TEXT REFERENCES threads (id),
    assigned_to TEXT NOT NULL, -- user id; '' when nobody has it
    due_at      TIMESTAMPTZ NOT NULL, -- moves on by as long as the clock stood still
    sla_from    TIMESTAMPTZ NOT NULL, -- the clock's start, moved on likewise
    paused_at   TIMESTAMPTZ, -- since when the clock stands still
    warned      BIGINT NOT NULL, -- per cent of the SLA already warned of: 0, 75, 90, 100
    dedup_key   TEXT UNIQUE, -- names the cause; NULL for a ticket made by hand
    version     BIGINT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL,
    resolved_at TIMESTAMPTZ
);
CREATE INDEX tickets_by_priority ON tickets (status, priority, location_id);
CREATE INDEX tickets_by_thread ON tickets (thread_id);
CREATE INDEX tickets_by_update ON tickets (updated_at, id);

CREATE TABLE ticket_events (
    id          TEXT PRIMARY KEY,
    ticket_id   TEXT NOT NULL REFERENCES tickets (id),
    kind        TEXT NOT NULL, -- created, status, assigned, priority, comment, warning
    body        BYTEA NOT NULL, -- sealed by the tenant's keyset
    actor       TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX ticket_events_by_ticket ON ticket_events (ticket_id, at);

CREATE TABLE notifications (
    id          TEXT PRIMARY KEY,
    channel     TEXT NOT NULL, -- slack, …
    target      TEXT NOT NULL, -- a Slack channel, …
    kind        TEXT NOT NULL, -- proposal, escalation, ticket, problem
    ref         TEXT NOT NULL, -- id of what it is about
    thread_id   TEXT REFERENCES threads (id),
    payload     JSONB NOT NULL, -- masked
    status      TEXT NOT NULL CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'unconfirmed')),
    external_id TEXT NOT NULL, -- the vendor's id of the post, for updates; '' before
    error       TEXT NOT NULL,
    attempts    BIGINT NOT NULL,
    dedup_key   TEXT NOT NULL UNIQUE,
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX notifications_by_ref ON notifications (ref);

-- +goose Down
DROP TABLE notifications;
DROP TABLE ticket_events;
DROP TABLE tickets;
DROP TABLE escalations;
