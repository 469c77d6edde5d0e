package inbox_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

// outbound stores a text of ours in a thread, as the outbox would.
func (h *house) outbound(in club.ThreadID, words string, status club.MessageStatus, vendorID string) club.MessageID {
	h.t.Helper()
	var id club.MessageID
	h.write(func(tx *store.Tx) error {
		th, err := tx.FindThread(h.t.Context(), in)
		if err != nil {
			return err
		}
		s, err := tx.FindSubject(h.t.Context(), th.SubjectID)
		if err != nil {
			return err
		}
		id = club.NewMessageID(tx.Now)
		body, err := people.Seal(h.keys, s, people.ColumnMessage, id.String(), words)
		if err != nil {
			return err
		}
		p := store.CreateMessageParams{ID: id, ThreadID: in, Direction: club.DirectionOut, Author: club.AuthorMachine, Provider: vendor, Status: status, Body: body, Media: "[]", CorrelationID: tx.Correlation, Now: tx.Now}
		if vendorID != "" {
			p.ProviderMessageID = &vendorID
		}
		_, err = tx.CreateMessage(h.t.Context(), p)
		return err
	})
	return id
}

func reportOf(id string, status club.MessageStatus, to, words string) club.Delivery {
	return club.Delivery{ID: "R" + sequence.next(), Report: &club.DeliveryReport{Provider: vendor, ProviderMessageID: id, Status: status, ErrorCode: "30003", To: to, Text: words, At: storetest.Start}}
}

func TestWhatIsAcknowledgedAsRepeatedIsOnTheDisk(t *testing.T) {
	t.Parallel()
	for name, repeat := range map[string]func(h *house){
		"a report": func(h *house) {
			h.deliver(club.Delivery{ID: "D1", Report: &club.DeliveryReport{Provider: vendor, ProviderMessageID: "AC1", Status: club.MessageDelivered}})
		},
		"a text": func(h *house) { d := text(ada, "hi"); d.ID, d.Inbound.ProviderMessageID = "D1", ""; h.deliver(d) },
		"a booking": func(h *house) {
			_, _ = h.inbox.Booking(h.t.Context(), h.tenant, "D1", club.BookingChange{Source: "webhook", ExternalID: "B1"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			if h.cluster.Engine() != "postgres" {
				t.Skip("nothing is seen there before it is on the disk")
			}
			var waits string
			h.write(func(tx *store.Tx) (err error) {
				waits, err = store.TextForTest(t.Context(), tx, "SHOW synchronous_commit")
				return err
			})
			if waits == "off" {
				t.Skip("the server has been told that no commit waits for the disk")
			}
			// Another replica has stored the same delivery, and its commit is seen and not on the disk yet.
			provider := vendor
			if name == "a booking" {
				provider = "bookings"
				h.write(func(tx *store.Tx) error {
					id := club.NewBookingID(tx.Now)
					_, err := tx.PutBooking(t.Context(), store.PutBookingParams{ID: id, Source: "webhook", ExternalID: "B1", LocationID: h.place, StartsAt: tx.Now, EndsAt: tx.Now.Add(time.Hour), Status: club.BookingConfirmed, Now: tx.Now})
					return err
				})
			}
			if err := h.tenant.WriteRelaxed(t.Context(), func(tx *store.Tx) error {
				_, err := tx.CreateDelivery(t.Context(), store.CreateDeliveryParams{Provider: provider, DeliveryID: "D1", ReceivedAt: tx.Now})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			var at string
			if err := h.tenant.Read(t.Context(), func(tx *store.Tx) (err error) {
				at, err = store.TextForTest(t.Context(), tx, "SELECT CAST(pg_current_wal_insert_lsn() AS TEXT)")
				return err
			}); err != nil {
				t.Fatal(err)
			}
			repeat(h)
			if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) WHERE pg_current_wal_flush_lsn() >= CAST('"+at+"' AS pg_lsn)"); n != 1 {
				t.Errorf("the log is flushed up to somewhere before %s", at)
			}
		})
	}
}

func TestStatusOfOurTextOnlyMovesForward(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.deliver(text(ada, "hi")).Thread
	id := h.outbound(in, "hello", club.MessageSent, "AC1")
	for _, step := range []struct{ report, want club.MessageStatus }{
		{club.MessageSent, club.MessageSent}, {club.MessageDelivered, club.MessageDelivered}, {club.MessageSent, club.MessageDelivered}, {club.MessageFailed, club.MessageDelivered}, {club.MessageQueued, club.MessageDelivered},
	} {
		h.deliver(reportOf("AC1", step.report, "", ""))
		if m, _ := h.message(id); m.Status != step.want || m.ErrorCode != "" {
			t.Errorf("after %s it is %s %q, want %s", step.report, m.Status, m.ErrorCode, step.want)
		}
	}
	if len(h.escalated) != 0 {
		t.Errorf("escalated %v", h.escalated)
	}
}

func TestTextThatDidNotReachTheMemberReachesAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.deliver(text(ada, "hi")).Thread
	id := h.outbound(in, "hello", club.MessageSent, "AC1")
	d := reportOf("AC1", club.MessageFailed, ada, "hello")
	h.deliver(d)
	if r := h.deliver(d); !r.Duplicate {
		t.Errorf("second delivery %+v", r)
	}
	if m, _ := h.message(id); m.Status != club.MessageFailed || m.ErrorCode != "30003" {
		t.Errorf("message %s %q", m.Status, m.ErrorCode)
	}
	if len(h.escalated) != 1 || !strings.HasPrefix(h.escalated[0], in.String()) || !strings.Contains(h.escalated[0], "30003") {
		t.Errorf("escalated %v", h.escalated)
	}
}

