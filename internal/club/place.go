package club

import "time"

// DeviceKind says what a device is.
type DeviceKind string

// The kinds of devices in a club.
const (
	DevicePC       DeviceKind = "pc"       // the computer that drives a bay
	DeviceTracker  DeviceKind = "tracker"  // the launch monitor (TrackMan or the like)
	DeviceDisplay  DeviceKind = "display"  // projector or side screen
	DeviceDoor     DeviceKind = "door"     // a door lock
	DeviceHub      DeviceKind = "hub"      // a door controller
	DeviceNetwork  DeviceKind = "network"  // router, access point
	DeviceLighting DeviceKind = "lighting" // lights and their switch
)

// DeviceKinds lists every kind.
func DeviceKinds() []DeviceKind {
	return []DeviceKind{DevicePC, DeviceTracker, DeviceDisplay, DeviceDoor, DeviceHub, DeviceNetwork, DeviceLighting}
}

// BookingReach is how far back is looked for bookings that run at an instant. What began earlier and still
// runs is no visit: a bay that is blocked for weeks is out of use.
const BookingReach = 31 * 24 * time.Hour

// BookingStatus is the state of a booking.
type BookingStatus string

// The states of a booking.
const (
	BookingConfirmed BookingStatus = "confirmed"
	BookingCancelled BookingStatus = "cancelled"
	BookingNoShow    BookingStatus = "no_show"
)
