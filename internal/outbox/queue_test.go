package outbox

import (
	"errors"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

func TestOneCauseQueuesOneText(t *testing.T) {
	t.Parallel()
	h := start(t)
	first, fresh := h.queue(h.reply("dec_1:0", "Hello"))
	again, freshAgain := h.queue(h.reply("dec_1:0", "Hello, edited"))
	if !fresh || freshAgain || first != again {
		t.Errorf("queued %s (%t), then %s (%t)", first, fresh, again, freshAgain)
	}
	if n := len(jobstest.Pending[sendJob](t, h.cluster, h.tenant)); n != 1 {
		t.Errorf("%d jobs for one text", n)
	}
	h.drain()
	h.settled(first, club.MessageSent, 1, false)
	if out := h.carrier.sent[0]; out.To != "+14155552671" || out.From != "+15550001" || out.Text != "Hello" || out.Key != first.String() {
		t.Errorf("sent %+v", out)
	}
}

func TestQueuedTextIsSealedMaskedAndShownOnItsThread(t *testing.T) {
	t.Parallel()
	h := start(t)
	id, _ := h.queue(h.reply("k", "Call +1 415 555 2671 for help"))
	m := h.message(id)
	if strings.Contains(string(m.Body), "Call") || strings.Contains(m.Masked, "415") || !strings.Contains(m.Masked, "Call") {
		t.Errorf("body %q, masked %q", m.Body, m.Masked)
	}
	_ = h.tenant.Read(t.Context(), func(tx *store.Tx) error {
		th, err := thread.Find(t.Context(), tx, h.thread.ID)
		if err != nil || th.LastOutAt == nil || th.Snippet != m.Masked || th.Version != h.thread.Version+1 {
			t.Errorf("thread %+v, %v", th, err)
		}
		return nil
	})
}

func TestTextsThatCannotBeSentAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	h := start(t)
	for name, r := range map[string]Reply{
		"empty":      h.reply("k", " \n"),
		"overlong":   h.reply("k", strings.Repeat("é", MaxText+1)),
		"not UTF-8":  h.reply("k", "\xff"),
		"NUL":        h.reply("k", "a\x00b"),
		"no cause":   h.reply("", "x"),
		"by nobody":  {Thread: h.thread, Text: "x", DedupKey: "k"},
		"no subject": {Thread: store.Thread{SubjectID: "sub_x"}, Text: "x", DedupKey: "k", Author: club.AuthorMachine},
	} {
		err := h.tenant.Write(t.Context(), func(tx *store.Tx) error {
			_, _, err := Queue(t.Context(), tx, h.keys, r)
			return err
		})
		if err == nil {
			t.Errorf("%s: queued", name)
		}
	}
	if _, fresh := h.queue(h.reply("k", strings.Repeat("é", MaxText))); !fresh {
		t.Error("a text of exactly the limit was not queued")
	}
}

func TestOptedOutMemberGetsTheConfirmationAndNothingElse(t *testing.T) {
	t.Parallel()
	h := start(t)
	before, _ := h.queue(h.reply("before", "Your bay is ready"))
	h.write(func(tx *store.Tx) error {
		_, err := people.SetConsent(t.Context(), tx, club.System("decide"), h.thread.SubjectID, club.ConsentWithdrawn, "text STOP")
		return err
	})
	err := h.tenant.Write(t.Context(), func(tx *store.Tx) error {
		_, _, err := Queue(t.Context(), tx, h.keys, h.reply("after", "One more thing"))
		return err
	})
	if !errors.Is(err, ErrOptedOut) || club.CodeOf(err) != club.CodeConflict {
		t.Errorf("queueing to an opted-out member: %v", err)
	}
	notice := h.reply("stop", "You will get no more texts.")
	notice.ConsentNotice = true
	id, fresh := h.queue(notice)
	if again, freshAgain := h.queue(notice); !fresh || freshAgain || again != id {
		t.Error("the confirmation is not sent exactly once")
	}
	h.drain()
	h.settled(id, club.MessageSent, 1, false)
	if s := h.message(before).Status; s != club.MessageCancelled {
		t.Errorf("the text queued before the opt-out is %s", s)
	}
}

func TestCancelWithdrawsTheMachinesQueuedTextsOnly(t *testing.T) {
	t.Parallel()
	h := start(t)
	machine, _ := h.queue(h.reply("m", "From the machine"))
	hand := h.reply("o", "From Sam")
	hand.Author, hand.By = club.AuthorOperator, club.Actor{Kind: club.ActorUser, ID: "usr_1"}
	person, _ := h.queue(hand)
	h.write(func(tx *store.Tx) error {
		return Cancel(t.Context(), tx, h.thread)
	})
	h.drain()
	h.settled(person, club.MessageSent, 1, false)
	if m := h.message(machine); m.Status != club.MessageCancelled {
		t.Errorf("the machine's text is %s", m.Status)
	}
	if m := h.message(person); m.AuthorID != "usr_1" {
		t.Errorf("written by %q", m.AuthorID)
	}
	h.write(func(tx *store.Tx) error {
		return Cancel(t.Context(), tx, h.thread)
	})
}

func TestMergedThreadTakesNoReply(t *testing.T) {
	t.Parallel()
	h := start(t)
	other := h.open("+14155552672")
	storetest.Exec(t, h.tenant, "UPDATE threads SET status = 'merged', merged_into = $1 WHERE id = $2", other.ID, h.thread.ID)
	err := h.tenant.Write(t.Context(), func(tx *store.Tx) error {
		_, _, err := Queue(t.Context(), tx, h.keys, h.reply("k", "x"))
		return err
	})
	if club.CodeOf(err) != club.CodeConflict {
		t.Errorf("reply in a merged thread: %v", err)
	}
}

func TestTextsQueuedInOneInstantLeaveInOrder(t *testing.T) {
	t.Parallel()
	h := start(t)
	var ids []club.MessageID
	for _, text := range []string{"1", "2", "3"} {
		id, _ := h.queue(h.reply("k"+text, text))
		ids = append(ids, id)
	}
	// Whichever job runs first, the newer text waits for the older one.
	job := sendJob{Message: ids[2]}
	if err := h.outbox.send(t.Context(), h.tenant, job); err == nil {
		t.Error("the third text went out before the first")
	}
	h.drain()
	var got string
	for _, out := range h.carrier.sent {
		got += out.Text
	}
	if got != "123" {
		t.Errorf("left in the order %q", got)
	}
}

func TestAFailedTextDoesNotHoldUpTheNextForEver(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.carrier.answers = []error{&club.VendorError{Vendor: "twilio", Reached: true, Rejected: true, Status: 400}}
	bad, _ := h.queue(h.reply("1", "bad"))
	good, _ := h.queue(h.reply("2", "good"))
	h.drain()
	h.settled(good, club.MessageSent, 1, true)
	if m := h.message(bad); m.Status != club.MessageFailed {
		t.Errorf("the rejected text is %s", m.Status)
	}
}
