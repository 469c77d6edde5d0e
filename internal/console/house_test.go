package console_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/console"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/notify"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

const (
	line     = "+14155550100"
	ada      = "+14155550111" // a member with a booking
	bob      = "+14155550122" // nobody knows
	password = "correct-horse-7"
)

const procedures = `
sops:
  - slug: wifi
    title: Wifi
    category: information
    scope: global
    status: live
    priority: low
    triggers: ["wifi?", "what's the wifi password", "how do i get on the internet"]
    steps:
      - {reply: "The network is {{wifi_name}}.", safe: true}
  - slug: frozen
    title: The simulator is frozen
    category: equipment
    scope: global
    status: live
    priority: high
    triggers: ["the screen is frozen", "bay 3 froze", "trackman froze", "my simulator is stuck"]
    steps:
      - {ask: "Which bay are you in?", expect: bay}
      - {reply: "Restarting {{bay}}."}
      - {action: restart_trackman}
      - {reply: "{{bay}} is back."}
    fallback:
      - {escalate: "the bay is down"}
  - slug: frozen
    title: The simulator at the harbour is frozen
    category: equipment
    scope: {location: Harbour}
    status: live
    priority: high
    steps:
      - {escalate: "the harbour's bays are restarted by hand"}
`

// computers stands for the RMM: every device is there and takes every command.
type computers struct{}

func (computers) Device(_ context.Context, ref string) (club.DeviceState, error) {
	return club.DeviceState{Ref: ref, Online: true}, nil
}
func (computers) Reboot(context.Context, string, string, bool) error      { return nil }
func (computers) RunScript(context.Context, string, string, string) error { return nil }
func (computers) Activities(context.Context, string, time.Time) ([]club.DeviceActivity, error) {
	return nil, nil
}

// locks stands for the door controller: every door is there and takes every command.
type locks struct{}

func (locks) Door(_ context.Context, ref string) (club.DoorState, error) {
	return club.DoorState{Ref: ref, Online: true, Locked: true}, nil
}
func (locks) Unlock(context.Context, string, string, string) error { return nil }
func (locks) Lock(context.Context, string) error                   { return nil }
func (locks) Unlocked(context.Context, string, string, time.Time) (bool, error) {
	return true, nil
}

// hasher is one for all tests: making one costs a hash.
var hasher = sync.OnceValue(func() *identity.Hasher {
	h, err := identity.NewHasher(2)
	if err != nil {
		panic(err)
	}
	return h
})

// passwordHash is what is kept of password.
var passwordHash = sync.OnceValue(func() string {
	hash, err := hasher().Hash(context.Background(), password)
	if err != nil {
		panic(err)
	}
	return hash
})

// house is an installation with a club of two places and everything that the console works with. Jobs
// run when the test says so.
type house struct {
	t          testing.TB
	slug       club.Slug
	mark       string // stands in the names of places and things; none in the first club
	cluster    *store.Cluster
	tenant     *store.Tenant
	keys       *vault.Tenant
	clock      *club.ManualClock
	inbox      *inbox.Inbox
	desk       *desk.Desk
	memory     *learn.Memory
	library    *knowledge.Library
	decider    *decide.Decider
	dir        *identity.Directory
	draining   chan struct{}
	cfg        console.Config
	handler    http.Handler
	north, sea club.LocationID
	bay        club.BayID // Bay 3 of Northside
	member     store.Member
	texts      atomic.Int64
	users      map[string]identity.User
}

