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
