-- name: CreateEscalation :exec
INSERT INTO escalations (id, thread_id, decision_id, reason, summary, priority, status, due_at, reminders, acknowledged_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, 0, '', $8);

-- name: FindEscalation :one
SELECT id, thread_id, decision_id, reason, summary, priority, status, due_at, reminders, acknowledged_by, acknowledged_at, closed_at, created_at
FROM escalations WHERE id = $1;

-- name: FindUnclosedEscalation :one
SELECT id, thread_id, decision_id, reason, summary, priority, status, due_at, reminders, acknowledged_by, acknowledged_at, closed_at, created_at
FROM escalations WHERE thread_id = $1 AND status <> 'closed';

-- name: FindLatestEscalation :one
SELECT id, thread_id, decision_id, reason, summary, priority, status, due_at, reminders, acknowledged_by, acknowledged_at, closed_at, created_at
FROM escalations WHERE thread_id = $1 ORDER BY id DESC LIMIT 1;

-- name: UpdateEscalation :execrows
UPDATE escalations SET decision_id = $2, reason = $3, summary = $4, priority = $5, status = $6, due_at = $7, reminders = $8,
    acknowledged_by = $9, acknowledged_at = $10
WHERE id = $1 AND status <> 'closed';

-- name: RemindEscalation :execrows
-- Counts a reminder and sets the next one, unless somebody has acknowledged or moved the escalation.
UPDATE escalations SET reminders = reminders + 1, due_at = sqlc.arg(next_due)
WHERE id = sqlc.arg(id) AND status = 'open' AND due_at = sqlc.arg(was_due);

-- name: AcknowledgeEscalation :execrows
UPDATE escalations SET status = 'acknowledged', acknowledged_by = $2, acknowledged_at = $3 WHERE id = $1 AND status = 'open';

-- name: CloseEscalation :execrows
UPDATE escalations SET status = 'closed', closed_at = $2 WHERE id = $1 AND status <> 'closed';

-- name: FindOverdueEscalations :many
SELECT e.id, e.thread_id, e.decision_id, e.reason, e.summary, e.priority, e.status, e.due_at, e.reminders, e.acknowledged_by, e.acknowledged_at,
    e.closed_at, e.created_at
FROM escalations e JOIN threads t ON t.id = e.thread_id
WHERE e.status = 'open' AND (e.reminders > 0 OR e.due_at < sqlc.arg(now))
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
ORDER BY e.due_at, e.id LIMIT sqlc.arg(size);

-- name: FindDeskExecutions :many
-- What was tried in a thread, newest first.
SELECT id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome, detail,
    proofs, requested_by, attempts, correlation_id, created_at, called_at, finished_at
FROM executions WHERE thread_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2;

-- name: FindDeskBookings :many
-- A person's bookings that touch a span of time, oldest first.
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE subject_id = $1 AND ends_at > sqlc.arg(since) AND starts_at < sqlc.arg(until) ORDER BY starts_at, id LIMIT 20;

-- name: FindDeskBookingsOfBay :many
-- Whoever holds a bay in a span of time, oldest first.
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE bay_id = $1 AND ends_at > sqlc.arg(since) AND starts_at < sqlc.arg(until) ORDER BY starts_at, id LIMIT 20;

-- name: FindDeskDevices :many
-- The devices of a bay and those that serve its whole location.
SELECT id, location_id, bay_id, kind, name, vendor, vendor_ref, online, seen_at, created_at, updated_at, state_since FROM devices
WHERE devices.location_id = sqlc.arg(location_id) AND (devices.bay_id IS NULL OR devices.bay_id = sqlc.arg(bay_id)) ORDER BY kind, name, id;

-- name: MarkThreadRead :execrows
-- Leaves unread what came after the last text that was seen. The version moves, so that nobody who read
-- the row before writes the old count back; updated_at does not, so that reading reorders no list.
UPDATE threads SET version = version + 1, unread = CAST(sqlc.arg(left_unread) AS BIGINT)
WHERE id = sqlc.arg(id) AND unread > CAST(sqlc.arg(left_unread) AS BIGINT);

