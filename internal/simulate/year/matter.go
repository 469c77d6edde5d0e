package year

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"clubos/internal/act"
	"clubos/internal/club"
	"clubos/internal/simulate"
	"clubos/internal/store"
)

// matter is something a member wants, from the first text until it is settled or given up.
type matter struct {
	n      int
	kind   *kind
	also   *kind
	day    int
	at     time.Time // of the first text
	place  simulate.Location
	bay    simulate.Bay
	phone  string
	thread club.ThreadID
	r      *rand.Rand

	complaints int
	settled    time.Time // zero: not yet
	byPerson   bool      // a person's words settled it
	touched    bool      // a person did something about it
	cause      string    // why a person had to
	visit      bool      // somebody is on the way to it
	worker     *person   // who has it
	said       string    // what a person answered, until the member has read it
	saidRight  bool
	watched    bool // a look at what became of the machine's answer is due
	closed     bool
	until      time.Time // when the member turned to something else; zero: never
}

const (
	// lead is how long before a text its booking is there.
	lead = 45 * time.Minute
	// patience is how long after its first text a matter is over, whatever came of it.
	patience = 9 * time.Hour
	// heals is how often the right action heals.
	heals = 0.93
	// speaks is how often a member who was not helped says so.
	speaks = 0.8
	// thanks is how often one who was helped says so.
	thanks = 0.35
)

// arrive is the time at which a matter's booking is made; its text follows.
func (w *world) arrive(ctx context.Context, x wish) error {
	m := &matter{n: len(w.matters), kind: x.kind, also: x.also, day: int(x.at.Sub(w.cfg.Begin).Hours() / 24), at: x.at, r: rand.New(rand.NewPCG(w.cfg.Seed, x.seed))}
	if x.stranger {
		m.place = w.club.Locations[m.r.IntN(len(w.club.Locations))]
		m.phone = fmt.Sprintf("+1556555%04d", m.n%10000)
	} else {
		who := w.club.Members[x.member]
		m.phone = who.Phone
		m.place, _ = w.club.FindLocation(who.Home)
	}
	if m.place.Line == "" {
		m.place = w.club.Locations[0]
	}
	if m.bay = m.place.Bays[m.r.IntN(len(m.place.Bays))]; m.kind.Booking {
		ok, err := w.book(ctx, m)
		if err != nil || !ok {
			return err // everything is taken: the member stays at home
		}
	}
	w.matters = append(w.matters, m)
	w.on(m.at, func(ctx context.Context) error {
		w.byPhone[m.phone] = m
		say := m.kind.text(m.r, m.bay.Number)
		if m.also != nil {
			say += []string{" and also ", ". oh and ", ", plus "}[m.r.IntN(3)] + m.also.text(m.r, m.bay.Number)
		}
		w.on(m.at.Add(patience), func(ctx context.Context) error { return w.over(ctx, m) })
		return w.write(ctx, m, say)
	})
	return nil
}

// book books a free bay of the member's place from half an hour before the text, as a booking system does.
func (w *world) book(ctx context.Context, m *matter) (bool, error) {
	from := m.at.Add(-30 * time.Minute)
	first := m.r.IntN(len(m.place.Bays))
	for i := range m.place.Bays {
		bay := m.place.Bays[(first+i)%len(m.place.Bays)]
		until := m.at.Add(90 * time.Minute)
		if from.Before(w.bays[bay.ID]) || w.laid(m.place.Name, bay.Number, from, until) {
			continue
		}
		w.bays[bay.ID], m.bay = until, bay
		_, err := w.app.Inbox.Booking(ctx, w.tenant, "", club.BookingChange{Source: "webhook", ExternalID: fmt.Sprintf("year-%d", m.n), Location: m.place.Name, Bay: bay.Name, Start: from, End: until, Phone: m.phone, Sequence: 1})
		return true, err
	}
	return false, nil
}

// laid reports whether the club began with a booking of a bay in a span of time: nobody books what is taken.
func (w *world) laid(place string, bay int, from, until time.Time) bool {
	return slices.ContainsFunc(w.club.Bookings, func(b simulate.Booking) bool {
		return b.Location == place && b.Bay == bay && !b.Cancelled && b.Start.Before(until) && b.End.After(from)
	})
}

// write sends a text of the member's.
func (w *world) write(ctx context.Context, m *matter, say string) error {
	w.seq++
	in := &club.Inbound{Provider: m.place.Provider, ProviderMessageID: fmt.Sprintf("IN%d", w.seq), From: m.phone, To: m.place.Line, Text: say, SentAt: w.now()}
	r, err := w.app.Inbox.Deliver(ctx, w.tenant, club.Delivery{ID: in.ProviderMessageID, Inbound: in}, m.place.Provider)
	if err != nil {
		return err
	}
	m.thread = r.Thread
	w.byThread[r.Thread] = m
	w.note(m, "writes %q", say)
	return nil
}

