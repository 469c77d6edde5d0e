-- name: FindOpenThreads :many
-- Threads in up to six statuses, the last changed first, after a cursor. The statuses are compared one by
-- one, so that both engines take them from the index of statuses, however many settled threads there are; and
-- only those of the page are joined with what is shown of them.
SELECT sqlc.embed(t), s.wrapped_key, s.phone, m.id AS person_member_id, m.name AS member_name,
    COALESCE(l.name, '') AS location_name, COALESCE(b.name, '') AS bay_name
FROM threads t JOIN subjects s ON s.id = t.subject_id
    LEFT JOIN members m ON m.subject_id = t.subject_id
    LEFT JOIN locations l ON l.id = t.location_id
    LEFT JOIN bays b ON b.id = t.bay_id
WHERE t.id IN (SELECT x.id FROM threads x
    WHERE x.status IN (sqlc.arg(status1), sqlc.arg(status2), sqlc.arg(status3), sqlc.arg(status4), sqlc.arg(status5), sqlc.arg(status6))
      AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR x.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || x.location_id || ',%')
      AND (CAST(sqlc.arg(location) AS TEXT) = '' OR x.location_id = CAST(sqlc.arg(location) AS TEXT))
      AND (CAST(sqlc.arg(mine) AS TEXT) = '' OR x.assigned_to = CAST(sqlc.arg(mine) AS TEXT))
      AND (CAST(sqlc.arg(after_id) AS TEXT) = '' OR x.updated_at < sqlc.arg(after_at)
        OR (x.updated_at = sqlc.arg(after_at) AND x.id < CAST(sqlc.arg(after_id) AS TEXT)))
    ORDER BY x.updated_at DESC, x.id DESC LIMIT sqlc.arg(size))
ORDER BY t.updated_at DESC, t.id DESC;

-- name: CountOpenThreads :many
-- The figures of the navigation: threads that somebody still owes something, by status.
SELECT t.status, COUNT(*) AS threads, COUNT(CASE WHEN t.unread > 0 THEN 1 END) AS unread FROM threads t
WHERE t.status IN ('pending', 'awaiting_ai', 'awaiting_response', 'escalated', 'in_progress', 'manual_override')
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR t.location_id = CAST(sqlc.arg(location) AS TEXT))
GROUP BY t.status ORDER BY t.status;

-- name: FindThreadsWithProposal :many
SELECT thread_id FROM proposals WHERE status = 'open' ORDER BY created_at DESC LIMIT 2000;

-- name: FindLastAuthors :many
-- Who wrote the last text of each thread (keys of a JSON object).
SELECT m.thread_id, m.author FROM json_each(sqlc.arg(threads)) j JOIN messages m ON m.id = (
    SELECT x.id FROM messages x WHERE x.thread_id = j.key AND x.direction <> 'note' ORDER BY x.created_at DESC, x.id DESC LIMIT 1);

-- name: FindSituationDomains :many
-- What the newest situation of each thread (keys of a JSON object) is about.
SELECT s.thread_id, s.domain FROM json_each(sqlc.arg(threads)) j JOIN situations s ON s.id = (
    SELECT x.id FROM situations x WHERE x.thread_id = j.key ORDER BY x.opened_at DESC, x.id DESC LIMIT 1);

-- name: CountPressingTickets :one
-- Tickets whose clock runs and is over, or soon will be.
SELECT COUNT(*) FROM tickets t WHERE t.status IN ('open', 'in_progress') AND (t.warned >= 75 OR t.due_at <= sqlc.arg(now))
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%');

-- name: CountSilentDevices :one
SELECT COUNT(*) FROM devices WHERE online = FALSE AND seen_at IS NOT NULL
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || location_id || ',%');

-- name: CountThreadsOfSubject :one
SELECT COUNT(*) FROM threads WHERE subject_id = $1;

-- name: CountOpenThreadsByLocation :many
SELECT t.location_id, COUNT(*) AS threads FROM threads t
WHERE t.status IN ('pending', 'awaiting_ai', 'awaiting_response', 'escalated', 'in_progress', 'manual_override') GROUP BY t.location_id;

-- name: CountOpenTicketsByBay :many
SELECT bay_id, COUNT(*) AS tickets FROM tickets WHERE status IN ('open', 'in_progress', 'waiting') AND bay_id IS NOT NULL GROUP BY bay_id;

