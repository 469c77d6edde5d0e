-- name: FindMattersAt :many
-- What was decided on at a location in a span of time, newest first: the history of its rates.
SELECT d.subject_id, CAST(COALESCE(d.sop_id, d.title) AS TEXT) AS matter, d.bay_id, d.created_at
FROM decisions d
WHERE d.location_id = sqlc.arg(location_id) AND d.created_at >= sqlc.arg(since) AND d.created_at < sqlc.arg(until) AND d.kind IN ('answer', 'escalate')
ORDER BY d.created_at DESC LIMIT sqlc.arg(size);

-- name: FindRecentMatters :many
-- What was decided on of late, oldest first: of one matter at a location, and about a person wherever they were.
WITH place AS (
    SELECT d.thread_id, d.subject_id, CAST(COALESCE(d.sop_id, d.title) AS TEXT) AS matter, d.bay_id, d.booking_id, d.created_at
    FROM decisions d
    WHERE d.location_id = sqlc.arg(location_id) AND CAST(COALESCE(d.sop_id, d.title) AS TEXT) = CAST(sqlc.arg(matter) AS TEXT) AND d.created_at >= sqlc.arg(lately)
      AND d.kind IN ('answer', 'escalate') AND d.subject_id <> sqlc.arg(subject_id)
    ORDER BY d.created_at DESC LIMIT sqlc.arg(size)
), person AS (
    SELECT e.thread_id, e.subject_id, CAST(COALESCE(e.sop_id, e.title) AS TEXT) AS matter, e.bay_id, e.booking_id, e.created_at
    FROM decisions e
    WHERE e.subject_id = sqlc.arg(subject_id) AND e.created_at >= sqlc.arg(day) AND e.kind IN ('answer', 'escalate')
    ORDER BY e.created_at DESC LIMIT sqlc.arg(size)
)
SELECT place.thread_id, place.subject_id, place.matter, place.bay_id, place.booking_id, place.created_at FROM place
UNION ALL
SELECT person.thread_id, person.subject_id, person.matter, person.bay_id, person.booking_id, person.created_at FROM person
ORDER BY created_at;

-- name: FindFaultsAt :many
-- What went wrong at a location since an instant, newest first: acts that did not work, and what doors report.
SELECT x.action AS what, x.outcome AS how, x.bay_id, x.created_at AS at
FROM executions x
WHERE x.location_id = sqlc.arg(location_id) AND x.created_at >= sqlc.arg(since) AND x.outcome IN ('failed', 'timeout', 'unconfirmed')
UNION ALL
SELECT e.kind AS what, 'door' AS how, e.bay_id, e.at
FROM access_events e
WHERE e.location_id = sqlc.arg(location_id) AND e.at >= sqlc.arg(since) AND e.kind IN ('denied', 'held_open', 'forced')
ORDER BY at DESC LIMIT sqlc.arg(size);
