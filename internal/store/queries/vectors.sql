-- name: PutTextVector :exec
INSERT INTO text_vectors (space, digest, model, dimensions, vector, made_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (space, digest) DO NOTHING;

-- name: FindTextVectorDigests :many
SELECT digest FROM text_vectors WHERE space = $1 ORDER BY digest;

-- name: FindTextVectors :many
SELECT digest, vector FROM text_vectors WHERE space = $1 ORDER BY digest;

-- name: DeleteTextVector :execrows
DELETE FROM text_vectors WHERE space = $1 AND digest = $2;

-- name: DeleteOtherTextVectors :execrows
-- Those of every space but one; of all when none is named.
DELETE FROM text_vectors WHERE space <> $1;

-- name: DeleteOtherTextViews :execrows
DELETE FROM text_views WHERE space <> $1;

-- name: PutTextView :exec
INSERT INTO text_views (space, model, dimensions, known, weighing, weighed_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (space) DO UPDATE SET known = excluded.known, weighing = excluded.weighing, weighed_at = excluded.weighed_at;

-- name: FindTextView :one
SELECT w.known, w.weighing, w.weighed_at, CAST((SELECT COUNT(*) FROM text_vectors v WHERE v.space = w.space) AS BIGINT) AS vectors
FROM text_views w WHERE w.space = $1;

-- name: CountTextVectors :one
SELECT CAST(COUNT(*) AS BIGINT) FROM text_vectors WHERE space = $1;

-- name: AddVectorUsage :exec
INSERT INTO vector_usage (day, model, requests, failures, texts, tokens) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (day, model) DO UPDATE SET requests = vector_usage.requests + excluded.requests, failures = vector_usage.failures + excluded.failures,
    texts = vector_usage.texts + excluded.texts, tokens = vector_usage.tokens + excluded.tokens;

-- name: SumVectorUsage :one
-- From a day on.
SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) AS requests, CAST(COALESCE(SUM(failures), 0) AS BIGINT) AS failures,
    CAST(COALESCE(SUM(texts), 0) AS BIGINT) AS texts, CAST(COALESCE(SUM(tokens), 0) AS BIGINT) AS tokens
FROM vector_usage WHERE day >= sqlc.arg(day);

-- name: CountAllTextVectors :one
SELECT CAST(COUNT(*) AS BIGINT) FROM text_vectors;
