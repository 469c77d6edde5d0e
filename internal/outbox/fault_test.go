package outbox

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// rename gives a table another name. A club's own role may not do that on PostgreSQL.
func (h *harness) rename(from, to string) {
	h.t.Helper()
	if storetest.DatabaseURL() == "" {
		storetest.Exec(h.t, h.tenant, "ALTER TABLE "+from+" RENAME TO "+to)
		return
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, storetest.DatabaseURL())
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	schema := store.SchemaForTest(h.cluster, h.tenant.Slug)
	if _, err := conn.Exec(ctx, "ALTER TABLE "+pgx.Identifier{schema, from}.Sanitize()+" RENAME TO "+pgx.Identifier{to}.Sanitize()); err != nil {
		h.t.Fatal(err)
	}
}

// without takes a table away for as long as fn runs.
func (h *harness) without(table string, fn func()) {
	h.t.Helper()
	h.rename(table, table+"_away")
	defer h.rename(table+"_away", table)
	fn()
}

func TestReplyIsQueuedWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := start(t)
	for _, table := range []string{"messages", "threads", "subjects", "members"} {
		h.without(table, func() {
			err := h.tenant.Write(t.Context(), func(tx *store.Tx) error {
				_, _, err := Queue(t.Context(), tx, h.keys, h.reply("k", "Hello"))
				return err
			})
			if err == nil {
				t.Errorf("queued without %s", table)
			}
		})
	}
	h.without("messages", func() {
		if err := h.tenant.Write(t.Context(), func(tx *store.Tx) error { return Cancel(t.Context(), tx, h.thread) }); err == nil {
			t.Error("withdrawn without messages")
		}
		if err := h.outbox.sweep(t.Context(), h.tenant); err == nil {
			t.Error("swept without messages")
		}
		if err := h.outbox.lost(t.Context(), h.tenant, sendJob{Message: "msg_x"}, errCrash); err == nil {
			t.Error("given up without messages")
		}
	})
	h.drain()
	if len(h.carrier.sent) != 0 {
		t.Errorf("sent %+v", h.carrier.sent)
	}
}

func TestTextWhoseRowsAreAwayIsSentOnceTheyAreBack(t *testing.T) {
	t.Parallel()
	h := start(t)
	id, _ := h.queue(h.reply("k", "Hello"))
	for _, table := range []string{"messages", "threads", "subjects", "members"} {
		h.without(table, func() {
			if err := h.outbox.send(t.Context(), h.tenant, sendJob{Message: id}); err == nil {
				t.Errorf("sent without %s", table)
			}
		})
	}
	if h.carrier.tries != 0 {
		t.Errorf("the vendor was asked %d times", h.carrier.tries)
	}
	h.drain()
	h.settled(id, club.MessageSent, 1, false)
}

func TestFailureOfATextIsRecordedWithItsEscalationOrNotAtAll(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{"rejected": errRefused, "opted out": errOptedOut} {
		h := start(t)
		h.carrier.answers = []error{answer}
		id, _ := h.queue(h.reply("k", "Hello"))
		h.outbox.crash = func(p failpoint.Point) error {
			if p == failpoint.ReplyCalled {
				h.rename("audit_entries", "audit_entries_away")
			}
			return nil
		}
		if err := h.outbox.send(t.Context(), h.tenant, sendJob{Message: id}); err == nil {
			t.Errorf("%s: recorded although nobody could be called", name)
		}
		h.rename("audit_entries_away", "audit_entries")
		h.outbox.crash = failpoint.Pass
		if m := h.message(id); m.Status != club.MessageSending {
			t.Errorf("%s: the text is %s", name, m.Status)
		}
	}
}

func TestUnsureTextIsAskedForAgainWhenItsAnswerCannotBeRecorded(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.carrier.answers, h.carrier.acts = []error{errTimeout}, true
	id, _ := h.queue(h.reply("k", "Hello"))
	_ = h.outbox.send(t.Context(), h.tenant, sendJob{Message: id})
	sms := h.carrier
	l := &letter{msg: h.message(id), sms: sms, out: club.Outbound{Key: id.String(), Text: "Hello"}}
	h.without("messages", func() {
		if err := h.outbox.reconcile(t.Context(), h.tenant, l); err == nil {
			t.Error("found and recorded without messages")
		}
		sms.hidden = true
		h.clock.Advance(settle)
		if err := h.outbox.reconcile(t.Context(), h.tenant, l); err == nil {
			t.Error("queued again without messages")
		}
		sms.hidden = false
	})
	h.drain()
	h.settled(id, club.MessageDelivered, 1, false)
}
