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
	s, err := setting.Load(ctx, tx)
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
		DedupKey:    fmt.Sprintf("access:%s:%s:%d", e.DoorRef, e.Kind, e.At.Unix()/int64(time.Hour/time.Second))})
	return err
}

// in is an instant by the clock of a place.
func in(at time.Time, zone string) (time.Time, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return at, fmt.Errorf("time zone of the place: %w", err)
	}
	return at.In(loc), nil
}
