package simulate_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
	"clubos/internal/people"
	"clubos/internal/phone"
	"clubos/internal/setting"
	"clubos/internal/simulate"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

var discard = slog.New(slog.DiscardHandler)

const password = "birdie-on-18-holes"

func hasher(t *testing.T) *identity.Hasher {
	t.Helper()
	h, err := identity.NewHasher(2)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func populate(t *testing.T, c *store.Cluster, ring *vault.Ring, o simulate.Options) *simulate.Club {
	t.Helper()
	if o.Hasher == nil {
		o.NoStaff = true
	}
	got, err := simulate.Populate(t.Context(), c, ring, o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestDemoClubStandsInTheStoreAsItWasInvented(t *testing.T) {
	t.Parallel()
	c, clock := storetest.Cluster(t)
	ring := vaulttest.Ring(t)
	got := populate(t, c, ring, simulate.Options{Seed: 7})
	want, err := simulate.Invent(simulate.Options{Seed: 7, Now: clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	want.Staff = nil
	ignore := cmp.Options{
		cmpopts.IgnoreUnexported(simulate.Booking{}),
		cmpopts.IgnoreFields(simulate.Location{}, "ID"), cmpopts.IgnoreFields(simulate.Bay{}, "ID"), cmpopts.IgnoreFields(simulate.Device{}, "ID"),
		cmpopts.IgnoreFields(simulate.Member{}, "ID", "Subject"), cmpopts.SortSlices(func(a, b simulate.Booking) bool { return a.ExternalID < b.ExternalID }),
		cmpopts.SortSlices(func(a, b simulate.Location) bool { return a.Name < b.Name }),
	}
	if d := cmp.Diff(want, got, ignore); d != "" {
		t.Error(d)
	}
	var names []string
	for _, l := range got.Locations {
		names = append(names, l.Name)
		if l.ID.IsZero() || l.Line == "" || l.Door.Ref == "" || l.Hub.Ref == "" {
			t.Errorf("%s lacks something: %+v", l.Name, l)
		}
	}
	if d := cmp.Diff([]string{"Harbour", "Northside", "Old Mill"}, names, cmpopts.SortSlices(strings.Compare)); d != "" {
		t.Error(d)
	}
}

func TestPopulatingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	ring := vaulttest.Ring(t)
	o := simulate.Options{Seed: 3, Members: 30, Hasher: hasher(t), Password: password}
	first := populate(t, c, ring, o)
	imported := 0
	o.ImportSOPs = func(_ context.Context, _ *store.Tenant) error { imported++; return nil }
	second := populate(t, c, ring, o)
	if d := cmp.Diff(first, second, cmpopts.IgnoreUnexported(simulate.Booking{})); d != "" {
		t.Error(d)
	}
	if imported != 1 {
		t.Errorf("procedures imported %d times", imported)
	}
	if len(first.Staff) != 6 {
		t.Errorf("%d users", len(first.Staff))
	}
}

func TestStaffSignInWithTheGivenPasswordAndTechIsLimitedToOneLocation(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	ring, h := vaulttest.Ring(t), hasher(t)
	got := populate(t, c, ring, simulate.Options{Members: 5, Hasher: h, Password: password})
	tenant := storetest.OpenTenant(t, c, got.Slug)
	keys, err := ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		t.Fatal(err)
	}
	dir := identity.NewDirectory(identity.Config{DB: tenant, Vault: keys, Hasher: h, Log: discard})
	tech, ok := got.FindStaff(club.RoleTech)
	if !ok || cmp.Diff([]string{"Northside"}, tech.Locations) != "" {
		t.Errorf("tech %+v", tech)
	}
	s, err := dir.SignIn(t.Context(), identity.SignIn{Email: tech.Email, Password: password})
	if err != nil || s.Principal.Role != club.RoleTech || len(s.Principal.Locations) != 1 {
		t.Errorf("signing in: %+v, %v", s.Principal, err)
	}
	p, err := dir.FindPrincipalBySlackID(t.Context(), tech.SlackUserID)
	if err != nil || p.UserID != tech.ID {
		t.Errorf("by Slack: %v, %v", p.UserID, err)
	}
}

func TestEveryVariableAndScriptOfALocationIsSet(t *testing.T) {
	t.Parallel()
	got, err := simulate.Invent(simulate.Options{Now: storetest.Start, Locations: 5})
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range got.Locations {
		for _, v := range knowledge.Variables() {
			if v.OfPlace && l.Details[v.Name] == "" {
				t.Errorf("%s has no %s", l.Name, v.Name)
			}
		}
		for _, a := range cat.All() {
			if key := a.Call.Setting; key != "" && l.Details[key] == "" {
				t.Errorf("%s has no %s", l.Name, key)
			}
		}
	}
}

func TestSettingsOfTheDemoAreSetAndCanBeOverruled(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	got := populate(t, c, vaulttest.Ring(t), simulate.Options{Members: 1, Settings: map[string]any{"wait.burst": "100ms"}})
	err := storetest.OpenTenant(t, c, got.Slug).Read(t.Context(), func(tx *store.Tx) error {
		s, err := setting.Load(t.Context(), tx)
		if s.ClubName != "Fairway 24" || !s.AutoSafeReplies || s.BurstWait != 100*time.Millisecond || s.SlackChannel != simulate.SlackChannel {
			t.Errorf("settings %+v", s)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMembersHaveDistinctPossibleNumbersOfTheFictionalRange(t *testing.T) {
	t.Parallel()
	got, err := simulate.Invent(simulate.Options{Now: storetest.Start, Members: 20_000, Locations: 60})
	if err != nil {
		t.Fatal(err)
	}
	seen, without := map[string]bool{}, 0
	check := func(number string) {
		t.Helper()
		if e164, ok := phone.Normalise(number, ""); !ok || e164 != number || seen[number] || number[5:10] != "55501" {
			t.Fatalf("number %q: possible %v, seen %v", number, ok, seen[number])
		}
		seen[number] = true
	}
	for _, m := range got.Members {
		check(m.Phone)
		if m.Email == "" {
			without++
		}
	}
	for _, l := range got.Locations {
		check(l.Line)
	}
	if without < 2000 || without > 5000 {
		t.Errorf("%d of 20000 without e-mail", without)
	}
}

func TestUnusualNamesAreFoundAgain(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	ring := vaulttest.Ring(t)
	got := populate(t, c, ring, simulate.Options{})
	tenant := storetest.OpenTenant(t, c, got.Slug)
	keys, err := ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		t.Fatal(err)
	}
	err = tenant.Read(t.Context(), func(tx *store.Tx) error {
		for _, name := range []string{"Zoë Brandt", "Siobhán O'Brien", "李 伟", "محمد العربي"} {
			found, err := people.Search(t.Context(), tx, keys, name, "US")
			if err != nil || len(found) != 1 {
				t.Errorf("%s: %d members, %v", name, len(found), err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBookingsNeverOverlapAndSurroundTheInstant(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		now := storetest.Start.Add(time.Duration(seed) * 77 * time.Minute).Add(time.Duration(seed) * 13 * time.Second)
		got, err := simulate.Invent(simulate.Options{Seed: seed, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		byBay, byMember := map[string][]simulate.Booking{}, map[int][]simulate.Booking{}
		var running, soon, ended int
		for _, b := range got.Bookings {
			if b.Cancelled {
				continue
			}
			byBay[b.Location+string(rune('0'+b.Bay))] = append(byBay[b.Location+string(rune('0'+b.Bay))], b)
			if b.Member >= 0 {
				byMember[b.Member] = append(byMember[b.Member], b)
			}
			switch wait := b.Start.Sub(now); {
			case b.Active(now):
				running++
			case wait > 0 && wait <= 8*time.Minute:
				soon++
			case wait < 0:
				ended++
			}
		}
		if running < 6 || soon < 3 || ended < 20 {
			t.Errorf("seed %d: %d running, %d soon, %d ended", seed, running, soon, ended)
		}
		for _, list := range byBay {
			noOverlap(t, list)
		}
		for _, list := range byMember {
			noOverlap(t, list)
		}
	}
}

func noOverlap(t *testing.T, list []simulate.Booking) {
	t.Helper()
	for i := 1; i < len(list); i++ {
		if list[i].Start.Before(list[i-1].End) || !list[i].Start.Before(list[i].End) {
			t.Errorf("%+v overlaps %+v", list[i], list[i-1])
		}
	}
}

func TestClubIsBookedAfreshTheNextDay(t *testing.T) {
	t.Parallel()
	c, clock := storetest.Cluster(t)
	ring := vaulttest.Ring(t)
	populate(t, c, ring, simulate.Options{})
	now := clock.Advance(27 * time.Hour)
	got := populate(t, c, ring, simulate.Options{})
	running, soon := 0, 0
	byBay := map[string][]simulate.Booking{}
	for _, b := range got.Bookings {
		if b.Cancelled {
			continue
		}
		byBay[b.Location+string(rune('0'+b.Bay))] = append(byBay[b.Location+string(rune('0'+b.Bay))], b)
		if b.Active(now) {
			running++
		}
		if wait := b.Start.Sub(now); wait > 0 && wait <= 8*time.Minute {
			soon++
		}
	}
	if running < 6 || soon < 3 {
		t.Errorf("%d running, %d soon", running, soon)
	}
	for _, list := range byBay {
		noOverlap(t, list)
	}
}

func TestOptionsThatMakeNoClubAreRefused(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	for name, o := range map[string]simulate.Options{
		"a bad slug":           {Slug: "Fairway 24", NoStaff: true},
		"too many members":     {Members: 1_000_000, NoStaff: true},
		"too many locations":   {Locations: 5000, NoStaff: true},
		"staff, but no hasher": {Password: password},
	} {
		if _, err := simulate.Populate(t.Context(), c, vaulttest.Ring(t), o); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
