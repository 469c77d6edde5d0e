package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/notify"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// TopicTicket is what Tx.Changed announces for a ticket.
const TopicTicket = "ticket"

// maxDescription bounds a ticket's description and a comment, in characters.
const maxDescription = 10_000

// NewTicket is what a ticket is made of. Empty fields take the template's value, or the thread's place.
type NewTicket struct {
	Template    string // key of a TicketTemplate
	Title       string // masked here
	Description string
	Priority    club.Priority
	Location    club.LocationID
	Bay         club.BayID
	Device      club.DeviceID
	Thread      club.ThreadID
	AssignedTo  club.UserID
	// SOP and Action are what a ticket of the machine comes from; either makes tickets at one place the same
	// fault again.
	SOP    club.SOPID
	Action club.ActionName
	// DedupKey names the occasion, so that one occasion makes one ticket; "" makes one each time.
	DedupKey string

	signature string // of the cause that a root-cause ticket is about
}

// CreateTicket makes a ticket for a person. The thread and the place must be theirs to see; DedupKey, if
// set, is the form's and counts for that person alone.
func (d *Desk) CreateTicket(ctx context.Context, tenant *store.Tenant, p identity.Principal, n NewTicket) (store.Ticket, error) {
	var out store.Ticket
	err := again(ctx, tenant, func(tx *store.Tx) error {
		if err := admit(tx, p, identity.TicketsWrite); err != nil {
			return err
		}
		m := n
		if m.DedupKey != "" {
			m.DedupKey = "hand:" + p.Actor.ID + ":" + m.DedupKey
		}
		if !m.Thread.IsZero() {
			if _, err := find(ctx, tx, p, identity.ThreadsRead, m.Thread); err != nil {
				return err
			}
		}
		t, _, err := d.openTicket(ctx, tx, p.Actor, m, p.AllowsLocation)
		out = t
		return err
	})
	return out, err
}

// OpenTicket makes a ticket in a transaction of the machine, and reports whether it did: false with the
// earlier ticket when its cause has made one before. Words that are too long are cut, not refused.
func (d *Desk) OpenTicket(ctx context.Context, tx *store.Tx, by club.Actor, n NewTicket) (store.Ticket, bool, error) {
	n.Title, n.Description = clip(strings.TrimSpace(n.Title), 120), clip(n.Description, maxDescription-2000)
	return d.openTicket(ctx, tx, by, n, func(club.LocationID) bool { return true })
}

func (d *Desk) openTicket(ctx context.Context, tx *store.Tx, by club.Actor, n NewTicket, allows func(club.LocationID) bool) (store.Ticket, bool, error) {
	if n.DedupKey != "" {
		if t, err := tx.FindTicketByDedupKey(ctx, &n.DedupKey); err == nil {
			return t, false, nil
		} else if !missing(err) {
			return t, false, fmt.Errorf("find earlier ticket: %w", err)
		}
	}
	tpl, err := d.template(n.Template)
	if err != nil {
		return store.Ticket{}, false, err
	}
	names, err := d.settle(ctx, tx, &n)
	if err != nil {
		return store.Ticket{}, false, err
	}
	if !allows(n.Location) {
		return store.Ticket{}, false, club.NotFound("there is no such place")
	}
	t, err := d.draft(ctx, tx, by, n, tpl, names)
	if err != nil {
		return t, false, err
	}
	created, err := d.number(ctx, tx, &t)
	if err != nil || !created {
		return t, false, err
	}
	if err := d.opened(ctx, tx, by, t); err != nil {
		return t, true, err
	}
	return t, true, d.recur(ctx, tx, t)
}

// settle fills in a ticket's place from its thread, bay or device, and checks that they belong together.
// It returns the member's names, for masking.
func (d *Desk) settle(ctx context.Context, tx *store.Tx, n *NewTicket) (names []string, err error) {
	if !n.Thread.IsZero() {
		th, err := thread.Find(ctx, tx, n.Thread)
		if err != nil {
			return nil, err
		}
		if names, err = d.names(ctx, tx, th); err != nil {
			return nil, err
		}
		if n.Location.IsZero() && n.Bay.IsZero() && n.Device.IsZero() {
			n.Location, n.Bay = th.LocationID, th.BayID
		}
	}
	if !n.Device.IsZero() {
		v, err := tx.FindDevice(ctx, n.Device)
		if err != nil || !n.Location.IsZero() && n.Location != v.LocationID || !n.Bay.IsZero() && n.Bay != v.BayID {
			return nil, unless(err, "the device is not at that place")
		}
		n.Location, n.Bay = v.LocationID, v.BayID
	}
	if !n.Bay.IsZero() {
		b, err := tx.FindBay(ctx, n.Bay)
		if err != nil || !n.Location.IsZero() && n.Location != b.LocationID {
			return nil, unless(err, "the bay is not at that place")
		}
		n.Location = b.LocationID
	}
	if !n.Location.IsZero() {
		if _, err := tx.FindLocation(ctx, n.Location); err != nil {
			return nil, unless(err, "there is no such place")
		}
	}
	if !n.AssignedTo.IsZero() {
		return names, mayHave(ctx, tx, n.AssignedTo, identity.TicketsWrite, n.Location)
	}
	return names, nil
}

