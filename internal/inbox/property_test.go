package inbox_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// TestAnyInterleavingStoresEachTextOnceInOrder lets texts, their repetitions, the machine, operators
// and time follow one another at random, and compares what is stored with a model.
func TestAnyInterleavingStoresEachTextOnceInOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		senders := []string{fmt.Sprintf("+1415556%04d", 2*round), fmt.Sprintf("+1415556%04d", 2*round+1)}
		stored := map[string][]club.MessageID{} // by sender
		latest := map[string]club.ThreadID{}
		var sent []club.Delivery
		var first []inbox.Result
		rt.Repeat(map[string]func(*rapid.T){
			"text": func(rt *rapid.T) {
				from := rapid.SampledFrom(senders).Draw(rt, "from")
				d := text(from, rapid.SampledFrom([]string{"yes", "yes", "hello?", "", "fire!", "STOP", "👍"}).Draw(rt, "words"))
				before, had := latest[from]
				var was store.Thread
				if had {
					was = h.thread(before)
				}
				r := h.deliver(d)
				if r.Duplicate {
					rt.Fatal("a first delivery is called a repetition")
				}
				th := h.thread(r.Thread)
				if th.Status.Settled() || th.WaitingSince == nil || th.Unread < 1 {
					rt.Fatalf("after a text the thread is %s, %d unread, waiting since %v", th.Status, th.Unread, th.WaitingSince)
				}
				if had && !was.Status.Settled() && r.Thread != before {
					rt.Fatalf("a text left a thread that is %s", was.Status)
				}
				if had && was.Status.HeldByPeople() && th.Status != was.Status {
					rt.Fatalf("a text took a thread from %s to %s", was.Status, th.Status)
				}
				sent, first, stored[from], latest[from] = append(sent, d), append(first, r), append(stored[from], r.Message), r.Thread
			},
			"repetition": func(rt *rapid.T) {
				if len(sent) == 0 {
					rt.Skip()
				}
				i := rapid.IntRange(0, len(sent)-1).Draw(rt, "which")
				if r := h.deliver(sent[i]); !r.Duplicate || r.Message != first[i].Message {
					rt.Fatalf("a repetition gave %+v, the first %+v", r, first[i])
				}
			},
			"others": func(rt *rapid.T) {
				id, ok := latest[rapid.SampledFrom(senders).Draw(rt, "whose")]
				if !ok {
					rt.Skip()
				}
				ev := rapid.SampledFrom(club.ThreadEvents()).Draw(rt, "event")
				if ev == club.ThreadTextIn || ev == club.ThreadMerge {
					rt.Skip()
				}
				_ = h.tenant.Write(t.Context(), func(tx *store.Tx) error {
					th, err := tx.FindThread(t.Context(), id)
					if err != nil {
						return err
					}
					_, err = thread.Apply(t.Context(), tx, th, thread.Move{Event: ev, By: club.System("test")})
					return err // an event that is not allowed there changes nothing
				})
			},
			"time": func(rt *rapid.T) {
				h.clock.Advance(time.Duration(rapid.IntRange(1, 500).Draw(rt, "minutes")) * time.Minute)
			},
		})
		for from, want := range stored {
			n := h.count("SELECT COUNT(*) FROM messages m JOIN threads t ON t.id = m.thread_id WHERE t.id = $1 OR t.subject_id = (SELECT subject_id FROM threads WHERE id = $1)", latest[from].String())
			if n != len(want) {
				rt.Fatalf("%d messages of a sender, want %d", n, len(want))
			}
			for i := 1; i < len(want); i++ {
				if want[i] <= want[i-1] {
					rt.Fatalf("ids %s and %s are out of order", want[i-1], want[i])
				}
			}
		}
	})
	if n, m := len(jobstest.Pending[inbox.AdvanceJob](t, h.cluster, h.tenant)), h.count("SELECT COUNT(*) FROM messages"); n != m {
		t.Errorf("%d jobs for %d texts", n, m)
	}
}
