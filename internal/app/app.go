package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	_ "time/tzdata" // time zones of locations and feeds, on hosts without them

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/api"
	"clubos/internal/audit"
	"clubos/internal/cache"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/embedding"
	"clubos/internal/event"
	"clubos/internal/guard"
	"clubos/internal/health"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/integration"
	"clubos/internal/jobs"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/limit"
	"clubos/internal/notify"
	"clubos/internal/outage"
	"clubos/internal/outbox"
	"clubos/internal/place"
	"clubos/internal/redis"
	"clubos/internal/retention"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/telemetry"
	"clubos/internal/vault"
)

// Version is the program's version; the build sets it.
var Version = "dev"

// App is an installation, opened: its rooms, wired. Commands use the rooms; Serve runs them.
type App struct {
	Config    Config
	Log       *slog.Logger
	Cluster   *store.Cluster
	Cache     *cache.Cache  // nil: nothing is kept
	Redis     *redis.Client // nil: there is none
	Limits    *limit.Limits
	Vault     *vault.Vault
	Ring      *vault.Ring
	Catalogue *catalogue.Catalogue
	Library   *knowledge.Library
	Inbox     *inbox.Inbox
	Outbox    *outbox.Outbox
	Engine    *act.Engine
	Desk      *desk.Desk
	Decider   *decide.Decider
	Vectors   *embedding.Vectors
	Memory    *learn.Memory
	Events    *event.Room
	Audit     *audit.Keeper

	// DemoAccounts are shown on the sign-in page. Only the demo sets them, before Start.
	DemoAccounts []page.DemoAccount

	vendors  *vendors
	notifier *notify.Notifier
	hasher   *identity.Hasher
	registry *jobs.Registry
	runner   *jobs.Runner
	rested   atomic.Int64 // when memory was given back, in ns since the epoch
	metrics  *telemetry.Metrics
	limiter  *guard.Limiter
	timings  *health.Timings
	outage   *outage.Watch
	rolls    *rolls
	closing  sync.Once

	mu          sync.Mutex // guards directories
	directories map[club.Slug]*identity.Directory
}

// Open opens the database and wires the rooms. Nothing runs yet: no job, no listener.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*App, error) {
	a := &App{Config: cfg, Log: log, directories: map[club.Slug]*identity.Directory{}}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	cfg, log := a.Config, a.Log
	var err error
	at := cfg.store(log)
	if err := a.openCache(&at); err != nil {
		return err
	}
	if a.Cluster, err = store.Open(ctx, at); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	master, err := cfg.masterKey(log)
	if err != nil {
		return err
	}
	if a.Vault, err = vault.Open(master); err != nil {
		return err
	}
	a.Ring = vault.NewRing(a.Vault)
	if a.Catalogue, err = catalogue.Load(); err != nil {
		return fmt.Errorf("read action catalogue: %w", err)
	}
	if cfg.VerifyWithin > 0 {
		a.Catalogue = a.Catalogue.VerifiedWithin(cfg.VerifyWithin)
	}
	if a.hasher = cfg.Hasher; a.hasher == nil {
		if a.hasher, err = identity.NewHasher(2); err != nil {
			return err
		}
	}
	a.Library = knowledge.New(a.Catalogue)
	a.vendors = newVendors(a.Cluster, a.Ring, cfg.publicURL(), a.Cluster.Clock(), log)
	a.vendors.standIns = cfg.StandIns
	a.metrics = telemetry.NewMetrics(Version, a.Cluster.Engine())
	a.limiter, a.timings = guard.New(a.Cluster.Clock()), health.NewTimings(a.Cluster.Clock())
	a.limiter.Club = clubOf
	a.wire()
	return nil
}

