package health

import (
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/integration"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// house is a club with a conversation at one of two places.
type house struct {
	t      *testing.T
	tenant *store.Tenant
	keys   *vault.Tenant
	clock  *club.ManualClock
	here   club.LocationID
	away   club.LocationID
	thread club.ThreadID
	person store.Subject
}

func newHouse(t *testing.T) *house {
	t.Helper()
	cluster, clock := storetest.Cluster(t)
	h := &house{t: t, clock: clock}
	h.tenant, h.keys = vaulttest.AddTenant(t, cluster, "aa")
	h.write(func(tx *store.Tx) error {
		h.here, h.away, h.thread = club.NewLocationID(tx.Now), club.NewLocationID(tx.Now), club.NewThreadID(tx.Now)
		for name, id := range map[string]club.LocationID{"here": h.here, "away": h.away} {
			if err := tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: id, Slug: name, Name: name, TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		m, err := people.Create(t.Context(), tx, h.keys, club.System("test"), people.NewMember{Name: "Zelda", Phone: "+14155550111"})
		if err != nil {
			return err
		}
		if h.person, err = tx.FindSubject(t.Context(), m.SubjectID); err != nil {
			return err
		}
		return tx.CreateThread(t.Context(), store.CreateThreadParams{ID: h.thread, SubjectID: h.person.ID, MemberID: m.ID, LocationID: h.here, Line: "+14155550100", Provider: "twilio",
			Status: club.ThreadPending, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now})
	})
	return h
}

func (h *house) write(fn func(*store.Tx) error) {
	h.t.Helper()
	if err := h.tenant.Write(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// decide stores a decision at an instant on texts that had come that long before it.
func (h *house) decide(at time.Time, tier club.Tier, before ...time.Duration) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		id := club.NewDecisionID(at)
		err := tx.CreateDecision(h.t.Context(), store.CreateDecisionParams{ID: id, ThreadID: h.thread, SubjectID: h.person.ID, Kind: "answer", Title: "t", EarnedTier: tier, Tier: tier,
			Evidence: "{}", Steps: "{}", LocationID: h.here, CorrelationID: tx.Correlation, CreatedAt: at})
		for _, d := range before {
			if err != nil {
				return err
			}
			_, err = tx.CreateMessage(h.t.Context(), store.CreateMessageParams{ID: club.NewMessageID(at.Add(-d)), ThreadID: h.thread, Direction: club.DirectionIn, Author: club.AuthorMember, Provider: "twilio",
				Status: club.MessageReceived, Body: []byte("x"), Media: "[]", DecisionID: id, HandledAt: &at, CorrelationID: tx.Correlation, Now: at.Add(-d)})
		}
		return err
	})
}

func (h *house) look(breakers Breakers, scope string) (r Report) {
	h.t.Helper()
	err := h.tenant.Read(h.t.Context(), func(tx *store.Tx) (err error) {
		r, err = Look(h.t.Context(), tx, h.keys, breakers, scope)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func TestSpeedIsMeasuredFromTheLastTextOverTheLastHour(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if s := h.look(nil, "").Speed; s.Decisions != 0 || s.P95 != 0 {
		t.Errorf("without decisions: %+v", s)
	}
	now := h.clock.Now()
	h.decide(now.Add(-2*time.Hour), club.TierAuto, time.Minute) // too long ago
	for i := range 18 {
		h.decide(now.Add(-time.Duration(i)*time.Minute), club.TierSuggest, 2*time.Second, 9*time.Second) // a burst
	}
	h.decide(now.Add(-20*time.Minute), club.TierEscalate, 5*time.Second)
	h.decide(now.Add(-21*time.Minute), club.TierEscalate, 30*time.Second)
	h.decide(now.Add(-22*time.Minute), club.TierAuto) // on no text
	s := h.look(nil, "").Speed
	if s.Decisions != 20 || s.P50 != 2*time.Second || s.P95 != 5*time.Second || s.Slowest != 30*time.Second || s.Tiers[club.TierSuggest] != 18 || s.Tiers[club.TierEscalate] != 2 || s.Partial {
		t.Errorf("%+v", s)
	}
	if s := h.look(nil, ","+h.here.String()+",").Speed; s.Decisions != 20 {
		t.Errorf("at the place itself: %+v", s)
	}
	if s := h.look(nil, ","+h.away.String()+",").Speed; s.Decisions != 0 {
		t.Errorf("at another place: %+v", s)
	}
}

func TestVendorsTellWhetherTheyAnswerAndNeedAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(func(tx *store.Tx) error {
		for vendor, f := range map[string]integration.Fields{
			"twilio":   {"account_sid": "AC1", "auth_token": "x"},
			"ninjaone": {"base_url": "https://rmm.example.com", "client_id": "a", "client_secret": "b", "refresh_token": "c"},
		} {
			if err := integration.Put(t.Context(), tx, h.keys, club.System("test"), vendor, f); err != nil {
				return err
			}
		}
		return nil
	})
	breakers := func(slug club.Slug) map[string]Breaker {
		if slug != "aa" {
			t.Errorf("asked for %s", slug)
		}
		return map[string]Breaker{"twilio": {State: BreakerOpen, RetryIn: time.Second}, "ninjaone": {State: BreakerClosed}, "slack": {State: BreakerClosed}}
	}
	got := map[string]Vendor{}
	for _, v := range h.look(breakers, "").Vendors {
		got[v.Name] = v
	}
	if v := got["twilio"]; !v.Connected || v.Breaker.State != BreakerOpen || v.Well() {
		t.Errorf("twilio: %+v", v)
	}
	if v := got["ninjaone"]; !v.Connected || v.Breaker.State != BreakerClosed || !v.Well() {
		t.Errorf("ninjaone: %+v", v)
	}
	if v := got["slack"]; v.Connected || v.Breaker.State != "" || len(got) != len(integration.Vendors()) {
		t.Errorf("slack: %+v of %d", v, len(got))
	}
}

func TestTextsThatAreKeptAndCannotBeFiledAreCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(func(tx *store.Tx) error {
		for i, tries := range []int64{0, 0, 3} {
			if err := tx.CreateArrival(t.Context(), store.CreateArrivalParams{ID: club.NewArrivalID(tx.Now.Add(time.Duration(i) * time.Millisecond)), Sealed: []byte("x"), Tries: tries, DueAt: tx.Now, ReceivedAt: tx.Now}); err != nil {
				return err
			}
		}
		return nil
	})
	if w := h.look(nil, "").Work; w.TextsKept != 3 || w.TextsUnfiled != 1 {
		t.Errorf("kept %d, unfiled %d", w.TextsKept, w.TextsUnfiled)
	}
}
