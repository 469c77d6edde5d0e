package year

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"clubos/internal/act"
	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/notify"
	"clubos/internal/store"
)

// person is somebody who works at the desk.
type person struct {
	identity.Principal
	name    string
	hostile bool
	from    int // the hours of the day at which they work
	until   int
	r       *rand.Rand
}

// hire signs everybody in who may answer members.
func (w *world) hire(ctx context.Context) error {
	dir, err := w.app.Directory(ctx, w.club.Slug)
	if err != nil {
		return err
	}
	shifts := map[string][2]int{"Opal Operator": {7, 19}, "Oscar Operator": {15, 24}, "Adam Admin": {9, 23}, "Olive Owner": {18, 24}}
	for i, s := range w.club.Staff {
		hours, ok := shifts[s.Name]
		if !ok {
			continue
		}
		p, err := dir.FindPrincipalBySlackID(ctx, s.SlackUserID)
		if err != nil {
			return fmt.Errorf("sign in %s: %w", s.Role, err)
		}
		w.staff = append(w.staff, &person{Principal: p, name: s.Name, from: hours[0], until: hours[1], r: w.source(100 + uint64(i)), hostile: w.cfg.Hostile && s.Name == "Oscar Operator"})
	}
	return nil
}

// onDuty chooses who sees to a call: one of those who work at that hour, else somebody who is woken.
func (w *world) onDuty(m *matter) (p *person, woken bool) {
	hour := w.now().In(w.planner.zone).Hour()
	var there []*person
	for _, p := range w.staff {
		if hour >= p.from && hour < p.until {
			there = append(there, p)
		}
	}
	if woken = len(there) == 0; woken {
		there = w.staff
	}
	return there[m.r.IntN(len(there))], woken
}

// reaction is how long it takes somebody to look: a log-normal time with a median of some minutes.
func reaction(m *matter, median time.Duration) time.Duration {
	d := time.Duration(float64(median) * math.Exp(0.6*m.r.NormFloat64()))
	return min(max(d, 20*time.Second), 2*time.Hour).Truncate(time.Second)
}

// called is a call that was posted for people.
func (w *world) called(n notify.Note) {
	if n.Kind == notify.KindProblem {
		w.told(n)
		return
	}
	m := w.byThread[n.Thread]
	if m == nil || m.closed || n.Withdrawn {
		return
	}
	switch n.Kind {
	case notify.KindProposal:
		who, woken := w.onDuty(m)
		id := club.ProposalID(n.Ref)
		w.in(5*time.Second, func(ctx context.Context) error { return w.see(ctx, m, who, woken, id) })
	case notify.KindEscalation:
		if m.visit {
			return
		}
		who, woken := w.onDuty(m)
		if m.worker != nil {
			who = m.worker
		}
		m.visit = true
		w.in(reaction(m, medianOf(woken)), func(ctx context.Context) error {
			m.visit = false
			return w.attend(ctx, m, who)
		})
	case notify.KindTicket, notify.KindProblem:
	}
}

func medianOf(woken bool) time.Duration {
	if woken {
		return 18 * time.Minute
	}
	return 6 * time.Minute
}

// objects is how often somebody happens to look at an announcement before its deadline.
const objects = 0.2

// see is somebody seeing a proposal. An announcement runs by itself: few look at it in time.
func (w *world) see(ctx context.Context, m *matter, who *person, woken bool, id club.ProposalID) error {
	var prop store.Proposal
	err := w.tenant.Read(ctx, func(tx *store.Tx) (err error) { prop, err = tx.FindProposal(ctx, id); return err })
	if err != nil || prop.Status != club.ProposalOpen {
		return err
	}
	if prop.DeadlineAt == nil {
		w.in(reaction(m, medianOf(woken)), func(ctx context.Context) error { return w.judgeProposal(ctx, m, who, id) })
		return nil
	}
	if !woken && m.r.Float64() < objects {
		w.in(time.Duration(10+m.r.IntN(40))*time.Second, func(ctx context.Context) error { return w.judgeProposal(ctx, m, who, id) })
	}
	return nil
}

