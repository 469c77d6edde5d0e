package page

import (
	"time"

	"clubos/internal/club"
)

// TicketsPage shows tickets as a board or as a list.
type TicketsPage struct {
	Shell
	View      string // "board" or "list"
	Status    Choices
	Locations Choices
	Assignee  Choices // "", "me", or a user's id
	Search    string
	Columns   []TicketColumn // of the board
	Rows      []TicketRow    // of the list
	Pager     Pager
	New       TicketForm
	May       bool // create tickets
}

// TicketColumn is a column of the board. Total may exceed the rows shown.
type TicketColumn struct {
	Status club.TicketStatus
	Total  int
	Rows   []TicketRow
}

// TicketRow is a ticket in the list, on the board and beside a thread.
type TicketRow struct {
	ID       club.TicketID
	Number   int64
	Title    string
	Status   club.TicketStatus
	Priority club.Priority
	Place    string
	Assignee string
	SLA      SLA
	Thread   club.ThreadID
	At       time.Time // of the last change
}

// SLA is how a ticket stands against its clock.
type SLA struct {
	Due     time.Time // zero when there is none
	Used    float64   // share of the time that is gone; above 1 it is breached
	Stopped bool      // waiting, resolved, closed
}

func (s SLA) word() Word {
	switch {
	case s.Due.IsZero() || s.Stopped:
		return Word{"", ToneQuiet, ""}
	case s.Used >= 1:
		return Word{"Overdue", ToneDanger, ""}
	case s.Used >= .9:
		return Word{"Due very soon", ToneDanger, ""}
	case s.Used >= .75:
		return Word{"Due soon", ToneWarn, ""}
	}
	return Word{"On time", ToneQuiet, ""}
}

// TicketForm is the form for a ticket, with what was typed after an error.
type TicketForm struct {
	Key        string
	Title      string
	Text       string
	Priority   club.Priority
	Template   Choices
	Location   Choices
	Bay        Choices
	Error      string
	FromThread club.ThreadID
}

// TicketPage is one ticket.
type TicketPage struct {
	Shell
	Ticket    TicketRow
	Version   int64
	Text      string
	CreatedBy string
	CreatedAt time.Time
	Template  string
	Device    string
	Member    string
	MemberID  club.MemberID
	Checklist []string
	Moves     []club.TicketStatus // statuses it may go to
	Assignees Choices
	Relations []TicketRelation
	Timeline  []TimelineEntry // oldest first
	May       bool            // change it
	Key       string
	Draft     string // a comment as typed, after an error
	Error     string
}

// TicketRelation is another ticket and how it relates ("duplicate of", "caused by", "seen again").
type TicketRelation struct {
	Kind   string
	Ticket TicketRow
}

// TimelineEntry is something that happened.
type TimelineEntry struct {
	By   string
	What string // "moved it to waiting"
	Text string // a comment, as written
	At   time.Time
}
