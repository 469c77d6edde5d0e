-- name: FindShifts :many
SELECT id, user_id, location_id, days, starts, ends, created_by, created_at FROM shifts ORDER BY id;

-- name: FindShift :one
SELECT id, user_id, location_id, days, starts, ends, created_by, created_at FROM shifts WHERE id = $1;

-- name: CreateShift :exec
INSERT INTO shifts (id, user_id, location_id, days, starts, ends, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: DeleteShift :execrows
DELETE FROM shifts WHERE id = $1;

-- name: FindCovers :many
-- Covers that have not ended before an instant, in the order in which they were made.
SELECT id, user_id, instead_of, location_id, starts_at, ends_at, created_by, created_at FROM covers WHERE ends_at > $1 ORDER BY id;

-- name: FindCover :one
SELECT id, user_id, instead_of, location_id, starts_at, ends_at, created_by, created_at FROM covers WHERE id = $1;

-- name: CreateCover :exec
INSERT INTO covers (id, user_id, instead_of, location_id, starts_at, ends_at, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: DeleteCover :execrows
DELETE FROM covers WHERE id = $1;

-- name: FindContact :one
SELECT user_id, phone_index, phone, email, by_sms, by_email, quiet_from, quiet_until, time_zone, updated_at FROM contacts WHERE user_id = $1;

-- name: PutContact :exec
INSERT INTO contacts (user_id, phone_index, phone, email, by_sms, by_email, quiet_from, quiet_until, time_zone, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (user_id) DO UPDATE SET phone_index = EXCLUDED.phone_index, phone = EXCLUDED.phone, email = EXCLUDED.email, by_sms = EXCLUDED.by_sms,
    by_email = EXCLUDED.by_email, quiet_from = EXCLUDED.quiet_from, quiet_until = EXCLUDED.quiet_until, time_zone = EXCLUDED.time_zone, updated_at = EXCLUDED.updated_at;

-- name: FindStaffNumbers :many
-- The numbers, as blind indexes, of those who work here.
SELECT c.phone_index, c.user_id FROM contacts c JOIN users u ON u.id = c.user_id WHERE c.phone_index IS NOT NULL AND u.status <> 'disabled';

-- name: StartCallChain :one
-- Begins the calls of an escalation, or begins them again.
INSERT INTO call_chains (escalation_id, round, started_at, next_step, code, trouble, updated_at)
VALUES (sqlc.arg(escalation_id), 1, sqlc.arg(now), 0, sqlc.arg(code), '', sqlc.arg(now))
ON CONFLICT (escalation_id) DO UPDATE SET round = call_chains.round + 1, started_at = EXCLUDED.started_at, next_step = 0, trouble = '', updated_at = EXCLUDED.updated_at
RETURNING escalation_id, round, started_at, next_step, code, trouble, updated_at;

-- name: FindCallChain :one
SELECT escalation_id, round, started_at, next_step, code, trouble, updated_at FROM call_chains WHERE escalation_id = $1;

-- name: AdvanceCallChain :execrows
-- Takes a step of a round. Nothing is changed when somebody else has taken it.
UPDATE call_chains SET next_step = next_step + 1, updated_at = sqlc.arg(now)
WHERE escalation_id = sqlc.arg(escalation_id) AND round = sqlc.arg(round) AND next_step = sqlc.arg(step);

-- name: RecordCallTrouble :exec
UPDATE call_chains SET trouble = sqlc.arg(trouble), updated_at = sqlc.arg(now) WHERE escalation_id = sqlc.arg(escalation_id);

-- name: NextCallCode :one
UPDATE call_codes SET last = CASE WHEN last >= 99 THEN 1 ELSE last + 1 END WHERE id = 1 RETURNING last;

-- name: FindTroubledCalls :many
-- Escalations of late whose calls did not reach whom they should, newest first.
SELECT k.escalation_id, k.trouble, k.updated_at, e.thread_id, e.status, e.priority, t.location_id
FROM call_chains k JOIN escalations e ON e.id = k.escalation_id JOIN threads t ON t.id = e.thread_id
WHERE k.trouble <> '' AND k.updated_at > sqlc.arg(since)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
ORDER BY k.updated_at DESC, k.escalation_id DESC LIMIT sqlc.arg(size);

-- name: CountOpenEscalations :one
SELECT COUNT(*) FROM escalations WHERE status = 'open';

-- name: FindCallsOfUser :many
-- The matters that somebody was texted about of late, the last first.
SELECT e.id, e.thread_id, e.status, k.code
FROM notifications n JOIN escalations e ON e.id = n.ref JOIN call_chains k ON k.escalation_id = e.id
WHERE n.user_id = sqlc.arg(user_id) AND n.created_at > sqlc.arg(since) AND n.channel = 'sms' AND n.dedup_key LIKE 'call:%' AND n.status <> 'withdrawn'
GROUP BY e.id, e.thread_id, e.status, k.code ORDER BY MAX(n.created_at) DESC, e.id DESC;
