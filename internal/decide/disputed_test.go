package decide_test

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/outbox"
	"clubos/internal/store"
)

// told has ada told of something that was reported of her booking, by a person who approves it, and returns the
// decision whose words she got.
func (h *house) told(code club.EventCode, words string) store.Decision {
	h.t.Helper()
	h.learn(strings.NewReplacer("access.denied", string(code), "category: access", "category: booking", "Hi {{member_first_name|there}}, trouble at the door of {{bay}}? Just answer here.", words).Replace(asks))
	th := h.aboutBooking(code, 2)
	dec, _ := h.decision(th.ID)
	if err := h.decider.Approve(h.t.Context(), h.tenant, operator("usr_opal"), h.proposal(th.ID).ID, nil, decide.Why{}); err != nil {
		h.t.Fatal(err)
	}
	h.write(func(tx *store.Tx) error { // the run's step
		_, _, err := outbox.Queue(h.t.Context(), tx, h.keys, outbox.Reply{Thread: h.thread(th.ID), Text: "as approved", Author: club.AuthorMachine, By: club.System("act"),
			Decision: dec.ID, DedupKey: "run:" + dec.ID.String(), To: dec.SubjectID})
		return err
	})
	jobstest.Work(h.t, h.cluster, h.tenant, h.memory.Judge)
	return dec
}

func TestAHolderWhoSaysThatItIsNotSoCountsAgainstTheWordsTheyGot(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		code  club.EventCode
		words string
		says  string
		after time.Duration
		want  string // what came of the decision then
	}{
		{"they are there", club.EventBookingNoShow, "We missed you in {{bay}}.", "no, that's wrong, I am here", time.Minute, "reopened"},
		{"they never booked", club.EventBookingChanged, "Your booking of {{bay}} was changed.", "I never booked that", 5 * time.Hour, "reopened"},
		{"they are at the door and say so", club.EventAccessDenied, "Trouble at the door of {{bay}}?", "yes, I am here, still locked", time.Minute, "approved"},
		{"they answer the question", club.EventAccessDenied, "Trouble at the door of {{bay}}?", "nope, all in order by now", time.Minute, "approved"},
		{"they thank", club.EventBookingChanged, "Your booking of {{bay}} was changed.", "great, thank you", time.Minute, "approved"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			dec := h.told(tc.code, tc.words)
			h.clock.Advance(tc.after)
			th := h.hear(ada, tc.says)
			jobstest.Work(t, h.cluster, h.tenant, h.memory.Judge)
			if n := h.count("pattern_outcomes WHERE decision_id = $1 AND source = $2", dec.ID, tc.want); n != 1 {
				t.Errorf("%d outcomes are %s", n, tc.want)
			}
			d, e := h.decision(th.ID)
			refuted := tc.want == "reopened"
			if (e.Refutes == dec.ID) != refuted || d.ThreadID == dec.ThreadID {
				t.Errorf("%s refutes %q", d.Title, e.Refutes)
			}
			why := strings.Contains(d.Evidence, "is not so")
			if n := h.count("messages WHERE thread_id = $1 AND masked LIKE '%this is not so%'", dec.ThreadID); why != refuted || (n == 1) != refuted {
				t.Errorf("people can read why: %v, %d notes", why, n)
			}
		})
	}
}

func TestWhatIsSaidAfterAColleaguesOwnWordsRefutesNoEarlierOnes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dec := h.told(club.EventBookingNoShow, "We missed you in {{bay}}.")
	conv := h.conversation()
	if err := h.replies(conv, "usr_opal", "Shall we move you to Bay 9?"); err != nil {
		t.Fatal(err)
	}
	h.settle()
	h.clock.Advance(5 * time.Hour) // the machine answers again
	if _, e := h.decision(h.hear(ada, "that is not my booking").ID); !e.Refutes.IsZero() {
		t.Errorf("refutes %s, want none (%s was followed by a person's words)", e.Refutes, dec.ID)
	}
}