-- name: CountUnreadAfter :one
SELECT COUNT(*) FROM messages m WHERE m.thread_id = sqlc.arg(thread_id) AND m.direction = 'in'
  AND (m.created_at, m.id) > (SELECT s.created_at, s.id FROM messages s WHERE s.id = sqlc.arg(seen) AND s.thread_id = sqlc.arg(thread_id));

-- name: ReopenTexts :execrows
-- Makes the texts of the present matter that nobody has answered unread for the machine. The notice that
-- a person was called is no answer.
UPDATE messages SET handled_at = NULL, decision_id = NULL, updated_at = sqlc.arg(now)
WHERE messages.thread_id = sqlc.arg(thread_id) AND messages.direction = 'in' AND messages.created_at >= sqlc.arg(since) AND NOT EXISTS (
    SELECT 1 FROM messages o WHERE o.thread_id = messages.thread_id AND o.direction = 'out' AND o.created_at >= messages.created_at
      AND o.status NOT IN ('cancelled', 'failed') AND (o.dedup_key IS NULL OR (o.dedup_key NOT LIKE 'escalated:%' AND o.dedup_key NOT LIKE 'emergency:%')));

-- name: MoveTickets :exec
UPDATE tickets SET thread_id = sqlc.arg(to_thread), updated_at = sqlc.arg(now), version = version + 1 WHERE thread_id = sqlc.arg(from_thread);

-- name: FindForgottenThreads :many
-- The machine's threads (a person's silence that is over included) in which somebody has waited longer
-- than the priority allows while nothing is at work: no open proposal whose time has not come, no fresh run, execution or text on its way. Work
-- that nothing has touched since stale_before counts as forgotten too.
SELECT t.id FROM threads t
WHERE t.waiting_since IS NOT NULL
  AND (t.status IN ('pending', 'awaiting_ai') OR (t.status = 'manual_override' AND t.silent_until IS NOT NULL AND t.silent_until <= sqlc.arg(now)))
  AND (CAST(sqlc.arg(thread) AS TEXT) = '' OR t.id = CAST(sqlc.arg(thread) AS TEXT))
  AND ((t.priority = 'emergency' AND t.waiting_since <= sqlc.arg(emergency_before)) OR (t.priority = 'high' AND t.waiting_since <= sqlc.arg(high_before))
    OR (t.priority = 'normal' AND t.waiting_since <= sqlc.arg(normal_before)) OR (t.priority = 'low' AND t.waiting_since <= sqlc.arg(low_before)))
  AND NOT EXISTS (SELECT 1 FROM proposals p WHERE p.thread_id = t.id AND p.status = 'open' AND (p.deadline_at IS NULL OR p.deadline_at > sqlc.arg(stale_before)))
  AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.thread_id = t.id AND r.status = 'running' AND r.updated_at > sqlc.arg(stale_before))
  AND NOT EXISTS (SELECT 1 FROM executions e WHERE e.thread_id = t.id AND e.outcome IN ('claimed', 'running') AND e.created_at > sqlc.arg(stale_before))
  AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = t.id AND m.direction = 'out' AND m.status IN ('queued', 'sending') AND m.updated_at > sqlc.arg(stale_before))
ORDER BY t.waiting_since, t.id LIMIT sqlc.arg(size);

-- name: FindUnansweredThreads :many
-- Threads whose member was asked something and has let the time to answer pass.
SELECT id FROM threads
WHERE status = 'awaiting_response' AND ((last_out_at IS NOT NULL AND last_out_at <= sqlc.arg(asked_before)) OR (last_out_at IS NULL AND updated_at <= sqlc.arg(asked_before)))
ORDER BY updated_at, id LIMIT sqlc.arg(size);

-- name: FindAgedProposals :many
-- Approvals that nobody has decided, with what is needed to remind of them, in the order of their ids and after one of
-- them. Those of which the last reminder is written down are left out: there may be any number of them.
SELECT p.id, p.thread_id, p.created_at, d.title, t.priority, t.location_id
FROM proposals p JOIN decisions d ON d.id = p.decision_id JOIN threads t ON t.id = p.thread_id
WHERE p.status = 'open' AND p.tier = 'approve' AND p.created_at <= sqlc.arg(before) AND p.id > CAST(sqlc.arg(after) AS TEXT)
  AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.dedup_key = 'proposal:' || p.id || ':reminder:' || CAST(sqlc.arg(last) AS TEXT))
