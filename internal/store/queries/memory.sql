-- name: CreatePattern :execrows
-- Does nothing when the procedure has its pattern already.
INSERT INTO decision_patterns (id, domain, sop_id, title, steps, reply, state, ceiling, epoch, earned, version, created_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, 'active', 'auto', 1, $7, 1, $8, sqlc.arg(now), sqlc.arg(now))
ON CONFLICT (sop_id) DO NOTHING;

-- name: FindPattern :one
SELECT id, domain, sop_id, title, steps, reply, state, ceiling, epoch, earned, merged_into, version, created_by, created_at, updated_at
FROM decision_patterns WHERE id = $1;

-- name: FindPatternOfSOP :one
SELECT id, domain, sop_id, title, steps, reply, state, ceiling, epoch, earned, merged_into, version, created_by, created_at, updated_at
FROM decision_patterns WHERE sop_id = $1;

-- name: FindPatterns :many
SELECT id, domain, sop_id, title, steps, reply, state, ceiling, epoch, earned, merged_into, version, created_by, created_at, updated_at
FROM decision_patterns ORDER BY updated_at DESC, id DESC LIMIT $1;

-- name: FindLearnedPatterns :many
-- What people taught and nobody has retired, in a stable order.
SELECT id, domain, sop_id, title, steps, reply, state, ceiling, epoch, earned, merged_into, version, created_by, created_at, updated_at
FROM decision_patterns WHERE sop_id IS NULL AND state IN ('active', 'paused') ORDER BY id;

-- name: FindProcedurePatterns :many
-- Which procedure each pattern is the record of, for those in use.
SELECT id, sop_id FROM decision_patterns WHERE sop_id IS NOT NULL AND state IN ('active', 'paused') ORDER BY id;

-- name: FindMemoryStamp :one
-- Changes whenever a learned pattern or a precedent does, or somebody is set aside or trusted again. Two transactions that bring a pattern to the same version,
-- the first of which is undone, differ in when.
SELECT CAST((SELECT COALESCE(SUM(version), 0) FROM decision_patterns WHERE sop_id IS NULL) AS BIGINT) AS patterns,
    CAST(COALESCE((SELECT CAST(MAX(updated_at) AS TEXT) FROM decision_patterns WHERE sop_id IS NULL), '') AS TEXT) AS changed,
    CAST((SELECT COUNT(*) FROM precedents) AS BIGINT) AS precedents,
    CAST(COALESCE((SELECT MAX(id) FROM precedents), '') AS TEXT) AS newest,
    CAST(COALESCE((SELECT CAST(MAX(at) AS TEXT) FROM set_aside), '') AS TEXT) AS aside,
    CAST((SELECT COUNT(*) FROM set_aside WHERE aside = TRUE) AS BIGINT) AS people_aside;

-- name: UpdatePattern :execrows
-- By version: 0 rows when somebody changed it in the meantime.
UPDATE decision_patterns SET title = $3, steps = $4, reply = $5, state = $6, ceiling = $7, epoch = $8, earned = $9, merged_into = $10, version = version + 1, updated_at = $11
WHERE id = $1 AND version = $2;