-- name: FindBookingsNow :many
-- Who plays at an instant. No booking is longer than a day.
SELECT id, source, external_id, location_id, bay_id, subject_id, member_id, starts_at, ends_at, status, sequence, created_at, updated_at
FROM bookings WHERE starts_at <= sqlc.arg(now) AND starts_at > sqlc.arg(since) AND ends_at > sqlc.arg(now) AND status = 'confirmed' ORDER BY starts_at, id;

-- name: FindBookingsOfDay :many
-- Bookings that touch a span of time with what is needed to name their holder, earliest first. None is
-- longer than a day.
SELECT sqlc.embed(b), s.wrapped_key, m.name AS member_name, COALESCE(l.name, '') AS location_name, COALESCE(y.name, '') AS bay_name
FROM bookings b LEFT JOIN subjects s ON s.id = b.subject_id
    LEFT JOIN members m ON m.id = b.member_id
    LEFT JOIN locations l ON l.id = b.location_id
    LEFT JOIN bays y ON y.id = b.bay_id
WHERE b.starts_at >= sqlc.arg(reach) AND b.starts_at < sqlc.arg(until) AND b.ends_at > sqlc.arg(since)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || b.location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR b.location_id = CAST(sqlc.arg(location) AS TEXT))
  AND (CAST(sqlc.arg(bay) AS TEXT) = '' OR b.bay_id = CAST(sqlc.arg(bay) AS TEXT))
  AND (CAST(sqlc.arg(member) AS TEXT) = '' OR b.member_id = CAST(sqlc.arg(member) AS TEXT))
  AND (CAST(sqlc.arg(status) AS TEXT) = '' OR b.status = CAST(sqlc.arg(status) AS TEXT))
  AND (CAST(sqlc.arg(id) AS TEXT) = '' OR b.id = CAST(sqlc.arg(id) AS TEXT))
ORDER BY b.starts_at, b.id LIMIT sqlc.arg(size);

-- name: FindBookingsSought :many
-- Bookings by the id that their system gave them or by one of some members (keys of a JSON object), latest
-- first.
SELECT sqlc.embed(b), s.wrapped_key, m.name AS member_name, COALESCE(l.name, '') AS location_name, COALESCE(y.name, '') AS bay_name
FROM bookings b LEFT JOIN subjects s ON s.id = b.subject_id
    LEFT JOIN members m ON m.id = b.member_id
    LEFT JOIN locations l ON l.id = b.location_id
    LEFT JOIN bays y ON y.id = b.bay_id
WHERE (LOWER(b.external_id) = LOWER(CAST(sqlc.arg(reference) AS TEXT)) OR b.id = CAST(sqlc.arg(reference) AS TEXT)
    OR b.member_id IN (SELECT j.key FROM json_each(sqlc.arg(members)) j))
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || b.location_id || ',%')
ORDER BY b.starts_at DESC, b.id DESC LIMIT sqlc.arg(size);

-- name: FindMemberCards :many
-- Members (keys of a JSON object) with what a list shows of them. Their last thread is ordered by nothing
-- but its time, so that PostgreSQL takes it from the index of subjects, not from that of times.
SELECT m.id, m.subject_id, m.name, m.email, m.home_location_id, m.created_at, s.wrapped_key, s.phone, s.consent,
    COALESCE(l.name, '') AS location_name, t.last_in_at, (SELECT COUNT(*) FROM threads c WHERE c.subject_id = m.subject_id) AS threads
FROM json_each(sqlc.arg(members)) j JOIN members m ON m.id = j.key JOIN subjects s ON s.id = m.subject_id
    LEFT JOIN locations l ON l.id = m.home_location_id
    LEFT JOIN threads t ON t.id = (SELECT x.id FROM threads x WHERE x.subject_id = m.subject_id ORDER BY x.updated_at DESC LIMIT 1)
ORDER BY m.id DESC;

-- name: FindDecisionList :many
-- Newest first, after a cursor, with what became of them. Both the decision's place and its thread's must
-- be in scope: a thread may have been placed after it was decided on.
SELECT d.id, d.thread_id, d.kind, d.title, d.confidence, d.tier, d.evidence, d.created_at, COALESCE(p.status, '') AS proposal,
    COALESCE(l.name, '') AS location_name, COALESCE(b.name, '') AS bay_name
FROM decisions d JOIN threads t ON t.id = d.thread_id
    LEFT JOIN proposals p ON p.decision_id = d.id
    LEFT JOIN locations l ON l.id = d.location_id
    LEFT JOIN bays b ON b.id = d.bay_id
