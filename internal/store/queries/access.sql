-- name: CreateAccessEvent :execrows
-- Does nothing when the event is known: 0 rows is a second delivery.
INSERT INTO access_events (id, vendor, event_key, kind, vendor_type, door_ref, device_id, location_id, bay_id, execution_id, at, received_at, correlation_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING;

-- name: FindAccessEvent :one
SELECT id, vendor, event_key, kind, vendor_type, door_ref, device_id, location_id, bay_id, execution_id, at, received_at, correlation_id
FROM access_events WHERE id = $1;

-- name: FindAccessEvents :many
-- What the doors of a location reported since an instant, those of other bays left out; newest first.
SELECT e.id, e.vendor, e.kind, e.device_id, e.execution_id, e.at, COALESCE(d.name, '') AS door_name
FROM access_events e LEFT JOIN devices d ON d.id = e.device_id
WHERE e.location_id = sqlc.arg(location_id) AND (e.bay_id IS NULL OR e.bay_id = sqlc.arg(bay_id)) AND e.at >= sqlc.arg(since)
ORDER BY e.at DESC, e.id DESC LIMIT sqlc.arg(size);

-- name: FindLatestAccessEvents :many
-- The last report of each door since an instant.
SELECT e.device_id, e.kind, e.at FROM access_events e
WHERE e.device_id IS NOT NULL AND e.at >= sqlc.arg(since)
  AND NOT EXISTS (SELECT 1 FROM access_events n WHERE n.device_id = e.device_id AND (n.at, n.id) > (e.at, e.id));

-- name: CountAccessAlarms :one
-- Doors that were held open or forced since an instant.
SELECT COUNT(*) FROM access_events e WHERE e.kind IN ('held_open', 'forced') AND e.at >= sqlc.arg(since)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR e.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || e.location_id || ',%');

-- name: FindAccessEventList :many
-- Latest first, after a cursor. What stands at no location is in nobody's scope but that of all.
SELECT e.id, e.vendor, e.kind, e.vendor_type, e.door_ref, e.device_id, e.location_id, e.bay_id, e.execution_id, e.at, e.received_at, COALESCE(d.name, '') AS door_name
FROM access_events e LEFT JOIN devices d ON d.id = e.device_id
WHERE e.at >= sqlc.arg(since) AND e.at < sqlc.arg(until) AND (e.at, e.id) < (sqlc.arg(before), CAST(sqlc.arg(before_id) AS TEXT))
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR (e.location_id IS NOT NULL AND CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || e.location_id || ',%'))
  AND (CAST(sqlc.arg(kinds) AS TEXT) = '' OR CAST(sqlc.arg(kinds) AS TEXT) LIKE '%,' || e.kind || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR e.location_id = CAST(sqlc.arg(location) AS TEXT))
  AND (CAST(sqlc.arg(bay) AS TEXT) = '' OR e.bay_id = CAST(sqlc.arg(bay) AS TEXT))
  AND (CAST(sqlc.arg(device) AS TEXT) = '' OR e.device_id = CAST(sqlc.arg(device) AS TEXT))
ORDER BY e.at DESC, e.id DESC LIMIT sqlc.arg(size);

-- name: DeleteAccessEvents :execrows
-- Some of those from before an instant, by either clock: a door whose clock is wrong is not forgotten early.
DELETE FROM access_events WHERE id IN (SELECT e.id FROM access_events e WHERE e.at < sqlc.arg(before) AND e.received_at < sqlc.arg(before) ORDER BY e.at, e.id LIMIT sqlc.arg(size));
