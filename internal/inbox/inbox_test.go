package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

const (
	line   = "+14155550100"
	ada    = "+14155550111"
	bob    = "+14155550122"
	vendor = "openphone"
)

// house is a club with an inbox.
type house struct {
	t       testing.TB
	cluster *store.Cluster
	tenant  *store.Tenant
	keys    *vault.Tenant
	clock   *club.ManualClock
	inbox   *inbox.Inbox
	place   club.LocationID
	bay     club.BayID
	behind  atomic.Bool // what the inbox is told of the server

	mu        sync.Mutex // guards the fields below
	escalated []string
	handed    []club.ThreadID
	said      []string
	failWith  error
	unfiled   []inbox.Unfiled
}

func newHouse(t testing.TB) *house {
	t.Helper()
	c, clock := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "test")
	h := &house{t: t, cluster: c, tenant: tenant, keys: keys, clock: clock}
	h.inbox = inbox.New(inbox.Config{Cluster: c, Ring: vaulttest.Ring(t), Log: slog.New(slog.DiscardHandler), Escalate: h.escalate, HandReplied: h.handReplied,
		Unfiled: h.cannotFile})
	t.Cleanup(h.inbox.Close)
	h.write(func(tx *store.Tx) error {
		h.place, h.bay = club.NewLocationID(tx.Now), club.NewBayID(tx.Now)
		if err := tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: h.place, Slug: "north", Name: "North Side", TimeZone: "America/Chicago", Details: "{}", CreatedAt: tx.Now}); err != nil {
			return err
		}
		return tx.CreateBay(t.Context(), store.CreateBayParams{ID: h.bay, LocationID: h.place, Number: 3, Name: "Bay 3", Status: "active", CreatedAt: tx.Now})
	})
	return h
}

func (h *house) escalate(_ context.Context, _ *store.Tx, th store.Thread, reason string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.escalated = append(h.escalated, th.ID.String()+": "+reason)
	return h.failWith
}

func (h *house) handReplied(_ context.Context, _ *store.Tx, th store.Thread, by club.Actor, words string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handed = append(h.handed, th.ID)
	h.said = append(h.said, by.ID+": "+words)
	return nil
}

func (h *house) cannotFile(_ context.Context, _ *store.Tx, u inbox.Unfiled) error {
	h.unfiled = append(h.unfiled, u)
	return nil
}

func (h *house) write(fn func(*store.Tx) error) {
	h.t.Helper()
	if err := h.tenant.Write(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) member(name, number string) store.Member {
	h.t.Helper()
	var m store.Member
	h.write(func(tx *store.Tx) (err error) {
		m, err = people.Create(h.t.Context(), tx, h.keys, club.System("test"), people.NewMember{Name: name, Phone: number, Home: h.place})
		return err
	})
	return m
}

func text(from, words string) club.Delivery {
	n := sequence.next()
	return club.Delivery{ID: "EV" + n, Inbound: &club.Inbound{Provider: vendor, ProviderMessageID: "IN" + n, From: from, To: line, Text: words}}
}

// counter makes ids that no two tests share.
type counter struct {
	mu sync.Mutex
	n  int
}

var sequence counter

func (c *counter) next() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return fmt.Sprint(c.n)
}

func (h *house) deliver(d club.Delivery) inbox.Result {
	h.t.Helper()
	r, err := h.inbox.Deliver(h.t.Context(), h.tenant, d, vendor)
	if err != nil {
		h.t.Fatalf("deliver: %v", err)
	}
	return r
}

func (h *house) thread(id club.ThreadID) store.Thread {
	h.t.Helper()
	var th store.Thread
	if err := h.tenant.Read(h.t.Context(), func(tx *store.Tx) (err error) { th, err = tx.FindThread(h.t.Context(), id); return err }); err != nil {
		h.t.Fatal(err)
	}
	return th
}

