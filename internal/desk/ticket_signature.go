package desk

import (
	"strings"
	"unicode"

	"clubos/internal/club"
	"clubos/internal/store"
)

// RootCause is the template of tickets that ask why a fault comes back.
const RootCause = "root_cause"

// signature is where something fails and what it is: tickets with the same signature are the same fault
// again. The place is the bay, else the device, else the location. What it is, is the procedure or the
// action that made the ticket, else its template where that is of faults, else its title. It is "" for a
// ticket that belongs to no place, has no title of its own, or itself is about a cause.
func signature(t store.Ticket, n NewTicket, tpl TicketTemplate) string {
	place := placeKey(t)
	if place == "" || t.Template == RootCause {
		return ""
	}
	switch {
	case !n.SOP.IsZero():
		return place + "/sop:" + n.SOP.String()
	case n.Action != "":
		return place + "/action:" + string(n.Action)
	case tpl.Fault:
		return place + "/template:" + t.Template
	case t.Title == tpl.Title:
		return ""
	}
	return place + "/title:" + titleKey(t.Title)
}

func placeKey(t store.Ticket) string {
	switch {
	case !t.BayID.IsZero():
		return t.BayID.String()
	case !t.DeviceID.IsZero():
		return t.DeviceID.String()
	}
	return t.LocationID.String()
}

// titleKey is a title without what differs from one report to the next: case, marks, space.
func titleKey(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	return strings.Join(words, " ")
}

// movedSignature is a ticket's signature after it was moved to another place.
func movedSignature(t store.Ticket) string {
	_, what, ok := strings.Cut(t.Signature, "/")
	place := placeKey(t)
	if !ok || place == "" {
		return ""
	}
	return place + "/" + what
}

// raised is the priority of the root-cause ticket of tickets: one higher than their most pressing one,
// but never an emergency, for nobody is to be woken to look for a cause.
func raised(tickets []store.Ticket) club.Priority {
	rank := club.PriorityLow.Rank()
	for _, t := range tickets {
		rank = min(rank, t.Priority.Rank())
	}
	return club.Priorities()[max(rank-1, club.PriorityHigh.Rank())]
}
