-- What is looked up in tables that grow with every text, and had no index to be found by. Bookings of a place
-- are found by when they begin.

-- +goose Up
CREATE INDEX proposals_by_thread ON proposals (thread_id, created_at, id);
CREATE INDEX escalations_by_thread ON escalations (thread_id, id);
CREATE INDEX notifications_by_external ON notifications (external_id) WHERE external_id <> '';
CREATE INDEX notifications_failed ON notifications (updated_at) WHERE status = 'failed';
CREATE INDEX bookings_by_location ON bookings (location_id, starts_at);
CREATE INDEX precedents_by_time ON precedents (at, id);
CREATE INDEX precedents_by_actor ON precedents (actor);
CREATE INDEX member_words_by_member ON member_words (member_id);
CREATE INDEX decision_events_by_event ON decision_events (event_id);
CREATE INDEX situations_open ON situations (opened_at, id) WHERE cleared_at IS NULL;

-- +goose Down
DROP INDEX situations_open;
DROP INDEX decision_events_by_event;
DROP INDEX member_words_by_member;
DROP INDEX precedents_by_actor;
DROP INDEX precedents_by_time;
DROP INDEX bookings_by_location;
DROP INDEX notifications_failed;
DROP INDEX notifications_by_external;
DROP INDEX escalations_by_thread;
DROP INDEX proposals_by_thread;
