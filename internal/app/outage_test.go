package app_test

import (
	"database/sql"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/integration"
	"clubos/internal/oncall"
	"clubos/internal/outage"
	"clubos/internal/redis/redistest"
	"clubos/internal/rota"
	"clubos/internal/setting"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/telemetry"
)

const (
	opalsPhone = "+14155552671"
	olusPhone  = "+14155552672"
	ourLine    = "+15550100001"
)

// quick is a watch that takes fractions of a second for what takes others half a minute.
var quick = outage.Timing{Every: 20 * time.Millisecond, Within: 500 * time.Millisecond, After: 60 * time.Millisecond, Calm: 60 * time.Millisecond, Apart: time.Minute}

// cable leads to the database, and can be cut.
type cable struct {
	cut, mend func()
	environ   map[string]string
	prefix    string
}

// newCable cuts off PostgreSQL by a wire of its own. SQLite's file is kept by somebody else, who writes to it for
// as long as the cable is cut: nothing can be stored.
func newCable(t *testing.T) cable {
	t.Helper()
	if storetest.DatabaseURL() == "" {
		dir := storetest.Directory(t)
		c := cable{environ: map[string]string{"CLUBOS_DATA_DIR": dir}}
		var conn *sql.Conn
		c.cut = func() {
			db, err := sql.Open("sqlite", filepath.Join(dir, "control.db")+"?_pragma=busy_timeout(5000)")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if conn, err = db.Conn(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
				t.Fatal(err)
			}
		}
		c.mend = func() {
			if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
				t.Fatal(err)
			}
		}
		return c
	}
	lent := storetest.Config(t)
	u, err := url.Parse(lent.URL)
	if err != nil {
		t.Fatal("the address cannot be read")
	}
	wire := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "database", "127.0.0.1:0", u.Host)
	if err := wire.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(wire.Stop)
	u.Host = wire.Listen
	return cable{environ: map[string]string{"CLUBOS_DATA_DIR": t.TempDir(), "CLUBOS_DATABASE_URL": u.String()}, prefix: lent.TenantPrefix, cut: wire.Stop, mend: func() {
		if err := wire.Start(); err != nil {
			t.Fatal(err)
		}
	}}
}

// station is an installation whose database can be cut off, with stand-ins for vendors.
type station struct {
	*testing.T
	cable
	sms   *vendor.SMS
	slack *vendor.Slack
	pager *vendor.Pager
	apps  []*app.App
	logs  []*redistest.Log

	servers []*app.Server
}

// figure is what a scrape of the first process says that it is.
func (s *station) figure(name string) string {
	s.Helper()
	_, all := get(s.T, "http://"+s.servers[0].MetricsAddr()+"/metrics")
	for line := range strings.Lines(all) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func newStation(t *testing.T) *station {
	t.Helper()
	s := &station{T: t, cable: newCable(t), sms: vendor.NewSMS(vendor.SMSConfig{}, club.SystemClock{}), slack: vendor.NewSlack(vendor.SlackConfig{}, club.SystemClock{}),
		pager: vendor.NewPager(vendor.PagerConfig{}, club.SystemClock{})}
	for _, v := range []interface {
		Up() error
		Down()
	}{s.sms, s.slack, s.pager} {
		if err := v.Up(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(v.Down)
	}
	return s
}

// open adds a process, named for a message to say.
func (s *station) open(node string, timing outage.Timing) *app.App {
	s.Helper()
	environ := map[string]string{"CLUBOS_LISTEN": "127.0.0.1:0", "CLUBOS_SQLITE_RELAXED": "true", "CLUBOS_NODE": node, "CLUBOS_METRICS_LISTEN": "127.0.0.1:0"}
	for k, v := range s.environ {
		environ[k] = v
	}
	cfg, err := app.LoadConfig(environ)
	if err != nil {
		s.Fatal(err)
	}
	cfg.SchemaPrefix, cfg.Outage = s.prefix, timing
	log := &redistest.Log{}
	a, err := app.Open(s.Context(), cfg, telemetry.NewLogger(log, telemetry.LogConfig{Level: slog.LevelInfo, Service: "clubos"}))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = a.Close() })
	s.apps, s.logs = append(s.apps, a), append(s.logs, log)
	return a
}

