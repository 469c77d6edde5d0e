-- name: CreateModel :one
-- The number follows the highest; of two that are stored at once the second is refused.
INSERT INTO models (id, number, digest, engine, trained_at, trained_on, figures, size_bytes, checksum, fault, body)
VALUES ($1, (SELECT COALESCE(MAX(m.number), 0) + 1 FROM models m), $2, $3, $4, $5, $6, $7, $8, '', $9)
RETURNING number;

-- name: FindModels :many
-- Newest first; without their bytes.
SELECT id, number, digest, engine, trained_at, trained_on, figures, size_bytes, checksum, fault, CAST(CASE WHEN body IS NULL THEN 0 ELSE 1 END AS BIGINT) AS kept, retired_at
FROM models ORDER BY number DESC LIMIT $1;

-- name: FindUsableModels :many
-- Those of an engine whose bytes are there and have shown no fault, newest first.
SELECT id, number, digest, trained_at, size_bytes, checksum FROM models
WHERE engine = $1 AND body IS NOT NULL AND fault = '' ORDER BY number DESC LIMIT 10;

-- name: FindModelBody :one
SELECT body FROM models WHERE id = $1;

-- name: FaultModel :execrows
UPDATE models SET fault = $2 WHERE id = $1 AND fault = '';

-- name: RetireModels :execrows
-- Drops the bytes of an engine's models up to a number; the descriptions stay.
UPDATE models SET body = NULL, retired_at = sqlc.arg(now) WHERE body IS NOT NULL AND engine = sqlc.arg(engine) AND number <= sqlc.arg(upto);

-- name: RetireForeignModels :execrows
-- Drops the bytes that another program's engine trained long ago.
UPDATE models SET body = NULL, retired_at = sqlc.arg(now) WHERE body IS NOT NULL AND engine <> sqlc.arg(engine) AND trained_at < sqlc.arg(before);

-- name: CountPrecedents :one
SELECT CAST(COUNT(*) AS BIGINT) FROM precedents;
