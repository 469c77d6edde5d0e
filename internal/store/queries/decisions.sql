-- name: CreateDecision :exec
INSERT INTO decisions (id, thread_id, subject_id, kind, title, sop_id, sop_version, confidence, earned_tier, tier, evidence, steps, reply,
    location_id, bay_id, booking_id, correlation_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18);

-- name: FindDecision :one
SELECT id, thread_id, subject_id, kind, title, sop_id, sop_version, confidence, earned_tier, tier, evidence, steps, reply, location_id,
    bay_id, booking_id, correlation_id, created_at
FROM decisions WHERE id = $1;

-- name: FindDecisionsOfThread :many
SELECT id, thread_id, subject_id, kind, title, sop_id, sop_version, confidence, earned_tier, tier, evidence, steps, reply, location_id,
    bay_id, booking_id, correlation_id, created_at
FROM decisions WHERE thread_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2;

-- name: FindDecisionsOfSubject :many
-- What was decided of somebody's matters in a time, newest first.
SELECT id, thread_id, subject_id, kind, title, sop_id, sop_version, confidence, earned_tier, tier, evidence, steps, reply, location_id,
    bay_id, booking_id, correlation_id, created_at
FROM decisions WHERE subject_id = sqlc.arg(subject_id) AND created_at >= sqlc.arg(since) AND created_at < sqlc.arg(until)
ORDER BY created_at DESC, id DESC LIMIT sqlc.arg(size);

-- name: FindDecisionsPage :many
SELECT d.id, d.thread_id, d.subject_id, d.kind, d.title, d.sop_id, d.sop_version, d.confidence, d.earned_tier, d.tier, d.evidence, d.steps,
    d.reply, d.location_id, d.bay_id, d.booking_id, d.correlation_id, d.created_at
FROM decisions d
WHERE (CAST(sqlc.narg(tier) AS TEXT) IS NULL OR d.tier = CAST(sqlc.narg(tier) AS TEXT))
  AND (CAST(sqlc.narg(sop) AS TEXT) IS NULL OR d.sop_id = CAST(sqlc.narg(sop) AS TEXT))
  AND (CAST(sqlc.arg(locations) AS TEXT) = '' OR d.location_id IS NULL OR CAST(sqlc.arg(locations) AS TEXT) LIKE '%,' || d.location_id || ',%')
  AND (CAST(sqlc.narg(before) AS TEXT) IS NULL OR d.id < CAST(sqlc.narg(before) AS TEXT))
ORDER BY d.id DESC LIMIT sqlc.arg(size);

-- name: CreateProposal :exec
INSERT INTO proposals (id, decision_id, thread_id, tier, status, deadline_at, edited, decided_by, reason, created_at)
VALUES ($1, $2, $3, $4, 'open', $5, FALSE, '', '', $6);

-- name: FindProposal :one
SELECT id, decision_id, thread_id, tier, status, deadline_at, edited, decided_by, decided_at, reason, created_at FROM proposals WHERE id = $1;

-- name: FindOpenProposalOfThread :one
SELECT id, decision_id, thread_id, tier, status, deadline_at, edited, decided_by, decided_at, reason, created_at FROM proposals
WHERE thread_id = $1 AND status = 'open';

-- name: FindOpenProposalsOfSubject :many
-- What is proposed about a person, in whichever thread: their own, or one of what was reported.
SELECT p.id, p.decision_id, p.thread_id, p.tier, p.status, p.deadline_at, p.edited, p.decided_by, p.decided_at, p.reason, p.created_at
FROM proposals p JOIN decisions d ON d.id = p.decision_id WHERE d.subject_id = $1 AND p.status = 'open' ORDER BY p.created_at, p.id;

-- name: FindProposalsOfThread :many
SELECT id, decision_id, thread_id, tier, status, deadline_at, edited, decided_by, decided_at, reason, created_at FROM proposals
WHERE thread_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2;

-- name: FindProposalOfDecision :one
SELECT id, decision_id, thread_id, tier, status, deadline_at, edited, decided_by, decided_at, reason, created_at FROM proposals WHERE decision_id = $1;

-- name: FindProposalsPage :many
SELECT p.id, p.decision_id, p.thread_id, p.tier, p.status, p.deadline_at, p.edited, p.decided_by, p.decided_at, p.reason, p.created_at
FROM proposals p JOIN threads t ON t.id = p.thread_id
WHERE (CAST(sqlc.narg(status) AS TEXT) IS NULL OR p.status = CAST(sqlc.narg(status) AS TEXT))
  AND (CAST(sqlc.arg(locations) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(locations) AS TEXT) LIKE '%,' || t.location_id || ',%')
  AND (CAST(sqlc.narg(before) AS TEXT) IS NULL OR p.id < CAST(sqlc.narg(before) AS TEXT))
ORDER BY p.id DESC LIMIT sqlc.arg(size);

-- name: ClaimProposal :execrows
-- The one place where a proposal stops being open. Whoever changes the row has decided; everybody else was late.
UPDATE proposals SET status = $2, edited = $3, decided_by = $4, decided_at = $5, reason = $6 WHERE id = $1 AND status = 'open';

-- name: CreateOverride :exec
INSERT INTO overrides (id, decision_id, thread_id, kind, before, after, reason, note, actor, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: FindOverridesOfDecision :many
SELECT id, decision_id, thread_id, kind, before, after, reason, actor, at, note FROM overrides WHERE decision_id = $1 ORDER BY at, id;

-- name: CountUnderWay :one
-- What is not finished in a thread: its open proposal and its runs, but for those of one decision.
SELECT CAST((SELECT COUNT(*) FROM proposals p WHERE p.thread_id = sqlc.arg(thread_id) AND p.status = 'open' AND p.decision_id <> CAST(sqlc.arg(other_than) AS TEXT))
    + (SELECT COUNT(*) FROM runs r WHERE r.thread_id = sqlc.arg(thread_id) AND r.status = 'running' AND r.decision_id <> CAST(sqlc.arg(other_than) AS TEXT)) AS BIGINT);
