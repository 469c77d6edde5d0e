package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/store"
)

// showTicket shows a ticket; found are others that fit what was typed to relate it to one.
func showTicket(v *visit, status int, problem string, found ...store.Ticket) error {
	ctx := v.r.Context()
	id, err := pathID[club.TicketID](v)
	if err != nil {
		return err
	}
	users, err := v.users()
	if err != nil {
		return err
	}
	p := page.TicketPage{May: v.p.Can(identity.TicketsWrite), Key: newKey(), Error: problem}
	if status != http.StatusOK {
		p.Draft = v.text("text")
	}
	err = v.tenant.Read(ctx, func(tx *store.Tx) error {
		f, err := v.frame(tx, "tickets", "Ticket")
		if err != nil {
			return err
		}
		d, err := v.c.Desk.FindTicketDetail(ctx, tx, v.p, id)
		if err != nil {
			return err
		}
		t := d.Ticket
		p.Shell, p.Version = f.Shell, t.Version
		p.Ticket = ticketRow(f, users, t)
		p.Ticket.Place = d.Place
		p.Title = fmt.Sprintf("#%d %s", t.Number, t.Title)
		p.CreatedBy, p.CreatedAt = actorName(users, t.CreatedBy), t.CreatedAt
		v.describeTicket(f, users, d, &p)
		p.Relate = v.relateForm(f, users, found)
		if err := v.besideTicket(tx, f, users, t, &p); err != nil {
			return err
		}
		return v.aroundTicket(tx, t, &p)
	})
	if err != nil {
		return err
	}
	p.Flash = v.found().flash()
	return v.show(status, page.Ticket(p))
}

// describeTicket fills in what follows from the ticket's own rows.
func (v *visit) describeTicket(f frame, users map[club.UserID]identity.User, d desk.TicketDetail, p *page.TicketPage) {
	t := d.Ticket
	for _, tpl := range v.c.Desk.TicketTemplates() {
		if tpl.Key == t.Template && t.Template != "" {
			p.Template = tpl.Title
		}
	}
	for _, x := range desk.ReadDescription(d.Description) {
		p.Parts = append(p.Parts, page.TicketPart{Text: x.Text, Item: x.Item, Done: x.Done})
	}
	for _, s := range club.TicketStatuses() {
		if t.Status.CanBecome(s) {
			p.Moves = append(p.Moves, s)
		}
	}
	p.Assignees = page.Choices{Selected: t.AssignedTo, Options: []page.Option{{Value: "", Label: "Nobody"}}}
	for _, u := range assignees(users, identity.TicketsWrite, t.LocationID) {
		p.Assignees.Options = append(p.Assignees.Options, page.Option{Value: u.ID.String(), Label: u.Name})
	}
	for _, e := range d.Events {
		p.Timeline = append(p.Timeline, ticketEvent(f, users, e))
	}
}

// ticketWords say what somebody did whose text follows as it is.
var ticketWords = map[string]string{"created": "made the ticket", "comment": "wrote", "warning": "warned of the deadline", "recurred": "saw the fault again", "ticked": "ticked", "unticked": "took the tick away from"}

// ticketEvent puts an entry of a ticket's history in words.
func ticketEvent(f frame, users map[club.UserID]identity.User, e desk.TicketEvent) page.TimelineEntry {
	out := page.TimelineEntry{By: actorName(users, e.Actor), At: e.At}
	_, to, changed := strings.Cut(e.Text, " → ")
	switch e.Kind {
	case "status":
		out.What = "moved it to " + lower(page.TicketWord(club.TicketStatus(to)).Label)
	case "priority":
		out.What = "set the priority to " + lower(page.PriorityWord(club.Priority(to)).Label)
	case "assigned":
		out.What = "took it from everybody"
		if to != "" {
			out.What = "gave it to " + actorName(users, to)
		}
	case "moved":
		out.What = "moved it to " + f.locationName(club.LocationID(to))
	case "related":
		out.What = "noted that it " + e.Text
	case "unrelated":
		out.What = "took back that it " + e.Text
	case "cause_resolved":
		out.What = "resolved it together with its cause, " + e.Text
	default:
		if out.What = ticketWords[e.Kind]; out.What == "" {
			out.What = e.Kind
		}
		out.Text = e.Text
	}
	if !changed && slices.Contains([]string{"status", "priority", "assigned", "moved"}, e.Kind) {
		out.Text = e.Text
	}
	return out
}

// aroundTicket reads the device and the member that a ticket is about.
func (v *visit) aroundTicket(tx *store.Tx, t store.Ticket, p *page.TicketPage) error {
	ctx := v.r.Context()
	if !t.DeviceID.IsZero() {
		d, err := tx.FindDevice(ctx, t.DeviceID)
		if err != nil {
			return fmt.Errorf("find device: %w", err)
		}
		p.Device = d.Name
	}
	if t.ThreadID.IsZero() || !v.p.Can(identity.MembersRead) {
		return nil
	}
	th, err := tx.FindThread(ctx, t.ThreadID)
	if err != nil {
		return fmt.Errorf("find ticket's thread: %w", err)
	}
	who, err := people.Find(ctx, tx, v.keys, th.SubjectID)
	if err != nil {
		return err
	}
	p.MemberID, p.Member = who.Member.ID, v.title(who.Name, who.Phone)
	return nil
}
