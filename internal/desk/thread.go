package desk

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// Claim gives a thread to the person who asks, who is then the only one to answer it, and acknowledges
// its escalation. Claiming what one has already does nothing; Conflict when somebody else has it (Assign
// takes it over). An open proposal stays: whoever claims may approve it.
func (d *Desk) Claim(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ThreadID) (store.Thread, error) {
	if p.UserID.IsZero() {
		return store.Thread{}, orForbidden(p, identity.ThreadsWrite, "only a person can take a conversation")
	}
	return d.act(ctx, tenant, p, id, func(tx *store.Tx, t store.Thread) (store.Thread, error) {
		if err := mineOrFree(p, t); err != nil {
			return t, err
		}
		if t.Status == club.ThreadInProgress && t.AssignedTo == p.UserID {
			return t, nil
		}
		return d.give(ctx, tx, t, p.Actor, p.UserID)
	})
}

// Assign gives a thread to a user, whoever has it. The user must be active and may have to do with
// threads of that place.
func (d *Desk) Assign(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ThreadID, user club.UserID) (store.Thread, error) {
	return d.act(ctx, tenant, p, id, func(tx *store.Tx, t store.Thread) (store.Thread, error) {
		if err := mayHave(ctx, tx, user, identity.ThreadsWrite, t.LocationID); err != nil {
			return t, err
		}
		if t.Status == club.ThreadInProgress && t.AssignedTo == user {
			return t, nil
		}
		return d.give(ctx, tx, t, p.Actor, user)
	})
}

func (d *Desk) give(ctx context.Context, tx *store.Tx, t store.Thread, by club.Actor, user club.UserID) (store.Thread, error) {
	t, err := thread.Apply(ctx, tx, t, thread.Move{Event: club.ThreadClaimed, By: by, Why: "assigned to " + user.String(), AssignedTo: &user})
	if err != nil {
		return t, err
	}
	return t, d.acknowledge(ctx, tx, t, by)
}

// mineOrFree is Conflict when another person has the thread.
func mineOrFree(p identity.Principal, t store.Thread) error {
	if t.AssignedTo.IsZero() || t.AssignedTo == p.UserID || t.Status.Settled() {
		return nil
	}
	return club.Conflict("a colleague has this conversation; assign it to yourself first")
}

// orForbidden is what a principal that is no person is told: first whether it might at all.
func orForbidden(p identity.Principal, perm identity.Permission, why string) error {
	if err := p.Require(perm); err != nil {
		return err
	}
	return club.Forbidden("%s", why)
}

// mayHave reports whether a user can be given something of a place that asks for a permission.
func mayHave(ctx context.Context, tx *store.Tx, id club.UserID, perm identity.Permission, location club.LocationID) error {
	u, err := tx.FindUser(ctx, id)
	if missing(err) || err == nil && u.Status != "active" {
		return club.Invalid("there is no such active user")
	}
	if err != nil {
		return fmt.Errorf("find user: %w", err)
	}
	locations, err := tx.FindUserLocations(ctx, id)
	if err != nil {
		return fmt.Errorf("find user's locations: %w", err)
	}
	p := identity.Principal{Tenant: tx.Tenant, Actor: club.Actor{Kind: club.ActorUser, ID: id.String()}, Role: u.Role, Locations: locations}
	if !p.Can(perm) || !p.AllowsLocation(location) {
		return club.Invalid("that user may not work on this")
	}
	return nil
}

// EscalateByHand hands a thread to colleagues. It is Escalate with the permission checked.
func (d *Desk) EscalateByHand(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ThreadID, why string, priority *club.Priority) (store.Thread, error) {
	why, err := checkText("the reason", why, 500)
	if err != nil {
		return store.Thread{}, err
	}
	return d.act(ctx, tenant, p, id, func(tx *store.Tx, t store.Thread) (store.Thread, error) {
		if t.Status == club.ThreadMerged {
			return t, club.Conflict("the conversation continues in another one")
		}
		return d.Escalate(ctx, tx, t, Reason{Text: why, Priority: priority, By: p.Actor})
	})
}

// Resolve closes a matter: its escalation and its open proposal end, queued words of the machine are
// withdrawn, its texts count as taken up. Resolving what is resolved does nothing. ErrUnseen when the
// member has written since.
func (d *Desk) Resolve(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ThreadID, seen Seen) (store.Thread, error) {
	return d.act(ctx, tenant, p, id, func(tx *store.Tx, t store.Thread) (store.Thread, error) {
		if t.Status == club.ThreadResolved {
			return t, nil
		}
		if err := seen.all(ctx, tx, t); err != nil {
			return t, err
		}
		o := takeover{kind: "took_over", why: "a colleague closed the conversation", until: tx.Now}
		if err := d.takeOver(ctx, tx, t, p.Actor, o); err != nil {
			return t, err
		}
		keys, err := d.keys(ctx, tx)
		if err != nil {
			return t, err
		}
		if err := d.cfg.Memory.TeachClosed(ctx, tx, keys, t, p.Actor); err != nil {
			return t, err
		}
		t, err = thread.Apply(ctx, tx, t, thread.Move{Event: club.ThreadResolve, By: p.Actor, Why: "closed by hand"})
		if err != nil {
			return t, err
		}
		return t, d.closeEscalation(ctx, tx, t, p.Actor, "resolved")
	})
}

