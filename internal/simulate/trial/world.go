package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Config says which trial is run.
type Config struct {
	Seed uint64
	// Events bounds what happens to the first so many of what the seed has happen. 0: all of it.
	Events int

	// What follows breaks promises on purpose, so that tests see that it is noticed.

	twice bool                                // vendors do everything twice
	rogue func(context.Context, *world) error // done by a task at the end of the plan
	seen  func(*world, *state)                // is given what is judged
}

// Outcome is what came of a trial.
type Outcome struct {
	Seed   uint64
	Events int      // of the plan
	Broken []string // promises, with the time and what was seen
	Trace  []byte   // all that happened, a line each
	Counts Counts
}

// Counts say how much happened in a trial, or in many.
type Counts struct {
	Turns       int64 `json:"turns"`
	Texts       int64 `json:"texts"`
	Deliveries  int64 `json:"deliveries"`
	Jobs        int64 `json:"jobs"`
	Crashes     int64 `json:"crashes"`
	Filed       int64 `json:"rows_filed"`
	Refused     int64 `json:"transactions_refused"`
	Effects     int64 `json:"effects"`
	Unlocks     int64 `json:"unlocks"`
	Decisions   int64 `json:"decisions"`
	Escalations int64 `json:"escalations"`
}

func (c *Counts) add(o Counts) {
	for i, p := range c.fields() {
		*p += *o.fields()[i]
	}
}

func (c *Counts) fields() []*int64 {
	return []*int64{&c.Turns, &c.Texts, &c.Deliveries, &c.Jobs, &c.Crashes, &c.Filed, &c.Refused, &c.Effects, &c.Unlocks, &c.Decisions, &c.Escalations}
}

// world is a trial under way. It is used by one goroutine, and by the task that has the turn.
type world struct {
	mould *Mould
	cfg   Config
	dir   string
	plan  plan

	steps    *jobs.Stepper
	loom     *loom
	replicas []*replica // one or two, at work on the same store
	vendors  *vendors
	whose    *rand.Rand // turn it is
	chance   *rand.Rand // what is left to chance beside it

	agenda []event // by time, then by age
	seq    int
	end    time.Time
	crash  int // turns until the process ends; 0: it does not
	refuse int // turns until the database does not answer; 0: it does

	inbound  []*inbound
	bookings []*reservation
	threads  []club.ThreadID // in which members wrote, in the order in which they began
	taken    map[club.ThreadID]bool
	names    map[string]string
	counted  map[string]int
	trace    bytes.Buffer
	broken   []string
	counts   Counts
}

// event is something that is due in the world.
type event struct {
	at  time.Time
	seq int
	do  func(context.Context) error
}

// limits of a trial, past which it does not come to an end by itself.
const (
	mostTurns = 60_000
	mostTasks = 5
	stuck     = 30 * time.Second
	// after is how long the club lives on when nothing happens any more: long enough for every sweep.
	after = 4 * time.Hour
	sweep = 150 * time.Minute
)

// Run puts a seed on trial. An error is said of a trial that could not be held; broken promises are its outcome.
func (m *Mould) Run(ctx context.Context, cfg Config) (*Outcome, error) {
	w := &world{mould: m, cfg: cfg, plan: newPlan(cfg.Seed), loom: &loom{await: stuck}, whose: rand.New(rand.NewPCG(cfg.Seed, 2)), chance: rand.New(rand.NewPCG(cfg.Seed, 4)),
		taken: map[club.ThreadID]bool{}, names: map[string]string{}, counted: map[string]int{}}
	w.vendors = newVendors(w, rand.New(rand.NewPCG(cfg.Seed, 3)), w.plan.rough)
	w.vendors.twice = cfg.twice
	w.steps = jobs.NewStepper(moulded)
	w.steps.TickEvery = sweep
	w.steps.Leave = []string{"train_matcher"}
	w.steps.Clock.Advance(w.plan.begin.Sub(moulded))
	w.end = w.plan.begin.Add(span + after)
	for _, s := range m.staff {
		w.plain(s.UserID.String())
	}
	err := w.live(ctx)
	o := &Outcome{Seed: cfg.Seed, Events: len(w.plan.list), Broken: w.broken, Trace: w.trace.Bytes(), Counts: w.counts}
	return o, errors.Join(err, w.close())
}

