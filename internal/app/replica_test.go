package app_test

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"

	"clubos/internal/app"
	"clubos/internal/cache"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/redis/redistest"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// replicas opens two processes' worth of one installation, on one PostgreSQL and one Redis.
func replicas(t *testing.T) (a, b *app.App) {
	t.Helper()
	if storetest.DatabaseURL() == "" {
		t.Skip("replicas need PostgreSQL: CLUBOS_TEST_DATABASE_URL")
	}
	lent, dir, redis := storetest.Config(t), t.TempDir(), redistest.URL(t)
	next := func() *app.App {
		cfg, err := app.LoadConfig(map[string]string{"CLUBOS_DATA_DIR": dir, "CLUBOS_DATABASE_URL": lent.URL, "CLUBOS_REDIS_URL": redis})
		if err != nil {
			t.Fatal(err)
		}
		cfg.SchemaPrefix = lent.TenantPrefix
		x, err := app.Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := x.Close(); err != nil {
				t.Error(err)
			}
		})
		redistest.Await(t, "Redis answers", func() bool { return x.Relief().Cache.Redis == cache.RedisHere })
		return x
	}
	a = next()
	if _, err := a.CreateTenant(t.Context(), admin, "fairway", "Fairway 24"); err != nil {
		t.Fatal(err)
	}
	return a, next()
}

func directory(t *testing.T, a *app.App) *identity.Directory {
	t.Helper()
	d, err := a.Directory(t.Context(), "fairway")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// refusedSoon waits until a session is refused, long before it would end by itself.
func refusedSoon(t *testing.T, d *identity.Directory, token, after string) {
	t.Helper()
	redistest.Await(t, "after "+after+" the other replica refuses the session", func() bool {
		_, err := d.Authenticate(t.Context(), token)
		return club.CodeOf(err) == club.CodeUnauthenticated
	})
}

func TestSessionEndsOnEveryReplicaAtOnce(t *testing.T) {
	t.Parallel()
	a, b := replicas(t)
	here, there, by := directory(t, a), directory(t, b), identity.System("fairway", "test")
	u, err := here.CreateUser(t.Context(), by, identity.NewUser{Email: "o@example.com", Name: "O", Role: club.RoleAdmin, Password: "correct-horse-7"})
	if err != nil {
		t.Fatal(err)
	}
	signIn := func() identity.Session {
		s, err := here.SignIn(t.Context(), identity.SignIn{Email: "o@example.com", Password: "correct-horse-7", Addr: netip.MustParseAddr("192.0.2.1")})
		if err != nil {
			t.Fatal(err)
		}
		redistest.Await(t, "the other replica keeps the session", func() bool {
			before := b.Cluster.Counts().Answered
			if _, err := there.Authenticate(t.Context(), s.Token); err != nil {
				t.Fatal(err)
			}
			return b.Cluster.Counts().Answered > before
		})
		return s
	}
	s := signIn()
	if err := here.SignOut(t.Context(), s.Principal); err != nil {
		t.Fatal(err)
	}
	refusedSoon(t, there, s.Token, "a sign-out")
	s = signIn()
	disabled := identity.UserDisabled
	if _, err := here.UpdateUser(t.Context(), by, u.ID, identity.UserChange{Status: &disabled}); err != nil {
		t.Fatal(err)
	}
	refusedSoon(t, there, s.Token, "disabling the user")
}

func TestKillSwitchHoldsOnEveryReplicaAtOnce(t *testing.T) {
	t.Parallel()
	a, b := replicas(t)
	tenant := func(x *app.App) *store.Tenant {
		got, _, err := x.Tenant(t.Context(), "fairway")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	thrown := func(load func(context.Context, *store.Tx) (setting.Settings, error)) (off bool) {
		err := tenant(b).Read(t.Context(), func(tx *store.Tx) error {
			s, err := load(t.Context(), tx)
			_, off = s.Off("device", "restart_bay_pc")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return off
	}
	redistest.Await(t, "the other replica keeps the settings", func() bool {
		before := b.Cluster.Counts().Answered
		thrown(setting.Known)
		return b.Cluster.Counts().Answered > before
	})
	for _, stop := range []bool{true, false, true} {
		if err := tenant(a).Write(t.Context(), func(tx *store.Tx) error { return setting.Switch(t.Context(), tx, admin, "all", stop) }); err != nil {
			t.Fatal(err)
		}
		if thrown(setting.Load) != stop {
			t.Fatal("what decides whether something may be done did not see the switch")
		}
		redistest.Await(t, "what describes the club sees it too", func() bool { return thrown(setting.Known) == stop })
	}
}
