package crashtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
	"clubos/internal/simulate"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
)

// installation is a club with stand-ins for its vendors, on either engine.
type installation struct {
	dir      string
	program  string // that runs; binary's when empty
	url      string
	env      map[string]string
	club     *simulate.Club
	vendors  *vendor.Vendors
	patience time.Duration // within which all work must have ended after a restart
	writers  int           // of those who do not play; a few, so that texts meet in threads
	key      string        // of the API, for whoever plays the operator
}

// size is how large a club is.
type size struct{ locations, bays, members int }

// small is a club for a short run.
func small() size { return size{locations: 3, bays: 20, members: 300} }

func install(t *testing.T, server string) *installation { return installSized(t, server, small()) }

func installSized(t *testing.T, server string, of size) *installation {
	t.Helper()
	address, err := vendor.FreeAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in := &installation{patience: settleWithin, writers: max(60, of.members/4), dir: t.TempDir(), url: "http://" + address}
	in.env = map[string]string{"CLUBOS_LISTEN": address, "CLUBOS_DATA_DIR": filepath.Join(in.dir, "data")}
	slug := "crash" + random()
	if server != "" {
		in.env["CLUBOS_DATABASE_URL"] = database(t, server, slug)
	}
	err = in.open(t.Context(), func(a *app.App) error {
		if err := in.populate(t.Context(), a, club.Slug(slug), of); err != nil {
			return err
		}
		return in.admitOperator(t.Context(), a)
	})
	if in.vendors != nil {
		t.Cleanup(func() { _ = in.vendors.Close() })
	}
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func random() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// open opens the installation in this process, where nothing of it runs, and closes it again.
func (in *installation) open(ctx context.Context, fn func(*app.App) error) error {
	cfg, err := app.LoadConfig(in.env)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	return fn(a)
}

// populate makes a club in which everything goes by itself that may: information is sent, and restarts
// and doors wait for an objection for a few seconds only.
func (in *installation) populate(ctx context.Context, a *app.App, slug club.Slug, of size) (err error) {
	in.club, err = simulate.Populate(ctx, a.Cluster, a.Ring, simulate.Options{Slug: slug, Name: "Crash", Seed: 1, NoStaff: true, Locations: of.locations, BaysEach: of.bays, Members: of.members,
		Settings: map[string]any{"wait.burst": "300ms", "wait.suggest": "5s", "actions.auto_execution": true, "notify.slack_channel": simulate.SlackChannel,
			"autonomy.actions": []string{"device", "access", "words"}, "autonomy.places": []string{"all"}},
		ImportSOPs: func(ctx context.Context, tenant *store.Tenant) error {
			docs, problems := knowledge.Import(bytes.NewReader(knowledge.Starter()), knowledge.FormatYAML, a.Catalogue)
			if len(problems) > 0 {
				return fmt.Errorf("BUG: starter procedures: %s", problems[0])
			}
			_, err := a.ImportSOPs(ctx, tenant.Slug, docs, "the procedures that come with ClubOS", true)
			return err
		}})
	if err != nil {
		return fmt.Errorf("make a club: %w", err)
	}
	vc := in.club.VendorConfig()
	vc.SMS.PerSecond, vc.RMM.RebootTime, vc.RMM.ScriptTime = -1, time.Second, 300*time.Millisecond
	if in.vendors, err = vendor.Start(vc); err != nil {
		return fmt.Errorf("start the vendors' stand-ins: %w", err)
	}
	tenant, keys, err := a.Tenant(ctx, slug)
	if err != nil {
		return err
	}
	return simulate.Connect(ctx, tenant, keys, in.vendors)
}

// admitOperator makes an owner and the key by which they approve proposals.
func (in *installation) admitOperator(ctx context.Context, a *app.App) error {
	slug := in.club.Slug
	dir, err := a.Directory(ctx, slug)
	if err != nil {
		return err
	}
	owner, err := dir.CreateUser(ctx, identity.System(slug, "test"), identity.NewUser{Email: ownerEmail, Name: "Owner", Role: club.RoleOwner, Password: ownerPassword})
	if err != nil {
		return fmt.Errorf("make an owner: %w", err)
	}
	by := identity.Principal{Tenant: slug, Actor: club.Actor{Kind: club.ActorUser, ID: owner.ID.String(), Name: owner.Name}, UserID: owner.ID, Role: owner.Role}
	_, in.key, err = dir.CreateAPIKey(ctx, by, identity.NewAPIKey{Name: "operator", Scopes: []identity.Permission{identity.DecisionsRead, identity.ProposalsDecide}})
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	return nil
}

const ownerEmail, ownerPassword = "owner@example.com", "birdie on every hole 18"

// database makes a database of its own on the server and has it dropped, with the club's role.
func database(t *testing.T, server, slug string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("the test database's URL cannot be read")
	}
	name := "clubos_" + slug
	run := func(statements ...string) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, server)
		if err != nil {
			t.Fatalf("connect to PostgreSQL: %v", err)
		}
		defer func() { _ = conn.Close(ctx) }()
		for _, s := range statements {
			if _, err := conn.Exec(ctx, s); err != nil {
				t.Errorf("%s: %v", s, err)
			}
		}
	}
	run("CREATE DATABASE " + pgx.Identifier{name}.Sanitize())
	t.Cleanup(func() {
		run("DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)", "DROP ROLE IF EXISTS "+pgx.Identifier{"r_" + slug}.Sanitize())
	})
	u.Path = "/" + name
	return u.String()
}
