-- name: CreateAuditEntry :exec
INSERT INTO audit_entries (id, at, actor, actor_name, action, object, thread_id, detail, correlation_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: FindAuditEntries :many
SELECT id, at, actor, actor_name, action, object, thread_id, detail, correlation_id FROM audit_entries
WHERE (CAST(sqlc.narg(object) AS TEXT) IS NULL OR object = CAST(sqlc.narg(object) AS TEXT))
  AND (CAST(sqlc.narg(thread) AS TEXT) IS NULL OR thread_id = CAST(sqlc.narg(thread) AS TEXT))
  AND (CAST(sqlc.narg(action) AS TEXT) IS NULL OR action LIKE CAST(sqlc.narg(action) AS TEXT))
  AND (CAST(sqlc.narg(before) AS TEXT) IS NULL OR id < CAST(sqlc.narg(before) AS TEXT))
ORDER BY id DESC LIMIT sqlc.arg(size);

-- name: DeleteAuditEntries :execrows
-- Some of those from before an instant, the oldest first. On PostgreSQL nobody may: whole weeks go instead.
DELETE FROM audit_entries WHERE id IN (SELECT e.id FROM audit_entries e WHERE e.at < sqlc.arg(before) ORDER BY e.at, e.id LIMIT sqlc.arg(size));

-- name: FindUnplacedAuditEntries :many
-- Entries from an instant on that have no place in the tree, the oldest first.
SELECT e.id, e.at, e.actor, e.actor_name, e.action, e.object, e.thread_id, e.detail, e.correlation_id FROM audit_entries e
WHERE e.at >= sqlc.arg(since) AND NOT EXISTS (SELECT 1 FROM audit_leaves l WHERE l.entry_id = e.id)
ORDER BY e.at, e.id LIMIT sqlc.arg(size);

-- name: FindMisplacedAuditEntries :many
-- Entries from an instant on whose id has its place with another instant.
SELECT e.id, e.at, l.position FROM audit_entries e JOIN audit_leaves l ON l.entry_id = e.id
WHERE e.at >= sqlc.arg(since) AND l.at <> e.at
ORDER BY e.at, e.id LIMIT sqlc.arg(size);

-- name: FindAuditRetirements :many
-- What says that entries were retired, the newest first.
SELECT at, actor, detail FROM audit_entries WHERE object = $1 AND action = 'audit.retired' ORDER BY at DESC LIMIT sqlc.arg(size);

-- name: FindAuditTree :one
SELECT size, edge, signing_key, checked, checked_edge, checked_at, fault FROM audit_tree WHERE id = 1;

-- name: TakeAuditTree :one
-- Whoever has it is the only one to add leaves until the end of the transaction.
UPDATE audit_tree SET size = size WHERE id = 1 RETURNING size, edge, signing_key;

-- name: PutAuditTree :exec
UPDATE audit_tree SET size = $1, edge = $2, signing_key = $3 WHERE id = 1;

-- name: PutAuditCheck :exec
UPDATE audit_tree SET checked = $1, checked_edge = $2, checked_at = $3, fault = $4 WHERE id = 1;

-- name: CreateAuditLeaf :exec
INSERT INTO audit_leaves (position, entry_id, at, digest) VALUES ($1, $2, $3, $4);

-- name: CreateAuditHead :exec
INSERT INTO audit_heads (size, at, note) VALUES ($1, $2, $3);

-- name: FindNewestLeafTime :one
SELECT at FROM audit_leaves ORDER BY at DESC LIMIT 1;

-- name: FindAuditLeaf :one
SELECT position, entry_id, at, digest FROM audit_leaves WHERE entry_id = $1;

-- name: FindLastAuditLeaf :one
SELECT position, entry_id, at, digest FROM audit_leaves WHERE position >= 0 ORDER BY position DESC LIMIT 1;

-- name: FindLeavesWithEntries :many
-- Leaves from one position up to another, with their entries. Of an entry that is not there all is empty.
SELECT l.position, l.entry_id, l.at, l.digest, e.id AS found, COALESCE(e.actor, '') AS actor, COALESCE(e.actor_name, '') AS actor_name, COALESCE(e.action, '') AS action,
    COALESCE(e.object, '') AS object, e.thread_id, CAST(COALESCE(CAST(e.detail AS TEXT), '') AS TEXT) AS detail, e.correlation_id
FROM audit_leaves l LEFT JOIN audit_entries e ON e.id = l.entry_id AND e.at = l.at
WHERE l.position >= sqlc.arg(since) AND l.position < sqlc.arg(until) ORDER BY l.position;

-- name: FindAuditHeads :many
SELECT size, at, note FROM audit_heads WHERE size > sqlc.arg(since) AND size <= sqlc.arg(until) ORDER BY size;

-- name: FindNewestAuditHead :one
SELECT size, at, note FROM audit_heads WHERE size > 0 ORDER BY size DESC LIMIT 1;
