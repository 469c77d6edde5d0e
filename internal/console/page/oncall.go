package page

import "clubos/internal/club"

// OnCallPage shows who is called when, and how.
type OnCallPage struct {
	Shell
	Week       string // "23–29 Nov"
	Prev, Next string
	Places     []OnCallPlace
	Shifts     []ShiftRow
	Covers     []CoverRow
	May        bool // the reader may change shifts and covers
	People     []Option
	Locations  Choices
	Shift      ShiftForm
	Cover      CoverForm
	Contacts   []ContactForm // the reader's own first
}

// OnCallPlace is a location's week.
type OnCallPlace struct {
	Name string
	Zone string   // in which its times are read
	Now  []string // who is on call at this moment
	Gaps int      // in the week on view
	Days []OnCallDay
}

// OnCallDay is a day of a location's week.
type OnCallDay struct {
	Label string
	Today bool
	Spans []OnCallSpan
}

// OnCallSpan is a stretch of a day in which the same people are on call.
type OnCallSpan struct {
	From, Until string
	Who         string // "" is a gap
	Now         bool
}

// ShiftRow is a weekly shift.
type ShiftRow struct {
	ID              club.ShiftID
	Who, When, Days string
	Where           string
	May             bool // the reader may remove it
}

// CoverRow is a cover that is not over.
type CoverRow struct {
	ID             club.CoverID
	Who, When, For string
	Where          string
	Under          bool // way
	May            bool
}

// ShiftForm is what was typed, after an error.
type ShiftForm struct {
	User, From, Until string
	Days              []string
	Error             string
}

// CoverForm is what was typed, after an error.
type CoverForm struct{ User, For, Start, End, Error string }

// ContactForm is how somebody is called.
type ContactForm struct {
	ID                    club.UserID
	Name                  string
	Self                  bool
	Phone, Email          string
	BySMS, ByEmail        bool
	QuietFrom, QuietUntil string
	Zone                  string
	Ways                  string // in words, "Text and mail"
	Error                 string
}

// weekDays are the days of the week as forms name them.
func weekDays() []Option {
	return []Option{{"mon", "Mon"}, {"tue", "Tue"}, {"wed", "Wed"}, {"thu", "Thu"}, {"fri", "Fri"}, {"sat", "Sat"}, {"sun", "Sun"}}
}
