-- name: FindAlarms :many
SELECT name, node, since, seen_at, told_at FROM alarms ORDER BY name, since, node;

-- name: SeeAlarm :exec
-- Notes that something is not as promised, since this look unless it was so before.
INSERT INTO alarms (name, node, since, seen_at) VALUES ($1, $2, $3, $3)
ON CONFLICT (name, node) DO UPDATE SET seen_at = excluded.seen_at;

-- name: TellAlarm :execrows
-- Takes it upon itself to tell people; 0 rows when somebody has.
UPDATE alarms SET told_at = sqlc.arg(now) WHERE name = $1 AND node = $2 AND told_at IS NULL;

-- name: EndAlarm :execrows
-- 0 rows when somebody else has.
DELETE FROM alarms WHERE name = $1 AND node = $2;
