package trial

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/simulate"
	"clubos/internal/store"
)

// inbound is a text of a member's, with what became of it.
type inbound struct {
	id     string
	member int
	text   string
	began  int64 // the turn in which its first delivery began
	stored int64 // the turn in which it was stored; 0: not yet
	acked  int64 // the turn in which that was acknowledged; 0: not yet
	kept   bool  // as in a storm
	thread club.ThreadID
}

// reservation is a booking, with what the club was told of it.
type reservation struct {
	member   int
	place    simulate.Location
	bay      simulate.Bay
	id       string
	sequence int64
	versions []version
}

// version is what the club was told of a booking.
type version struct {
	sequence   int64
	start, end time.Time
	cancelled  bool
	known      int64 // the turn in which it was stored; 0: not yet
}

// atDoor is the point before a delivery is taken in.
const atDoor = "is delivered"

// happen lets something of the plan happen.
func (w *world) happen(ctx context.Context, h happening) error {
	w.tell(ctx, "%s", h)
	switch h.kind {
	case writes:
		w.write(h)
	case cancels, moves:
		w.change(h)
	case jumps:
		w.jump(ctx, h)
	case crashes:
		w.crash = h.turns
	case away:
		w.refuse = h.turns
	default:
		return w.press(ctx, h)
	}
	return nil
}

// jump moves the clock at a moment at which nothing is measured by it: what a vendor was asked and has not answered
// is judged by how long ago it was, and no clock that jumps tells that.
func (w *world) jump(ctx context.Context, h happening) {
	quiet := len(w.loom.under) == 0
	for _, j := range w.steps.Waiting() {
		quiet = quiet && (j.Periodic || j.At.After(w.now().Add(2*time.Minute)))
	}
	for _, e := range w.agenda {
		quiet = quiet && e.at.After(w.now().Add(time.Minute))
	}
	if !quiet {
		if w.now().Before(w.plan.begin.Add(2 * span)) {
			w.in(time.Minute, func(ctx context.Context) error { w.jump(ctx, h); return nil })
		}
		return
	}
	w.steps.Clock.Advance(h.jump)
	w.end = w.end.Add(max(h.jump, 0))
	w.tell(ctx, "the clock has jumped")
}

func (w *world) homeOf(member int) simulate.Location {
	if member < members {
		if l, ok := w.mould.club.FindLocation(w.mould.club.Members[member].Home); ok {
			return l
		}
	}
	return w.mould.club.Locations[0]
}

func (w *world) phoneOf(member int) string {
	if member < members {
		return w.mould.club.Members[member].Phone
	}
	return fmt.Sprintf("+1415555267%d", member)
}

// write has a member write, and the vendor deliver it as often as it likes.
func (w *world) write(h happening) {
	in := &inbound{id: fmt.Sprintf("IN%d", len(w.inbound)+1), member: h.member, text: h.text}
	w.inbound = append(w.inbound, in)
	w.counts.Texts++
	sent := w.now()
	home := w.homeOf(h.member)
	d := &club.Inbound{Provider: home.Provider, ProviderMessageID: in.id, From: w.phoneOf(h.member), To: home.Line, Text: h.text, SentAt: sent}
	w.deliver(h, "text "+in.id, func(ctx context.Context, copied int) error {
		if in.began == 0 {
			in.began = w.loom.turns
		}
		r, err := w.at(ctx).app.Inbox.Accept(ctx, w.at(ctx).tenant, inbox.Read(club.Delivery{ID: fmt.Sprintf("%s-%d", in.id, copied), Inbound: d}), home.Provider)
		if err != nil {
			return err
		}
		if in.stored == 0 {
			in.stored = w.loom.turns
		}
		if !r.Thread.IsZero() {
			in.thread = r.Thread
			w.meet(r.Thread)
		}
		if r.Kept {
			in.kept, w.at(ctx).kept = true, true
			w.tell(ctx, "is kept")
		} else {
			w.tell(ctx, "is stored in %s as %s, duplicate %v", r.Thread, r.Message, r.Duplicate)
		}
		return w.acknowledge(ctx, func() { in.acked = w.loom.turns })
	})
}

func (w *world) acknowledge(ctx context.Context, do func()) error {
	if err := w.loom.point(ctx, "is acknowledged", time.Time{}); err != nil {
		return err
	}
	do()
	return nil
}

func (w *world) meet(id club.ThreadID) {
	for _, known := range w.threads {
		if known == id {
			return
		}
	}
	w.threads = append(w.threads, id)
}