// heard is a text of the club's that reached the member.
func (w *world) heard(ctx context.Context, m *matter, text string) error {
	if m.closed || !m.settled.IsZero() {
		return nil
	}
	if m.said != "" && text == m.said {
		m.said = ""
		right := m.saidRight
		if right && m.kind.Fault {
			right = m.r.Float64() < heals
		}
		w.note(m, "is answered by a person, right %v", right)
		if right {
			w.settle(m, true)
			return nil
		}
		w.complain(m)
		return nil
	}
	if !m.watched {
		m.watched = true
		w.in(20*time.Second, func(ctx context.Context) error { return w.watch(ctx, m, 0) })
	}
	return nil
}

// watch looks what became of what the machine does, until its run has ended.
func (w *world) watch(ctx context.Context, m *matter, looks int) error {
	m.watched = false
	if m.closed || !m.settled.IsZero() {
		return nil
	}
	var asked bool
	var status string
	var dec store.Decision
	err := w.tenant.Read(ctx, func(tx *store.Tx) error {
		th, err := tx.FindThread(ctx, m.thread)
		if err != nil {
			return err
		}
		q, err := act.ParseQuestion(th.Awaiting)
		asked = q != nil
		if err != nil {
			return err
		}
		list, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: m.thread, Limit: 1})
		if err != nil || len(list) == 0 || list[0].CreatedAt.Before(m.at) {
			return err
		}
		dec = list[0]
		run, err := tx.FindRun(ctx, dec.ID)
		if missing(err) {
			return nil
		}
		status = run.Status
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case asked:
		w.in(time.Duration(20+m.r.IntN(60))*time.Second, func(ctx context.Context) error { return w.write(ctx, m, fmt.Sprintf("bay %d", m.bay.Number)) })
	case status == "running" && looks < 60:
		m.watched = true
		w.in(15*time.Second, func(ctx context.Context) error { return w.watch(ctx, m, looks+1) })
	case status == "done":
		return w.done(ctx, m, dec)
	}
	return nil
}

// done is what the member makes of what the machine has done.
func (w *world) done(ctx context.Context, m *matter, dec store.Decision) error {
	right, err := w.right(ctx, m, dec)
	if err != nil {
		return err
	}
	helped := right && (!m.kind.Fault || m.r.Float64() < heals)
	w.note(m, "is answered by the machine, tier %s, right %v, helped %v", dec.Tier, right, helped)
	if helped {
		w.settle(m, false)
		return nil
	}
	w.complain(m)
	return nil
}

// settle is the moment at which the member has what was wanted.
func (w *world) settle(m *matter, byPerson bool) {
	m.settled, m.byPerson = w.now(), byPerson
	if m.r.Float64() < thanks {
		say := []string{"thanks!", "thank you", "great, thx", "perfect ty", "👍", "awesome"}[m.r.IntN(6)]
		w.in(time.Duration(30+m.r.IntN(120))*time.Second, func(ctx context.Context) error { return w.write(ctx, m, say) })
	}
	if m.also != nil { // the other half was overlooked, or the member is told again
		other := &matter{n: len(w.matters), kind: m.also, day: m.day, at: w.now().Add(3 * time.Minute), place: m.place, bay: m.bay, phone: m.phone, r: m.r}
		w.matters = append(w.matters, other)
		w.on(other.at, func(ctx context.Context) error {
			w.byPhone[m.phone], m.until = other, w.now()
			w.on(other.at.Add(patience), func(ctx context.Context) error { return w.over(ctx, other) })
			return w.write(ctx, other, other.kind.text(other.r, other.bay.Number))
		})
	}
}

// complain has a member who was not helped say so, or give up.
func (w *world) complain(m *matter) {
	m.complaints++
	if m.complaints > 4 || m.r.Float64() > speaks {
		return
	}
	say := ""
	switch {
	case m.complaints == 3:
		say = "can i talk to a real person please"
	case m.kind.Fault:
		say = []string{"still not working", "that didn't help, its still the same", "no, still broken", "nope still not working"}[m.r.IntN(4)]
	default:
		say = []string{"no, ", "not what i asked. ", "thats not it, ", "i meant "}[m.r.IntN(4)] + m.kind.text(m.r, m.bay.Number)
	}
	w.in(time.Duration(90+m.r.IntN(240))*time.Second, func(ctx context.Context) error {
		if m.closed || !m.settled.IsZero() {
			return nil
		}
		return w.write(ctx, m, say)
	})
}

// over is the end of a matter: what came of it goes into the books.
func (w *world) over(ctx context.Context, m *matter) error {
	m.closed = true
	if w.byPhone[m.phone] == m {
		delete(w.byPhone, m.phone)
	}
	if err := w.tidy(ctx, m); err != nil {
		return err
	}
	if !m.settled.IsZero() && m.kind.Fault && m.r.Float64() < returns && w.now().Add(24*time.Hour).Before(w.end) {
		again := wish{at: m.at.Add(24 * time.Hour), kind: m.kind, seed: m.r.Uint64(), member: m.r.IntN(len(w.club.Members))}
		if until := w.planner.busy[again.member]; again.at.After(until) {
			w.planner.busy[again.member] = again.at.Add(quiet)
			w.on(again.at.Add(-lead), func(ctx context.Context) error { return w.arrive(ctx, again) })
		}
	}
	return w.enter(ctx, m)
}

func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

// says reports whether words hold what a kind's right answer says.
func (k *kind) says(words string) bool { return strings.Contains(words, k.Fact) }
