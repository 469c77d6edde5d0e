package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/outbox"
	"clubos/internal/people"
	"clubos/internal/store"
)

// Message is a message of a thread with its words opened.
type Message struct {
	store.Message
	Text string // people.Erased when the member was erased
}

// ThreadDetail is everything that the page of a thread shows, read in one transaction by a number of
// queries that does not depend on how much there is.
type ThreadDetail struct {
	Thread      store.Thread
	Person      people.Person
	Location    store.Location // zero ID: none known
	Bay         store.Bay
	Messages    []Message      // the newest messagesShown, oldest first
	More        bool           // there are older messages
	Newest      club.MessageID // the member's last text; zero: none
	Decisions   []store.Decision
	Proposals   []store.Proposal
	Executions  []store.Execution
	Escalation  *store.Escalation // the latest; nil when people were never called
	Tickets     []store.Ticket
	Bookings    []store.Booking             // the person's, around the present instant
	BayBookings []store.Booking             // of the thread's bay, likewise
	Devices     []store.Device              // of the bay, and those that serve the whole place
	Doors       []store.FindAccessEventsRow // what doors reported of late at the place of the person's present booking, newest first
	Situation   store.Situation             // of a thread in which nobody has written; Bookings and Doors are then the situation's
	Holder      outbox.Holder               // of the situation: whom a reply goes to
	Others      []store.Thread              // the person's other threads, newest first, that the reader may see
}

const (
	messagesShown = 100
	around        = 12 * time.Hour // bookings this long before and after are shown
	doorReports   = time.Hour      // what doors reported is shown this long, while the person has a booking there
	bookingMargin = 10 * time.Minute
)

// FindThreadDetail returns a thread that p may see, with all that belongs to it. Lists other than the
// messages are newest first. NotFound otherwise.
func (d *Desk) FindThreadDetail(ctx context.Context, tx *store.Tx, p identity.Principal, id club.ThreadID) (ThreadDetail, error) {
	t, err := find(ctx, tx, p, identity.ThreadsRead, id)
	if err != nil {
		return ThreadDetail{}, err
	}
	out := ThreadDetail{Thread: t}
	for _, load := range []func(context.Context, *store.Tx, identity.Principal, *ThreadDetail) error{d.loadMessages, loadMachine, loadPeople, d.loadPlace} {
		if err := load(ctx, tx, p, &out); err != nil {
			return ThreadDetail{}, err
		}
	}
	return out, nil
}

// askDetail asks for what this part and those below are about to ask for, as far as the thread's row says.
func askDetail(ctx context.Context, q *store.Queries, p identity.Principal, t store.Thread) {
	_, _ = q.FindSubject(ctx, t.SubjectID)
	_, _ = q.FindMemberBySubject(ctx, t.SubjectID)
	_, _ = q.FindMessagesPage(ctx, store.FindMessagesPageParams{ThreadID: t.ID, Size: pageSize(messagesShown) + 1})
	_, _ = q.FindNewestText(ctx, t.ID)
	_, _ = q.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: t.ID, Limit: 50})
	_, _ = q.FindProposalsOfThread(ctx, store.FindProposalsOfThreadParams{ThreadID: t.ID, Limit: 50})
	_, _ = q.FindDeskExecutions(ctx, store.FindDeskExecutionsParams{ThreadID: t.ID, Limit: 50})
	_, _ = q.FindLatestEscalation(ctx, t.ID)
	if p.Can(identity.TicketsRead) {
		_, _ = q.FindTicketsOfThread(ctx, t.ID)
	}
	_, _ = q.FindThreadsOfSubject(ctx, store.FindThreadsOfSubjectParams{SubjectID: t.SubjectID, Limit: 20})
	if t.LocationID.IsZero() {
		return
	}
	_, _ = q.FindLocation(ctx, t.LocationID)
	_, _ = q.FindDeskDevices(ctx, store.FindDeskDevicesParams{LocationID: t.LocationID, BayID: t.BayID})
	if !t.BayID.IsZero() {
		_, _ = q.FindBay(ctx, t.BayID)
	}
}