// deliver has something delivered several times, each until it is acknowledged.
func (w *world) deliver(h happening, what string, take func(ctx context.Context, copied int) error) {
	var once func(copied, try int) func(context.Context) error
	once = func(copied, try int) func(context.Context) error {
		return func(ctx context.Context) error {
			w.counts.Deliveries++
			again := func() {
				if try < 20 {
					w.in(time.Duration(2+w.chance.IntN(40))*time.Second, once(copied, try+1))
				}
			}
			name := fmt.Sprintf("%s, copy %d", what, copied)
			t := w.task(ctx, name, func(ctx context.Context) error {
				if err := w.loom.point(ctx, atDoor, time.Time{}); err != nil {
					return err
				}
				return take(ctx, copied)
			}, func(err error) {
				w.tell(ctx, "%s ends: %s", name, w.said(err))
				if err != nil {
					again()
				}
			})
			t.redo = again
			return w.resume(ctx, t)
		}
	}
	for i := range h.copies {
		var wait time.Duration
		if i > 0 && h.spread > 0 {
			wait = time.Duration(w.chance.Int64N(int64(h.spread)))
		}
		w.in(wait, once(i+1, 1))
	}
}

// report has the vendor report on a text of ours.
func (w *world) report(r report, wait time.Duration) {
	w.in(wait, func(context.Context) error {
		d := &club.DeliveryReport{Provider: "openphone", ProviderMessageID: r.id, Status: r.status, Text: r.text, To: r.to, Line: r.line, At: w.now()}
		w.deliver(happening{copies: 1}, "report on "+r.id, func(ctx context.Context, _ int) error {
			_, err := w.at(ctx).app.Inbox.Accept(ctx, w.at(ctx).tenant, inbox.Read(club.Delivery{ID: r.id + "-" + string(r.status), Report: d}), d.Provider)
			if err != nil {
				return err
			}
			return w.acknowledge(ctx, func() {})
		})
		return nil
	})
}

// reserve has the booking system tell the club of a booking.
func (w *world) reserve(b booked) {
	place := w.homeOf(b.member)
	r := &reservation{member: b.member, place: place, bay: place.Bays[b.bay], id: fmt.Sprintf("BOOK%d", len(w.bookings)+1), sequence: 1}
	w.bookings = append(w.bookings, r)
	r.versions = []version{{sequence: 1, start: w.plan.begin.Add(b.start), end: w.plan.begin.Add(b.end)}}
	w.announce(r, 0, happening{copies: 1 + w.chance.IntN(2)})
}

// change has a member cancel or move a booking, where there is one.
func (w *world) change(h happening) {
	for _, r := range w.bookings {
		if r.member != h.member {
			continue
		}
		v := r.versions[len(r.versions)-1]
		v.sequence, v.known = v.sequence+1, 0
		if h.kind == cancels {
			v.cancelled = true
		} else {
			v.start, v.end = v.start.Add(h.jump), v.end.Add(h.jump)
		}
		r.versions = append(r.versions, v)
		w.announce(r, len(r.versions)-1, h)
	}
}

func (w *world) announce(r *reservation, nth int, h happening) {
	v := r.versions[nth]
	c := club.BookingChange{Source: "webhook", ExternalID: r.id, Location: r.place.Name, Bay: r.bay.Name, Start: v.start, End: v.end, Phone: w.phoneOf(r.member), Cancelled: v.cancelled, Sequence: v.sequence}
	w.deliver(h, fmt.Sprintf("booking %s.%d", r.id, v.sequence), func(ctx context.Context, _ int) error {
		_, err := w.at(ctx).app.Inbox.Booking(ctx, w.at(ctx).tenant, fmt.Sprintf("%s.%d", r.id, v.sequence), c)
		if err != nil && club.CodeOf(err) != club.CodeConflict {
			return err
		}
		if r.versions[nth].known == 0 {
			r.versions[nth].known = w.loom.turns
		}
		return w.acknowledge(ctx, func() {})
	})
}