WHERE (CAST(sqlc.arg(scope) AS TEXT) = '' OR ((d.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || d.location_id || ',%')
    AND (t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')))
  AND (CAST(sqlc.arg(tier) AS TEXT) = '' OR d.tier = CAST(sqlc.arg(tier) AS TEXT))
  AND (CAST(sqlc.arg(result) AS TEXT) = '' OR p.status = CAST(sqlc.arg(result) AS TEXT))
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR d.location_id = CAST(sqlc.arg(location) AS TEXT))
  AND (CAST(sqlc.arg(sop) AS TEXT) = '' OR d.sop_id = CAST(sqlc.arg(sop) AS TEXT))
  AND (CAST(sqlc.arg(search) AS TEXT) = '' OR LOWER(d.title) LIKE LOWER(CAST(sqlc.arg(search) AS TEXT)) ESCAPE '\'
    OR LOWER(CAST(d.evidence AS TEXT)) LIKE LOWER(CAST(sqlc.arg(search) AS TEXT)) ESCAPE '\')
  AND (CAST(sqlc.arg(after) AS TEXT) = '' OR d.id < CAST(sqlc.arg(after) AS TEXT))
ORDER BY d.id DESC LIMIT sqlc.arg(size);

-- name: CountSOPOutcomes :many
-- How often each SOP was followed since an instant, and how often people let it stand.
SELECT CAST(d.sop_id AS TEXT) AS sop, COUNT(*) AS decisions,
    COUNT(CASE WHEN p.status IS NULL AND d.tier <> 'escalate' OR p.status IN ('approved', 'executed') AND p.edited = FALSE THEN 1 END) AS stood
FROM decisions d LEFT JOIN proposals p ON p.decision_id = d.id
WHERE d.sop_id IS NOT NULL AND d.created_at >= sqlc.arg(since) GROUP BY d.sop_id;

-- name: FindAuditPage :many
-- Newest first, before an entry. A reader who is limited to some places sees what belongs to threads
-- there, and their own acts.
SELECT a.id, a.at, a.actor, a.actor_name, a.action, a.object, a.thread_id, a.detail, a.correlation_id
FROM audit_entries a LEFT JOIN threads t ON t.id = a.thread_id
WHERE (CAST(sqlc.arg(scope) AS TEXT) = '' OR a.actor = sqlc.arg(self)
    OR (a.thread_id IS NOT NULL AND (t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')))
  AND (CAST(sqlc.arg(object) AS TEXT) = '' OR a.object = CAST(sqlc.arg(object) AS TEXT) OR a.thread_id = CAST(sqlc.arg(object) AS TEXT)
    OR a.correlation_id = CAST(sqlc.arg(object) AS TEXT))
  AND (CAST(sqlc.arg(kind) AS TEXT) = '' OR a.action LIKE CAST(sqlc.arg(kind) AS TEXT) || '.%')
  AND (CAST(sqlc.arg(actor) AS TEXT) = '' OR a.actor LIKE CAST(sqlc.arg(actor) AS TEXT) || ':%')
  AND (CAST(sqlc.arg(before) AS TEXT) = '' OR a.id < CAST(sqlc.arg(before) AS TEXT))
ORDER BY a.id DESC LIMIT sqlc.arg(size);

-- name: FindLastSeen :many
-- When each user's running sessions were last used.
SELECT user_id, seen_at FROM sessions ORDER BY seen_at;

-- name: FindThreadsOfBay :many
-- The last ones at a bay, newest first.
SELECT id, subject_id, member_id, location_id, bay_id, line, provider, status, priority, version, unread, snippet, assigned_to,
    silent_until, merged_into, awaiting, episode_at, last_in_at, last_out_at, waiting_since, correlation_id, created_at, updated_at
FROM threads WHERE bay_id = $1 AND updated_at > sqlc.arg(since) AND status <> 'merged' ORDER BY updated_at DESC, id DESC LIMIT sqlc.arg(size);

-- name: FindExecutionsOfBay :many
-- The last ones at a bay, newest first.
SELECT id, decision_id, thread_id, action, params, location_id, bay_id, device_id, booking_id, member_id, idempotency_key, outcome, detail,
    proofs, requested_by, attempts, correlation_id, created_at, called_at, finished_at
FROM executions WHERE bay_id = $1 ORDER BY created_at DESC, id DESC LIMIT sqlc.arg(size);
