package outbox

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

var (
	errRefused   = &club.VendorError{Vendor: "twilio", Op: "send", Reached: true, Rejected: true, Status: 400, VendorCode: "21211"}
	errOptedOut  = &club.VendorError{Vendor: "twilio", Op: "send", Reached: true, Rejected: true, Status: 400, VendorCode: "21610"}
	errBusy      = &club.VendorError{Vendor: "twilio", Op: "send", Reached: true, Rejected: true, Retryable: true, Status: 429, RetryAfter: 30 * time.Second}
	errNoRoute   = &club.VendorError{Vendor: "twilio", Op: "send", Retryable: true}
	errTimeout   = &club.VendorError{Vendor: "twilio", Op: "send", Reached: true, Retryable: true, Err: context.DeadlineExceeded}
	errCannotSay = &club.VendorError{Vendor: "twilio", Op: "find", Rejected: true, Status: 501}
	errDown      = &club.VendorError{Vendor: "twilio", Op: "find", Retryable: true}
	errCrash     = errors.New("the process ended here")
)

func TestAnswerOfTheVendorDecidesHowATextEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers []error
		acts    bool
		hidden  bool
		deaf    error
		want    club.MessageStatus
		effects int
		person  bool
		code    string
	}{
		"accepted":                                    {nil, false, false, nil, club.MessageSent, 1, false, ""},
		"rejected":                                    {[]error{errRefused}, false, false, nil, club.MessageFailed, 0, true, "21211"},
		"opted out at the carrier":                    {[]error{errOptedOut}, false, false, nil, club.MessageFailed, 0, true, "21610"},
		"busy, then accepted":                         {[]error{errBusy, errBusy}, false, false, nil, club.MessageSent, 1, false, ""},
		"never reached, then accepted":                {[]error{errNoRoute}, false, false, nil, club.MessageSent, 1, false, ""},
		"never reached at all":                        {[]error{errNoRoute, errNoRoute, errNoRoute, errNoRoute, errNoRoute, errNoRoute, errNoRoute}, false, false, nil, club.MessageFailed, 0, true, ""},
		"timed out, but sent":                         {[]error{errTimeout}, true, false, nil, club.MessageDelivered, 1, false, ""},
		"timed out, certainly not sent":               {[]error{errTimeout}, false, false, nil, club.MessageSent, 1, false, ""},
		"timed out, vendor cannot say, sent":          {[]error{errTimeout}, true, false, errCannotSay, club.MessageUnconfirmed, 1, true, "unconfirmed"},
		"timed out, vendor cannot say, unsent":        {[]error{errTimeout}, false, false, errCannotSay, club.MessageUnconfirmed, 0, true, "unconfirmed"},
		"timed out, vendor down for long":             {[]error{errTimeout}, true, false, errDown, club.MessageUnconfirmed, 1, true, "unconfirmed"},
		"an error of unknown kind is taken as sent":   {[]error{errors.New("?")}, true, false, errCannotSay, club.MessageUnconfirmed, 1, true, "unconfirmed"},
		"timed out again and again, certainly unsent": {[]error{errTimeout, errTimeout, errTimeout, errTimeout, errTimeout, errTimeout, errTimeout}, false, false, nil, club.MessageFailed, 0, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t)
			h.carrier.answers, h.carrier.acts, h.carrier.hidden, h.carrier.deaf = c.answers, c.acts, c.hidden, c.deaf
			id, _ := h.queue(h.reply("k", "Hello"))
			h.drain()
			h.settled(id, c.want, c.effects, c.person)
			if c.code != "" && h.message(id).ErrorCode != c.code {
				t.Errorf("code %q, want %q", h.message(id).ErrorCode, c.code)
			}
			if name == "opted out at the carrier" {
				if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM subjects WHERE consent = 'withdrawn'"); n != 1 {
					t.Error("the carrier's opt-out did not withdraw consent")
				}
			}
		})
	}
}

func TestATextThatTheVendorSaysHasFailedIsNotSent(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.carrier.fails = true
	crashed := false
	h.outbox.crash = func(p failpoint.Point) error { // the process ends after the send; the vendor's report is missed
		if p == failpoint.ReplyCalled && !crashed {
			crashed = true
			return errCrash
		}
		return nil
	}
	id, _ := h.queue(h.reply("k", "Hello"))
	h.drain()
	h.settled(id, club.MessageFailed, 1, true)
	if m := h.message(id); m.ErrorCode != "30003" || m.SentAt != nil || m.ProviderMessageID == nil {
		t.Errorf("code %q, sent %v, id %v", m.ErrorCode, m.SentAt, m.ProviderMessageID)
	}
	if !slices.Equal(h.reasons, []string{reasonRejected}) {
		t.Errorf("people were called for %q", h.reasons)
	}
}

