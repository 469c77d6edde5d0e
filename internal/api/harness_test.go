package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/health"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/jobs"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/notify"
	"clubos/internal/oncall"
	"clubos/internal/people"
	"clubos/internal/rota"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

var hasher = sync.OnceValue(func() *identity.Hasher {
	h, err := identity.NewHasher(2)
	if err != nil {
		panic(err)
	}
	return h
})

// house is an installation with two clubs, the real rooms and the API before them.
type house struct {
	t       *testing.T
	cluster *store.Cluster
	clock   *club.ManualClock
	handler http.Handler
	log     *strings.Builder
	clubs   map[club.Slug]*clubIn
	north   *clubIn
	south   *clubIn
	n       int // makes names unique

	breakers map[string]health.Breaker // of the vendors
}

// clubIn is a club with two locations and a credential of each kind.
type clubIn struct {
	h                     *house
	slug                  club.Slug
	db                    *store.Tenant
	keys                  *vault.Tenant
	people                *identity.Directory
	root                  identity.Principal
	alpha, beta           club.LocationID
	full, only            string // API keys with every permission: everywhere, at alpha
	owner, viewer, atOnly string // sessions: owner, viewer, operator at alpha
}

// world is one of everything at a place of a club.
type world struct {
	club             *clubIn
	tag              string // a hyphen stands in no id
	n                int
	location         club.LocationID
	bay              club.BayID
	device           club.DeviceID
	line             string
	member           club.MemberID
	booking          club.BookingID
	external         string
	thread, other    club.ThreadID
	message          club.MessageID
	decision         club.DecisionID
	proposal         club.ProposalID
	execution        club.ExecutionID
	ticket, errand   club.TicketID
	relation         club.RelationID // of the two
	sop              club.SOPID
	pattern          club.PatternID // of the SOP
	lesson, twin     club.PatternID // that people taught
	precedents       [2]club.PrecedentID
	user             club.UserID
	key              club.APIKeyID
	shift            club.ShiftID
	cover            club.CoverID
	access           club.AccessEventID
	placeTag, person string // versions
	bayTag, devTag   string
	bookTag, userTag string
}

// secret stands in every text of a world, so that a leak shows whatever leaks.
const secret = "quagmire"

