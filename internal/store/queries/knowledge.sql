-- name: LockSOPs :exec
-- The oldest row stands for the whole library: whoever changes any SOP writes it first, so that what is
-- checked against the other live ones stays true until the commit.
UPDATE sops SET version = version WHERE id = (SELECT MIN(id) FROM sops);

-- name: CreateSOP :exec
INSERT INTO sops (id, slug, scope, location_id, bay_id, category, title, status, version, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'draft', 1, sqlc.arg(now), sqlc.arg(now));

-- name: CreateSOPVersion :exec
INSERT INTO sop_versions (id, sop_id, version, body, note, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: AdvanceSOP :execrows
-- Does nothing when the newest version is another one than the caller has read.
UPDATE sops SET version = version + 1, category = $2, title = $3, updated_at = $4 WHERE id = $1 AND version = sqlc.arg(base);

-- name: UpdateSOPStatus :execrows
UPDATE sops SET status = $2, live_version = $3, updated_at = $4 WHERE id = $1;

-- name: FindSOP :one
SELECT id, slug, scope, location_id, bay_id, category, title, status, version, live_version, created_at, updated_at FROM sops WHERE id = $1;

-- name: FindSOPs :many
SELECT id, slug, scope, location_id, bay_id, category, title, status, version, live_version, created_at, updated_at FROM sops
WHERE (CAST(sqlc.narg(category) AS TEXT) IS NULL OR category = CAST(sqlc.narg(category) AS TEXT))
  AND (CAST(sqlc.narg(status) AS TEXT) IS NULL OR status = CAST(sqlc.narg(status) AS TEXT))
  AND (CAST(sqlc.narg(slug) AS TEXT) IS NULL OR slug = CAST(sqlc.narg(slug) AS TEXT))
ORDER BY slug, id;

-- name: FindSOPVersion :one
SELECT id, sop_id, version, body, note, created_by, created_at FROM sop_versions WHERE sop_id = $1 AND version = $2;

-- name: FindSOPVersions :many
SELECT id, sop_id, version, body, note, created_by, created_at FROM sop_versions WHERE sop_id = $1 ORDER BY version DESC;

-- name: FindNewestSOPVersions :many
SELECT v.id, v.sop_id, v.version, v.body, v.note, v.created_by, v.created_at
FROM sops s JOIN sop_versions v ON v.sop_id = s.id AND v.version = s.version ORDER BY s.slug, s.id;

-- name: FindLiveSOPStamps :many
-- What the live library consists of, without the bodies: a version never changes, a location's name may.
SELECT v.id, COALESCE(l.name, '') AS location_name
FROM sops s JOIN sop_versions v ON v.sop_id = s.id AND v.version = s.live_version LEFT JOIN locations l ON l.id = s.location_id
WHERE s.status = 'live';

-- name: FindLiveSOPs :many
SELECT s.id, s.slug, s.scope, s.location_id, COALESCE(l.name, '') AS location_name, COALESCE(b.number, 0) AS bay_number,
    v.id AS version_id, v.version, v.body
FROM sops s JOIN sop_versions v ON v.sop_id = s.id AND v.version = s.live_version
    LEFT JOIN locations l ON l.id = s.location_id LEFT JOIN bays b ON b.id = s.bay_id
WHERE s.status = 'live' ORDER BY s.slug, s.id;

-- name: CountDecisionsOfSOPs :many
SELECT CAST(sop_id AS TEXT) AS sop, COUNT(*) AS decisions FROM decisions
WHERE sop_id IS NOT NULL AND created_at >= sqlc.arg(since) GROUP BY sop_id;
