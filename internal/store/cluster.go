package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/store/control"
)

// Config says where the data lives.
type Config struct {
	// URL is postgres://… or sqlite:DIR, a directory that holds control.db and tenants/*.db. Required.
	URL string
	// Clock defaults to club.SystemClock.
	Clock club.Clock
	// Log defaults to slog.Default().
	Log *slog.Logger
	// MaxConns bounds the PostgreSQL pool. Default 20.
	MaxConns int
	// Relaxed lets SQLite commit without waiting for the disk (synchronous=NORMAL): a power cut may
	// then lose the last acknowledged writes. Default false.
	Relaxed bool
	// JobsSchema is the PostgreSQL schema of the job queue. Default "jobs".
	JobsSchema string
	// ControlSchema is the PostgreSQL schema of the control plane. Default "control".
	ControlSchema string
	// Queue, if set, is given the jobs of each transaction that has committed, in the place of River's
	// tables. It is for installations that live on another clock than the world's (jobs.Stepper).
	Queue func(club.Slug, []river.InsertManyParams)
	// Turn, if set, is called before each transaction begins, and what it returns when that has ended. An error
	// has it not begin. It is for installations whose work takes turns, a transaction at a time, and ends at a
	// transaction of somebody's choice (simulate/trial).
	Turn func(ctx context.Context) (end func(), err error)
	// Statements is what the texts of queries say; installations in one process may share it, and count them
	// together. Nil: one of its own.
	Statements *Statements
	// TenantPrefix comes before a slug in the names of schemas and roles on PostgreSQL: <prefix>t_<slug>.
	// It lets several installations share a server. Default "".
	TenantPrefix string
	// Cache keeps what was read. Default: nothing is kept.
	Cache Cache
}

// Cluster is an open installation: its control plane and its tenants.
type Cluster struct {
	cfg     Config
	engine  engine
	control *control.Queries

	mu      sync.Mutex // guards tenants
	tenants map[club.Slug]*Tenant

	roster  roster
	stored  *jobsHeard
	changes *hub
	ledger  *Statements
	cache   *memory // nil: nothing is kept
}

// engine is what SQLite and PostgreSQL do differently.
type engine interface {
	name() string
	controlDB() *sql.DB
	openTenant(ctx context.Context, slug club.Slug) (*tenantDB, error)
	createTenant(ctx context.Context, slug club.Slug) error
	migrateControl(ctx context.Context) error
	migrateTenant(ctx context.Context, slug club.Slug, to Target) ([]MigrationResult, error)
	// alone runs fn while no other process changes the schema of the club.
	alone(ctx context.Context, slug club.Slug, fn func() error) error
	// versions returns the versions of the clubs' schemas; none of one that cannot say it.
	versions(ctx context.Context, slugs []club.Slug) (map[club.Slug]int64, error)
	tenantStatus(ctx context.Context, slug club.Slug) ([]MigrationStatus, error)
	// snapshot hands fn one state of a tenant's database, fill one transaction that fills it.
	snapshot(ctx context.Context, slug club.Slug, fn func(source) error) error
	fill(ctx context.Context, slug club.Slug, fn func(sink) error) error
	// isEmpty reports whether nothing of a tenant is here; dropTenant makes it so.
	isEmpty(ctx context.Context, slug club.Slug) (bool, error)
	dropTenant(ctx context.Context, slug club.Slug) error
	// lost is how often the server may have ended, and with it what it had not made durable.
	lost() int64
	ping(ctx context.Context) error
	pulse(ctx context.Context) error
	close() error
}

// Open opens the installation and brings the control plane's schema up to date. Tenants' schemas are
// brought up to date by Migrate.
func Open(ctx context.Context, cfg Config) (*Cluster, error) {
	if cfg.Clock == nil {
		cfg.Clock = club.SystemClock{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 20
	}
	if cfg.JobsSchema == "" {
		cfg.JobsSchema = "jobs"
	}
	if cfg.ControlSchema == "" {
		cfg.ControlSchema = "control"
	}
	c := &Cluster{cfg: cfg, tenants: map[club.Slug]*Tenant{}, changes: newHub(), stored: &jobsHeard{}, ledger: cmp.Or(cfg.Statements, &Statements{})}
	if cfg.Cache != nil {
		c.cache = &memory{cfg.Cache, newReplayer()}
	}
	var err error
	if dir, ok := strings.CutPrefix(cfg.URL, "sqlite:"); ok {
		c.engine, err = openSQLite(filepath.Clean(dir), cfg)
	} else if u, perr := url.Parse(cfg.URL); perr == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		c.engine, err = openPostgres(ctx, cfg, c.changes)
	} else {
		return nil, club.Invalid("the database URL must begin with postgres:// or sqlite:")
	}
	if err != nil {
		return nil, err
	}
	if err := c.engine.migrateControl(ctx); err != nil {
		return nil, errors.Join(err, c.engine.close())
	}
	c.control = control.New(c.engine.controlDB())
	return c, nil
}

