package simulate

import (
	"time"

	"clubos/internal/club"
)

// Club is a synthetic club: what Populate wrote, in plain text. It is not changed after it is made and
// may then be read by many goroutines.
type Club struct {
	Slug      club.Slug
	Name      string
	Locations []Location
	Members   []Member
	Bookings  []Booking // by start
	Staff     []Staff
	Scripts   map[string]int // the RMM's ids of scripts, by the setting's key ("rmm.script.restart_trackman")
	Now       time.Time      // the instant the bookings were laid around
}

// Location is a place with its line, its entrance and its bays.
type Location struct {
	ID       club.LocationID
	Slug     string
	Name     string
	TimeZone string            // IANA name
	Details  map[string]string // what replies may quote, and the ids that actions need
	Line     string            // the number members text, E.164
	Provider string            // of the line: "openphone" or "twilio"
	Door     Device
	Hub      Device // the door's controller
	Bays     []Bay
}

// Bay is a place to play, with its devices.
type Bay struct {
	ID      club.BayID
	Number  int
	Name    string
	PC      Device
	Tracker Device
	Display Device
}

// Device is something a vendor knows by Ref.
type Device struct {
	ID     club.DeviceID
	Kind   club.DeviceKind
	Name   string
	Vendor string
	Ref    string
}

// Member is somebody who plays here. Email is "" for those who gave none.
type Member struct {
	ID      club.MemberID
	Subject club.SubjectID
	Name    string
	Phone   string // E.164
	Email   string
	Home    string // a location's name
}

// Booking is a slot in a bay. Member is an index into Club.Members; -1 is a slot whose booker the
// booking system does not name.
type Booking struct {
	ExternalID string
	Location   string // name
	Bay        int    // number
	Member     int
	Start, End time.Time // UTC
	Cancelled  bool

	source string // of a stored booking: whose it is
}

// Active reports whether the booking runs at the instant.
func (b Booking) Active(at time.Time) bool {
	return !b.Cancelled && !at.Before(b.Start) && at.Before(b.End)
}

// Staff is somebody who works for the club. SlackUserID is who they are when they press a button there.
type Staff struct {
	ID          club.UserID
	Name        string
	Email       string
	Role        club.Role
	Locations   []string // names; empty: all
	SlackUserID string
	Phone       string // on which they are called; "" when they are not
}

// FindLocation returns the location of that name.
func (c *Club) FindLocation(name string) (Location, bool) {
	for _, l := range c.Locations {
		if l.Name == name {
			return l, true
		}
	}
	return Location{}, false
}

// FindBay returns the bay of that number at the location of that name.
func (c *Club) FindBay(location string, number int) (Bay, bool) {
	l, ok := c.FindLocation(location)
	if !ok {
		return Bay{}, false
	}
	for _, b := range l.Bays {
		if b.Number == number {
			return b, true
		}
	}
	return Bay{}, false
}

// FindStaff returns the first of the staff with that role.
func (c *Club) FindStaff(role club.Role) (Staff, bool) {
	for _, s := range c.Staff {
		if s.Role == role {
			return s, true
		}
	}
	return Staff{}, false
}

// BookingsOf returns the bookings of a member, by start.
func (c *Club) BookingsOf(member int) []Booking {
	var out []Booking
	for _, b := range c.Bookings {
		if b.Member == member {
			out = append(out, b)
		}
	}
	return out
}

// FindMember returns the index of the member with that number, -1 when nobody has it.
func (c *Club) FindMember(phone string) int {
	for i, m := range c.Members {
		if m.Phone == phone {
			return i
		}
	}
	return -1
}
