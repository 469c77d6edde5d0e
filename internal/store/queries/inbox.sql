-- name: CreateDelivery :execrows
-- Does nothing when the delivery is known: 0 rows is a redelivery.
INSERT INTO deliveries (provider, delivery_id, received_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: DeleteDeliveries :execrows
-- Some of those from before an instant, the oldest first.
DELETE FROM deliveries WHERE (provider, delivery_id) IN
    (SELECT d.provider, d.delivery_id FROM deliveries d WHERE d.received_at < sqlc.arg(before) ORDER BY d.received_at LIMIT sqlc.arg(size));

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

-- name: CreateDeliveries :many
-- Records many deliveries of a provider and returns the ids that were not known. The ids are the keys
-- of a JSON object, for both engines read one with json_each.
INSERT INTO deliveries (provider, delivery_id, received_at)
SELECT sqlc.arg(provider), j.key, sqlc.arg(received_at) FROM json_each(sqlc.arg(ids)) j WHERE TRUE
ON CONFLICT DO NOTHING RETURNING delivery_id;

-- name: FindSenders :many
-- What the inbox must know of those who text, by the indexes of their numbers (keys of a JSON object).
SELECT s.id, s.phone_index, s.wrapped_key, m.id AS member_id, m.name, m.home_location_id
FROM json_each(sqlc.arg(indexes)) j JOIN subjects s ON s.phone_index = j.key LEFT JOIN members m ON m.subject_id = s.id;

-- name: FindLatestThreads :many
-- The threads that texts of these subjects (keys of a JSON object) to a line continue: the open one, however
-- lately a settled one was touched; of several the one changed last.
SELECT t.id, t.subject_id, t.member_id, t.location_id, t.bay_id, t.line, t.provider, t.status, t.priority, t.version, t.unread, t.snippet,
    t.assigned_to, t.silent_until, t.merged_into, t.awaiting, t.episode_at, t.last_in_at, t.last_out_at, t.waiting_since, t.correlation_id,
    t.created_at, t.updated_at
FROM json_each(sqlc.arg(subjects)) j JOIN threads t ON t.id = (
    SELECT x.id FROM threads x WHERE x.subject_id = j.key AND x.line = sqlc.arg(line) AND x.status <> 'merged'
    ORDER BY CASE WHEN x.status IN ('ai_resolved', 'resolved', 'timeout') THEN 1 ELSE 0 END, x.updated_at DESC, x.id DESC LIMIT 1);

-- name: FindMessagesByProviderIDs :many
-- Which of these ids of a provider (keys of a JSON object) are stored, and where. SQLite keeps the order of a
-- cross join; of a plain one it reads all messages of the provider and looks each up in the object.
SELECT m.id, m.thread_id, m.provider_message_id
FROM json_each(sqlc.arg(ids)) j CROSS JOIN messages m WHERE m.provider = sqlc.arg(provider) AND m.provider_message_id = j.key;

-- name: CreateArrival :exec
INSERT INTO arrivals (id, sealed, tries, due_at, received_at) VALUES ($1, $2, $3, $4, $5);

-- name: TakeArrivals :many
-- Takes the first of the texts that are to be filed. Whoever else takes them waits until the transaction has
-- ended; on PostgreSQL he may then find fewer than there are, or none.
DELETE FROM arrivals WHERE id IN (SELECT a.id FROM arrivals a WHERE a.due_at <= sqlc.arg(now) ORDER BY a.id LIMIT sqlc.arg(size))
RETURNING id, sealed, tries, due_at, received_at;

-- name: TakeArrivalsOf :many
-- Takes these rows (keys of a JSON object), as far as they are still there.
DELETE FROM arrivals WHERE id IN (SELECT j.key FROM json_each(sqlc.arg(ids)) j)
RETURNING id, sealed, tries, due_at, received_at;

-- name: FindArrivalsLeft :many
-- Which of these rows (keys of a JSON object) are still there.
SELECT a.id FROM arrivals a WHERE a.id IN (SELECT j.key FROM json_each(sqlc.arg(ids)) j);

-- name: CountArrivals :one
SELECT COUNT(*) FROM arrivals;

-- name: CountOverdueArrivals :one
-- Rows of texts that filing has failed for, or that nobody has filed for long. The table holds what is on its way, which is little.
SELECT COUNT(*) FROM arrivals a WHERE a.tries >= sqlc.arg(tries) OR a.received_at < sqlc.arg(before);

-- name: FindOverdueArrivals :many
SELECT a.id, a.sealed, a.tries, a.due_at, a.received_at FROM arrivals a WHERE a.tries >= sqlc.arg(tries) OR a.received_at < sqlc.arg(before) ORDER BY a.id LIMIT sqlc.arg(size);
