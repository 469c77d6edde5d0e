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
	to, err := from.Next(m.Event)
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
	if t, err = Save(ctx, tx, t); err != nil {
		return t, err
	}
	if from == to && m.Why == "" {
		return t, nil // nothing that anybody would look for in the log
	}
	return t, audit.Write(ctx, tx, audit.Entry{Actor: m.By, Action: "thread." + string(m.Event), Object: t.ID.String(), Thread: t.ID,
		Detail: map[string]any{"from": from, "to": to, "why": m.Why}})
}

func set[T any](dst *T, v *T) {
	if v != nil {
		*dst = *v
	}
}

// Save writes a thread by its version, announces it, and returns it with its next version.
func Save(ctx context.Context, tx *store.Tx, t store.Thread) (store.Thread, error) {
	t.UpdatedAt = tx.Now
	n, err := tx.UpdateThread(ctx, store.UpdateThreadParams{
		ID: t.ID, MemberID: t.MemberID, LocationID: t.LocationID, BayID: t.BayID, Status: t.Status, Priority: t.Priority, Unread: t.Unread,
		Snippet: t.Snippet, AssignedTo: t.AssignedTo, SilentUntil: t.SilentUntil, MergedInto: t.MergedInto, Awaiting: t.Awaiting,
		EpisodeAt: t.EpisodeAt, LastInAt: t.LastInAt, LastOutAt: t.LastOutAt, WaitingSince: t.WaitingSince, UpdatedAt: t.UpdatedAt, Version: t.Version,
	})
	if err != nil {
		return t, fmt.Errorf("save thread: %w", err)
	}
	if n == 0 {
		return t, club.Conflict("the conversation has changed in the meantime; look again")
	}
	t.Version++
	tx.Changed(Topic, t.ID.String())
	return t, nil
}

// Find returns a thread. NotFound names the thread, not the table.
func Find(ctx context.Context, tx *store.Tx, id club.ThreadID) (store.Thread, error) {
	t, err := tx.FindThread(ctx, id)
	if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
		return t, club.NotFound("there is no such conversation")
	}
	return t, err
}
