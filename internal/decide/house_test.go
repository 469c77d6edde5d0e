package decide_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/embedding"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/notify"
	"clubos/internal/outbox"
	"clubos/internal/people"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

const (
	line = "+14155550100"
	ada  = "+14155550111" // a member with a booking
	bob  = "+14155550122" // nobody knows
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
  - slug: parking
    title: Parking
    category: information
    scope: global
    status: live
    priority: low
    triggers: ["where can i park", "is there parking"]
    steps:
      - {reply: "Park at {{address}}.", safe: true}
  - slug: frozen
    title: The simulator is frozen
    category: equipment
    scope: global
    status: live
    priority: high
    triggers: ["the screen is frozen", "bay 3 froze", "trackman froze", "my simulator is stuck", {mode: event, text: device.fault}]
    steps:
      - {ask: "Which bay are you in?", expect: bay}
      - {reply: "Restarting {{bay}}."}
      - {action: restart_trackman}
      - {reply: "{{bay}} is back."}
    fallback:
      - {escalate: "the bay is down"}
  - slug: door
    title: The door does not open
    category: access
    scope: global
    status: live
    priority: high
    triggers: ["the door won't open", "please unlock the door", "let me in"]
    prerequisites: [member_known, booking_active, within_time_window, member_is_booker]
    steps:
      - {action: unlock_door}
      - {reply: "It is open."}
      - {escalate: "not opened", when: failed}
      - {escalate: "not confirmed", when: unconfirmed}
    fallback:
      - {reply: "I can open only for who booked."}
      - {escalate: "somebody without a current booking wants in"}
  - slug: leak
    title: Water leak
    category: emergency
    scope: global
    status: live
    priority: emergency
    triggers: ["the ceiling drips on the bay", "puddle under the projector"]
    steps:
      - {reply: "Please step away from it; we are on it."}
      - {escalate: "water", priority: emergency}
  - slug: noise
    title: Noise
    category: facility
    scope: global
    status: live
    priority: normal
    triggers: ["the neighbours are so loud", "too much noise next door"]
    steps:
      - {ask: "Is it from inside the club?", expect: yes_no}
`

// house is a club with everything that deciding needs. Jobs run when the test says so.
type house struct {
	t          *testing.T
	cluster    *store.Cluster
	tenant     *store.Tenant
	keys       *vault.Tenant
	clock      *club.ManualClock
	inbox      *inbox.Inbox
	desk       *desk.Desk
	memory     *learn.Memory
	library    *knowledge.Library
	decider    *decide.Decider
	newDecider func(*decide.Matchers) *decide.Decider
	vectors    *embedding.Vectors // nil: none
	location   club.LocationID
	bays       map[int]club.BayID
	texts      atomic.Int64
	behind     atomic.Bool // what the decider is told of the server
}

func newHouse(t *testing.T) *house {
	t.Helper()
	c, clock := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "test")
	ring, log := vaulttest.Ring(t), slog.New(slog.DiscardHandler)
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, cluster: c, tenant: tenant, keys: keys, clock: clock, bays: map[int]club.BayID{}, library: knowledge.New(cat)}
	notifier := notify.New(notify.Config{Posters: func(club.Slug) (notify.Poster, bool) { return nil, false }, Log: log})
	h.memory = learn.New(learn.Config{Ring: ring, Notifier: notifier, Values: act.Values, Log: log})
	h.desk = desk.New(desk.Config{Cluster: c, Ring: ring, Notifier: notifier, Memory: h.memory, Log: log, Advance: func(tx *store.Tx, th club.ThreadID, m club.MessageID) {
		tx.Enqueue(inbox.AdvanceJob{Meta: jobs.For(tx), Thread: th, Message: m}, nil)
	}})
	engine := act.New(act.Config{Cluster: c, Ring: ring, Catalogue: cat, Log: log,
		RMM: func(club.Slug) (act.RMM, bool) { return nil, false }, Doors: func(club.Slug) (act.Doors, bool) { return nil, false }})
	h.newDecider = func(m *decide.Matchers) *decide.Decider {
		return decide.New(decide.Config{Matchers: m, Vectors: h.vectors, Ring: ring, Catalogue: cat, Library: h.library, Engine: engine, Desk: h.desk, Notifier: notifier, Memory: h.memory, Behind: func(club.Slug) bool { return h.behind.Load() }, Log: log})
	}
	h.decider = h.newDecider(matchers())
	h.inbox = inbox.New(inbox.Config{Cluster: c, Ring: ring, Log: log, HandReplied: h.desk.HandReplied, DoorAlarm: h.desk.DoorAlarm})
	t.Cleanup(h.inbox.Close)
	h.furnish(cat)
	return h
}

func (h *house) furnish(cat *catalogue.Catalogue) {
	h.t.Helper()
	docs, problems := knowledge.Import(strings.NewReader(procedures), knowledge.FormatYAML, cat)
	for _, p := range problems {
		h.t.Error(p)
	}
	h.write(func(tx *store.Tx) error {
		ctx := h.t.Context()
		h.location = club.NewLocationID(tx.Now)
		if err := tx.CreateLocation(ctx, store.CreateLocationParams{ID: h.location, Slug: "north", Name: "Northside", TimeZone: "America/New_York", Details: `{"wifi_name":"Guests"}`, CreatedAt: tx.Now}); err != nil {
			return err
		}
		for n := 1; n <= 4; n++ {
			h.bays[n] = club.NewBayID(tx.Now)
			if err := tx.CreateBay(ctx, store.CreateBayParams{ID: h.bays[n], LocationID: h.location, Number: int64(n), Name: fmt.Sprintf("Bay %d", n), Status: "active", CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		seen := tx.Now
		if err := tx.CreateDevice(ctx, store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: h.location, BayID: h.bays[3], Kind: club.DevicePC, Name: "Bay 3 PC", Vendor: "ninjaone", VendorRef: "3", Online: true, SeenAt: &seen, CreatedAt: tx.Now}); err != nil {
			return err
		}
		if err := tx.PutLine(ctx, store.PutLineParams{Number: line, Provider: "twilio", LocationID: h.location, CreatedAt: tx.Now}); err != nil {
			return err
		}
		if _, err := people.Create(ctx, tx, h.keys, club.System("test"), people.NewMember{Name: "Ada Byron", Phone: ada, Home: h.location}); err != nil {
			return err
		}
		_, err := h.library.Import(ctx, tx, club.System("test"), docs, "test")
		return err
	})
}

func (h *house) write(fn func(*store.Tx) error) {
	h.t.Helper()
	if err := h.tenant.Write(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) read(fn func(*store.Tx) error) {
	h.t.Helper()
	if err := h.tenant.Read(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) set(key string, value any) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error { return setting.PutValue(h.t.Context(), tx, club.System("test"), key, value) })
}

// permit lets the machine do unasked whatever can be undone, everywhere.
func (h *house) permit() {
	h.t.Helper()
	h.set("actions.auto_execution", true)
	h.set("autonomy.actions", []string{"device", "access", "words"})
	h.set("autonomy.places", []string{"all"})
}

// book gives ada a booking of a bay that began 20 minutes ago.
func (h *house) book(bay string) {
	h.t.Helper()
	now := h.clock.Now()
	_, err := h.inbox.Booking(h.t.Context(), h.tenant, "", club.BookingChange{Source: "test", ExternalID: bay, Location: "Northside", Bay: bay, Start: now.Add(-20 * time.Minute), End: now.Add(40 * time.Minute), Phone: ada, Sequence: 1})
	if err != nil {
		h.t.Fatal(err)
	}
}

// say stores a text without deciding on it.
func (h *house) say(from, words string) inbox.Result {
	h.t.Helper()
	return h.sentBefore(from, words, 0)
}

// sentBefore stores a text that was sent some time ago.
func (h *house) sentBefore(from, words string, ago time.Duration) inbox.Result {
	h.t.Helper()
	n := h.texts.Add(1)
	r, err := h.inbox.Deliver(h.t.Context(), h.tenant, club.Delivery{ID: fmt.Sprint("EV", n), Inbound: &club.Inbound{Provider: "twilio", ProviderMessageID: fmt.Sprint("SM", n), From: from, To: line, Text: words, SentAt: h.clock.Now().Add(-ago)}}, "twilio")
	if err != nil {
		h.t.Fatal(err)
	}
	return r
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

// hear is say and settle; it returns the thread as it is then.
func (h *house) hear(from, words string) store.Thread {
	h.t.Helper()
	r := h.say(from, words)
	h.settle()
	return h.thread(r.Thread)
}

func (h *house) thread(id club.ThreadID) (th store.Thread) {
	h.t.Helper()
	h.read(func(tx *store.Tx) (err error) { th, err = tx.FindThread(h.t.Context(), id); return err })
	return th
}

// decision returns the newest decision of a thread with its evidence.
func (h *house) decision(id club.ThreadID) (d store.Decision, e club.Evidence) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		list, err := tx.FindDecisionsOfThread(h.t.Context(), store.FindDecisionsOfThreadParams{ThreadID: id, Limit: 1})
		if err != nil || len(list) == 0 {
			return fmt.Errorf("no decision: %w", err)
		}
		d = list[0]
		return json.Unmarshal([]byte(d.Evidence), &e)
	})
	return d, e
}

// proposal returns the newest proposal of a thread; a zero id when there is none.
func (h *house) proposal(id club.ThreadID) (p store.Proposal) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		list, err := tx.FindProposalsOfThread(h.t.Context(), store.FindProposalsOfThreadParams{ThreadID: id, Limit: 1})
		if len(list) > 0 {
			p = list[0]
		}
		return err
	})
	return p
}

// queued returns the texts that wait to be sent in a thread, oldest first.
func (h *house) queued(id club.ThreadID) (out []string) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		th, err := tx.FindThread(h.t.Context(), id)
		if err != nil {
			return err
		}
		s, err := tx.FindSubject(h.t.Context(), th.SubjectID)
		if err != nil {
			return err
		}
		rows, err := tx.FindMessagesPage(h.t.Context(), store.FindMessagesPageParams{ThreadID: id, Size: 50})
		for _, r := range rows {
			if r.Direction == club.DirectionOut && r.Status == club.MessageQueued {
				body, err := people.Open(h.keys, s, people.ColumnMessage, r.ID.String(), r.Body)
				if err != nil {
					return err
				}
				out = append([]string{body}, out...)
			}
		}
		return err
	})
	return out
}

func (h *house) runs() int {
	return storetest.Count(h.t, h.tenant, "SELECT COUNT(*) FROM runs")
}

func (h *house) reasons() string {
	h.t.Helper()
	var out []string
	h.read(func(tx *store.Tx) error {
		rows, err := tx.FindAuditEntries(h.t.Context(), store.FindAuditEntriesParams{Size: 200})
		for _, r := range rows {
			if r.Action == "thread.escalate" {
				out = append(out, r.Detail)
			}
		}
		return err
	})
	return strings.Join(out, "\n")
}

func operator(id string) identity.Principal {
	return identity.Principal{Tenant: "test", Actor: club.Actor{Kind: club.ActorUser, ID: id, Name: id}, Role: club.RoleOperator, UserID: club.UserID(id)}
}

var _ = outbox.ErrOptedOut

// matchers are shared by all houses of the tests: training takes a while, and most know the same.
var matchers = sync.OnceValue(func() *decide.Matchers { return decide.NewMatchers(false, 0) })
