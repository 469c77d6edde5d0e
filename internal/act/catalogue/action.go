package catalogue

import (
	"slices"
	"time"

	"clubos/internal/club"
)

// Category groups actions for people and for kill switches.
type Category string

// The categories.
const (
	CategoryDevice Category = "device" // something in a bay is restarted or switched
	CategoryAccess Category = "access" // a door
	CategoryWords  Category = "words"  // a text to the member
	CategoryDesk   Category = "desk"   // work for a person
)

// Categories lists every category.
func Categories() []Category {
	return []Category{CategoryDevice, CategoryAccess, CategoryWords, CategoryDesk}
}

// TargetKind says what an action acts on. The gate finds the target in context by it.
type TargetKind string

// The kinds of targets.
const (
	TargetNone   TargetKind = "none"
	TargetBay    TargetKind = "bay"
	TargetDevice TargetKind = "device"
	TargetDoor   TargetKind = "door"
	TargetThread TargetKind = "thread"
	TargetMember TargetKind = "member"
)

// TargetKinds lists every kind.
func TargetKinds() []TargetKind {
	return []TargetKind{TargetNone, TargetBay, TargetDevice, TargetDoor, TargetThread, TargetMember}
}

// Target is what an action acts on. DeviceKind narrows it: the device of that kind in the bay.
type Target struct {
	Kind       TargetKind      `yaml:"kind" json:"kind"`
	DeviceKind club.DeviceKind `yaml:"device_kind,omitempty" json:"device_kind,omitempty"`
}

// Limits cap how often an action may run. Zero means no limit of that kind.
type Limits struct {
	PerBooking      int `yaml:"per_booking,omitempty" json:"per_booking,omitempty"`
	PerBayPerHour   int `yaml:"per_bay_per_hour,omitempty" json:"per_bay_per_hour,omitempty"`     // over the last 60 minutes, not the clock hour
	PerMemberPerDay int `yaml:"per_member_per_day,omitempty" json:"per_member_per_day,omitempty"` // over the last 24 hours
}

// IsZero reports whether nothing is limited.
func (l Limits) IsZero() bool { return l == Limits{} }

// VerificationKind is how one sees that an action worked.
type VerificationKind string

// The kinds of verification: what the second look must find.
const (
	VerifyNone            VerificationKind = "none"
	VerifyDeviceOnline    VerificationKind = "device_back_online" // the device went away and made contact again after the call
	VerifyScriptCompleted VerificationKind = "script_completed"   // the RMM's log says so, after the call
	VerifyDoorUnlocked    VerificationKind = "door_unlocked_log"  // the controller's log has an unlock with our execution id
	VerifyDoorLocked      VerificationKind = "door_locked_state"  // the controller says that the lock relay is locked
	VerifyMessageAccepted VerificationKind = "message_accepted"   // the text-message vendor took it
	VerifyRowExists       VerificationKind = "row_exists"         // our own row stands, in the same transaction
)

// VerificationKinds lists every kind.
func VerificationKinds() []VerificationKind {
	return []VerificationKind{VerifyNone, VerifyDeviceOnline, VerifyScriptCompleted, VerifyDoorUnlocked, VerifyDoorLocked,
		VerifyMessageAccepted, VerifyRowExists}
}

// Verification is the second look. When Within has passed and it found nothing, the execution is
// unconfirmed.
type Verification struct {
	Kind   VerificationKind `yaml:"kind" json:"kind"`
	Within time.Duration    `yaml:"within,omitempty" json:"within,omitempty"`
}

// Compensation is the action that makes amends. It is offered to a person, never run by itself.
type Compensation struct {
	Action club.ActionName `yaml:"action" json:"action"`
	Text   string          `yaml:"text" json:"text"` // what the offer says
}

// Retry says how often a call is tried, and only while it is certain that the vendor was not
// reached; after that nothing is sent a second time. Attempts counts the first call too.
type Retry struct {
	Attempts int           `yaml:"attempts" json:"attempts"`
	Wait     time.Duration `yaml:"wait,omitempty" json:"wait,omitempty"` // before the second attempt; doubled for each further one
}

// Action is an entry of the catalogue.
type Action struct {
	Name          club.ActionName `yaml:"name" json:"name"`
	Title         string          `yaml:"title" json:"title"`
	Description   string          `yaml:"description" json:"description"`
	Category      Category        `yaml:"category" json:"category"`
	Risk          club.Risk       `yaml:"risk" json:"risk"`
	Reversible    bool            `yaml:"reversible,omitempty" json:"reversible"` // its effect ends or can be taken back
	Target        Target          `yaml:"target" json:"target"`
	Params        []Param         `yaml:"params,omitempty" json:"params,omitempty"`
	Timeout       time.Duration   `yaml:"timeout" json:"timeout"` // for the vendor's answer to the call
	Prerequisites []Prerequisite  `yaml:"prerequisites,omitempty" json:"prerequisites,omitempty"`
	Cooldown      time.Duration   `yaml:"cooldown,omitempty" json:"cooldown,omitempty"` // between two runs of this action on one target
	Limits        Limits          `yaml:"limits,omitempty" json:"limits,omitzero"`
	Verification  Verification    `yaml:"verification" json:"verification"`
	Compensation  *Compensation   `yaml:"compensation,omitempty" json:"compensation,omitempty"`
	Call          Call            `yaml:"call" json:"call"`
	Retry         Retry           `yaml:"retry" json:"retry"`
}

// Requires returns the prerequisite of that kind, if the action has it.
func (a Action) Requires(k PrerequisiteKind) (Prerequisite, bool) {
	for _, p := range a.Prerequisites {
		if p.Kind == k {
			return p, true
		}
	}
	return Prerequisite{}, false
}

// Physical reports whether the action moves something in the club: a device or a door.
func (a Action) Physical() bool {
	return a.Category == CategoryDevice || a.Category == CategoryAccess
}

// NeedsOnline reports whether the vendor must see what the action acts on.
func (a Action) NeedsOnline() bool {
	return slices.ContainsFunc(a.Prerequisites, func(p Prerequisite) bool { return p.Kind == DeviceOnline })
}