// wire makes the rooms, each from those before it.
func (a *App) wire() {
	log := a.Log
	a.notifier = notify.New(notify.Config{Posters: a.vendors.poster, Texters: a.vendors.texter, Mailers: a.vendors.mailer, Pagers: a.vendors.pager, Ring: a.Ring, Log: log,
		Failed: func(ctx context.Context, tx *store.Tx, call store.Notification) error {
			return a.Desk.CallFailed(ctx, tx, call)
		}})
	a.Audit = audit.NewKeeper(a.Ring, log)
	a.Memory = learn.New(learn.Config{Ring: a.Ring, Notifier: a.notifier, Values: act.Values, Log: log})
	a.Desk = desk.New(desk.Config{Cluster: a.Cluster, Ring: a.Ring, Notifier: a.notifier, Memory: a.Memory, Log: log,
		Advance: func(tx *store.Tx, thread club.ThreadID, message club.MessageID) {
			tx.Enqueue(inbox.AdvanceJob{Meta: jobs.For(tx), Thread: thread, Message: message}, nil)
		}})
	a.vendors.alarm = a.ticketForVendor
	a.outage = a.newOutage()
	escalate := func(part string) func(context.Context, *store.Tx, store.Thread, string) error {
		return func(ctx context.Context, tx *store.Tx, th store.Thread, reason string) error {
			_, err := a.Desk.Escalate(ctx, tx, th, desk.Reason{Text: reason, By: club.System(part)})
			return err
		}
	}
	a.Outbox = outbox.New(outbox.Config{Cluster: a.Cluster, Ring: a.Ring, Senders: a.vendors.sender, Escalate: escalate("outbox"), Log: log})
	a.Inbox = inbox.New(inbox.Config{Cluster: a.Cluster, Ring: a.Ring, Log: log, Escalate: escalate("inbox"), HandReplied: a.Desk.HandReplied, DoorAlarm: a.Desk.DoorAlarm, Unfiled: a.Desk.TextsUnfiled, Staff: staff{a}, Feeds: a.vendors.feeds, Mailboxes: a.vendors.mailboxes, Behind: a.behind, Storm: a.Config.Storm, Await: a.Config.Await})
	a.Engine = act.New(act.Config{Cluster: a.Cluster, Ring: a.Ring, Catalogue: a.Catalogue, RMM: a.vendors.rmm, Doors: a.vendors.doors, Log: log,
		Escalate: a.escalateAct, CreateTicket: a.ticketForAct})
	a.Vectors = embedding.New(a.vendors.vectors)
	a.Decider = decide.New(decide.Config{Vectors: a.Vectors, Ring: a.Ring, Catalogue: a.Catalogue, Library: a.Library, Engine: a.Engine, Desk: a.Desk, Notifier: a.notifier, Memory: a.Memory, Matchers: cmp.Or(a.Config.Matchers, decide.NewMatchers(true, int64(a.Config.ModelMemory)<<20)), Observe: a.observeDecision, Behind: a.behind, Log: log})

	a.Events = event.New(event.Config{Ring: a.Ring, Log: log, Devices: a.vendors.listers, Known: a.Decider.Knows, Advise: a.Decider.Advise, Over: a.Decider.Over,
		Advance: func(tx *store.Tx, thread club.ThreadID) {
			tx.Enqueue(inbox.AdvanceJob{Meta: jobs.For(tx), Thread: thread}, nil)
		}})

	a.registry = jobs.NewRegistry(a.Cluster, log)
	a.notifier.Register(a.registry)
	a.Desk.Register(a.registry)
	a.Outbox.Register(a.registry)
	a.Inbox.Register(a.registry)
	a.Events.Register(a.registry)
	place.Register(a.registry)
	a.Engine.Register(a.registry)
	a.Decider.Register(a.registry)
	a.Memory.Register(a.registry)
	api.Register(a.registry)
	retention.New(log).Register(a.registry)
	a.Audit.Register(a.registry)
	if a.Config.Steps == nil { // a club that is stepped through has no speed of its own, and nobody who changes its log
		a.registry.Every("health_alarm", alarmEvery, a.lookForAlarm)
		a.Audit.RegisterVerification(a.registry)
	}
	a.registry.Every("identity_sweep", sweepEvery, func(ctx context.Context, t *store.Tenant) error {
		d, err := a.Directory(ctx, t.Slug)
		if err != nil {
			return err
		}
		return d.Sweep(ctx)
	})
	a.runner = jobs.NewRunner(a.registry, jobs.Config{Node: a.Config.node(), Workers: a.Config.Workers, Observe: a.observeJob, Quiet: a.quiet})
}

