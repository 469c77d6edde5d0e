package page

import (
	"strconv"
	"strings"
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
	Blocked  bool      // waits for another ticket that is not done
	Nth      int       // the how-manieth of its fault; nothing is shown below 2
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
	Parts     []TicketPart // of what was written, in order
	CreatedBy string
	CreatedAt time.Time
	Template  string
	Device    string
	Member    string
	MemberID  club.MemberID
	Moves     []club.TicketStatus // statuses it may go to
	Assignees Choices
	Relations []TicketRelation
	Relate    RelateForm
	Caused    int // tickets that a resolved cause can take along
	Seen      *SeenBefore
	Timeline  []TimelineEntry // oldest first
	May       bool            // change it
	Key       string
	Draft     string // a comment as typed, after an error
	Error     string
}

// TicketPart is a stretch of words, or an item of the checklist.
type TicketPart struct {
	Text string
	Item int // counted from 1; 0 for words
	Done bool
}

// progress counts the checklist's items.
func (p TicketPage) progress() (done, all int) {
	for _, x := range p.Parts {
		if x.Item > 0 {
			all++
		}
		if x.Done {
			done++
		}
	}
	return done, all
}

// TicketRelation is another ticket and how it is related.
type TicketRelation struct {
	ID     club.RelationID
	Kind   club.Relation
	Ticket TicketRow
}

// RelateForm is the form that relates the ticket to another one.
type RelateForm struct {
	Kind  Choices
	Query string      // as typed
	Found []TicketRow // when several fit what was typed
	Open  bool
}

// SeenBefore is how a ticket's fault has come back.
type SeenBefore struct {
	Nth     int
	Days    int
	At      string      // "bay", "device" or "location"
	Earlier []TicketRow // newest first; At is when each was made
	Root    *TicketRow
}

func (b SeenBefore) where() string {
	switch b.At {
	case "bay":
		return "in this bay"
	case "device":
		return "on this device"
	}
	return "at this " + b.At
}

// Ordinal is "1st", "2nd", "3rd", "11th".
func Ordinal(n int) string {
	if tens := n % 100; tens < 11 || tens > 13 {
		switch n % 10 {
		case 1:
			return strconv.Itoa(n) + "st"
		case 2:
			return strconv.Itoa(n) + "nd"
		case 3:
			return strconv.Itoa(n) + "rd"
		}
	}
	return strconv.Itoa(n) + "th"
}

// RelationLabel names a relation in the form; it says which ticket a duplicate closes.
func RelationLabel(r club.Relation) string {
	words := relationHead(r)
	switch r {
	case club.RelationDuplicateOf:
		return words + " (closes this one)"
	case club.RelationHasDuplicate:
		return words + " (closes that one)"
	}
	return words
}

// TimelineEntry is something that happened.
type TimelineEntry struct {
	By   string
	What string // "moved it to waiting"
	Text string // a comment, as written
	At   time.Time
}

func relationHead(r club.Relation) string { return strings.ToUpper(r.Words()[:1]) + r.Words()[1:] }
