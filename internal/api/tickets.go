package api

import (
	"context"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/store"
)

// Ticket is work for the club's staff.
type Ticket struct {
	ID         string     `json:"id"`
	Number     int64      `json:"number" doc:"For people, counted per club."`
	Title      string     `json:"title" doc:"Phone numbers, e-mail addresses and the member's name are masked."`
	Status     string     `json:"status" enum:"open,in_progress,waiting,resolved,closed"`
	Priority   string     `json:"priority" enum:"emergency,high,normal,low"`
	Template   string     `json:"template"`
	LocationID string     `json:"location_id,omitempty"`
	BayID      string     `json:"bay_id,omitempty"`
	DeviceID   string     `json:"device_id,omitempty"`
	ThreadID   string     `json:"thread_id,omitempty"`
	AssignedTo string     `json:"assigned_to,omitempty"`
	DueAt      time.Time  `json:"due_at"`
	PausedAt   *time.Time `json:"paused_at,omitempty" doc:"Since when its clock stands still."`
	Version    int64      `json:"version"`
	CreatedBy  string     `json:"created_by"`
	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
	ResolvedAt *time.Time `json:"resolved_at,omitempty"`
}

func showTicket(t store.Ticket) Ticket {
	return Ticket{ID: t.ID.String(), Number: t.Number, Title: t.Title, Status: string(t.Status), Priority: string(t.Priority), Template: t.Template, LocationID: t.LocationID.String(),
		BayID: t.BayID.String(), DeviceID: t.DeviceID.String(), ThreadID: t.ThreadID.String(), AssignedTo: t.AssignedTo, DueAt: t.DueAt.UTC(), PausedAt: utc(t.PausedAt), Version: t.Version,
		CreatedBy: t.CreatedBy, CreatedAt: t.CreatedAt.UTC(), UpdatedAt: t.UpdatedAt.UTC(), ResolvedAt: utc(t.ResolvedAt)}
}

// TicketDetail is a ticket with its words and its history.
type TicketDetail struct {
	Ticket      Ticket          `json:"ticket"`
	Description string          `json:"description"`
	Checklist   []ChecklistItem `json:"checklist" nullable:"false" doc:"The lines of the description that begin with - [ ] or - [x]."`
	Events      []TicketEvent   `json:"events" nullable:"false" doc:"Oldest first, at most 500."`
}

// ChecklistItem is a line of a ticket's description that can be ticked.
type ChecklistItem struct {
	Item int    `json:"item" doc:"Counted from 1."`
	Text string `json:"text"`
	Done bool   `json:"done"`
}

// TicketEvent is an entry of a ticket's history.
type TicketEvent struct {
	ID    string    `json:"id"`
	Kind  string    `json:"kind"`
	Text  string    `json:"text,omitempty"`
	Actor string    `json:"actor"`
	At    time.Time `json:"at"`
}

// TicketTemplate is a kind of ticket: what a new one begins with.
type TicketTemplate struct {
	Key       string   `json:"key"`
	Title     string   `json:"title"`
	Priority  string   `json:"priority"`
	Checklist []string `json:"checklist" nullable:"false"`
	Fault     bool     `json:"fault" doc:"Several of them at one place are the same fault again, whatever their titles."`
}

type listTickets struct {
	Paging
	Status   []string `query:"status" maxItems:"5" doc:"One or several, separated by commas."`
	Priority []string `query:"priority" maxItems:"4" doc:"One or several, separated by commas."`
	Location string   `query:"location" maxLength:"80"`
	Assigned string   `query:"assigned_to" maxLength:"80"`
	Thread   string   `query:"thread" maxLength:"80"`
	Overdue  bool     `query:"overdue"`
	Q        string   `query:"q" maxLength:"200" doc:"Part of the title, or # and the number."`
}

type newTicket struct {
	InClub
	Body struct {
		Template    string `json:"template,omitempty" maxLength:"60"`
		Title       string `json:"title,omitempty" maxLength:"400" doc:"Default: the template's."`
		Description string `json:"description,omitempty" maxLength:"10000"`
		Priority    string `json:"priority,omitempty" enum:"emergency,high,normal,low"`
		LocationID  string `json:"location_id,omitempty" maxLength:"80"`
		BayID       string `json:"bay_id,omitempty" maxLength:"80"`
		DeviceID    string `json:"device_id,omitempty" maxLength:"80"`
		ThreadID    string `json:"thread_id,omitempty" maxLength:"80"`
		AssignedTo  string `json:"assigned_to,omitempty" maxLength:"80"`
	}
}

type editTicket struct {
	ByID
	Edit
	Body struct {
		Status      *string `json:"status,omitempty" enum:"open,in_progress,waiting,resolved,closed"`
		Priority    *string `json:"priority,omitempty" enum:"emergency,high,normal,low"`
		AssignedTo  *string `json:"assigned_to,omitempty" maxLength:"80" doc:"Empty: nobody."`
		Title       *string `json:"title,omitempty" maxLength:"400"`
		Description *string `json:"description,omitempty" maxLength:"10000"`
		LocationID  *string `json:"location_id,omitempty" maxLength:"80" doc:"Clears bay and device."`
	}
}

