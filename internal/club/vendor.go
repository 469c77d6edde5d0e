package club

import (
	"errors"
	"fmt"
	"time"
)

// VendorError is a vendor call that did not succeed. What matters to the caller is whether the vendor
// may have acted all the same.
type VendorError struct {
	Vendor     string        // "ninjaone", "twilio", …
	Op         string        // "reboot device", for people and logs
	Reached    bool          // the request may have reached the vendor: its effect is unknown unless Rejected
	Rejected   bool          // the vendor answered, and said no: it certainly did nothing
	Retryable  bool          // trying again later may succeed (429, 5xx, no connection)
	Status     int           // HTTP status; 0 when there was none
	VendorCode string        // the vendor's own code, for people to look up
	RetryAfter time.Duration // as the vendor asked; 0 when it did not
	Err        error         // never holds a secret or a member's words
}

func (e *VendorError) Error() string {
	s := e.Vendor + ": " + e.Op
	if e.Status != 0 {
		s += fmt.Sprintf(": status %d", e.Status)
	}
	if e.VendorCode != "" {
		s += ": " + e.VendorCode
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *VendorError) Unwrap() error { return e.Err }

// EffectUnknown reports whether err leaves open that the vendor acted. An error of another type is
// taken as unknown, which is the safe reading: nothing is then done a second time.
func EffectUnknown(err error) bool {
	if err == nil {
		return false
	}
	var v *VendorError
	if errors.As(err, &v) {
		return v.Reached && !v.Rejected
	}
	return true
}

// Delivery is one verified webhook from a text-message vendor. At most one of Inbound and Report is
// set; neither means that the event is of a type we do not use, which Ignored names.
type Delivery struct {
	ID      string // the vendor's id of the delivery, for deduplication; "" when it has none
	Inbound *Inbound
	Report  *DeliveryReport
	Ignored string
}

// DeviceState is what a device vendor says of a device.
type DeviceState struct {
	Ref         string // the vendor's id
	Name        string
	Online      bool
	Maintenance bool
	LastContact time.Time
}

// DeviceActivity is an entry of a device vendor's log: what happened to a command, for example.
type DeviceActivity struct {
	ID     string
	Type   string // "action", "scripting", "system"
	Status string // "started", "completed", "failed", …
	Script string // the id by which the script is run; "": it is not of a script, or nobody can tell of which
	Series string // the same in all entries of one run; "" where the vendor does not tell
	Detail string
	At     time.Time
}

// DoorState is what a door controller says of a door.
type DoorState struct {
	Ref    string
	Name   string
	Locked bool // the lock relay
	Open   bool // the leaf, where there is a sensor
	Online bool // the hub answers
}

// BookingChange is a booking as a booking system reported it.
type BookingChange struct {
	Source     string // "webhook", "ical", "csv"
	ExternalID string
	Location   string // its name or id as the booking system knows it
	Bay        string // likewise
	Start, End time.Time
	Cancelled  bool
	Phone      string // "" when the source does not name a person; the booking then proves a slot, not who holds it
	Email      string
	Name       string
	Sequence   int64  // a later change has a higher one (iCal SEQUENCE, or the event's time in microseconds)
	By         Actor  // who brought it, for the audit log; zero: the machine that took it in
	Reason     string // why, for the audit log, where it is not plain
}

// DeviceReport is what a device vendor reports of a device unasked.
type DeviceReport struct {
	ID        string // the second delivery of a report has the same
	Number    int64  // grows with each report of the vendor, whatever the order in which they arrive; 0: not known, At tells
	Ref       string // the vendor's id of the device
	Code      EventCode
	Over      bool   // what was reported before is over
	Condition string // tells what lasts from other things of the device; "" for its being offline
	Detail    string // for people; never personal
	At        time.Time
}
