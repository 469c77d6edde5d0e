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
