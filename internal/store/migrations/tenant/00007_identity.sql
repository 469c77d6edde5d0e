-- Who may come in. Tokens and keys are stored as hashes only; names and e-mail addresses are sealed
-- by the tenant's keyset.

-- +goose Up
CREATE TABLE users (
    id                  TEXT PRIMARY KEY,
    email_index         TEXT NOT NULL UNIQUE,
    email               BYTEA NOT NULL,
    name                BYTEA NOT NULL,
    role                TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'operator', 'tech', 'viewer')),
    status              TEXT NOT NULL CHECK (status IN ('invited', 'active', 'disabled')),
    password_hash       TEXT NOT NULL, -- '' before the first password
    password_changed_at TIMESTAMPTZ,
    slack_user_id       TEXT UNIQUE,
    created_at          TIMESTAMPTZ NOT NULL,
    updated_at          TIMESTAMPTZ NOT NULL
);

-- No row for a user means every location.
CREATE TABLE user_locations (
    user_id     TEXT NOT NULL REFERENCES users (id),
    location_id TEXT NOT NULL REFERENCES locations (id),
    PRIMARY KEY (user_id, location_id)
);

CREATE TABLE sessions (
    id          TEXT PRIMARY KEY,
    token_hash  TEXT NOT NULL UNIQUE,
    user_id     TEXT NOT NULL REFERENCES users (id),
    address     TEXT NOT NULL,
    agent       TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    seen_at     TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE sign_in_links (
    token_hash  TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL REFERENCES users (id),
    expires_at  TIMESTAMPTZ NOT NULL,
    used_at     TIMESTAMPTZ,
    created_at  TIMESTAMPTZ NOT NULL
);

CREATE TABLE sign_in_attempts (
    key           TEXT PRIMARY KEY, -- HMAC of account and address
    failures      BIGINT NOT NULL,
    last_at       TIMESTAMPTZ NOT NULL,
    blocked_until TIMESTAMPTZ
);

CREATE TABLE api_keys (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    prefix       TEXT NOT NULL, -- what is shown of it
    hash         TEXT NOT NULL UNIQUE,
    scopes       JSONB NOT NULL,
    locations    JSONB NOT NULL, -- ids; empty: every location
    created_by   TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ,
    revoked_at   TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ
);

-- Answers to POSTs that carried an Idempotency-Key, kept for a day.
CREATE TABLE idempotency_keys (
    principal    TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status       BIGINT NOT NULL, -- 0: still at work
    body         BYTEA NOT NULL,  -- sealed by the tenant's keyset
    created_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- +goose Down
DROP TABLE idempotency_keys;
DROP TABLE api_keys;
DROP TABLE sign_in_attempts;
DROP TABLE sign_in_links;
DROP TABLE sessions;
DROP TABLE user_locations;
DROP TABLE users;
