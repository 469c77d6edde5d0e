package club

import (
	"slices"
	"time"
)

// AccessKind is what a door controller reports of a door.
type AccessKind string

// The kinds of access events.
const (
	AccessGranted  AccessKind = "granted"   // a credential, or we, opened it
	AccessDenied   AccessKind = "denied"    // a credential did not
	AccessOpened   AccessKind = "opened"    // its contact says that it stands open
	AccessClosed   AccessKind = "closed"    // its contact says that it is shut
	AccessHeldOpen AccessKind = "held_open" // it has stood open for too long
	AccessForced   AccessKind = "forced"    // it was opened without being released
	AccessOther    AccessKind = "other"
)

// AccessKinds lists every kind.
func AccessKinds() []AccessKind {
	return []AccessKind{AccessGranted, AccessDenied, AccessOpened, AccessClosed, AccessHeldOpen, AccessForced, AccessOther}
}

// Alarms reports whether somebody should look at the door.
func (k AccessKind) Alarms() bool { return k == AccessHeldOpen || k == AccessForced }

// Words says it for people, after the name of the door.
func (k AccessKind) Words() string {
	switch k {
	case AccessGranted:
		return "access granted"
	case AccessDenied:
		return "access denied"
	case AccessOpened, AccessClosed:
		return string(k)
	case AccessHeldOpen:
		return "held open"
	case AccessForced:
		return "forced open"
	case AccessOther:
	}
	return "reported something"
}

// DoorEvent is what a door controller reports. Who used which credential is not in it.
type DoorEvent struct {
	Vendor string
	ID     string // of the content; the second delivery of an event has the same
	Type   string // the vendor's word for it
	Kind   AccessKind
	Rang   bool   // somebody rang at the door; its Kind is AccessOther
	Door   string // the vendor's id of the door; "" when it is about something else
	Key    string // ours, when we were the cause
	At     time.Time
}

// Valid reports whether the kind is one of ours.
func (k AccessKind) Valid() bool { return slices.Contains(AccessKinds(), k) }
