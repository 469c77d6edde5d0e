package desk

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// DoorAlarm writes a ticket for a door that was forced, at any hour, or held open, at night: by day people
// prop doors. What setting access.alarm says decides how pressing it is, or that it is only shown. One door
// makes one ticket of a kind within an hour.
func (d *Desk) DoorAlarm(ctx context.Context, tx *store.Tx, e store.AccessEvent) error {
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return err
	}
	priority, zone, door := club.PriorityHigh, "UTC", "a door that is not entered under Places"
	if !e.DeviceID.IsZero() {
		l, err := tx.FindLocation(ctx, e.LocationID)
		if err != nil {
			return fmt.Errorf("find location: %w", err)
		}
		device, err := tx.FindDevice(ctx, e.DeviceID)
		if err != nil {
			return fmt.Errorf("find door: %w", err)
		}
		zone, door = l.TimeZone, device.Name+", "+l.Name
	}
	at, err := in(e.At, zone)
	if err != nil {
		return err
	}
	switch {
	case s.DoorAlarm == setting.DoorAlarmOff, e.Kind != club.AccessForced && !s.AtNight(at):
		return nil
	case s.DoorAlarm == setting.DoorAlarmEmergency:
		priority = club.PriorityEmergency
	}
	_, _, err = d.OpenTicket(ctx, tx, self, NewTicket{Template: "access", Title: "Door " + e.Kind.Words() + ": " + door, Priority: priority, Location: e.LocationID, Bay: e.BayID, Device: e.DeviceID,
		Description: fmt.Sprintf("The door controller reported it at %s. Nothing has been done to the door.", at.Format("15:04 on 2 January")),
		DedupKey:    alarmKey(e)})
	return err
}

// alarmKey is the same for what one door reports of a kind within an hour.
func alarmKey(e store.AccessEvent) string {
	return fmt.Sprintf("access:%s:%s:%d", e.DoorRef, e.Kind, e.At.Unix()/int64(time.Hour/time.Second))
}

// JoinAlarm gives a thread the ticket that DoorAlarm made at once for what is decided on there, so that one
// event has one conversation and calls people once. It reports false where there is none.
func (d *Desk) JoinAlarm(ctx context.Context, tx *store.Tx, e store.AccessEvent, thread club.ThreadID) (store.Ticket, bool, error) {
	key := alarmKey(e)
	t, err := tx.FindTicketByDedupKey(ctx, &key)
	if missing(err) {
		return t, false, nil
	}
	if err != nil {
		return t, false, fmt.Errorf("find alarm's ticket: %w", err)
	}
	n, err := tx.GiveTicketThread(ctx, store.GiveTicketThreadParams{ID: t.ID, ThreadID: thread, Now: tx.Now})
	if err != nil {
		return t, false, fmt.Errorf("give ticket its thread: %w", err)
	}
	if n == 1 {
		tx.Changed(TopicTicket, t.ID.String())
	}
	return t, true, nil
}

// in is an instant by the clock of a place.
func in(at time.Time, zone string) (time.Time, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return at, fmt.Errorf("time zone of the place: %w", err)
	}
	return at.In(loc), nil
}