func TestRetryWaitsAsLongAsTheVendorAsks(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.carrier.answers = []error{errBusy}
	h.queue(h.reply("k", "Hello"))
	h.drain()
	if waited := h.clock.Now().Sub(storetest.Start); waited < errBusy.RetryAfter {
		t.Errorf("tried again after %s", waited)
	}
}

func TestCrashAnywhereSendsAtMostOnceAndNeverLosesTheText(t *testing.T) {
	t.Parallel()
	for _, point := range []failpoint.Point{failpoint.ReplyClaimed, failpoint.ReplyCalled, failpoint.ReplyRecord} {
		for _, deaf := range []error{nil, errCannotSay, errDown} {
			for _, answer := range []error{nil, errTimeout, errNoRoute, errRefused} {
				t.Run(string(point)+"/"+text(deaf)+"/"+text(answer), func(t *testing.T) {
					t.Parallel()
					h := start(t)
					h.carrier.deaf = deaf
					if answer != nil {
						h.carrier.answers = []error{answer}
					}
					crashed := false
					h.outbox.crash = func(p failpoint.Point) error {
						if p == point && !crashed {
							crashed = true
							return errCrash
						}
						return nil
					}
					id, _ := h.queue(h.reply("k", "Hello"))
					h.drain()
					if len(h.carrier.sent) > 1 {
						t.Errorf("the member got the text %d times", len(h.carrier.sent))
					}
					m := h.message(id)
					out := m.Status == club.MessageSent || m.Status == club.MessageDelivered
					if out && len(h.carrier.sent) != 1 {
						t.Errorf("the text is %s, and the member never got it", m.Status)
					}
					if !out && len(h.reasons) == 0 {
						t.Errorf("the text is %s, and no person knows", m.Status)
					}
				})
			}
		}
	}
}

func text(err error) string {
	if err == nil {
		return "fine"
	}
	return strings.ReplaceAll(err.Error(), " ", "_")
}

func TestDatabaseErrorAfterADeliveredTextIsNeitherAFailureNorAResend(t *testing.T) {
	t.Parallel()
	h := start(t)
	failures := 0
	h.outbox.crash = func(p failpoint.Point) error {
		if p == failpoint.ReplyRecord && failures < 5 {
			failures++
			return club.Unavailable(errCrash, "the database cannot be reached")
		}
		return nil
	}
	id, _ := h.queue(h.reply("k", "Hello"))
	h.drain()
	h.settled(id, club.MessageDelivered, 1, false)
	if h.carrier.tries != 1 {
		t.Errorf("the vendor was asked to send %d times", h.carrier.tries)
	}
}

func TestReplyWithoutASendingNumberFailsLoudly(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.noSender = true
	id, _ := h.queue(h.reply("k", "Hello"))
	h.drain()
	h.settled(id, club.MessageFailed, 0, true)
	if len(h.reasons) != 1 || !strings.Contains(h.reasons[0], "no sending number is configured") {
		t.Errorf("reasons %q", h.reasons)
	}
}

func TestSenderThatIsTakenAwayWhileATextIsUnderWayLeavesItUnconfirmed(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.outbox.crash = func(p failpoint.Point) error {
		h.noSender = true
		return errCrash
	}
	id, _ := h.queue(h.reply("k", "Hello"))
	h.drain()
	h.settled(id, club.MessageUnconfirmed, 0, true)
}

func TestErasedNumberGetsNoText(t *testing.T) {
	t.Parallel()
	h := start(t)
	id, _ := h.queue(h.reply("k", "Hello"))
	storetest.Exec(t, h.tenant, "UPDATE subjects SET phone = NULL")
	h.drain()
	h.settled(id, club.MessageFailed, 0, true)
}

func TestTextIsSentOnceByManyWorkers(t *testing.T) {
	t.Parallel()
	h := start(t)
	id, _ := h.queue(h.reply("k", "Hello"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _ = h.outbox.send(context.Background(), h.tenant, sendJob{Message: id}) })
	}
	wg.Wait()
	h.drain()
	if len(h.carrier.sent) != 1 {
		t.Errorf("sent %d times", len(h.carrier.sent))
	}
}