// press is a person at the desk.
func (w *world) press(ctx context.Context, h happening) error {
	if len(w.threads) == 0 {
		return nil
	}
	p, id := w.mould.staff[h.who], w.threads[h.nth%len(w.threads)]
	switch h.kind {
	case approves, rejects, vetoes:
		return w.decideOn(ctx, h)
	case answers:
		key := fmt.Sprintf("KEY%d", h.nth)
		for range 2 { // a double tap
			w.click(ctx, h, p, id, func(ctx context.Context) error {
				_, err := w.at(ctx).app.Desk.Reply(ctx, w.at(ctx).tenant, p, id, "We are looking into it.", key, desk.Seen{})
				return err
			})
		}
	case claims:
		w.click(ctx, h, p, id, func(ctx context.Context) error {
			_, err := w.at(ctx).app.Desk.Claim(ctx, w.at(ctx).tenant, p, id)
			return err
		})
	case handsOff:
		w.click(ctx, h, p, id, func(ctx context.Context) error {
			_, err := w.at(ctx).app.Desk.HandBack(ctx, w.at(ctx).tenant, p, id, desk.Seen{})
			return err
		})
	case resolves:
		w.click(ctx, h, p, id, func(ctx context.Context) error {
			_, err := w.at(ctx).app.Desk.Resolve(ctx, w.at(ctx).tenant, p, id, desk.Seen{})
			return err
		})
	default:
		return fmt.Errorf("BUG: nobody can press %q", h.kind)
	}
	return nil
}

// decideOn is a person's word on an open proposal: of both people at once where it is a yes.
func (w *world) decideOn(ctx context.Context, h happening) error {
	open, err := w.openProposals(ctx)
	if err != nil || len(open) == 0 {
		return err
	}
	prop := open[h.nth%len(open)]
	yes := func(p identity.Principal) func(context.Context) error {
		return func(ctx context.Context) error {
			return w.at(ctx).app.Decider.Approve(ctx, w.at(ctx).tenant, p, prop.ID, nil, decide.Why{})
		}
	}
	no := func(ctx context.Context) error {
		return w.at(ctx).app.Decider.Reject(ctx, w.at(ctx).tenant, w.mould.staff[h.who], prop.ID, decide.Why{Reason: "not this"})
	}
	switch h.kind {
	case approves:
		for _, p := range w.mould.staff {
			w.click(ctx, h, p, prop.ThreadID, yes(p))
		}
	case vetoes:
		if prop.DeadlineAt != nil {
			w.on(*prop.DeadlineAt, func(ctx context.Context) error {
				w.click(ctx, h, w.mould.staff[h.who], prop.ThreadID, no)
				return nil
			})
			return nil
		}
		fallthrough
	default:
		w.click(ctx, h, w.mould.staff[h.who], prop.ThreadID, no)
	}
	return nil
}

// proposed has somebody at the desk see a proposal, and mostly say yes.
func (w *world) proposed(id club.ProposalID, thread club.ThreadID) {
	h := happening{kind: approves, who: w.chance.IntN(desks)}
	n, wait := w.chance.IntN(10), time.Duration(2+w.chance.IntN(100))*time.Second
	w.in(wait, func(ctx context.Context) error {
		p := w.mould.staff[h.who]
		switch {
		case n < 7:
			w.click(ctx, h, p, thread, func(ctx context.Context) error {
				return w.at(ctx).app.Decider.Approve(ctx, w.at(ctx).tenant, p, id, nil, decide.Why{})
			})
		case n < 8:
			h.kind = rejects
			w.click(ctx, h, p, thread, func(ctx context.Context) error {
				return w.at(ctx).app.Decider.Reject(ctx, w.at(ctx).tenant, p, id, decide.Why{Reason: "not this"})
			})
		}
		return nil
	})
}

// openProposals lists the open proposals of members' conversations.
func (w *world) openProposals(ctx context.Context) (out []store.Proposal, err error) {
	err = w.replicas[0].tenant.Read(ctx, func(tx *store.Tx) error {
		for _, id := range w.threads {
			p, err := tx.FindOpenProposalOfThread(ctx, id)
			switch {
			case err == nil:
				out = append(out, p)
			case !missing(err):
				return err
			}
		}
		return nil
	})
	return out, err
}

// click has a person do something. What the person is told is no surprise: a colleague, the machine or the member
// was faster, or it is not allowed. Whoever is cut off tries again, or does not.
func (w *world) click(ctx context.Context, h happening, p identity.Principal, id club.ThreadID, do func(context.Context) error) {
	name := w.plain(fmt.Sprintf("%s %s on %s", p.UserID, h.kind, id))
	t := w.task(ctx, name, do, func(err error) {
		w.tell(ctx, "%s ends: %s", name, w.said(err))
		switch club.CodeOf(err) {
		case "":
			w.taken[id] = true
		case club.CodeConflict, club.CodeInvalid, club.CodeForbidden, club.CodeNotFound, club.CodeUnavailable:
		default:
			w.breaks("%s met an error of ours: %v", name, err)
		}
	})
	if w.chance.IntN(2) == 0 {
		t.redo = func() {
			w.in(time.Duration(1+w.chance.IntN(30))*time.Second, func(ctx context.Context) error { w.click(ctx, h, p, id, do); return nil })
		}
	}
}
