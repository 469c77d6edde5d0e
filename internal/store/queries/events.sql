-- name: CreateEvent :execrows
-- Does nothing when the event is known, or the state that it reports is open already.
INSERT INTO events (id, vendor, event_key, code, detail, location_id, bay_id, device_id, booking_id, execution_id, access_event_id, open_key, at, received_at, correlation_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING;

-- name: FindEvent :one
SELECT id, vendor, event_key, code, detail, location_id, bay_id, device_id, booking_id, execution_id, access_event_id, open_key, situation_id, gathered_at, at, received_at,
    cleared_at, correlation_id
FROM events WHERE id = $1;

-- name: FindOpenEvent :one
-- The event of a state that goes on.
SELECT id, vendor, event_key, code, detail, location_id, bay_id, device_id, booking_id, execution_id, access_event_id, open_key, situation_id, gathered_at, at, received_at,
    cleared_at, correlation_id
FROM events WHERE open_key = $1;

-- name: FindOpenEvents :many
-- The events of states of a kind (a pattern of their open keys) that go on.
SELECT id, vendor, event_key, code, detail, location_id, bay_id, device_id, booking_id, execution_id, access_event_id, open_key, situation_id, gathered_at, at, received_at,
    cleared_at, correlation_id
FROM events WHERE open_key IS NOT NULL AND open_key LIKE CAST(sqlc.arg(pattern) AS TEXT) ORDER BY at, id;

-- name: FindUngathered :many
-- Events of one code at one place that no job has gathered, and those that have come since an instant and
-- were kept without a situation; oldest first.
SELECT id, vendor, event_key, code, detail, location_id, bay_id, device_id, booking_id, execution_id, access_event_id, open_key, situation_id, gathered_at, at, received_at,
    cleared_at, correlation_id
FROM events WHERE code = $1 AND location_id = sqlc.arg(location_id)
  AND (gathered_at IS NULL OR (situation_id IS NULL AND cleared_at IS NULL AND received_at >= sqlc.arg(kept_since))) ORDER BY at, id;

-- name: FindEventsOfSituation :many
SELECT id, vendor, event_key, code, detail, location_id, bay_id, device_id, booking_id, execution_id, access_event_id, open_key, situation_id, gathered_at, at, received_at,
    cleared_at, correlation_id
FROM events WHERE situation_id = $1 ORDER BY at, id;

-- name: GatherEvent :execrows
UPDATE events SET situation_id = $2, gathered_at = $3 WHERE id = $1 AND situation_id IS NULL;

-- name: ClearEvent :execrows
-- The state that an event reported is over.
UPDATE events SET open_key = NULL, cleared_at = $2 WHERE id = $1 AND cleared_at IS NULL;

-- name: FindEventsAround :many
-- What was reported of a bay, or of a location as a whole, since an instant or goes on; newest first. What
-- is about a booking counts about the time of that booking only, however early it was reported.
SELECT e.id, e.code, e.detail, e.bay_id, e.device_id, e.booking_id, e.situation_id, e.at, e.cleared_at, COALESCE(d.name, '') AS device_name
FROM events e LEFT JOIN devices d ON d.id = e.device_id LEFT JOIN bookings b ON b.id = e.booking_id
WHERE e.location_id = sqlc.arg(location_id) AND (e.bay_id IS NULL OR e.bay_id = sqlc.arg(bay_id)) AND (e.at >= sqlc.arg(since) OR e.open_key IS NOT NULL)
  AND (e.code NOT LIKE 'booking.%' OR (b.starts_at <= sqlc.arg(soon) AND b.ends_at >= sqlc.arg(since)))
ORDER BY e.at DESC, e.id DESC LIMIT sqlc.arg(size);

-- name: CreateSituation :exec
INSERT INTO situations (id, domain, code, thread_id, location_id, bay_id, device_id, booking_id, title, context, bays, opened_at, last_at, correlation_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13);

-- name: UpdateSituation :execrows
UPDATE situations SET thread_id = $2, bay_id = $3, device_id = $4, title = $5, context = $6, bays = $7, last_at = $8, cleared_at = $9 WHERE id = $1;

-- name: FindSituation :one
SELECT id, domain, code, thread_id, location_id, bay_id, device_id, booking_id, title, context, bays, opened_at, last_at, cleared_at, correlation_id
FROM situations WHERE id = $1;

-- name: FindSituationsOfThread :many
-- Newest first.
SELECT id, domain, code, thread_id, location_id, bay_id, device_id, booking_id, title, context, bays, opened_at, last_at, cleared_at, correlation_id
FROM situations WHERE thread_id = $1 ORDER BY opened_at DESC, id DESC;

-- name: FindSituationsAt :many
-- Situations of a location that had an event since an instant, newest first.
SELECT id, domain, code, thread_id, location_id, bay_id, device_id, booking_id, title, context, bays, opened_at, last_at, cleared_at, correlation_id
FROM situations WHERE location_id = sqlc.arg(location_id) AND last_at >= sqlc.arg(since) ORDER BY last_at DESC, id DESC LIMIT sqlc.arg(size);

-- name: CountOpenEvents :one
-- Events of a situation whose state goes on.
SELECT COUNT(*) FROM events WHERE situation_id = $1 AND cleared_at IS NULL;

-- name: FindThreadsAtBay :many
-- Conversations of members at a place in which somebody wrote since an instant, the newest first.
SELECT t.id FROM threads t
WHERE t.location_id = sqlc.arg(location_id) AND t.provider <> 'events' AND t.status <> 'merged' AND t.last_in_at >= sqlc.arg(since)
  AND (CAST(sqlc.arg(bay) AS TEXT) = '' OR t.bay_id = CAST(sqlc.arg(bay) AS TEXT))
ORDER BY t.last_in_at DESC, t.id DESC LIMIT 5;

-- name: FindDueDevices :many
-- Devices of a vendor with the club's interval, or with their own, whose time to be looked at has come.
SELECT d.id, d.location_id, d.bay_id, d.kind, d.name, d.vendor, d.vendor_ref, d.online, d.seen_at, d.created_at, d.updated_at, d.state_since
FROM devices d LEFT JOIN device_watches w ON w.device_id = d.id
WHERE d.vendor = sqlc.arg(vendor) AND (w.due_at IS NULL OR w.due_at <= sqlc.arg(now)) AND (w.off IS NULL OR w.off = FALSE)
  AND NOT EXISTS (SELECT 1 FROM archived a WHERE a.object = d.id OR a.object = d.location_id OR a.object = d.bay_id)
ORDER BY d.id;

-- name: FindDeviceWatch :one
SELECT device_id, seconds, due_at, updated_at, off FROM device_watches WHERE device_id = $1;

-- name: FindDeviceWatches :many
SELECT device_id, seconds, due_at, updated_at, off FROM device_watches ORDER BY device_id;

-- name: SetDeviceWatch :exec
-- What people set; the device's turn comes at once.
INSERT INTO device_watches (device_id, seconds, due_at, updated_at, off) VALUES ($1, $2, sqlc.arg(now), sqlc.arg(now), $3)
ON CONFLICT (device_id) DO UPDATE SET seconds = excluded.seconds, due_at = excluded.due_at, updated_at = excluded.updated_at, off = excluded.off;

-- name: FindOpenUnwatched :many
-- States that were reported of devices which are watched no more: nobody would see their end.
SELECT e.open_key FROM events e JOIN device_watches w ON w.device_id = e.device_id WHERE w.off = TRUE AND e.open_key IS NOT NULL ORDER BY e.open_key;

-- name: FindOpenSituations :many
-- Situations whose end is seen and has not come, the newest first: those of which a state that was reported
-- goes on.
SELECT s.id, s.domain, s.code, s.thread_id, s.location_id, s.bay_id, s.device_id, s.booking_id, s.title, s.context, s.bays, s.opened_at, s.last_at, s.cleared_at, s.correlation_id
FROM situations s WHERE s.cleared_at IS NULL AND EXISTS (SELECT 1 FROM events e WHERE e.situation_id = s.id AND e.open_key IS NOT NULL)
ORDER BY s.opened_at DESC, s.id DESC;

-- name: PutDeviceWatch :exec
INSERT INTO device_watches (device_id, seconds, due_at, updated_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (device_id) DO UPDATE SET seconds = excluded.seconds, due_at = excluded.due_at, updated_at = excluded.updated_at;

-- name: CreateDecisionEvent :exec
INSERT INTO decision_events (decision_id, code, event_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: CountTold :one
-- How many decisions on texts were made since an instant, and beside how many something of a code was
-- reported; of one pattern, and of all.
SELECT
    (SELECT COUNT(*) FROM pattern_matches m WHERE m.pattern_id = sqlc.arg(pattern_id) AND m.role = 'chosen' AND m.at >= sqlc.arg(since)) AS own,
    (SELECT COUNT(*) FROM pattern_matches m JOIN decision_events e ON e.decision_id = m.decision_id AND e.code = sqlc.arg(code)
        WHERE m.pattern_id = sqlc.arg(pattern_id) AND m.role = 'chosen' AND m.at >= sqlc.arg(since)) AS own_with,
    (SELECT COUNT(*) FROM pattern_matches m WHERE m.role = 'chosen' AND m.at >= sqlc.arg(since)) AS every,
    (SELECT COUNT(*) FROM pattern_matches m JOIN decision_events e ON e.decision_id = m.decision_id AND e.code = sqlc.arg(code)
        WHERE m.role = 'chosen' AND m.at >= sqlc.arg(since)) AS every_with;

-- name: FindBookingsUnderWay :many
-- The confirmed bookings of a location that run at an instant and began after another.
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE location_id = sqlc.arg(location_id) AND status = 'confirmed' AND starts_at <= sqlc.arg(at) AND starts_at > sqlc.arg(since) AND ends_at > sqlc.arg(at) ORDER BY starts_at, id;

-- name: FindBegunBookings :many
-- Confirmed bookings of a bay that run at an instant, began before another, and of which nobody has reported
-- that nobody came.
SELECT b.id, b.source, b.external_id, b.location_id, b.bay_id, b.subject_id, b.member_id, b.starts_at, b.ends_at, b.status, b.sequence, b.created_at, b.updated_at
FROM bookings b
WHERE b.status = 'confirmed' AND b.bay_id IS NOT NULL AND b.starts_at > sqlc.arg(since) AND b.starts_at <= sqlc.arg(began) AND b.ends_at > sqlc.arg(at)
  AND NOT EXISTS (SELECT 1 FROM events e WHERE e.booking_id = b.id AND e.code = 'booking.no_show' AND e.at >= b.starts_at)
ORDER BY b.starts_at, b.id;

-- name: FindReportingDoors :many
-- The doors of a location, its bays' included, that have reported an entry since an instant.
SELECT DISTINCT a.device_id, a.bay_id FROM access_events a
WHERE a.location_id = sqlc.arg(location_id) AND a.at >= sqlc.arg(since) AND a.kind IN ('granted', 'opened') AND a.device_id IS NOT NULL
ORDER BY a.device_id;

-- name: CountDoorSigns :one
-- How often somebody was at the doors of a bay (zero: of the location as a whole) since an instant. What we
-- opened for somebody else than the subject is no sign of theirs.
SELECT COUNT(*) FROM access_events a
LEFT JOIN executions x ON x.id = a.execution_id LEFT JOIN threads t ON t.id = x.thread_id
WHERE a.location_id = sqlc.arg(location_id) AND a.at >= sqlc.arg(since) AND a.kind <> 'other'
  AND COALESCE(a.bay_id, '') = CAST(sqlc.arg(bay) AS TEXT)
  AND (t.subject_id IS NULL OR t.subject_id = CAST(sqlc.arg(subject) AS TEXT));

-- name: CountTextsSince :one
-- Texts of a subject since an instant.
SELECT COUNT(*) FROM messages m JOIN threads t ON t.id = m.thread_id
WHERE t.subject_id = sqlc.arg(subject_id) AND m.direction = 'in' AND m.created_at >= sqlc.arg(since);

-- name: ReleaseAccessEvents :exec
-- What doors reported outlives the access events from before an instant that are about to be deleted.
UPDATE events SET access_event_id = NULL WHERE access_event_id IN
    (SELECT a.id FROM access_events a WHERE a.at < sqlc.arg(before) AND a.received_at < sqlc.arg(before) ORDER BY a.at, a.id LIMIT sqlc.arg(size));

-- name: DeleteQuietEvents :execrows
-- Some of the events from before an instant that no situation and no decision has taken up.
DELETE FROM events WHERE id IN (SELECT e.id FROM events e
    WHERE e.received_at < sqlc.arg(before) AND e.gathered_at IS NOT NULL AND e.situation_id IS NULL AND e.open_key IS NULL
      AND NOT EXISTS (SELECT 1 FROM decision_events d WHERE d.event_id = e.id)
    ORDER BY e.received_at LIMIT sqlc.arg(size));

-- name: TakeActivity :execrows
-- 0 rows when a newer activity of the state is known.
INSERT INTO device_activities (state_key, number, at) VALUES ($1, $2, $3)
ON CONFLICT (state_key) DO UPDATE SET number = excluded.number, at = excluded.at
WHERE (excluded.number > 0 AND device_activities.number > 0 AND excluded.number >= device_activities.number)
    OR ((excluded.number = 0 OR device_activities.number = 0) AND excluded.at >= device_activities.at);

-- name: FindEventsOfBooking :many
-- What was reported of a booking, newest first.
SELECT id, vendor, event_key, code, detail, location_id, bay_id, device_id, booking_id, execution_id, access_event_id, open_key, situation_id, gathered_at, at, received_at,
    cleared_at, correlation_id
FROM events WHERE booking_id = $1 ORDER BY at DESC, id DESC LIMIT $2;