type commentTicket struct {
	ByID
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"10000"`
	}
}

func (a *api) registerTickets() {
	register(a, "list-tickets", a.listTickets)
	register(a, "get-ticket", func(ctx context.Context, c *call, in *ByID) (*oneOut[TicketDetail], error) {
		return a.ticketDetail(ctx, c, club.TicketID(in.ID))
	})
	register(a, "create-ticket", func(ctx context.Context, c *call, in *newTicket) (*madeOut[TicketDetail], error) {
		b := in.Body
		t, err := a.cfg.Desk.CreateTicket(ctx, c.tenant, c.by, desk.NewTicket{Template: b.Template, Title: b.Title, Description: b.Description, Priority: club.Priority(b.Priority),
			Location: club.LocationID(b.LocationID), Bay: club.BayID(b.BayID), Device: club.DeviceID(b.DeviceID), Thread: club.ThreadID(b.ThreadID), AssignedTo: club.UserID(b.AssignedTo), DedupKey: c.once})
		if err != nil {
			return nil, err
		}
		out, err := a.ticketDetail(ctx, c, t.ID)
		if err != nil {
			return nil, err
		}
		return made(in.InClub, "/tickets", t.ID.String(), out.ETag, out.Body), nil
	})
	register(a, "update-ticket", func(ctx context.Context, c *call, in *editTicket) (*oneOut[TicketDetail], error) {
		version, newest, err := in.version()
		if err != nil {
			return nil, err
		}
		b, id := in.Body, club.TicketID(in.ID)
		change := desk.TicketChange{Status: as[club.TicketStatus](b.Status), Priority: as[club.Priority](b.Priority), AssignedTo: as[club.UserID](b.AssignedTo), Title: b.Title,
			Description: b.Description, Location: as[club.LocationID](b.LocationID)}
		if !newest {
			change.Version = &version
		}
		t, err := a.cfg.Desk.UpdateTicket(ctx, c.tenant, c.by, id, change)
		if club.CodeOf(err) == club.CodeConflict && !newest {
			// The room says conflict of an old version as of a rule; which it was shows in the row.
			if now, ferr := a.ticketDetail(ctx, c, id); ferr == nil && now.Body.Ticket.Version != version {
				return nil, stale()
			}
		}
		if err != nil {
			return nil, err
		}
		return a.ticketDetail(ctx, c, t.ID)
	})
	register(a, "comment-ticket", func(ctx context.Context, c *call, in *commentTicket) (*oneOut[TicketDetail], error) {
		if err := a.cfg.Desk.CommentTicket(ctx, c.tenant, c.by, club.TicketID(in.ID), in.Body.Text); err != nil {
			return nil, err
		}
		return a.ticketDetail(ctx, c, club.TicketID(in.ID))
	})
	register(a, "list-ticket-templates", func(_ context.Context, _ *call, in *Paging) (*pageOut[TicketTemplate], error) {
		return cut(*in, a.cfg.Desk.TicketTemplates(), func(t desk.TicketTemplate) string { return t.Key }, func(t desk.TicketTemplate) (TicketTemplate, error) {
			return TicketTemplate{Key: t.Key, Title: t.Title, Priority: string(t.Priority), Checklist: texts(t.Checklist), Fault: t.Fault}, nil
		})
	})
}

func (a *api) listTickets(ctx context.Context, c *call, in *listTickets) (*pageOut[Ticket], error) {
	f := desk.TicketFilter{Location: club.LocationID(in.Location), AssignedTo: club.UserID(in.Assigned), Thread: club.ThreadID(in.Thread), Overdue: in.Overdue, Query: in.Q, Cursor: in.Cursor, Size: in.Limit}
	for _, s := range in.Status {
		if !slices.Contains(club.TicketStatuses(), club.TicketStatus(s)) {
			return nil, club.Invalid("status must be one of %v", club.TicketStatuses())
		}
		f.Status = append(f.Status, club.TicketStatus(s))
	}
	for _, s := range in.Priority {
		if !slices.Contains(club.Priorities(), club.Priority(s)) {
			return nil, club.Invalid("priority must be one of %v", club.Priorities())
		}
		f.Priority = append(f.Priority, club.Priority(s))
	}
	if err := in.readable(); err != nil {
		return nil, err
	}
	out := &pageOut[Ticket]{Body: Page[Ticket]{Items: []Ticket{}}}
	err := c.read(ctx, func(tx *store.Tx) error {
		rows, next, err := a.cfg.Desk.FindTickets(ctx, tx, c.by, f)
		out.Body.NextCursor = next
		for _, t := range rows {
			out.Body.Items = append(out.Body.Items, showTicket(t))
		}
		return err
	})
	return out, err
}

func (a *api) ticketDetail(ctx context.Context, c *call, id club.TicketID) (out *oneOut[TicketDetail], err error) {
	err = c.read(ctx, func(tx *store.Tx) error {
		d, err := a.cfg.Desk.FindTicketDetail(ctx, tx, c.by, id)
		if err != nil {
			return err
		}
		body := TicketDetail{Ticket: showTicket(d.Ticket), Description: d.Description, Checklist: []ChecklistItem{}, Events: []TicketEvent{}}
		for _, p := range desk.ReadDescription(d.Description) {
			if p.Item > 0 {
				body.Checklist = append(body.Checklist, ChecklistItem{Item: p.Item, Text: p.Text, Done: p.Done})
			}
		}
		for _, e := range d.Events {
			body.Events = append(body.Events, TicketEvent{ID: e.ID.String(), Kind: e.Kind, Text: e.Text, Actor: e.Actor, At: e.At.UTC()})
		}
		out = &oneOut[TicketDetail]{ETag: etag(d.Ticket.Version), Body: body}
		return nil
	})
	return out, err
}
