-- name: FindMessageByDedupKey :one
SELECT id, thread_id, direction, author, author_id, provider, provider_message_id, dedup_key, status, body, masked, media, decision_id,
    handled_at, error_code, attempts, claimed_at, sent_at, correlation_id, created_at, updated_at
FROM messages WHERE dedup_key = $1;

-- name: FindLastOutbound :one
-- When the newest outgoing text of a thread was written, so that the next one sorts behind it.
SELECT created_at FROM messages WHERE thread_id = $1 AND direction = 'out' ORDER BY created_at DESC LIMIT 1;

-- name: FindLastWords :one
-- The newest text of a thread that went out, or is on its way.
SELECT id, thread_id, direction, author, author_id, provider, provider_message_id, dedup_key, status, body, masked, media, decision_id,
    handled_at, error_code, attempts, claimed_at, sent_at, correlation_id, created_at, updated_at
FROM messages WHERE thread_id = $1 AND direction = 'out' AND status NOT IN ('cancelled', 'failed') ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: ClaimMessage :execrows
-- Takes a queued text for sending, unless an older one of its thread is still on its way.
UPDATE messages SET status = 'sending', attempts = attempts + 1, claimed_at = sqlc.arg(now), updated_at = sqlc.arg(now)
WHERE messages.id = sqlc.arg(id) AND messages.status = 'queued' AND NOT EXISTS (
    SELECT 1 FROM messages older WHERE older.thread_id = messages.thread_id AND older.direction = 'out' AND older.status IN ('queued', 'sending')
      AND (older.created_at < messages.created_at OR (older.created_at = messages.created_at AND older.id < messages.id)));

-- name: RequeueMessage :execrows
-- Gives back a text that certainly did not go out by a try, unless another try has begun since.
UPDATE messages SET status = 'queued', error_code = sqlc.arg(error_code), updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND status = 'sending' AND attempts = sqlc.arg(attempts);

-- name: SettleMessage :execrows
-- Ends a text that is still ours to end: queued or sending. A delivery report may have been faster.
UPDATE messages SET status = $2, provider_message_id = COALESCE($3, provider_message_id), error_code = $4, sent_at = $5, updated_at = $6
WHERE id = $1 AND status IN ('queued', 'sending');

-- name: DeleteEcho :execrows
-- Removes the row that a vendor's echo of our own text made before we knew the vendor's id of it.
DELETE FROM messages WHERE id = $1 AND direction = 'out' AND dedup_key IS NULL;

-- name: DisownMessage :execrows
-- Takes the vendor's id back from a text to which a look had given another's. What became of it is not known.
UPDATE messages SET status = 'unconfirmed', provider_message_id = NULL, error_code = 'unconfirmed', sent_at = NULL, updated_at = $2
WHERE id = $1 AND direction = 'out' AND dedup_key IS NOT NULL;

-- name: CancelMessages :many
-- Withdraws the machine's texts of a thread that nobody has claimed.
UPDATE messages SET status = 'cancelled', updated_at = sqlc.arg(now)
WHERE thread_id = sqlc.arg(thread_id) AND direction = 'out' AND author = 'machine' AND status = 'queued' RETURNING id;

-- name: FindStrandedMessages :many
-- Texts on their way that nothing has touched since an instant: their job was lost.
SELECT id FROM messages WHERE status IN ('queued', 'sending') AND direction = 'out' AND updated_at < $1 ORDER BY updated_at LIMIT $2;
