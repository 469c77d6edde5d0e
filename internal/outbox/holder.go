package outbox

import (
	"context"
	"fmt"
	"slices"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// ErrNobody says that what was reported is about nobody who could be texted, or about somebody else than the
// text was written for. Its code is conflict.
var ErrNobody = club.Conflict("there is nobody who can be texted about this")

// Holder is who is texted about something that was reported: whoever holds the booking that it is about, else
// the one booking that ran in its bay when it was reported.
type Holder struct {
	Person  people.Person
	Booking store.Booking
	// Thread is the conversation in which they are texted; a zero ID: one is opened.
	Thread store.Thread
	// Why says, for people, why they cannot be texted; "" where they can.
	Why  string
	line store.Line
}

// HolderOf finds the holder of what a thread of situations is about.
func HolderOf(ctx context.Context, tx *store.Tx, keys *vault.Tenant, t store.Thread) (Holder, error) {
	list, err := tx.FindSituationsOfThread(ctx, t.ID)
	if err != nil {
		return Holder{}, fmt.Errorf("find situations: %w", err)
	}
	if len(list) == 0 || t.Provider != club.EventProvider {
		return Holder{Why: "Nothing was reported here."}, nil
	}
	return FindHolder(ctx, tx, keys, list[0])
}

// FindHolder finds the holder of what a situation is about.
func FindHolder(ctx context.Context, tx *store.Tx, keys *vault.Tenant, s store.Situation) (h Holder, err error) {
	if h.Booking, err = bookingOf(ctx, tx, s); err != nil {
		return h, err
	}
	if h.Booking.SubjectID.IsZero() {
		h.Why = "It is not known who has booked, so there is nobody to text."
		return h, nil
	}
	if h.Person, err = people.Find(ctx, tx, keys, h.Booking.SubjectID); err != nil {
		return h, err
	}
	if err := h.reach(ctx, tx, s); err != nil {
		return h, err
	}
	switch {
	case len(h.Person.Subject.WrappedKey) == 0 || h.Person.Phone == "":
		h.Why = "The data of whoever has booked has been erased: there is nobody to text."
	case h.Person.Subject.Consent == club.ConsentWithdrawn:
		h.Why = "Whoever has booked has opted out of texts."
	case h.line.Number == "":
		h.Why = "No number of the club texts for this place."
	}
	return h, nil
}

// bookingOf is the booking that a situation is about; a zero ID where there is none, or more than one.
func bookingOf(ctx context.Context, tx *store.Tx, s store.Situation) (b store.Booking, err error) {
	if !s.BookingID.IsZero() {
		if b, err = tx.FindBooking(ctx, s.BookingID); err != nil {
			return b, fmt.Errorf("find booking: %w", err)
		}
		return b, nil
	}
	if s.BayID.IsZero() {
		return b, nil
	}
	list, err := tx.FindBookingsUnderWay(ctx, store.FindBookingsUnderWayParams{LocationID: s.LocationID, At: s.LastAt, Since: s.LastAt.Add(-club.BookingReach)})
	if err != nil {
		return b, fmt.Errorf("find bookings: %w", err)
	}
	list = slices.DeleteFunc(list, func(b store.Booking) bool { return b.BayID != s.BayID })
	if len(list) == 1 {
		b = list[0]
	}
	return b, nil
}

// reach finds the conversation that a text to the holder belongs to, and the club's number that it comes from:
// the one that they know, else one of the place, else one of the whole club.
func (h *Holder) reach(ctx context.Context, tx *store.Tx, s store.Situation) error {
	settings, err := setting.Known(ctx, tx)
	if err != nil {
		return err
	}
	lines, err := tx.Known().FindLines(ctx)
	if err != nil {
		return fmt.Errorf("find lines: %w", err)
	}
	threads, err := tx.FindThreadsOfSubject(ctx, store.FindThreadsOfSubjectParams{SubjectID: h.Person.Subject.ID, Limit: 20})
	if err != nil {
		return fmt.Errorf("find conversations: %w", err)
	}
	for _, t := range threads { // newest first
		i := slices.IndexFunc(lines, func(l store.Line) bool { return l.Number == t.Line && l.Provider == t.Provider })
		if i < 0 || t.Status == club.ThreadMerged {
			continue
		}
		if thread.Continues(t, tx.Now, settings.EpisodeGap) {
			h.Thread, h.line = t, lines[i]
			return nil
		}
		if at := lines[i].LocationID; h.line.Number == "" && (at.IsZero() || at == s.LocationID) {
			h.line = lines[i]
		}
	}
	for _, at := range []club.LocationID{s.LocationID, ""} {
		i := slices.IndexFunc(lines, func(l store.Line) bool { return l.LocationID == at })
		if h.line.Number == "" && i >= 0 {
			h.line = lines[i]
		}
	}
	return nil
}

// Conversation returns the conversation in which the holder of what a thread of situations is about is texted,
// opening one where none goes on. ErrOptedOut or ErrNobody where they cannot be.
func Conversation(ctx context.Context, tx *store.Tx, keys *vault.Tenant, t store.Thread) (store.Thread, error) {
	h, err := HolderOf(ctx, tx, keys, t)
	switch {
	case err != nil:
		return store.Thread{}, err
	case h.Person.Subject.Consent == club.ConsentWithdrawn:
		return store.Thread{}, ErrOptedOut
	case h.Why != "":
		return store.Thread{}, ErrNobody
	case !h.Thread.ID.IsZero():
		return h.Thread, nil
	}
	return h.open(ctx, tx, t.LocationID)
}

// open opens a conversation in which nobody waits for anything.
func (h Holder) open(ctx context.Context, tx *store.Tx, at club.LocationID) (store.Thread, error) {
	if err := tx.LockSubject(ctx, store.LockSubjectParams{ID: h.Person.Subject.ID, UpdatedAt: tx.Now}); err != nil {
		return store.Thread{}, fmt.Errorf("lock holder: %w", err)
	}
	id := club.NewThreadID(tx.Now)
	if err := tx.CreateThread(ctx, store.CreateThreadParams{ID: id, SubjectID: h.Person.Subject.ID, MemberID: h.Person.Member.ID, LocationID: at, Line: h.line.Number, Provider: h.line.Provider,
		Status: club.ThreadAIResolved, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
		return store.Thread{}, fmt.Errorf("open conversation: %w", err)
	}
	return thread.Find(ctx, tx, id)
}

// queueToHolder queues a reply of a thread of situations where the holder reads it, and notes it for whoever
// looks at the thread.
func queueToHolder(ctx context.Context, tx *store.Tx, keys *vault.Tenant, r Reply) (club.MessageID, bool, error) {
	to, err := Conversation(ctx, tx, keys, r.Thread)
	if err != nil {
		return "", false, err
	}
	if !r.To.IsZero() && r.To != to.SubjectID { // the booking has gone to somebody else since
		return "", false, ErrNobody
	}
	about := r.Thread
	r.Thread = to
	id, queued, err := Queue(ctx, tx, keys, r)
	if err != nil || !queued {
		return id, queued, err
	}
	person, err := people.Known(ctx, tx, keys, to.SubjectID)
	if err != nil {
		return "", false, err
	}
	if err := event.Note(ctx, tx, keys, about, "Texted to whoever has booked: “"+phrase.Mask(r.Text, person.Names()...)+"”"); err != nil {
		return "", false, err
	}
	return id, true, audit.Write(ctx, tx, audit.Entry{Actor: r.By, Action: "holder.texted", Object: id.String(), Thread: to.ID, Detail: map[string]any{"about": about.ID}})
}
