-- What was decided at a place about a matter is found however much was decided there about others meanwhile.

-- +goose Up
DROP INDEX decisions_by_location;
CREATE INDEX decisions_by_location ON decisions (location_id, created_at, kind, subject_id, bay_id, sop_id, title);
CREATE INDEX decisions_by_matter ON decisions (location_id, (CAST(COALESCE(sop_id, title) AS TEXT)), created_at, kind, subject_id, bay_id, thread_id, booking_id);

-- +goose Down
DROP INDEX decisions_by_matter;
DROP INDEX decisions_by_location;
CREATE INDEX decisions_by_location ON decisions (location_id, created_at, kind, subject_id, bay_id, sop_id, title, thread_id, booking_id);
