-- What people say in their own words when they change or decline a proposal: beside the reason that they
-- choose, for colleagues and for whoever looks at a pattern's record.

-- +goose Up
ALTER TABLE overrides ADD COLUMN note TEXT NOT NULL DEFAULT ''; -- masked

-- +goose Down
ALTER TABLE overrides DROP COLUMN note;
