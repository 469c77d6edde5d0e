-- name: CountMatters :one
-- What members asked for in a span of time, and what of it was carried out without a person: its run was
-- begun by the machine, and nobody was called to it.
SELECT COUNT(*) AS matters,
    COUNT(CASE WHEN d.kind = 'answer'
        AND EXISTS (SELECT 1 FROM runs r WHERE r.decision_id = d.id AND r.started_by LIKE 'system:%')
        AND NOT EXISTS (SELECT 1 FROM escalations e WHERE e.decision_id = d.id) THEN 1 END) AS automated
FROM decisions d
WHERE d.created_at >= sqlc.arg(since) AND d.created_at < sqlc.arg(until) AND d.kind IN ('answer', 'escalate')
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR d.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || d.location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR d.location_id = CAST(sqlc.arg(location) AS TEXT));

-- name: CountInterventions :one
-- What people had to do in a span of time: decide on proposals, take over what was escalated, answer in
-- the machine's place, act by hand.
SELECT
    (SELECT COUNT(*) FROM proposals p JOIN threads t ON t.id = p.thread_id
     WHERE p.status IN ('approved', 'rejected') AND p.created_at >= sqlc.arg(since) AND p.created_at < sqlc.arg(until)
       AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
       AND (CAST(sqlc.arg(location) AS TEXT) = '' OR t.location_id = CAST(sqlc.arg(location) AS TEXT))) AS proposals,
    (SELECT COUNT(*) FROM escalations e JOIN threads t ON t.id = e.thread_id
     WHERE e.created_at >= sqlc.arg(since) AND e.created_at < sqlc.arg(until)
       AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
       AND (CAST(sqlc.arg(location) AS TEXT) = '' OR t.location_id = CAST(sqlc.arg(location) AS TEXT))) AS escalations,
    (SELECT COUNT(*) FROM overrides o JOIN threads t ON t.id = o.thread_id
     WHERE o.at >= sqlc.arg(since) AND o.at < sqlc.arg(until) AND o.kind = 'replied'
       AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
       AND (CAST(sqlc.arg(location) AS TEXT) = '' OR t.location_id = CAST(sqlc.arg(location) AS TEXT))) AS replies,
    (SELECT COUNT(*) FROM executions x
     WHERE x.created_at >= sqlc.arg(since) AND x.created_at < sqlc.arg(until) AND x.decision_id IS NULL AND x.requested_by LIKE 'user:%'
       AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR x.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || x.location_id || ',%')
       AND (CAST(sqlc.arg(location) AS TEXT) = '' OR x.location_id = CAST(sqlc.arg(location) AS TEXT))) AS actions;

-- name: FindPatternsUsed :many
-- The patterns that matters of a span of time followed or taught.
SELECT DISTINCT m.pattern_id FROM pattern_matches m JOIN decisions d ON d.id = m.decision_id
WHERE m.at >= sqlc.arg(since) AND m.at < sqlc.arg(until) AND d.created_at >= sqlc.arg(since) AND d.created_at < sqlc.arg(until) AND m.role IN ('chosen', 'taught')
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR d.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || d.location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR d.location_id = CAST(sqlc.arg(location) AS TEXT))
ORDER BY m.pattern_id LIMIT sqlc.arg(size);

-- name: FindCaseTimes :many
-- Matters of a pattern that came to an end, the oldest first: when they were decided on, and when what was
-- done had been done or a person had answered.
SELECT m.decision_id, m.at, r.updated_at AS done_at, p.at AS answered_at
FROM pattern_matches m JOIN decisions d ON d.id = m.decision_id
LEFT JOIN runs r ON r.decision_id = m.decision_id AND r.status = 'done'
LEFT JOIN precedents p ON p.decision_id = m.decision_id AND m.role = 'taught'
WHERE m.pattern_id = sqlc.arg(pattern) AND m.role IN ('chosen', 'taught') AND m.at >= sqlc.arg(since) AND m.at < sqlc.arg(until)
  AND (r.decision_id IS NOT NULL OR p.id IS NOT NULL)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR d.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || d.location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR d.location_id = CAST(sqlc.arg(location) AS TEXT))
ORDER BY m.at, m.decision_id LIMIT sqlc.arg(size);
