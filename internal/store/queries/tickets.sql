-- name: NextTicketNumber :one
SELECT CAST(COALESCE(MAX(number), 0) + 1 AS BIGINT) FROM tickets;

-- name: CreateTicketRow :execrows
-- Does nothing when the dedup key is known, or when another transaction took the number first; the
-- caller looks which it was.
INSERT INTO tickets (id, number, title, description, status, priority, template, location_id, bay_id, device_id, thread_id, assigned_to, due_at,
    sla_from, warned, dedup_key, version, created_by, created_at, updated_at, signature)
VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9, $10, $11, $12, sqlc.arg(now), 0, $13, 1, $14, sqlc.arg(now), sqlc.arg(now), sqlc.arg(signature))
ON CONFLICT DO NOTHING;

-- name: FindTicketRow :one
SELECT id, number, title, description, status, priority, template, location_id, bay_id, device_id, thread_id, assigned_to, due_at, sla_from,
    paused_at, warned, dedup_key, version, created_by, created_at, updated_at, resolved_at, signature
FROM tickets WHERE id = $1;

-- name: FindTicketByDedupKey :one
SELECT id, number, title, description, status, priority, template, location_id, bay_id, device_id, thread_id, assigned_to, due_at, sla_from,
    paused_at, warned, dedup_key, version, created_by, created_at, updated_at, resolved_at, signature
FROM tickets WHERE dedup_key = $1;

-- name: GiveTicketThread :execrows
-- A ticket of no conversation gets one.
UPDATE tickets SET thread_id = $2, updated_at = sqlc.arg(now), version = version + 1 WHERE id = $1 AND thread_id IS NULL;

-- name: FindTicketByNumber :one
SELECT id, number, title, description, status, priority, template, location_id, bay_id, device_id, thread_id, assigned_to, due_at, sla_from,
    paused_at, warned, dedup_key, version, created_by, created_at, updated_at, resolved_at, signature
FROM tickets WHERE number = $1;

-- name: FindTicketsOfThread :many
SELECT id, number, title, description, status, priority, template, location_id, bay_id, device_id, thread_id, assigned_to, due_at, sla_from,
    paused_at, warned, dedup_key, version, created_by, created_at, updated_at, resolved_at, signature
FROM tickets WHERE thread_id = $1 ORDER BY id DESC LIMIT 50;

-- name: UpdateTicketRow :execrows
UPDATE tickets SET title = $2, description = $3, status = $4, priority = $5, location_id = $6, bay_id = $7, device_id = $8, thread_id = $9,
    assigned_to = $10, due_at = $11, sla_from = $12, paused_at = $13, warned = $14, resolved_at = $15, updated_at = $16, signature = $18, version = version + 1
WHERE id = $1 AND version = $17;

-- name: TouchTicket :execrows
-- For a comment: the ticket comes to the top of the list and pages that show it are out of date.
UPDATE tickets SET updated_at = $2, version = version + 1 WHERE id = $1;

-- name: RetitleTicket :execrows
UPDATE tickets SET title = $2, updated_at = $3, version = version + 1 WHERE id = $1;

-- name: DescribeTicket :execrows
UPDATE tickets SET description = $2 WHERE id = $1;

-- name: WarnTicket :execrows
-- Counts a warning unless it was given before, or the clock stands still or was set anew.
UPDATE tickets SET warned = sqlc.arg(percent)
WHERE id = sqlc.arg(id) AND warned < sqlc.arg(percent) AND paused_at IS NULL AND due_at = sqlc.arg(due_at);

