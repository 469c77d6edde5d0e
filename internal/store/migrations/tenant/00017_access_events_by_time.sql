-- What doors reported, of the whole club by time: listed page by page, and deleted when its time has come.

-- +goose Up
CREATE INDEX access_events_by_time ON access_events (at, id);

-- +goose Down
DROP INDEX access_events_by_time;
