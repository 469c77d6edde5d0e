package app_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"clubos/internal/app"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/integration"
	"clubos/internal/knowledge"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

var admin = club.Actor{Kind: club.ActorSystem, ID: "test"}

// open opens an installation on SQLite that would listen on a free port.
func open(t *testing.T, environ map[string]string) *app.App {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"CLUBOS_LISTEN": l.Addr().String(), "CLUBOS_DATA_DIR": storetest.Directory(t), "CLUBOS_SQLITE_RELAXED": "true"}
	for k, v := range environ {
		all[k] = v
	}
	_ = l.Close()
	cfg, err := app.LoadConfig(all)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestServerAnswersWhileItLivesAndDrainsWhenItStops(t *testing.T) {
	t.Parallel()
	a := open(t, nil)
	if _, err := a.CreateTenant(t.Context(), admin, "fairway", "Fairway 24"); err != nil {
		t.Fatal(err)
	}
	s, err := a.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + s.Addr()
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/api/v1/openapi.json": 200, "/api/v1/fairway/threads": 401, "/c/fairway/sign-in": 200, "/c/fairway/inbox": 303, "/hooks/fairway/twilio": 405,
		"/hooks": 404, "/hooks/": 404, "/hooks/fairway//twilio": 404, "/hooks/../hooks/fairway/twilio": 404, "/nowhere": 404} {
		if code, body := get(t, base+path); code != want {
			t.Errorf("%s answers %d, want %d: %.200s", path, code, want, body)
		}
	}
	var doc struct{ OpenAPI string }
	if _, body := get(t, base+"/api/v1/openapi.json"); json.Unmarshal([]byte(body), &doc) != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("OpenAPI version %q", doc.OpenAPI)
	}
	slug := club.Slug("harbour")
	if _, err := a.CreateTenant(t.Context(), admin, slug, "Harbour"); err != nil {
		t.Fatal(err)
	}
	if err := s.AddTenant(t.Context(), slug); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("draining took %s", took)
	}
}

func TestRunEndsWithItsContextAndStartFailsLoudlyOnATakenPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	a := open(t, map[string]string{"CLUBOS_LISTEN": l.Addr().String()})
	if err := a.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "listen") {
		t.Errorf("a taken port: %v", err)
	}
	b := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Run(ctx); err != nil && ctx.Err() == nil {
		t.Errorf("run: %v", err)
	}
}

func TestNewClubHasItsSettingsKeysAndProcedures(t *testing.T) {
	t.Parallel()
	a := open(t, map[string]string{"PATTERN_CONFIDENCE_HIGH": "0.97", "CLUBOS_PUBLIC_URL": "https://club.example.com/"})
	tenant, err := a.CreateTenant(t.Context(), admin, "fairway", "Fairway 24")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.CreateTenant(t.Context(), admin, "fairway", "again"); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("second club of a name: %v", err)
	}
	docs, problems := knowledge.Import(strings.NewReader(string(knowledge.Starter())), knowledge.FormatYAML, a.Catalogue)
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	said, err := a.ImportSOPs(t.Context(), "fairway", docs, "starter", true)
	if err != nil || !strings.Contains(said, "left out for places") {
		t.Errorf("import: %s, %v", said, err)
	}
	d, err := a.Directory(t.Context(), "fairway")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := a.Directory(t.Context(), "fairway"); again != d {
		t.Error("a second directory of one club")
	}
	by := identity.System("fairway", "test")
	u, err := d.CreateUser(t.Context(), by, identity.NewUser{Email: "o@example.com", Name: "O", Role: club.RoleOwner})
	if err != nil {
		t.Fatal(err)
	}
	link, err := a.SignInLink(t.Context(), d, by, u.ID)
	if err != nil || !strings.HasPrefix(link, "https://club.example.com/c/fairway/sign-in/link#fairway.") {
		t.Errorf("link %s, %v", link, err)
	}
	err = tenant.Read(t.Context(), func(tx *store.Tx) error {
		row, err := tx.FindSetting(t.Context(), "confidence.high")
		if row.Value != "0.97" {
			t.Errorf("threshold %s", row.Value)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Tenant(t.Context(), "nobody"); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("unknown club: %v", err)
	}
}

func TestDoctorSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	a := open(t, nil)
	states := func() map[string]string {
		out := map[string]string{}
		for _, f := range a.Doctor(t.Context()) {
			out[f.Name] = f.State
			if f.State != "ok" && f.Advice == "" && f.Detail == "" {
				t.Errorf("%s is %s without a word", f.Name, f.State)
			}
		}
		return out
	}
	if s := states(); s["database"] != "ok" || s["clubs"] != "warn" {
		t.Errorf("empty installation: %v", s)
	}
	if _, err := a.CreateTenant(t.Context(), admin, "fairway", "Fairway 24"); err != nil {
		t.Fatal(err)
	}
	if s := states(); s["fairway: schema"] != "ok" || s["fairway: keys"] != "ok" || s["fairway: content"] != "warn" || s["fairway: texts"] != "fail" || s["fairway: unifi"] != "warn" || s["clock"] != "ok" || s["fairway: people"] != "warn" {
		t.Errorf("bare club: %v", s)
	}
	for vendor, f := range map[string]integration.Fields{
		"unifi":    {"base_url": "https://127.0.0.1:1", "token": "t", "pin": strings.Repeat("ab", 32)},
		"ninjaone": {"base_url": "http://127.0.0.1:1", "client_id": "a", "client_secret": "b"},
		"twilio":   {"account_sid": "AC1", "auth_token": "x"}, "slack": {"bot_token": "x"},
		"openphone": {"api_key": "k", "webhook_secret": "not a secret"},
	} {
		if err := a.Connect(t.Context(), "fairway", admin, vendor, f); err != nil {
			t.Fatal(err)
		}
	}
	if s := states(); s["fairway: unifi"] != "fail" || s["fairway: ninjaone"] != "fail" || s["fairway: texts"] != "ok" || s["fairway: slack"] != "warn" {
		t.Errorf("vendors that do not answer: %v", s)
	}
	if _, err := a.Cluster.Migrate(t.Context(), "fairway", 3); err != nil {
		t.Fatal(err)
	}
	if s := states(); s["fairway: schema"] != "fail" {
		t.Errorf("old schema: %v", s)
	}
}

