// Package demo runs the whole product around a club that never was: the real server with the real
// connectors, and stand-ins for the vendors on loopback. `clubos demo`, the scenarios and the browser
// tests run on it.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/decide"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
	"clubos/internal/simulate"
	"clubos/internal/simulate/vendor"
	"clubos/internal/simulate/year"
	"clubos/internal/store"
)

// Password is every demo user's.
const Password = "fairway-demo-24!"

// Config says how the demo runs.
type Config struct {
	Listen      string // default: a free port on 127.0.0.1
	DataDir     string // default: a temporary directory, removed by Close
	DatabaseURL string // PostgreSQL; default: SQLite in DataDir
	RedisURL    string // default: none
	NoCache     bool   // nothing that was read is kept
	// SchemaPrefix comes before the names of all schemas on PostgreSQL, where tests share a database.
	SchemaPrefix string
	Seed         uint64
	Log          *slog.Logger // required
	// Settings are set on top of the demo's own, by key, when the club is made.
	Settings map[string]any
	// Quick makes the stand-ins' restarts and scripts take a moment instead of tens of seconds, and what has
	// not proved itself after a quarter of a minute failed. It is for tests.
	Quick bool
	// History is how many days the club has behind it, with what was taught and decided in them. 0: none.
	History int
	// Matchers has trained what several demos know. Nil: this one trains by itself.
	Matchers *decide.Matchers
}

// Demo is a running demo.
type Demo struct {
	App     *app.App
	Club    *simulate.Club
	Vendors *vendor.Vendors
	Tenant  *store.Tenant
	URL     string

	listener net.Listener // nil: the server has one of its own
	server   *app.Server
	tempDir  string
}

