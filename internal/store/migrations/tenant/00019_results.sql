-- What people answered in the machine's place is counted by when they did, for the figures of a period.

-- +goose Up
CREATE INDEX overrides_by_time ON overrides (at);

-- +goose Down
DROP INDEX overrides_by_time;
