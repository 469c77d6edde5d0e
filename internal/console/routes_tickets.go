package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/store"
)

func (c *console) ticketRoutes() []route {
	return []route{
		get("/tickets", identity.TicketsRead, func(v *visit) error { return showTickets(v, http.StatusOK, page.TicketForm{}) }),
		post("/tickets", identity.TicketsWrite, createTicket),
		get("/tickets/{id}", identity.TicketsRead, func(v *visit) error { return showTicket(v, http.StatusOK, "") }),
		post("/tickets/{id}/comment", identity.TicketsWrite, onTicket("Added.", func(v *visit, id club.TicketID) error {
			return v.c.Desk.CommentTicket(v.r.Context(), v.tenant, v.p, id, v.text("text"))
		})),
		post("/tickets/{id}/status", identity.TicketsWrite, onTicket("Changed.", func(v *visit, id club.TicketID) error {
			status := club.TicketStatus(v.field("status"))
			if !slices.Contains(club.TicketStatuses(), status) {
				return club.Invalid("there is no such status")
			}
			return v.changeTicket(id, desk.TicketChange{Status: &status})
		})),
		post("/tickets/{id}/assign", identity.TicketsWrite, onTicket("Assigned.", func(v *visit, id club.TicketID) error {
			user := idOf[club.UserID](v.field("assignee"))
			if user == "" && v.field("assignee") != "" {
				return club.Invalid("there is no such user")
			}
			return v.changeTicket(id, desk.TicketChange{AssignedTo: &user})
		})),
		post("/tickets/{id}/priority", identity.TicketsWrite, onTicket("Changed.", func(v *visit, id club.TicketID) error {
			priority, err := club.ParsePriority(v.field("priority"))
			if err != nil {
				return err
			}
			return v.changeTicket(id, desk.TicketChange{Priority: &priority})
		})),
		post("/tickets/{id}/tick", identity.TicketsWrite, tickTicket),
		post("/tickets/{id}/relate", identity.TicketsWrite, relateTicket),
		post("/tickets/{id}/unrelate", identity.TicketsWrite, onTicket("Removed.", unrelateTicket)),
		post("/tickets/{id}/resolve-caused", identity.TicketsWrite, onTicket("Resolved.", resolveCaused)),
	}
}

// changeTicket applies a change to the version that the person saw.
func (v *visit) changeTicket(id club.TicketID, c desk.TicketChange) error {
	version, err := strconv.ParseInt(v.field("version"), 10, 64)
	if err != nil {
		return club.Invalid("the form is incomplete; please open the page again")
	}
	c.Version = &version
	_, err = v.c.Desk.UpdateTicket(v.r.Context(), v.tenant, v.p, id, c)
	return err
}

// onTicket returns the handler of a change of a ticket, which comes back to it.
func onTicket(said string, act func(*visit, club.TicketID) error) func(*visit) error {
	return func(v *visit) error {
		id, err := pathID[club.TicketID](v)
		if err == nil {
			err = v.parse()
		}
		if err != nil {
			return err
		}
		err = act(v, id)
		switch code := club.CodeOf(err); code {
		case "":
			return v.done(v.at("tickets", id.String()), said)
		case club.CodeConflict, club.CodeInvalid:
			return showTicket(v, statusOf(code), sentence(club.MessageOf(err)))
		}
		return err
	}
}

const boardSize = 30 // tickets in a column

