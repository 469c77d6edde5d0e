-- name: FindActionTimes :many
-- How long actions waited from their claim until the vendor was called, newest first.
SELECT x.created_at, x.called_at FROM executions x
WHERE x.created_at >= sqlc.arg(since) AND x.called_at IS NOT NULL
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR x.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || x.location_id || ',%')
ORDER BY x.created_at DESC LIMIT sqlc.arg(size);

-- name: CountTexts :one
-- All texts of members that are stored; for measurements, it reads the whole table.
SELECT COUNT(*) FROM messages WHERE direction = 'in';

-- name: CountReplies :one
-- Texts to members that decisions since an instant led to. The join goes by the index of a thread's messages, and
-- a CROSS JOIN has SQLite begin with the decisions.
SELECT COUNT(*) FROM decisions d CROSS JOIN threads t CROSS JOIN messages m
WHERE d.created_at >= sqlc.arg(since) AND t.id = d.thread_id
  AND m.thread_id = d.thread_id AND m.decision_id = d.id AND m.direction = 'out' AND m.created_at >= sqlc.arg(since)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%');
