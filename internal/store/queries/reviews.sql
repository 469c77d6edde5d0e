-- name: CreateAloneDecision :exec
INSERT INTO alone_decisions (decision_id, thread_id, pattern_id, location_id, tier, allowed, action, action_class, draw, share, verdict, because, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', $11);

-- name: FindAloneDecision :one
SELECT decision_id, thread_id, pattern_id, location_id, tier, allowed, action, action_class, draw, share, verdict, because, judged_at, at
FROM alone_decisions WHERE decision_id = $1;

-- name: JudgeAloneDecision :exec
UPDATE alone_decisions SET verdict = $2, because = $3, judged_at = $4 WHERE decision_id = $1;

-- name: CountWouldHave :many
-- What would have been done alone since an instant, by what it is, where, and what people did.
SELECT a.verdict, a.tier, a.action_class, a.location_id, a.pattern_id, CAST(COALESCE(p.title, '') AS TEXT) AS title, COUNT(*) AS decisions
FROM alone_decisions a LEFT JOIN decision_patterns p ON p.id = a.pattern_id
WHERE a.allowed = FALSE AND a.verdict IN ('', 'agreed', 'disagreed') AND a.at >= sqlc.arg(since)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR a.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || a.location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR a.location_id = CAST(sqlc.arg(location) AS TEXT))
GROUP BY a.verdict, a.tier, a.action_class, a.location_id, a.pattern_id, p.title
ORDER BY a.action_class, a.location_id, a.pattern_id, a.verdict, a.tier;

-- name: FindDisagreements :many
-- Where a person did something else than would have been done, the newest first.
SELECT a.decision_id, a.thread_id, a.tier, a.action, a.because, a.location_id, a.at, d.title
FROM alone_decisions a JOIN decisions d ON d.id = a.decision_id
WHERE a.allowed = FALSE AND a.verdict = 'disagreed' AND a.at >= sqlc.arg(since)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR a.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || a.location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR a.location_id = CAST(sqlc.arg(location) AS TEXT))
ORDER BY a.at DESC, a.decision_id DESC LIMIT sqlc.arg(size);

-- name: CreateReview :exec
INSERT INTO reviews (decision_id, thread_id, location_id, share, answer, reason, note, actor, created_at)
VALUES ($1, $2, $3, $4, '', '', '', '', $5) ON CONFLICT (decision_id) DO NOTHING;

-- name: FindReview :one
SELECT decision_id, thread_id, location_id, share, answer, reason, note, instead, pattern_id, actor, answered_at, created_at FROM reviews WHERE decision_id = $1;

-- name: FindReviews :many
-- Those that wait, or were answered so, the oldest first, after a cursor.
SELECT r.decision_id, r.thread_id, r.location_id, r.share, r.answer, r.reason, r.note, r.instead, r.pattern_id, r.actor, r.answered_at, r.created_at FROM reviews r
WHERE r.answer = sqlc.arg(answer)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR r.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || r.location_id || ',%')
  AND (CAST(sqlc.arg(after) AS TEXT) = '' OR r.decision_id > CAST(sqlc.arg(after) AS TEXT))
ORDER BY r.decision_id LIMIT sqlc.arg(size);

-- name: CountReviews :one
-- How many wait.
SELECT COUNT(*) FROM reviews r
WHERE r.answer = ''
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR r.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || r.location_id || ',%');

-- name: AnswerReview :execrows
-- The one place where a review is answered: 0 rows when somebody was first.
UPDATE reviews SET answer = $2, reason = $3, note = $4, instead = $5, pattern_id = $6, actor = $7, answered_at = $8 WHERE decision_id = $1 AND answer = '';

-- name: PutTruth :exec
INSERT INTO decision_truths (decision_id, pattern_id, location_id, tier, alone, share, score, probability, confidence, fits, good, at, updated_at, space)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (decision_id) DO UPDATE SET pattern_id = excluded.pattern_id, alone = excluded.alone, share = excluded.share, fits = excluded.fits, good = excluded.good, updated_at = excluded.updated_at;

-- name: FindTruth :one
SELECT decision_id, pattern_id, location_id, tier, alone, share, score, probability, confidence, fits, good, at, updated_at, space FROM decision_truths WHERE decision_id = $1;

-- name: FindNewestTruth :one
-- What changed last: the stamp of the record.
SELECT decision_id, updated_at FROM decision_truths ORDER BY updated_at DESC, decision_id DESC LIMIT 1;

-- name: FindTruths :many
-- The newest, for calibration.
SELECT decision_id, pattern_id, location_id, tier, alone, share, score, probability, confidence, fits, good, at, updated_at, space FROM decision_truths
ORDER BY at DESC, decision_id DESC LIMIT $1;

-- name: FindTruthsBetween :many
SELECT decision_id, pattern_id, location_id, tier, alone, share, score, probability, confidence, fits, good, at, updated_at, space FROM decision_truths t
WHERE t.at >= sqlc.arg(since) AND t.at < sqlc.arg(until)
  AND (CAST(sqlc.arg(scope) AS TEXT) = '' OR t.location_id IS NULL OR CAST(sqlc.arg(scope) AS TEXT) LIKE '%,' || t.location_id || ',%')
  AND (CAST(sqlc.arg(location) AS TEXT) = '' OR t.location_id = CAST(sqlc.arg(location) AS TEXT))
ORDER BY t.at DESC, t.decision_id DESC LIMIT sqlc.arg(size);
