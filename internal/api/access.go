package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// AccessEvent is what a door reported.
type AccessEvent struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind" enum:"granted,denied,opened,closed,held_open,forced,other"`
	Vendor      string    `json:"vendor"`
	VendorType  string    `json:"vendor_type" doc:"What the vendor calls it."`
	DoorRef     string    `json:"door_ref,omitempty" doc:"The vendor's id of the door; absent when it is about something else."`
	DeviceID    string    `json:"device_id,omitempty" doc:"The door; absent when the club has not entered it."`
	Device      string    `json:"device,omitempty" doc:"The door's name."`
	LocationID  string    `json:"location_id,omitempty"`
	BayID       string    `json:"bay_id,omitempty" doc:"Absent: a door of the whole location."`
	ExecutionID string    `json:"execution_id,omitempty" doc:"The execution that was the cause, when one was."`
	At          time.Time `json:"at" doc:"By the vendor's clock."`
	ReceivedAt  time.Time `json:"received_at"`
}

func showAccessEvent(e store.FindAccessEventListRow) (AccessEvent, error) {
	return AccessEvent{ID: e.ID.String(), Kind: string(e.Kind), Vendor: e.Vendor, VendorType: e.VendorType, DoorRef: e.DoorRef, DeviceID: e.DeviceID.String(), Device: e.DoorName,
		LocationID: e.LocationID.String(), BayID: e.BayID.String(), ExecutionID: e.ExecutionID.String(), At: e.At.UTC(), ReceivedAt: e.ReceivedAt.UTC()}, nil
}

type listAccessEvents struct {
	Paging
	Kind     []string  `query:"kind" maxItems:"10" doc:"One or several, separated by commas."`
	Location string    `query:"location" maxLength:"80" doc:"Of this location."`
	Bay      string    `query:"bay" maxLength:"80" doc:"Of this bay's own doors."`
	Device   string    `query:"device" maxLength:"80" doc:"Of this door."`
	Since    time.Time `query:"since" doc:"Reported for this instant or later."`
	Until    time.Time `query:"until" doc:"Reported for before this instant."`
}

// farthest is later than any instant that a list is asked for.
var farthest = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// filter is what the list asks the store for; a cursor narrows it further.
func (in *listAccessEvents) filter(scope string) (store.FindAccessEventListParams, error) {
	f := store.FindAccessEventListParams{Scope: scope, Location: in.Location, Bay: in.Bay, Device: in.Device, Since: time.Unix(0, 0).UTC(), Until: farthest, Before: farthest, Size: in.more()}
	for _, k := range in.Kind {
		if !club.AccessKind(k).Valid() {
			return f, club.Invalid("%.40q is not a kind of access event", k)
		}
	}
	if len(in.Kind) > 0 {
		f.Kinds = "," + strings.Join(in.Kind, ",") + ","
	}
	if in.Since.After(f.Since) {
		f.Since = in.Since.UTC()
	}
	if !in.Until.IsZero() && in.Until.Before(f.Until) {
		f.Until = in.Until.UTC()
	}
	m, err := in.mark()
	if m.id != "" {
		f.Before, f.BeforeID = m.at, m.id
	}
	return f, err
}

func (a *api) registerAccessEvents() {
	register(a, "list-access-events", func(ctx context.Context, c *call, in *listAccessEvents) (out *pageOut[AccessEvent], err error) {
		f, err := in.filter(c.by.LocationScope())
		if err != nil {
			return nil, err
		}
		err = c.read(ctx, func(tx *store.Tx) error {
			rows, err := tx.FindAccessEventList(ctx, f)
			if err != nil {
				return fmt.Errorf("find access events: %w", err)
			}
			out, err = pageOf(in.Paging, rows, func(e store.FindAccessEventListRow) mark { return mark{at: e.At, id: e.ID.String()} }, showAccessEvent)
			return err
		})
		return out, err
	})
}