func newHouse(t testing.TB) *house {
	t.Helper()
	c, clock := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "fairway")
	ring, log := vaulttest.Ring(t), slog.New(slog.DiscardHandler)
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, slug: "fairway", cluster: c, tenant: tenant, keys: keys, clock: clock, library: knowledge.New(cat), draining: make(chan struct{}), users: map[string]identity.User{}}
	notifier := notify.New(notify.Config{Posters: func(club.Slug) (notify.Poster, bool) { return nil, false }, Log: log})
	h.memory = learn.New(learn.Config{Ring: ring, Notifier: notifier, Values: act.Values, Log: log})
	h.desk = desk.New(desk.Config{Cluster: c, Ring: ring, Notifier: notifier, Memory: h.memory, Log: log, Advance: func(tx *store.Tx, th club.ThreadID, m club.MessageID) {
		tx.Enqueue(inbox.AdvanceJob{Meta: jobs.For(tx), Thread: th, Message: m}, nil)
	}})
	engine := act.New(act.Config{Cluster: c, Ring: ring, Catalogue: cat, Log: log,
		RMM: func(club.Slug) (act.RMM, bool) { return computers{}, true }, Doors: func(club.Slug) (act.Doors, bool) { return locks{}, true }})
	h.decider = decide.New(decide.Config{Matchers: matchers(), Ring: ring, Catalogue: cat, Library: h.library, Engine: engine, Desk: h.desk, Notifier: notifier, Memory: h.memory, Log: log})
	h.inbox = inbox.New(inbox.Config{Cluster: c, Ring: ring, Log: log})
	t.Cleanup(h.inbox.Close)
	h.dir = identity.NewDirectory(identity.Config{DB: tenant, Vault: keys, Hasher: hasher(), Log: log})
	h.cfg = console.Config{Cluster: c, Ring: ring, Library: h.library, Desk: h.desk, Memory: h.memory, Decider: h.decider, Engine: engine, Bookings: h.inbox, Catalogue: cat, Cookies: identity.Cookies{PlainHTTP: true},
		Directories: func(ctx context.Context, slug club.Slug) (*identity.Directory, error) {
			if slug == "fairway" {
				return h.dir, nil
			}
			other, err := c.Tenant(ctx, slug)
			if err != nil {
				return nil, err
			}
			theirs, err := ring.For(slug, other.Keyset)
			return identity.NewDirectory(identity.Config{DB: other, Vault: theirs, Hasher: hasher(), Log: log}), err
		}, Version: "test", Draining: h.draining, Heartbeat: 20 * time.Millisecond, Log: log}
	h.open()
	h.furnish(cat)
	return h
}

// beside is another club of the installation, with the same things under names that carry a mark.
func (h *house) beside(slug club.Slug, mark string) *house {
	h.t.Helper()
	n := &house{t: h.t, slug: slug, mark: mark, cluster: h.cluster, clock: h.clock, inbox: h.inbox, desk: h.desk, memory: h.memory, library: h.library, decider: h.decider, cfg: h.cfg, handler: h.handler, users: map[string]identity.User{}}
	n.tenant, n.keys = vaulttest.AddTenant(h.t, h.cluster, slug)
	n.dir = identity.NewDirectory(identity.Config{DB: n.tenant, Vault: n.keys, Hasher: hasher(), Log: h.cfg.Log})
	n.furnish(h.cfg.Catalogue)
	return n
}

// marked gives words the club's mark, and each title and each place of a file of procedures.
func (h *house) marked(words string) string {
	switch {
	case h.mark == "":
		return words
	case strings.Contains(words, "\n"):
		return strings.NewReplacer("title: ", "title: "+h.mark+" ", "{location: Harbour}", "{location: Harbour "+h.mark+"}").Replace(words)
	}
	return words + " " + h.mark
}

// open makes the handler anew, after a change of cfg.
func (h *house) open() {
	h.t.Helper()
	var err error
	if h.handler, err = console.New(h.cfg); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) furnish(cat *catalogue.Catalogue) {
	h.t.Helper()
	docs, problems := knowledge.Import(strings.NewReader(h.marked(procedures)), knowledge.FormatYAML, cat)
	for _, p := range problems {
		h.t.Error(p)
	}
	h.write(func(tx *store.Tx) error {
		ctx := h.t.Context()
		h.north, h.sea, h.bay = club.NewLocationID(tx.Now), club.NewLocationID(tx.Now), club.NewBayID(tx.Now)
		for _, l := range []store.CreateLocationParams{{ID: h.north, Slug: "north", Name: h.marked("Northside"), TimeZone: "America/New_York", Details: `{"wifi_name":"Guests","address":"1 Fairway"}`}, {ID: h.sea, Slug: "harbour", Name: h.marked("Harbour"), TimeZone: "UTC", Details: "{}"}} {
			l.CreatedAt = tx.Now
			if err := tx.CreateLocation(ctx, l); err != nil {
				return err
			}
		}
		if err := tx.CreateBay(ctx, store.CreateBayParams{ID: h.bay, LocationID: h.north, Number: 3, Name: h.marked("Bay 3"), Status: "active", CreatedAt: tx.Now}); err != nil {
			return err
		}
		seen := tx.Now
		for i, d := range []store.CreateDeviceParams{{Kind: club.DevicePC, Name: h.marked("Bay 3 PC"), BayID: h.bay}, {Kind: club.DeviceDoor, Name: h.marked("Front door")}} {
			d.ID, d.LocationID, d.Vendor, d.VendorRef, d.Online, d.SeenAt, d.CreatedAt = club.NewDeviceID(tx.Now), h.north, "test", fmt.Sprint(i), true, &seen, tx.Now
			if err := tx.CreateDevice(ctx, d); err != nil {
				return err
			}
		}
		if err := tx.PutLine(ctx, store.PutLineParams{Number: line, Provider: "twilio", LocationID: h.north, CreatedAt: tx.Now}); err != nil {
			return err
		}
		var err error
		if h.member, err = people.Create(ctx, tx, h.keys, club.System("test"), people.NewMember{Name: h.marked("Ada Byron"), Phone: ada, Email: "ada@example.com", Home: h.north}); err != nil {
			return err
		}
		_, err = h.library.Import(ctx, tx, club.System("test"), docs, "test")
		return err
	})
}

