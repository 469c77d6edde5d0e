-- Places: what a club owns and where it stands. Settings are JSON documents, one per key.

-- +goose Up
CREATE TABLE settings (
    key         TEXT PRIMARY KEY,
    value       TEXT NOT NULL, -- JSON; a secret is sealed by the tenant's keyset and then quoted
    updated_at  TIMESTAMPTZ NOT NULL,
    updated_by  TEXT NOT NULL
);

CREATE TABLE locations (
    id          TEXT PRIMARY KEY,
    slug        TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    time_zone   TEXT NOT NULL, -- IANA name; every schedule of the location is read in it
    details     JSONB NOT NULL, -- what replies may quote: wifi_name, address, emergency_number, …
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);

-- A line is a number of the club that members text.
CREATE TABLE lines (
    number      TEXT PRIMARY KEY, -- E.164
    provider    TEXT NOT NULL,
    location_id TEXT REFERENCES locations (id),
    created_at  TIMESTAMPTZ NOT NULL
);

CREATE TABLE bays (
    id          TEXT PRIMARY KEY,
    location_id TEXT NOT NULL REFERENCES locations (id),
    number      BIGINT NOT NULL CHECK (number > 0),
    name        TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('active', 'out_of_service')),
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (location_id, number)
);

CREATE TABLE devices (
    id          TEXT PRIMARY KEY,
    location_id TEXT NOT NULL REFERENCES locations (id),
    bay_id      TEXT REFERENCES bays (id), -- NULL: serves the whole location
    kind        TEXT NOT NULL,
    name        TEXT NOT NULL,
    vendor      TEXT NOT NULL,
    vendor_ref  TEXT NOT NULL,
    online      BOOLEAN NOT NULL,
    seen_at     TIMESTAMPTZ, -- NULL: never asked
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (vendor, vendor_ref)
);
CREATE INDEX devices_by_bay ON devices (bay_id, kind);
CREATE INDEX devices_by_location ON devices (location_id, kind);

-- +goose Down
DROP TABLE devices;
DROP TABLE bays;
DROP TABLE lines;
DROP TABLE locations;
DROP TABLE settings;