func (h *house) message(id club.MessageID) (m store.Message, body string) {
	h.t.Helper()
	err := h.tenant.Read(h.t.Context(), func(tx *store.Tx) (err error) {
		if m, err = tx.FindMessage(h.t.Context(), id); err != nil {
			return err
		}
		th, err := tx.FindThread(h.t.Context(), m.ThreadID)
		if err != nil {
			return err
		}
		s, err := tx.FindSubject(h.t.Context(), th.SubjectID)
		if err != nil {
			return err
		}
		body, err = people.Open(h.keys, s, people.ColumnMessage, m.ID.String(), m.Body)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return m, body
}

func (h *house) count(query string, args ...any) int {
	h.t.Helper()
	return storetest.Count(h.t, h.tenant, query, args...)
}

func TestTextIsStoredInAThreadWithAJobThatReadsIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m := h.member("Ada Lovelace", ada)
	const words = "hi, Ada here: bay 3 froze, call +1 415 555 0111 \x00 \xff 🏌️ שלום"
	r := h.deliver(text(ada, words))

	msg, body := h.message(r.Message)
	if body != words {
		t.Errorf("body %q is not byte-identical", body)
	}
	if strings.Contains(msg.Masked, "Ada") || strings.Contains(msg.Masked, "0111") || strings.Contains(msg.Masked, "\x00") {
		t.Errorf("masked %q", msg.Masked)
	}
	if msg.Status != club.MessageReceived || msg.Direction != club.DirectionIn || msg.Author != club.AuthorMember || msg.HandledAt != nil {
		t.Errorf("message %+v", msg)
	}
	th := h.thread(r.Thread)
	if th.MemberID != m.ID || th.LocationID != h.place || th.Status != club.ThreadPending || th.Unread != 1 || th.Line != line {
		t.Errorf("thread %+v", th)
	}
	if th.WaitingSince == nil || !th.WaitingSince.Equal(storetest.Start) || th.LastInAt == nil || th.Priority != club.PriorityNormal {
		t.Errorf("thread %+v", th)
	}
	jobs := jobstest.Pending[inbox.AdvanceJob](t, h.cluster, h.tenant)
	if len(jobs) != 1 || jobs[0].Thread != r.Thread || jobs[0].Message != r.Message || jobs[0].Tenant != "test" || jobs[0].Correlation.IsZero() {
		t.Errorf("jobs %+v", jobs)
	}
}

func TestSecondDeliveryOfATextChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := text(ada, "hello?")
	first := h.deliver(d)
	h.clock.Advance(27 * time.Hour)
	again := h.deliver(d)
	other := d
	other.ID = "another delivery of the same text"
	third := h.deliver(other)
	for _, r := range []inbox.Result{again, third} {
		if !r.Duplicate || r.Message != first.Message || r.Thread != first.Thread {
			t.Errorf("redelivery %+v, first %+v", r, first)
		}
	}
	if n := h.count("SELECT COUNT(*) FROM messages"); n != 1 {
		t.Errorf("%d messages", n)
	}
	if th := h.thread(first.Thread); th.Unread != 1 {
		t.Errorf("unread %d", th.Unread)
	}
	if n := len(jobstest.Pending[inbox.AdvanceJob](t, h.cluster, h.tenant)); n != 1 {
		t.Errorf("%d jobs", n)
	}
}

func TestTwoHonestYesAreTwoMessages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.deliver(text(ada, "yes")), h.deliver(text(ada, "yes"))
	if a.Message == b.Message || a.Thread != b.Thread || b.Duplicate {
		t.Errorf("%+v and %+v", a, b)
	}
	if th := h.thread(a.Thread); th.Unread != 2 {
		t.Errorf("unread %d", th.Unread)
	}
}

func TestJobOfAnUrgentTextReadsWhateverIsThere(t *testing.T) {
	t.Parallel()
	for words, urgent := range map[string]bool{"there is a fire in bay 3!": true, "STOP": true, "what's the wifi?": false} {
		h := newHouse(t)
		r := h.deliver(text(ada, words))
		list := jobstest.Pending[inbox.AdvanceJob](t, h.cluster, h.tenant)
		if len(list) != 1 || list[0].Thread != r.Thread || (list[0].Message == "") != urgent {
			t.Errorf("%q: jobs %+v", words, list)
		}
	}
}
