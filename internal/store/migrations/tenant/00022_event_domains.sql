-- Doors and bookings report, too: what an event points to is looked up when that is deleted or changes, and
-- events that nobody has taken up are forgotten after a while.

-- +goose Up
CREATE INDEX events_by_access_event ON events (access_event_id) WHERE access_event_id IS NOT NULL;
CREATE INDEX events_by_booking ON events (booking_id, code) WHERE booking_id IS NOT NULL;

-- +goose Down
DROP INDEX events_by_booking;
DROP INDEX events_by_access_event;
