-- What devices, doors and booking systems report. An event is stored once, in the transaction that takes
-- it in; a job gathers what belongs together into a situation, which is decided on in a thread.

-- +goose Up
CREATE TABLE situations (
    id             TEXT PRIMARY KEY,
    domain         TEXT NOT NULL CHECK (domain IN ('error', 'booking', 'access')),
    code           TEXT NOT NULL, -- device.offline, access.denied, …
    thread_id      TEXT NOT NULL REFERENCES threads (id), -- its own, or that of the member who wrote of it
    location_id    TEXT REFERENCES locations (id),
    bay_id         TEXT REFERENCES bays (id), -- NULL: several, or none
    device_id      TEXT REFERENCES devices (id), -- NULL: several, or none
    booking_id     TEXT REFERENCES bookings (id),
    title          TEXT NOT NULL,
    context        JSONB NOT NULL, -- the circumstances by which it is matched
    bays           BIGINT NOT NULL, -- how many are concerned
    opened_at      TIMESTAMPTZ NOT NULL,
    last_at        TIMESTAMPTZ NOT NULL, -- of its newest event
    cleared_at     TIMESTAMPTZ, -- NULL: as far as is known it goes on
    correlation_id TEXT NOT NULL
);
CREATE INDEX situations_by_thread ON situations (thread_id, opened_at);
CREATE INDEX situations_by_location ON situations (location_id, last_at, code);

CREATE TABLE events (
    id              TEXT PRIMARY KEY,
    vendor          TEXT NOT NULL,
    event_key       TEXT NOT NULL, -- the second report of one event has the same
    code            TEXT NOT NULL,
    detail          TEXT NOT NULL, -- for people; never personal
    location_id     TEXT REFERENCES locations (id),
    bay_id          TEXT REFERENCES bays (id),
    device_id       TEXT REFERENCES devices (id),
    booking_id      TEXT REFERENCES bookings (id),
    execution_id    TEXT REFERENCES executions (id),
    access_event_id TEXT REFERENCES access_events (id),
    open_key        TEXT, -- of a state that lasts: at most one event of it is open; NULL once it is over
    situation_id    TEXT REFERENCES situations (id), -- NULL: not gathered yet, or of no situation
    gathered_at     TIMESTAMPTZ,
    at              TIMESTAMPTZ NOT NULL, -- when it happened
    received_at     TIMESTAMPTZ NOT NULL,
    cleared_at      TIMESTAMPTZ,
    correlation_id  TEXT NOT NULL,
    UNIQUE (vendor, event_key)
);
CREATE UNIQUE INDEX events_open ON events (open_key) WHERE open_key IS NOT NULL;
CREATE INDEX events_by_location ON events (location_id, received_at, code);
CREATE INDEX events_by_situation ON events (situation_id, at);

-- How often a device is looked at, where that differs from the club's setting, and when next.
CREATE TABLE device_watches (
    device_id  TEXT PRIMARY KEY REFERENCES devices (id),
    seconds    BIGINT NOT NULL, -- 0: as the club's setting says
    due_at     TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- What was reported beside a decision on a text: from this it is learned how much a report tells.
CREATE TABLE decision_events (
    decision_id TEXT NOT NULL REFERENCES decisions (id),
    code        TEXT NOT NULL,
    event_id    TEXT NOT NULL REFERENCES events (id), -- the newest of that code
    PRIMARY KEY (decision_id, code)
);
CREATE INDEX decision_events_by_code ON decision_events (code, decision_id);

-- +goose Down
DROP TABLE decision_events;
DROP TABLE device_watches;
DROP TABLE events;
DROP TABLE situations;
