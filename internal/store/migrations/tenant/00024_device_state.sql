-- Since when a device is online or offline, and whether it is watched at all.

-- +goose Up
ALTER TABLE devices ADD COLUMN state_since TIMESTAMPTZ; -- NULL: not seen yet
ALTER TABLE device_watches ADD COLUMN off BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE device_watches DROP COLUMN off;
ALTER TABLE devices DROP COLUMN state_since;
