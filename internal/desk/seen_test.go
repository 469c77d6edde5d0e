package desk_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/notify"
	"clubos/internal/store"
)

// endings are the acts that end a matter, by name.
func endings(h *house, into club.ThreadID) map[string]func(club.ThreadID, desk.Seen) error {
	ctx := h.t.Context()
	return map[string]func(club.ThreadID, desk.Seen) error{
		"resolve": func(id club.ThreadID, s desk.Seen) error {
			_, err := h.desk.Resolve(ctx, h.tenant, h.ann, id, s)
			return err
		},
		"hand back": func(id club.ThreadID, s desk.Seen) error {
			_, err := h.desk.HandBack(ctx, h.tenant, h.ann, id, s)
			return err
		},
		"merge": func(id club.ThreadID, s desk.Seen) error {
			_, err := h.desk.Merge(ctx, h.tenant, h.ann, id, into, s)
			return err
		},
		"resolve by a button": func(id club.ThreadID, s desk.Seen) error {
			return h.desk.ResolveAsSeen(ctx, h.tenant, h.ann, id.String()+" "+s.Message.String())
		},
	}
}

func TestMatterIsNotEndedOverATextThatWasNotSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	into := h.thread(h.a, "another matter")
	for name, end := range endings(h, into.ID) {
		th := h.escalate(h.thread(h.a, "bay 3 froze"), desk.Reason{Text: "x"})
		_, seen := h.text(th, "it is urgent")
		_, unseen := h.text(th, "there is smoke")
		before := h.state()
		err := end(th.ID, desk.Seen{Message: seen})
		if !errors.Is(err, desk.ErrUnseen) || club.CodeOf(err) != club.CodeConflict || club.MessageOf(err) != "another text has arrived: read it first" {
			t.Errorf("%s: %v", name, err)
		}
		if after := h.state(); after != before {
			t.Errorf("%s changed something: %v, was %v", name, after, before)
		}
		if err := end(th.ID, desk.Seen{Message: unseen}); err != nil {
			t.Errorf("%s of what was read: %v", name, err)
		}
	}
}

func TestWhatWasSeenIsAMessageOfThatConversation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, other := h.text(h.thread(h.a, "x"), "y")
	th := h.thread(h.a, "z")
	for _, seen := range []club.MessageID{other, "msg_none", "x y"} {
		_, err := h.desk.Resolve(t.Context(), h.tenant, h.ann, th.ID, desk.Seen{Message: seen})
		want(t, err, club.CodeNotFound)
	}
}

func TestVersionThatWasReadStandsForWhatWasSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "bay 3 froze")
	moved, _ := h.text(th, "hello?")
	if _, err := h.desk.Resolve(t.Context(), h.tenant, h.ann, th.ID, desk.Seen{Version: th.Version}); !errors.Is(err, desk.ErrMoved) {
		t.Errorf("an old version: %v", err)
	}
	if _, err := h.desk.Resolve(t.Context(), h.tenant, h.ann, th.ID, desk.Seen{Version: moved.Version}); err != nil {
		t.Errorf("the present version: %v", err)
	}
}

// A text that comes while somebody closes the thread either is there first, and nothing is closed, or
// comes to a closed thread and opens it. It is never closed unread.
func TestTextInTheInstantOfClosingIsNeverLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 10 {
		th, seen := h.text(h.thread(h.a, "bay 3 froze"), "hello?")
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = h.desk.Resolve(context.Background(), h.tenant, h.ann, th.ID, desk.Seen{Message: seen}) })
		wg.Go(func() { h.textUntilIn(th, "wait, there is smoke") })
		wg.Wait()
		got := h.find(th.ID)
		handled := h.count("SELECT COUNT(*) FROM messages WHERE thread_id = $1 AND masked LIKE 'wait%' AND handled_at IS NOT NULL", th.ID.String())
		if handled != 0 && got.Status == club.ThreadResolved {
			t.Fatalf("the text was closed unread: thread %s", got.Status)
		}
		if got.Status != club.ThreadPending && handled == 0 {
			t.Fatalf("the text waits in a thread that is %s", got.Status)
		}
	}
}

func TestReplyLeavesATextThatWasNotSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "bay 3 froze")
	_, seen := h.text(th, "anybody?")
	h.propose(th, club.TierApprove, nil)
	h.clock.Advance(time.Second)
	_, unseen := h.text(th, "there is smoke")
	came := h.clock.Now()
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "on our way", "k", desk.Seen{Message: seen}); err != nil {
		t.Fatal(err)
	}
	got := h.find(th.ID)
	if got.Status != club.ThreadManualOverride || got.WaitingSince == nil || !got.WaitingSince.Equal(came) {
		t.Errorf("thread %s, waiting since %v", got.Status, got.WaitingSince)
	}
	if h.count("SELECT COUNT(*) FROM messages WHERE direction = 'in' AND handled_at IS NULL") != 1 || h.count("SELECT COUNT(*) FROM messages WHERE id = $1 AND handled_at IS NULL", unseen.String()) != 1 {
		t.Error("not just the text that was not seen is left")
	}
	if h.count("SELECT COUNT(*) FROM messages WHERE direction = 'out' AND status = 'queued'") != 1 || h.count("SELECT COUNT(*) FROM overrides") != 1 {
		t.Error("the reply was not sent, or what it stands in for is not remembered")
	}
}

// What was proposed about a text that the person had not seen is withdrawn, and is no lesson.
func TestReplyIsNoLessonAboutATextThatWasNotSeen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "thanks")
	_, seen := h.text(th, "great place")
	h.text(th, "oh, and bay 3 froze")
	h.propose(th, club.TierApprove, nil)
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "you are welcome", "k", desk.Seen{Message: seen}); err != nil {
		t.Fatal(err)
	}
	if h.count("SELECT COUNT(*) FROM overrides") != 0 || h.count("SELECT COUNT(*) FROM proposals WHERE status = 'superseded'") != 1 {
		t.Error("the reply counts as a correction of what the person has not seen")
	}
}

func TestPostOfATakenMatterCanCloseItAsFarAsItShows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.escalate(h.thread(h.a, "bay 3 froze"), desk.Reason{Text: "x"})
	if _, err := h.desk.Claim(t.Context(), h.tenant, h.ann, th.ID); err != nil {
		t.Fatal(err)
	}
	var n notify.Note
	h.read(func(tx *store.Tx) (err error) { n, err = h.desk.NoteOf(t.Context(), tx, th.ID); return err })
	if len(n.Buttons) != 1 || n.Buttons[0].Action != "resolve" || !strings.HasPrefix(n.Buttons[0].Value, th.ID.String()+" msg_") {
		t.Fatalf("buttons %+v", n.Buttons)
	}
	h.text(th, "now it burns")
	want(t, h.desk.ResolveAsSeen(t.Context(), h.tenant, h.ann, n.Buttons[0].Value), club.CodeConflict)
}

func TestMergeLetsTheMachineReadWhatWaitedForApproval(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	from, into := h.thread(h.a, "bay 3 froze"), h.thread(h.a, "wifi?")
	for _, th := range []store.Thread{from, into} {
		h.taken(th)
		h.propose(th, club.TierApprove, nil)
	}
	got, err := h.desk.Merge(t.Context(), h.tenant, h.ann, from.ID, into.ID, desk.Seen{})
	if err != nil || got.Status != club.ThreadPending || got.WaitingSince == nil {
		t.Fatalf("thread %s, %v", got.Status, err)
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE thread_id = $1 AND direction = 'in' AND handled_at IS NULL", into.ID.String()); n != 2 || advances(h) != 1 {
		t.Errorf("%d texts to read, %d jobs", n, advances(h))
	}
	if h.count("SELECT COUNT(*) FROM proposals WHERE status = 'open'") != 0 {
		t.Error("a proposal about half of the matter is open")
	}
}

func TestMergeReopensNothingThatWasAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	into := h.thread(h.a, "wifi?")
	h.clock.Advance(time.Second)
	if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, into.ID, "on the wall", "k", desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk.Resolve(t.Context(), h.tenant, h.ann, into.ID, desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	from := h.thread(h.a, "bay 3 froze")
	h.taken(from)
	if _, err := h.desk.Merge(t.Context(), h.tenant, h.ann, from.ID, into.ID, desk.Seen{}); err != nil {
		t.Fatal(err)
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'in' AND handled_at IS NULL AND masked = 'bay 3 froze'"); n != 1 || advances(h) != 1 {
		t.Errorf("the waiting text is not to be read: %d, %d jobs", n, advances(h))
	}
	if n := h.count("SELECT COUNT(*) FROM messages WHERE direction = 'in' AND handled_at IS NULL"); n != 1 {
		t.Errorf("%d texts to read, one waited", n)
	}
}
