package decide_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/inbox"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/pattern"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

// situation returns the newest situation of a conversation.
func (h *house) situation(th club.ThreadID) (s store.Situation) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		list, err := tx.FindSituationsOfThread(h.t.Context(), th)
		if err == nil && len(list) == 0 {
			err = errors.New("no situation")
		}
		if err != nil {
			return err
		}
		s = list[0]
		return nil
	})
	return s
}

// occasion gathers what was reported last and returns its conversation, which is not decided on yet.
func (h *house) occasion() (th club.ThreadID) {
	h.t.Helper()
	h.clock.Advance(61 * time.Second)
	jobstest.Work(h.t, h.cluster, h.tenant, h.room().Gather)
	h.read(func(tx *store.Tx) error {
		list, err := tx.FindSituationsAt(h.t.Context(), store.FindSituationsAtParams{LocationID: h.location, Since: tx.Now.Add(-24 * time.Hour), Size: 1})
		if err == nil && len(list) == 0 {
			err = errors.New("no situation")
		}
		if err == nil {
			th = list[0].ThreadID
		}
		return err
	})
	h.clock.Advance(time.Minute)
	return th
}

// cold is the house's decider with nothing in its memory but the matcher.
func (h *house) cold() *decide.Decider { return h.newDecider(matchers()) }

func (h *house) advising(s store.Situation) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error { return h.cold().Advise(ctx, tx, h.keys, s) }
}

// deciding decides on a conversation, on all that nothing has taken up there.
func (h *house) deciding(th club.ThreadID) func(context.Context) error {
	return func(ctx context.Context) error { return h.cold().Advance(ctx, h.tenant, inbox.AdvanceJob{Thread: th}) }
}

// through has a member write by another line of the club, in a conversation of its own.
func (h *house) through(number, words string) club.ThreadID {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		return tx.PutLine(h.t.Context(), store.PutLineParams{Number: number, Provider: "twilio", LocationID: h.location, CreatedAt: tx.Now})
	})
	r, err := h.inbox.Deliver(h.t.Context(), h.tenant, club.Delivery{ID: number, Inbound: &club.Inbound{Provider: "twilio", ProviderMessageID: number, From: ada, To: number, Text: words}}, "twilio")
	if err != nil {
		h.t.Fatal(err)
	}
	return r.Thread
}

// hearing says something and returns what decides on it.
func (h *house) hearing(words string) func(context.Context) error {
	r := h.say(ada, words)
	h.clock.Advance(time.Minute)
	return h.deciding(r.Thread)
}

// recalled has read what the process keeps of what the club knows, so that every run of an operation has the
// same statements.
func (h *house) recalled() {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		if _, err := h.library.Live(h.t.Context(), tx); err != nil {
			return err
		}
		if _, err := h.memory.Learned(h.t.Context(), tx, h.keys); err != nil {
			return err
		}
		s, err := setting.Load(h.t.Context(), tx)
		if err != nil {
			return err
		}
		_, err = h.memory.Calibration(h.t.Context(), tx, s, "")
		return err
	})
}

// withoutNotice makes every statement of an operation fail in its turn: each failure is reported, and none
// leaves anything behind.
func (h *house) withoutNotice(op func(context.Context) error) {
	h.t.Helper()
	h.recalled()
	before := h.state()
	storetest.EachFailureOf(h.t, op, func() {
		h.t.Helper()
		if after := h.state(); after != before {
			before = after
			h.t.Errorf("something was left behind: %v", after)
		}
	})
}

