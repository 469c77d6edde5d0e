-- What people answered in the machine's place, and which patterns were followed, are looked for by when it
-- was, for the figures of a period.

-- +goose Up
CREATE INDEX overrides_by_time ON overrides (at);
CREATE INDEX pattern_matches_by_time ON pattern_matches (at);

-- +goose Down
DROP INDEX pattern_matches_by_time;
DROP INDEX overrides_by_time;