// FindMessages returns a page of a thread's messages, oldest first: those before a message, or the
// newest when before is zero. More says that there are older ones.
func (d *Desk) FindMessages(ctx context.Context, tx *store.Tx, p identity.Principal, id club.ThreadID, before club.MessageID, size int) (msgs []Message, more bool, err error) {
	t, err := find(ctx, tx, p, identity.ThreadsRead, id)
	if err != nil {
		return nil, false, err
	}
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return nil, false, err
	}
	subject, err := tx.FindSubject(ctx, t.SubjectID)
	if err != nil {
		return nil, false, fmt.Errorf("find subject: %w", err)
	}
	n := pageSize(size)
	arg := store.FindMessagesPageParams{ThreadID: id, Size: n + 1}
	if !before.IsZero() {
		arg.Before = pointer(before.String())
	}
	rows, err := tx.FindMessagesPage(ctx, arg)
	if err != nil {
		return nil, false, fmt.Errorf("find messages: %w", err)
	}
	if more = len(rows) > int(n); more {
		rows = rows[:n]
	}
	for _, r := range slices.Backward(rows) {
		text, err := people.Open(keys, subject, people.ColumnMessage, r.ID.String(), r.Body)
		if err != nil {
			return nil, false, err
		}
		msgs = append(msgs, Message{Message: r, Text: text})
	}
	return msgs, more, nil
}

func (d *Desk) loadMessages(ctx context.Context, tx *store.Tx, p identity.Principal, out *ThreadDetail) (err error) {
	if err := tx.Ahead(ctx, func(q *store.Queries) { askDetail(ctx, q, p, out.Thread) }); err != nil {
		return err
	}
	out.Messages, out.More, err = d.FindMessages(ctx, tx, p, out.Thread.ID, "", messagesShown)
	if err != nil {
		return err
	}
	if out.Newest, err = tx.FindNewestText(ctx, out.Thread.ID); err != nil && !missing(err) {
		return fmt.Errorf("find newest text: %w", err)
	}
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return err
	}
	out.Person, err = people.Find(ctx, tx, keys, out.Thread.SubjectID)
	return err
}

// loadMachine reads what the machine thought and did.
func loadMachine(ctx context.Context, tx *store.Tx, _ identity.Principal, out *ThreadDetail) (err error) {
	id := out.Thread.ID
	if out.Decisions, err = tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: id, Limit: 50}); err != nil {
		return fmt.Errorf("find decisions: %w", err)
	}
	if out.Proposals, err = tx.FindProposalsOfThread(ctx, store.FindProposalsOfThreadParams{ThreadID: id, Limit: 50}); err != nil {
		return fmt.Errorf("find proposals: %w", err)
	}
	if out.Executions, err = tx.FindDeskExecutions(ctx, store.FindDeskExecutionsParams{ThreadID: id, Limit: 50}); err != nil {
		return fmt.Errorf("find executions: %w", err)
	}
	return nil
}

// loadPeople reads what people have to do with the thread.
func loadPeople(ctx context.Context, tx *store.Tx, p identity.Principal, out *ThreadDetail) error {
	e, err := tx.FindLatestEscalation(ctx, out.Thread.ID)
	if err == nil {
		out.Escalation = &e
	} else if !missing(err) {
		return fmt.Errorf("find escalation: %w", err)
	}
	if p.Can(identity.TicketsRead) {
		tickets, err := tx.FindTicketsOfThread(ctx, out.Thread.ID)
		if err != nil {
			return fmt.Errorf("find tickets: %w", err)
		}
		out.Tickets = slices.DeleteFunc(tickets, func(t store.Ticket) bool { return !p.AllowsLocation(t.LocationID) })
	}
	others, err := tx.FindThreadsOfSubject(ctx, store.FindThreadsOfSubjectParams{SubjectID: out.Thread.SubjectID, Limit: 20})
	if err != nil {
		return fmt.Errorf("find other threads: %w", err)
	}
	out.Others = slices.DeleteFunc(others, func(t store.Thread) bool { return t.ID == out.Thread.ID || !p.AllowsLocation(t.LocationID) })
	return nil
}

