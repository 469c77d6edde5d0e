-- name: ReserveIdempotencyKey :execrows
-- Whoever inserts the row does the work; everybody else looks what became of it.
INSERT INTO idempotency_keys (principal, key, request_hash, status, body, created_at) VALUES ($1, $2, $3, 0, sqlc.arg(empty), $4)
ON CONFLICT (principal, key) DO NOTHING;

-- name: FindIdempotencyKey :one
SELECT principal, key, request_hash, status, body, created_at FROM idempotency_keys WHERE principal = $1 AND key = $2;

-- name: FinishIdempotencyKey :execrows
UPDATE idempotency_keys SET status = $3, body = $4 WHERE principal = $1 AND key = $2 AND status = 0;

-- name: ReleaseIdempotencyKey :execrows
DELETE FROM idempotency_keys WHERE principal = $1 AND key = $2 AND status = 0;

-- name: DeleteOldIdempotencyKeys :execrows
-- The oldest ones.
DELETE FROM idempotency_keys WHERE (principal, key) IN (SELECT k.principal, k.key FROM idempotency_keys k WHERE k.created_at < sqlc.arg(before) ORDER BY k.created_at LIMIT sqlc.arg(size));

-- name: HoldLocation :execrows
-- The Hold queries take a row in the version that its editor saw, and keep it until the transaction
-- ends; no row means that somebody else was first.
UPDATE locations SET updated_at = updated_at WHERE id = $1 AND updated_at = $2;

-- name: HoldBay :execrows
UPDATE bays SET updated_at = updated_at WHERE id = $1 AND updated_at = $2;

-- name: HoldDevice :execrows
UPDATE devices SET updated_at = updated_at WHERE id = $1 AND updated_at = $2;

-- name: HoldMember :execrows
UPDATE members SET updated_at = updated_at WHERE id = $1 AND updated_at = $2;

-- name: HoldBooking :execrows
UPDATE bookings SET updated_at = updated_at WHERE id = $1 AND updated_at = $2;

-- name: FindMembersInScope :many
-- Newest first, after a cursor. Scope is ",loc_a,loc_b," or empty for all locations.
SELECT id, subject_id, name, email, email_index, home_location_id, status, created_at, updated_at FROM members
WHERE (CAST(sqlc.arg(scope) AS TEXT) = '' OR home_location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || home_location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR home_location_id = CAST(sqlc.arg(location) AS TEXT))
  AND (CAST(sqlc.arg(status) AS TEXT) = '' OR status = CAST(sqlc.arg(status) AS TEXT))
  AND (CAST(sqlc.arg(after) AS TEXT) = '' OR id < CAST(sqlc.arg(after) AS TEXT))
ORDER BY id DESC LIMIT sqlc.arg(size);

-- name: FindBookingsInScope :many
-- Bookings that start in a span of time, earliest first, after a cursor; cancelled ones stay in.
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE starts_at >= sqlc.arg(since) AND starts_at < sqlc.arg(until)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR location_id = CAST(sqlc.arg(location) AS TEXT))
  AND (CAST(sqlc.arg(bay) AS TEXT) = '' OR bay_id = CAST(sqlc.arg(bay) AS TEXT))
  AND (CAST(sqlc.arg(member) AS TEXT) = '' OR member_id = CAST(sqlc.arg(member) AS TEXT))
  AND (CAST(sqlc.arg(status) AS TEXT) = '' OR status = CAST(sqlc.arg(status) AS TEXT))
  AND (CAST(sqlc.arg(after_id) AS TEXT) = '' OR starts_at > sqlc.arg(after_at)
    OR (starts_at = sqlc.arg(after_at) AND id > CAST(sqlc.arg(after_id) AS TEXT)))
ORDER BY starts_at, id LIMIT sqlc.arg(size);

-- name: FindDecisionsInScope :many
-- Newest first, after a cursor. Both the decision's place and its thread's must be in scope: a thread may
-- have been placed after it was decided on.
SELECT d.id, d.thread_id, d.subject_id, d.kind, d.title, d.sop_id, d.sop_version, d.confidence, d.earned_tier, d.tier, d.evidence, d.steps,
    d.reply, d.location_id, d.bay_id, d.booking_id, d.correlation_id, d.created_at