func TestEchoThatCameFirstBecomesTheSentText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status club.MessageStatus
		want   club.MessageStatus
		person bool
	}{
		"sent":      {club.MessageSent, club.MessageSent, false},
		"delivered": {club.MessageDelivered, club.MessageDelivered, false},
		"failed":    {club.MessageFailed, club.MessageFailed, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t)
			id, _ := h.queue(h.reply("k", "Hello"))
			h.outbox.crash = func(p failpoint.Point) error {
				if p == failpoint.ReplyCalled {
					provider := "SM-" + id.String()
					h.write(func(tx *store.Tx) error {
						_, err := tx.CreateMessage(t.Context(), store.CreateMessageParams{ID: club.NewMessageID(tx.Now), ThreadID: h.thread.ID, Direction: club.DirectionOut,
							Author: club.AuthorOperator, Provider: "twilio", ProviderMessageID: &provider, Status: c.status, Body: []byte("x"), Media: "[]", CorrelationID: tx.Correlation, Now: tx.Now})
						return err
					})
				}
				return nil
			}
			h.drain()
			h.settled(id, c.want, 1, c.person)
			if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM messages"); n != 1 {
				t.Errorf("one text stands in %d rows", n)
			}
		})
	}
}

func TestFoundTextOfAnotherRowIsNotTakenForThisOne(t *testing.T) {
	t.Parallel()
	h := start(t)
	first, _ := h.queue(h.reply("1", "Done."))
	h.drain()
	h.carrier.answers = []error{errTimeout}
	second, _ := h.queue(h.reply("2", "Done."))
	h.drain()
	h.settled(second, club.MessageUnconfirmed, 1, true)
	if m := h.message(first); m.Status != club.MessageSent {
		t.Errorf("the first text is %s", m.Status)
	}
}

// TestVendorsOwnAnswerWinsOverALookThatFoundTheSameWords has two threads say the same words at once. The look for the
// first text, whose answer was lost, finds the second before the second's own answer is recorded: then the
// first is the one of which nobody knows, and no text that left is without a row that a person looks at.
func TestVendorsOwnAnswerWinsOverALookThatFoundTheSameWords(t *testing.T) {
	t.Parallel()
	h := start(t)
	other := h.open("+14155552672")
	h.carrier.answers, h.carrier.acts = []error{errTimeout}, true
	first, _ := h.queue(h.reply("1", "Call 911."))
	_ = h.outbox.send(t.Context(), h.tenant, sendJob{Message: first})
	h.carrier.sent = nil // the vendor lists the newest first: the look will find the second
	r := h.reply("2", "Call 911.")
	r.Thread = other
	second, _ := h.queue(r)
	h.outbox.crash = func(p failpoint.Point) error {
		if p == failpoint.ReplyRecord && h.message(second).Status == club.MessageSending && h.message(first).Status == club.MessageSending {
			h.outbox.crash = failpoint.Pass
			return h.outbox.send(t.Context(), h.tenant, sendJob{Message: first})
		}
		return nil
	}
	if err := h.outbox.send(t.Context(), h.tenant, sendJob{Message: second}); err != nil {
		t.Fatal(err)
	}
	h.settled(first, club.MessageUnconfirmed, 1, true)
	if m := h.message(first); m.ProviderMessageID != nil || m.SentAt != nil {
		t.Errorf("the text in doubt has the vendor's id %v of %v", m.ProviderMessageID, m.SentAt)
	}
	m := h.message(second)
	if m.Status != club.MessageDelivered || m.ProviderMessageID == nil || *m.ProviderMessageID != "SM-"+second.String() {
		t.Errorf("the text that the vendor took is %s as %v", m.Status, m.ProviderMessageID)
	}
}

// TestStaleLookGivesBackNoTextThatAnotherTryIsSending has a look that found nothing come to its end after the text was
// given back by another job and claimed again.
func TestStaleLookGivesBackNoTextThatAnotherTryIsSending(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.carrier.answers = []error{errTimeout}
	id, _ := h.queue(h.reply("k", "Hello"))
	_ = h.outbox.send(t.Context(), h.tenant, sendJob{Message: id})
	h.clock.Advance(settle)
	stale := &letter{msg: h.message(id), sms: h.carrier, out: club.Outbound{Key: id.String(), Text: "Hello"}}
	_ = h.outbox.send(t.Context(), h.tenant, sendJob{Message: id}) // gives it back
	h.outbox.crash = func(p failpoint.Point) error {
		if p == failpoint.ReplyClaimed {
			h.clock.Advance(settle)
			_ = h.outbox.reconcile(t.Context(), h.tenant, stale)
			if m := h.message(id); m.Status != club.MessageSending {
				t.Errorf("the text is %s while it is being sent", m.Status)
			}
		}
		return nil
	}
	h.drain()
	h.settled(id, club.MessageSent, 1, false)
}

