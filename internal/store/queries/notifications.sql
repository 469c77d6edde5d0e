-- name: CreateNotification :execrows
-- Does nothing when the dedup key is known: one cause calls people once.
INSERT INTO notifications (id, channel, target, user_id, kind, ref, thread_id, payload, status, external_id, error, attempts, dedup_key, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', '', '', 0, $9, sqlc.arg(now), sqlc.arg(now))
ON CONFLICT DO NOTHING;

-- name: FindNotification :one
SELECT id, channel, target, user_id, kind, ref, thread_id, payload, status, external_id, error, attempts, dedup_key, created_at, updated_at
FROM notifications WHERE id = $1;

-- name: FindNotificationsOfRef :many
-- Oldest first. Those of one instant stand by whom they call: their ids say nothing of an order.
SELECT id, channel, target, user_id, kind, ref, thread_id, payload, status, external_id, error, attempts, dedup_key, created_at, updated_at
FROM notifications WHERE ref = $1 ORDER BY created_at, dedup_key;

-- name: ReplaceNotification :many
-- Gives every post about a matter new words; what was said to a person stays said. A row that is being
-- posted keeps its claim: whoever posts it sees afterwards that the words have changed.
UPDATE notifications SET payload = sqlc.arg(payload), updated_at = CASE WHEN status = 'sending' THEN updated_at ELSE sqlc.arg(now) END,
    status = CASE WHEN status = 'sending' THEN status ELSE 'queued' END
WHERE ref = sqlc.arg(ref) AND channel = 'slack' RETURNING id;

-- name: ClaimNotification :one
-- Takes a row for posting; one whose claim is older than an instant was left by a process that ended.
UPDATE notifications SET status = 'sending', attempts = attempts + 1, updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND (status = 'queued' OR (status = 'sending' AND updated_at < sqlc.arg(stale_before)))
RETURNING id, channel, target, user_id, kind, ref, thread_id, payload, status, external_id, error, attempts, dedup_key, created_at, updated_at;

-- name: RecordPost :one
-- Ends a claim. The row is queued again when its words changed while they were being posted.
UPDATE notifications SET external_id = sqlc.arg(external_id), error = '', updated_at = sqlc.arg(now),
    status = CASE WHEN payload = sqlc.arg(posted) THEN 'sent' ELSE 'queued' END
WHERE id = sqlc.arg(id) AND status = 'sending' RETURNING status;

-- name: SettleNotification :execrows
-- Gives a claimed or waiting row back (queued) or gives it up (failed), with the reason.
UPDATE notifications SET status = sqlc.arg(status), error = sqlc.arg(error), updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND status IN ('queued', 'sending');

-- name: FindFailedNotifications :many
-- Calls for people that nobody got, newest first.
SELECT id, channel, target, user_id, kind, ref, thread_id, payload, status, external_id, error, attempts, dedup_key, created_at, updated_at
FROM notifications WHERE status = 'failed' AND updated_at > $1 ORDER BY id DESC LIMIT $2;

-- name: WithdrawCalls :exec
-- Takes back the calls about a matter that have not gone out. One that is on its way gets words that say
-- so: whoever sends it sees afterwards that it is not to be tried again.
UPDATE notifications SET updated_at = CASE WHEN status = 'sending' THEN updated_at ELSE sqlc.arg(now) END,
    payload = CASE WHEN status = 'sending' THEN sqlc.arg(withdrawn) ELSE payload END, status = CASE WHEN status = 'queued' THEN 'withdrawn' ELSE status END
WHERE ref = sqlc.arg(ref) AND channel <> 'slack' AND dedup_key LIKE 'call:%' AND status IN ('queued', 'sending');

-- name: FailText :one
-- A text that the vendor took did not arrive.
UPDATE notifications SET status = 'failed', error = sqlc.arg(error), updated_at = sqlc.arg(now)
WHERE channel = 'sms' AND external_id = sqlc.arg(external_id) AND external_id <> '' AND status = 'sent'
RETURNING id, channel, target, user_id, kind, ref, thread_id, payload, status, external_id, error, attempts, dedup_key, created_at, updated_at;