// found makes a club with a line, a channel and a pager, and people of whom those with a phone are on call.
func (s *station) found(slug club.Slug, phones ...string) {
	s.Helper()
	ctx, a := s.Context(), s.apps[0]
	if _, err := a.CreateTenant(ctx, admin, slug, "Club "+slug.String()); err != nil {
		s.Fatal(err)
	}
	tenant, keys, err := a.Tenant(ctx, slug)
	if err != nil {
		s.Fatal(err)
	}
	d, err := a.Directory(ctx, slug)
	if err != nil {
		s.Fatal(err)
	}
	by := identity.System(slug, "test")
	for i, phone := range phones {
		u, err := d.CreateUser(ctx, by, identity.NewUser{Email: phone[1:] + "@club.example", Name: "Opal", Role: club.RoleOperator, Password: "correct-horse-7"})
		if err != nil {
			s.Fatal(i, err)
		}
		err = tenant.Write(ctx, func(tx *store.Tx) error {
			if _, err := oncall.SaveContact(ctx, tx, keys, by, u.ID, oncall.ContactEdit{Phone: phone, BySMS: true}); err != nil {
				return err
			}
			_, err := oncall.CreateShift(ctx, tx, by, rota.Shift{User: u.ID, Days: rota.EveryDay})
			return err
		})
		if err != nil {
			s.Fatal(err)
		}
	}
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		for name, f := range map[string]integration.Fields{
			"openphone": {"api_key": s.sms.Config().OpenPhoneKey, "webhook_secret": s.sms.Config().OpenPhoneSecret, "base_url": s.sms.URL()},
			"slack":     {"bot_token": s.slack.Config().BotToken, "base_url": s.slack.URL() + "/api"},
			"pagerduty": {"routing_key": s.pager.Config().RoutingKey, "base_url": s.pager.URL()},
		} {
			if err := integration.Put(ctx, tx, keys, admin, name, f); err != nil {
				return err
			}
		}
		if err := setting.PutValue(ctx, tx, admin, "notify.slack_channel", "C0OPS"); err != nil {
			return err
		}
		return tx.PutLine(ctx, store.PutLineParams{Number: ourLine, Provider: "openphone", CreatedAt: tx.Now})
	})
	if err != nil {
		s.Fatal(err)
	}
}

// start serves with each process, and waits until it knows whom to tell.
func (s *station) start() {
	s.Helper()
	for _, a := range s.apps {
		server, err := a.Start(s.Context())
		if err != nil {
			s.Fatal(err)
		}
		s.Cleanup(func() { _ = server.Stop(s.Context()) })
		redistest.Await(s, "it is known whom to tell", a.KnowsWhomToTell)
		s.servers = append(s.servers, server)
	}
}

func (s *station) await(phone string, n int) {
	s.Helper()
	redistest.Await(s, "somebody is told", func() bool { return len(s.sms.Received(phone)) >= n })
}

func TestWhoeverIsOnCallIsToldOnceThatTheDatabaseIsGoneAndOnceThatItIsBack(t *testing.T) {
	t.Parallel()
	s := newStation(t)
	s.open("host-1", quick)
	s.found("aa", opalsPhone, olusPhone)
	s.found("test", opalsPhone)
	s.start()
	s.cut()
	for _, phone := range []string{opalsPhone, olusPhone} {
		s.await(phone, 1)
	}
	if v := s.figure("clubos_database_gone_seconds"); v == "" || v == "0" {
		t.Errorf("the figure says %q while it is gone", v)
	}
	told := s.sms.Received(opalsPhone)[0]
	for _, want := range []string{"database", "at host-1 (Club aa and Club test)", "nothing that was acknowledged is lost", "Doors and bays stay as they are", "docs/operations.md, When the database is gone"} {
		if !strings.Contains(told, want) {
			t.Errorf("%q does not say %q", told, want)
		}
	}
	if p := s.pager.Incidents(); len(p) != 1 || len(s.slack.Messages()) != 1 {
		t.Errorf("the pager has %+v, the channel %+v", p, s.slack.Messages())
	}
	s.mend()
	for _, phone := range []string{opalsPhone, olusPhone} {
		s.await(phone, 2)
		if got := s.sms.Received(phone); len(got) != 2 || !strings.Contains(got[1], "has its database again") || !strings.Contains(got[1], "It was gone from") {
			t.Errorf("%s: %q", phone, got)
		}
	}
	redistest.Await(t, "the incident is over", func() bool { return s.pager.Incidents()[0].Status == "resolved" })
	if v := s.figure("clubos_database_gone_seconds"); v != "0" {
		t.Errorf("the figure says %q when it is back", v)
	}
	// Gone again within Apart: nobody is told twice.
	s.cut()
	redistest.Await(t, "it is seen to be gone again", func() bool { return s.logs[0].Count("database.gone") == 2 })
	s.mend()
	redistest.Await(t, "it is seen to be back", func() bool { return s.logs[0].Count("database.back") == 2 })
	if n := len(s.sms.Received(opalsPhone)); n != 2 {
		t.Errorf("%d texts", n)
	}
	if s.logs[0].Count(opalsPhone) > 0 || s.logs[0].Count(s.sms.Config().OpenPhoneKey) > 0 {
		t.Error("a number or a key is in the log")
	}
}

