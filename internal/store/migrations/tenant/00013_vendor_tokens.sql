-- The token with which the club signs in to a vendor that gives out another one each time and takes
-- the one before no more. All replicas share it: who is to renew it claims the row by its version.

-- +goose Up
CREATE TABLE vendor_tokens (
    vendor     TEXT PRIMARY KEY,
    origin     TEXT NOT NULL,  -- digest of the token that a person entered; another one begins anew
    sealed     BYTEA NOT NULL, -- refresh and access token, sealed by the tenant's keyset
    version    BIGINT NOT NULL, -- goes up with every token
    claimed_at TIMESTAMPTZ, -- since when somebody renews it; NULL: nobody
    trouble    TEXT NOT NULL, -- why it cannot be renewed, for people; '' while it can
    updated_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE vendor_tokens;