// unless is err, or Invalid where err says that the thing does not exist or there is none.
func unless(err error, why string) error {
	if err == nil || missing(err) {
		return club.Invalid("%s", why)
	}
	return err
}

func (d *Desk) draft(ctx context.Context, tx *store.Tx, by club.Actor, n NewTicket, tpl TicketTemplate, names []string) (store.Ticket, error) {
	if n.Title == "" {
		n.Title = tpl.Title
	}
	title, err := checkText("the title", phrase.Mask(n.Title, names...), 200)
	if err != nil {
		return store.Ticket{}, err
	}
	if n.Priority == "" {
		n.Priority = tpl.Priority
	}
	if _, err := club.ParsePriority(string(n.Priority)); err != nil {
		return store.Ticket{}, err
	}
	text := tpl.describe(n.Description)
	if text != "" {
		if text, err = checkText("the description", text, maxDescription); err != nil {
			return store.Ticket{}, err
		}
	}
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return store.Ticket{}, err
	}
	t := store.Ticket{ID: club.NewTicketID(tx.Now), Title: title, Status: club.TicketOpen, Priority: n.Priority, Template: tpl.Key, LocationID: n.Location, BayID: n.Bay,
		DeviceID: n.Device, ThreadID: n.Thread, AssignedTo: n.AssignedTo.String(), SlaFrom: tx.Now, DueAt: tx.Now.Add(s.TicketSLA[n.Priority]),
		Version: 1, CreatedBy: by.String(), CreatedAt: tx.Now, UpdatedAt: tx.Now}
	if n.DedupKey != "" {
		t.DedupKey = &n.DedupKey
	}
	if t.Signature = n.signature; t.Signature == "" {
		t.Signature = signature(t, n, tpl)
	}
	t.Description, err = d.seal(ctx, tx, t.ID.String(), text)
	return t, err
}

// number stores the ticket under the next number. Transactions that take the same number at once wait
// for each other and all but one try again. False when another has made the cause's ticket meanwhile;
// t is then that ticket.
func (d *Desk) number(ctx context.Context, tx *store.Tx, t *store.Ticket) (bool, error) {
	for range 200 {
		next, err := tx.NextTicketNumber(ctx)
		if err != nil {
			return false, fmt.Errorf("find next ticket number: %w", err)
		}
		n, err := tx.CreateTicketRow(ctx, store.CreateTicketRowParams{ID: t.ID, Number: next, Title: t.Title, Description: t.Description, Priority: t.Priority, Template: t.Template,
			LocationID: t.LocationID, BayID: t.BayID, DeviceID: t.DeviceID, ThreadID: t.ThreadID, AssignedTo: t.AssignedTo, DueAt: t.DueAt, DedupKey: t.DedupKey,
			CreatedBy: t.CreatedBy, Signature: t.Signature, Now: tx.Now})
		if err != nil {
			return false, fmt.Errorf("store ticket: %w", err)
		}
		if n == 1 {
			t.Number = next
			return true, nil
		}
		if t.DedupKey != nil {
			if earlier, err := tx.FindTicketByDedupKey(ctx, t.DedupKey); err == nil {
				*t = earlier
				return false, nil
			} else if !missing(err) {
				return false, fmt.Errorf("find earlier ticket: %w", err)
			}
		}
	}
	return false, club.Unavailable(nil, "too many tickets are being made at once; try again")
}

// opened records a fresh ticket, starts its clock and calls people to a pressing one.
func (d *Desk) opened(ctx context.Context, tx *store.Tx, by club.Actor, t store.Ticket) error {
	if err := d.event(ctx, tx, t, by, "created", ""); err != nil {
		return err
	}
	if err := auditTicket(ctx, tx, by, "ticket.created", t, map[string]any{"number": t.Number, "title": t.Title, "priority": t.Priority, "template": t.Template}); err != nil {
		return err
	}
	scheduleSLA(tx, t)
	tx.Changed(TopicTicket, t.ID.String())
	if t.Priority.Rank() > club.PriorityHigh.Rank() || t.Signature != "" && t.Template == RootCause {
		return nil // to a root-cause ticket people are called once it is complete
	}
	n, err := d.ticketNote(ctx, tx, t, fmt.Sprintf("Ticket #%d: %s", t.Number, t.Title))
	if err != nil {
		return err
	}
	n.DedupKey = "ticket:" + t.ID.String()
	return d.cfg.Notifier.Queue(ctx, tx, n)
}

