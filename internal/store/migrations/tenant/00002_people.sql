-- People outside the club's staff. A subject is a data subject: one person behind one phone number,
-- known or unknown, with the key that seals everything personal about them. Deleting the key erases
-- the person. Look-ups go by blind index (HMAC), never by plain text.

-- +goose Up
CREATE TABLE subjects (
    id          TEXT PRIMARY KEY,
    phone_index TEXT UNIQUE, -- NULL: no number known
    phone       BYTEA,       -- sealed by the subject's key
    wrapped_key BYTEA,       -- NULL: erased
    consent     TEXT NOT NULL CHECK (consent IN ('given', 'withdrawn')),
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL,
    erased_at   TIMESTAMPTZ
);

CREATE TABLE consents (
    id          TEXT PRIMARY KEY,
    subject_id  TEXT NOT NULL REFERENCES subjects (id),
    state       TEXT NOT NULL CHECK (state IN ('given', 'withdrawn')),
    source      TEXT NOT NULL, -- "text STOP", "operator", "vendor 21610", …
    at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX consents_by_subject ON consents (subject_id, at);

CREATE TABLE members (
    id               TEXT PRIMARY KEY,
    subject_id       TEXT NOT NULL UNIQUE REFERENCES subjects (id),
    name             BYTEA NOT NULL, -- sealed
    email            BYTEA,          -- sealed; NULL: none
    email_index      TEXT,
    home_location_id TEXT REFERENCES locations (id),
    status           TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'left')),
    created_at       TIMESTAMPTZ NOT NULL,
    updated_at       TIMESTAMPTZ NOT NULL
);
CREATE INDEX members_by_email ON members (email_index);

-- One row per word of a member's name, so that an operator can search by name without the name
-- standing anywhere in plain text.
CREATE TABLE member_words (
    word_index  TEXT NOT NULL,
    member_id   TEXT NOT NULL REFERENCES members (id),
    PRIMARY KEY (word_index, member_id)
);

CREATE TABLE bookings (
    id          TEXT PRIMARY KEY,
    source      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    location_id TEXT NOT NULL REFERENCES locations (id),
    bay_id      TEXT REFERENCES bays (id),
    subject_id  TEXT REFERENCES subjects (id), -- NULL: the source proves a slot, not who holds it
    member_id   TEXT REFERENCES members (id),
    starts_at   TIMESTAMPTZ NOT NULL,
    ends_at     TIMESTAMPTZ NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('confirmed', 'cancelled', 'no_show')),
    sequence    BIGINT NOT NULL, -- of the last change taken in; older changes are ignored
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (source, external_id),
    CHECK (starts_at < ends_at)
);
CREATE INDEX bookings_by_subject ON bookings (subject_id, starts_at);
CREATE INDEX bookings_by_bay ON bookings (bay_id, starts_at);
CREATE INDEX bookings_by_start ON bookings (starts_at, id);

-- +goose Down
DROP TABLE bookings;
DROP TABLE member_words;
DROP TABLE members;
DROP TABLE consents;
DROP TABLE subjects;
