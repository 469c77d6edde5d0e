package page

import (
	"time"

	"clubos/internal/club"
)

// PlacesPage shows locations, their bays and devices.
type PlacesPage struct {
	Shell
	Filter    Choices // locations
	Locations []LocationBlock
}

// LocationBlock is a location.
type LocationBlock struct {
	ID      club.LocationID
	Name    string
	Address string
	Zone    string
	Hours   string
	Doors   []DeviceRow // devices of no bay
	Bays    []BayBlock
}

// BayBlock is a bay.
type BayBlock struct {
	ID      club.BayID
	Name    string
	State   Word
	Playing string // "until 19:30", or ""
	Devices []DeviceRow
	Tickets int
	Actions []ActionButton
}

// HealthPage shows how the machine and the places fare.
type HealthPage struct {
	Shell
	Overall  Word
	Stats    []Stat
	Services []ServiceRow
	Queues   []QueueRow
	Places   []PlaceHealth
}

// Stat is a figure.
type Stat struct {
	Label string
	Value string
	Sub   string
	Tone  Tone
	Spark []float64 // values in order of time; nil for none
}

// ServiceRow is a vendor or a part of the house.
type ServiceRow struct {
	Name   string
	State  Word
	Detail string
	P95    string
	At     time.Time
}

// QueueRow is a queue of jobs.
type QueueRow struct {
	Name                     string
	Waiting, Running, Failed int
	Oldest                   time.Time
}

// PlaceHealth is a location in figures.
type PlaceHealth struct {
	Name          string
	Online, Total int
	Open          int
	State         Word
}
