package outage

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"clubos/internal/club"
	"clubos/internal/notify"
)

// Timing is how long what takes. The zero value means the defaults.
type Timing struct {
	Every  time.Duration // between looks, a fifth of it after one that went badly; default 10 s
	Within time.Duration // a look is given up; default 4 s
	After  time.Duration // without a look that went well until people are told; default 20 s
	Calm   time.Duration // with nothing but such looks until it is over; default 1 min
	Apart  time.Duration // between two times that somebody is told of an outage; default 1 h
}

func (t Timing) orDefaults() Timing {
	return Timing{Every: cmp.Or(t.Every, 10*time.Second), Within: cmp.Or(t.Within, 4*time.Second), After: cmp.Or(t.After, 20*time.Second),
		Calm: cmp.Or(t.Calm, time.Minute), Apart: cmp.Or(t.Apart, time.Hour)}
}

// Way is a way to somebody at one club.
type Way struct {
	notify.Target
	Key  string // the same for all ways to one phone, mailbox, channel or pager; stays in memory
	Mark string // names that to other replicas without giving it away
	Club string // the club's name
	Zone *time.Location
}

// Config is what a watch works with. All but Marks, Timing and Log are required.
type Config struct {
	// Pulse reports what keeps the database from answering and storing.
	Pulse func(context.Context) error
	// Learn is called after each look that went well: to look up whom to tell, a little at a time.
	Learn func(context.Context)
	// Ways lists whom to tell at an instant, from memory.
	Ways func(time.Time) []Way
	// Tell calls a vendor.
	Tell  func(context.Context, notify.Target, notify.Note) error
	Marks *Marks // nil: there is nothing that replicas share
	// Node is the name of this process, and Installation that of the whole.
	Node, Installation string
	Clock              club.Clock
	Timing             Timing
	Log                *slog.Logger // default slog.Default()
}

// Watch looks at the database. Run is called once; the rest is safe for concurrent use.
type Watch struct {
	cfg   Config
	since atomic.Int64 // of the outage, in µs since the epoch; 0: there is none
	fails atomic.Bool  // in the outage the last look went badly

	// The fields below are Run's alone.
	hanging chan error // what a pulse that is under way will say; nil: none is
	began   time.Time  // the first look of those that went badly; zero: the last one went well
	well    time.Time  // since when all goes well again in an outage; zero: it does not
	last    *matter    // the outage that people are told of; nil: none
	endeds  []*matter  // outages whose end not all have been told
	told    map[string]time.Time
}

// New returns a watch.
func New(cfg Config) *Watch {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	cfg.Timing = cfg.Timing.orDefaults()
	return &Watch{cfg: cfg, told: map[string]time.Time{}}
}

// Since returns when the outage began that people are told of; ok is false when there is none.
func (w *Watch) Since() (at time.Time, ok bool) {
	us := w.since.Load()
	return time.UnixMicro(us).UTC(), us != 0
}

// Fails reports whether no look has gone well for Timing.After: nothing can be read, or nothing stored. It is over with
// the first look that goes well, which the outage that people are told of is not.
func (w *Watch) Fails() bool { return w.fails.Load() }

// Run looks until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		w.look(ctx)
		next := w.cfg.Timing.Every
		if !w.began.IsZero() && w.last == nil { // it is soon to be known whether it lasts
			next /= 5
		}
		again.Reset(next)
	}
}

// errHangs is what is found of a database, or a disk, that neither answers nor heeds that it is not waited for any more.
var errHangs = errors.New("it does not answer, not even with a failure")

