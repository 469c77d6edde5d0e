-- name: CreateTenant :exec
INSERT INTO tenants (id, slug, name, status, keyset, created_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: FindTenant :one
SELECT id, slug, name, status, keyset, created_at FROM tenants WHERE slug = $1;

-- name: FindTenants :many
SELECT id, slug, name, status, keyset, created_at FROM tenants ORDER BY slug;

-- name: UpdateTenantStatus :execrows
UPDATE tenants SET status = $2 WHERE slug = $1;

-- name: UpdateTenantKeyset :execrows
UPDATE tenants SET keyset = sqlc.arg(keyset) WHERE slug = sqlc.arg(slug) AND keyset = sqlc.arg(old);
