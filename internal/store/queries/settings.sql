-- name: PutSetting :exec
INSERT INTO settings (key, value, updated_at, updated_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by;

-- name: DeleteSetting :execrows
DELETE FROM settings WHERE key = $1;

-- name: FindSetting :one
SELECT key, value, updated_at, updated_by FROM settings WHERE key = $1;

-- name: FindSettings :many
SELECT key, value, updated_at, updated_by FROM settings ORDER BY key;

-- name: FindVendorToken :one
SELECT vendor, origin, sealed, version, claimed_at, trouble, updated_at FROM vendor_tokens WHERE vendor = $1;

-- name: FindVendorTroubles :many
SELECT vendor, trouble, updated_at FROM vendor_tokens WHERE trouble <> '' ORDER BY vendor;

-- The first claim of a vendor's token. Nothing when there is a row: then ClaimVendorToken decides.
-- name: CreateVendorToken :execrows
INSERT INTO vendor_tokens (vendor, origin, sealed, version, claimed_at, trouble, updated_at)
VALUES ($1, $2, $3, 0, sqlc.arg(now), '', sqlc.arg(now))
ON CONFLICT (vendor) DO NOTHING;

-- One of those who saw a version gets to renew it. A claim that is older than any renewal can take was
-- left by a process that ended.
-- name: ClaimVendorToken :execrows
UPDATE vendor_tokens SET claimed_at = sqlc.arg(now)
WHERE vendor = $1 AND version = $2 AND (claimed_at IS NULL OR claimed_at < sqlc.arg(stale_before));

-- name: KeepVendorToken :execrows
UPDATE vendor_tokens SET origin = $1, sealed = $2, version = version + 1, claimed_at = NULL, trouble = '', updated_at = $3
WHERE vendor = $4 AND version = $5;

-- name: ReleaseVendorToken :execrows
UPDATE vendor_tokens SET claimed_at = NULL, trouble = $1, updated_at = $2
WHERE vendor = $3 AND version = $4;

-- name: DeleteVendorToken :exec
DELETE FROM vendor_tokens WHERE vendor = $1;
