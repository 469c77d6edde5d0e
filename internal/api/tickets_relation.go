package api

import (
	"context"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/store"
)

// TicketRelation is how a ticket stands to another one.
type TicketRelation struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind" enum:"related_to,duplicate_of,has_duplicate,blocks,blocked_by,caused_by,cause_of" doc:"Seen from the ticket that was asked about."`
	Ticket    Ticket    `json:"ticket" doc:"The other one."`
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
}

func showRelation(r desk.TicketRelation) (TicketRelation, error) {
	return TicketRelation{ID: r.ID.String(), Kind: string(r.Kind), Ticket: showTicket(r.Ticket), CreatedBy: r.By, CreatedAt: r.At.UTC()}, nil
}

// TicketRecurrence is how the fault of a ticket has come back.
type TicketRecurrence struct {
	Nth       int      `json:"nth" doc:"The how-manieth ticket of its fault this is within the days; 1 is the first, 0 where nothing can recur. For a root-cause ticket, how many tickets it is about."`
	Days      int      `json:"days"`
	At        string   `json:"at,omitempty" doc:"What the tickets have in common: bay, device or location."`
	Earlier   []Ticket `json:"earlier" nullable:"false" doc:"Newest first, at most 100. For a root-cause ticket, all it is about."`
	RootCause *Ticket  `json:"root_cause,omitempty" doc:"The newest root-cause ticket of the fault."`
}

// ResolvedTickets says how many tickets were resolved.
type ResolvedTickets struct {
	Resolved int `json:"resolved"`
}

type relationList struct {
	Paging
	ID string `path:"id" doc:"The thing's id." maxLength:"80"`
}

type relateTickets struct {
	ByID
	Body struct {
		Kind     string `json:"kind" enum:"related_to,duplicate_of,has_duplicate,blocks,blocked_by,caused_by,cause_of"`
		TicketID string `json:"ticket_id" minLength:"1" maxLength:"80" doc:"The other one."`
	}
}

type byRelation struct {
	ByID
	Relation string `path:"relation" maxLength:"80"`
}

type tickTicket struct {
	ByID
	Item int `path:"item" minimum:"1" maximum:"10000" doc:"Counted from 1."`
	Body struct {
		Done bool   `json:"done"`
		Text string `json:"text,omitempty" maxLength:"10000" doc:"The item as you read it, to be sure that it is still the same."`
	}
}

func (a *api) registerTicketRelations() {
	register(a, "list-ticket-relations", func(ctx context.Context, c *call, in *relationList) (out *pageOut[TicketRelation], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			all, err := a.cfg.Desk.FindTicketRelations(ctx, tx, c.by, club.TicketID(in.ID))
			if err != nil {
				return err
			}
			out, err = cut(in.Paging, all, func(r desk.TicketRelation) string { return r.ID.String() }, showRelation)
			return err
		})
		return out, err
	})
	register(a, "relate-tickets", func(ctx context.Context, c *call, in *relateTickets) (*madeOut[TicketRelation], error) {
		r, err := a.cfg.Desk.RelateTickets(ctx, c.tenant, c.by, club.TicketID(in.ID), club.Relation(in.Body.Kind), club.TicketID(in.Body.TicketID))
		if err != nil {
			return nil, err
		}
		body, err := showRelation(r)
		return made(in.InClub, "/tickets/"+in.ID+"/relations", r.ID.String(), "", body), err
	})
	register(a, "unrelate-tickets", func(ctx context.Context, c *call, in *byRelation) (*noneOut, error) {
		return &noneOut{}, a.cfg.Desk.UnrelateTickets(ctx, c.tenant, c.by, club.TicketID(in.ID), club.RelationID(in.Relation))
	})
	register(a, "resolve-caused", func(ctx context.Context, c *call, in *ByID) (*oneOut[ResolvedTickets], error) {
		n, err := a.cfg.Desk.ResolveCaused(ctx, c.tenant, c.by, club.TicketID(in.ID))
		return &oneOut[ResolvedTickets]{Body: ResolvedTickets{n}}, err
	})
	register(a, "get-ticket-recurrence", func(ctx context.Context, c *call, in *ByID) (out *oneOut[TicketRecurrence], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			r, err := a.cfg.Desk.FindTicketRecurrence(ctx, tx, c.by, club.TicketID(in.ID))
			if err != nil {
				return err
			}
			body := TicketRecurrence{Nth: r.Nth, Days: desk.RecurrenceDays, At: r.At, Earlier: []Ticket{}}
			for _, t := range r.Earlier {
				body.Earlier = append(body.Earlier, showTicket(t))
			}
			if r.Root != nil {
				root := showTicket(*r.Root)
				body.RootCause = &root
			}
			out = &oneOut[TicketRecurrence]{Body: body}
			return nil
		})
		return out, err
	})
	register(a, "tick-ticket", func(ctx context.Context, c *call, in *tickTicket) (*oneOut[TicketDetail], error) {
		id := club.TicketID(in.ID)
		if err := a.cfg.Desk.TickTicket(ctx, c.tenant, c.by, id, desk.Tick{Item: in.Item, Done: in.Body.Done, Text: in.Body.Text}); err != nil {
			return nil, err
		}
		return a.ticketDetail(ctx, c, id)
	})
}
