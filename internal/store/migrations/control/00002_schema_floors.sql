-- While an installation is upgraded, programs of two versions serve a club side by side. A club's floor is the
-- oldest schema version that a program must know to do so: below it, a newer version has taken away what
-- the program would use.

-- +goose Up
CREATE TABLE schema_floors (
    slug   TEXT PRIMARY KEY,
    floor  BIGINT NOT NULL
);

-- +goose Down
DROP TABLE schema_floors;
