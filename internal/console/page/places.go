package page

import (
	"time"

	"clubos/internal/club"
)

// PlacesPage shows locations, their bays and devices.
type PlacesPage struct {
	Shell
	Filter     Choices // locations
	Locations  []LocationBlock
	Archived   []ArchivedRow
	May        bool // the reader may change locations and bays
	MayDevices bool
}

// ArchivedRow is something that the club no longer has.
type ArchivedRow struct {
	Object, Name, Kind, By string
	At                     time.Time
}

// BayPage is a bay: how it is, who plays, what has happened.
type BayPage struct {
	Shell
	Bay        BayBlock
	Location   string
	LocationID club.LocationID
	Building   []DeviceRow
	Bookings   []BookingRow
	Executions []ExecutionRow
	Threads    []ThreadRow
	May        bool // the reader may change the bay
	MayDevices bool
	MayBook    bool
	Edit       PlaceForm
	Outage     OutageForm
}

// DevicePage is a device that is being set up or changed.
type DevicePage struct {
	Shell
	ID     club.DeviceID // zero for one that is made
	Form   PlaceForm
	Outage OutageForm
	Kind   Choices
	Bay    Choices
	Vendor Choices
	Watch  Choices // how often it is looked at
	Device DeviceRow
	Back   string
}

// PlaceForm is a location, bay or device as it is being written.
type PlaceForm struct {
	Values  map[string]string // by field
	Problem string
	Version string
	Action  string
	Back    string
	Object  string // "" for what is made
}

// OutageForm takes a bay or a device out of use, or back.
type OutageForm struct {
	Action     string
	Current    string // why it is out of use, and until when; "" when it is not
	Reason     string
	Start, End string // like 2026-11-26T18:00
	Zone       string
	Problem    string
}

// PlaceFormPage is the form of a location or of a new bay.
type PlaceFormPage struct {
	Shell
	Form PlaceForm
}

// LocationBlock is a location.
type LocationBlock struct {
	ID       club.LocationID
	Name     string
	Address  string
	Zone     string
	Hours    string
	Doors    []DeviceRow  // devices of no bay
	Troubles []TroubleRow // that concern several bays, or none
	Bays     []BayBlock
}

// BayBlock is a bay.
type BayBlock struct {
	ID       club.BayID
	Name     string
	State    Word
	Playing  string // "until 19:30", or ""
	Devices  []DeviceRow
	Tickets  int
	Actions  []ActionButton
	Outage   string // why it is out of use, or will be; "" when it is not
	Troubles []TroubleRow
}

// TroubleRow is a situation that goes on.
type TroubleRow struct {
	Text  string
	Since time.Time
	URL   string // of its conversation; "" for who may not read it
}

// lookedAt says when a device was seen last, and since when it is as it was seen.
func lookedAt(s Shell, d DeviceRow) string {
	if !d.Known || d.At.IsZero() {
		return "Its vendor has not been asked yet."
	}
	out := "Last seen " + s.Full(d.At)
	if !d.Since.IsZero() {
		state := "offline"
		if d.Online {
			state = "online"
		}
		out += ", " + state + " since " + s.Full(d.Since)
	}
	return out + "."
}