// judgeProposal is a person's word on a proposal: right or not, as far as the person sees.
func (w *world) judgeProposal(ctx context.Context, m *matter, who *person, id club.ProposalID) error {
	var prop store.Proposal
	var dec store.Decision
	err := w.tenant.Read(ctx, func(tx *store.Tx) (err error) {
		if prop, err = tx.FindProposal(ctx, id); err != nil {
			return err
		}
		dec, err = tx.FindDecision(ctx, prop.DecisionID)
		return err
	})
	if err != nil || prop.Status != club.ProposalOpen || m.closed {
		return err
	}
	right, err := w.right(ctx, m, dec)
	if err != nil {
		return err
	}
	good := right != (m.r.Float64() < w.cfg.Wrong)
	if who.hostile {
		good = true
	}
	if good && prop.DeadlineAt != nil {
		return nil // it runs by itself
	}
	if err := w.blame(ctx, m); err != nil {
		return err
	}
	if good {
		err := w.app.Decider.Approve(ctx, w.tenant, who.Principal, id, nil, decide.Why{})
		w.note(m, "is approved by %s, right %v", who.name, right)
		return unlessConflict(err)
	}
	w.note(m, "is declined by %s, right %v", who.name, right)
	m.worker = who
	if err := unlessConflict(w.app.Decider.Reject(ctx, w.tenant, who.Principal, id, decide.Why{Reason: "not this"})); err != nil {
		return err
	}
	return w.attend(ctx, m, who)
}

// attend is a person settling a matter by hand: what has to be done is done, then the member is told.
func (w *world) attend(ctx context.Context, m *matter, who *person) error {
	if m.closed {
		return nil
	}
	if !m.settled.IsZero() { // nothing is left to do
		return w.finish(ctx, m, who)
	}
	if err := w.blame(ctx, m); err != nil {
		return err
	}
	m.worker = who
	k := m.kind
	if who.hostile || m.r.Float64() < w.cfg.Wrong {
		for k = w.kinds[m.r.IntN(len(w.kinds))]; k == m.kind; k = w.kinds[m.r.IntN(len(w.kinds))] {
		}
		return w.tell(ctx, m, who, k)
	}
	action := w.remedy(k, m.day)
	if action == "" {
		return w.tell(ctx, m, who, k)
	}
	id, refused, err := w.app.Engine.Request(ctx, w.tenant, who.Actor, m.thread, action, nil, act.Ground{Reason: "the member is waiting"})
	if err := unlessConflict(err); err != nil {
		return err
	}
	if refused != "" || id.IsZero() {
		w.note(m, "cannot be helped by %s: %s", action, refused)
		return w.tell(ctx, m, who, k)
	}
	w.in(30*time.Second, func(ctx context.Context) error { return w.await(ctx, m, who, id, 0) })
	return nil
}

// await looks whether an action has ended, and then tells the member.
func (w *world) await(ctx context.Context, m *matter, who *person, id club.ExecutionID, looks int) error {
	var x store.Execution
	err := w.tenant.Read(ctx, func(tx *store.Tx) (err error) { x, err = tx.FindExecution(ctx, id); return err })
	if err != nil || m.closed || !m.settled.IsZero() {
		return err
	}
	if x.FinishedAt == nil && looks < 40 {
		w.in(15*time.Second, func(ctx context.Context) error { return w.await(ctx, m, who, id, looks+1) })
		return nil
	}
	return w.tell(ctx, m, who, m.kind)
}

// tell answers the member and closes the matter.
func (w *world) tell(ctx context.Context, m *matter, who *person, k *kind) error {
	m.said, m.saidRight = k.words(m.r), k == m.kind
	w.seq++
	_, err := w.app.Desk.Reply(ctx, w.tenant, who.Principal, m.thread, m.said, fmt.Sprintf("year-%d", w.seq), desk.Seen{})
	if err := unlessConflict(err); err != nil {
		return err
	}
	w.note(m, "is told about %s by %s", k.Name, who.name)
	w.in(time.Minute+reaction(m, time.Minute), func(ctx context.Context) error { return w.finish(ctx, m, who) })
	return nil
}

// finish closes a conversation at the desk.
func (w *world) finish(ctx context.Context, m *matter, who *person) error {
	_, err := w.app.Desk.Resolve(ctx, w.tenant, who.Principal, m.thread, desk.Seen{})
	return unlessConflict(err)
}

// tidy closes what a matter has left open.
func (w *world) tidy(ctx context.Context, m *matter) error {
	var th store.Thread
	err := w.tenant.Read(ctx, func(tx *store.Tx) (err error) { th, err = tx.FindThread(ctx, m.thread); return err })
	if err != nil || w.byThread[m.thread] != m || th.Status == club.ThreadResolved || th.Status == club.ThreadMerged {
		return err
	}
	return w.finish(ctx, m, w.staff[0])
}

// unlessConflict takes what a colleague, the machine or the member has overtaken for what it is.
func unlessConflict(err error) error {
	switch club.CodeOf(err) {
	case club.CodeConflict, club.CodeInvalid:
		return nil
	}
	return err
}
