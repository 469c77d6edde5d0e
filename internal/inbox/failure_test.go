package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
	"clubos/internal/vault/vaulttest"
)

// rename renames a table of the club, which its own role may not do on PostgreSQL.
func (h *house) rename(from, to string) {
	h.t.Helper()
	if pool, _, ok := h.cluster.Postgres(); ok {
		if _, err := pool.Exec(h.t.Context(), fmt.Sprintf("ALTER TABLE %s.%s RENAME TO %s", store.SchemaForTest(h.cluster, "test"), from, to)); err != nil {
			h.t.Fatal(err)
		}
		return
	}
	storetest.Exec(h.t, h.tenant, "ALTER TABLE "+from+" RENAME TO "+to)
}

// TestWhateverFailsInTheDatabaseNothingIsStoredInPart takes away one table after the other under each
// thing that the inbox does. What fails then must leave no trace, and succeed once the table is back.
func TestWhateverFailsInTheDatabaseNothingIsStoredInPart(t *testing.T) {
	t.Parallel()
	deliver := func(d func(h *house, n int) club.Delivery) func(*house, int) func() error {
		return func(h *house, n int) func() error {
			it := d(h, n)
			return func() error {
				r, err := h.inbox.Deliver(h.t.Context(), h.tenant, it, vendor)
				if err == nil && r.Duplicate {
					return errors.New("taken for a repetition")
				}
				return err
			}
		}
	}
	number := func(n int) string { return fmt.Sprintf("+1415557%04d", n) }
	for name, op := range map[string]func(h *house, n int) func() error{
		"text of a stranger": deliver(func(_ *house, n int) club.Delivery { return text(number(n), "hi") }),
		"text of a member": deliver(func(h *house, n int) club.Delivery {
			h.member("Ada", number(n))
			return text(number(n), "Ada here")
		}),
		"text after a while": deliver(func(h *house, n int) club.Delivery {
			in := h.deliver(text(number(n), "hi")).Thread
			h.apply(in, thread.Move{Event: club.ThreadResolve})
			h.clock.Advance(20 * time.Hour)
			return text(number(n), "hi")
		}),
		"report of failure": deliver(func(h *house, n int) club.Delivery {
			h.outbound(h.deliver(text(number(n), "hi")).Thread, "hello", club.MessageSent, fmt.Sprint("AC-", n))
			return reportOf(fmt.Sprint("AC-", n), club.MessageFailed, "", "")
		}),
		"echo": deliver(func(h *house, n int) club.Delivery {
			h.outbound(h.deliver(text(number(n), "hi")).Thread, "hello", club.MessageSending, "")
			return reportOf(fmt.Sprint("AC-", n), club.MessageDelivered, number(n), "hello")
		}),
		"operator's text": deliver(func(h *house, n int) club.Delivery {
			h.deliver(text(number(n), "hi"))
			return reportOf(fmt.Sprint("AC-", n), club.MessageDelivered, number(n), "by hand")
		}),
		"operator's first text": deliver(func(_ *house, n int) club.Delivery {
			return reportOf(fmt.Sprint("AC-", n), club.MessageDelivered, number(n), "by hand")
		}),
		"late report": func(h *house, n int) func() error {
			h.outbound(h.deliver(text(number(n), "hi")).Thread, "hello", club.MessageSent, fmt.Sprint("AC-", n))
			job := inbox.ReportJob{Provider: vendor, MessageID: fmt.Sprint("AC-", n), Status: club.MessageDelivered, Seen: h.clock.Now()}
			return func() error { return h.inbox.WorkReport(h.t.Context(), h.tenant, job) }
		},
		"booking": func(h *house, n int) func() error {
			c := change(fmt.Sprint("b", n), 1)
			c.Phone = number(n)
			id := fmt.Sprint("whd-", n)
			return func() error {
				_, err := h.inbox.Booking(h.t.Context(), h.tenant, id, c)
				return err
			}
		},
		"import": func(h *house, n int) func() error {
			c := change(fmt.Sprint("b", n), 1)
			c.Email = "x@example.com"
			c.Location = ""
			return func() error {
				_, err := h.inbox.ImportBookings(h.t.Context(), h.tenant, []club.BookingChange{c})
				return err
			}
		},
		"feed": func(h *house, n int) func() error {
			cal := &calendar{changes: []club.BookingChange{change(fmt.Sprint("b", n), 1)}}
			in := inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(h.t), Log: slog.New(slog.DiscardHandler), Feeds: func(context.Context, *store.Tenant) ([]inbox.Feed, error) {
				return []inbox.Feed{{Name: "f", Calendar: cal}}, nil
			}})
			h.t.Cleanup(in.Close)
			return func() error { return in.PollFeeds(h.t.Context(), h.tenant) }
		},
		"prune": func(h *house, _ int) func() error {
			return func() error { return h.inbox.Prune(h.t.Context(), h.tenant) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			failed := 0
			for n, table := range []string{"settings", "lines", "subjects", "members", "threads", "messages", "deliveries", "bookings", "locations", "bays", "audit_entries"} {
				run := op(h, n)
				before := h.rows()
				h.rename(table, "gone")
				err := run()
				h.rename("gone", table)
				if err == nil {
					continue // it has no need of the table
				}
				failed++
				// A feed is imported, judged and described in transactions of their own.
				if after := h.rows(); after != before && name != "feed" {
					t.Errorf("without %s: rows %v became %v", table, before, after)
				}
				if err := run(); err != nil {
					t.Errorf("with %s again: %v", table, err)
				}
			}
			if failed == 0 {
				t.Error("nothing failed")
			}
		})
	}
}

