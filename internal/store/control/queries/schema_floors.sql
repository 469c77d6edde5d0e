-- name: FindSchemaFloor :one
SELECT floor FROM schema_floors WHERE slug = $1;

-- name: PutSchemaFloor :exec
INSERT INTO schema_floors (slug, floor) VALUES ($1, $2)
ON CONFLICT (slug) DO UPDATE SET floor = excluded.floor;