// Engine returns "sqlite" or "postgres".
func (c *Cluster) Engine() string { return c.engine.name() }

// Clock returns the clock that transactions take their time from.
func (c *Cluster) Clock() club.Clock { return c.cfg.Clock }

// Ping reports whether the database answers.
func (c *Cluster) Ping(ctx context.Context) error { return translate(c.engine.ping(ctx)) }

// Lost is how often the database's server may have ended while this process went on. What was committed before without
// waiting for the disk may be undone: whoever remembers it must forget it when this number changes.
func (c *Cluster) Lost() int64 { return c.engine.lost() }

// Close closes every database. It waits for transactions that are under way.
func (c *Cluster) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for slug, t := range c.tenants {
		errs = append(errs, t.db.close())
		delete(c.tenants, slug)
	}
	if c.cache != nil {
		errs = append(errs, c.cache.replayer.Close())
	}
	return errors.Join(append(errs, c.engine.close())...)
}

// Rest lets go of what connections keep of what they have read, where nobody uses them. It is for quiet moments.
func (c *Cluster) Rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.tenants {
		if t.db.rest != nil {
			t.db.rest()
		}
	}
}

// Counts says what transactions have asked of the database since the start.
func (c *Cluster) Counts() Counts { return c.ledger.counts() }

// TenantRecord is a club as the control plane knows it. Keyset is wrapped by the key-encryption key.
type TenantRecord = control.Tenant

// CreateTenant makes a club: its row, its database or schema, and its tables.
func (c *Cluster) CreateTenant(ctx context.Context, slug club.Slug, name string, keyset []byte) (TenantRecord, error) {
	now := c.cfg.Clock.Now()
	rec := TenantRecord{ID: club.NewTenantID(now), Slug: slug, Name: name, Status: StatusActive, Keyset: keyset, CreatedAt: now}
	if _, err := c.FindTenant(ctx, slug); err == nil {
		return TenantRecord{}, club.Conflict("a club with the short name %q exists already", slug)
	}
	// The schema comes first: a crash in between leaves an empty schema that the next try takes over,
	// never a club without tables.
	if err := c.engine.createTenant(ctx, slug); err != nil {
		return TenantRecord{}, translate(err)
	}
	if _, err := c.Migrate(ctx, slug, Latest); err != nil {
		return TenantRecord{}, err
	}
	return rec, translate(c.control.CreateTenant(ctx, control.CreateTenantParams(rec)))
}

// MigrationStatus lists a club's migrations and which of them are applied.
func (c *Cluster) MigrationStatus(ctx context.Context, slug club.Slug) ([]MigrationStatus, error) {
	return c.engine.tenantStatus(ctx, slug)
}

// Subscribe returns a channel of the club's changes, as announced by Tx.Changed on any replica, and a
// function that ends the subscription. A slow reader loses changes, never blocks a writer; what it
// reads are hints to look again.
func (c *Cluster) Subscribe(slug club.Slug) (<-chan Change, func()) { return c.changes.subscribe(slug) }

// jobsHeard is told of the jobs of transactions that have committed.
type jobsHeard struct {
	fn atomic.Pointer[func(club.Slug, []river.InsertManyParams)]
}

func (h *jobsHeard) tell(slug club.Slug, jobs []river.InsertManyParams) {
	if fn := h.fn.Load(); fn != nil {
		(*fn)(slug, jobs)
	}
}

// OnJobs has fn called with the jobs of each transaction that has committed here and left them in River's
// tables. It is a hint for whoever works them, and must not block. The last fn counts; nil ends it.
func (c *Cluster) OnJobs(fn func(club.Slug, []river.InsertManyParams)) {
	if fn == nil {
		c.stored.fn.Store(nil)
		return
	}
	c.stored.fn.Store(&fn)
}

// enqueuer stores jobs in a transaction.
type enqueuer interface {
	enqueue(ctx context.Context, conn *sql.Conn, tx *sql.Tx, jobs []river.InsertManyParams) error
}

// Postgres returns the pool and the schema of the job queue; ok is false on SQLite.
func (c *Cluster) Postgres() (pool *pgxpool.Pool, jobsSchema string, ok bool) {
	e, ok := c.engine.(*postgresEngine)
	if !ok {
		return nil, "", false
	}
	return e.pool, c.cfg.JobsSchema, true
}
