-- Why somebody is set aside is told beside how far the others agree with each other; and whoever is taken back in by
-- hand is compared by what they answer from then on.

-- +goose Up
ALTER TABLE set_aside ADD COLUMN others_compared BIGINT NOT NULL DEFAULT 0;
ALTER TABLE set_aside ADD COLUMN others_agreed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE set_aside ADD COLUMN counted_from TIMESTAMPTZ; -- NULL: all they ever answered

-- +goose Down
ALTER TABLE set_aside DROP COLUMN counted_from;
ALTER TABLE set_aside DROP COLUMN others_agreed;
ALTER TABLE set_aside DROP COLUMN others_compared;
