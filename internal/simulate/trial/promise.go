package trial

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Promises that are looked at while things happen: by what vendors really did, and by what the store said in the very
// turn in which they were asked.

// entry reads what the store says of an effect's cause, before anybody else has a turn.
func (w *world) entry(e effect) (out entry) {
	ctx := context.Background()
	err := w.replicas[0].tenant.Read(ctx, func(tx *store.Tx) (err error) {
		var thread club.ThreadID
		switch {
		case e.kind == sent && strings.HasPrefix(e.key, "msg_"):
			if out.message, err = tx.FindMessage(ctx, club.MessageID(e.key)); err != nil {
				return err
			}
			thread = out.message.ThreadID
		case e.kind != sent:
			if out.execution, err = tx.FindExecution(ctx, club.ExecutionID(e.key)); err != nil {
				return err
			}
			thread = out.execution.ThreadID
			if !out.execution.BookingID.IsZero() {
				if out.booking, err = tx.FindBooking(ctx, out.execution.BookingID); err != nil {
					return err
				}
			}
		}
		if thread.IsZero() {
			return nil
		}
		if out.thread, err = tx.FindThread(ctx, thread); err != nil || out.thread.SubjectID.IsZero() {
			return err
		}
		if out.subject, err = tx.FindSubject(ctx, out.thread.SubjectID); err != nil {
			return err
		}
		if out.escalation, err = tx.FindLatestEscalation(ctx, thread); missing(err) {
			err = nil
		}
		return err
	})
	if err != nil {
		w.breaks("the cause of what was %s cannot be found: %v", e.kind, err)
	}
	return out
}

// asked looks at what a vendor is asked for. claimed is the turn in which whoever asks had its last transaction.
func (w *world) asked(e effect, claimed int64) {
	switch e.kind {
	case sent:
		w.mayText(e)
	case unlocked:
		w.mayUnlock(e, claimed)
	case rebooted, ran:
	}
}

// mayText holds against a text that its member had opted out, or that people had the conversation.
func (w *world) mayText(e effect) {
	m := e.entry.message
	if m.ID.IsZero() {
		return // a call to the staff
	}
	notice := m.DedupKey != nil && strings.HasPrefix(*m.DedupKey, "consent_notice:")
	if e.entry.subject.Consent == club.ConsentWithdrawn && !notice {
		w.breaks("%s goes to a member who has opted out", m.ID)
	}
	if m.Author == club.AuthorMachine && e.entry.thread.Status.HeldByPeople() && !notice && !e.entry.spokenFor() {
		w.breaks("%s goes out while people have %s (%s): %s", m.ID, m.ThreadID, e.entry.thread.Status, deref(m.DedupKey))
	}
}