// Step has the stepper of the configuration work the jobs of a club from here on.
func (a *App) Step(slug club.Slug) { a.Config.Steps.Bind(a.registry, slug) }

// Work tries a job of the stepper once, by this of several installations that share it.
func (a *App) Work(ctx context.Context, job *jobs.Taken) error { return job.WorkBy(ctx, a.registry) }

// escalateAct and ticketForAct hand what the engine cannot settle to the desk.
func (a *App) escalateAct(ctx context.Context, tx *store.Tx, th store.Thread, e act.Escalation) error {
	r := desk.Reason{Text: e.Reason, Decision: e.Decision, By: club.System("act"), TellMember: e.TellMember}
	if e.Priority != "" {
		r.Priority = &e.Priority
	}
	_, err := a.Desk.Escalate(ctx, tx, th, r)
	return err
}

func (a *App) ticketForAct(ctx context.Context, tx *store.Tx, t act.Ticket) error {
	_, _, err := a.Desk.OpenTicket(ctx, tx, t.By, desk.NewTicket{Title: t.Title, Description: t.Detail, Priority: t.Priority, Location: t.Location, Bay: t.Bay, Thread: t.Thread.ID,
		SOP: t.SOP, DedupKey: t.DedupKey})
	return err
}

// ticketForVendor brings before a person that a vendor has locked the club out.
func (a *App) ticketForVendor(ctx context.Context, tx *store.Tx, vendor, trouble, cause string) error {
	title := vendor
	if v, ok := integration.Find(vendor); ok {
		title = v.Title
	}
	_, _, err := a.Desk.OpenTicket(ctx, tx, club.System("integration"), desk.NewTicket{Title: title + " has locked the club out", Description: trouble, Priority: club.PriorityHigh, DedupKey: cause})
	return err
}

// Directory returns a club's users, sessions and keys.
func (a *App) Directory(ctx context.Context, slug club.Slug) (*identity.Directory, error) {
	a.mu.Lock()
	d, ok := a.directories[slug]
	a.mu.Unlock()
	if ok {
		return d, nil
	}
	tenant, keys, err := a.Tenant(ctx, slug)
	if err != nil {
		return nil, err
	}
	d = identity.NewDirectory(identity.Config{DB: tenant, Vault: keys, Hasher: a.hasher, Log: a.Log})
	a.mu.Lock()
	defer a.mu.Unlock()
	if have, ok := a.directories[slug]; ok {
		return have, nil
	}
	a.directories[slug] = d
	return d, nil
}

// Tenant returns a club's database and keys, also while it is suspended: it is for who runs the
// installation. The faces ask the cluster, which knows of suspensions.
func (a *App) Tenant(ctx context.Context, slug club.Slug) (*store.Tenant, *vault.Tenant, error) {
	tenant, err := a.Cluster.AnyTenant(ctx, slug)
	if err != nil {
		return nil, nil, err
	}
	keys, err := a.Ring.For(slug, tenant.Keyset)
	return tenant, keys, err
}