func (w *world) close() error {
	err := w.loom.cut(slices.Clone(w.loom.under))
	for _, at := range w.replicas {
		err = errors.Join(err, at.app.Close())
	}
	return errors.Join(err, os.RemoveAll(w.dir))
}

// replica is a process. Who is called before any is at work speaks to the first.
type replica struct {
	name   string
	app    *app.App
	tenant *store.Tenant
	kept   bool // texts may be there to be filed
	filing bool // and somebody does
}

// open begins a process on the trial's store.
func (w *world) open(ctx context.Context, name string) (at *replica, err error) {
	cfg := w.mould.cfg
	cfg.DataDir, cfg.Steps, cfg.Turn, cfg.Await = w.dir, w.steps, w.loom.transaction, w.await
	cfg.Matchers = w.mould.cfg.Matchers.Sibling() // a process knows nothing of those before it
	cfg.StandIns = &app.StandIns{SMS: sms{w.vendors}, RMM: rmm{w.vendors}, Doors: doors{w.vendors}, Poster: channel{w.vendors}}
	at = &replica{name: name, kept: w.plan.stormy}
	if w.plan.stormy {
		cfg.Storm = 1
	}
	if at.app, err = app.Open(ctx, cfg, slog.New(slog.DiscardHandler)); err != nil {
		return nil, err
	}
	if at.tenant, _, err = at.app.Tenant(ctx, w.mould.club.Slug); err != nil {
		return nil, errors.Join(err, at.app.Close())
	}
	at.app.Step(w.mould.club.Slug)
	return at, nil
}

type replicaKey struct{}

// at returns the replica that a task is at work in.
func (w *world) at(ctx context.Context) *replica {
	if at, ok := ctx.Value(replicaKey{}).(*replica); ok {
		return at
	}
	return w.replicas[0]
}

// task adds a task to whichever replica it comes to.
func (w *world) task(ctx context.Context, name string, do func(context.Context) error, ended func(error)) *task {
	return w.taskAt(ctx, w.replicas[w.whose.IntN(len(w.replicas))], name, do, ended)
}

func (w *world) taskAt(ctx context.Context, at *replica, name string, do func(context.Context) error, ended func(error)) *task {
	if len(w.replicas) > 1 {
		name += " at " + at.name
	}
	return w.loom.add(context.WithValue(ctx, replicaKey{}, at), at, name, do, ended)
}

// live holds the trial.
func (w *world) live(ctx context.Context) (err error) {
	if w.dir, err = w.mould.pour(); err != nil {
		return err
	}
	for _, name := range []string{"A", "B"}[:1+w.count(w.plan.double)] {
		at, err := w.open(ctx, name)
		if err != nil {
			return err
		}
		w.replicas = append(w.replicas, at)
	}
	w.tell(ctx, "begins at %s with vendors that fail in %v of calls, in a club that is %s; stormy %v, replicas %d", w.now().Format(time.RFC3339), w.plan.rough, w.plan.bold, w.plan.stormy, len(w.replicas))
	if err := w.embolden(ctx); err != nil {
		return err
	}
	for _, b := range w.plan.booked {
		w.reserve(b)
	}
	list := w.plan.list
	if w.cfg.Events > 0 {
		list = list[:min(w.cfg.Events, len(list))]
	}
	for _, h := range list {
		w.on(w.plan.begin.Add(h.at), func(ctx context.Context) error { return w.happen(ctx, h) })
	}
	if w.cfg.rogue != nil {
		w.on(w.plan.begin.Add(span), func(ctx context.Context) error {
			w.task(ctx, "a rogue", func(ctx context.Context) error { return w.cfg.rogue(ctx, w) }, func(error) {})
			return nil
		})
	}
	for range mostTurns {
		more, err := w.turn(ctx)
		if err != nil {
			return err
		}
		if !more {
			w.counts.Turns = w.loom.turns
			return w.judge(ctx)
		}
	}
	w.breaks("work never comes to an end")
	return nil
}

// embolden has the club claim as much as the plan says.
func (w *world) embolden(ctx context.Context) error {
	return w.replicas[0].tenant.Write(ctx, func(tx *store.Tx) error {
		for _, v := range w.plan.bold.settings() {
			if err := setting.PutValue(ctx, tx, club.System("simulate"), v.key, v.at); err != nil {
				return fmt.Errorf("set %s: %w", v.key, err)
			}
		}
		return nil
	})
}

