-- Search for words in texts. message_search finds the texts that hold words which begin as those of a
-- query, '"froze"* "bay"*', do, all of them; '""' finds none. SQLite, where full-text search is a virtual table, has its
-- own file for this number; it is asked by the same words, for a virtual table can be called as well.
-- Only masked texts are indexed. rowid, as SQLite calls it, orders the texts by time: here it is the id,
-- in a collation that no index has, so that nobody walks all texts in that order. What is replaced by a
-- space are the signs that PostgreSQL's parser makes one token of with the words beside them ("and/or",
-- "wi-fi", "25.50"): words are letters and digits.

-- +goose Up
CREATE INDEX messages_by_word ON messages
    USING gin ((to_tsvector('simple', left(replace(replace(replace(replace(replace(replace(replace(replace(replace(masked, '.', ' '), '-', ' '), '/', ' '), '@', ' '), '<', ' '), '&', ' '), '+', ' '), '~', ' '), '_', ' '), 20000))));

-- +goose StatementBegin
CREATE FUNCTION message_search(query TEXT) RETURNS TABLE (thread_id TEXT, rowid TEXT) LANGUAGE sql STABLE AS $$
    SELECT m.thread_id, m.id COLLATE "C" FROM messages m
    WHERE to_tsvector('simple', left(replace(replace(replace(replace(replace(replace(replace(replace(replace(m.masked, '.', ' '), '-', ' '), '/', ' '), '@', ' '), '<', ' '), '&', ' '), '+', ' '), '~', ' '), '_', ' '), 20000))
        @@ to_tsquery('simple', NULLIF(replace(replace(replace(query, '"* "', '"* & "'), '"*', '":*'), '"', ''''), ''''''))
$$;
-- +goose StatementEnd

CREATE INDEX messages_troubled ON messages (updated_at) WHERE status IN ('unconfirmed', 'failed');
CREATE INDEX executions_unconfirmed ON executions (created_at) WHERE outcome = 'unconfirmed';

-- +goose Down
DROP INDEX executions_unconfirmed;
DROP INDEX messages_troubled;
DROP FUNCTION message_search(TEXT);
DROP INDEX messages_by_word;
