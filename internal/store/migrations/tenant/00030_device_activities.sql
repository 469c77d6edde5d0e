-- The newest activity that a vendor has reported of each lasting state of a device: deliveries overtake each other,
-- and the end of a fault that comes before its beginning must not leave it open.

-- +goose Up
CREATE TABLE device_activities (
    state_key TEXT PRIMARY KEY,
    number    BIGINT NOT NULL,
    at        TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE device_activities;
