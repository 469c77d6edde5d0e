-- What door controllers report: evidence for decisions and a sign for people, never a reason to act by
-- itself. Who used which credential is not kept.

-- +goose Up
CREATE TABLE access_events (
    id             TEXT PRIMARY KEY,
    vendor         TEXT NOT NULL,
    event_key      TEXT NOT NULL, -- the second delivery of an event has the same
    kind           TEXT NOT NULL CHECK (kind IN ('granted', 'denied', 'opened', 'closed', 'held_open', 'forced', 'other')),
    vendor_type    TEXT NOT NULL, -- what the vendor calls it
    door_ref       TEXT NOT NULL, -- the vendor's id of the door; '' when the event is about something else
    device_id      TEXT REFERENCES devices (id), -- NULL: a door that the club has not entered
    location_id    TEXT REFERENCES locations (id),
    bay_id         TEXT REFERENCES bays (id), -- NULL: a door of the whole location
    execution_id   TEXT REFERENCES executions (id), -- ours, when we were the cause
    at             TIMESTAMPTZ NOT NULL, -- by the vendor's clock
    received_at    TIMESTAMPTZ NOT NULL,
    correlation_id TEXT NOT NULL,
    UNIQUE (vendor, event_key)
);
CREATE INDEX access_events_by_location ON access_events (location_id, at, id);
CREATE INDEX access_events_by_device ON access_events (device_id, at, id);

-- +goose Down
DROP TABLE access_events;
