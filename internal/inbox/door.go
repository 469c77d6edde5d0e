package inbox

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/store"
)

// AccessTopic is what Tx.Changed announces for an access event.
const AccessTopic = "access"

// sameEvent is the time within which a door controller's reports of the same content are one report
// delivered twice. Some say nothing of their time, so that the content alone would take the second honest
// "denied" for the first.
const sameEvent = 10 * time.Second

// DoorEvent stores what a door controller reports, once, has the people told whom Config.DoorAlarm calls, and
// has it gathered with what belongs to it. It does nothing to any door: a report is evidence.
func (in *Inbox) DoorEvent(ctx context.Context, tenant *store.Tenant, e club.DoorEvent) (Result, error) {
	if e.ID == "" {
		return Result{}, club.Invalid("a door event needs an id")
	}
	if !e.Kind.Valid() {
		e.Kind = club.AccessOther
	}
	var res Result
	err := tenant.Write(ctx, func(tx *store.Tx) error {
		res = Result{}
		row, err := accessEvent(ctx, tx, e)
		if err != nil {
			return err
		}
		n, err := tx.CreateAccessEvent(ctx, store.CreateAccessEventParams(row))
		if err != nil {
			return fmt.Errorf("store access event: %w", err)
		}
		if n == 0 {
			res.Duplicate = true
			tx.Relies()
			return nil
		}
		tx.Changed(AccessTopic, row.ID.String())
		if err := event.TakeDoor(ctx, tx, row, eventOf(e)); err != nil {
			return fmt.Errorf("report a door: %w", err)
		}
		if in.cfg.DoorAlarm == nil || !row.Kind.Alarms() {
			return nil
		}
		if err := in.cfg.DoorAlarm(ctx, tx, row); err != nil {
			return fmt.Errorf("tell of a door: %w", err)
		}
		return nil
	})
	return res, err
}

// eventOf is what an access event reports; "" for what is of no concern by itself.
func eventOf(e club.DoorEvent) club.EventCode {
	switch e.Kind {
	case club.AccessDenied:
		return club.EventAccessDenied
	case club.AccessHeldOpen:
		return club.EventDoorHeldOpen
	case club.AccessForced:
		return club.EventDoorForced
	case club.AccessOther:
		if e.Rang {
			return club.EventUnlockRequested
		}
	case club.AccessGranted, club.AccessOpened, club.AccessClosed:
	}
	return ""
}

// accessEvent is the row of an event, with the place of the door as far as the club has entered it.
func accessEvent(ctx context.Context, tx *store.Tx, e club.DoorEvent) (store.AccessEvent, error) {
	at := e.At.UTC().Truncate(time.Microsecond)
	if e.At.IsZero() {
		at = tx.Now
	}
	row := store.AccessEvent{ID: club.NewAccessEventID(tx.Now), Vendor: key(e.Vendor), EventKey: key(e.ID) + "@" + strconv.FormatInt(at.Unix()/int64(sameEvent/time.Second), 10),
		Kind: e.Kind, VendorType: clean(e.Type, maxKey), DoorRef: key(e.Door), At: at, ReceivedAt: tx.Now, CorrelationID: tx.Correlation}
	if e.Door != "" {
		d, err := tx.FindDeviceByRef(ctx, store.FindDeviceByRefParams{Vendor: row.Vendor, VendorRef: row.DoorRef})
		if err != nil && !missing(err) {
			return row, fmt.Errorf("find door: %w", err)
		}
		row.DeviceID, row.LocationID, row.BayID = d.ID, d.LocationID, d.BayID
	}
	if e.Key != "" {
		x, err := tx.FindExecution(ctx, club.ExecutionID(key(e.Key)))
		if err != nil && !missing(err) {
			return row, fmt.Errorf("find execution: %w", err)
		}
		row.ExecutionID = x.ID
	}
	return row, nil
}
