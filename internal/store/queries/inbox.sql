-- name: CreateDelivery :execrows
-- Does nothing when the delivery is known: 0 rows is a redelivery.
INSERT INTO deliveries (provider, delivery_id, received_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: DeleteDeliveries :execrows
DELETE FROM deliveries WHERE received_at < sqlc.arg(before);

-- name: LockSubject :exec
-- Takes the subject's row until the transaction ends, so that two replicas cannot both open a thread.
UPDATE subjects SET updated_at = $2 WHERE id = $1;

-- name: ReleaseErasedNumber :execrows
-- Takes the number off an erased subject: whoever texts from it is a stranger again.
UPDATE subjects SET phone_index = NULL, updated_at = $2 WHERE id = $1 AND wrapped_key IS NULL;

-- name: FindTextsWithoutVendorID :many
-- Texts of ours to a subject that are on their way or went out and whose vendor's id we do not have.
SELECT m.id, m.thread_id, m.direction, m.author, m.author_id, m.provider, m.provider_message_id, m.dedup_key, m.status, m.body, m.masked,
    m.media, m.decision_id, m.handled_at, m.error_code, m.attempts, m.claimed_at, m.sent_at, m.correlation_id, m.created_at, m.updated_at
FROM messages m JOIN threads t ON t.id = m.thread_id
WHERE t.subject_id = $1 AND m.direction = 'out' AND m.provider_message_id IS NULL
  AND m.status IN ('queued', 'sending', 'sent', 'unconfirmed') AND m.updated_at >= sqlc.arg(since)
ORDER BY m.created_at, m.id;

-- name: ReportMessage :execrows
-- What the vendor says of a text of ours, unless the text's status has moved since it was read.
UPDATE messages SET status = $2, provider_message_id = $3, error_code = $4, sent_at = $5, updated_at = $6
WHERE id = $1 AND status = sqlc.arg(was);