// loadPlace reads where it happens: the place, who holds it, and its devices.
func (d *Desk) loadPlace(ctx context.Context, tx *store.Tx, p identity.Principal, out *ThreadDetail) (err error) {
	since, until := tx.Now.Add(-around), tx.Now.Add(around)
	if out.Bookings, err = tx.FindDeskBookings(ctx, store.FindDeskBookingsParams{SubjectID: out.Thread.SubjectID, Since: since, Until: until}); err != nil {
		return fmt.Errorf("find bookings: %w", err)
	}
	if err := d.loadSituation(ctx, tx, p, out); err != nil {
		return err
	}
	out.Bookings = slices.DeleteFunc(out.Bookings, func(b store.Booking) bool { return !p.AllowsLocation(b.LocationID) })
	if p.Can(identity.DevicesRead) && len(out.Doors) == 0 {
		if err := loadDoors(ctx, tx, out); err != nil {
			return err
		}
	}
	if out.Thread.LocationID.IsZero() {
		return nil
	}
	if out.Location, err = tx.FindLocation(ctx, out.Thread.LocationID); err != nil {
		return fmt.Errorf("find location: %w", err)
	}
	if out.Devices, err = tx.FindDeskDevices(ctx, store.FindDeskDevicesParams{LocationID: out.Thread.LocationID, BayID: out.Thread.BayID}); err != nil {
		return fmt.Errorf("find devices: %w", err)
	}
	if out.Thread.BayID.IsZero() {
		return nil
	}
	if out.Bay, err = tx.FindBay(ctx, out.Thread.BayID); err != nil {
		return fmt.Errorf("find bay: %w", err)
	}
	out.BayBookings, err = tx.FindDeskBookingsOfBay(ctx, store.FindDeskBookingsOfBayParams{BayID: out.Thread.BayID, Since: since, Until: until})
	if err != nil {
		return fmt.Errorf("find bay's bookings: %w", err)
	}
	return nil
}

// loadSituation reads what a thread is about in which nobody has written.
func (d *Desk) loadSituation(ctx context.Context, tx *store.Tx, p identity.Principal, out *ThreadDetail) error {
	if out.Thread.Provider != club.EventProvider {
		return nil
	}
	list, err := tx.FindSituationsOfThread(ctx, out.Thread.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	out.Situation = list[0]
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return err
	}
	if out.Holder, err = outbox.FindHolder(ctx, tx, keys, out.Situation); err != nil {
		return err
	}
	if id := out.Situation.BookingID; !id.IsZero() {
		b, err := tx.FindBooking(ctx, id)
		if err != nil {
			return fmt.Errorf("find situation's booking: %w", err)
		}
		out.Bookings = []store.Booking{b}
	}
	if out.Situation.Code.Door() && p.Can(identity.DevicesRead) {
		out.Doors, err = tx.FindAccessEvents(ctx, store.FindAccessEventsParams{LocationID: out.Situation.LocationID, BayID: out.Situation.BayID, Since: tx.Now.Add(-doorReports), Size: 5})
	}
	return err
}

// loadDoors reads what the doors reported where the person is, or is about to be.
func loadDoors(ctx context.Context, tx *store.Tx, out *ThreadDetail) error {
	for _, b := range out.Bookings {
		if b.Status != club.BookingConfirmed || tx.Now.Before(b.StartsAt.Add(-bookingMargin)) || tx.Now.After(b.EndsAt.Add(bookingMargin)) {
			continue
		}
		rows, err := tx.FindAccessEvents(ctx, store.FindAccessEventsParams{LocationID: b.LocationID, BayID: b.BayID, Since: tx.Now.Add(-doorReports), Size: 5})
		if err != nil {
			return fmt.Errorf("find what doors reported: %w", err)
		}
		out.Doors = rows
		return nil
	}
	return nil
}
