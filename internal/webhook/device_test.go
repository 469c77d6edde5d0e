package webhook_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/ninjaone"
	"clubos/internal/event"
	"clubos/internal/inbox"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/setting"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
	"clubos/internal/webhook"
)

// rack is a club with two computers whose vendor both answers and reports.
type rack struct {
	t       *testing.T
	cluster *store.Cluster
	tenant  *store.Tenant
	clock   *club.ManualClock
	rmm     *vendor.RMM
	room    *event.Room
	url     string // of the club's webhooks
	over    int
}

type lister struct{ *ninjaone.Client }

func (l lister) List(ctx context.Context) ([]club.DeviceState, error) { return l.Devices(ctx) }

func newRack(t *testing.T) *rack {
	t.Helper()
	c, clock := storetest.Cluster(t)
	r := &rack{t: t, cluster: c, clock: clock}
	r.tenant, _ = vaulttest.AddTenant(t, c, "test")
	vaulttest.AddTenant(t, c, "bare")
	r.rmm = vendor.NewRMM(vendor.RMMConfig{Devices: []vendor.Device{{ID: 1, Name: "Bay 1 PC"}, {ID: 2, Name: "Bay 2 PC"}}}, clock)
	if err := r.rmm.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.rmm.Down)
	cfg := r.rmm.Config()
	client, err := ninjaone.New(ninjaone.Config{BaseURL: r.rmm.URL(), ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, WebhookSecrets: []string{"a secret that is being rotated out", cfg.WebhookSecret}}, connector.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r.room = event.New(event.Config{Ring: vaulttest.Ring(t), Log: slog.New(slog.DiscardHandler), Advance: func(*store.Tx, club.ThreadID) {},
		Devices: func(club.Slug) map[string]event.Lister { return map[string]event.Lister{"ninjaone": lister{client}} },
		Over:    func(context.Context, *store.Tx, *vault.Tenant, store.Situation) error { r.over++; return nil }})
	in := inbox.New(inbox.Config{Storm: -1, Cluster: c, Ring: vaulttest.Ring(t), Escalate: func(context.Context, *store.Tx, store.Thread, string) error { return nil }})
	t.Cleanup(in.Close)
	server := httptest.NewServer(webhook.New(webhook.Config{Cluster: c, Inbox: in, Log: slog.New(slog.DiscardHandler), DeviceReport: r.room.Reported, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Receivers: func(_ context.Context, tenant *store.Tenant) (webhook.Receivers, error) {
			if tenant.Slug == "bare" {
				return webhook.Receivers{}, nil
			}
			return webhook.Receivers{NinjaOne: client.Receive}, nil
		}}))
	t.Cleanup(server.Close)
	r.url = server.URL + webhook.Path("test", "ninjaone")
	r.furnish()
	return r
}