func (h *house) write(fn func(*store.Tx) error) {
	h.t.Helper()
	if err := h.tenant.Write(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// user makes a user whose password is password; it is hashed once for all tests.
func (h *house) user(name string, role club.Role, at ...club.LocationID) identity.User {
	h.t.Helper()
	u, err := h.dir.CreateUser(h.t.Context(), identity.System(h.slug, "test"), identity.NewUser{Email: strings.ToLower(name) + "@example.com", Name: name, Role: role, Locations: at})
	if err != nil {
		h.t.Fatal(err)
	}
	storetest.Exec(h.t, h.tenant, "UPDATE users SET password_hash = $1, password_changed_at = $2, status = 'active' WHERE id = $3", passwordHash(), h.clock.Now(), u.ID.String())
	h.users[name] = u
	return u
}

// signIn is a browser in which the user has signed in.
func (h *house) signIn(u identity.User) *browser {
	h.t.Helper()
	token, err := h.dir.CreateSignInLink(h.t.Context(), identity.System(h.slug, "test"), u.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	b := h.browser()
	b.post("/c/"+h.slug.String()+"/sign-in/link", "code", token)
	if _, ok := b.cookies["clubos"]; !ok {
		h.t.Fatalf("%s could not sign in: %d", u.Name, b.status)
	}
	return b
}

// as is a browser of a fresh user with a role.
func (h *house) as(role club.Role, at ...club.LocationID) *browser {
	h.t.Helper()
	return h.signIn(h.user(fmt.Sprintf("%s%d", role, len(h.users)), role, at...))
}

// book gives ada a booking of bay 3 that began 20 minutes ago.
func (h *house) book() {
	h.t.Helper()
	now := h.clock.Now()
	_, err := h.inbox.Booking(h.t.Context(), h.tenant, "", club.BookingChange{Source: "test", ExternalID: "b1", Location: h.marked("Northside"), Bay: "3", Start: now.Add(-20 * time.Minute), End: now.Add(40 * time.Minute), Phone: ada, Sequence: 1})
	if err != nil {
		h.t.Fatal(err)
	}
}

// say stores a text without deciding on it.
func (h *house) say(from, words string, media ...club.Media) club.ThreadID {
	h.t.Helper()
	n := h.texts.Add(1)
	r, err := h.inbox.Deliver(h.t.Context(), h.tenant, club.Delivery{ID: fmt.Sprint("EV", n), Inbound: &club.Inbound{Provider: "twilio", ProviderMessageID: fmt.Sprint("SM", n), From: from, To: line, Text: words, Media: media}}, "twilio")
	if err != nil {
		h.t.Fatal(err)
	}
	return r.Thread
}

// settle lets the burst pass and runs the jobs that decide, until there are none.
func (h *house) settle() {
	h.t.Helper()
	h.clock.Advance(3 * time.Second)
	for range 10 {
		if jobstest.Work(h.t, h.cluster, h.tenant, h.decider.Advance) == 0 {
			return
		}
	}
	h.t.Fatal("deciding does not end")
}

// hear is say and settle.
func (h *house) hear(from, words string) club.ThreadID {
	h.t.Helper()
	id := h.say(from, words)
	h.settle()
	return id
}

func (h *house) thread(id club.ThreadID) (th store.Thread) {
	h.t.Helper()
	err := h.tenant.Read(h.t.Context(), func(tx *store.Tx) (err error) { th, err = tx.FindThread(h.t.Context(), id); return err })
	if err != nil {
		h.t.Fatal(err)
	}
	return th
}

func (h *house) count(query string, args ...any) int {
	h.t.Helper()
	return storetest.Count(h.t, h.tenant, query, args...)
}

// proposal is the newest proposal of a thread.
func (h *house) proposal(id club.ThreadID) (p store.Proposal) {
	h.t.Helper()
	err := h.tenant.Read(h.t.Context(), func(tx *store.Tx) error {
		list, err := tx.FindProposalsOfThread(h.t.Context(), store.FindProposalsOfThreadParams{ThreadID: id, Limit: 1})
		if len(list) > 0 {
			p = list[0]
		}
		return err
	})
	if err != nil || p.ID.IsZero() {
		h.t.Fatalf("no proposal in the thread: %v", err)
	}
	return p
}

// matchers are shared by all houses of the tests: training takes a while, and most know the same.
var matchers = sync.OnceValue(func() *decide.Matchers { return decide.NewMatchers(false, 0) })