// Start opens everything and serves. Close ends it.
func Start(ctx context.Context, cfg Config) (*Demo, error) {
	d := &Demo{}
	if err := d.start(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Demo) start(ctx context.Context, cfg Config) (err error) {
	if cfg.DataDir == "" {
		if d.tempDir, err = os.MkdirTemp("", "clubos-demo-"); err != nil {
			return fmt.Errorf("make data directory: %w", err)
		}
		cfg.DataDir = d.tempDir
	}
	if cfg.Listen == "" || strings.HasSuffix(cfg.Listen, ":0") {
		// The address must be known before anything is served there: vendors sign the address that they call.
		var lc net.ListenConfig
		if d.listener, err = lc.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		cfg.Listen = d.listener.Addr().String()
	}
	appCfg, err := app.LoadConfig(map[string]string{"CLUBOS_LISTEN": cfg.Listen, "CLUBOS_DATA_DIR": cfg.DataDir, "CLUBOS_DATABASE_URL": cfg.DatabaseURL, "CLUBOS_SQLITE_RELAXED": "true",
		"CLUBOS_REDIS_URL": cfg.RedisURL, "CLUBOS_CACHE_MEMORY": strconv.Itoa(cacheMemory(cfg)),
		// Whoever plays the staff is quicker than people are, and does it, like the vendors, in this process.
		"CLUBOS_LIMIT_INSTANCE": "0", "CLUBOS_LIMIT_OPERATOR": "0", "CLUBOS_LIMIT_KEY": "0", "PERFORMANCE_CPU_LIMIT": "0", "PERFORMANCE_MEMORY_LIMIT": "0"})
	if err != nil {
		return err
	}
	appCfg.SchemaPrefix, appCfg.Listener = cfg.SchemaPrefix, d.listener
	if cfg.Matchers != nil {
		appCfg.Matchers = cfg.Matchers.Sibling()
	}
	if cfg.Quick {
		appCfg.VerifyWithin = 15 * time.Second
		appCfg.DrainTimeout = time.Minute // many may end side by side
	}
	if err := past(ctx, cfg); err != nil {
		return fmt.Errorf("live the demo club's past: %w", err)
	}
	if d.App, err = app.Open(ctx, appCfg, cfg.Log); err != nil {
		return err
	}
	if err := d.populate(ctx, cfg); err != nil {
		return err
	}
	if d.server, err = d.App.Start(ctx); err != nil {
		return err
	}
	d.URL = "http://" + cfg.Listen // as vendors and browsers know it: they sign, and bind cookies to, this very name
	return nil
}

func cacheMemory(cfg Config) int {
	if cfg.NoCache {
		return 0
	}
	return 32
}

// past gives a club that is made its history. One that is there already has it.
func past(ctx context.Context, cfg Config) error {
	if cfg.History <= 0 {
		return nil
	}
	_, err := year.Leave(ctx, year.Past{Dir: cfg.DataDir, Password: Password,
		Config: year.Config{Seed: cfg.Seed, Days: cfg.History, PerDay: pastPerDay, DatabaseURL: cfg.DatabaseURL, SchemaPrefix: cfg.SchemaPrefix, Log: cfg.Log}}, club.SystemClock{}.Now())
	return err
}

// pastPerDay is how much comes up in a day of the past: enough to learn from, little enough to be lived in a
// few seconds.
const pastPerDay = 4

func (d *Demo) populate(ctx context.Context, cfg Config) (err error) {
	hasher, err := identity.NewHasher(2)
	if err != nil {
		return err
	}
	settings := map[string]any{"access.night": "00:00-23:59"} // so that a door that is held open shows itself at any hour
	maps.Copy(settings, cfg.Settings)
	d.Club, err = simulate.Populate(ctx, d.App.Cluster, d.App.Ring, simulate.Options{
		Seed: cfg.Seed, Password: Password, Hasher: hasher, Settings: settings, ImportSOPs: d.importSOPs,
	})
	if err != nil {
		return fmt.Errorf("make the demo club: %w", err)
	}
	vc := d.Club.VendorConfig()
	vc.SMS.PerSecond = -1
	if cfg.Quick {
		vc.RMM.RebootTime, vc.RMM.ScriptTime = time.Second, 500*time.Millisecond
	} else {
		vc.RMM.RebootTime, vc.RMM.ScriptTime = 20*time.Second, 8*time.Second
	}
	if d.Vendors, err = vendor.Start(vc); err != nil {
		return fmt.Errorf("start the vendors' stand-ins: %w", err)
	}
	tenant, keys, err := d.App.Tenant(ctx, d.Club.Slug)
	if err != nil {
		return err
	}
	d.Tenant = tenant
	for _, s := range d.Club.Staff {
		d.App.DemoAccounts = append(d.App.DemoAccounts, page.DemoAccount{Role: string(s.Role), Email: s.Email, Password: Password})
	}
	if err := d.recurringFault(ctx); err != nil {
		return fmt.Errorf("make the troubled bay's tickets: %w", err)
	}
	return simulate.Connect(ctx, tenant, keys, d.Vendors)
}

func (d *Demo) importSOPs(ctx context.Context, tenant *store.Tenant) error {
	docs, problems := knowledge.Import(starter(), knowledge.FormatYAML, d.App.Catalogue)
	if len(problems) > 0 {
		return fmt.Errorf("BUG: starter procedures: %s", problems[0])
	}
	if _, err := d.App.ImportSOPs(ctx, tenant.Slug, docs, "the procedures that come with ClubOS", false); err != nil {
		return err
	}
	return d.App.TrainMatcher(ctx, tenant.Slug) // the first text is not to wait for it
}

// SignInLink returns an address at which one of the staff signs in, once.
func (d *Demo) SignInLink(ctx context.Context, role club.Role) (string, error) {
	staff, ok := d.Club.FindStaff(role)
	if !ok {
		return "", club.NotFound("the demo club has no %s", role)
	}
	dir, err := d.App.Directory(ctx, d.Club.Slug)
	if err != nil {
		return "", err
	}
	return d.App.SignInLink(ctx, dir, identity.System(d.Club.Slug, "demo"), staff.ID)
}

// World is the demo as scenarios see it.
func (d *Demo) World() (*simulate.World, error) {
	keys, err := d.App.Ring.For(d.Tenant.Slug, d.Tenant.Keyset)
	if err != nil {
		return nil, err
	}
	return &simulate.World{BaseURL: d.URL, Club: d.Club, Vendors: d.Vendors, Tenant: d.Tenant, Keys: keys, Staff: newStaff(d)}, nil
}

// Close stops the server and the stand-ins and removes a temporary directory. It may be called more
// than once.
func (d *Demo) Close() error {
	var errs []error
	if d.server != nil {
		errs = append(errs, d.server.Stop(context.Background()))
		d.server = nil
	}
	if d.listener != nil {
		_ = d.listener.Close() // the server has, where there was one
	}
	if d.App != nil {
		errs = append(errs, d.App.Close())
		d.App = nil
	}
	if d.Vendors != nil {
		errs = append(errs, d.Vendors.Close())
		d.Vendors = nil
	}
	if d.tempDir != "" {
		errs = append(errs, os.RemoveAll(d.tempDir))
		d.tempDir = ""
	}
	return errors.Join(errs...)
}