func TestDoctorSaysEverythingAtOnce(t *testing.T) {
	t.Parallel()
	a := open(t, nil)
	ctx, by := t.Context(), identity.System("fairway", "test")
	tenant, err := a.CreateTenant(ctx, admin, "fairway", "Fairway 24")
	if err != nil {
		t.Fatal(err)
	}
	d, err := a.Directory(ctx, "fairway")
	if err != nil {
		t.Fatal(err)
	}
	u, err := d.CreateUser(ctx, by, identity.NewUser{Email: "o@example.com", Name: "O", Role: club.RoleAdmin, Password: "correct-horse-7"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.SignIn(ctx, identity.SignIn{Email: "o@example.com", Password: "correct-horse-7"})
	if err != nil {
		t.Fatal(err)
	}
	now := a.Cluster.Clock().Now()
	for name, n := range map[string]struct {
		by  identity.Principal
		end time.Time
	}{"soon": {by, now.Add(24 * time.Hour)}, "orphan": {s.Principal, time.Time{}}, "lasting": {by, now.AddDate(1, 0, 0)}} {
		if _, _, err := d.CreateAPIKey(ctx, n.by, identity.NewAPIKey{Name: name, Scopes: []identity.Permission{identity.TicketsRead}, ExpiresAt: n.end}); err != nil {
			t.Fatal(err)
		}
	}
	disabled := identity.UserDisabled
	if _, err := d.UpdateUser(ctx, by, u.ID, identity.UserChange{Status: &disabled}); err != nil {
		t.Fatal(err)
	}
	err = tenant.Write(ctx, func(tx *store.Tx) error {
		place := club.NewLocationID(tx.Now)
		if err := tx.CreateLocation(ctx, store.CreateLocationParams{ID: place, Slug: "north", Name: "North", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}); err != nil {
			return err
		}
		if err := tx.PutLine(ctx, store.PutLineParams{Number: "+14155550100", Provider: "openphone", LocationID: place, CreatedAt: tx.Now}); err != nil {
			return err
		}
		return tx.CreateDevice(ctx, store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: place, Kind: club.DeviceDoor, Name: "Door", Vendor: "unifi", VendorRef: "d1", CreatedAt: tx.Now})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Connect(ctx, "fairway", admin, "twilio", integration.Fields{"account_sid": "AC1", "auth_token": "x"}); err != nil {
		t.Fatal(err)
	}
	if err := a.SetTenantStatus(ctx, admin, "fairway", store.StatusSuspended); err != nil {
		t.Fatal(err)
	}
	got := map[string]app.Finding{}
	for _, f := range a.Doctor(ctx) {
		got[f.Name] = f
	}
	for name, want := range map[string][2]string{
		"fairway: club": {"warn", "suspended"}, "fairway: API key soon": {"warn", "ends on"}, "fairway: API key orphan": {"warn", "its maker is disabled"}, "fairway: API keys": {"ok", "2 in use"},
		"fairway: texts": {"fail", "1 lines are of openphone"}, "fairway: unifi": {"fail", "no door controller"}, "fairway: ninjaone": {"warn", "no RMM"}, "fairway: people": {"warn", "no owner"},
	} {
		f := got[name]
		if f.State != want[0] || !strings.Contains(f.Detail, want[1]) || f.State != "ok" && f.Advice == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if _, said := got["fairway: API key lasting"]; said {
		t.Error("a key that lasts is spoken of")
	}
}

func TestWrongMasterKeyIsSaidAtTheStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := open(t, map[string]string{"CLUBOS_DATA_DIR": dir})
	if _, err := a.CreateTenant(t.Context(), admin, "fairway", "Fairway 24"); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(dir + "/master.key"); err != nil {
		t.Fatal(err)
	}
	b := open(t, map[string]string{"CLUBOS_DATA_DIR": dir})
	if _, err := b.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "master key") {
		t.Errorf("started with another master key: %v", err)
	}
}
