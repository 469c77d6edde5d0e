-- The control plane: which clubs this installation runs. It holds no club's data.

-- +goose Up
CREATE TABLE tenants (
    id          TEXT PRIMARY KEY,
    slug        TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    keyset      BYTEA NOT NULL, -- the tenant's keyset, wrapped by the key-encryption key
    created_at  TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE tenants;
