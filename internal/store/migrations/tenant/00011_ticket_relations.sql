-- How tickets stand to one another, and what tells that a fault has come back: the signature is where
-- something fails and what it is, '' for a ticket that recurs with nothing.

-- +goose Up
ALTER TABLE tickets ADD COLUMN signature TEXT NOT NULL DEFAULT '';
UPDATE tickets SET signature = CASE
    WHEN bay_id IS NOT NULL THEN bay_id WHEN device_id IS NOT NULL THEN device_id ELSE location_id END || '/template:' || template
WHERE location_id IS NOT NULL AND template IN ('equipment_fault', 'network_fault', 'access', 'safety');
CREATE INDEX tickets_by_signature ON tickets (signature, created_at);

CREATE TABLE ticket_relations (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('duplicate_of', 'blocks', 'caused_by', 'related_to')), -- as ticket_id stands to other_id
    ticket_id  TEXT NOT NULL REFERENCES tickets (id), -- of related_to, the lower id
    other_id   TEXT NOT NULL REFERENCES tickets (id),
    created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (ticket_id <> other_id),
    UNIQUE (ticket_id, kind, other_id)
);
CREATE UNIQUE INDEX ticket_relations_one_original ON ticket_relations (ticket_id) WHERE kind = 'duplicate_of';
CREATE INDEX ticket_relations_by_other ON ticket_relations (other_id, kind);

-- Its one row is held by whoever relates tickets, until they commit.
CREATE TABLE relation_turns (
    id   BIGINT PRIMARY KEY CHECK (id = 1),
    turn BIGINT NOT NULL
);
INSERT INTO relation_turns (id, turn) VALUES (1, 0);

-- +goose Down
DROP TABLE relation_turns;
DROP TABLE ticket_relations;
DROP INDEX tickets_by_signature;
ALTER TABLE tickets DROP COLUMN signature;