func (r *rack) furnish() {
	r.t.Helper()
	err := r.tenant.Write(r.t.Context(), func(tx *store.Tx) error {
		location := club.NewLocationID(tx.Now)
		if err := tx.CreateLocation(r.t.Context(), store.CreateLocationParams{ID: location, Slug: "north", Name: "North", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}); err != nil {
			return err
		}
		for n := 1; n <= 2; n++ {
			bay := club.NewBayID(tx.Now)
			if err := tx.CreateBay(r.t.Context(), store.CreateBayParams{ID: bay, LocationID: location, Number: int64(n), Name: fmt.Sprint("Bay ", n), Status: "active", CreatedAt: tx.Now}); err != nil {
				return err
			}
			if err := tx.CreateDevice(r.t.Context(), store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: location, BayID: bay, Kind: club.DevicePC, Name: fmt.Sprintf("Bay %d PC", n),
				Vendor: "ninjaone", VendorRef: fmt.Sprint(n), Online: true, SeenAt: &tx.Now, CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rack) post(w vendor.Webhook, want int) {
	r.t.Helper()
	if got, err := w.Post(r.t.Context()); err != nil || got != want {
		r.t.Errorf("%s answered %d, %v; want %d", w.Body, got, err, want)
	}
}

// look lets a minute pass and looks at the devices.
func (r *rack) look() {
	r.t.Helper()
	r.clock.Advance(61 * time.Second)
	if err := r.room.Poll(r.t.Context(), r.tenant); err != nil {
		r.t.Fatal(err)
	}
	jobstest.Work(r.t, r.cluster, r.tenant, r.room.Gather)
}

func (r *rack) count(query string, want int, what string) {
	r.t.Helper()
	if n := storetest.Count(r.t, r.tenant, query); n != want {
		r.t.Errorf("%d %s, want %d", n, what, want)
	}
}

func TestAnOutageByWebhookAndByLookingIsOne(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(*rack, vendor.Webhook){
		"the webhook first": func(r *rack, down vendor.Webhook) { r.post(down, http.StatusOK); r.look() },
		"the look first":    func(r *rack, down vendor.Webhook) { r.look(); r.post(down, http.StatusOK) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRack(t)
			r.rmm.SetDevice(vendor.Device{ID: 1, Name: "Bay 1 PC", Offline: true})
			down := r.rmm.Condition(r.url, 1, "Device down - 2 minutes", "s1", true)
			first(r, down)
			r.post(down, http.StatusOK) // delivered twice
			r.look()
			r.count("SELECT COUNT(*) FROM events WHERE code = 'device.offline' AND open_key IS NOT NULL", 1, "open events")
			r.count("SELECT COUNT(*) FROM events", 1, "events")
			r.count("SELECT COUNT(*) FROM devices WHERE NOT online", 1, "devices offline")
			r.post(r.rmm.Condition(r.url, 1, "Device down - 2 minutes", "s1", false), http.StatusOK)
			r.rmm.SetDevice(vendor.Device{ID: 1, Name: "Bay 1 PC"})
			r.look()
			r.count("SELECT COUNT(*) FROM events WHERE cleared_at IS NULL", 0, "events that go on")
			if r.over != 1 {
				t.Errorf("over %d times", r.over)
			}
		})
	}
}

func TestAConditionIsAFaultUntilItIsReset(t *testing.T) {
	t.Parallel()
	r := newRack(t)
	r.post(r.rmm.Condition(r.url, 2, "TrackMan is not running", "s7", true), http.StatusOK)
	r.post(r.rmm.Condition(r.url, 2, "TrackMan is not running", "s7", true), http.StatusOK) // once more while it is met
	r.look()
	r.count("SELECT COUNT(*) FROM events WHERE code = 'device.fault' AND vendor = 'ninjaone' AND detail = 'TrackMan is not running'", 1, "faults")
	r.count("SELECT COUNT(*) FROM situations WHERE title LIKE 'Bay 2 PC reported a fault%TrackMan is not running'", 1, "situations")
	r.post(r.rmm.Condition(r.url, 2, "TrackMan is not running", "s7", false), http.StatusOK)
	if r.over != 1 {
		t.Errorf("over %d times", r.over)
	}
}

func TestAnActivityThatWasOvertakenChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRack(t)
	met := func(name string) (triggered, reset vendor.Webhook) {
		return r.rmm.Condition(r.url, 2, name, "s7", true), r.rmm.Condition(r.url, 2, name, "s7", false)
	}
	first, over := met("TrackMan is not running")
	r.post(over, http.StatusOK) // before what it ends
	r.post(first, http.StatusOK)
	r.count("SELECT COUNT(*) FROM events WHERE open_key IS NOT NULL", 0, "faults that go on for ever")
	second, late := met("TrackMan is not running")
	third, _ := met("TrackMan is not running")
	for _, w := range []vendor.Webhook{second, third, late} { // met again before the end of the time before has arrived
		r.post(w, http.StatusOK)
	}
	r.count("SELECT COUNT(*) FROM events WHERE open_key IS NOT NULL", 1, "faults that go on")
	down, up := r.rmm.Activity(r.url, 1, "SYSTEM", "NODE_OFFLINE"), r.rmm.Activity(r.url, 1, "SYSTEM", "NODE_ONLINE")
	r.post(up, http.StatusOK)
	r.post(down, http.StatusOK)
	r.count("SELECT COUNT(*) FROM events WHERE code = 'device.offline'", 0, "outages that are over")
}

func TestReportsComeFromTheAddressesThatAreListedIfAnyAre(t *testing.T) {
	t.Parallel()
	r := newRack(t)
	for _, tc := range []struct {
		list    string
		through string // X-Forwarded-For of a proxy of ours
		want    int
	}{
		{`[]`, "198.51.100.9", http.StatusOK},
		{`["203.0.113.0/24"]`, "203.0.113.7", http.StatusOK},
		{`["2001:db8::/32", "203.0.113.7"]`, "203.0.113.7", http.StatusOK},
		{`["203.0.113.0/24"]`, "198.51.100.9", http.StatusForbidden},
		{`["203.0.113.0/24"]`, "203.0.113.7, 198.51.100.9", http.StatusForbidden}, // what the sender wrote is not believed
		{`["203.0.113.0/24"]`, "", http.StatusForbidden},
	} {
		if err := r.tenant.Write(t.Context(), func(tx *store.Tx) error {
			return setting.Put(t.Context(), tx, club.System("test"), "webhooks.ninjaone_from", []byte(tc.list))
		}); err != nil {
			t.Fatal(err)
		}
		w := r.rmm.Activity(r.url, 1, "SCRIPTING", "COMPLETED")
		if tc.through != "" {
			w.Header.Set("X-Forwarded-For", tc.through)
		}
		if got, err := w.Post(t.Context()); err != nil || got != tc.want {
			t.Errorf("from %q with the list %s: answered %d, %v; want %d", tc.through, tc.list, got, err, tc.want)
		}
	}
	for _, list := range []string{`["ninjaone"]`, `["203.0.113.0/33"]`} {
		if err := r.tenant.Write(t.Context(), func(tx *store.Tx) error {
			return setting.Put(t.Context(), tx, club.System("test"), "webhooks.ninjaone_from", []byte(list))
		}); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("the list %s is stored: %v", list, err)
		}
	}
}

func TestOnlyAGenuineWebhookAboutADeviceOfTheClubIsTakenIn(t *testing.T) {
	t.Parallel()
	r := newRack(t)
	down := func() vendor.Webhook { return r.rmm.Condition(r.url, 1, "Agent offline", "s1", true) }
	for name, tc := range map[string]struct {
		spoil func(*vendor.Webhook)
		want  int
	}{
		"another secret":      {func(w *vendor.Webhook) { w.Header.Set("X-Webhook-Secret", "guessed") }, http.StatusUnauthorized},
		"no secret":           {func(w *vendor.Webhook) { w.Header.Del("X-Webhook-Secret") }, http.StatusUnauthorized},
		"a club without one":  {func(w *vendor.Webhook) { w.URL = r.url[:len(r.url)-len("test/ninjaone")] + "bare/ninjaone" }, http.StatusUnauthorized},
		"no JSON":             {func(w *vendor.Webhook) { w.Body = []byte("offline") }, http.StatusBadRequest},
		"nothing in it":       {func(w *vendor.Webhook) { w.Body = []byte("{}") }, http.StatusBadRequest},
		"a foreign device":    {func(w *vendor.Webhook) { *w = r.rmm.Condition(r.url, 99, "Agent offline", "s1", true) }, http.StatusOK},
		"an activity of ours": {func(w *vendor.Webhook) { *w = r.rmm.Activity(r.url, 1, "SCRIPTING", "COMPLETED") }, http.StatusOK},
		"an end of nothing":   {func(w *vendor.Webhook) { *w = r.rmm.Activity(r.url, 1, "SYSTEM", "NODE_ONLINE") }, http.StatusOK},
	} {
		w := down()
		tc.spoil(&w)
		got, err := w.Post(t.Context())
		if err != nil || got != tc.want {
			t.Errorf("%s: answered %d, %v; want %d", name, got, err, tc.want)
		}
	}
	r.count("SELECT COUNT(*) FROM events", 0, "events")
	r.post(r.rmm.Activity(r.url, 1, "SYSTEM", "NODE_OFFLINE"), http.StatusOK)
	r.count("SELECT COUNT(*) FROM events WHERE code = 'device.offline'", 1, "outages")
}
