package desk_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"clubos/internal/act"
	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/learn"
	"clubos/internal/notify"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// board stands for the Slack channel: it keeps what was posted.
type board struct {
	mu    sync.Mutex // guards posts
	posts map[string]notify.Note
}

func (b *board) Post(_ context.Context, _ string, n notify.Note) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := fmt.Sprintf("post%d", len(b.posts))
	b.posts[id] = n
	return id, nil
}

func (b *board) Update(_ context.Context, _, id string, n notify.Note) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.posts[id]; !ok {
		return errors.New("no such post")
	}
	b.posts[id] = n
	return nil
}

// house is a club with two places, people at work, and one member.
type house struct {
	t        *testing.T
	cfg      store.Config
	cluster  *store.Cluster
	clock    *club.ManualClock
	tenant   *store.Tenant
	keys     *vault.Tenant
	desk     *desk.Desk
	board    *board
	a, b     club.LocationID
	bay      club.BayID
	person   store.Subject
	ann, bob identity.Principal // operators everywhere
	only     identity.Principal // an operator at place A alone
	viewer   identity.Principal
}

const memberPhone, memberName = "+14155552671", "Zelda Quist"

func newHouse(t *testing.T) *house {
	t.Helper()
	cfg, clock := storetest.Config(t), club.NewManualClock(storetest.Start)
	cfg.Clock = clock
	c := opened(t, cfg)
	h := &house{t: t, cfg: cfg, cluster: c, clock: clock, board: &board{posts: map[string]notify.Note{}}}
	h.tenant, h.keys = vaulttest.AddTenant(t, c, "aa")
	h.desk = newDesk(h)
	h.write(func(tx *store.Tx) error {
		ctx := t.Context()
		h.a, h.b, h.bay = club.NewLocationID(tx.Now), club.NewLocationID(tx.Now), club.NewBayID(tx.Now)
		for i, id := range []club.LocationID{h.a, h.b} {
			if err := tx.CreateLocation(ctx, store.CreateLocationParams{ID: id, Slug: fmt.Sprintf("p%d", i), Name: []string{"Northside", "Harbour"}[i], TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		if err := tx.CreateBay(ctx, store.CreateBayParams{ID: h.bay, LocationID: h.a, Number: 3, Name: "Bay 3", Status: "active", CreatedAt: tx.Now}); err != nil {
			return err
		}
		m, err := people.Create(ctx, tx, h.keys, club.System("test"), people.NewMember{Name: memberName, Phone: memberPhone, Region: "US"})
		if err != nil {
			return err
		}
		if h.person, err = tx.FindSubject(ctx, m.SubjectID); err != nil {
			return err
		}
		return setting.Put(ctx, tx, club.System("test"), "notify.slack_channel", []byte(`"#ops"`))
	})
	h.ann, h.bob = h.user("Ann", club.RoleOperator), h.user("Bob", club.RoleOperator)
	h.only, h.viewer = h.user("Olu", club.RoleOperator, h.a), h.user("Vi", club.RoleViewer)
	return h
}

func opened(t *testing.T, cfg store.Config) *store.Cluster {
	t.Helper()
	c, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// twin is the same club in another process.
func (h *house) twin() *house {
	h.t.Helper()
	w := *h
	w.cluster = opened(h.t, h.cfg)
	w.tenant = storetest.OpenTenant(h.t, w.cluster, h.tenant.Slug)
	w.desk = newDesk(&w)
	return &w
}

func newDesk(h *house) *desk.Desk {
	log := slog.New(slog.DiscardHandler)
	notifier := notify.New(notify.Config{Posters: func(club.Slug) (notify.Poster, bool) { return h.board, true }, Log: log})
	return desk.New(desk.Config{Cluster: h.cluster, Ring: vaulttest.Ring(h.t), Notifier: notifier, Log: log,
		Memory: learn.New(learn.Config{Ring: vaulttest.Ring(h.t), Notifier: notifier, Log: log, Values: act.Values}),
		Advance: func(tx *store.Tx, id club.ThreadID, m club.MessageID) {
			tx.Enqueue(inbox.AdvanceJob{Meta: jobs.For(tx), Thread: id, Message: m}, nil)
		}})
}

func (h *house) user(name string, role club.Role, at ...club.LocationID) identity.Principal {
	h.t.Helper()
	id := club.NewUserID(h.clock.Now())
	h.write(func(tx *store.Tx) error {
		err := tx.CreateUser(h.t.Context(), store.CreateUserParams{ID: id, EmailIndex: name, Email: []byte{1}, Name: []byte{1}, Role: role, Status: "active", CreatedAt: tx.Now, UpdatedAt: tx.Now})
		for _, l := range at {
			err = errors.Join(err, tx.AddUserLocation(h.t.Context(), store.AddUserLocationParams{UserID: id, LocationID: l}))
		}
		return err
	})
	return identity.Principal{Tenant: h.tenant.Slug, Actor: club.Actor{Kind: club.ActorUser, ID: id.String(), Name: name}, Role: role, UserID: id, Locations: at}
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

// thread makes a thread at a place in which the member has just written text.
func (h *house) thread(at club.LocationID, text string) store.Thread {
	h.t.Helper()
	var out store.Thread
	h.write(func(tx *store.Tx) error {
		id := club.NewThreadID(tx.Now)
		if err := tx.CreateThread(h.t.Context(), store.CreateThreadParams{ID: id, SubjectID: h.person.ID, LocationID: at, Line: "+15550001", Provider: "twilio",
			Status: club.ThreadPending, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
			return err
		}
		var err error
		out, err = thread.Find(h.t.Context(), tx, id)
		return err
	})
	out, _ = h.text(out, text)
	return out
}

// text lets the member write into a thread, as the inbox does it.
func (h *house) text(th store.Thread, text string) (store.Thread, club.MessageID) {
	h.t.Helper()
	h.clock.Advance(time.Millisecond)
	th, id, err := h.tryText(th, text)
	if err != nil {
		h.t.Fatal(err)
	}
	return th, id
}

// textUntilIn is text while somebody else changes the thread: the inbox never gives up.
func (h *house) textUntilIn(th store.Thread, text string) {
	h.clock.Advance(time.Millisecond)
	for {
		_, _, err := h.tryText(th, text)
		if err == nil {
			return
		}
		if club.CodeOf(err) != club.CodeConflict {
			h.t.Error(err)
			return
		}
	}
}

func (h *house) tryText(th store.Thread, text string) (_ store.Thread, id club.MessageID, err error) {
	err = h.tenant.Write(h.t.Context(), func(tx *store.Tx) error {
		ctx := h.t.Context()
		id = club.NewMessageID(tx.Now)
		body, err := people.Seal(h.keys, h.person, people.ColumnMessage, id.String(), text)
		if err != nil {
			return err
		}
		pid := id.String()
		if _, err := tx.CreateMessage(ctx, store.CreateMessageParams{ID: id, ThreadID: th.ID, Direction: club.DirectionIn, Author: club.AuthorMember, Provider: "twilio", ProviderMessageID: &pid,
			Status: club.MessageReceived, Body: body, Masked: phrase.Mask(text, "Zelda", "Quist"), Media: "[]", CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
			return err
		}
		if th, err = thread.Find(ctx, tx, th.ID); err != nil {
			return err
		}
		th.Unread, th.Snippet, th.LastInAt = th.Unread+1, phrase.Mask(text, "Zelda", "Quist"), &tx.Now
		if th.WaitingSince == nil {
			th.WaitingSince = &tx.Now
		}
		th, err = thread.Apply(ctx, tx, th, thread.Move{Event: club.ThreadTextIn, By: club.System("inbox")})
		return err
	})
	return th, id, err
}

// taken lets the machine take up all texts of a thread.
func (h *house) taken(th store.Thread) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		th, err := thread.Find(h.t.Context(), tx, th.ID)
		if err != nil {
			return err
		}
		if _, err := tx.HandleMessages(h.t.Context(), store.HandleMessagesParams{ThreadID: th.ID, Until: tx.Now, Now: &tx.Now}); err != nil {
			return err
		}
		_, err = thread.Apply(h.t.Context(), tx, th, thread.Move{Event: club.ThreadTaken, By: club.System("decide")})
		return err
	})
}

func (h *house) find(id club.ThreadID) (th store.Thread) {
	h.t.Helper()
	h.read(func(tx *store.Tx) (err error) { th, err = thread.Find(h.t.Context(), tx, id); return err })
	return th
}

// propose stores a decision with a sealed reply and an open proposal on it.
func (h *house) propose(th store.Thread, tier club.Tier, deadline *time.Time) (id club.ProposalID) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		ctx, dec := h.t.Context(), club.NewDecisionID(tx.Now)
		reply, err := people.Seal(h.keys, h.person, "decisions.reply", dec.String(), "We are restarting bay 3.")
		if err != nil {
			return err
		}
		if err := tx.CreateDecision(ctx, store.CreateDecisionParams{ID: dec, ThreadID: th.ID, SubjectID: th.SubjectID, Kind: "answer", Title: "Restart a frozen bay", Confidence: .8, EarnedTier: tier, Tier: tier,
			Evidence: "{}", Steps: "[]", Reply: reply, CorrelationID: tx.Correlation, CreatedAt: tx.Now}); err != nil {
			return err
		}
		id = club.NewProposalID(tx.Now)
		return tx.CreateProposal(ctx, store.CreateProposalParams{ID: id, DecisionID: dec, ThreadID: th.ID, Tier: tier, DeadlineAt: deadline, CreatedAt: tx.Now})
	})
	return id
}

func (h *house) count(query string, args ...any) int {
	h.t.Helper()
	return storetest.Count(h.t, h.tenant, query, args...)
}

func (h *house) escalate(th store.Thread, r desk.Reason) (out store.Thread) {
	h.t.Helper()
	h.write(func(tx *store.Tx) (err error) { out, err = h.desk.Escalate(h.t.Context(), tx, th, r); return err })
	return out
}

// execution stores what was tried in a thread.
func (h *house) execution(th store.Thread, outcome club.Outcome, detail string) {
	h.t.Helper()
	id := club.NewExecutionID(h.clock.Now()).String()
	storetest.Exec(h.t, h.tenant, `INSERT INTO executions (id, thread_id, action, params, idempotency_key, outcome, detail, proofs, requested_by, attempts, correlation_id, created_at)
		VALUES ($1, $2, 'reboot_pc', '{}', $3, $4, $5, '[]', 'system:test', 0, 'cor_1', $6)`, id, th.ID.String(), id, string(outcome), detail, h.clock.Now())
}

func want(t testing.TB, err error, code club.Code) {
	t.Helper()
	if club.CodeOf(err) != code {
		t.Errorf("error %v has code %q, want %q", err, club.CodeOf(err), code)
	}
}

func advances(h *house) int {
	return len(jobstest.Pending[inbox.AdvanceJob](h.t, h.cluster, h.tenant))
}

// registered registers the desk's jobs; a job without a handler, or one handled twice, panics.
func registered(h *house) *jobs.Registry {
	r := jobs.NewRegistry(h.cluster, slog.New(slog.DiscardHandler))
	h.desk.Register(r)
	return r
}
