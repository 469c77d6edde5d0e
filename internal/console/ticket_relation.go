package console

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// foundSize is how many tickets are offered when several fit what was typed.
const foundSize = 8

// besideTicket reads what a ticket has to do with others.
func (v *visit) besideTicket(tx *store.Tx, f frame, users map[club.UserID]identity.User, t store.Ticket, p *page.TicketPage) error {
	ctx := v.r.Context()
	all, err := v.c.Desk.FindTicketRelations(ctx, tx, v.p, t.ID)
	if err != nil {
		return err
	}
	finished := t.Status == club.TicketResolved || t.Status == club.TicketClosed
	for _, r := range all {
		p.Relations = append(p.Relations, page.TicketRelation{ID: r.ID, Kind: r.Kind, Ticket: ticketRow(f, users, r.Ticket)})
		if finished && r.Kind == club.RelationCauseOf && r.Ticket.Status != club.TicketResolved && r.Ticket.Status != club.TicketClosed {
			p.Caused++
		}
	}
	marks, err := v.c.Desk.FindTicketMarks(ctx, tx, []store.Ticket{t})
	if err != nil {
		return err
	}
	p.Ticket.Blocked = marks[t.ID].Blocked
	r, err := v.c.Desk.FindTicketRecurrence(ctx, tx, v.p, t.ID)
	if err != nil || t.Template == desk.RootCause || r.Nth < 2 && r.Root == nil {
		return err
	}
	p.Seen = &page.SeenBefore{Nth: r.Nth, Days: desk.RecurrenceDays, At: r.At}
	for _, e := range r.Earlier {
		row := ticketRow(f, users, e)
		row.At = e.CreatedAt
		p.Seen.Earlier = append(p.Seen.Earlier, row)
	}
	if r.Root != nil {
		root := ticketRow(f, users, *r.Root)
		p.Seen.Root = &root
	}
	return nil
}

// relateForm is the form with what was typed into it, and the tickets that fit.
func (v *visit) relateForm(f frame, users map[club.UserID]identity.User, found []store.Ticket) page.RelateForm {
	out := page.RelateForm{Kind: page.Choices{Selected: v.field("kind")}, Query: v.field("q")}
	for _, r := range club.Relations() {
		out.Kind.Options = append(out.Kind.Options, page.Option{Value: string(r), Label: page.RelationLabel(r)})
	}
	for _, t := range found {
		out.Found = append(out.Found, ticketRow(f, users, t))
	}
	out.Open = out.Query != ""
	return out
}

// relateTicket relates a ticket to the one that was typed or chosen. Where several fit, the page asks.
func relateTicket(v *visit) error {
	id, err := pathID[club.TicketID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	other, found, err := v.otherTicket(id)
	if err == nil && len(found) > 0 {
		return showTicket(v, http.StatusOK, "", found...)
	}
	var r desk.TicketRelation
	if err == nil {
		r, err = v.c.Desk.RelateTickets(v.r.Context(), v.tenant, v.p, id, club.Relation(v.field("kind")), other)
	}
	switch code := club.CodeOf(err); code {
	case "":
		return v.done(v.at("tickets", id.String()), fmt.Sprintf("It %s #%d.", r.Kind.Words(), r.Ticket.Number))
	case club.CodeConflict, club.CodeInvalid:
		return showTicket(v, statusOf(code), sentence(club.MessageOf(err)))
	}
	return err
}

// otherTicket is the ticket that a person chose or typed: its number, or words of which only one has all.
// Found are those that fit when there are several.
func (v *visit) otherTicket(not club.TicketID) (club.TicketID, []store.Ticket, error) {
	if id := idOf[club.TicketID](v.field("other")); id != "" {
		return id, nil, nil
	}
	q := v.field("q")
	if n, err := strconv.ParseInt(strings.TrimPrefix(q, "#"), 10, 64); err == nil {
		q = "#" + strconv.FormatInt(n, 10)
	}
	if q == "" {
		return "", nil, club.Invalid("say which ticket")
	}
	var rows []store.Ticket
	err := v.tenant.Read(v.r.Context(), func(tx *store.Tx) error {
		all, _, err := v.c.Desk.FindTickets(v.r.Context(), tx, v.p, desk.TicketFilter{Query: q, Size: foundSize + 1})
		rows = rows[:0]
		for _, t := range all {
			if t.ID != not || len(all) == 1 {
				rows = append(rows, t)
			}
		}
		return err
	})
	switch {
	case err != nil:
		return "", nil, err
	case len(rows) == 0:
		return "", nil, club.Invalid("no other ticket fits %q", q)
	case len(rows) == 1:
		return rows[0].ID, nil, nil
	}
	return "", rows[:min(len(rows), foundSize)], nil
}

func unrelateTicket(v *visit, id club.TicketID) error {
	relation := idOf[club.RelationID](v.field("relation"))
	if relation == "" {
		return club.Invalid("the form is incomplete; please open the page again")
	}
	return v.c.Desk.UnrelateTickets(v.r.Context(), v.tenant, v.p, id, relation)
}

func resolveCaused(v *visit, id club.TicketID) error {
	_, err := v.c.Desk.ResolveCaused(v.r.Context(), v.tenant, v.p, id)
	return err
}

// tickTicket ticks an item of the checklist, or takes the tick away, and comes back to where it stands.
func tickTicket(v *visit) error {
	id, err := pathID[club.TicketID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	item, err := strconv.Atoi(v.field("item"))
	if err != nil {
		return club.Invalid("the form is incomplete; please open the page again")
	}
	err = v.c.Desk.TickTicket(v.r.Context(), v.tenant, v.p, id, desk.Tick{Item: item, Done: v.field("done") != "", Text: v.field("seen")})
	switch code := club.CodeOf(err); code {
	case "":
		return v.redirect(v.at("tickets", id.String()) + "#check-" + strconv.Itoa(item))
	case club.CodeConflict:
		return showTicket(v, statusOf(code), sentence(club.MessageOf(err)))
	}
	return err
}