FROM decisions d JOIN threads t ON t.id = d.thread_id
WHERE (CAST(sqlc.arg(scope) AS TEXT) = '' OR ((d.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || d.location_id || ',%')
    AND (t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')))
  AND (CAST(sqlc.arg(tier) AS TEXT) = '' OR d.tier = CAST(sqlc.arg(tier) AS TEXT))
  AND (CAST(sqlc.arg(sop) AS TEXT) = '' OR d.sop_id = CAST(sqlc.arg(sop) AS TEXT))
  AND (CAST(sqlc.arg(thread) AS TEXT) = '' OR d.thread_id = CAST(sqlc.arg(thread) AS TEXT))
  AND (CAST(sqlc.arg(after) AS TEXT) = '' OR d.id < CAST(sqlc.arg(after) AS TEXT))
ORDER BY d.id DESC LIMIT sqlc.arg(size);

-- name: FindProposalsInScope :many
SELECT p.id, p.decision_id, p.thread_id, p.tier, p.status, p.deadline_at, p.edited, p.decided_by, p.decided_at, p.reason, p.created_at
FROM proposals p JOIN threads t ON t.id = p.thread_id JOIN decisions d ON d.id = p.decision_id
WHERE (CAST(sqlc.arg(scope) AS TEXT) = '' OR ((d.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || d.location_id || ',%')
    AND (t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')))
  AND (CAST(sqlc.arg(status) AS TEXT) = '' OR p.status = CAST(sqlc.arg(status) AS TEXT))
  AND (CAST(sqlc.arg(thread) AS TEXT) = '' OR p.thread_id = CAST(sqlc.arg(thread) AS TEXT))
  AND (CAST(sqlc.arg(after) AS TEXT) = '' OR p.id < CAST(sqlc.arg(after) AS TEXT))
ORDER BY p.id DESC LIMIT sqlc.arg(size);

-- name: FindExecutionsInScope :many
SELECT e.id, e.decision_id, e.thread_id, e.action, e.params, e.location_id, e.bay_id, e.device_id, e.booking_id, e.member_id, e.idempotency_key,
    e.outcome, e.detail, e.proofs, e.requested_by, e.attempts, e.correlation_id, e.created_at, e.called_at, e.finished_at
FROM executions e LEFT JOIN threads t ON t.id = e.thread_id
WHERE (CAST(sqlc.arg(scope) AS TEXT) = '' OR ((e.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || e.location_id || ',%')
    AND (t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')))
  AND (CAST(sqlc.arg(outcome) AS TEXT) = '' OR e.outcome = CAST(sqlc.arg(outcome) AS TEXT))
  AND (CAST(sqlc.arg(thread) AS TEXT) = '' OR e.thread_id = CAST(sqlc.arg(thread) AS TEXT))
  AND (CAST(sqlc.arg(after) AS TEXT) = '' OR e.id < CAST(sqlc.arg(after) AS TEXT))
ORDER BY e.id DESC LIMIT sqlc.arg(size);

-- name: CountWaitingWork :one
-- What waits for somebody at the caller's locations, for the health report.
SELECT
    (SELECT COUNT(*) FROM messages m JOIN threads t ON t.id = m.thread_id WHERE m.status IN ('queued', 'sending')
        AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')) AS texts_queued,
    (SELECT COUNT(*) FROM messages m JOIN threads t ON t.id = m.thread_id WHERE m.status IN ('unconfirmed', 'failed') AND m.updated_at >= sqlc.arg(since)
        AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')) AS texts_troubled,
    (SELECT COUNT(*) FROM executions x WHERE x.outcome IN ('claimed', 'running')
        AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR x.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || x.location_id || ',%')) AS executions_unfinished,
    (SELECT COUNT(*) FROM executions x WHERE x.outcome = 'unconfirmed' AND x.created_at >= sqlc.arg(since)
        AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR x.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || x.location_id || ',%')) AS executions_unconfirmed,
    (SELECT COUNT(*) FROM proposals p JOIN threads t ON t.id = p.thread_id WHERE p.status = 'open'
        AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')) AS proposals_open,
    (SELECT COUNT(*) FROM escalations e JOIN threads t ON t.id = e.thread_id WHERE e.status = 'open'
        AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')) AS escalations_open,
    (SELECT COUNT(*) FROM escalations e JOIN threads t ON t.id = e.thread_id WHERE e.status = 'open' AND (e.reminders > 0 OR e.due_at < sqlc.arg(now))
        AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')) AS escalations_overdue,
    (SELECT COUNT(*) FROM threads t WHERE t.waiting_since IS NOT NULL
        AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')) AS threads_waiting,
    (SELECT COUNT(*) FROM devices d WHERE d.seen_at IS NOT NULL
        AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR d.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || d.location_id || ',%')) AS devices_seen,
    (SELECT COUNT(*) FROM devices d WHERE d.seen_at IS NOT NULL AND NOT d.online
        AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR d.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || d.location_id || ',%')) AS devices_offline,
    (SELECT COUNT(*) FROM arrivals) AS texts_kept,
    (SELECT COUNT(*) FROM arrivals a WHERE a.tries > 0) AS texts_unfiled;

-- name: FindDecisionTimes :many
-- When decisions were made, and when the texts that each one read had come, newest first: the first row of
-- a decision has its last text. The bound on the text's age lets the index of a thread's messages serve, and a
-- CROSS JOIN has SQLite begin with the decisions.
SELECT d.id, d.tier, d.created_at, m.created_at AS received_at
FROM decisions d CROSS JOIN threads t CROSS JOIN messages m
WHERE d.created_at >= sqlc.arg(since) AND t.id = d.thread_id
  AND m.thread_id = d.thread_id AND m.decision_id = d.id AND m.direction = 'in' AND m.created_at >= sqlc.arg(received_since)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR ((d.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || d.location_id || ',%')
    AND (t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')))
ORDER BY d.created_at DESC, d.id, m.created_at DESC LIMIT sqlc.arg(size);
