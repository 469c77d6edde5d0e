-- Bookings changed by hand or by file, and what is out of use. A table each instead of columns: nearly all
-- bookings, bays and devices have none of it.

-- +goose Up

-- What a person has changed of a booking that comes from elsewhere stands until its source says something
-- else than it said before.
CREATE TABLE booking_edits (
    booking_id  TEXT PRIMARY KEY REFERENCES bookings (id) ON DELETE CASCADE,
    told        TEXT NOT NULL, -- digest of what the source had said
    edited_at   TIMESTAMPTZ NOT NULL,
    edited_by   TEXT NOT NULL
);

-- A file of bookings between its preview and its import, sealed; deleted after an hour.
CREATE TABLE booking_files (
    id          TEXT PRIMARY KEY,
    owner       TEXT NOT NULL, -- who sent it; nobody else sees it
    name        TEXT NOT NULL,
    sealed      BYTEA NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL
);

-- A bay or a device that is out of order or under maintenance, and why.
CREATE TABLE outages (
    object      TEXT PRIMARY KEY, -- a bay's or a device's id
    reason      TEXT NOT NULL,
    starts_at   TIMESTAMPTZ NOT NULL,
    ends_at     TIMESTAMPTZ, -- NULL: until somebody ends it
    created_at  TIMESTAMPTZ NOT NULL,
    created_by  TEXT NOT NULL,
    CHECK (ends_at IS NULL OR starts_at < ends_at)
);

-- A location, bay or device that the club no longer has. Bookings, executions and threads refer to it for
-- years, so it is left out of lists and choices and never deleted.
CREATE TABLE archived (
    object      TEXT PRIMARY KEY,
    archived_at TIMESTAMPTZ NOT NULL,
    archived_by TEXT NOT NULL
);

-- +goose Down
DROP TABLE archived;
DROP TABLE outages;
DROP TABLE booking_files;
DROP TABLE booking_edits;
