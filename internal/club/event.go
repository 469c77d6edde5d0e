package club

import "slices"

// EventCode says what was reported of a device, a door or a booking: "device.offline". What members write
// has no code.
type EventCode string

// The codes of events.
const (
	EventDeviceOffline    EventCode = "device.offline"
	EventDeviceFault      EventCode = "device.fault"  // a condition of the device vendor's monitoring was met
	EventActionFailed     EventCode = "action.failed" // something that we did had no effect
	EventAccessDenied     EventCode = "access.denied"
	EventDoorHeldOpen     EventCode = "access.held_open"
	EventDoorForced       EventCode = "access.forced"
	EventUnlockRequested  EventCode = "access.requested" // somebody rang at the door
	EventBookingCreated   EventCode = "booking.created"
	EventBookingChanged   EventCode = "booking.changed"
	EventBookingCancelled EventCode = "booking.cancelled"
	EventBookingOverlap   EventCode = "booking.overlap"
	EventBookingNoShow    EventCode = "booking.no_show"
)

// EventCodes lists every code, by domain.
func EventCodes() []EventCode {
	return []EventCode{EventDeviceOffline, EventDeviceFault, EventActionFailed, EventAccessDenied, EventDoorHeldOpen, EventDoorForced, EventUnlockRequested,
		EventBookingCreated, EventBookingChanged, EventBookingCancelled, EventBookingOverlap, EventBookingNoShow}
}

// Valid reports whether the code is one of ours.
func (c EventCode) Valid() bool { return slices.Contains(EventCodes(), c) }

// Door reports whether an event of the code is about a door.
func (c EventCode) Door() bool {
	return slices.Contains([]EventCode{EventAccessDenied, EventDoorHeldOpen, EventDoorForced, EventUnlockRequested}, c)
}

// EventProvider is the provider of threads that stand for a situation which was reported and in which
// nobody has written. Whoever is told of it reads that elsewhere.
const EventProvider = "events"