func showTickets(v *visit, status int, form page.TicketForm) error {
	users, err := v.users()
	if err != nil {
		return err
	}
	by := desk.TicketFilter{Location: idOf[club.LocationID](v.query("location")), Query: v.query("q"), Cursor: v.query("cursor"), Size: listSize}
	assignee := v.query("assignee")
	if assignee == "me" {
		by.AssignedTo = v.p.UserID
	} else {
		by.AssignedTo = idOf[club.UserID](assignee)
	}
	p := page.TicketsPage{View: "board", Search: by.Query, May: v.p.Can(identity.TicketsWrite), New: form}
	if v.query("view") == "list" {
		p.View = "list"
		if s := club.TicketStatus(v.query("status")); slices.Contains(club.TicketStatuses(), s) {
			by.Status = []club.TicketStatus{s}
			p.Status.Selected = string(s)
		}
	}
	err = v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		f, err := v.frame(tx, "tickets", "Tickets")
		if err != nil {
			return err
		}
		p.Shell = f.Shell
		p.Locations = f.places(by.Location, "All locations")
		p.Status.Options = []page.Option{{Value: "", Label: "All statuses"}}
		for _, s := range club.TicketStatuses() {
			p.Status.Options = append(p.Status.Options, page.Option{Value: string(s), Label: page.TicketWord(s).Label})
		}
		p.Assignee = page.Choices{Selected: assignee, Options: []page.Option{{Value: "", Label: "Everybody"}, {Value: "me", Label: "Me"}}}
		for _, u := range assignees(users, identity.TicketsWrite, by.Location) {
			p.Assignee.Options = append(p.Assignee.Options, page.Option{Value: u.ID.String(), Label: u.Name})
		}
		if err := v.ticketForm(tx, f, &p.New); err != nil {
			return err
		}
		places, err := v.bayNames(tx)
		if err != nil {
			return err
		}
		if p.View == "list" {
			rows, next, err := v.c.Desk.FindTickets(v.r.Context(), tx, v.p, by)
			if err != nil {
				return err
			}
			if p.Rows, err = v.ticketRows(tx, f, users, places, rows); err != nil {
				return err
			}
			if next != "" {
				p.Pager.Next = f.Query("tickets", "view", "list", "status", p.Status.Selected, "location", by.Location.String(), "assignee", assignee, "q", by.Query, "cursor", next)
			}
			return nil
		}
		cols, err := v.c.Desk.FindTicketBoard(v.r.Context(), tx, v.p, by, boardSize)
		if err != nil {
			return err
		}
		for _, c := range cols {
			rows, err := v.ticketRows(tx, f, users, places, c.Tickets)
			if err != nil {
				return err
			}
			p.Columns = append(p.Columns, page.TicketColumn{Status: c.Status, Total: int(c.Total), Rows: rows})
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(status, page.Tickets(p))
}

// ticketForm fills in what the form for a ticket offers.
func (v *visit) ticketForm(tx *store.Tx, f frame, form *page.TicketForm) error {
	if form.Key == "" {
		form.Key = newKey()
	}
	if form.Priority == "" {
		form.Priority = club.PriorityNormal
	}
	form.Template.Options = v.templates()
	form.Location = f.places(club.LocationID(form.Location.Selected), "No location")
	form.Bay.Options = []page.Option{{Value: "", Label: "No bay"}}
	bays, err := tx.FindBays(v.r.Context())
	if err != nil {
		return fmt.Errorf("find bays: %w", err)
	}
	for _, b := range bays {
		if v.p.AllowsLocation(b.LocationID) {
			form.Bay.Options = append(form.Bay.Options, page.Option{Value: b.ID.String(), Label: f.locationName(b.LocationID) + " · " + b.Name})
		}
	}
	return nil
}

// bayNames are the names of all bays by id.
func (v *visit) bayNames(tx *store.Tx) (map[club.BayID]string, error) {
	bays, err := tx.FindBays(v.r.Context())
	if err != nil {
		return nil, fmt.Errorf("find bays: %w", err)
	}
	out := make(map[club.BayID]string, len(bays))
	for _, b := range bays {
		out[b.ID] = b.Name
	}
	return out, nil
}

func (v *visit) ticketRows(tx *store.Tx, f frame, users map[club.UserID]identity.User, bays map[club.BayID]string, rows []store.Ticket) ([]page.TicketRow, error) {
	marks, err := v.c.Desk.FindTicketMarks(v.r.Context(), tx, rows)
	if err != nil {
		return nil, err
	}
	out := make([]page.TicketRow, 0, len(rows))
	for _, t := range rows {
		r := ticketRow(f, users, t)
		r.Place = where(r.Place, bays[t.BayID])
		r.Blocked, r.Nth = marks[t.ID].Blocked, marks[t.ID].Nth
		out = append(out, r)
	}
	return out, nil
}

func ticketRow(f frame, users map[club.UserID]identity.User, t store.Ticket) page.TicketRow {
	r := page.TicketRow{ID: t.ID, Number: t.Number, Title: t.Title, Status: t.Status, Priority: t.Priority, Place: f.locationName(t.LocationID), Thread: t.ThreadID, At: t.UpdatedAt,
		SLA: page.SLA{Due: t.DueAt, Stopped: t.PausedAt != nil || !t.Status.Running()}}
	if t.AssignedTo != "" {
		r.Assignee = actorName(users, t.AssignedTo)
	}
	now := f.Now
	if t.PausedAt != nil {
		now = *t.PausedAt
	}
	if whole := t.DueAt.Sub(t.SlaFrom); whole > 0 {
		r.SLA.Used = max(0, float64(now.Sub(t.SlaFrom))/float64(whole))
	}
	return r
}

func createTicket(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	n := desk.NewTicket{Template: v.field("template"), Title: v.field("title"), Description: v.text("text"), Priority: club.Priority(v.field("priority")), Location: idOf[club.LocationID](v.field("location")),
		Bay: idOf[club.BayID](v.field("bay")), Thread: idOf[club.ThreadID](v.field("thread")), DedupKey: v.field("key")}
	if !n.Bay.IsZero() {
		n.Location = "" // a bay says where it is
	}
	t, err := v.c.Desk.CreateTicket(v.r.Context(), v.tenant, v.p, n)
	switch code := club.CodeOf(err); code {
	case "":
		return v.done(v.at("tickets", t.ID.String()), fmt.Sprintf("Ticket #%d has been made.", t.Number))
	case club.CodeInvalid, club.CodeConflict:
		return showTickets(v, statusOf(code), page.TicketForm{Key: n.DedupKey, Title: n.Title, Text: n.Description, Priority: n.Priority, Template: page.Choices{Selected: n.Template},
			Location: page.Choices{Selected: v.field("location")}, Bay: page.Choices{Selected: n.Bay.String()}, FromThread: n.Thread, Error: sentence(club.MessageOf(err))})
	}
	return err
}