-- name: CreatePatternMatch :exec
INSERT INTO pattern_matches (decision_id, pattern_id, role, plan, score, probability, reliability, confidence, model, young, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (decision_id, pattern_id) DO NOTHING;

-- name: FindChosenMatch :one
SELECT decision_id, pattern_id, role, plan, score, probability, reliability, confidence, model, at, young FROM pattern_matches WHERE decision_id = $1 AND role = 'chosen';

-- name: FindMatches :many
SELECT decision_id, pattern_id, role, plan, score, probability, reliability, confidence, model, at, young FROM pattern_matches WHERE decision_id = $1 ORDER BY confidence DESC, pattern_id;

-- name: TeachMatch :exec
-- A person decided so: what was weighed, or not even thought of, becomes what was taught.
INSERT INTO pattern_matches (decision_id, pattern_id, role, plan, score, probability, reliability, confidence, model, at)
VALUES ($1, $2, 'taught', $3, 0, 0, 0, 0, '', $4)
ON CONFLICT (decision_id, pattern_id) DO UPDATE SET role = 'taught', plan = excluded.plan WHERE pattern_matches.role = 'weighed';

-- name: FindMatchesOfPattern :many
SELECT decision_id, pattern_id, role, plan, score, probability, reliability, confidence, model, at, young FROM pattern_matches
WHERE pattern_id = $1 AND role <> 'weighed' ORDER BY at DESC, decision_id DESC LIMIT $2;

-- name: FindOutcome :one
SELECT decision_id, pattern_id, plan, epoch, source, person, location_id, bay_id, action, at, updated_at, probability FROM pattern_outcomes WHERE decision_id = $1 AND pattern_id = $2;

-- name: FindOutcomesOfPattern :many
SELECT decision_id, pattern_id, plan, epoch, source, person, location_id, bay_id, action, at, updated_at, probability FROM pattern_outcomes
WHERE pattern_id = $1 ORDER BY at DESC, decision_id DESC LIMIT $2;

-- name: PutOutcome :exec
INSERT INTO pattern_outcomes (decision_id, pattern_id, plan, epoch, source, person, location_id, bay_id, action, probability, at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (decision_id, pattern_id) DO UPDATE SET source = excluded.source, person = excluded.person, probability = excluded.probability, updated_at = excluded.updated_at;

-- name: FindTallies :many
SELECT pattern_id, plan, epoch, person, location, bay, successes, failures, outcomes, at, expected, seen FROM pattern_tallies
WHERE pattern_id = $1 AND plan = $2 AND epoch = $3 ORDER BY person, location, bay;

-- name: FindTalliesOfPattern :many
SELECT pattern_id, plan, epoch, person, location, bay, successes, failures, outcomes, at, expected, seen FROM pattern_tallies
WHERE pattern_id = $1 AND epoch = $2 ORDER BY plan, person, location, bay;

-- name: PutTally :exec
INSERT INTO pattern_tallies (pattern_id, plan, epoch, person, location, bay, successes, failures, expected, seen, outcomes, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (pattern_id, plan, epoch, person, location, bay) DO UPDATE
SET successes = excluded.successes, failures = excluded.failures, expected = excluded.expected, seen = excluded.seen, outcomes = excluded.outcomes, at = excluded.at;

-- name: FindLessonTallies :many
SELECT domain, action, person, location, bay, successes, failures, expected, seen, outcomes, at FROM lesson_tallies
WHERE domain = $1 AND action = $2 ORDER BY person, location, bay;

-- name: PutLessonTally :exec
INSERT INTO lesson_tallies (domain, action, person, location, bay, successes, failures, expected, seen, outcomes, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (domain, action, person, location, bay) DO UPDATE
SET successes = excluded.successes, failures = excluded.failures, expected = excluded.expected, seen = excluded.seen, outcomes = excluded.outcomes, at = excluded.at;

-- name: LockBreaker :exec
-- Makes the row and holds it until the transaction ends: outcomes of one scope are counted one after the other.
INSERT INTO breakers (kind, scope, statistic, reason, good_since, updated_at) VALUES ($1, $2, 0, '', 0, sqlc.arg(now))
ON CONFLICT (kind, scope) DO UPDATE SET updated_at = excluded.updated_at;

-- name: FindBreaker :one
SELECT kind, scope, statistic, tripped_at, reason, good_since, updated_at FROM breakers WHERE kind = $1 AND scope = $2;

-- name: FindTrippedBreakers :many
SELECT kind, scope, statistic, tripped_at, reason, good_since, updated_at FROM breakers WHERE tripped_at IS NOT NULL ORDER BY tripped_at DESC, kind, scope LIMIT 500;

-- name: UpdateBreaker :exec
UPDATE breakers SET statistic = $3, tripped_at = $4, reason = $5, good_since = $6, updated_at = $7 WHERE kind = $1 AND scope = $2;

-- name: CreatePrecedent :execrows
INSERT INTO precedents (id, pattern_id, text, context, decision_id, thread_id, location_id, bay_id, actor, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (decision_id) DO NOTHING;

-- name: MovePrecedents :execrows
UPDATE precedents SET pattern_id = sqlc.arg(onto) WHERE pattern_id = sqlc.arg(pattern_id);

-- name: FindPrecedentsOfPattern :many
SELECT id, pattern_id, text, context, decision_id, thread_id, location_id, bay_id, actor, at FROM precedents
WHERE pattern_id = $1 ORDER BY at DESC, id DESC LIMIT $2;

-- name: FindPrecedentOfDecision :one
SELECT id, pattern_id, text, context, decision_id, thread_id, location_id, bay_id, actor, at FROM precedents WHERE decision_id = $1;

-- name: FindPrecedents :many
-- The newest, for training.
SELECT id, pattern_id, text, context, decision_id, thread_id, location_id, bay_id, actor, at FROM precedents
ORDER BY at DESC, id DESC LIMIT $1;

-- name: DeletePrecedent :execrows
DELETE FROM precedents WHERE id = $1;

-- name: FindPrecedent :one
SELECT id, pattern_id, text, context, decision_id, thread_id, location_id, bay_id, actor, at FROM precedents WHERE id = $1;

-- name: MovePrecedent :exec
UPDATE precedents SET pattern_id = $2 WHERE id = $1;

-- name: DeleteTaughtMatch :exec
DELETE FROM pattern_matches WHERE decision_id = $1 AND pattern_id = $2 AND role = 'taught';

-- name: ForgetWeighed :exec
-- What was weighed for decisions that are about to move to the same pattern.
DELETE FROM pattern_matches WHERE pattern_matches.pattern_id = sqlc.arg(onto) AND role = 'weighed' AND decision_id IN (
    SELECT m.decision_id FROM pattern_matches m WHERE m.pattern_id = sqlc.arg(pattern_id) AND m.plan = sqlc.arg(plan) AND m.role <> 'weighed');

-- name: MoveMatches :exec
-- To a pattern that does the same, but for decisions that it was followed or taught in itself.
UPDATE pattern_matches AS t SET pattern_id = sqlc.arg(onto), plan = sqlc.arg(onto_plan)
WHERE t.pattern_id = sqlc.arg(pattern_id) AND t.plan = sqlc.arg(plan) AND t.role <> 'weighed'
    AND NOT EXISTS (SELECT 1 FROM pattern_matches o WHERE o.decision_id = t.decision_id AND o.pattern_id = sqlc.arg(onto));

-- name: MoveOutcomes :exec
-- After the matches: the outcomes of those that moved.
UPDATE pattern_outcomes AS t SET pattern_id = sqlc.arg(onto), plan = sqlc.arg(onto_plan), epoch = sqlc.arg(onto_epoch)
WHERE t.pattern_id = sqlc.arg(pattern_id) AND t.plan = sqlc.arg(plan) AND t.epoch = sqlc.arg(epoch)
    AND NOT EXISTS (SELECT 1 FROM pattern_matches m WHERE m.decision_id = t.decision_id AND m.pattern_id = sqlc.arg(pattern_id))
    AND NOT EXISTS (SELECT 1 FROM pattern_outcomes o WHERE o.decision_id = t.decision_id AND o.pattern_id = sqlc.arg(onto));

-- name: FindOutcomesOfPlan :many
SELECT decision_id, pattern_id, plan, epoch, source, person, location_id, bay_id, action, at, updated_at, probability FROM pattern_outcomes
WHERE pattern_id = $1 AND plan = $2 AND epoch = $3 ORDER BY at, decision_id;

-- name: DeleteTallies :exec
DELETE FROM pattern_tallies WHERE pattern_id = $1 AND plan = $2 AND epoch = $3;

-- name: FindPatternList :many
-- Patterns for people, the newest first, after a cursor. The mode is what people call how far one
-- may go: its state, else the lesser of what it earned and what it is held to.
SELECT sqlc.embed(p), s.location_id, s.bay_id,
    CAST(CASE WHEN p.state <> 'active' THEN p.state
        WHEN p.ceiling = 'escalate' THEN 'paused'
        WHEN p.earned = 'escalate' AND p.sop_id IS NULL THEN 'quarantine'
        WHEN p.earned IN ('escalate', 'approve') OR p.ceiling = 'approve' THEN 'learning'
        WHEN p.earned = 'suggest' OR p.ceiling = 'suggest' THEN 'suggest' ELSE 'auto' END AS TEXT) AS mode,
    CAST(COALESCE((SELECT u.plan
        FROM (SELECT m.plan, m.decision_id FROM pattern_matches m WHERE m.pattern_id = p.id AND m.role = 'chosen' ORDER BY m.at DESC, m.decision_id DESC LIMIT 20) u
        GROUP BY u.plan ORDER BY COUNT(*) DESC, MAX(u.decision_id) DESC LIMIT 1), '') AS TEXT) AS plan,
    CAST((SELECT COUNT(*) FROM precedents t WHERE t.pattern_id = p.id) AS BIGINT) AS precedents,
    CAST((SELECT COUNT(*) FROM pattern_outcomes o WHERE o.pattern_id = p.id AND o.source <> '') AS BIGINT) AS outcomes
FROM decision_patterns p LEFT JOIN sops s ON s.id = p.sop_id
WHERE p.state <> 'merged'
    AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR s.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || s.location_id || ',%')
    AND (CAST(sqlc.arg(search) AS TEXT) = '' OR LOWER(p.title) LIKE LOWER(CAST(sqlc.arg(search) AS TEXT)) ESCAPE '\')
    AND (CAST(sqlc.arg(kind) AS TEXT) = '' OR CAST(sqlc.arg(kind) AS TEXT) = CASE WHEN p.sop_id IS NULL THEN 'learned' ELSE 'sop' END)
    AND (CAST(sqlc.arg(mode) AS TEXT) = '' OR CAST(sqlc.arg(mode) AS TEXT) = CASE WHEN p.state <> 'active' THEN p.state
        WHEN p.ceiling = 'escalate' THEN 'paused'
        WHEN p.earned = 'escalate' AND p.sop_id IS NULL THEN 'quarantine'
        WHEN p.earned IN ('escalate', 'approve') OR p.ceiling = 'approve' THEN 'learning'
        WHEN p.earned = 'suggest' OR p.ceiling = 'suggest' THEN 'suggest' ELSE 'auto' END)
    AND (CAST(sqlc.arg(domain) AS TEXT) = '' OR p.domain = CAST(sqlc.arg(domain) AS TEXT))
    AND (CAST(sqlc.arg(tier) AS TEXT) = '' OR p.earned = CAST(sqlc.arg(tier) AS TEXT))
    AND (CAST(sqlc.arg(location) AS TEXT) = '' OR s.location_id = CAST(sqlc.arg(location) AS TEXT)
        OR EXISTS (SELECT 1 FROM pattern_outcomes o WHERE o.pattern_id = p.id AND o.source <> '' AND o.location_id = CAST(sqlc.arg(location) AS TEXT)))
    AND (CAST(sqlc.arg(after) AS TEXT) = '' OR p.id < CAST(sqlc.arg(after) AS TEXT))
ORDER BY p.id DESC LIMIT sqlc.arg(size);

-- name: CountPattern :one
-- The situations of a pattern, and its outcomes in all its records.
SELECT CAST((SELECT COUNT(*) FROM precedents t WHERE t.pattern_id = sqlc.arg(pattern_id)) AS BIGINT) AS precedents,
    CAST((SELECT COUNT(*) FROM pattern_outcomes o WHERE o.pattern_id = sqlc.arg(pattern_id) AND o.source <> '') AS BIGINT) AS outcomes;

-- name: FindSOPPlace :one
SELECT location_id, bay_id FROM sops WHERE id = $1;

-- name: FindNewestPlan :one
-- What a pattern did last: plan and decision.
SELECT plan, decision_id FROM pattern_matches WHERE pattern_id = $1 AND role = 'chosen' ORDER BY at DESC, decision_id DESC LIMIT 1;

-- name: FindUsualPlan :one
-- What a pattern did most of its last twenty times, and the last decision of those: a procedure has several
-- plans, its fallback among them.
SELECT u.plan, CAST(MAX(u.decision_id) AS TEXT) AS decision_id
FROM (SELECT m.plan, m.decision_id FROM pattern_matches m WHERE m.pattern_id = $1 AND m.role = 'chosen' ORDER BY m.at DESC, m.decision_id DESC LIMIT 20) u
GROUP BY u.plan ORDER BY COUNT(*) DESC, MAX(u.decision_id) DESC LIMIT 1;

-- name: FindPatternUses :many
-- The decisions that followed a pattern or taught it, with their threads.
SELECT m.decision_id, m.role, m.probability, m.confidence, m.at, d.thread_id, d.title, d.tier, d.earned_tier, d.location_id, d.bay_id
FROM pattern_matches m JOIN decisions d ON d.id = m.decision_id
WHERE m.pattern_id = sqlc.arg(pattern_id) AND m.role <> 'weighed' ORDER BY m.at DESC, m.decision_id DESC LIMIT sqlc.arg(size);

-- name: FindSOPEffects :many
-- What came of each SOP's decisions since an instant, at the reader's locations: how often it was
-- followed, how often people did otherwise, how many runs ended by themselves, and the outcomes that are
-- known.
SELECT CAST(d.sop_id AS TEXT) AS sop, COUNT(*) AS uses,
    COUNT(CASE WHEN EXISTS (SELECT 1 FROM overrides v WHERE v.decision_id = d.id) THEN 1 END) AS overridden,
    COUNT(CASE WHEN r.status = 'done' THEN 1 END) AS resolved,
    COUNT(CASE WHEN o.source IN ('reviewed', 'verified', 'helped', 'approved', 'decided', 'edited', 'silent') THEN 1 END) AS good,
    COUNT(CASE WHEN o.source IN ('corrected', 'failed', 'refuted', 'rejected', 'reopened') THEN 1 END) AS bad
FROM decisions d
LEFT JOIN runs r ON r.decision_id = d.id
LEFT JOIN decision_patterns p ON p.sop_id = d.sop_id
LEFT JOIN pattern_outcomes o ON o.decision_id = d.id AND o.pattern_id = p.id
WHERE d.sop_id IS NOT NULL AND d.created_at >= sqlc.arg(since)
    AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR d.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || d.location_id || ',%')
GROUP BY d.sop_id;

-- name: FindCourses :many
-- The decisions since an instant that weighed one of some patterns (',pat_1,pat_2,'; '' any) and followed it, or
-- handed the matter to people because it was not far enough, with what became of them; the newest first.
SELECT d.id, d.thread_id, d.kind, d.title, d.confidence, d.earned_tier, d.tier, d.evidence, d.location_id, d.bay_id, d.created_at,
    m.pattern_id, m.role, m.plan, m.probability, CAST(COALESCE(l.slug, '') AS TEXT) AS place,
    CAST(COALESCE(o.source, '') AS TEXT) AS source, CAST(COALESCE(a.verdict, '') AS TEXT) AS verdict,
    CAST(COALESCE(p.decided_by, '') AS TEXT) AS decided_by, p.created_at AS asked_at, p.decided_at
FROM pattern_matches m JOIN decisions d ON d.id = m.decision_id
LEFT JOIN locations l ON l.id = d.location_id
LEFT JOIN pattern_outcomes o ON o.decision_id = d.id AND o.pattern_id = m.pattern_id
LEFT JOIN alone_decisions a ON a.decision_id = d.id
LEFT JOIN proposals p ON p.decision_id = d.id
WHERE m.at >= sqlc.arg(since) AND (m.role = 'chosen' AND d.kind = 'answer' OR m.role = 'weighed' AND d.kind = 'escalate')
    AND (CAST(sqlc.arg(patterns) AS TEXT) = '' OR CAST(sqlc.arg(patterns) AS TEXT) LIKE '%,' || m.pattern_id || ',%')
    AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR d.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || d.location_id || ',%')
ORDER BY m.at DESC, m.decision_id DESC LIMIT sqlc.arg(size);

-- name: FindAskedWaits :many
-- How long people took over proposals since an instant, the newest first.
SELECT p.created_at, p.decided_at FROM proposals p
WHERE p.status IN ('approved', 'rejected') AND p.decided_by LIKE 'user:%' AND p.created_at >= sqlc.arg(since)
ORDER BY p.created_at DESC, p.id DESC LIMIT sqlc.arg(size);

-- name: FindMergedInto :many
SELECT id FROM decision_patterns WHERE merged_into = sqlc.arg(pattern_id) ORDER BY id;

-- name: FindPatternPlans :many
-- What a pattern's outcomes are of in its present epoch.
SELECT DISTINCT plan FROM pattern_outcomes WHERE pattern_id = $1 AND epoch = $2 AND source <> '' ORDER BY plan;

-- name: DeletePatternOutcomes :execrows
DELETE FROM pattern_outcomes WHERE pattern_id = $1;

-- name: DeletePatternTallies :exec
DELETE FROM pattern_tallies WHERE pattern_id = $1;

-- name: DeletePatternMatches :execrows
DELETE FROM pattern_matches WHERE pattern_id = $1;

-- name: DeletePatternPrecedents :execrows
DELETE FROM precedents WHERE pattern_id = $1;

-- name: DeletePatternBreaker :exec
DELETE FROM breakers WHERE kind = 'pattern' AND scope = $1;

-- name: UnlinkAlonePattern :exec
UPDATE alone_decisions SET pattern_id = NULL WHERE pattern_id = sqlc.arg(pattern_id);

-- name: UnlinkTruthPattern :exec
UPDATE decision_truths SET pattern_id = NULL WHERE pattern_id = sqlc.arg(pattern_id);

-- name: UnlinkReviewPattern :exec
UPDATE reviews SET pattern_id = NULL WHERE pattern_id = sqlc.arg(pattern_id);

-- name: CountPrecedentsBy :one
SELECT CAST(COUNT(*) AS BIGINT) FROM precedents WHERE actor = $1;

-- name: FindSetAside :many
SELECT actor, aside, compared, agreed, others_compared, others_agreed, at, counted_from FROM set_aside WHERE aside = TRUE ORDER BY at DESC, actor;

-- name: FindCountedFrom :one
-- From when on what somebody answers is compared with the others; no row: always.
SELECT counted_from FROM set_aside WHERE actor = $1;

-- name: PutSetAside :exec
INSERT INTO set_aside (actor, aside, compared, agreed, others_compared, others_agreed, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (actor) DO UPDATE SET aside = excluded.aside, compared = excluded.compared, agreed = excluded.agreed, others_compared = excluded.others_compared,
    others_agreed = excluded.others_agreed, at = excluded.at;

-- name: TakeBackIn :execrows
-- 0 rows when that person is not set aside.
UPDATE set_aside SET aside = FALSE, at = sqlc.arg(now), counted_from = sqlc.arg(now) WHERE actor = sqlc.arg(actor) AND aside = TRUE;

-- name: ForgetDeed :exec
INSERT INTO forgotten_deeds (circumstances, at) VALUES ($1, $2) ON CONFLICT (circumstances) DO UPDATE SET at = excluded.at;

-- name: FindForgottenDeed :one
-- When what people did in some circumstances was last deleted.
SELECT at FROM forgotten_deeds WHERE circumstances = $1;

-- name: DeletePattern :execrows
-- By version: 0 rows when somebody changed it in the meantime.
DELETE FROM decision_patterns WHERE id = $1 AND version = $2;
-- name: FindNotesOfPattern :many
-- What people said in their own words when they changed or declined what a pattern proposed, the newest first.
SELECT o.decision_id, o.thread_id, o.kind, o.reason, o.note, o.actor, o.at, d.location_id, d.bay_id
FROM overrides o JOIN pattern_matches m ON m.decision_id = o.decision_id AND m.role = 'chosen' JOIN decisions d ON d.id = o.decision_id
WHERE m.pattern_id = $1 AND o.note <> '' ORDER BY o.at DESC, o.id DESC LIMIT $2;