// pulse takes the pulse within its time. One that hangs beyond that is waited for at the next look.
func (w *Watch) pulse(ctx context.Context) error {
	looking, cancel := context.WithTimeout(ctx, w.cfg.Timing.Within)
	defer cancel()
	if w.hanging == nil {
		found := make(chan error, 1)
		w.hanging = found
		go func() { found <- w.cfg.Pulse(looking) }()
	}
	over := time.NewTimer(w.cfg.Timing.Within + w.cfg.Timing.Within/4) // what heeds its context has said so by then
	defer over.Stop()
	select {
	case err := <-w.hanging:
		w.hanging = nil
		return err
	case <-over.C:
		return errHangs
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *Watch) look(ctx context.Context) {
	at := w.cfg.Clock.Now()
	err := w.pulse(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		w.gone(ctx, at, err)
	} else {
		w.here(ctx, at)
	}
	for _, m := range w.endeds {
		w.tellEnd(ctx, m)
	}
	w.endeds = slices.DeleteFunc(w.endeds, func(m *matter) bool { return len(m.people) == 0 })
}

// gone takes in a look, begun at an instant, that went badly.
func (w *Watch) gone(ctx context.Context, at time.Time, cause error) {
	if w.began.IsZero() {
		w.began = at
	}
	w.well = time.Time{}
	now := w.cfg.Clock.Now()
	if w.last == nil {
		if now.Sub(w.began) < w.cfg.Timing.After {
			return
		}
		w.last = newMatter(w.began, cause, w.cfg.Ways(now))
		w.since.Store(w.began.UnixMicro())
		w.cfg.Log.ErrorContext(ctx, "the database is gone", "event.action", "database.gone", "event.outcome", "failure", "event.start", w.began, "labels.ways", len(w.last.people), "error.message", cause.Error())
		if len(w.last.people) == 0 {
			w.cfg.Log.ErrorContext(ctx, "nobody can be told that the database is gone: nobody is known who has a way that is connected", "event.action", "database.untold", "event.outcome", "failure")
		}
	}
	w.fails.Store(true)
	w.tellBegin(ctx, now)
}

// here takes in a look that went well.
func (w *Watch) here(ctx context.Context, at time.Time) {
	w.fails.Store(false)
	if w.last == nil {
		w.began = time.Time{}
		w.cfg.Learn(ctx)
		return
	}
	if w.well.IsZero() {
		w.well = at
	}
	if at.Sub(w.well) < w.cfg.Timing.Calm {
		return
	}
	m := w.last
	m.ended = w.well
	m.people = slices.DeleteFunc(m.people, func(p *person) bool { return !p.told })
	for _, p := range m.people {
		p.tries = 0
	}
	w.cfg.Log.WarnContext(ctx, "the database is back", "event.action", "database.back", "event.start", m.began, "event.end", m.ended, "labels.told", len(m.people))
	w.endeds = append(w.endeds, m)
	w.last, w.began, w.well = nil, time.Time{}, time.Time{}
	w.since.Store(0)
	for key, at := range w.told {
		if w.cfg.Clock.Now().Sub(at) >= w.cfg.Timing.Apart {
			delete(w.told, key)
		}
	}
}

const (
	// atOnce is how many are told side by side.
	atOnce = 16
	// mostTries bounds how often somebody is tried about a beginning or an end.
	mostTries = 30
)

// each tries people side by side.
func each(people []*person, try func(*person)) {
	var turn sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for _, p := range people {
		places <- struct{}{}
		turn.Go(func() {
			defer func() { <-places }()
			try(p)
		})
	}
	turn.Wait()
}

func (w *Watch) tellBegin(ctx context.Context, now time.Time) {
	m := w.last
	var due []*person
	for _, p := range m.people {
		if at, ok := w.told[p.key]; !p.told && p.tries < mostTries && len(p.ways) > 0 && (!ok || now.Sub(at) >= w.cfg.Timing.Apart) {
			due = append(due, p)
		}
	}
	each(due, func(p *person) {
		if !w.cfg.Marks.take(ctx, p.mark) {
			return // another replica tells
		}
		if p.told = w.try(ctx, p, w.begun(m, p)); !p.told {
			w.cfg.Marks.drop(ctx, p.mark)
		}
	})
	for _, p := range m.people {
		if p.told {
			if _, ok := w.told[p.key]; !ok || slices.Contains(due, p) {
				w.told[p.key] = now
			}
			w.cfg.Marks.keep(ctx, p.mark, max(w.cfg.Timing.Apart-now.Sub(w.told[p.key]), w.cfg.Timing.keep()))
		}
	}
}

// keep is how long a mark outlives a replica that has told somebody of an outage that lasts.
func (t Timing) keep() time.Duration { return 6*t.Every + t.Calm }

func (w *Watch) tellEnd(ctx context.Context, m *matter) {
	each(m.people, func(p *person) {
		if w.try(ctx, p, w.over(m, p)) {
			p.tries = mostTries
		}
	})
	m.people = slices.DeleteFunc(m.people, func(p *person) bool { return p.tries >= mostTries || len(p.ways) == 0 })
}

// try tells somebody by the next of their ways. One that refuses for good is not tried again.
func (w *Watch) try(ctx context.Context, p *person, n notify.Note) bool {
	i := p.tries % len(p.ways)
	p.tries++
	way := p.ways[i]
	err := w.cfg.Tell(ctx, way.Target, n)
	if err == nil {
		return true
	}
	final := notify.Final(err)
	if p.tries == 1 || p.tries == mostTries || final {
		w.cfg.Log.WarnContext(ctx, "somebody could not be told about the database", "event.action", "database.tell", "event.outcome", "failure", "organization.id", way.Target.Club.String(),
			"labels.channel", string(way.Channel), "labels.tries", p.tries, "error.message", err.Error())
	}
	if final {
		p.ways = slices.Delete(p.ways, i, i+1)
	}
	return false
}