func TestTextThatWentOutTwiceReachesAPerson(t *testing.T) {
	t.Parallel()
	h := start(t)
	id, _ := h.queue(h.reply("k", "Hello"))
	h.outbox.crash = func(p failpoint.Point) error {
		if p == failpoint.ReplyCalled {
			storetest.Exec(t, h.tenant, "UPDATE messages SET status = 'sent', provider_message_id = 'SM-other' WHERE id = $1", id)
		}
		return nil
	}
	h.drain()
	h.settled(id, club.MessageSent, 1, true)
	if !slices.Equal(h.reasons, []string{reasonTwice}) {
		t.Errorf("people were called for %q", h.reasons)
	}
}

func TestReportThatCameDuringTheSendStands(t *testing.T) {
	t.Parallel()
	h := start(t)
	id, _ := h.queue(h.reply("k", "Hello"))
	h.outbox.crash = func(p failpoint.Point) error {
		if p == failpoint.ReplyCalled {
			storetest.Exec(t, h.tenant, "UPDATE messages SET status = 'delivered', provider_message_id = $1 WHERE id = $2", "SM-"+id.String(), id)
		}
		return nil
	}
	h.drain()
	h.settled(id, club.MessageDelivered, 1, false)
}

func TestLostJobReachesAPerson(t *testing.T) {
	t.Parallel()
	for status, want := range map[club.MessageStatus]club.MessageStatus{
		club.MessageQueued: club.MessageFailed, club.MessageSending: club.MessageUnconfirmed, club.MessageSent: club.MessageSent,
	} {
		h := start(t)
		id, _ := h.queue(h.reply("k", "Hello"))
		storetest.Exec(t, h.tenant, "UPDATE messages SET status = $1 WHERE id = $2", status, id)
		if err := h.outbox.lost(t.Context(), h.tenant, sendJob{Message: id}, errCrash); err != nil {
			t.Fatal(err)
		}
		h.settled(id, want, 0, status != club.MessageSent)
		if err := h.outbox.lost(t.Context(), h.tenant, sendJob{Message: "msg_x"}, errCrash); err != nil {
			t.Errorf("a job for an erased message: %v", err)
		}
		if err := h.outbox.send(t.Context(), h.tenant, sendJob{Message: "msg_x"}); err != nil {
			t.Errorf("a job for an erased message: %v", err)
		}
	}
}

func TestSweepGivesStrandedTextsAJobAgain(t *testing.T) {
	t.Parallel()
	h := start(t)
	id, _ := h.queue(h.reply("k", "Hello"))
	if err := store.FinishJobsForTest(t.Context(), h.cluster, h.tenant, sendJob{}.Kind()); err != nil {
		t.Fatal(err)
	}
	sweep := func() int {
		if err := h.outbox.sweep(t.Context(), h.tenant); err != nil {
			t.Fatal(err)
		}
		return len(jobstest.Pending[sendJob](t, h.cluster, h.tenant))
	}
	if n := sweep(); n != 0 {
		t.Errorf("%d jobs for a fresh text", n)
	}
	h.clock.Advance(stranded + time.Second)
	if n := sweep(); n != 1 {
		t.Errorf("%d jobs for a stranded text", n)
	}
	h.drain()
	h.settled(id, club.MessageSent, 1, false)
}

func TestOutboxRunsUnderTheRunner(t *testing.T) {
	t.Parallel()
	h := start(t)
	r := jobs.NewRegistry(h.cluster, slog.New(slog.DiscardHandler))
	h.outbox.Register(r)
	called := make(chan struct{})
	h.outbox.crash = func(p failpoint.Point) error {
		if p == failpoint.ReplyRecord {
			close(called)
		}
		return nil
	}
	runner := jobs.NewRunner(r, jobs.Config{Node: "test", Poll: 20 * time.Millisecond})
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	id, _ := h.queue(h.reply("k", "Hello"))
	select {
	case <-called:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was sent")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := runner.Stop(ctx); err != nil {
		t.Error(err)
	}
	h.settled(id, club.MessageSent, 1, false)
	if New(Config{}).cfg.Log == nil {
		t.Error("no default log")
	}
}
