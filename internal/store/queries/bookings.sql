-- name: FindBooking :one
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE id = $1;

-- name: FindBookingByExternalID :one
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE source = $1 AND external_id = $2;

-- name: FindBookingsAround :many
-- A subject's bookings that overlap a span of time, earliest first; cancelled ones are left out.
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE subject_id = $1 AND starts_at < sqlc.arg(until) AND ends_at > sqlc.arg(since) AND status <> 'cancelled'
ORDER BY starts_at, id;

-- name: FindBookingsOfBay :many
-- A bay's bookings that overlap a span of time, earliest first; cancelled ones are left out.
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE bay_id = $1 AND starts_at < sqlc.arg(until) AND ends_at > sqlc.arg(since) AND status <> 'cancelled'
ORDER BY starts_at, id;

-- name: FindClashes :many
-- What else stands at a bay in a span of time, earliest first. No booking is longer than a day.
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE bay_id = $1 AND starts_at < sqlc.arg(until) AND starts_at > sqlc.arg(day_before) AND ends_at > sqlc.arg(since) AND status = 'confirmed' AND id <> sqlc.arg(other_than)
ORDER BY starts_at, id;

-- name: FindBookingsPage :many
-- Bookings that start in a span of time, earliest first, after a booking or from the first on;
-- cancelled ones stay in.
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE bookings.starts_at >= sqlc.arg(since) AND bookings.starts_at < sqlc.arg(until)
  AND (CAST(sqlc.narg(location) AS TEXT) IS NULL OR bookings.location_id = CAST(sqlc.narg(location) AS TEXT))
  AND (CAST(sqlc.narg(after) AS TEXT) IS NULL OR (bookings.starts_at, bookings.id) > (SELECT b.starts_at, b.id FROM bookings b WHERE b.id = CAST(sqlc.narg(after) AS TEXT)))
ORDER BY bookings.starts_at, bookings.id LIMIT sqlc.arg(size);

-- name: FindComingBookingsOfSource :many
-- What a source has booked from an instant on and not cancelled.
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE source = $1 AND starts_at > sqlc.arg(since) AND status = 'confirmed'
ORDER BY starts_at, id;

-- name: PutBooking :one
-- Stores a booking or a later change of it; no row when a later change is there already.
INSERT INTO bookings (id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, sqlc.arg(now), sqlc.arg(now))
ON CONFLICT (source, external_id) DO UPDATE SET location_id = excluded.location_id, bay_id = excluded.bay_id, subject_id = excluded.subject_id,
    member_id = excluded.member_id, starts_at = excluded.starts_at, ends_at = excluded.ends_at, status = excluded.status,
    sequence = excluded.sequence, updated_at = excluded.updated_at
WHERE bookings.sequence <= excluded.sequence
RETURNING id;

-- name: UpdateBookingStatus :execrows
UPDATE bookings SET status = $2, updated_at = $3 WHERE id = $1 AND status <> $2;

-- name: ReviseBooking :execrows
-- Changes a booking by hand, if it still is the version that was seen.
UPDATE bookings SET location_id = $2, bay_id = $3, subject_id = $4, member_id = $5, starts_at = $6, ends_at = $7, status = $8, updated_at = sqlc.arg(now)
WHERE id = $1 AND updated_at = sqlc.arg(seen);

-- name: FindBookingEdit :one
SELECT booking_id, told, edited_at, edited_by FROM booking_edits WHERE booking_id = $1;

-- name: PutBookingEdit :exec
-- What the source had said stays: that it says so again changes nothing.
INSERT INTO booking_edits (booking_id, told, edited_at, edited_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (booking_id) DO UPDATE SET edited_at = excluded.edited_at, edited_by = excluded.edited_by;

-- name: DeleteBookingEdit :execrows
DELETE FROM booking_edits WHERE booking_id = $1;

-- name: FindStandingBookings :many
-- What stands at the bays of the club and touches a span of time, by bay and start.
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE bay_id IS NOT NULL AND starts_at < sqlc.arg(until) AND starts_at > sqlc.arg(since) AND ends_at > sqlc.arg(since) AND status = 'confirmed'
ORDER BY bay_id, starts_at, id;

-- name: FindComingSources :many
-- The sources of a kind (a pattern like "ical:%") that have something booked from an instant on.
-- What is ahead is read first, by its time: there is little of it, and SQLite would group all bookings there ever were.
WITH coming AS MATERIALIZED (SELECT b.source FROM bookings b WHERE b.starts_at > sqlc.arg(since) AND b.status = 'confirmed')
SELECT source, COUNT(*) AS bookings FROM coming WHERE source LIKE CAST(sqlc.arg(pattern) AS TEXT)
GROUP BY source ORDER BY source;

-- name: RenameBookingSource :execrows
UPDATE bookings SET source = sqlc.arg(to_source) WHERE bookings.source = sqlc.arg(from_source)
  AND NOT EXISTS (SELECT 1 FROM bookings b WHERE b.source = sqlc.arg(to_source) AND b.external_id = bookings.external_id);

-- name: CreateBookingFile :exec
INSERT INTO booking_files (id, owner, name, sealed, created_at) VALUES ($1, $2, $3, $4, $5);

-- name: FindBookingFile :one
SELECT id, owner, name, sealed, created_at FROM booking_files WHERE id = $1 AND owner = $2;

-- name: DeleteBookingFile :execrows
DELETE FROM booking_files WHERE id = $1;

-- name: DeleteBookingFiles :execrows
-- Those that were sent before an instant.
DELETE FROM booking_files WHERE created_at < $1;
