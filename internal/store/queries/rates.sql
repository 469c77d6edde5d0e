-- name: FindMattersAt :many
-- What was decided on at a location in a span of time, newest first: the history of its rates.
SELECT d.subject_id, CAST(COALESCE(d.sop_id, d.title) AS TEXT) AS matter, d.bay_id, d.created_at
FROM decisions d
WHERE d.location_id = sqlc.arg(location_id) AND d.created_at >= sqlc.arg(since) AND d.created_at < sqlc.arg(until) AND d.kind IN ('answer', 'escalate')
ORDER BY d.created_at DESC LIMIT sqlc.arg(size);

-- name: FindRecentMatters :many
-- What was decided on of late, at a location and about a person wherever they were, oldest first.
SELECT n.thread_id, n.subject_id, n.matter, n.bay_id, n.booking_id, n.created_at FROM (
    SELECT a.thread_id, a.subject_id, CAST(COALESCE(a.sop_id, a.title) AS TEXT) AS matter, a.bay_id, a.booking_id, a.created_at
    FROM decisions a
    WHERE a.location_id = sqlc.arg(location_id) AND a.created_at >= sqlc.arg(lately) AND a.subject_id <> sqlc.arg(subject_id) AND a.kind IN ('answer', 'escalate')
    UNION ALL
    SELECT b.thread_id, b.subject_id, CAST(COALESCE(b.sop_id, b.title) AS TEXT) AS matter, b.bay_id, b.booking_id, b.created_at
    FROM decisions b
    WHERE b.subject_id = sqlc.arg(subject_id) AND b.created_at >= sqlc.arg(day) AND b.kind IN ('answer', 'escalate')
    ORDER BY created_at DESC LIMIT sqlc.arg(size)
) n ORDER BY n.created_at;

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
