-- name: CreateUser :exec
INSERT INTO users (id, email_index, email, name, role, status, password_hash, password_changed_at, slack_user_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: FindUser :one
SELECT id, email_index, email, name, role, status, password_hash, password_changed_at, slack_user_id, created_at, updated_at FROM users
WHERE id = $1;

-- name: FindUserByEmail :one
SELECT id, email_index, email, name, role, status, password_hash, password_changed_at, slack_user_id, created_at, updated_at FROM users
WHERE email_index = $1;

-- name: FindUserBySlackID :one
SELECT id, email_index, email, name, role, status, password_hash, password_changed_at, slack_user_id, created_at, updated_at FROM users
WHERE slack_user_id = $1;

-- name: FindUsers :many
SELECT id, email_index, email, name, role, status, password_hash, password_changed_at, slack_user_id, created_at, updated_at FROM users
ORDER BY id;

-- The row's updated_at is its version: a change that was made against an older one changes nothing.
-- name: UpdateUser :execrows
UPDATE users SET name = $1, role = $2, status = $3, password_hash = $4, password_changed_at = $5, slack_user_id = $6, updated_at = $7
WHERE id = $8 AND updated_at = sqlc.arg(was_updated_at);

-- Counts the active owners and holds their rows until the transaction ends, so that two owners cannot
-- remove each other at once.
-- name: LockOwners :execrows
UPDATE users SET status = status WHERE role = 'owner' AND status = 'active';

-- Holds a user's row until the transaction ends, so that a sign-in and the change that would forbid it
-- come one after the other.
-- name: HoldUser :exec
UPDATE users SET status = status WHERE id = $1;

-- name: FindUserLocations :many
SELECT location_id FROM user_locations WHERE user_id = $1 ORDER BY location_id;

-- name: FindAllUserLocations :many
SELECT user_id, location_id FROM user_locations ORDER BY user_id, location_id;

-- name: AddUserLocation :exec
INSERT INTO user_locations (user_id, location_id) VALUES ($1, $2);

-- name: DeleteUserLocations :exec
DELETE FROM user_locations WHERE user_id = $1;

-- name: CreateSession :exec
INSERT INTO sessions (id, token_hash, user_id, address, agent, created_at, seen_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: FindSessionUser :one
SELECT s.id AS session_id, s.created_at AS session_created_at, s.seen_at, s.expires_at,
       u.id AS user_id, u.name, u.role, u.status, u.password_changed_at
FROM sessions AS s JOIN users AS u ON u.id = s.user_id
WHERE s.token_hash = $1;

-- name: FindSessions :many
SELECT id, token_hash, user_id, address, agent, created_at, seen_at, expires_at FROM sessions
WHERE user_id = $1 AND expires_at > sqlc.arg(now) AND seen_at > sqlc.arg(seen_after)
ORDER BY id DESC;

-- name: FindSession :one
SELECT id, token_hash, user_id, address, agent, created_at, seen_at, expires_at FROM sessions WHERE id = $1;

-- name: TouchSession :exec
UPDATE sessions SET seen_at = $1 WHERE id = $2 AND seen_at < $1;

-- name: DeleteSession :execrows
DELETE FROM sessions WHERE id = $1;

-- name: DeleteSessionsOfUser :execrows
DELETE FROM sessions WHERE user_id = $1 AND id <> CAST(sqlc.arg(but) AS TEXT);

-- name: DeleteEndedSessions :execrows
DELETE FROM sessions WHERE id IN (SELECT s.id FROM sessions s WHERE s.expires_at <= sqlc.arg(now) OR s.seen_at <= sqlc.arg(seen_before) LIMIT sqlc.arg(size));

-- name: CreateSignInLink :exec
INSERT INTO sign_in_links (token_hash, user_id, expires_at, used_at, created_at) VALUES ($1, $2, $3, NULL, $4);

-- name: UseSignInLink :one
UPDATE sign_in_links SET used_at = sqlc.arg(now)
WHERE token_hash = $1 AND used_at IS NULL AND expires_at > sqlc.arg(now)
RETURNING user_id;

-- name: DeleteSignInLinksOfUser :exec
DELETE FROM sign_in_links WHERE user_id = $1;

-- name: DeleteOldSignInLinks :execrows
DELETE FROM sign_in_links WHERE token_hash IN (SELECT l.token_hash FROM sign_in_links l WHERE l.expires_at <= sqlc.arg(now) LIMIT sqlc.arg(size));

-- Counts an attempt unless the key is blocked, in which case no row comes back.
-- name: CountSignInAttempt :one
INSERT INTO sign_in_attempts (key, failures, last_at, blocked_until) VALUES ($1, 1, sqlc.arg(now), NULL)
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN sign_in_attempts.last_at < sqlc.arg(forget_before) THEN 1 ELSE sign_in_attempts.failures + 1 END,
    last_at = excluded.last_at,
    blocked_until = NULL
WHERE sign_in_attempts.blocked_until IS NULL OR sign_in_attempts.blocked_until <= excluded.last_at
RETURNING failures;

-- name: FindSignInAttempt :one
SELECT key, failures, last_at, blocked_until FROM sign_in_attempts WHERE key = $1;

-- name: BlockSignIn :exec
UPDATE sign_in_attempts SET blocked_until = $1 WHERE key = $2;

-- name: ForgiveSignInAttempt :exec
UPDATE sign_in_attempts SET failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END, blocked_until = NULL WHERE key = $1;

-- name: DeleteSignInAttempt :exec
DELETE FROM sign_in_attempts WHERE key = $1;

-- name: DeleteOldSignInAttempts :execrows
DELETE FROM sign_in_attempts WHERE key IN (SELECT a.key FROM sign_in_attempts a WHERE a.last_at <= sqlc.arg(before) LIMIT sqlc.arg(size));

-- name: CreateAPIKey :exec
INSERT INTO api_keys (id, name, prefix, hash, scopes, locations, created_by, created_at, expires_at, revoked_at, last_used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL);

-- name: FindAPIKey :one
SELECT id, name, prefix, hash, scopes, locations, created_by, created_at, expires_at, revoked_at, last_used_at FROM api_keys
WHERE id = $1;

-- name: FindAPIKeyByHash :one
SELECT id, name, prefix, hash, scopes, locations, created_by, created_at, expires_at, revoked_at, last_used_at FROM api_keys
WHERE hash = $1;

-- name: FindAPIKeys :many
SELECT id, name, prefix, hash, scopes, locations, created_by, created_at, expires_at, revoked_at, last_used_at FROM api_keys
ORDER BY id DESC;

-- name: FindAPIKeysOfMaker :many
SELECT id, name, prefix, hash, scopes, locations, created_by, created_at, expires_at, revoked_at, last_used_at FROM api_keys
WHERE created_by = $1 AND revoked_at IS NULL
ORDER BY id;

-- name: RevokeAPIKey :execrows
UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL;

-- name: TouchAPIKey :exec
UPDATE api_keys SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1);
