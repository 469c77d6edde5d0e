package year

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/identity"
	"clubos/internal/jobs"
	"clubos/internal/knowledge"
	"clubos/internal/setting"
	"clubos/internal/simulate"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Config says which year is lived.
type Config struct {
	// Seed decides everything that is left to chance.
	Seed uint64
	// Days is how long it lasts. Default 365.
	Days int
	// PerDay is how many matters come up in a day of spring. Default 20.
	PerDay float64
	// Wrong is the share of mistaken judgements of every operator. Negative: none. Default 0.05.
	Wrong float64
	// Hostile makes one of the operators approve everything and answer wrongly.
	Hostile bool
	// NoDrift leaves out what changes in the middle: a new fault, and a procedure that stops healing.
	NoDrift bool
	// Learning is how many days the club watches before its owner switches automatic execution on. Default 14;
	// not at all where it is no less than Days.
	Learning int
	// Begin is the instant at which it begins. Default: a Monday of January 2025.
	Begin time.Time
	// DatabaseURL is a PostgreSQL; empty: SQLite in a temporary directory.
	DatabaseURL string
	// SchemaPrefix comes before the names of schemas, where tests share a server.
	SchemaPrefix string
	// Matchers have been trained for other years in this process; what they know need not be trained again. Nil:
	// none.
	Matchers *decide.Matchers
	// Tell is called with a line of progress now and then. Nil tells nobody.
	Tell func(line string)
	// Trace is given all that happens, one line each. Nil: nowhere.
	Trace io.Writer
	// Log is the rooms' log. Nil: none.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	c.Days, c.PerDay = cmp.Or(c.Days, 365), cmp.Or(c.PerDay, 20)
	c.Wrong = max(0, cmp.Or(c.Wrong, 0.05))
	c.Learning = cmp.Or(c.Learning, 14)
	if c.Begin.IsZero() {
		c.Begin = time.Date(2025, time.January, 6, 6, 0, 0, 0, time.UTC)
	}
	if c.Matchers == nil {
		c.Matchers = decide.NewMatchers(false, 0)
	}
	if c.Tell == nil {
		c.Tell = func(string) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// newFaultDay and failingDay are when the world changes.
func (c Config) newFaultDay() int { return c.Days * 45 / 100 }
func (c Config) failingDay() int  { return c.Days * 60 / 100 }

// event is something that happens in the world.
type event struct {
	at  time.Time
	seq int
	do  func(context.Context) error
}

type agenda []event

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	if c := a[i].at.Compare(a[j].at); c != 0 {
		return c < 0
	}
	return a[i].seq < a[j].seq
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(event)) }
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	*a = old[:len(old)-1]
	return last
}

// world is a year under way. It is used by one goroutine.
type world struct {
	cfg Config
	app *app.App
	// matchers are those that the club decides by, and password is everybody's.
	matchers *decide.Matchers
	password string
	stays    bool // the club lives on when this is over

	tenant  *store.Tenant
	keys    *vault.Tenant
	steps   *jobs.Stepper
	vendors *vendors
	club    *simulate.Club
	staff   []*person
	kinds   []*kind
	planner *planner
	sops    map[club.SOPID]string // slugs

	agenda agenda
	seq    int
	end    time.Time

	matters  []*matter
	byPhone  map[string]*matter
	byThread map[club.ThreadID]*matter
	bays     map[club.BayID]time.Time // until when a bay is booked
	books    book
	trace    hash.Hash
}

func newWorld(cfg Config) *world {
	return &world{cfg: cfg, byPhone: map[string]*matter{}, byThread: map[club.ThreadID]*matter{}, bays: map[club.BayID]time.Time{}, sops: map[club.SOPID]string{}, trace: sha256.New()}
}