// rows counts what the inbox writes.
func (h *house) rows() (n [7]int) {
	for i, q := range []string{"deliveries", "messages", "threads", "subjects", "bookings", "audit_entries", "settings"} {
		n[i] = h.count("SELECT COUNT(*) FROM " + q)
	}
	return n
}

func TestTransactionThatTakesTooLongIsUnavailable(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t), Timeout: time.Nanosecond})
	t.Cleanup(in.Close)
	h.inbox = in
	_, errs := h.deliverAll([]club.Delivery{text(ada, "hi"), text(bob, "hi"), text(ada, "again")})
	for _, err := range errs {
		if club.CodeOf(err) != club.CodeUnavailable {
			t.Errorf("error %v", err)
		}
	}
	if n := h.rows(); n != [7]int{} {
		t.Errorf("rows %v", n)
	}
}

func TestKeysThatDoNotOpenFailEveryCall(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "test") // with a keyset that is none
	in := inbox.New(inbox.Config{Cluster: c, Ring: vaulttest.Ring(t)})
	t.Cleanup(in.Close)
	if _, err := in.Deliver(t.Context(), tenant, text(ada, "hi"), vendor); err == nil {
		t.Error("a text was stored without keys")
	}
	if _, err := in.Booking(t.Context(), tenant, "", change("b1", 1)); err == nil {
		t.Error("a booking was stored without keys")
	}
	if _, err := in.ImportBookings(t.Context(), tenant, nil); err == nil {
		t.Error("bookings were imported without keys")
	}
}

func TestFeedsThatCannotBeListedAreAnError(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boom := errors.New("boom")
	in := inbox.New(inbox.Config{Cluster: h.cluster, Ring: vaulttest.Ring(t), Feeds: func(context.Context, *store.Tenant) ([]inbox.Feed, error) { return nil, boom }})
	t.Cleanup(in.Close)
	if err := in.PollFeeds(t.Context(), h.tenant); !errors.Is(err, boom) {
		t.Errorf("error %v", err)
	}
	if err := h.inbox.PollFeeds(t.Context(), h.tenant); err != nil {
		t.Errorf("without feeds: %v", err)
	}
}
