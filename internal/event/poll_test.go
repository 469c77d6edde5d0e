package event_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/ninjaone"
	"clubos/internal/event"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/pattern"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// hall is a club with two computers at the real client's stand-in.
type hall struct {
	t        *testing.T
	cluster  *store.Cluster
	tenant   *store.Tenant
	keys     *vault.Tenant
	clock    *club.ManualClock
	rmm      *vendor.RMM
	room     *event.Room
	location club.LocationID
	bays     [3]club.BayID
	devices  [3]club.DeviceID
	known    bool // whether something known fits whatever is reported
	over     int
	advanced int
}

type lister struct{ *ninjaone.Client }

func (l lister) List(ctx context.Context) ([]club.DeviceState, error) { return l.Devices(ctx) }

func newHall(t *testing.T) *hall {
	t.Helper()
	c, clock := storetest.Cluster(t)
	h := &hall{t: t, cluster: c, clock: clock}
	h.tenant, h.keys = vaulttest.AddTenant(t, c, "test")
	h.rmm = vendor.NewRMM(vendor.RMMConfig{Devices: []vendor.Device{{ID: 1, Name: "Bay 1 PC"}, {ID: 2, Name: "Bay 2 PC"}}}, clock)
	if err := h.rmm.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.rmm.Heal(); h.rmm.Down() })
	client, err := ninjaone.New(ninjaone.Config{BaseURL: h.rmm.URL(), ClientID: h.rmm.Config().ClientID, ClientSecret: h.rmm.Config().ClientSecret,
		Limits: connector.Limits{Timeout: 300 * time.Millisecond}}, connector.Deps{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	h.room = event.New(event.Config{Ring: vaulttest.Ring(t), Log: slog.New(slog.DiscardHandler),
		Devices: func(club.Slug) map[string]event.Lister { return map[string]event.Lister{"ninjaone": lister{client}} },
		Known: func(context.Context, *store.Tx, *vault.Tenant, store.Location, club.BayID, pattern.Event) (bool, error) {
			return h.known, nil
		},
		Advance: func(*store.Tx, club.ThreadID) { h.advanced++ },
		Over:    func(context.Context, *store.Tx, *vault.Tenant, store.Situation) error { h.over++; return nil }})
	h.write(func(tx *store.Tx) error {
		h.location = club.NewLocationID(tx.Now)
		if err := tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: h.location, Slug: "north", Name: "Northside", TimeZone: "America/New_York", Details: "{}", CreatedAt: tx.Now}); err != nil {
			return err
		}
		for i, ref := range []string{"", "1", "2"} {
			if ref == "" {
				continue
			}
			h.bays[i], h.devices[i] = club.NewBayID(tx.Now), club.NewDeviceID(tx.Now)
			if err := tx.CreateBay(t.Context(), store.CreateBayParams{ID: h.bays[i], LocationID: h.location, Number: int64(i), Name: "Bay " + ref, Status: "active", CreatedAt: tx.Now}); err != nil {
				return err
			}
			if err := tx.CreateDevice(t.Context(), store.CreateDeviceParams{ID: h.devices[i], LocationID: h.location, BayID: h.bays[i], Kind: club.DevicePC, Name: "Bay " + ref + " PC", Vendor: "ninjaone", VendorRef: ref, Online: true, CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		return nil
	})
	return h
}

func (h *hall) write(fn func(*store.Tx) error) {
	h.t.Helper()
	if err := h.tenant.Write(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// poll lets time pass and looks.
func (h *hall) poll(after time.Duration) {
	h.t.Helper()
	h.clock.Advance(after)
	if err := h.room.Poll(h.t.Context(), h.tenant); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) offline(id int64, is bool) {
	h.rmm.SetDevice(vendor.Device{ID: id, Name: "x", Offline: is})
}

func (h *hall) events() int {
	h.t.Helper()
	return storetest.Count(h.t, h.tenant, "SELECT COUNT(*) FROM events")
}

func TestADeviceThatGoesOfflineIsReportedOnceAndItsReturnEndsIt(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.poll(0)
	h.offline(1, true)
	h.poll(10 * time.Second) // nobody's turn
	if n := h.events(); n != 0 {
		t.Fatalf("looked at before its turn: %d events", n)
	}
	for range 3 {
		h.poll(61 * time.Second)
	}
	if n := h.events(); n != 1 {
		t.Fatalf("%d events of one fault", n)
	}
	if n := jobstest.Work(t, h.cluster, h.tenant, h.room.Gather); n != 1 || h.advanced != 1 {
		t.Errorf("%d jobs, %d looks", n, h.advanced)
	}
	h.offline(1, false)
	h.poll(61 * time.Second)
	if h.over != 1 || storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM events WHERE open_key IS NOT NULL") != 0 {
		t.Errorf("over %d times", h.over)
	}
	h.offline(1, true) // again: in the same thread
	h.poll(61 * time.Second)
	jobstest.Work(t, h.cluster, h.tenant, h.room.Gather)
	if s, th := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM situations"), storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM threads"); s != 2 || th != 1 {
		t.Errorf("%d situations in %d threads", s, th)
	}
}

func TestAVendorThatDoesNotAnswerIsNoFaultOfItsDevices(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.poll(0)
	h.rmm.Break("devices", vendor.Fail(500))
	h.poll(61 * time.Second)
	if n := h.events(); n != 0 {
		t.Errorf("%d events", n)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM devices WHERE NOT online"); n != 0 {
		t.Errorf("%d devices are taken to be offline", n)
	}
}

func TestWhatIsOutOfUseOrWorkedOnIsNotReported(t *testing.T) {
	t.Parallel()
	for name, rest := range map[string]func(*hall){
		"the device is out of use": func(h *hall) { h.outage(h.devices[1].String()) },
		"the bay is out of use":    func(h *hall) { h.outage(h.bays[1].String()) },
		"the vendor says so": func(h *hall) {
			h.rmm.SetDevice(vendor.Device{ID: 1, Name: "x", Offline: true, Maintenance: true})
		},
		"we are restarting it": func(h *hall) {
			h.write(func(tx *store.Tx) error {
				_, err := tx.CreateExecution(h.t.Context(), store.CreateExecutionParams{ID: club.NewExecutionID(tx.Now), Action: "reboot_pc", Params: "{}", LocationID: h.location, BayID: h.bays[1],
					DeviceID: h.devices[1], IdempotencyKey: "k", Outcome: club.OutcomeRunning, Proofs: "[]", RequestedBy: "system:test", CorrelationID: tx.Correlation, CreatedAt: tx.Now})
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			h.poll(0)
			h.offline(1, true)
			rest(h)
			h.poll(61 * time.Second)
			if n := h.events(); n != 0 {
				t.Errorf("%d events", n)
			}
		})
	}
}

func (h *hall) outage(object string) {
	h.write(func(tx *store.Tx) error {
		return tx.PutOutage(h.t.Context(), store.PutOutageParams{Object: object, Reason: "new lamp", StartsAt: tx.Now, CreatedAt: tx.Now, CreatedBy: "system:test"})
	})
}

func TestADeviceMayHaveAnIntervalOfItsOwn(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.write(func(tx *store.Tx) error {
		return tx.PutDeviceWatch(t.Context(), store.PutDeviceWatchParams{DeviceID: h.devices[2], Seconds: 600, DueAt: tx.Now, UpdatedAt: tx.Now})
	})
	h.poll(0)
	h.offline(1, true)
	h.offline(2, true)
	h.poll(61 * time.Second)
	if n := h.events(); n != 1 {
		t.Errorf("%d events after a minute", n)
	}
	h.poll(10 * time.Minute)
	if n := h.events(); n != 2 {
		t.Errorf("%d events after ten", n)
	}
}

func TestADeviceThatIsNotWatchedIsNotLookedAtAndItsOutageEnds(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.poll(0)
	h.offline(1, true)
	h.poll(61 * time.Second)
	jobstest.Work(t, h.cluster, h.tenant, h.room.Gather)
	h.write(func(tx *store.Tx) error {
		for _, id := range h.devices[1:] {
			if err := tx.SetDeviceWatch(t.Context(), store.SetDeviceWatchParams{DeviceID: id, Off: true, Now: tx.Now}); err != nil {
				return err
			}
		}
		return nil
	})
	h.offline(2, true)
	h.poll(61 * time.Second)
	if n := h.events(); n != 1 || h.over != 1 {
		t.Errorf("%d events, over %d times", n, h.over)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM devices WHERE online"); n != 1 {
		t.Errorf("%d devices are taken to be online", n)
	}
	if unused, err := h.room.Reported(t.Context(), h.tenant, "ninjaone", club.DeviceReport{ID: "1", Ref: "2", Code: club.EventDeviceOffline}); unused == "" || err != nil {
		t.Errorf("what its vendor reports is taken in: %q, %v", unused, err)
	}
}
