-- name: CreateThread :exec
INSERT INTO threads (id, subject_id, member_id, location_id, bay_id, line, provider, status, priority, version, unread, snippet,
    awaiting, episode_at, correlation_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 0, '', '', sqlc.arg(now), $10, sqlc.arg(now), sqlc.arg(now));

-- name: FindThread :one
SELECT id, subject_id, member_id, location_id, bay_id, line, provider, status, priority, version, unread, snippet, assigned_to,
    silent_until, merged_into, awaiting, episode_at, last_in_at, last_out_at, waiting_since, correlation_id, created_at, updated_at
FROM threads WHERE id = $1;

-- name: FindLatestThread :one
-- The thread that a text of this subject to this line continues.
SELECT id, subject_id, member_id, location_id, bay_id, line, provider, status, priority, version, unread, snippet, assigned_to,
    silent_until, merged_into, awaiting, episode_at, last_in_at, last_out_at, waiting_since, correlation_id, created_at, updated_at
FROM threads WHERE subject_id = $1 AND line = $2 AND status <> 'merged' ORDER BY updated_at DESC LIMIT 1;

-- name: FindThreadsOfSubject :many
SELECT id, subject_id, member_id, location_id, bay_id, line, provider, status, priority, version, unread, snippet, assigned_to,
    silent_until, merged_into, awaiting, episode_at, last_in_at, last_out_at, waiting_since, correlation_id, created_at, updated_at
FROM threads WHERE subject_id = $1 ORDER BY updated_at DESC, id DESC LIMIT $2;

-- name: FindNeglectedThreads :many
-- Threads that are the machine's to answer and in which somebody has waited since before an instant.
SELECT id, subject_id, member_id, location_id, bay_id, line, provider, status, priority, version, unread, snippet, assigned_to,
    silent_until, merged_into, awaiting, episode_at, last_in_at, last_out_at, waiting_since, correlation_id, created_at, updated_at
FROM threads WHERE waiting_since IS NOT NULL AND waiting_since < $1 AND status IN ('pending', 'awaiting_ai')
ORDER BY waiting_since LIMIT $2;

-- name: UpdateThread :execrows
UPDATE threads SET member_id = $2, location_id = $3, bay_id = $4, status = $5, priority = $6, unread = $7, snippet = $8, assigned_to = $9,
    silent_until = $10, merged_into = $11, awaiting = $12, episode_at = $13, last_in_at = $14, last_out_at = $15, waiting_since = $16,
    updated_at = $17, version = version + 1
WHERE id = $1 AND version = $18;

-- name: CreateMessage :execrows
-- Does nothing when the provider's id or the dedup key is known: the same text came or was queued before.
INSERT INTO messages (id, thread_id, direction, author, author_id, provider, provider_message_id, dedup_key, status, body, masked, media,
    decision_id, handled_at, error_code, attempts, sent_at, correlation_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', 0, $15, $16, sqlc.arg(now), sqlc.arg(now))
ON CONFLICT DO NOTHING;

-- name: RestampMessage :execrows
-- Of a text whose transaction began before, and commits after, that of another one in its thread.
UPDATE messages SET created_at = $2, updated_at = $2 WHERE id = $1;

-- name: FindMessage :one
SELECT id, thread_id, direction, author, author_id, provider, provider_message_id, dedup_key, status, body, masked, media, decision_id,
    handled_at, error_code, attempts, claimed_at, sent_at, correlation_id, created_at, updated_at
FROM messages WHERE id = $1;

-- name: FindMessageByProviderID :one
SELECT id, thread_id, direction, author, author_id, provider, provider_message_id, dedup_key, status, body, masked, media, decision_id,
    handled_at, error_code, attempts, claimed_at, sent_at, correlation_id, created_at, updated_at
FROM messages WHERE provider = $1 AND provider_message_id = $2;

-- name: FindMessagesPage :many
-- Newest first, before a message or from the newest on.
SELECT id, thread_id, direction, author, author_id, provider, provider_message_id, dedup_key, status, body, masked, media, decision_id,
    handled_at, error_code, attempts, claimed_at, sent_at, correlation_id, created_at, updated_at
FROM messages WHERE messages.thread_id = sqlc.arg(thread_id)
  AND (CAST(sqlc.narg(before) AS TEXT) IS NULL OR (created_at, id) < (SELECT m.created_at, m.id FROM messages m WHERE m.id = CAST(sqlc.narg(before) AS TEXT)))
ORDER BY created_at DESC, id DESC LIMIT sqlc.arg(size);

-- name: FindUnhandledMessages :many
-- The texts of a thread that nothing has taken up, oldest first.
SELECT id, thread_id, direction, author, author_id, provider, provider_message_id, dedup_key, status, body, masked, media, decision_id,
    handled_at, error_code, attempts, claimed_at, sent_at, correlation_id, created_at, updated_at
FROM messages WHERE thread_id = $1 AND direction = 'in' AND handled_at IS NULL ORDER BY created_at, id;

-- name: FindNewestUnhandled :one
-- The last of the texts of a thread that nothing has taken up.
SELECT id, masked, created_at FROM messages WHERE thread_id = $1 AND direction = 'in' AND handled_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: FindUnhandledWords :many
-- What they say, but for what is nobody's business.
SELECT masked FROM messages WHERE thread_id = $1 AND direction = 'in' AND handled_at IS NULL;

-- name: FindNewestText :one
-- The member's last text of a thread.
SELECT id FROM messages WHERE thread_id = $1 AND direction = 'in' ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: FindTextsAfter :many
-- The member's texts behind a message of the thread, oldest first; behind none all of them.
SELECT m.id, m.created_at FROM messages m
WHERE m.thread_id = sqlc.arg(thread_id) AND m.direction = 'in' AND (CAST(sqlc.arg(seen) AS TEXT) = ''
  OR (m.created_at, m.id) > (SELECT s.created_at, s.id FROM messages s WHERE s.id = CAST(sqlc.arg(seen) AS TEXT)))
ORDER BY m.created_at, m.id LIMIT 10;

-- name: HandleMessages :execrows
-- Marks the texts of a thread up to an instant as taken up by a decision, or by a person (no decision).
UPDATE messages SET handled_at = sqlc.arg(now), decision_id = sqlc.arg(decision_id), updated_at = sqlc.arg(now)
WHERE thread_id = sqlc.arg(thread_id) AND direction = 'in' AND handled_at IS NULL AND created_at <= sqlc.arg(until);

-- name: MoveMessages :execrows
UPDATE messages SET thread_id = sqlc.arg(to_thread), updated_at = sqlc.arg(now) WHERE thread_id = sqlc.arg(from_thread);
