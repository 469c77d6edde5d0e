-- What was decided at a place and about a member of late, and what failed there: read before every
-- decision, and once an hour for the place's history. The first index holds all that the history needs,
-- so that it is read without touching decisions and their evidence.

-- +goose Up
CREATE INDEX decisions_by_location ON decisions (location_id, created_at, kind, subject_id, bay_id, sop_id, title);
CREATE INDEX decisions_by_subject ON decisions (subject_id, created_at);
CREATE INDEX executions_by_location ON executions (location_id, created_at);

-- +goose Down
DROP INDEX executions_by_location;
DROP INDEX decisions_by_subject;
DROP INDEX decisions_by_location;
