// Package booking reads files of bookings: what a booking system exports as comma-separated values.
//
// It turns bytes into changes and faults and touches nothing else; whether a bay exists and what an
// import changes is for the inbox to say. Nothing is guessed: a date that can be read in two ways, an
// hour that the clocks skip or repeat and a word that is no status are faults, each with its line, its
// column and what to do about it.
package booking

import "fmt"

// Limits of a file. A file is taken in one transaction, which on SQLite keeps every other writer
// waiting; so many rows take a few seconds.
const (
	MaxBytes = 10 << 20
	MaxRows  = 20_000
)

// Fault is what is wrong with one line of a file. It repeats nothing of what a person is known by.
type Fault struct {
	Line    int    // in the file, the heading being line 1; 0 where there is no file
	Column  string // as this package calls it ("start"), "" for the line as a whole
	Problem string // for people, without a full stop
	Remedy  string // what to do, likewise
}

func (f *Fault) Error() string {
	if f.Line == 0 {
		return f.Problem
	}
	if f.Column == "" {
		return fmt.Sprintf("line %d: %s", f.Line, f.Problem)
	}
	return fmt.Sprintf("line %d, %s: %s", f.Line, f.Column, f.Problem)
}

// Column is a heading that is understood.
type Column struct {
	Name     string
	Also     []string // other words for it
	Required bool
	Help     string
	Example  string
}

// Columns lists the headings that are understood, in the order of the template.
func Columns() []Column {
	return []Column{
		{"booking_id", []string{"id", "booking", "reference", "booking_reference", "confirmation"}, true, "The booking's id in your system. The same id again is a change of the same booking.", "B-1001"},
		{"location", []string{"venue", "club", "site"}, false, "Name, short name or id of the location. May be left out when you have one.", ""},
		{"bay", []string{"space", "resource", "simulator", "room"}, true, "Number or name of the bay.", "3"},
		{"date", []string{"day", "booking_date"}, false, "The day, where start and end are times of day only.", ""},
		{"start", []string{"start_time", "from", "starts_at", "begin"}, true, "When it begins. Without an offset it is the location's local time.", "2026-11-26 18:00"},
		{"end", []string{"end_time", "to", "ends_at", "until"}, false, "When it ends, written like the start. Either this or the duration is needed.", "2026-11-26 19:00"},
		{"duration", []string{"minutes", "duration_minutes", "length"}, false, "Minutes, or hours and minutes like 1:30, in place of the end.", ""},
		{"status", []string{"state", "booking_status"}, false, "confirmed or cancelled; empty is confirmed.", "confirmed"},
		{"phone", []string{"mobile", "customer_phone", "phone_number"}, false, "Number of who holds the booking; by it ClubOS knows a member's text.", "+15550199001"},
		{"email", []string{"e-mail", "customer_email", "email_address"}, false, "Address of who holds it, used where there is no number.", ""},
		{"name", []string{"customer", "customer_name", "guest"}, false, "Name of who holds it.", "Ann Example"},
	}
}