// CreateTenant makes a club with its own keys and the settings that the environment gives.
func (a *App) CreateTenant(ctx context.Context, by club.Actor, slug club.Slug, name string) (*store.Tenant, error) {
	keyset, err := a.Ring.NewTenantKeyset(slug)
	if err != nil {
		return nil, err
	}
	if _, err := a.Cluster.CreateTenant(ctx, slug, name, keyset); err != nil {
		return nil, err
	}
	tenant, _, err := a.Tenant(ctx, slug)
	if err != nil {
		return nil, err
	}
	return tenant, tenant.Write(ctx, func(tx *store.Tx) error {
		for _, s := range []struct {
			key   string
			value any
		}{
			{"club.name", name}, {"confidence.high", a.Config.ConfidenceHigh}, {"confidence.medium", a.Config.ConfidenceMedium},
			{"confidence.low", a.Config.ConfidenceLow}, {"console.url", a.Config.publicURL() + "/c/" + slug.String()},
		} {
			if err := setting.PutValue(ctx, tx, by, s.key, s.value); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetTenantStatus suspends a club or resumes it, with an entry in its audit log. Running servers follow
// within seconds.
func (a *App) SetTenantStatus(ctx context.Context, by club.Actor, slug club.Slug, status string) error {
	tenant, _, err := a.Tenant(ctx, slug)
	if err != nil {
		return err
	}
	if err := a.Cluster.SetTenantStatus(ctx, slug, status); err != nil {
		return err
	}
	action := map[string]string{store.StatusActive: "club.resumed", store.StatusSuspended: "club.suspended"}[status]
	return tenant.Write(ctx, func(tx *store.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Actor: by, Action: action, Object: slug.String()})
	})
}

// Close closes what Open opened. It may be called more than once. What still runs beside it meets a closed
// database, not none.
func (a *App) Close() (err error) {
	a.closing.Do(func() {
		if a.Inbox != nil {
			a.Inbox.Close()
		}
		if a.vendors != nil {
			a.vendors.close()
		}
		if a.Cluster != nil {
			err = a.Cluster.Close()
		}
		if a.Cache != nil {
			a.Cache.Close()
		}
		if a.Redis != nil {
			a.Redis.Close()
		}
	})
	return err
}

// SignInLink returns an address that signs a user in once.
func (a *App) SignInLink(ctx context.Context, d *identity.Directory, by identity.Principal, id club.UserID) (string, error) {
	token, err := d.CreateSignInLink(ctx, by, id)
	if err != nil {
		return "", err
	}
	// The token stands behind #: browsers do not send that part to servers, so it is in no log. The
	// page's form posts it.
	return a.Config.publicURL() + "/c/" + by.Tenant.String() + "/sign-in/link#" + token, nil
}

// ImportSOPs brings procedures into a club and says what became of them. skipPlaces leaves out those
// for places that the club does not have.
func (a *App) ImportSOPs(ctx context.Context, slug club.Slug, docs []knowledge.Document, note string, skipPlaces bool) (string, error) {
	tenant, _, err := a.Tenant(ctx, slug)
	if err != nil {
		return "", err
	}
	var opts []knowledge.ImportOption
	if skipPlaces {
		opts = append(opts, knowledge.SkipUnknownPlaces)
	}
	var r knowledge.ImportResult
	err = tenant.Write(ctx, func(tx *store.Tx) (err error) {
		r, err = a.Library.Import(ctx, tx, club.Actor{Kind: club.ActorSystem, ID: "cli", Name: "Command line"}, docs, note, opts...)
		return err
	})
	return fmt.Sprintf("%d created, %d changed, %d as they were, %d left out for places that do not exist.", len(r.Created), len(r.Updated), len(r.Unchanged), len(r.Skipped)), err
}

// TrainMatcher has a club's first texts find a matcher: what was imported is trained on, and stored.
func (a *App) TrainMatcher(ctx context.Context, slug club.Slug) error {
	tenant, _, err := a.Tenant(ctx, slug)
	if err != nil {
		return err
	}
	return a.Decider.TrainNow(ctx, tenant)
}

// LoadCatalogue returns the actions that procedures may use.
func LoadCatalogue() (*catalogue.Catalogue, error) { return catalogue.Load() }

func (a *App) demoAccounts(club.Slug) []page.DemoAccount { return a.DemoAccounts }