func TestFailureThatCannotBeEscalatedIsNotTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.failWith = errors.New("nobody there")
	in := h.deliver(text(ada, "hi")).Thread
	id := h.outbound(in, "hello", club.MessageSent, "AC1")
	d := reportOf("AC1", club.MessageFailed, ada, "hello")
	if _, err := h.inbox.Deliver(t.Context(), h.tenant, d, vendor); !errors.Is(err, h.failWith) {
		t.Errorf("error %v", err)
	}
	if m, _ := h.message(id); m.Status != club.MessageSent {
		t.Errorf("message %s", m.Status)
	}
	h.failWith = nil
	if r := h.deliver(d); r.Duplicate {
		t.Error("the vendor's next try was taken for a repetition")
	}
}

func TestEchoOfOurOwnReplyIsNeverTakenForAnOperators(t *testing.T) {
	t.Parallel()
	for _, status := range []club.MessageStatus{club.MessageQueued, club.MessageSending, club.MessageSent, club.MessageUnconfirmed} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			in := h.deliver(text(ada, "hi")).Thread
			id := h.outbound(in, "We restart  bay 3.\n", status, "")
			h.clock.Advance(9 * time.Minute)
			r := h.deliver(reportOf("AC9", club.MessageDelivered, ada, "We restart bay 3."))
			m, _ := h.message(id)
			if r.Message != id || m.Status != club.MessageDelivered || m.ProviderMessageID == nil || *m.ProviderMessageID != "AC9" {
				t.Errorf("result %+v, message %s %v", r, m.Status, m.ProviderMessageID)
			}
			if th := h.thread(in); th.Status != club.ThreadPending || len(h.handed) != 0 {
				t.Errorf("thread %s, handed %v", th.Status, h.handed)
			}
		})
	}
}

func TestTextFromTheVendorsAppSilencesTheMachine(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.deliver(text(ada, "can I have a refund?")).Thread
	h.outbound(in, "another text of ours", club.MessageSending, "")
	r := h.deliver(reportOf("AC7", club.MessageDelivered, ada, "Hi, this is Sam. Done!"))
	m, body := h.message(r.Message)
	if r.Thread != in || m.Author != club.AuthorOperator || m.Direction != club.DirectionOut || body != "Hi, this is Sam. Done!" || m.Status != club.MessageDelivered {
		t.Errorf("result %+v, message %+v", r, m)
	}
	th := h.thread(in)
	if th.Status != club.ThreadManualOverride || th.SilentUntil == nil || !th.SilentUntil.Equal(storetest.Start.Add(4*time.Hour)) || th.Unread != 0 || th.WaitingSince != nil || th.LastOutAt == nil {
		t.Errorf("thread %+v", th)
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'in' AND handled_at IS NULL"); n != 0 {
		t.Errorf("%d texts wait for the machine", n)
	}
	if len(h.said) != 1 || h.said[0] != "vendor_app: Hi, this is Sam. Done!" {
		t.Errorf("handed on %q", h.said)
	}
	if again := h.deliver(reportOf("AC7", club.MessageFailed, ada, "Hi, this is Sam. Done!")); again.Message != r.Message {
		t.Errorf("a second report made another message: %+v", again)
	}
}

