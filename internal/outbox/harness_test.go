package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// carrier is a text-message vendor in memory. What it is told to answer it answers once, in order.
type carrier struct {
	mu      sync.Mutex // guards the fields below
	sent    []club.Outbound
	answers []error // for Send; a nil entry succeeds
	deaf    error   // for Find
	acts    bool    // it sends although it answers an error
	hidden  bool    // Find never sees what was sent
	fails   bool    // what was sent does not arrive
	tries   int
}

func (c *carrier) Send(_ context.Context, out club.Outbound) (club.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries++
	var err error
	if len(c.answers) > 0 {
		err, c.answers = c.answers[0], c.answers[1:]
	}
	if err == nil || c.acts {
		c.sent = append(c.sent, out)
	}
	return club.Receipt{ProviderMessageID: "SM-" + out.Key, Status: club.MessageSent}, err
}

func (c *carrier) Find(_ context.Context, out club.Outbound, _ time.Time) (club.Receipt, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deaf != nil {
		return club.Receipt{}, false, c.deaf
	}
	for _, s := range c.sent {
		if s.Text == out.Text && !c.hidden {
			if c.fails {
				return club.Receipt{ProviderMessageID: "SM-" + s.Key, Status: club.MessageFailed, ErrorCode: "30003"}, true, nil
			}
			return club.Receipt{ProviderMessageID: "SM-" + s.Key, Status: club.MessageDelivered}, true, nil
		}
	}
	return club.Receipt{}, false, nil
}

type harness struct {
	t        testing.TB
	cluster  *store.Cluster
	clock    *club.ManualClock
	tenant   *store.Tenant
	keys     *vault.Tenant
	outbox   *Outbox
	carrier  *carrier
	thread   store.Thread
	reasons  []string
	noSender bool
}

func start(t testing.TB) *harness {
	t.Helper()
	h := &harness{t: t, carrier: &carrier{}}
	h.cluster, h.clock = storetest.Cluster(t)
	h.tenant, h.keys = vaulttest.AddTenant(t, h.cluster, "aa")
	h.outbox = New(Config{
		Cluster: h.cluster, Ring: vaulttest.Ring(t), Log: slog.New(slog.DiscardHandler),
		Senders: func(_ club.Slug, provider string) (SMS, bool) { return h.carrier, provider == "twilio" && !h.noSender },
		Escalate: func(ctx context.Context, tx *store.Tx, th store.Thread, reason string) error {
			_, err := thread.Apply(ctx, tx, th, thread.Move{Event: club.ThreadEscalate, By: club.System("test"), Why: reason})
			if err == nil {
				h.reasons = append(h.reasons, reason)
			}
			return err
		},
	})
	h.thread = h.open("+14155552671")
	return h
}

func (h *harness) write(fn func(*store.Tx) error) {
	h.t.Helper()
	if err := h.tenant.Write(h.t.Context(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) open(number string) (th store.Thread) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		s, err := people.Subject(h.t.Context(), tx, h.keys, number)
		if err != nil {
			return err
		}
		id := club.NewThreadID(tx.Now)
		if err := tx.CreateThread(h.t.Context(), store.CreateThreadParams{ID: id, SubjectID: s.ID, Line: "+15550001", Provider: "twilio",
			Status: club.ThreadAwaitingAI, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
			return err
		}
		th, err = thread.Find(h.t.Context(), tx, id)
		return err
	})
	return th
}

func (h *harness) reply(key, text string) Reply {
	return Reply{Thread: h.thread, Text: text, Author: club.AuthorMachine, By: club.System("act"), DedupKey: key}
}

func (h *harness) queue(r Reply) (id club.MessageID, fresh bool) {
	h.t.Helper()
	h.write(func(tx *store.Tx) (err error) {
		id, fresh, err = Queue(h.t.Context(), tx, h.keys, r)
		return err
	})
	return id, fresh
}

func (h *harness) message(id club.MessageID) (m store.Message) {
	h.t.Helper()
	err := h.tenant.Read(h.t.Context(), func(tx *store.Tx) (err error) {
		m, err = tx.FindMessage(h.t.Context(), id)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// drain works jobs as the runner would: pauses move the clock, errors are tried eight times, and
// then the job is lost.
func (h *harness) drain() {
	h.t.Helper()
	type try struct {
		job sendJob
		n   int
	}
	var list []try
	for range 200 {
		for _, j := range jobstest.Pending[sendJob](h.t, h.cluster, h.tenant) {
			list = append(list, try{job: j})
		}
		if err := store.FinishJobsForTest(h.t.Context(), h.cluster, h.tenant, sendJob{}.Kind()); err != nil {
			h.t.Fatal(err)
		}
		if len(list) == 0 {
			return
		}
		next := list[0]
		list = list[1:]
		err := h.outbox.send(h.t.Context(), h.tenant, next.job)
		var later *river.JobSnoozeError
		switch {
		case err == nil:
		case errors.As(err, &later):
			h.clock.Advance(later.Duration)
			list = append(list, next)
		default:
			h.clock.Advance(time.Second)
			if next.n++; next.n < 8 {
				list = append(list, next)
			} else if err := h.outbox.lost(h.t.Context(), h.tenant, next.job, err); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	h.t.Fatal("jobs never come to an end")
}

// settled fails the test unless the text ended so, went out so often, and a person was called or not.
func (h *harness) settled(id club.MessageID, want club.MessageStatus, effects int, person bool) {
	h.t.Helper()
	if got := h.message(id).Status; got != want {
		h.t.Errorf("the text ended as %s, want %s", got, want)
	}
	if len(h.carrier.sent) != effects {
		h.t.Errorf("%d texts went out, want %d", len(h.carrier.sent), effects)
	}
	if (len(h.reasons) > 0) != person {
		h.t.Errorf("people were called for %q", h.reasons)
	}
}
