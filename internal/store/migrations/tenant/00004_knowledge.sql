-- SOPs. A version is never changed; a SOP points at the version that is live.

-- +goose Up
CREATE TABLE sops (
    id             TEXT PRIMARY KEY,
    slug           TEXT NOT NULL, -- the same procedure in several scopes shares its slug
    scope          TEXT NOT NULL CHECK (scope IN ('global', 'location', 'bay')),
    location_id    TEXT REFERENCES locations (id),
    bay_id         TEXT REFERENCES bays (id),
    category       TEXT NOT NULL,
    title          TEXT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('draft', 'shadow', 'live', 'archived')),
    version        BIGINT NOT NULL, -- the newest version
    live_version   BIGINT, -- NULL: never published
    created_at     TIMESTAMPTZ NOT NULL,
    updated_at     TIMESTAMPTZ NOT NULL,
    CHECK ((scope = 'global' AND location_id IS NULL AND bay_id IS NULL)
        OR (scope = 'location' AND location_id IS NOT NULL AND bay_id IS NULL)
        OR (scope = 'bay' AND location_id IS NOT NULL AND bay_id IS NOT NULL))
);
CREATE UNIQUE INDEX sops_global ON sops (slug) WHERE scope = 'global';
CREATE UNIQUE INDEX sops_location ON sops (slug, location_id) WHERE scope = 'location';
CREATE UNIQUE INDEX sops_bay ON sops (slug, bay_id) WHERE scope = 'bay';
CREATE INDEX sops_by_category ON sops (category, status);

CREATE TABLE sop_versions (
    id          TEXT PRIMARY KEY,
    sop_id      TEXT NOT NULL REFERENCES sops (id),
    version     BIGINT NOT NULL,
    body        JSONB NOT NULL,
    note        TEXT NOT NULL, -- why it was changed
    created_by  TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (sop_id, version)
);

-- +goose Down
DROP TABLE sop_versions;
DROP TABLE sops;