func TestTextFromTheVendorsAppOpensAThreadWhereThereIsNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(func(tx *store.Tx) error {
		return tx.PutLine(t.Context(), store.PutLineParams{Number: line, Provider: vendor, LocationID: h.place, CreatedAt: tx.Now})
	})
	r := h.deliver(reportOf("AC7", club.MessageDelivered, ada, "Your bay is ready"))
	if th := h.thread(r.Thread); th.Line != line || th.LocationID != h.place || th.Status != club.ThreadManualOverride {
		t.Errorf("thread %+v", th)
	}
	d := reportOf("AC8", club.MessageDelivered, ada, "And from the other line")
	d.Report.Line = "+14155550199"
	if other := h.deliver(d); other.Thread == r.Thread {
		t.Error("the line that the vendor named was not looked at")
	}
	if r2 := h.deliver(text(ada, "thanks")); r2.Thread != r.Thread {
		t.Errorf("the answer went to %s, not %s", r2.Thread, r.Thread)
	}
	failed := h.deliver(reportOf("AC9", club.MessageFailed, bob, "Are you there?"))
	if len(h.escalated) != 1 || !strings.HasPrefix(h.escalated[0], failed.Thread.String()) {
		t.Errorf("escalated %v", h.escalated)
	}
}

func TestReportWithoutWordsWaitsForItsText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.deliver(text(ada, "hi")).Thread
	id := h.outbound(in, "hello", club.MessageSending, "")
	r := h.deliver(reportOf("SM1", club.MessageFailed, ada, ""))
	if r.Ignored == "" || h.thread(in).Status != club.ThreadPending {
		t.Errorf("%+v", r)
	}
	job := jobstest.Pending[inbox.ReportJob](t, h.cluster, h.tenant)
	if len(job) != 1 {
		t.Fatalf("%d jobs", len(job))
	}
	if err := h.inbox.WorkReport(t.Context(), h.tenant, job[0]); err == nil {
		t.Error("the job does not come again")
	}
	storetest.Exec(t, h.tenant, "UPDATE messages SET provider_message_id = 'SM1', status = 'sent' WHERE id = $1", id.String())
	if n := jobstest.Work(t, h.cluster, h.tenant, h.inbox.WorkReport); n != 1 {
		t.Errorf("%d jobs", n)
	}
	if m, _ := h.message(id); m.Status != club.MessageFailed || len(h.escalated) != 1 {
		t.Errorf("message %s, escalated %v", m.Status, h.escalated)
	}
	h.clock.Advance(11 * time.Minute)
	unknown := job[0]
	unknown.MessageID = "SM2"
	if err := h.inbox.WorkReport(t.Context(), h.tenant, unknown); err != nil {
		t.Errorf("a report on nothing is not dropped: %v", err)
	}
}

func TestReportThatSaysNothingIsIgnored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.deliver(text(ada, "hi"))
	for name, d := range map[string]club.Delivery{
		"status": reportOf("AC1", club.MessageReceived, ada, "x"), "id": reportOf("", club.MessageSent, ada, "x"),
	} {
		if r := h.deliver(d); r.Ignored == "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	m, _ := h.message(in.Message)
	h.deliver(reportOf(*m.ProviderMessageID, club.MessageFailed, ada, "hi"))
	if after, _ := h.message(in.Message); after.Status != club.MessageReceived || len(h.escalated) != 0 {
		t.Errorf("a report changed the member's own text to %s", after.Status)
	}
}

func TestMergedThreadTakesNoMoreTexts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.deliver(text(ada, "hi")).Thread
	h.apply(a, thread.Move{Event: club.ThreadMerge})
	r := h.deliver(reportOf("AC1", club.MessageDelivered, ada, "by hand"))
	if r.Thread == a {
		t.Error("a merged thread was written to")
	}
}