// turn lets something happen: a turn of what is under way, the beginning of a job, something in the world, or else
// time passes. more is false when all is over.
func (w *world) turn(ctx context.Context) (more bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	var choices []func() error
	var next time.Time
	later := func(at time.Time) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	now := w.now()
	for _, t := range w.loom.under {
		if t.until.After(now) {
			later(t.until)
			continue
		}
		choices = append(choices, func() error { return w.resume(ctx, t) })
	}
	for _, at := range w.replicas {
		if at.kept && !at.filing { // who waits for that must not be in its way
			choices = append(choices, func() error { return w.file(ctx, at) })
		}
	}
	if len(w.loom.under) < mostTasks {
		for _, j := range w.steps.Waiting() {
			if j.At.After(now) {
				if j.At.Before(w.end) {
					later(j.At)
				}
				break
			}
			choices = append(choices, func() error { return w.begin(ctx, j) })
		}
		for i, e := range w.agenda {
			if e.at.After(now) {
				later(e.at)
				break
			}
			choices = append(choices, func() error { w.agenda = slices.Delete(w.agenda, i, i+1); return e.do(ctx) })
		}
	}
	switch {
	case len(choices) > 0:
		w.steps.Clock.Advance(time.Duration(1+w.whose.IntN(3000)) * time.Microsecond)
		return true, choices[w.whose.IntN(len(choices))]()
	case next.IsZero():
		return false, nil
	}
	w.steps.Clock.Advance(next.Sub(now) + time.Microsecond - 1) // the clock has whole microseconds, what is due not always
	return true, nil
}

// resume gives a task its turn, unless the process ends or the database does not answer.
func (w *world) resume(ctx context.Context, t *task) error {
	if w.crash > 0 {
		if w.crash--; w.crash == 0 {
			return w.restart(ctx)
		}
	}
	f := goOn
	if w.refuse > 0 {
		w.refuse--
		if w.refuse == 0 {
			if t.where != atTransaction && t.where != atDoor {
				w.refuse = 1 // the next that asks it
			} else {
				f = refuse
				w.counts.Refused++
				w.say(t, "the database does not answer")
			}
		}
	}
	return w.loom.step(t, f)
}

// restart ends a process where it stands, and begins another on the same store.
func (w *world) restart(ctx context.Context) error {
	i := w.whose.IntN(len(w.replicas))
	dead := w.replicas[i]
	under := slices.DeleteFunc(slices.Clone(w.loom.under), func(t *task) bool { return t.at != dead })
	w.counts.Crashes++
	for _, t := range under {
		w.say(t, "is cut off at: "+t.where)
	}
	w.tell(ctx, "the process ends: %s of %d", dead.name, len(w.replicas))
	if err := w.loom.cut(under); err != nil {
		return err
	}
	if err := dead.app.Close(); err != nil {
		return err
	}
	next, err := w.open(ctx, dead.name)
	if err != nil {
		return err
	}
	w.replicas[i] = next
	for _, t := range under {
		if t.redo != nil {
			t.redo()
		}
	}
	return nil
}

// begin begins a job that is due.
func (w *world) begin(ctx context.Context, j jobs.Waiting) error {
	taken := w.steps.Take(j)
	w.counts.Jobs++
	name := w.jobName(j, taken)
	ctx = context.WithValue(ctx, argsKey{}, taken.Args())
	t := w.task(ctx, name, func(ctx context.Context) error { return w.at(ctx).app.Work(ctx, taken) }, func(err error) {
		ended := taken.End(err)
		w.tell(ctx, "%s ends: %s", name, w.said(err))
		if ended != nil && !j.Periodic {
			w.breaks("%s", ended)
		}
	})
	t.redo = taken.Abandon
	return w.resume(ctx, t)
}

func (w *world) now() time.Time { return w.steps.Clock.Now() }

// on has something happen at an instant.
func (w *world) on(at time.Time, do func(context.Context) error) {
	w.seq++
	e := event{at: at.Truncate(time.Microsecond), seq: w.seq, do: do} // the clock has no less
	i, _ := slices.BinarySearchFunc(w.agenda, e, func(a, b event) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.seq - b.seq
	})
	w.agenda = slices.Insert(w.agenda, i, e)
}

func (w *world) in(d time.Duration, do func(context.Context) error) { w.on(w.now().Add(d), do) }

func (w *world) count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