// HandBack gives a thread back to the machine, which looks at what nobody has answered. The member counts
// as waiting from then on, so that a machine that does not answer brings the thread back to people. Where
// nothing is unanswered the matter is settled, and the machine answers the next text. ErrUnseen when the
// member has written since: perhaps it is no longer for the machine.
func (d *Desk) HandBack(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ThreadID, seen Seen) (store.Thread, error) {
	return d.act(ctx, tenant, p, id, func(tx *store.Tx, t store.Thread) (store.Thread, error) {
		if err := seen.all(ctx, tx, t); err != nil {
			return t, err
		}
		t.WaitingSince = &tx.Now
		t, err := thread.Apply(ctx, tx, t, thread.Move{Event: club.ThreadHandedBack, By: p.Actor, Why: "handed back"})
		if err != nil {
			return t, err
		}
		if err := d.closeEscalation(ctx, tx, t, p.Actor, "handed back"); err != nil {
			return t, err
		}
		n, err := tx.ReopenTexts(ctx, store.ReopenTextsParams{ThreadID: t.ID, Since: t.EpisodeAt, Now: tx.Now})
		if err != nil {
			return t, fmt.Errorf("reopen texts: %w", err)
		}
		if n > 0 {
			d.cfg.Advance(tx, t.ID, "")
			return t, nil
		}
		return settled(ctx, tx, t)
	})
}

// settled moves a thread that was handed back, and in which nothing is unanswered, to rest.
func settled(ctx context.Context, tx *store.Tx, t store.Thread) (store.Thread, error) {
	var err error
	for _, ev := range []club.ThreadEvent{club.ThreadTaken, club.ThreadAnswered} {
		if t, err = thread.Apply(ctx, tx, t, thread.Move{Event: ev, By: self}); err != nil {
			return t, err
		}
	}
	return t, nil
}

// Release ends an escalation whose reason has gone, in a thread that nobody has taken: the member who
// had opted out is back, for example. What was said meanwhile stays answered or not as it is; the
// machine answers the next text.
func (d *Desk) Release(ctx context.Context, tx *store.Tx, t store.Thread, by club.Actor, why string) (store.Thread, error) {
	if t.Status != club.ThreadEscalated {
		return t, nil
	}
	t.WaitingSince = nil
	t, err := thread.Apply(ctx, tx, t, thread.Move{Event: club.ThreadHandedBack, By: by, Why: why})
	if err != nil {
		return t, err
	}
	if err := d.closeEscalation(ctx, tx, t, by, why); err != nil {
		return t, err
	}
	return settled(ctx, tx, t)
}

// MarkRead leaves unread what came after the message that the reader has seen; a zero id means that all
// of it was seen. A text that arrives while the page is open stays unread, and so does everything that
// is read by somebody who may not answer it: the count is for those who do.
func (d *Desk) MarkRead(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ThreadID, seen club.MessageID) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		if _, err := find(ctx, tx, p, identity.ThreadsRead, id); err != nil || !p.Can(identity.ThreadsWrite) {
			return err
		}
		var left int64
		if !seen.IsZero() {
			msg, err := tx.FindMessage(ctx, seen)
			if missing(err) || err == nil && msg.ThreadID != id {
				return club.NotFound("there is no such message in this conversation")
			}
			if err != nil {
				return fmt.Errorf("find message: %w", err)
			}
			if left, err = tx.CountUnreadAfter(ctx, store.CountUnreadAfterParams{ThreadID: id, Seen: seen}); err != nil {
				return fmt.Errorf("count unread: %w", err)
			}
		}
		n, err := tx.MarkThreadRead(ctx, store.MarkThreadReadParams{ID: id, LeftUnread: left})
		if err != nil {
			return fmt.Errorf("mark read: %w", err)
		}
		if n > 0 {
			tx.Changed(thread.Topic, id.String())
		}
		return nil
	})
}

// Merge continues a conversation in another one of the same person: messages and tickets move there,
// the pressing priority and the waiting count there, and if people were called to the first they are
// called to the second. Merging again what was merged there already does nothing. ErrUnseen when the
// member has written into the first since.
func (d *Desk) Merge(ctx context.Context, tenant *store.Tenant, p identity.Principal, from, into club.ThreadID, seen Seen) (store.Thread, error) {
	if from == into {
		return store.Thread{}, club.Invalid("a conversation cannot be merged with itself")
	}
	return d.act(ctx, tenant, p, into, func(tx *store.Tx, to store.Thread) (store.Thread, error) {
		old, err := find(ctx, tx, p, identity.ThreadsWrite, from)
		switch {
		case err != nil:
			return to, err
		case old.Status == club.ThreadMerged && old.MergedInto == into:
			return to, nil
		case to.Status == club.ThreadMerged:
			return to, club.Conflict("the other conversation was merged itself; merge with the one it continues in")
		case old.SubjectID != to.SubjectID:
			return to, club.Invalid("only conversations of one person can be merged")
		}
		if err := seen.all(ctx, tx, old); err != nil {
			return to, err
		}
		return d.merge(ctx, tx, p.Actor, old, to)
	})
}