// spokenFor reports whether a text of the machine belongs to the very act that called people: it was said in the
// same breath, or by the rest of the procedure that called them.
func (e entry) spokenFor() bool {
	m, x := e.message, e.escalation
	if e.thread.Status != club.ThreadEscalated || x.ID.IsZero() {
		return false
	}
	return m.CreatedAt.Sub(x.CreatedAt).Abs() < time.Millisecond || strings.HasPrefix(deref(m.DedupKey), "run:")
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// early and late are how far before and after a booking a door may open.
const (
	early = 10 * time.Minute
	late  = 10 * time.Minute
)

// mayUnlock holds against an unlocking that no booking of the member's was current, by what the club had been told when
// it made up its mind.
func (w *world) mayUnlock(e effect, claimed int64) {
	now := w.now()
	for _, r := range w.bookings {
		if r.place.Door.Ref != e.ref || r.member >= members || w.mould.club.Members[r.member].Subject != e.entry.thread.SubjectID {
			continue
		}
		var v version
		for _, known := range r.versions {
			if known.known > 0 && known.known < claimed && known.sequence > v.sequence {
				v = known
			}
		}
		if v.sequence > 0 && !v.cancelled && !now.Before(v.start.Add(-early)) && !now.After(v.end.Add(late)) {
			return
		}
	}
	w.breaks("a door is asked to unlock for %s in %s, and no booking is current at %s", e.key, e.entry.thread.ID, now.Format(time.RFC3339))
}

// watch looks at what was done.
func (w *world) watch(e effect) {
	w.counts.Effects++
	if e.kind == unlocked {
		w.counts.Unlocks++
	}
	w.say(nil, "it was "+string(e.kind)+": "+e.key+" "+e.ref+" "+e.text)
	n := 0
	for _, other := range w.vendors.effects {
		if other.kind == e.kind && other.key == e.key {
			n++
		}
	}
	if n > 1 && e.key != "" { // calls to the staff have none
		w.breaks("%s was %s %d times", e.key, e.kind, n)
	}
}

// judge looks at how everything ended.
func (w *world) judge(ctx context.Context) error {
	s, err := w.read(ctx)
	if err != nil {
		return err
	}
	w.record(s)
	if w.cfg.seen != nil {
		w.cfg.seen(w, s)
	}
	w.verdicts(s)
	return nil
}

// verdicts looks at each promise that is kept by the end.
func (w *world) verdicts(s *state) {
	w.judgeJobs()
	w.judgeTexts(s)
	w.judgeThreads(s)
	w.judgeOutcomes(s)
	w.judgeDeeds(s)
}

// judgeJobs wants that nothing is left to be done that was due.
func (w *world) judgeJobs() {
	for _, j := range w.steps.Waiting() {
		if !j.Periodic && !j.At.After(w.now()) {
			w.breaks("the job %s is due and is not done", j.Kind)
		}
	}
}

// judgeTexts wants each text that was acknowledged stored once, and those of one member in the order in which the
// member wrote them, where one was taken in before the next was sent.
func (w *world) judgeTexts(s *state) {
	stored := map[string][]store.Message{}
	for _, t := range s.threads {
		for _, m := range t.messages {
			if m.Direction == club.DirectionIn {
				stored[deref(m.ProviderMessageID)] = append(stored[deref(m.ProviderMessageID)], m)
			}
		}
	}
	for _, in := range w.inbound {
		if n := len(stored[in.id]); n != 1 && in.acked > 0 || n > 1 {
			w.breaks("the text %s was acknowledged and is stored %d times", in.id, n)
		}
	}
	for i, a := range w.inbound {
		for _, b := range w.inbound[i+1:] {
			if w.plan.double && a.kept != b.kept { // what one replica keeps the other does not know of
				continue
			}
			if a.member != b.member || len(stored[a.id]) != 1 || len(stored[b.id]) != 1 {
				continue
			}
			if a.stored > b.began && b.stored > a.began { // they came together
				continue
			}
			first, second := stored[a.id][0], stored[b.id][0]
			if a.stored > b.began {
				first, second = second, first
			}
			if first.ThreadID == second.ThreadID && cmp.Or(first.CreatedAt.Compare(second.CreatedAt), strings.Compare(first.ID.String(), second.ID.String())) >= 0 {
				w.breaks("%s stands before %s, which was there when it was sent", second.ID, first.ID)
			}
		}
	}
}

// judgeThreads wants no conversation silent: each is at rest, waits for its member, or is with people who were called.
func (w *world) judgeThreads(s *state) {
	for _, t := range s.threads {
		th := t.thread
		if w.taken[th.ID] && th.Status.HeldByPeople() {
			continue
		}
		proposed := slices.ContainsFunc(t.proposals, func(p store.Proposal) bool { return p.Status == club.ProposalOpen && p.Tier == club.TierApprove })
		switch {
		case (th.Status == club.ThreadPending || th.Status == club.ThreadAwaitingAI) && !proposed:
			w.breaks("%s is %s at the end, and nobody is at it", th.ID, th.Status)
		case th.Status == club.ThreadEscalated && (t.escalation.ID.IsZero() || t.escalation.Status == "closed"):
			w.breaks("%s is escalated, and nobody was called", th.ID)
		case th.Status.Settled() && th.WaitingSince != nil && th.Status != club.ThreadMerged:
			w.breaks("%s is %s, and its member waits", th.ID, th.Status)
		}
		for _, m := range t.messages {
			if m.Direction == club.DirectionIn && m.HandledAt == nil && !th.Status.HeldByPeople() && th.Status != club.ThreadMerged && th.Status != club.ThreadResolved {
				w.breaks("%s in %s was read by nobody", m.ID, th.ID)
			}
		}
	}
}

// judgeOutcomes wants that whatever did not end well, or nobody can say how, came before a person.
func (w *world) judgeOutcomes(s *state) {
	for _, t := range s.threads {
		told := func(at time.Time) bool {
			e := t.escalation
			return w.taken[t.thread.ID] || !e.ID.IsZero() && (e.ClosedAt == nil || !e.ClosedAt.Before(at))
		}
		for _, x := range t.executions {
			switch {
			case !x.Outcome.Final():
				w.breaks("%s is %s at the end", x.ID, x.Outcome)
			case (x.Outcome == club.OutcomeUnconfirmed || x.Outcome == club.OutcomeTimeout) && !told(*x.FinishedAt):
				w.breaks("%s ended %s, and no person was told", x.ID, x.Outcome)
			}
		}
		for _, m := range t.messages {
			if m.Direction != club.DirectionOut {
				continue
			}
			switch m.Status {
			case club.MessageQueued, club.MessageSending:
				w.breaks("%s is %s at the end", m.ID, m.Status)
			case club.MessageFailed, club.MessageUnconfirmed:
				if !told(m.CreatedAt) {
					w.breaks("%s is %s, and no person was told", m.ID, m.Status)
				}
			default:
			}
		}
	}
}

// judgeDeeds wants a physical act at most once for its cause, and acts of one kind on one device as far apart as their
// cooldown says.
func (w *world) judgeDeeds(s *state) {
	rows := map[string]store.Execution{}
	for _, t := range s.threads {
		for _, x := range t.executions {
			rows[x.ID.String()] = x
		}
	}
	var deeds []effect
	for _, e := range w.vendors.effects {
		if e.kind != sent {
			deeds = append(deeds, e)
		}
	}
	slices.SortStableFunc(deeds, func(a, b effect) int { return rows[a.key].CreatedAt.Compare(rows[b.key].CreatedAt) })
	for i, a := range deeds {
		x, ok := rows[a.key]
		if !ok || x.CalledAt == nil {
			w.breaks("what was %s has no execution that was called: %s", a.kind, a.key)
			continue
		}
		action, _ := w.replicas[0].app.Catalogue.Find(x.Action)
		for _, b := range deeds[i+1:] {
			y := rows[b.key]
			if a.key == b.key || y.Action != x.Action || y.DeviceID != x.DeviceID {
				continue
			}
			if gap := y.CreatedAt.Sub(x.CreatedAt); gap < action.Cooldown {
				w.breaks("%s follows %s of the same kind on the same device after %s", y.ID, x.ID, gap)
			}
			if y.IdempotencyKey == x.IdempotencyKey {
				w.breaks("%s and %s have one cause", x.ID, y.ID)
			}
		}
	}
}
