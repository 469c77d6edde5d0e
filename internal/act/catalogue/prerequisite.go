package catalogue

import (
	"encoding/json"
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"clubos/internal/club"
)

// PrerequisiteKind names something that must hold before an action runs. The gate proves it from
// rows and vendors, never from what somebody says.
type PrerequisiteKind string

// The prerequisites.
const (
	BookingActive    PrerequisiteKind = "booking_active"     // a confirmed booking, neither cancelled nor a no-show, is current or next for the place
	WithinTimeWindow PrerequisiteKind = "within_time_window" // the time is between Before ahead of that booking's start and After past its end
	MemberIsBooker   PrerequisiteKind = "member_is_booker"   // the thread's member holds that booking
	MemberKnown      PrerequisiteKind = "member_known"       // the sender's number belongs to a member
	BayKnown         PrerequisiteKind = "bay_known"          // context names exactly one bay
	DoorKnown        PrerequisiteKind = "door_known"         // context names exactly one door
	DeviceOnline     PrerequisiteKind = "device_online"      // the vendor sees the target, just now, and it is not in maintenance
	NoRecentAction   PrerequisiteKind = "no_recent_action"   // nothing is under way on the target, and nothing succeeded on it within Within
)

// PrerequisiteKinds lists every kind.
func PrerequisiteKinds() []PrerequisiteKind {
	return []PrerequisiteKind{BookingActive, WithinTimeWindow, MemberIsBooker, MemberKnown, BayKnown, DoorKnown, DeviceOnline, NoRecentAction}
}

// Where an entry does not say otherwise.
const (
	DefaultWindow = 10 * time.Minute // Before and After of within_time_window
	DefaultRecent = 2 * time.Minute  // Within of no_recent_action
	maxWindow     = 2 * time.Hour
)

// Prerequisite is one condition. In YAML and JSON it is its kind alone, or an object with the kind
// and its durations ("10m"); durations left out take the defaults.
type Prerequisite struct {
	Kind   PrerequisiteKind
	Before time.Duration // within_time_window only
	After  time.Duration // within_time_window only
	Within time.Duration // no_recent_action only
}

// NewPrerequisite returns the condition of that kind with the default durations.
func NewPrerequisite(k PrerequisiteKind) Prerequisite {
	switch k {
	case WithinTimeWindow:
		return Prerequisite{Kind: k, Before: DefaultWindow, After: DefaultWindow}
	case NoRecentAction:
		return Prerequisite{Kind: k, Within: DefaultRecent}
	}
	return Prerequisite{Kind: k}
}

// Validate reports an unknown kind or a duration that does not belong.
func (p Prerequisite) Validate() error {
	window, recent := p.Kind == WithinTimeWindow, p.Kind == NoRecentAction
	switch {
	case !slices.Contains(PrerequisiteKinds(), p.Kind):
		return club.Invalid("%q is not a prerequisite; the prerequisites are %s", p.Kind, list(PrerequisiteKinds()))
	case !window && (p.Before != 0 || p.After != 0):
		return club.Invalid("%s takes neither before nor after", p.Kind)
	case !recent && p.Within != 0:
		return club.Invalid("%s does not take within", p.Kind)
	case window && (p.Before < 0 || p.After < 0 || p.Before > maxWindow || p.After > maxWindow):
		return club.Invalid("%s: before and after lie between 0 and %s", p.Kind, maxWindow)
	case recent && (p.Within <= 0 || p.Within > 24*time.Hour):
		return club.Invalid("%s: within lies between 1ns and 24h", p.Kind)
	}
	return nil
}

// IsDefault reports whether p has nothing but the default durations, so that its kind alone says it.
func (p Prerequisite) IsDefault() bool { return p == NewPrerequisite(p.Kind) }

// wirePrerequisite is the long form.
type wirePrerequisite struct {
	Kind   PrerequisiteKind `yaml:"kind" json:"kind"`
	Before string           `yaml:"before,omitempty" json:"before,omitempty"`
	After  string           `yaml:"after,omitempty" json:"after,omitempty"`
	Within string           `yaml:"within,omitempty" json:"within,omitempty"`
}

func (p Prerequisite) wire() wirePrerequisite {
	w := wirePrerequisite{Kind: p.Kind}
	switch p.Kind {
	case WithinTimeWindow:
		w.Before, w.After = p.Before.String(), p.After.String()
	case NoRecentAction:
		w.Within = p.Within.String()
	}
	return w
}

// MarshalYAML writes the short form where it says everything.
func (p Prerequisite) MarshalYAML() (any, error) {
	if p.IsDefault() {
		return string(p.Kind), nil
	}
	return p.wire(), nil
}

// MarshalJSON writes the short form where it says everything.
func (p Prerequisite) MarshalJSON() ([]byte, error) {
	if p.IsDefault() {
		return json.Marshal(string(p.Kind))
	}
	return json.Marshal(p.wire())
}

// UnmarshalJSON reads either form.
func (p *Prerequisite) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	return p.fromAny(v)
}

// UnmarshalYAML reads either form.
func (p *Prerequisite) UnmarshalYAML(n *yaml.Node) error {
	var v any
	if err := n.Decode(&v); err != nil {
		return err
	}
	return p.fromAny(v)
}

func (p *Prerequisite) fromAny(v any) error {
	if s, ok := v.(string); ok {
		*p = NewPrerequisite(PrerequisiteKind(s))
		return nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return club.Invalid("a prerequisite is a name, or an object with kind, before, after and within")
	}
	kind, ok := m["kind"].(string)
	if !ok {
		return club.Invalid("the prerequisite has no kind")
	}
	out := NewPrerequisite(PrerequisiteKind(kind))
	for k, v := range m {
		field := map[string]*time.Duration{"before": &out.Before, "after": &out.After, "within": &out.Within}[k]
		if k == "kind" {
			continue
		}
		if field == nil {
			return club.Invalid("%s: unknown key %q", kind, k)
		}
		d, err := parseDuration(v)
		if err != nil {
			return club.Invalid("%s: %s: %s", kind, k, club.MessageOf(err))
		}
		*field = d
	}
	*p = out
	return nil
}