-- name: CreateTicketEvent :exec
INSERT INTO ticket_events (id, ticket_id, kind, body, actor, at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: CountTicketEventsAt :one
SELECT COUNT(*) FROM ticket_events WHERE ticket_id = $1 AND at = $2;

-- name: FindTicketEvents :many
SELECT id, ticket_id, kind, body, actor, at FROM ticket_events WHERE ticket_id = $1 ORDER BY at DESC, id DESC LIMIT $2;

-- name: FindTicketsPage :many
-- Newest first, after a cursor. The conditions are one rule each; an empty one admits everything.
SELECT t.id, t.number, t.title, t.description, t.status, t.priority, t.template, t.location_id, t.bay_id, t.device_id, t.thread_id, t.assigned_to,
    t.due_at, t.sla_from, t.paused_at, t.warned, t.dedup_key, t.version, t.created_by, t.created_at, t.updated_at, t.resolved_at, t.signature
FROM tickets t
WHERE (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
  AND (CAST(sqlc.arg(statuses) AS TEXT) = '' OR CAST(sqlc.arg(statuses) AS TEXT) LIKE '%,' || t.status || ',%')
  AND (CAST(sqlc.arg(priorities) AS TEXT) = '' OR CAST(sqlc.arg(priorities) AS TEXT) LIKE '%,' || t.priority || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR t.location_id = CAST(sqlc.arg(location) AS TEXT))
  AND (CAST(sqlc.arg(assigned) AS TEXT) = '' OR t.assigned_to = CAST(sqlc.arg(assigned) AS TEXT))
  AND (CAST(sqlc.arg(thread) AS TEXT) = '' OR t.thread_id = CAST(sqlc.arg(thread) AS TEXT))
  AND (CAST(sqlc.arg(search) AS TEXT) = '' OR LOWER(t.title) LIKE LOWER(CAST(sqlc.arg(search) AS TEXT)) ESCAPE '\')
  AND (CAST(sqlc.arg(overdue) AS BIGINT) = 0 OR (t.paused_at IS NULL AND t.due_at <= sqlc.arg(now)))
  AND (CAST(sqlc.arg(after_id) AS TEXT) = '' OR t.updated_at < sqlc.arg(after_at)
    OR (t.updated_at = sqlc.arg(after_at) AND t.id < CAST(sqlc.arg(after_id) AS TEXT)))
ORDER BY t.updated_at DESC, t.id DESC LIMIT sqlc.arg(size);

-- name: CountTickets :many
SELECT t.status, COUNT(*) AS tickets, COUNT(CASE WHEN t.paused_at IS NULL AND t.due_at <= sqlc.arg(now) THEN 1 END) AS overdue FROM tickets t
WHERE (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR t.location_id = CAST(sqlc.arg(location) AS TEXT))
GROUP BY t.status ORDER BY t.status;

-- name: FindTicketsOfSignature :many
-- Tickets of one cause since an instant, newest first. Duplicates tell of a failure that another tells of
-- already, and root causes are not failures.
SELECT t.id, t.number, t.title, t.description, t.status, t.priority, t.template, t.location_id, t.bay_id, t.device_id, t.thread_id, t.assigned_to,
    t.due_at, t.sla_from, t.paused_at, t.warned, t.dedup_key, t.version, t.created_by, t.created_at, t.updated_at, t.resolved_at, t.signature
FROM tickets t
WHERE t.signature = sqlc.arg(signature) AND t.created_at >= sqlc.arg(since) AND t.template <> 'root_cause'
  AND NOT EXISTS (SELECT 1 FROM ticket_relations r WHERE r.ticket_id = t.id AND r.kind = 'duplicate_of')
ORDER BY t.number DESC LIMIT sqlc.arg(size);

-- name: FindRootCause :one
-- The newest root-cause ticket of a cause.
SELECT id, number, title, description, status, priority, template, location_id, bay_id, device_id, thread_id, assigned_to, due_at, sla_from,
    paused_at, warned, dedup_key, version, created_by, created_at, updated_at, resolved_at, signature
FROM tickets WHERE signature = $1 AND template = 'root_cause' ORDER BY number DESC LIMIT 1;

-- name: FindEarlierOfSame :many
-- For each of some tickets (keys of a JSON object) when the earlier ones of its cause were made, since an
-- instant.
SELECT t.id, t.created_at, e.created_at AS earlier_at FROM json_each(sqlc.arg(tickets)) j JOIN tickets t ON t.id = j.key
    JOIN tickets e ON e.signature = t.signature AND e.number < t.number
WHERE t.signature <> '' AND t.template <> 'root_cause' AND e.template <> 'root_cause' AND e.created_at >= sqlc.arg(since)
  AND NOT EXISTS (SELECT 1 FROM ticket_relations r WHERE r.ticket_id = e.id AND r.kind = 'duplicate_of');

-- name: FindBlockedTickets :many
-- Which of some tickets (keys of a JSON object) wait for another one that is not done.
SELECT DISTINCT r.other_id FROM json_each(sqlc.arg(tickets)) j JOIN ticket_relations r ON r.other_id = j.key
    JOIN tickets b ON b.id = r.ticket_id
WHERE r.kind = 'blocks' AND b.status IN ('open', 'in_progress', 'waiting');

-- name: TakeRelationTurn :exec
-- Whoever relates tickets does so one after the other: of two that each see no circle, one could close it.
UPDATE relation_turns SET turn = turn + 1 WHERE id = 1;

-- name: CreateTicketRelation :execrows
INSERT INTO ticket_relations (id, kind, ticket_id, other_id, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING;

-- name: FindTicketRelation :one
SELECT id, kind, ticket_id, other_id, created_by, created_at FROM ticket_relations WHERE id = $1;

-- name: FindTicketRelationBetween :one
SELECT id, kind, ticket_id, other_id, created_by, created_at FROM ticket_relations WHERE kind = $1 AND ticket_id = $2 AND other_id = $3;

-- name: DeleteTicketRelation :execrows
DELETE FROM ticket_relations WHERE id = $1;

-- name: FindTicketRelations :many
-- A ticket's relations, from whichever side they are stored, oldest first.
SELECT id, kind, ticket_id, other_id, created_by, created_at FROM ticket_relations WHERE ticket_id = sqlc.arg(ticket_id) OR other_id = sqlc.arg(ticket_id)
ORDER BY created_at, id LIMIT 500;

-- name: FindRelationsFrom :many
-- Where one kind of relation leads from some tickets (keys of a JSON object).
SELECT r.ticket_id, r.other_id FROM json_each(sqlc.arg(tickets)) j JOIN ticket_relations r ON r.ticket_id = j.key WHERE r.kind = sqlc.arg(kind) ORDER BY r.id;

-- name: FindTicketsByID :many
-- Some tickets (keys of a JSON object) in the order of their numbers.
SELECT t.id, t.number, t.title, t.description, t.status, t.priority, t.template, t.location_id, t.bay_id, t.device_id, t.thread_id, t.assigned_to,
    t.due_at, t.sla_from, t.paused_at, t.warned, t.dedup_key, t.version, t.created_by, t.created_at, t.updated_at, t.resolved_at, t.signature
FROM json_each(sqlc.arg(tickets)) j JOIN tickets t ON t.id = j.key ORDER BY t.number;