func (d *Desk) ticketNote(ctx context.Context, tx *store.Tx, t store.Ticket, title string) (notify.Note, error) {
	where, err := place(ctx, tx, t.LocationID, t.BayID)
	if err != nil {
		return notify.Note{}, err
	}
	due, err := dueAt(ctx, tx, t.LocationID, t.DueAt, "2 Jan 15:04")
	if err != nil {
		return notify.Note{}, err
	}
	n := notify.Note{Kind: notify.KindTicket, Ref: t.ID.String(), Thread: t.ThreadID, Title: title, Priority: t.Priority, Link: "/tickets/" + t.ID.String(),
		Fields: [][2]string{{"Priority", string(t.Priority)}, {"Due", due}}}
	if where != "" {
		n.Fields = append(n.Fields, [2]string{"Place", where})
	}
	return n, nil
}

// event adds to the ticket's history. The body is sealed by the tenant's keyset under the event's id.
func (d *Desk) event(ctx context.Context, tx *store.Tx, t store.Ticket, by club.Actor, kind, body string) error {
	before, err := tx.CountTicketEventsAt(ctx, store.CountTicketEventsAtParams{TicketID: t.ID, At: tx.Now})
	if err != nil {
		return fmt.Errorf("count ticket's events: %w", err)
	}
	// Events of one transaction have one instant; their ids keep their order.
	id := club.NewEventID(tx.Now.Add(time.Duration(before) * time.Millisecond))
	sealed, err := d.seal(ctx, tx, id.String(), body)
	if err != nil {
		return err
	}
	if err := tx.CreateTicketEvent(ctx, store.CreateTicketEventParams{ID: id, TicketID: t.ID, Kind: kind, Body: sealed, Actor: by.String(), At: tx.Now}); err != nil {
		return fmt.Errorf("add to ticket's history: %w", err)
	}
	return nil
}

func (d *Desk) seal(ctx context.Context, tx *store.Tx, row, text string) ([]byte, error) {
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return nil, err
	}
	return keys.SealSecret(row, []byte(text))
}

func auditTicket(ctx context.Context, tx *store.Tx, by club.Actor, action string, t store.Ticket, detail map[string]any) error {
	return audit.Write(ctx, tx, audit.Entry{Actor: by, Action: action, Object: t.ID.String(), Thread: t.ThreadID, Detail: detail})
}

// findTicket returns a ticket that p may see.
func findTicket(ctx context.Context, tx *store.Tx, p identity.Principal, perm identity.Permission, id club.TicketID) (store.Ticket, error) {
	if err := admit(tx, p, perm); err != nil {
		return store.Ticket{}, err
	}
	t, err := tx.FindTicketRow(ctx, id)
	if missing(err) || err == nil && !p.AllowsLocation(t.LocationID) {
		return store.Ticket{}, club.NotFound("there is no such ticket")
	}
	if err != nil {
		return t, fmt.Errorf("find ticket: %w", err)
	}
	return t, nil
}

// CommentTicket adds a colleague's words to a ticket's history. A comment that is the same as that
// person's last one on the ticket, seconds ago, is the same click and is not added again.
func (d *Desk) CommentTicket(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.TicketID, text string) error {
	text, err := checkText("the comment", strings.ReplaceAll(text, "\r\n", "\n"), maxDescription)
	if err != nil {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		t, err := findTicket(ctx, tx, p, identity.TicketsWrite, id)
		if err != nil {
			return err
		}
		// Holding the ticket's row first makes two clicks come one after the other.
		if _, err := tx.TouchTicket(ctx, store.TouchTicketParams{ID: id, UpdatedAt: tx.Now}); err != nil {
			return fmt.Errorf("touch ticket: %w", err)
		}
		if doubled, err := d.doubled(ctx, tx, p, id, text); err != nil || doubled {
			return err
		}
		if err := d.event(ctx, tx, t, p.Actor, "comment", text); err != nil {
			return err
		}
		tx.Changed(TopicTicket, id.String())
		return auditTicket(ctx, tx, p.Actor, "ticket.commented", t, nil)
	})
}
