-- name: CreateExecution :execrows
-- Does nothing when the idempotency key is known: one cause runs once.
INSERT INTO executions (id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome,
    detail, proofs, requested_by, attempts, correlation_id, created_at, finished_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, $16, $17, $18)
ON CONFLICT (idempotency_key) DO NOTHING;

-- name: FindExecution :one
SELECT id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome, detail,
    proofs, requested_by, attempts, correlation_id, created_at, called_at, finished_at
FROM executions WHERE id = $1;

-- name: FindExecutionByKey :one
SELECT id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome, detail,
    proofs, requested_by, attempts, correlation_id, created_at, called_at, finished_at
FROM executions WHERE idempotency_key = $1;

-- name: FindExecutionsOfThread :many
SELECT id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome, detail,
    proofs, requested_by, attempts, correlation_id, created_at, called_at, finished_at
FROM executions WHERE thread_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2;

-- name: FindExecutionsOfDecision :many
SELECT id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome, detail,
    proofs, requested_by, attempts, correlation_id, created_at, called_at, finished_at
FROM executions WHERE decision_id = $1 ORDER BY created_at, id;

-- name: FindExecutionsPage :many
-- Newest first, before an execution or from the newest on. Locations is ",loc_a,loc_b," or empty for all of them.
SELECT id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome, detail,
    proofs, requested_by, attempts, correlation_id, created_at, called_at, finished_at
FROM executions
WHERE (CAST(sqlc.narg(outcome) AS TEXT) IS NULL OR outcome = CAST(sqlc.narg(outcome) AS TEXT))
  AND (CAST(sqlc.arg(locations) AS TEXT) = '' OR CAST(sqlc.arg(locations) AS TEXT) LIKE '%,' || location_id || ',%')
  AND (CAST(sqlc.narg(before) AS TEXT) IS NULL OR id < CAST(sqlc.narg(before) AS TEXT))
ORDER BY id DESC LIMIT sqlc.arg(size);

-- name: FindUnfinishedOnDevice :many
SELECT id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome, detail,
    proofs, requested_by, attempts, correlation_id, created_at, called_at, finished_at
FROM executions WHERE device_id = $1 AND outcome IN ('claimed', 'running') ORDER BY created_at;

-- name: FindLatestSuccessOnDevice :one
SELECT id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome, detail,
    proofs, requested_by, attempts, correlation_id, created_at, called_at, finished_at
FROM executions WHERE device_id = $1 AND outcome = 'success' ORDER BY created_at DESC LIMIT 1;

-- name: FindLatestOfThread :one
-- The thread's last act that passed the gate.
SELECT id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome, detail,
    proofs, requested_by, attempts, correlation_id, created_at, called_at, finished_at
FROM executions WHERE thread_id = $1 AND outcome <> 'refused' ORDER BY created_at DESC LIMIT 1;

-- name: CountExecutionsOfBooking :one
SELECT COUNT(*) FROM executions WHERE booking_id = $1 AND action = $2 AND outcome <> 'refused';

-- name: CountExecutionsOfBay :one
SELECT COUNT(*) FROM executions WHERE bay_id = $1 AND action = $2 AND outcome <> 'refused' AND created_at > sqlc.arg(since);

-- name: CountExecutionsOfMember :one
SELECT COUNT(*) FROM executions WHERE member_id = $1 AND action = $2 AND outcome <> 'refused' AND created_at > sqlc.arg(since);

-- name: LockForGate :exec
-- Takes a row until the transaction ends, so that whoever counts next counts this one's execution too.
INSERT INTO cooldowns (action, target, last_at) VALUES ('*', $1, $2)
ON CONFLICT (action, target) DO UPDATE SET last_at = excluded.last_at;

-- name: TakeCooldown :execrows
-- The cooldown is taken, or it is not: 0 rows when the last one was after an instant.
INSERT INTO cooldowns (action, target, last_at) VALUES ($1, $2, sqlc.arg(now))
ON CONFLICT (action, target) DO UPDATE SET last_at = excluded.last_at WHERE cooldowns.last_at <= sqlc.arg(before);

-- name: FindCooldown :one
SELECT last_at FROM cooldowns WHERE action = $1 AND target = $2;

-- name: ReleaseCooldown :execrows
-- Gives a cooldown back that was taken for something that certainly did not happen.
DELETE FROM cooldowns WHERE action = $1 AND target = $2 AND last_at = sqlc.arg(taken);

-- name: StartCall :execrows
-- Committed just before the vendor is called, with what was looked at once more. Whoever finds called_at set does not call.
UPDATE executions SET called_at = $2, proofs = $3, attempts = attempts + 1 WHERE id = $1 AND outcome = 'claimed' AND called_at IS NULL;

-- name: ResetCall :execrows
-- For a call that certainly did not reach the vendor.
UPDATE executions SET called_at = NULL WHERE id = $1 AND outcome = 'claimed' AND called_at = sqlc.arg(called);

-- name: AcceptExecution :execrows
UPDATE executions SET outcome = 'running', detail = $2 WHERE id = $1 AND outcome = 'claimed';

-- name: ProveExecution :execrows
UPDATE executions SET proofs = $2 WHERE id = $1 AND outcome = 'running';

-- name: FinishExecution :execrows
UPDATE executions SET outcome = $2, detail = $3, proofs = $4, finished_at = $5 WHERE id = $1 AND outcome IN ('claimed', 'running');

-- name: FindStrandedExecutions :many
SELECT id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome, detail,
    proofs, requested_by, attempts, correlation_id, created_at, called_at, finished_at
FROM executions WHERE outcome IN ('claimed', 'running') AND created_at < $1 ORDER BY created_at LIMIT $2;

-- name: CreateRun :execrows
INSERT INTO runs (decision_id, thread_id, steps, reply, next_step, last, status, started_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, 0, '', 'running', $5, sqlc.arg(now), sqlc.arg(now))
ON CONFLICT (decision_id) DO NOTHING;

-- name: LockRun :one
-- Takes a run for this transaction; no row when it has ended.
UPDATE runs SET updated_at = $2 WHERE decision_id = $1 AND status = 'running'
RETURNING decision_id, thread_id, steps, reply, next_step, last, status, started_by, created_at, updated_at;

-- name: FindRun :one
SELECT decision_id, thread_id, steps, reply, next_step, last, status, started_by, created_at, updated_at FROM runs WHERE decision_id = $1;

-- name: UpdateRun :execrows
UPDATE runs SET steps = $2, next_step = $3, last = $4, status = $5, updated_at = $6 WHERE decision_id = $1 AND status = 'running';

-- name: FindRunsWaitingFor :many
-- Runs whose document names an execution: they wait for its end.
SELECT decision_id FROM runs WHERE status = 'running' AND CAST(steps AS TEXT) LIKE sqlc.arg(pattern);

-- name: FindStrandedRuns :many
SELECT decision_id FROM runs WHERE status = 'running' AND updated_at < $1 ORDER BY updated_at LIMIT $2;

-- name: HoldExecution :execrows
-- Holds an unfinished execution until the transaction ends; 0 rows when it has ended.
UPDATE executions SET attempts = attempts WHERE id = $1 AND outcome IN ('claimed', 'running');
