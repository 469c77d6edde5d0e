-- name: CreateLocation :exec
INSERT INTO locations (id, slug, name, time_zone, details, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6);

-- name: UpdateLocation :execrows
UPDATE locations SET name = $2, time_zone = $3, details = $4, updated_at = $5 WHERE id = $1;

-- name: FindLocation :one
SELECT id, slug, name, time_zone, details, created_at, updated_at FROM locations WHERE id = $1;

-- name: FindLocationByName :one
SELECT id, slug, name, time_zone, details, created_at, updated_at FROM locations
WHERE id = CAST(sqlc.arg(name) AS TEXT) OR slug = LOWER(CAST(sqlc.arg(name) AS TEXT)) OR LOWER(name) = LOWER(CAST(sqlc.arg(name) AS TEXT));

-- name: FindLocations :many
SELECT id, slug, name, time_zone, details, created_at, updated_at FROM locations
WHERE NOT EXISTS (SELECT 1 FROM archived a WHERE a.object = locations.id) ORDER BY name, id;

-- name: PutLine :exec
INSERT INTO lines (number, provider, location_id, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (number) DO UPDATE SET provider = excluded.provider, location_id = excluded.location_id;

-- name: FindLine :one
SELECT number, provider, location_id, created_at FROM lines WHERE number = $1;

-- name: FindLines :many
SELECT number, provider, location_id, created_at FROM lines ORDER BY number;

-- name: CreateBay :exec
INSERT INTO bays (id, location_id, number, name, status, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6);

-- name: UpdateBay :execrows
UPDATE bays SET name = $2, status = $3, updated_at = $4 WHERE id = $1;

-- name: FindBay :one
SELECT id, location_id, number, name, status, created_at, updated_at FROM bays WHERE id = $1;

-- name: FindBayByNumber :one
SELECT id, location_id, number, name, status, created_at, updated_at FROM bays
WHERE location_id = $1 AND number = $2 AND NOT EXISTS (SELECT 1 FROM archived a WHERE a.object = bays.id);

-- name: FindBays :many
SELECT id, location_id, number, name, status, created_at, updated_at FROM bays
WHERE NOT EXISTS (SELECT 1 FROM archived a WHERE a.object = bays.id)
  AND NOT EXISTS (SELECT 1 FROM archived a WHERE a.object = bays.location_id) ORDER BY location_id, number;

-- name: FindBaysOfLocation :many
SELECT id, location_id, number, name, status, created_at, updated_at FROM bays
WHERE location_id = $1 AND NOT EXISTS (SELECT 1 FROM archived a WHERE a.object = bays.id) ORDER BY number;

-- name: CreateDevice :exec
INSERT INTO devices (id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10);

-- name: UpdateDevice :execrows
UPDATE devices SET name = $2, kind = $3, bay_id = $4, vendor = $5, vendor_ref = $6, updated_at = $7 WHERE id = $1;

-- name: UpdateDeviceState :execrows
-- As it was seen; what people have entered, and the version of that, stay.
UPDATE devices SET state_since = CASE WHEN online = sqlc.arg(online) AND state_since IS NOT NULL THEN state_since ELSE sqlc.arg(seen_at) END,
    online = sqlc.arg(online), seen_at = sqlc.arg(seen_at) WHERE id = $1;

-- name: FindDevice :one
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at, state_since FROM devices WHERE id = $1;

-- name: FindDeviceByRef :one
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at, state_since FROM devices
WHERE vendor = $1 AND vendor_ref = $2;

-- name: FindDevices :many
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at, state_since FROM devices
WHERE NOT EXISTS (SELECT 1 FROM archived a WHERE a.object = devices.id)
  AND NOT EXISTS (SELECT 1 FROM archived a WHERE a.object = devices.location_id OR a.object = devices.bay_id) ORDER BY location_id, kind, name, id;

-- name: FindDevicesOfBay :many
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at, state_since FROM devices
WHERE bay_id = $1 AND NOT EXISTS (SELECT 1 FROM archived a WHERE a.object = devices.id) ORDER BY kind, name, id;

-- name: FindDevicesOfLocation :many
-- The devices that serve the whole location (doors, hubs), not those of its bays.
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at, state_since FROM devices
WHERE location_id = $1 AND bay_id IS NULL AND NOT EXISTS (SELECT 1 FROM archived a WHERE a.object = devices.id) ORDER BY kind, name, id;

-- name: FindArchived :many
SELECT object, archived_at, archived_by FROM archived ORDER BY archived_at DESC, object;

-- name: CreateArchived :execrows
INSERT INTO archived (object, archived_at, archived_by) VALUES ($1, $2, $3) ON CONFLICT (object) DO NOTHING;

-- name: DeleteArchived :execrows
DELETE FROM archived WHERE object = $1;

-- name: FindAllBays :many
-- With those that are archived.
SELECT id, location_id, number, name, status, created_at, updated_at FROM bays ORDER BY location_id, number;

-- name: FindAllDevices :many
-- With those that are archived.
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at, state_since FROM devices
ORDER BY location_id, kind, name, id;

-- name: FindAllLocations :many
-- With those that are archived.
SELECT id, slug, name, time_zone, details, created_at, updated_at FROM locations ORDER BY name, id;

-- name: CountComingBookingsAt :one
-- What is booked from an instant on at a bay, or at a location as a whole.
SELECT COUNT(*) FROM bookings WHERE ends_at > sqlc.arg(now) AND starts_at > sqlc.arg(since) AND status = 'confirmed'
  AND (bay_id = CAST(sqlc.arg(object) AS TEXT) OR location_id = CAST(sqlc.arg(object) AS TEXT));

-- name: PutOutage :exec
INSERT INTO outages (object, reason, starts_at, ends_at, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (object) DO UPDATE SET reason = excluded.reason, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
    created_at = excluded.created_at, created_by = excluded.created_by;

-- name: FindOutages :many
SELECT object, reason, starts_at, ends_at, created_at, created_by FROM outages ORDER BY starts_at, object;

-- name: FindOutage :one
SELECT object, reason, starts_at, ends_at, created_at, created_by FROM outages WHERE object = $1;

-- name: DeleteOutage :execrows
DELETE FROM outages WHERE object = $1;
