-- name: CreateSubject :execrows
-- Does nothing when the number is known already; the caller then reads the row that is there.
INSERT INTO subjects (id, phone_index, phone, wrapped_key, consent, created_at, updated_at)
VALUES ($1, $2, $3, $4, 'given', $5, $5)
ON CONFLICT (phone_index) DO NOTHING;

-- name: FindSubject :one
SELECT id, phone_index, phone, wrapped_key, consent, created_at, updated_at, erased_at FROM subjects WHERE id = $1;

-- name: FindSubjectByPhone :one
SELECT id, phone_index, phone, wrapped_key, consent, created_at, updated_at, erased_at FROM subjects WHERE phone_index = $1;

-- name: UpdateConsent :execrows
UPDATE subjects SET consent = $2, updated_at = $3 WHERE id = $1 AND consent <> $2;

-- name: CreateConsent :exec
INSERT INTO consents (id, subject_id, state, source, at) VALUES ($1, $2, $3, $4, $5);

-- name: FindConsents :many
SELECT id, subject_id, state, source, at FROM consents WHERE subject_id = $1 ORDER BY at DESC, id DESC;

-- name: CreateMember :exec
INSERT INTO members (id, subject_id, name, email, email_index, home_location_id, status, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8);

-- name: UpdateMember :execrows
UPDATE members SET name = $2, email = $3, email_index = $4, home_location_id = $5, status = $6, updated_at = $7 WHERE id = $1;

-- name: FindMember :one
SELECT id, subject_id, name, email, email_index, home_location_id, status, created_at, updated_at FROM members WHERE id = $1;

-- name: FindMemberBySubject :one
SELECT id, subject_id, name, email, email_index, home_location_id, status, created_at, updated_at FROM members WHERE subject_id = $1;

-- name: FindMembersByEmail :many
SELECT id, subject_id, name, email, email_index, home_location_id, status, created_at, updated_at FROM members WHERE email_index = $1 ORDER BY id;

-- name: FindMembersPage :many
SELECT id, subject_id, name, email, email_index, home_location_id, status, created_at, updated_at FROM members
WHERE (CAST(sqlc.narg(location) AS TEXT) IS NULL OR home_location_id = CAST(sqlc.narg(location) AS TEXT))
  AND (CAST(sqlc.narg(before) AS TEXT) IS NULL OR id < CAST(sqlc.narg(before) AS TEXT))
ORDER BY id DESC LIMIT sqlc.arg(size);

-- name: CreateMemberWord :exec
INSERT INTO member_words (word_index, member_id) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: DeleteMemberWords :exec
DELETE FROM member_words WHERE member_id = $1;

-- name: FindMembersByWord :many
SELECT m.id, m.subject_id, m.name, m.email, m.email_index, m.home_location_id, m.status, m.created_at, m.updated_at
FROM member_words w JOIN members m ON m.id = w.member_id WHERE w.word_index = $1 ORDER BY m.id DESC LIMIT $2;
