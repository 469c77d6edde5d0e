-- Search for words in texts, by the full-text search of SQLite; see the file of the same number for
-- PostgreSQL. The index keeps no text of its own but reads it from messages. Its parts are merged sixteen at
-- a time instead of four (automerge), so that storing a text costs less.

-- +goose Up
CREATE VIRTUAL TABLE message_search USING fts5 (thread_id UNINDEXED, masked, content = 'messages', content_rowid = 'rowid',
    detail = none, columnsize = 0, tokenize = "unicode61 remove_diacritics 0");
INSERT INTO message_search (message_search) VALUES ('rebuild');
INSERT INTO message_search (message_search, rank) VALUES ('automerge', 0);

-- +goose StatementBegin
CREATE TRIGGER messages_search_insert AFTER INSERT ON messages BEGIN
    INSERT INTO message_search (rowid, thread_id, masked) VALUES (new.rowid, new.thread_id, new.masked);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER messages_search_delete AFTER DELETE ON messages BEGIN
    INSERT INTO message_search (message_search, rowid, thread_id, masked) VALUES ('delete', old.rowid, old.thread_id, old.masked);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER messages_search_update AFTER UPDATE OF masked ON messages BEGIN
    INSERT INTO message_search (message_search, rowid, thread_id, masked) VALUES ('delete', old.rowid, old.thread_id, old.masked);
    INSERT INTO message_search (rowid, thread_id, masked) VALUES (new.rowid, new.thread_id, new.masked);
END;
-- +goose StatementEnd

CREATE INDEX messages_troubled ON messages (updated_at) WHERE status IN ('unconfirmed', 'failed');
CREATE INDEX executions_unconfirmed ON executions (created_at) WHERE outcome = 'unconfirmed';

-- +goose Down
DROP INDEX executions_unconfirmed;
DROP INDEX messages_troubled;
DROP TRIGGER messages_search_update;
DROP TRIGGER messages_search_delete;
DROP TRIGGER messages_search_insert;
DROP TABLE message_search;
