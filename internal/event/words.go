package event

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"clubos/internal/club"
	"clubos/internal/store"
)

// words says what happened: to the matcher without names, so that one precedent holds for every bay, and
// to people as the title of the situation.
func words(ctx context.Context, tx *store.Tx, c scene, list []store.Event, devices int) (plain, title string, err error) {
	e := list[0]
	place := c.location.Name
	if !c.bay.IsZero() {
		b, err := tx.Known().FindBay(ctx, c.bay)
		if err != nil {
			return "", "", wrap("find bay", err)
		}
		place = b.Name + " at " + c.location.Name
	}
	plain = happened[e.Code]
	switch e.Code {
	case club.EventDeviceOffline, club.EventDeviceFault:
		if c.bays > 1 {
			return "several bays: " + plain, fmt.Sprintf("%d bays at %s: %s", c.bays, place, plain), nil
		}
		if devices > 1 {
			return plain, fmt.Sprintf("%d devices of %s: %s", devices, place, plain), nil
		}
	}
	if e.Code == club.EventBookingOverlap && len(list) > 1 && c.booking.ID.IsZero() {
		return "many bookings overlap", fmt.Sprintf("%d pairs of bookings overlap, %s", len(list), place), nil
	}
	name, kind := "", club.DeviceKind("")
	if !c.device.IsZero() {
		d, err := tx.FindDevice(ctx, c.device)
		if err != nil {
			return "", "", wrap("find device", err)
		}
		name, kind = d.Name, d.Kind
		plain = strings.TrimSpace(kindWords[d.Kind] + " " + plain)
	}
	if !c.act.ID.IsZero() {
		plain = failed(c.act, kindWords[kind])
		return plain, fmt.Sprintf("%s, %s: %s", upper(failed(c.act, name)), place, e.Detail), nil
	}
	title = strings.TrimSpace(name + " " + happened[e.Code])
	if len(list) > 1 && e.Code == club.EventAccessDenied {
		title += " several times"
	}
	title = cmp.Or(strings.TrimSpace(title), string(e.Code)) + ", " + place
	if e.Detail != "" {
		title += ": " + e.Detail
	}
	return plain, title, nil
}

// failed says how an act ended that came to nothing. What is not known to have failed is not said to have.
func failed(x store.Execution, on string) string {
	how := "may not have reached"
	switch x.Outcome {
	case club.OutcomeFailed:
		how = "failed on"
	case club.OutcomeTimeout, club.OutcomePartial:
		how = "had no effect on"
	case club.OutcomeClaimed, club.OutcomeRunning, club.OutcomeSuccess, club.OutcomeUnconfirmed, club.OutcomeRefused:
	}
	return strings.ReplaceAll(string(x.Action), "_", " ") + " " + how + " " + cmp.Or(on, "its device")
}

// upper begins a title with a capital.
func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// happened says in words what a code stands for, behind the name of a device or by itself.
var happened = map[club.EventCode]string{
	club.EventDeviceOffline:    "went offline",
	club.EventDeviceFault:      "reported a fault",
	club.EventActionFailed:     "did not do as it was told",
	club.EventAccessDenied:     "denied access",
	club.EventDoorHeldOpen:     "is held open",
	club.EventDoorForced:       "was forced open",
	club.EventUnlockRequested:  "was rung at",
	club.EventBookingCreated:   "A booking was made",
	club.EventBookingChanged:   "A booking was changed",
	club.EventBookingCancelled: "A booking was cancelled",
	club.EventBookingOverlap:   "Two bookings overlap",
	club.EventBookingNoShow:    "Nobody came to a booking",
}

var kindWords = map[club.DeviceKind]string{
	club.DevicePC: "the computer", club.DeviceTracker: "the launch monitor", club.DeviceDisplay: "the projector or screen", club.DeviceDoor: "the door",
	club.DeviceHub: "the door controller", club.DeviceNetwork: "the network", club.DeviceLighting: "the lights",
}

// Words says what an event of a code is, for people.
func Words(code club.EventCode) string { return happened[code] }