func (d *Desk) merge(ctx context.Context, tx *store.Tx, by club.Actor, old, to store.Thread) (store.Thread, error) {
	if err := d.withdraw(ctx, tx, old, by, "the conversation was merged with another"); err != nil {
		return to, err
	}
	if err := d.closeEscalation(ctx, tx, old, by, "merged"); err != nil {
		return to, err
	}
	waits := old.WaitingSince != nil && !old.Status.HeldByPeople() && !to.Status.HeldByPeople()
	if waits {
		if err := d.reopenBoth(ctx, tx, by, old, to); err != nil {
			return to, err
		}
	}
	if _, err := tx.MoveMessages(ctx, store.MoveMessagesParams{FromThread: old.ID, ToThread: to.ID, Now: tx.Now}); err != nil {
		return to, fmt.Errorf("move messages: %w", err)
	}
	if err := tx.MoveTickets(ctx, store.MoveTicketsParams{FromThread: old.ID, ToThread: to.ID, Now: tx.Now}); err != nil {
		return to, fmt.Errorf("move tickets: %w", err)
	}
	was := old
	if _, err := thread.Apply(ctx, tx, old, thread.Move{Event: club.ThreadMerge, By: by, Why: "continued in " + to.ID.String(), MergedInto: to.ID}); err != nil {
		return to, err
	}
	absorb(&to, was)
	to, err := thread.Save(ctx, tx, to)
	if err != nil {
		return to, err
	}
	err = audit.Write(ctx, tx, audit.Entry{Actor: by, Action: "thread.absorbed", Object: to.ID.String(), Thread: to.ID, Detail: map[string]any{"from": was.ID}})
	if err != nil {
		return to, err
	}
	switch {
	case was.Status.HeldByPeople() && !to.Status.HeldByPeople():
		return d.Escalate(ctx, tx, to, Reason{Text: "merged with a conversation that people had", By: by})
	case waits:
		if to, err = thread.Apply(ctx, tx, to, thread.Move{Event: club.ThreadTextIn, By: by, Why: "merged"}); err != nil {
			return to, err
		}
		d.cfg.Advance(tx, to.ID, "")
	}
	return to, nil
}

// reopenBoth lets the machine read as one matter what it has taken up in either thread and nobody has
// answered: what was proposed is withdrawn by the merge. It comes before the messages move, for an answer
// in one thread answers nothing in the other.
func (d *Desk) reopenBoth(ctx context.Context, tx *store.Tx, by club.Actor, old, to store.Thread) error {
	threads := []store.Thread{old}
	if _, err := tx.FindOpenProposalOfThread(ctx, to.ID); err == nil {
		if err := d.withdraw(ctx, tx, to, by, "another conversation was merged into this one"); err != nil {
			return err
		}
		threads = append(threads, to)
	} else if !missing(err) {
		return fmt.Errorf("find open proposal: %w", err)
	}
	for _, t := range threads {
		if _, err := tx.ReopenTexts(ctx, store.ReopenTextsParams{ThreadID: t.ID, Since: t.EpisodeAt, Now: tx.Now}); err != nil {
			return fmt.Errorf("reopen texts: %w", err)
		}
	}
	return nil
}

// absorb adds up what two threads of one matter say.
func absorb(to *store.Thread, old store.Thread) {
	to.Unread += old.Unread
	if old.Priority.Rank() < to.Priority.Rank() && !old.Status.Settled() {
		to.Priority = old.Priority
	}
	if latest(old).After(latest(*to)) {
		to.Snippet = old.Snippet
	}
	to.LastInAt, to.LastOutAt = later(to.LastInAt, old.LastInAt), later(to.LastOutAt, old.LastOutAt)
	if old.WaitingSince != nil && (to.WaitingSince == nil || old.WaitingSince.Before(*to.WaitingSince)) {
		to.WaitingSince = old.WaitingSince
	}
	if to.LocationID.IsZero() {
		to.LocationID, to.BayID = old.LocationID, old.BayID
	}
	if to.MemberID.IsZero() {
		to.MemberID = old.MemberID
	}
}

func latest(t store.Thread) time.Time {
	if l := later(t.LastInAt, t.LastOutAt); l != nil {
		return *l
	}
	return t.CreatedAt
}

func later(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.After(*a) {
		return b
	}
	return a
}
