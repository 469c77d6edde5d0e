// Package thread moves conversations from one state to the next, for every room that does so.
//
// A thread is changed by version: whoever read it first and writes second gets Conflict and looks
// again, so that two workers, or a worker and an operator, never overwrite each other. Every move is
// audited and announced to open pages. The rules of which event is allowed where are
// club.ThreadStatus.Next; this package adds what goes with an event (who waits since when, whether the
// machine is silent).
package thread

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/store"
)

// Topic is what Tx.Changed announces for a thread.
const Topic = "thread"

// Move is an event that happens to a thread, with what else it changes. Nil leaves a thing as it is.
type Move struct {
	Event club.ThreadEvent
	By    club.Actor
	Why   string // for the audit log; masked

	Priority    *club.Priority
	Location    *club.LocationID
	Bay         *club.BayID
	Member      *club.MemberID
	AssignedTo  *club.UserID
	SilentUntil *time.Time // for ThreadHandReply: when the machine may speak again
	StillWaits  *time.Time // for ThreadHandReply: since when a text waits that the reply does not answer
	Awaiting    *string    // for ThreadAsked: what was asked, as JSON
	MergedInto  club.ThreadID
}

// Apply moves a thread and returns it as it is afterwards. Conflict when the event is not allowed in
// the thread's status, or when somebody else has changed the thread since it was read.
func Apply(ctx context.Context, tx *store.Tx, t store.Thread, m Move) (store.Thread, error) {
	from := t.Status
	t, err := Next(t, m)
	if err != nil {
		return t, err
	}
	if t, err = Save(ctx, tx, t); err != nil {
		return t, err
	}
	if e, worth := Entry(from, t, m); worth {
		err = audit.Write(ctx, tx, e)
	}
	return t, err
}

// Next returns the thread as it is after a move, and saves nothing. Conflict when the event is not
// allowed in the thread's status.
func Next(t store.Thread, m Move) (store.Thread, error) {
	to, err := t.Status.Next(m.Event)
	if err != nil {
		return t, err
	}
	t.Status = to
	set(&t.Priority, m.Priority)
	set(&t.LocationID, m.Location)
	set(&t.BayID, m.Bay)
	set(&t.MemberID, m.Member)
	set(&t.AssignedTo, m.AssignedTo)
	set(&t.Awaiting, m.Awaiting)
	switch m.Event {
	case club.ThreadHandReply:
		t.SilentUntil, t.WaitingSince, t.Awaiting = m.SilentUntil, m.StillWaits, ""
	case club.ThreadHandedBack:
		t.SilentUntil, t.AssignedTo = nil, ""
	case club.ThreadAnswered:
		t.WaitingSince, t.Awaiting = nil, ""
	case club.ThreadAsked:
		t.WaitingSince = nil
	case club.ThreadResolve:
		t.WaitingSince, t.SilentUntil, t.Awaiting, t.AssignedTo, t.Unread = nil, nil, "", "", 0
	case club.ThreadExpire:
		t.Awaiting = ""
	case club.ThreadMerge:
		t.MergedInto, t.WaitingSince, t.Awaiting, t.Unread = m.MergedInto, nil, "", 0
	case club.ThreadEscalate:
		t.SilentUntil, t.Awaiting = nil, ""
	case club.ThreadTextIn, club.ThreadTaken, club.ThreadClaimed:
	}
	return t, nil
}

// Entry is what the audit log says of a move to t. worth is false when nobody would look for it there.
func Entry(from club.ThreadStatus, t store.Thread, m Move) (e audit.Entry, worth bool) {
	e = audit.Entry{Actor: m.By, Action: "thread." + string(m.Event), Object: t.ID.String(), Thread: t.ID,
		Detail: map[string]any{"from": from, "to": t.Status, "why": m.Why}}
	return e, from != t.Status || m.Why != ""
}

func set[T any](dst *T, v *T) {
	if v != nil {
		*dst = *v
	}
}

// Save writes a thread by its version, announces it, and returns it with its next version.
func Save(ctx context.Context, tx *store.Tx, t store.Thread) (store.Thread, error) {
	saved, err := SaveEach(ctx, tx, []*store.Thread{&t})
	if err == nil && !saved[0] {
		err = club.Conflict("the conversation has changed in the meantime; look again")
	}
	return t, err
}

// SaveEach saves threads as Save does, all in one round trip, and reports which of them it has saved:
// the others have changed since they were read. A failure is a *store.RowError.
func SaveEach(ctx context.Context, tx *store.Tx, threads []*store.Thread) (saved []bool, err error) {
	changed, err := tx.Each(ctx, len(threads), func(q *store.Queries, i int) (int64, error) {
		t := threads[i]
		t.UpdatedAt = tx.Now
		return q.UpdateThread(ctx, store.UpdateThreadParams{
			ID: t.ID, MemberID: t.MemberID, LocationID: t.LocationID, BayID: t.BayID, Status: t.Status, Priority: t.Priority, Unread: t.Unread,
			Snippet: t.Snippet, AssignedTo: t.AssignedTo, SilentUntil: t.SilentUntil, MergedInto: t.MergedInto, Awaiting: t.Awaiting,
			EpisodeAt: t.EpisodeAt, LastInAt: t.LastInAt, LastOutAt: t.LastOutAt, WaitingSince: t.WaitingSince, UpdatedAt: t.UpdatedAt, Version: t.Version,
		})
	})
	if err != nil {
		return nil, fmt.Errorf("save thread: %w", err)
	}
	saved = make([]bool, len(threads))
	for i, t := range threads {
		if saved[i] = changed[i] > 0; saved[i] {
			t.Version++
			tx.Changed(Topic, t.ID.String())
		}
	}
	return saved, nil
}

// Find returns a thread. NotFound names the thread, not the table.
func Find(ctx context.Context, tx *store.Tx, id club.ThreadID) (store.Thread, error) {
	t, err := tx.FindThread(ctx, id)
	if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
		return t, club.NotFound("there is no such conversation")
	}
	return t, err
}