ORDER BY p.id LIMIT sqlc.arg(size);

-- name: FindThreadsPage :many
-- Newest first, after a cursor. The conditions are one rule each; an empty one admits everything.
SELECT sqlc.embed(t), s.wrapped_key, s.phone, m.id AS person_member_id, m.name AS member_name,
    COALESCE(l.name, '') AS location_name, COALESCE(b.name, '') AS bay_name
FROM threads t JOIN subjects s ON s.id = t.subject_id
    LEFT JOIN members m ON m.subject_id = t.subject_id
    LEFT JOIN locations l ON l.id = t.location_id
    LEFT JOIN bays b ON b.id = t.bay_id
WHERE (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
  AND (CAST(sqlc.arg(statuses) AS TEXT) = '' OR CAST(sqlc.arg(statuses) AS TEXT) LIKE '%,' || t.status || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR t.location_id = CAST(sqlc.arg(location) AS TEXT))
  AND (CAST(sqlc.arg(mine) AS TEXT) = '' OR t.assigned_to = CAST(sqlc.arg(mine) AS TEXT))
  AND (CAST(sqlc.arg(unread) AS BIGINT) = 0 OR t.unread > 0)
  AND (CAST(sqlc.arg(after_id) AS TEXT) = '' OR t.updated_at < sqlc.arg(after_at)
    OR (t.updated_at = sqlc.arg(after_at) AND t.id < CAST(sqlc.arg(after_id) AS TEXT)))
ORDER BY t.updated_at DESC, t.id DESC LIMIT sqlc.arg(size);

-- name: SearchThreadsPage :many
-- FindThreadsPage of the threads that hold the words of a query, or are of people (keys of a JSON object).
-- Of the texts that hold the words the newest 5000 count, so that a word of every text costs no more.
SELECT sqlc.embed(t), s.wrapped_key, s.phone, m.id AS person_member_id, m.name AS member_name,
    COALESCE(l.name, '') AS location_name, COALESCE(b.name, '') AS bay_name
FROM threads t JOIN subjects s ON s.id = t.subject_id
    LEFT JOIN members m ON m.subject_id = t.subject_id
    LEFT JOIN locations l ON l.id = t.location_id
    LEFT JOIN bays b ON b.id = t.bay_id
WHERE t.id IN (
        SELECT w.id FROM (SELECT CAST(f.thread_id AS TEXT) AS id FROM message_search(sqlc.arg(words)) f ORDER BY f.rowid DESC LIMIT 5000) w
        UNION
        SELECT p.id FROM json_each(sqlc.arg(people)) j JOIN threads p ON p.subject_id = j.key)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
  AND (CAST(sqlc.arg(statuses) AS TEXT) = '' OR CAST(sqlc.arg(statuses) AS TEXT) LIKE '%,' || t.status || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR t.location_id = CAST(sqlc.arg(location) AS TEXT))
  AND (CAST(sqlc.arg(mine) AS TEXT) = '' OR t.assigned_to = CAST(sqlc.arg(mine) AS TEXT))
  AND (CAST(sqlc.arg(unread) AS BIGINT) = 0 OR t.unread > 0)
  AND (CAST(sqlc.arg(after_id) AS TEXT) = '' OR t.updated_at < sqlc.arg(after_at)
    OR (t.updated_at = sqlc.arg(after_at) AND t.id < CAST(sqlc.arg(after_id) AS TEXT)))
ORDER BY t.updated_at DESC, t.id DESC LIMIT sqlc.arg(size);

-- name: CountThreads :many
-- For the sidebar: threads, threads with unread texts, and threads of one user, by status.
SELECT t.status, COUNT(*) AS threads, COUNT(CASE WHEN t.unread > 0 THEN 1 END) AS unread, COUNT(CASE WHEN t.assigned_to = CAST(sqlc.arg(mine) AS TEXT) THEN 1 END) AS mine
FROM threads t
WHERE (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR t.location_id = CAST(sqlc.arg(location) AS TEXT))
GROUP BY t.status ORDER BY t.status;

-- name: ReleaseThread :execrows
-- Takes a thread from whoever has it without moving it in any list.
UPDATE threads SET assigned_to = NULL, version = version + 1 WHERE id = $1 AND version = $2;