// Run lives a year and reports what came of it.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	w := newWorld(cfg.withDefaults())
	dir, err := os.MkdirTemp("", "clubos-year-")
	if err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	w.matchers, w.password = decide.NewMatchers(false, 0), "fairway-year-24!"
	if err := w.open(ctx, dir); err != nil {
		return nil, errors.Join(err, w.close())
	}
	began := time.Now()
	if err := w.live(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	r, err := w.report(ctx, time.Since(began))
	return r, errors.Join(err, w.close())
}

func (w *world) close() error {
	if w.app == nil {
		return nil
	}
	return w.app.Close()
}

// open makes the club and whoever works for it.
func (w *world) open(ctx context.Context, dir string) (err error) {
	if w.kinds, err = readKinds(); err != nil {
		return err
	}
	w.steps = jobs.NewStepper(w.cfg.Begin)
	if w.stays {
		w.steps.Leave = []string{decide.TrainJob{}.Kind()}
	}
	w.vendors = newVendors(w.steps.Clock)
	appCfg, err := app.LoadConfig(map[string]string{"CLUBOS_DATA_DIR": dir, "CLUBOS_DATABASE_URL": w.cfg.DatabaseURL, "CLUBOS_SQLITE_RELAXED": "true"})
	if err != nil {
		return err
	}
	appCfg.SchemaPrefix, appCfg.Steps, appCfg.Matchers = w.cfg.SchemaPrefix, w.steps, w.matchers
	appCfg.StandIns = &app.StandIns{SMS: sms{w.vendors}, RMM: rmm{w.vendors}, Doors: doors{w.vendors}, Poster: channel{w.vendors}}
	if w.app, err = app.Open(ctx, appCfg, w.cfg.Log); err != nil {
		return err
	}
	if w.stays {
		switch _, err := w.app.Cluster.FindTenant(ctx, simulate.DefaultSlug); club.CodeOf(err) {
		case "":
			return errThere
		case club.CodeNotFound:
		default:
			return err
		}
	}
	hasher, err := identity.NewHasher(2)
	if err != nil {
		return err
	}
	w.club, err = simulate.Populate(ctx, w.app.Cluster, w.app.Ring, simulate.Options{Seed: w.cfg.Seed, Password: w.password, Hasher: hasher, ImportSOPs: w.importSOPs})
	if err != nil {
		return err
	}
	if w.tenant, w.keys, err = w.app.Tenant(ctx, w.club.Slug); err != nil {
		return err
	}
	if err := w.hire(ctx); err != nil {
		return err
	}
	if err := w.offerReviews(ctx); err != nil {
		return err
	}
	w.app.Step(w.club.Slug)
	zone, err := time.LoadLocation(w.club.Locations[0].TimeZone)
	if err != nil {
		return fmt.Errorf("time zone: %w", err)
	}
	w.planner = &planner{cfg: w.cfg, r: w.source(1), kinds: w.kinds, club: w.club, zone: zone, busy: map[int]time.Time{}}
	return w.tenant.Read(ctx, func(tx *store.Tx) error {
		set, err := w.app.Library.Live(ctx, tx)
		if err != nil {
			return err
		}
		for _, e := range set.Entries {
			w.sops[e.SOP] = e.Document.Slug
		}
		return nil
	})
}

func (w *world) importSOPs(ctx context.Context, tenant *store.Tenant) error {
	docs, problems := knowledge.Import(bytes.NewReader(knowledge.Starter()), knowledge.FormatYAML, w.app.Catalogue)
	if len(problems) > 0 {
		return fmt.Errorf("BUG: starter procedures: %s", problems[0])
	}
	if _, err := w.app.ImportSOPs(ctx, tenant.Slug, docs, "the procedures that come with ClubOS", false); err != nil || !w.stays {
		return err
	}
	return w.app.TrainMatcher(ctx, tenant.Slug)
}

// source is a part's own source of chance.
func (w *world) source(part uint64) *rand.Rand { return rand.New(rand.NewPCG(w.cfg.Seed, part)) }

