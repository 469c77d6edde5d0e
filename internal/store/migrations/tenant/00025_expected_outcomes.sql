-- How probable it was that the situation of an outcome was the known one, and how many outcomes there were:
-- what a record proves of a decision depends on both. Outcomes from before count as of the known situation.

-- +goose Up
ALTER TABLE pattern_outcomes ADD COLUMN probability DOUBLE PRECISION NOT NULL DEFAULT 1;
ALTER TABLE pattern_tallies ADD COLUMN expected DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE pattern_tallies ADD COLUMN seen DOUBLE PRECISION NOT NULL DEFAULT 0;
UPDATE pattern_tallies SET expected = successes + failures, seen = outcomes;

-- +goose Down
ALTER TABLE pattern_tallies DROP COLUMN seen;
ALTER TABLE pattern_tallies DROP COLUMN expected;
ALTER TABLE pattern_outcomes DROP COLUMN probability;
