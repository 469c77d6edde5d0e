package page

import (
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
)

// BookingsPage is a day of bookings, or what a search found.
type BookingsPage struct {
	Shell
	Day       time.Time // in the club's zone
	Prev      string    // addresses
	Next      string
	Today     string
	IsToday   bool
	Locations Choices
	Status    Choices
	Search    string // Rows are then what it found, whatever the day
	Days      []BookingDay
	Rows      []BookingRow
	More      bool // there are more than are shown
	May       bool // the reader may change bookings
}

// BookingDay is a location's day, drawn.
type BookingDay struct {
	ID               string
	Place, Zone      string
	FromHour, ToHour int // the hours drawn
	Now              int // minutes since midnight; negative when it is another day
	Lanes            []BookingLane
}

// BookingLane is a bay's day.
type BookingLane struct {
	Bay     string
	URL     string // of the bay; "" for bookings of no bay
	Note    string // "Out of service"
	Rows    int    // one, or more where bookings overlap
	Slots   []BookingSlot
	Minutes int // booked
}

// BookingSlot is a drawn booking; From and To are minutes since midnight.
type BookingSlot struct {
	From, To, Row int
	Time          string
	Label         string
	URL           string
	Tone          Tone
	Overlaps      bool
}

// BookingRow is a booking in a list.
type BookingRow struct {
	ID         club.BookingID
	Start, End time.Time
	Zone       *time.Location // of its location
	Bay        string
	Place      string
	Member     string
	MemberID   club.MemberID
	Status     club.BookingStatus
	Running    bool
	Source     string // for people
	Reference  string
	Thread     club.ThreadID
}

// BookingPage is one booking with what became of it.
type BookingPage struct {
	Shell
	Row     BookingRow
	Edited  string // "Kim changed it by hand on …", or ""
	Comes   string // what its source means for changes by hand
	History []TimelineEntry
	Version string
	Form    *BookingForm // nil for who may not change it
	Day     string       // address of its day
	Reports []BookingReport
}

// BookingReport is something that was reported of a booking, newest first.
type BookingReport struct {
	ID     club.EventID
	What   string
	At     time.Time
	Thread club.ThreadID // zero: it was kept without a conversation
	May    bool          // the reader may open one
}

// BookingForm is a booking as it is being written.
type BookingForm struct {
	Where            Choices // "location|bay"
	Day, Start, End  string
	Holder           string
	Nobody           bool
	Known            bool // there is a holder already
	Reason           string
	Taken            bool // the bay is taken; the form asks whether that is meant
	Problem          string
	Errors           map[string]string
	Key              string
	Zone             string
	Action, Complete string // where it is sent; what its button says
	Version          string
	Cancel           string // where to go back to
}

// BookingImportPage takes a file of bookings.
type BookingImportPage struct {
	Shell
	Problem string
	Columns []ColumnHelp
	Dates   Choices
	Source  Choices
	MaxMB   int
	MaxRows int
}

// ColumnHelp explains a column of a file.
type ColumnHelp struct {
	Name, Also, Help, Example string
	Required                  bool
}

// BookingPreviewPage says what a file would change.
type BookingPreviewPage struct {
	Shell
	ID          string
	File        string
	Fingerprint string
	Notice      string // that something has changed since the preview
	Created     int
	Changed     int
	Cancelled   int
	Unchanged   int
	Kept        int
	Faults      []FaultRow
	MoreFaults  int
	Lines       []PreviewRow
	MoreLines   int
	Ignored     []string
	Dates       string // as chosen
	Source      string
}

// FaultRow is a line that cannot be used.
type FaultRow struct {
	Line                    int
	Column, Problem, Remedy string
}

// PreviewRow is a line and what it would do.
type PreviewRow struct {
	Line      int
	Reference string
	What      Word
	Where     string
	When      string
	Before    string // what changes, "" for nothing
	Overlaps  string
}

// Total is how many bookings would differ.
func (p BookingPreviewPage) Total() int { return p.Created + p.Changed + p.Cancelled }

const laneHeight = 44 // pixels: a finger's

// at is where a minute of the day stands, in per cent of the hours drawn.
func (d BookingDay) at(minute int) string {
	return fmt.Sprintf("%.3f%%", 100*float64(minute-d.FromHour*60)/float64(60*max(d.ToHour-d.FromHour, 1)))
}

func (d BookingDay) width(s BookingSlot) string {
	return fmt.Sprintf("%.3f%%", 100*float64(max(s.To-s.From, 10))/float64(60*max(d.ToHour-d.FromHour, 1)))
}

func (d BookingDay) hours() []int {
	var hs []int
	for h := d.FromHour; h < d.ToHour; h++ {
		hs = append(hs, h)
	}
	return hs
}

func (d BookingDay) showsNow() bool { return d.Now >= d.FromHour*60 && d.Now < d.ToHour*60 }

func (l BookingLane) height() string { return fmt.Sprint(max(l.Rows, 1) * laneHeight) }

func (s BookingSlot) y() string { return fmt.Sprint(s.Row*laneHeight + 3) }

func laneLabel(l BookingLane) string {
	if len(l.Slots) == 0 {
		return l.Bay + ": nothing booked"
	}
	return l.Bay + ": " + plural(len(l.Slots), "booking", "bookings")
}

func slotLabel(s BookingSlot) string {
	parts := []string{s.Time, s.Label}
	if s.Overlaps {
		parts = append(parts, "overlaps another booking")
	}
	return strings.Join(parts, ", ")
}

// Span says when a booking is: its day, its times and their zone.
func (r BookingRow) Span() string {
	z := r.zone()
	a, b := r.Start.In(z), r.End.In(z)
	end := b.Format("15:04 MST")
	if a.YearDay() != b.YearDay() {
		end = b.Format("Mon 15:04 MST")
	}
	return a.Format("Monday 2 January 2006, 15:04") + " – " + end
}

func (r BookingRow) zone() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}
