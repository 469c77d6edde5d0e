-- name: PutSetting :exec
INSERT INTO settings (key, value, updated_at, updated_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by;

-- name: DeleteSetting :execrows
DELETE FROM settings WHERE key = $1;

-- name: FindSetting :one
SELECT key, value, updated_at, updated_by FROM settings WHERE key = $1;

-- name: FindSettings :many
SELECT key, value, updated_at, updated_by FROM settings ORDER BY key;
