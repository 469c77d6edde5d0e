package desk_test

import (
	"context"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

// state is what an act may have changed.
func (h *house) state() [6]int {
	return [6]int{h.count("SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM threads"), h.count("SELECT COUNT(*) FROM audit_entries"), h.count("SELECT COUNT(*) FROM messages"),
		h.count("SELECT COUNT(*) FROM notifications"), h.count("SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM tickets"), h.count("SELECT COUNT(*) FROM proposals WHERE status = 'open'")}
}

func TestActThatIsCutOffAnywhereLeavesNothingAndCanBeDoneAgain(t *testing.T) {
	t.Parallel()
	ready := func(h *house) store.Thread { // an escalated thread with everything that can hang on it
		th := h.thread(h.a, "bay 3 froze")
		h.write(func(tx *store.Tx) (err error) {
			th.BayID = h.bay
			th, err = thread.Save(t.Context(), tx, th)
			return err
		})
		th = h.escalate(th, desk.Reason{Text: "x"})
		h.propose(th, club.TierApprove, nil)
		return th
	}
	for name, prepare := range map[string]func(h *house) func(context.Context) error{
		"escalate": func(h *house) func(context.Context) error {
			th := ready(h)
			high := club.PriorityHigh
			return func(ctx context.Context) error {
				return h.tenant.Write(ctx, func(tx *store.Tx) error {
					_, err := h.desk.Escalate(ctx, tx, th, desk.Reason{Text: "y", TellMember: true, Priority: &high})
					return err
				})
			}
		},
		"escalate first": func(h *house) func(context.Context) error {
			th := h.thread(h.a, "bay 3 froze")
			return func(ctx context.Context) error {
				_, err := h.desk.EscalateByHand(ctx, h.tenant, h.ann, th.ID, "y", nil)
				return err
			}
		},
		"claim": func(h *house) func(context.Context) error {
			th := ready(h)
			return func(ctx context.Context) error {
				_, err := h.desk.Claim(ctx, h.tenant, h.ann, th.ID)
				return err
			}
		},
		"assign": func(h *house) func(context.Context) error {
			th := ready(h)
			return func(ctx context.Context) error {
				_, err := h.desk.Assign(ctx, h.tenant, h.ann, th.ID, h.bob.UserID)
				return err
			}
		},
		"acknowledge": func(h *house) func(context.Context) error {
			th := ready(h)
			return func(ctx context.Context) error { return h.desk.Acknowledge(ctx, h.tenant, h.ann, th.ID) }
		},
		"reply": func(h *house) func(context.Context) error {
			th := ready(h)
			return func(ctx context.Context) error {
				_, err := h.desk.Reply(ctx, h.tenant, h.ann, th.ID, "hello", "k", desk.Seen{})
				return err
			}
		},
		"note": func(h *house) func(context.Context) error {
			th := ready(h)
			return func(ctx context.Context) error {
				_, err := h.desk.Note(ctx, h.tenant, h.ann, th.ID, "hello", "k")
				return err
			}
		},
		"resolve": func(h *house) func(context.Context) error {
			th := ready(h)
			return func(ctx context.Context) error {
				_, err := h.desk.Resolve(ctx, h.tenant, h.ann, th.ID, desk.Seen{})
				return err
			}
		},
		"hand back": func(h *house) func(context.Context) error {
			th := ready(h)
			return func(ctx context.Context) error {
				_, err := h.desk.HandBack(ctx, h.tenant, h.ann, th.ID, desk.Seen{})
				return err
			}
		},
		"merge": func(h *house) func(context.Context) error {
			from, into := ready(h), h.thread(h.a, "hello")
			return func(ctx context.Context) error {
				_, err := h.desk.Merge(ctx, h.tenant, h.ann, from.ID, into.ID, desk.Seen{})
				return err
			}
		},
		"merge a waiting thread": func(h *house) func(context.Context) error {
			from, into := h.thread(h.a, "hello"), h.thread(h.a, "hello")
			return func(ctx context.Context) error {
				_, err := h.desk.Merge(ctx, h.tenant, h.ann, from.ID, into.ID, desk.Seen{})
				return err
			}
		},
		"mark read": func(h *house) func(context.Context) error {
			th, seen := h.text(ready(h), "more")
			return func(ctx context.Context) error { return h.desk.MarkRead(ctx, h.tenant, h.ann, th.ID, seen) }
		},
		"create ticket": func(h *house) func(context.Context) error {
			th := ready(h)
			return func(ctx context.Context) error {
				_, err := h.desk.CreateTicket(ctx, h.tenant, h.ann, desk.NewTicket{Template: "access", Thread: th.ID, AssignedTo: h.bob.UserID, DedupKey: "k"})
				return err
			}
		},
		"update ticket": func(h *house) func(context.Context) error {
			th := ready(h)
			tk := h.ticket(desk.NewTicket{Thread: th.ID})
			title, text, high, done := "t", "d", club.PriorityHigh, club.TicketResolved
			return func(ctx context.Context) error {
				_, err := h.desk.UpdateTicket(ctx, h.tenant, h.ann, tk.ID, desk.TicketChange{Title: &title, Description: &text, Priority: &high, Status: &done, Location: &h.b, AssignedTo: &h.bob.UserID})
				return err
			}
		},
		"comment": func(h *house) func(context.Context) error {
			tk := h.ticket(desk.NewTicket{})
			return func(ctx context.Context) error { return h.desk.CommentTicket(ctx, h.tenant, h.ann, tk.ID, "x") }
		},
		"remind": func(h *house) func(context.Context) error {
			ready(h)
			job := jobstest.Pending[desk.EscalationDue](t, h.cluster, h.tenant)[0]
			h.clock.Advance(time.Hour)
			return func(ctx context.Context) error { return h.desk.Remind(ctx, h.tenant, job) }
		},
		"end silence": func(h *house) func(context.Context) error {
			th := ready(h)
			if _, err := h.desk.Reply(t.Context(), h.tenant, h.ann, th.ID, "hello", "k", desk.Seen{}); err != nil {
				t.Error(err)
			}
			job := jobstest.Pending[desk.SilenceOver](t, h.cluster, h.tenant)[0]
			h.clock.Advance(5 * time.Hour)
			return func(ctx context.Context) error { return h.desk.EndSilence(ctx, h.tenant, job) }
		},
		"warn": func(h *house) func(context.Context) error {
			h.ticket(desk.NewTicket{Location: h.a, Bay: h.bay})
			job := jobstest.Pending[desk.TicketSLA](t, h.cluster, h.tenant)[0]
			h.clock.Advance(20 * time.Hour)
			return func(ctx context.Context) error { return h.desk.Warn(ctx, h.tenant, job) }
		},
		"sweep": func(h *house) func(context.Context) error {
			h.thread(h.a, "hello")
			h.clock.Advance(time.Hour)
			return func(ctx context.Context) error { return h.desk.Sweep(ctx, h.tenant) }
		},
		"read": func(h *house) func(context.Context) error {
			th := ready(h)
			tk := h.ticket(desk.NewTicket{Thread: th.ID})
			return func(ctx context.Context) error {
				return h.tenant.Read(ctx, func(tx *store.Tx) error {
					_, err := h.desk.FindThreadDetail(ctx, tx, h.ann, th.ID)
					if err != nil {
						return err
					}
					if _, _, err = h.desk.FindThreads(ctx, tx, h.ann, desk.Filter{Query: memberPhone}); err != nil {
						return err
					}
					if _, err = h.desk.CountThreads(ctx, tx, h.ann, ""); err != nil {
						return err
					}
					if _, err = h.desk.FindTicketDetail(ctx, tx, h.ann, tk.ID); err != nil {
						return err
					}
					if _, err = h.desk.FindOverdueEscalations(ctx, tx, h.ann); err != nil {
						return err
					}
					_, err = h.desk.FindTicketBoard(ctx, tx, h.ann, desk.TicketFilter{}, 5)
					return err
				})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			act := prepare(h)
			state := h.state
			if name == "sweep" { // it works thread by thread: what it has done stays done
				state = func() [6]int { return [6]int{} }
			}
			cut := storetest.CutOff(t, state, act)
			if cut == 0 {
				t.Error("the act was never cut off")
			}
		})
	}
}

func TestTimersAreRegistered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	registered(h)
}
