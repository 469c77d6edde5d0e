package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/simulate"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
)

// installation is a club made for one scenario, with stand-ins for its vendors.
type installation struct {
	dir     string
	env     map[string]string // the program's configuration
	slug    club.Slug
	line    string // a number of the club, by Quo
	secret  string // of Quo's webhooks
	vendors *vendor.Vendors
	crowd   crowd       // what fill made
	clubs   []club.Slug // that addClubs made

	server   string // URL of the PostgreSQL server; "" on SQLite
	database string // made on it
}

// install makes a club. remove takes everything away again.
func install(ctx context.Context, cfg Config) (*installation, error) {
	in := &installation{slug: club.Slug("bench" + random())}
	if err := in.make(ctx, cfg); err != nil {
		return nil, errors.Join(err, in.remove(ctx))
	}
	return in, nil
}

func random() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (in *installation) make(ctx context.Context, cfg Config) (err error) {
	if in.dir, err = os.MkdirTemp("", "clubos-bench-"); err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	address, err := vendor.FreeAddress(ctx)
	if err != nil {
		return err
	}
	in.env = map[string]string{"CLUBOS_LIMIT_INSTANCE": "0", "CLUBOS_LIMIT_OPERATOR": "0", "CLUBOS_LIMIT_KEY": "0", "CLUBOS_LISTEN": address, "CLUBOS_DATA_DIR": filepath.Join(in.dir, "data")}
	if cfg.DatabaseURL != "" {
		if in.env["CLUBOS_DATABASE_URL"], err = in.createDatabase(ctx, cfg.DatabaseURL); err != nil {
			return err
		}
	}
	return in.open(ctx, func(a *app.App) error { return in.populate(ctx, a, cfg.Locations) })
}

func (in *installation) url() string { return "http://" + in.env["CLUBOS_LISTEN"] }

// open opens the installation in this process, without running anything, and closes it.
func (in *installation) open(ctx context.Context, fn func(*app.App) error) (err error) {
	cfg, err := app.LoadConfig(in.env)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return fn(a)
}

func (in *installation) populate(ctx context.Context, a *app.App, locations int) error {
	c, err := simulate.Populate(ctx, a.Cluster, a.Ring, simulate.Options{Slug: in.slug, Name: "Bench", Seed: 1, NoStaff: true, Locations: locations,
		ImportSOPs: func(ctx context.Context, tenant *store.Tenant) error {
			docs, problems := knowledge.Import(bytes.NewReader(knowledge.Starter()), knowledge.FormatYAML, a.Catalogue)
			if len(problems) > 0 {
				return fmt.Errorf("BUG: starter procedures: %s", problems[0])
			}
			if _, err := a.ImportSOPs(ctx, tenant.Slug, docs, "the procedures that come with ClubOS", true); err != nil {
				return err
			}
			return a.TrainMatcher(ctx, tenant.Slug)
		}})
	if err != nil {
		return fmt.Errorf("make a club: %w", err)
	}
	vc := c.VendorConfig()
	vc.SMS.PerSecond = -1
	if in.vendors, err = vendor.Start(vc); err != nil {
		return fmt.Errorf("start the vendors' stand-ins: %w", err)
	}
	in.secret = in.vendors.SMS.Config().OpenPhoneSecret
	for _, l := range c.Locations {
		if l.Provider == "openphone" {
			in.line = l.Line
			break
		}
	}
	tenant, keys, err := a.Tenant(ctx, in.slug)
	if err != nil {
		return err
	}
	return simulate.Connect(ctx, tenant, keys, in.vendors)
}

// replies counts the texts that left, once none has left for two seconds.
func (in *installation) replies(ctx context.Context) (int, error) {
	last, same := -1, 0
	for range int(settleWithin / time.Second) {
		n := in.sent()
		if same++; n != last {
			last, same = n, 0
		}
		if same == 2 {
			break
		}
		if err := pause(ctx, time.Second); err != nil {
			return 0, err
		}
	}
	return last, nil
}

func (in *installation) sent() int {
	n := 0
	for _, e := range in.vendors.SMS.Effects() {
		if e.Op == "send" {
			n++
		}
	}
	return n
}

// createDatabase makes a database of its own on the server, and returns its URL.
func (in *installation) createDatabase(ctx context.Context, server string) (string, error) {
	in.server = server
	name := "clubos_" + in.slug.String()
	at, err := databaseURL(server, name)
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return "", fmt.Errorf("create a database: %w", err)
	}
	in.database = name
	return at, nil
}

// onDatabase runs fn on a connection to the installation's own database.
func (in *installation) onDatabase(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, in.env["CLUBOS_DATABASE_URL"])
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return errors.Join(fn(conn), conn.Close(ctx))
}

// databaseURL returns the server's URL with another database's name.
func databaseURL(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" {
		return "", club.Invalid("the database URL must look like postgres://user@host:port/database")
	}
	u.Path = "/" + name
	return u.String(), nil
}

// removeWithin bounds it: the files of a thousand clubs take minutes.
const removeWithin = 10 * time.Minute

// remove stops the stand-ins and takes the files, the database and the club's role away. It does so
// even when ctx has ended.
func (in *installation) remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	var errs []error
	if in.vendors != nil {
		errs = append(errs, in.vendors.Close())
	}
	if in.database != "" {
		errs = append(errs, in.dropDatabase(ctx))
	}
	if in.dir != "" {
		errs = append(errs, os.RemoveAll(in.dir))
	}
	return errors.Join(errs...)
}

func (in *installation) dropDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, in.server)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{in.database}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop the database: %w", err)
	}
	// Roles belong to the server, not to a database.
	for _, slug := range append(in.clubs, in.slug) {
		if _, err := conn.Exec(ctx, "DROP ROLE IF EXISTS "+pgx.Identifier{"r_" + slug.String()}.Sanitize()); err != nil {
			return fmt.Errorf("drop a club's role: %w", err)
		}
	}
	return nil
}
