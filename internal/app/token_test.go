package app

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/ninjaone"
	"clubos/internal/integration"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// rotating is a club whose RMM gives out another refresh token each time, and takes none twice.
type rotating struct {
	t      *testing.T
	tenant *store.Tenant
	keys   *vault.Tenant
	clock  *club.ManualClock
	rmm    *vendor.RMM

	mu     sync.Mutex // guards alarms
	alarms []string
}

func newRotating(t *testing.T) *rotating {
	t.Helper()
	cluster, clock := storetest.Cluster(t)
	r := &rotating{t: t, clock: clock}
	r.tenant, r.keys = vaulttest.AddTenant(t, cluster, "aa")
	r.rmm = vendor.NewRMM(vendor.RMMConfig{RefreshToken: "rt-first", Devices: []vendor.Device{{ID: 3, Name: "Bay 3"}}}, clock)
	if err := r.rmm.Up(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.rmm.Heal(); r.rmm.Down() })
	err := r.tenant.Write(t.Context(), func(tx *store.Tx) error {
		return integration.Put(t.Context(), tx, r.keys, club.System("test"), "ninjaone", integration.Fields{"base_url": r.rmm.URL(), "client_id": "a", "client_secret": "b", "refresh_token": "rt-first"})
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rotating) keeper(entered string) *integration.Tokens {
	return integration.NewTokens(r.tenant, r.keys, "ninjaone", entered, func(_ context.Context, _ *store.Tx, vendor, trouble, cause string) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.alarms = append(r.alarms, vendor+" "+cause+": "+trouble)
		return nil
	})
}

// replica is a client of its own, as another process has.
func (r *rotating) replica(k ninjaone.Keeper, entered string) *ninjaone.Client {
	r.t.Helper()
	c, err := ninjaone.New(ninjaone.Config{BaseURL: r.rmm.URL(), ClientID: r.rmm.Config().ClientID, ClientSecret: r.rmm.Config().ClientSecret, RefreshToken: entered, Keeper: k}, connector.Deps{Clock: r.clock})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(c.Close)
	return c
}

func (r *rotating) trouble() string {
	r.t.Helper()
	var found string
	err := r.tenant.Read(r.t.Context(), func(tx *store.Tx) error {
		list, err := integration.Describe(r.t.Context(), tx, r.keys)
		for _, s := range list {
			found += s.Trouble
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}

func look(ctx context.Context, c *ninjaone.Client) error {
	_, err := c.Device(ctx, "3")
	return err
}

func TestReplicasRenewARotatingTokenOneAfterTheOther(t *testing.T) {
	t.Parallel()
	r := newRotating(t)
	replicas := []*ninjaone.Client{r.replica(r.keeper("rt-first"), "rt-first"), r.replica(r.keeper("rt-first"), "rt-first")}
	for range 4 {
		var wg sync.WaitGroup
		for _, c := range append(replicas, replicas...) {
			wg.Go(func() {
				if err := look(t.Context(), c); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		r.clock.Advance(time.Hour)
	}
	if n := storetest.Count(t, r.tenant, "SELECT version FROM vendor_tokens"); n != 4 {
		t.Errorf("%d renewals in 4 hours of 2 replicas", n)
	}
	if n := storetest.Count(t, r.tenant, "SELECT COUNT(*) FROM vendor_tokens WHERE CAST(sealed AS TEXT) LIKE '%rt-%' OR origin LIKE '%rt-%'"); n != 0 {
		t.Error("a token is stored in the open")
	}
	r.rmm.Revoke()
	for _, c := range append(replicas, r.replica(r.keeper("rt-first"), "rt-first")) { // the last one after a restart
		if err := look(t.Context(), c); err != nil {
			t.Error(err)
		}
	}
	if len(r.alarms) != 0 || r.trouble() != "" {
		t.Errorf("alarms %q, trouble %q", r.alarms, r.trouble())
	}
}

// dying is a keeper whose process ends, or whose database does not answer, between the vendor's answer
// and its storing.
type dying struct {
	*integration.Tokens
	mu   sync.Mutex // guards the fields below
	well bool
	lost club.VendorToken
}

func (d *dying) Keep(ctx context.Context, claimed, next club.VendorToken) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.well {
		return d.Tokens.Keep(ctx, claimed, next)
	}
	d.lost = next
	return errors.New("no database")
}

func TestATokenLostBetweenAnswerAndStoreReachesAPersonOnce(t *testing.T) {
	t.Parallel()
	r := newRotating(t)
	d := &dying{Tokens: r.keeper("rt-first")}
	if err := look(t.Context(), r.replica(d, "rt-first")); err != nil {
		t.Fatalf("the process that has the token works on: %v", err)
	}
	other := r.replica(r.keeper("rt-first"), "rt-first")
	r.clock.Advance(time.Hour)
	for range 2 {
		err := look(t.Context(), other)
		if err == nil || club.EffectUnknown(err) || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("another process: %v", err)
		}
	}
	if len(r.alarms) != 1 || !strings.Contains(r.alarms[0], "A process ended while it was renewing") || !strings.Contains(r.alarms[0], "clubos vendor set ninjaone refresh_token") {
		t.Errorf("alarms %q", r.alarms)
	}
	if tr := r.trouble(); !strings.Contains(tr, "signs in to NinjaOne again") {
		t.Errorf("health says %q", tr)
	}
	if n := storetest.Count(t, r.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'integration.locked_out'"); n != 1 {
		t.Errorf("%d audit entries", n)
	}
	entered := d.lost.Refresh // as a person who signed in again would
	for range 2 {
		if err := look(t.Context(), r.replica(r.keeper(entered), entered)); err != nil {
			t.Errorf("after somebody entered another token: %v", err)
		}
		r.clock.Advance(time.Hour)
	}
	if tr := r.trouble(); tr != "" {
		t.Errorf("mended, and health says %q", tr)
	}
}

func TestATokenThatCouldNotBeStoredIsStoredLater(t *testing.T) {
	t.Parallel()
	r := newRotating(t)
	d := &dying{Tokens: r.keeper("rt-first")}
	c := r.replica(d, "rt-first")
	if err := look(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	d.well = true
	d.mu.Unlock()
	for range 2 {
		r.clock.Advance(time.Hour)
		if err := look(t.Context(), c); err != nil {
			t.Error(err)
		}
	}
	if err := look(t.Context(), r.replica(r.keeper("rt-first"), "rt-first")); err != nil {
		t.Errorf("another replica: %v", err)
	}
	if len(r.alarms) != 0 {
		t.Errorf("alarms %q", r.alarms)
	}
}

func TestACallerWhoGivesUpDoesNotLoseTheToken(t *testing.T) {
	t.Parallel()
	r := newRotating(t)
	r.rmm.Break("token", vendor.Slow(50*time.Millisecond).Times(1))
	c := r.replica(r.keeper("rt-first"), "rt-first")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := look(ctx, c); err == nil {
		t.Error("nobody gave up")
	}
	r.clock.Advance(time.Hour)
	if err := look(t.Context(), r.replica(r.keeper("rt-first"), "rt-first")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
