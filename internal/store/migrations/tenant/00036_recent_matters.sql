-- What was decided at a place of late is read before every decision. The index holds its conversations and bookings too,
-- so that decisions and their evidence are not touched for that.

-- +goose Up
DROP INDEX decisions_by_location;
CREATE INDEX decisions_by_location ON decisions (location_id, created_at, kind, subject_id, bay_id, sop_id, title, thread_id, booking_id);

-- +goose Down
DROP INDEX decisions_by_location;
CREATE INDEX decisions_by_location ON decisions (location_id, created_at, kind, subject_id, bay_id, sop_id, title);