func newHouse(t *testing.T) *house {
	t.Helper()
	c, clock := storetest.Cluster(t)
	h := &house{t: t, cluster: c, clock: clock, log: &strings.Builder{}, clubs: map[club.Slug]*clubIn{}}
	ring := vaulttest.Ring(t)
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	lib := knowledge.New(cat)
	memory := learn.New(learn.Config{Ring: ring, Values: act.Values, Log: quiet})
	d := desk.New(desk.Config{Cluster: c, Ring: ring, Memory: memory, Log: quiet, Notifier: notify.New(notify.Config{Posters: func(club.Slug) (notify.Poster, bool) { return nil, false }, Log: quiet}),
		Advance: func(tx *store.Tx, id club.ThreadID, m club.MessageID) {
			tx.Enqueue(inbox.AdvanceJob{Meta: jobs.For(tx), Thread: id, Message: m}, nil)
		}})
	engine := act.New(act.Config{Cluster: c, Ring: ring, Catalogue: cat, Log: quiet,
		RMM: func(club.Slug) (act.RMM, bool) { return nil, false }, Doors: func(club.Slug) (act.Doors, bool) { return nil, false },
		Escalate:     func(context.Context, *store.Tx, store.Thread, act.Escalation) error { return nil },
		CreateTicket: func(context.Context, *store.Tx, act.Ticket) error { return nil }})
	in := inbox.New(inbox.Config{Cluster: c, Ring: ring, Log: quiet, Escalate: func(context.Context, *store.Tx, store.Thread, string) error { return nil }})
	t.Cleanup(in.Close)
	h.north, h.south = h.addClub("north"), h.addClub("south")
	var mu sync.Mutex
	h.handler = New(Config{
		Cluster: c, Ring: ring, Library: lib, Inbox: in, Desk: d, Engine: engine, Memory: memory, Catalogue: cat, Version: "1.2.3", PublicURL: "https://club.example",
		Breakers: func(club.Slug) map[string]health.Breaker { return h.breakers },
		Decider:  decide.New(decide.Config{Matchers: matchers(), Ring: ring, Catalogue: cat, Library: lib, Engine: engine, Desk: d, Memory: memory, Log: quiet}),
		Log:      slog.New(slog.NewJSONHandler(lockedWriter{&mu, h.log}, nil)),
		Directories: func(_ context.Context, slug club.Slug) (*identity.Directory, error) {
			if c, ok := h.clubs[slug]; ok {
				return c.people, nil
			}
			return nil, club.NotFound("there is no such club")
		},
	})
	return h
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) addClub(slug club.Slug) *clubIn {
	h.t.Helper()
	db, keys := vaulttest.AddTenant(h.t, h.cluster, slug)
	c := &clubIn{h: h, slug: slug, db: db, keys: keys, root: identity.System(slug, "test")}
	c.people = identity.NewDirectory(identity.Config{DB: db, Vault: keys, Hasher: hasher(), Log: slog.New(slog.DiscardHandler)})
	h.clubs[slug] = c
	c.write(func(tx *store.Tx) error {
		c.alpha, c.beta = club.NewLocationID(tx.Now), club.NewLocationID(tx.Now)
		for name, id := range map[string]club.LocationID{"alpha": c.alpha, "beta": c.beta} {
			if err := tx.CreateLocation(h.t.Context(), store.CreateLocationParams{ID: id, Slug: name, Name: name + " " + secret, TimeZone: "UTC", Details: `{"wifi_name":"x"}`, CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		return nil
	})
	c.full, _ = c.key(identity.Permissions())
	c.only, _ = c.key(identity.Permissions(), c.alpha)
	c.owner = c.session(club.RoleOwner)
	c.viewer = c.session(club.RoleViewer)
	c.atOnly = c.session(club.RoleOperator, c.alpha)
	return c
}

func (c *clubIn) write(fn func(tx *store.Tx) error) {
	c.h.t.Helper()
	c.h.must(c.db.Write(c.h.t.Context(), fn))
}

func (c *clubIn) key(scopes []identity.Permission, at ...club.LocationID) (string, club.APIKeyID) {
	c.h.t.Helper()
	k, token, err := c.people.CreateAPIKey(c.h.t.Context(), c.root, identity.NewAPIKey{Name: "key " + secret, Scopes: scopes, Locations: at})
	c.h.must(err)
	return "Bearer " + token, k.ID
}

// session returns a session's cookie. Its user seems to have a password: hashing one takes long.
func (c *clubIn) session(role club.Role, at ...club.LocationID) string {
	c.h.t.Helper()
	id, cookie := c.newcomer(role, at...)
	storetest.Exec(c.h.t, c.db, "UPDATE users SET password_hash = 'none', password_changed_at = $1 WHERE id = $2", c.h.clock.Now(), id.String())
	return cookie
}

// newcomer is a session of somebody who has no password yet.
func (c *clubIn) newcomer(role club.Role, at ...club.LocationID) (club.UserID, string) {
	c.h.t.Helper()
	c.h.n++
	ctx := c.h.t.Context()
	u, err := c.people.CreateUser(ctx, c.root, identity.NewUser{Email: fmt.Sprintf("u%d@club.example", c.h.n), Name: "Someone", Role: role, Locations: at})
	c.h.must(err)
	return u.ID, "__Host-clubos=" + c.enter(u.ID)
}

// enter signs a user in for the first time and returns the session's token.
func (c *clubIn) enter(id club.UserID) string {
	c.h.t.Helper()
	link, err := c.people.CreateSignInLink(c.h.t.Context(), c.root, id)
	c.h.must(err)
	s, err := c.people.SignInByLink(c.h.t.Context(), link, netip.MustParseAddr("192.0.2.1"), "test")
	c.h.must(err)
	return s.Token
}

// document is a SOP for a location, or for every one.
func document(slug string, at club.LocationID) knowledge.Document {
	d := knowledge.Document{Slug: slug, Title: "How to " + secret, Category: knowledge.CategoryInformation, Scope: knowledge.Scope{Kind: knowledge.ScopeGlobal}, Priority: club.PriorityNormal,
		Triggers: []knowledge.Trigger{{Mode: knowledge.TriggerSimilar, Text: "what about " + slug}}, Steps: []knowledge.Step{{Reply: "This is how to " + slug}}}
	if !at.IsZero() {
		d.Scope = knowledge.Scope{Kind: knowledge.ScopeLocation, LocationID: at}
	}
	return d
}

// world makes one of everything at a location.
func (c *clubIn) world(at club.LocationID) *world {
	c.h.t.Helper()
	c.h.n++
	h, n, ctx := c.h, c.h.n, c.h.t.Context()
	w := &world{club: c, tag: fmt.Sprintf("w-%d", n), n: n, location: at, line: fmt.Sprintf("+1415556%04d", n), external: fmt.Sprintf("ext-%s-%d", secret, n)}
	u, err := c.people.CreateUser(ctx, c.root, identity.NewUser{Email: fmt.Sprintf("w%d-%s@club.example", n, secret), Name: "Worker " + secret, Role: club.RoleOperator, Locations: []club.LocationID{at}})
	h.must(err)
	c.enter(u.ID)
	u, err = c.people.FindUser(ctx, c.root, u.ID)
	h.must(err)
	w.user, w.userTag = u.ID, etagAt(u.UpdatedAt)
	_, w.key = c.key([]identity.Permission{identity.PlacesRead}, at)
	c.write(func(tx *store.Tx) error {
		s, err := oncall.CreateShift(ctx, tx, c.root, rota.Shift{User: u.ID, Location: at, Days: rota.EveryDay, From: 600, Until: 1200})
		if err != nil {
			return err
		}
		w.shift = s.ID
		v, err := oncall.CreateCover(ctx, tx, c.root, rota.Cover{User: u.ID, Location: at, Start: tx.Now, End: tx.Now.Add(time.Hour)})
		w.cover = v.ID
		return err
	})
	c.write(func(tx *store.Tx) error { return w.fill(ctx, tx, n) })
	return w
}

func (w *world) fill(ctx context.Context, tx *store.Tx, n int) error {
	c, now := w.club, tx.Now
	l, err := tx.FindLocation(ctx, w.location)
	if err != nil {
		return err
	}
	w.placeTag, w.bayTag, w.devTag, w.person, w.bookTag = etagAt(l.UpdatedAt), etagAt(now), etagAt(now), etagAt(now), etagAt(now)
	w.bay, w.device, w.booking = club.NewBayID(now), club.NewDeviceID(now), club.NewBookingID(now)
	w.thread, w.other, w.message, w.decision = club.NewThreadID(now), club.NewThreadID(now), club.NewMessageID(now), club.NewDecisionID(now)
	w.proposal, w.execution = club.NewProposalID(now), club.NewExecutionID(now)
	m, err := people.Create(ctx, tx, c.keys, c.root.Actor, people.NewMember{Name: "Zelda " + secret, Phone: fmt.Sprintf("+1415555%04d", n), Email: w.tag + "@member.example", Home: w.location})
	if err != nil {
		return err
	}
	w.member = m.ID
	s, err := tx.FindSubject(ctx, m.SubjectID)
	if err != nil {
		return err
	}
	body, err := people.Seal(c.keys, s, people.ColumnMessage, w.message.String(), "where is the "+secret)
	if err != nil {
		return err
	}
	reply, err := people.Seal(c.keys, s, decide.ColumnReply, w.decision.String(), "it is "+secret)
	if err != nil {
		return err
	}
	sop, err := knowledge.New(mustCatalogue()).Create(ctx, tx, c.root.Actor, document("slug-"+w.tag, w.location), "note "+secret)
	if err != nil {
		return err
	}
	w.sop = sop.ID
	if err := w.learn(ctx, tx); err != nil {
		return err
	}
	tickets := desk.New(desk.Config{Cluster: c.h.cluster, Ring: vaulttest.Ring(c.h.t), Notifier: notify.New(notify.Config{Posters: func(club.Slug) (notify.Poster, bool) { return nil, false }})})
	for i, id := range []*club.TicketID{&w.ticket, &w.errand} {
		ticket, _, err := tickets.OpenTicket(ctx, tx, c.root.Actor, desk.NewTicket{Title: fmt.Sprintf("Mend the %s %s %d", secret, w.tag, i), Description: "It is a " + secret + "\n- [ ] mend the " + secret, Location: w.location})
		if err != nil {
			return err
		}
		*id = ticket.ID
	}
	w.relation = club.NewRelationID(now)
	if _, err := tx.CreateTicketRelation(ctx, store.CreateTicketRelationParams{ID: w.relation, Kind: club.RelationCausedBy, TicketID: w.errand, OtherID: w.ticket, CreatedBy: "user:" + secret, CreatedAt: now}); err != nil {
		return err
	}
	w.access = club.NewAccessEventID(now)
	if _, err := tx.CreateAccessEvent(ctx, store.CreateAccessEventParams{ID: w.access, Vendor: "unifi", EventKey: w.tag, Kind: club.AccessDenied, VendorType: "access." + secret, DoorRef: w.tag,
		LocationID: w.location, At: now, ReceivedAt: now, CorrelationID: tx.Correlation}); err != nil {
		return err
	}
	evidence, err := json.Marshal(club.Evidence{Text: "the " + secret, Facts: []club.Fact{{Name: "booking", Value: secret, Source: "bookings", At: now}}})
	if err != nil {
		return err
	}
	thread := func(id club.ThreadID, line string) error {
		return tx.CreateThread(ctx, store.CreateThreadParams{ID: id, SubjectID: s.ID, MemberID: m.ID, LocationID: w.location, BayID: w.bay, Line: line, Provider: "twilio",
			Status: club.ThreadPending, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: now})
	}
	for _, err := range []error{
		tx.CreateBay(ctx, store.CreateBayParams{ID: w.bay, LocationID: w.location, Number: int64(n), Name: "Bay " + secret, Status: "active", CreatedAt: now}),
		tx.CreateDevice(ctx, store.CreateDeviceParams{ID: w.device, LocationID: w.location, BayID: w.bay, Kind: club.DevicePC, Name: "PC " + secret, Vendor: "ninjaone", VendorRef: w.tag, CreatedAt: now}),
		tx.PutLine(ctx, store.PutLineParams{Number: w.line, Provider: "twilio", LocationID: w.location, CreatedAt: now}),
		thread(w.thread, w.line), thread(w.other, "+14155550000"),
	} {
		if err != nil {
			return err
		}
	}
	if _, err := tx.PutBooking(ctx, store.PutBookingParams{ID: w.booking, Source: "api", ExternalID: w.external, LocationID: w.location, BayID: w.bay, SubjectID: s.ID, MemberID: m.ID,
		StartsAt: now, EndsAt: now.Add(time.Hour), Status: club.BookingConfirmed, Sequence: 1, Now: now}); err != nil {
		return err
	}
	if _, err := tx.CreateMessage(ctx, store.CreateMessageParams{ID: w.message, ThreadID: w.thread, Direction: club.DirectionIn, Author: club.AuthorMember, Provider: "twilio", Status: club.MessageReceived,
		Body: body, Masked: "where is the " + secret, Media: "[]", DecisionID: w.decision, HandledAt: &now, CorrelationID: tx.Correlation, Now: now}); err != nil {
		return err
	}
	if err := tx.CreateDecision(ctx, store.CreateDecisionParams{ID: w.decision, ThreadID: w.thread, SubjectID: s.ID, Kind: "answer", Title: "About " + secret, SOPID: w.sop, SOPVersion: 1, Confidence: .8,
		EarnedTier: club.TierSuggest, Tier: club.TierApprove, Evidence: string(evidence), Steps: `{"steps":[{"reply":"it is ` + secret + `"}]}`, Reply: reply, LocationID: w.location, BayID: w.bay,
		CorrelationID: tx.Correlation, CreatedAt: now}); err != nil {
		return err
	}
	if err := tx.CreateReview(ctx, store.CreateReviewParams{DecisionID: w.decision, ThreadID: w.thread, LocationID: w.location, Share: 0.05, CreatedAt: now}); err != nil {
		return err
	}
	if err := tx.CreateProposal(ctx, store.CreateProposalParams{ID: w.proposal, DecisionID: w.decision, ThreadID: w.thread, Tier: club.TierApprove, CreatedAt: now}); err != nil {
		return err
	}
	_, err = tx.CreateExecution(ctx, store.CreateExecutionParams{ID: w.execution, ThreadID: w.thread, Action: "restart_trackman", Params: "{}", LocationID: w.location, BayID: w.bay, DeviceID: w.device,
		IdempotencyKey: "k-" + w.tag, Outcome: club.OutcomeRefused, Detail: "the " + secret, Proofs: "[]", RequestedBy: c.root.Actor.String(), CorrelationID: tx.Correlation, CreatedAt: now, FinishedAt: &now})
	return err
}

// learn makes the pattern of the world's SOP, and two that people taught.
func (w *world) learn(ctx context.Context, tx *store.Tx) error {
	w.pattern, w.lesson, w.twin = club.NewPatternID(tx.Now), club.NewPatternID(tx.Now), club.NewPatternID(tx.Now)
	by := w.club.root.Actor.String()
	if _, err := tx.CreatePattern(ctx, store.CreatePatternParams{ID: w.pattern, Domain: "decision", SOPID: w.sop, Title: "How to " + secret, Steps: "{}", Earned: club.TierSuggest, CreatedBy: by, Now: tx.Now}); err != nil {
		return err
	}
	for _, id := range []club.PatternID{w.lesson, w.twin} {
		reply, err := w.club.keys.SealSecret("decision_patterns.reply "+id.String(), []byte("it is "+secret))
		if err != nil {
			return err
		}
		if _, err := tx.CreatePattern(ctx, store.CreatePatternParams{ID: id, Domain: "decision", Title: "Taught " + secret, Steps: "{}", Reply: reply, Earned: club.TierEscalate, CreatedBy: by, Now: tx.Now}); err != nil {
			return err
		}
	}
	for i := range w.precedents {
		w.precedents[i] = club.NewPrecedentID(tx.Now)
		if _, err := tx.CreatePrecedent(ctx, store.CreatePrecedentParams{ID: w.precedents[i], PatternID: w.lesson, Text: fmt.Sprintf("where is the %s %d", secret, i), Context: "{}", LocationID: w.location, Actor: by, At: tx.Now}); err != nil {
			return err
		}
	}
	return nil
}

var mustCatalogue = sync.OnceValue(func() *catalogue.Catalogue {
	cat, err := catalogue.Load()
	if err != nil {
		panic(err)
	}
	return cat
})

// request is a request of a test. Headers are pairs.
type ask struct {
	method, path string
	body         any
	headers      []string
}

// do sends a request with a credential: "Bearer …" or a cookie, "" for none.
func (h *house) do(cred string, a ask) *httptest.ResponseRecorder {
	h.t.Helper()
	var body io.Reader
	media := typeJSON
	switch b := a.body.(type) {
	case nil:
	case []byte:
		body = strings.NewReader(string(b))
	case string:
		body, media = strings.NewReader(b), typeYAML
	default:
		raw, err := json.Marshal(b)
		h.must(err)
		body = strings.NewReader(string(raw))
	}
	r := httptest.NewRequestWithContext(h.t.Context(), a.method, "https://club.example"+a.path, body)
	if body != nil {
		r.Header.Set("Content-Type", media)
	}
	if strings.HasPrefix(cred, "Bearer ") {
		r.Header.Set("Authorization", cred)
	} else if cred != "" {
		r.Header.Set("Cookie", cred)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(a.headers); i += 2 {
		r.Header.Set(a.headers[i], a.headers[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}

// want fails the test unless the status is the one wanted, and reads the body into v.
func (h *house) want(status int, w *httptest.ResponseRecorder, v any) {
	h.t.Helper()
	if w.Code != status {
		h.t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if v != nil {
		if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
			h.t.Fatalf("%v: %s", err, w.Body)
		}
	}
}

// matchers are shared by all houses of the tests: training takes a while, and most know the same.
var matchers = sync.OnceValue(func() *decide.Matchers { return decide.NewMatchers(false, 0) })
