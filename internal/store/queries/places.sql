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
SELECT id, slug, name, time_zone, details, created_at, updated_at FROM locations ORDER BY name, id;

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
SELECT id, location_id, number, name, status, created_at, updated_at FROM bays WHERE location_id = $1 AND number = $2;

-- name: FindBays :many
SELECT id, location_id, number, name, status, created_at, updated_at FROM bays ORDER BY location_id, number;

-- name: FindBaysOfLocation :many
SELECT id, location_id, number, name, status, created_at, updated_at FROM bays WHERE location_id = $1 ORDER BY number;

-- name: CreateDevice :exec
INSERT INTO devices (id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10);

-- name: UpdateDevice :execrows
UPDATE devices SET name = $2, kind = $3, bay_id = $4, vendor = $5, vendor_ref = $6, updated_at = $7 WHERE id = $1;

-- name: UpdateDeviceState :execrows
UPDATE devices SET online = $2, seen_at = $3, updated_at = $3 WHERE id = $1;

-- name: FindDevice :one
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at FROM devices WHERE id = $1;

-- name: FindDeviceByRef :one
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at FROM devices
WHERE vendor = $1 AND vendor_ref = $2;

-- name: FindDevices :many
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at FROM devices
ORDER BY location_id, kind, name, id;

-- name: FindDevicesOfBay :many
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at FROM devices
WHERE bay_id = $1 ORDER BY kind, name, id;

-- name: FindDevicesOfLocation :many
-- The devices that serve the whole location (doors, hubs), not those of its bays.
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at FROM devices
WHERE location_id = $1 AND bay_id IS NULL ORDER BY kind, name, id;