func TestNoFailureOfTheDatabaseIsKeptQuietWhereTextsAreDecidedOn(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*house) func(context.Context) error{
		"a procedure, where much is going on": func(h *house) func(context.Context) error {
			h.set("autonomy.places", []string{"north"})
			h.frontDoor()
			h.book("Bay 3")
			h.hear(ada, "what's the wifi password")
			h.hear(bob, "the screen is frozen")
			for range 2 {
				h.atDoor(club.AccessDenied)
				h.clock.Advance(11 * time.Second)
			}
			h.report(club.EventDeviceFault, 3, "o")
			h.occasion()
			h.settle()
			return h.hearing("bay 3 froze")
		},
		"what nobody knows":        func(h *house) func(context.Context) error { return h.hearing("quixotic zeppelins harmonise") },
		"danger by its procedure":  func(h *house) func(context.Context) error { return h.hearing("puddle under the projector") },
		"a greeting":               func(h *house) func(context.Context) error { return h.hearing("hey") },
		"a door without a booking": func(h *house) func(context.Context) error { return h.hearing("please unlock the door") },
		"a bay named before": func(h *house) func(context.Context) error {
			h.hear(ada, "bay 2 froze")
			return h.hearing("the screen is frozen")
		},
		"an answer": func(h *house) func(context.Context) error {
			h.asked(h.hear(ada, "the screen is frozen").ID, "bay")
			return h.hearing("I'm in 3")
		},
		"thanks, where something is announced": func(h *house) func(context.Context) error {
			h.book("Bay 3")
			h.hear(ada, "the screen is frozen")
			return h.hearing("thanks, it works again!")
		},
		"it did not help": func(h *house) func(context.Context) error {
			h.book("Bay 3")
			th := h.hear(ada, "the screen is frozen")
			h.byHand(th, "", operator("usr_opal").Actor)
			return h.hearing("nope, still not working")
		},
		"STOP, with proposals elsewhere": func(h *house) func(context.Context) error {
			h.book("Bay 3")
			h.through("+14155550102", "what's the wifi password")
			h.through("+14155550103", "the screen is frozen")
			h.settle()
			h.hear(ada, "where can i park")
			return h.hearing("STOP")
		},
		"START, after a call for STOP": func(h *house) func(context.Context) error {
			h.hear(ada, "STOP")
			h.hear(ada, "what's the wifi password")
			return h.hearing("START")
		},
		"danger where people have the thread": func(h *house) func(context.Context) error {
			h.hear(ada, "let me talk to a human please")
			return h.hearing("someone is bleeding")
		},
		"a conversation that goes on in another": func(h *house) func(context.Context) error {
			to := h.hear(ada, "what's the wifi password").ID
			from := h.through("+14155550102", "where can i park")
			h.settle()
			h.write(func(tx *store.Tx) error {
				th, err := tx.FindThread(h.t.Context(), from)
				if err != nil {
					return err
				}
				_, err = thread.Apply(h.t.Context(), tx, th, thread.Move{Event: club.ThreadMerge, By: club.System("test"), MergedInto: to})
				return err
			})
			h.say(ada, "bay 3 froze")
			h.clock.Advance(time.Minute)
			return h.deciding(from)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.permit()
			h.withoutNotice(prepare(h))
		})
	}
}

func TestNoFailureOfTheDatabaseIsKeptQuietWhereReportsAreDecidedOn(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*house) func(context.Context) error{
		"a fault": func(h *house) func(context.Context) error {
			h.set("actions.off", []string{"device"})
			h.report(club.EventDeviceFault, 3, "o")
			return h.deciding(h.occasion())
		},
		"a fault that a member wrote of": func(h *house) func(context.Context) error {
			h.book("Bay 3")
			h.hear(ada, "bay 3 froze")
			h.report(club.EventDeviceFault, 3, "o")
			return h.deciding(h.occasion())
		},
		"a denial of who has booked": func(h *house) func(context.Context) error {
			h.frontDoor()
			h.book("Bay 3")
			for range 3 {
				h.atDoor(club.AccessDenied)
				h.clock.Advance(11 * time.Second)
			}
			return h.deciding(h.occasion())
		},
		"a forced door": func(h *house) func(context.Context) error {
			h.frontDoor()
			h.atDoor(club.AccessForced)
			return h.deciding(h.occasion())
		},
		"what comes back where something is proposed": func(h *house) func(context.Context) error {
			room := h.room()
			h.report(club.EventDeviceFault, 3, "o")
			h.gather(room)
			h.clock.Advance(20 * time.Minute)
			h.report(club.EventDeviceFault, 3, "p")
			return h.deciding(h.occasion())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.withoutNotice(prepare(h))
		})
	}
}

func TestNoFailureOfTheDatabaseIsKeptQuietWhereASituationEndsOrIsLookedUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.report(club.EventDeviceFault, 3, "o")
	h.gather(h.room())
	_, th := h.newest()
	s := h.situation(th.ID)
	what, err := pattern.ParseEvent(s.Context)
	if err != nil {
		t.Fatal(err)
	}
	h.recalled()
	storetest.EachFailure(t, h.tenant, func(ctx context.Context, tx *store.Tx) error { return h.decider.Over(ctx, tx, h.keys, s) })
	storetest.EachFailure(t, h.tenant, func(ctx context.Context, tx *store.Tx) error {
		at, err := tx.FindLocation(ctx, h.location)
		if err != nil {
			return err
		}
		knows, err := h.decider.Knows(ctx, tx, h.keys, at, h.bays[3], what)
		if err == nil && !knows {
			t.Error("a fault that has its procedure is not known")
		}
		return err
	})
	h.write(func(tx *store.Tx) error {
		at, err := tx.FindLocation(t.Context(), h.location)
		if err != nil {
			return err
		}
		if _, err := h.decider.Knows(t.Context(), tx, h.keys, at, "bay_none", what); club.CodeOf(store.Translate(err)) != club.CodeNotFound {
			t.Errorf("a bay that there is not: %v", err)
		}
		return nil
	})
}

func TestALostTextIsReportedAsLostOnlyWhenAPersonWasCalled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.say(ada, "what's the wifi password")
	h.withoutNotice(func(ctx context.Context) error {
		return decide.Lost(h.decider, ctx, h.tenant, inbox.AdvanceJob{Thread: r.Thread}, errors.New("x"))
	})
	if th := h.thread(r.Thread); th.Status != club.ThreadEscalated {
		t.Errorf("the thread is %s", th.Status)
	}
}