func (w *world) now() time.Time { return w.steps.Clock.Now() }

// on has something happen at an instant.
func (w *world) on(at time.Time, do func(context.Context) error) {
	w.seq++
	heap.Push(&w.agenda, event{at: at, seq: w.seq, do: do})
}

func (w *world) in(d time.Duration, do func(context.Context) error) { w.on(w.now().Add(d), do) }

// live lets the year go by: what is due first happens first, in the world and in the club.
func (w *world) live(ctx context.Context) error {
	w.end = w.cfg.Begin.AddDate(0, 0, w.cfg.Days)
	w.on(w.cfg.Begin, func(ctx context.Context) error { return w.dawn(ctx, 0) })
	if w.cfg.Learning < w.cfg.Days {
		w.on(w.cfg.Begin.AddDate(0, 0, w.cfg.Learning), w.switchOn)
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		due, jobs := w.steps.Next()
		switch {
		case len(w.agenda) > 0 && (!jobs || w.agenda[0].at.Before(due)):
			e := heap.Pop(&w.agenda).(event)
			if wait := e.at.Sub(w.now()); wait > 0 {
				w.steps.Clock.Advance(wait)
			}
			if err := e.do(ctx); err != nil {
				return err
			}
		case !jobs || len(w.agenda) == 0 && due.After(w.end.Add(24*time.Hour)):
			return nil
		default:
			if err := w.steps.Step(ctx); err != nil {
				return err
			}
		}
		if err := w.notice(ctx); err != nil {
			return err
		}
	}
}

// dawn plans a day and comes back on the next.
func (w *world) dawn(_ context.Context, day int) error {
	if day >= w.cfg.Days {
		return nil
	}
	for _, x := range w.planner.day(day) {
		w.on(x.at.Add(-lead), func(ctx context.Context) error { return w.arrive(ctx, x) })
	}
	if day%30 == 29 {
		w.cfg.Tell(w.books.progress(day+1, len(w.matters)))
	}
	w.on(w.cfg.Begin.AddDate(0, 0, day+1), func(ctx context.Context) error { return w.dawn(ctx, day+1) })
	return nil
}

// offerReviews has every decision that is carried out alone offered for a review; see reviewed.
func (w *world) offerReviews(ctx context.Context) error {
	return w.tenant.Write(ctx, func(tx *store.Tx) error { return setting.PutValue(ctx, tx, w.owner().Actor, "reviews.share", 1) })
}

// switchOn is the owner's decision that the club may act alone.
func (w *world) switchOn(ctx context.Context) error {
	return w.tenant.Write(ctx, func(tx *store.Tx) error {
		_, err := setting.Permit(ctx, tx, w.owner().Actor, true, []string{"device", "access", "words"}, []string{setting.Everywhere})
		return err
	})
}

// notice lets members read what was sent to them and people see what they were called to.
func (w *world) notice(ctx context.Context) error {
	texts, notes := w.vendors.drain()
	for _, t := range texts {
		if m := w.byPhone[t.to]; m != nil {
			if err := w.heard(ctx, m, t.text); err != nil {
				return err
			}
		}
	}
	for _, n := range notes {
		w.called(n)
	}
	return nil
}

// note adds a line to the trace, from which the year's digest is made: what happened when, but for ids.
func (w *world) note(m *matter, format string, args ...any) {
	w.record("#%d %s %s", m.n, m.kind.Name, fmt.Sprintf(format, args...))
}

func (w *world) record(format string, args ...any) {
	line := fmt.Sprintf("%s %s\n", w.now().Format(time.RFC3339Nano), fmt.Sprintf(format, args...))
	_, _ = w.trace.Write([]byte(line))
	if w.cfg.Trace != nil {
		_, _ = io.WriteString(w.cfg.Trace, line)
	}
}

func (w *world) digest() string { return hex.EncodeToString(w.trace.Sum(nil))[:16] }