func TestProcessWhoseDatabaseStoresNothingIsNotSentRequests(t *testing.T) {
	t.Parallel()
	s := newStation(t)
	a := s.open("host-1", quick)
	if _, err := a.CreateTenant(t.Context(), admin, "aa", "Club"); err != nil {
		t.Fatal(err)
	}
	s.start()
	code := func(path string) int {
		c, _ := get(t, "http://"+s.servers[0].Addr()+path)
		return c
	}
	redistest.Await(t, "it is ready", func() bool { return code("/readyz") == http.StatusOK })
	s.cut()
	redistest.Await(t, "it is seen to be gone", func() bool { return s.logs[0].Count("database.gone") == 1 })
	redistest.Await(t, "it is not ready", func() bool { return code("/readyz") == http.StatusServiceUnavailable })
	if c := code("/healthz"); c != http.StatusOK {
		t.Errorf("it is said to be dead: %d", c)
	}
	s.mend()
	redistest.Await(t, "it is ready again", func() bool { return code("/readyz") == http.StatusOK })
}

func TestReplicasThatShareRedisTellOnceAmongThem(t *testing.T) {
	t.Parallel()
	if storetest.DatabaseURL() == "" {
		t.Skip("replicas need PostgreSQL: CLUBOS_TEST_DATABASE_URL")
	}
	for name, redis := range map[string]string{"sharing Redis": redistest.URL(t), "each for itself": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStation(t)
			s.environ["CLUBOS_REDIS_URL"] = redis
			a, b := s.open("host-1", quick), s.open("host-2", quick)
			s.found("aa", opalsPhone)
			s.start()
			if redis != "" {
				for _, x := range []*app.App{a, b} {
					redistest.Await(t, "Redis answers", x.Redis.Here)
				}
			}
			s.cut()
			for _, log := range s.logs {
				redistest.Await(t, "each sees that it is gone", func() bool { return log.Count("database.gone") == 1 })
			}
			want := 1
			if redis == "" {
				want = 2
			}
			s.await(opalsPhone, want)
			s.mend()
			for _, log := range s.logs {
				redistest.Await(t, "each sees that it is back", func() bool { return log.Count("database.back") == 1 })
			}
			s.await(opalsPhone, 2*want)
			got := s.sms.Received(opalsPhone)
			if all := strings.Join(got, "\n"); len(got) != 2*want || redis == "" && (!strings.Contains(all, "host-1") || !strings.Contains(all, "host-2")) {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestNobodyToTellIsSaidOnceByTheLog(t *testing.T) {
	t.Parallel()
	s := newStation(t)
	a := s.open("host-1", quick)
	if _, err := a.CreateTenant(t.Context(), admin, "aa", "Club"); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.cut()
	redistest.Await(t, "it is said", func() bool { return s.logs[0].Count("database.untold") == 1 })
	s.mend()
	redistest.Await(t, "it is back", func() bool { return s.logs[0].Count("database.back") == 1 })
	if s.logs[0].Count("database.untold") != 1 {
		t.Error("it is said more than once")
	}
}

func TestWhoComesOnCallIsKnownAtOnce(t *testing.T) {
	t.Parallel()
	s := newStation(t)
	a := s.open("host-1", quick)
	s.found("aa", opalsPhone)
	s.start()
	tenant, keys, err := a.Tenant(t.Context(), "aa")
	if err != nil {
		t.Fatal(err)
	}
	by := identity.System("aa", "test")
	err = tenant.Write(t.Context(), func(tx *store.Tx) error {
		r, err := oncall.Load(t.Context(), tx, tx.Now)
		if err != nil {
			return err
		}
		_, err = oncall.SaveContact(t.Context(), tx, keys, by, r.Shifts[0].User, oncall.ContactEdit{Phone: olusPhone, BySMS: true})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	redistest.Await(t, "it is heard", func() bool { return a.WaysToTell(olusPhone) == 1 })
	s.cut()
	s.await(olusPhone, 1)
	if n := len(s.sms.Received(opalsPhone)); n != 0 {
		t.Errorf("the number of old was sent %d texts", n)
	}
	s.mend()
}
