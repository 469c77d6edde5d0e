package learn_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"clubos/internal/act"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/notify"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

// awoken is the memory as it is after a start: it keeps nothing of what was read before.
func (h *house) awoken() *learn.Memory {
	h.T.Helper()
	log := slog.New(slog.DiscardHandler)
	return learn.New(learn.Config{Ring: vaulttest.Ring(h.T), Log: log, Values: act.Values,
		Notifier: notify.New(notify.Config{Log: log, Posters: func(club.Slug) (notify.Poster, bool) { return nil, false }})})
}

// beside puts what else was weighed into a decision's evidence.
func (h *house) beside(dec store.Decision, e club.Evidence) {
	h.T.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		h.T.Fatal(err)
	}
	storetest.Exec(h.T, h.Tenant, "UPDATE decisions SET evidence = $2 WHERE id = $1", dec.ID.String(), string(body))
}

// candidate is a procedure that was weighed.
func (h *house) candidate(slug string) club.Candidate {
	return club.Candidate{SOP: h.SOPs[slug], SOPVersion: 1, Title: slug, Confidence: 0.3, Score: 0.3}
}

// answers is a person's own answer in the thread.
func (h *house) answers(words string) func(context.Context, *store.Tx, *learn.Memory) error {
	r := learn.Reply{Thread: h.Thread, By: opal, Words: words}
	return func(ctx context.Context, tx *store.Tx, m *learn.Memory) error { return m.Teach(ctx, tx, h.Keys, r) }
}

// closes is a person who closes the thread.
func (h *house) closes() func(context.Context, *store.Tx, *learn.Memory) error {
	return func(ctx context.Context, tx *store.Tx, m *learn.Memory) error {
		return m.TeachClosed(ctx, tx, h.Keys, h.Thread, opal)
	}
}

func (h *house) settings() (s setting.Settings) {
	h.T.Helper()
	h.Read(func(tx *store.Tx) (err error) { s, err = setting.Load(h.T.Context(), tx); return err })
	return s
}

func TestNoFailureOfTheDatabaseWhileLearningIsKeptQuiet(t *testing.T) {
	t.Parallel()
	type operation = func(context.Context, *store.Tx, *learn.Memory) error
	for name, prepare := range map[string]func(*house) operation{
		"an answer founds a lesson": func(h *house) operation {
			h.Teach("may I bring my dog", "Dogs are welcome.", "usr_oscar")
			h.ByHand(h.undecided(learn.RuleNoMatch, h.candidate("wifi")), "reset_audio")
			return h.answers("The sound is back, have a good round.")
		},
		"an answer joins a lesson": func(h *house) operation {
			h.Teach("may I bring my dog", "Dogs are welcome.", "usr_oscar")
			h.undecided(learn.RuleNoMatch)
			return h.answers("Dogs are welcome.")
		},
		"an answer joins a procedure": func(h *house) operation {
			h.Decide("frozen", h.Bays[0], club.TierSuggest)
			h.ByHand(h.undecided(learn.RuleNoMatch, h.candidate("wifi"), h.candidate("frozen")), "reboot_pc")
			return h.answers("I have seen to it, have a good round.")
		},
		"an answer in other words than a procedure's": func(h *house) operation {
			d := h.Decide("wifi", h.Bays[0], club.TierApprove)
			h.beside(d, club.Evidence{Text: "t", Candidates: []club.Candidate{h.candidate("wifi"), h.candidate("frozen")}})
			h.Override(d, "replied", "usr_opal", "It is coming back.")
			return h.answers("It is coming back.")
		},
		"an answer after declining": func(h *house) operation {
			h.Override(h.Decide("wifi", h.Bays[0], club.TierApprove), "rejected", "usr_opal", "")
			return h.answers("Please ask at the counter.")
		},
		"the same answer after declining": func(h *house) operation {
			h.Override(h.Decide("wifi", h.Bays[0], club.TierApprove), "rejected", "usr_opal", "")
			return h.answers("It is on the board!")
		},
		"closing founds a lesson": func(h *house) operation {
			h.report(club.EventDeviceOffline, club.DevicePC, 1)
			h.Decide("frozen", h.Bays[0], club.TierApprove)
			return h.closes()
		},
		"closing joins a lesson": func(h *house) operation {
			h.report(club.EventDeviceOffline, club.DevicePC, 1)
			h.undecided(learn.RuleNoMatch)
			if err := h.close(opal); err != nil {
				h.T.Fatal(err)
			}
			h.report(club.EventDeviceOffline, club.DevicePC, 1)
			h.undecided(learn.RuleNoMatch)
			return h.closes()
		},
		"closing after a lesson said that nothing is done": func(h *house) operation {
			h.report(club.EventDeviceOffline, club.DevicePC, 1)
			h.undecided(learn.RuleNoMatch)
			if err := h.close(opal); err != nil {
				h.T.Fatal(err)
			}
			about, err := learn.PlanOf(h.Lessons()[0])
			if err != nil {
				h.T.Fatal(err)
			}
			h.report(club.EventDeviceOffline, club.DevicePC, 1)
			d := h.Took(about, "Its pc", "its pc", club.TierApprove, &club.Course{})
			storetest.Exec(h.T, h.Tenant, `UPDATE decisions SET steps = '{"steps":[{"action":"reset_audio"}]}' WHERE id = $1`, d.ID.String())
			return h.closes()
		},
		"what acts alone is noted and drawn": func(h *house) operation {
			d, s := h.Decide("wifi", h.Bays[0], club.TierAuto), h.settings()
			s.ReviewShare = 1
			return func(ctx context.Context, tx *store.Tx, m *learn.Memory) error {
				return m.NoteAlone(ctx, tx, s, d, learn.Alone{Tier: club.TierAuto, Allowed: true})
			}
		},
		"what a person said instead": func(h *house) operation {
			d := h.Decide("wifi", h.Bays[0], club.TierApprove)
			h.Override(d, "took_over", "usr_opal", "")
			h.Override(d, "replied", "usr_opal", "Please ask at the counter.")
			return func(ctx context.Context, tx *store.Tx, _ *learn.Memory) error {
				_, _, err := learn.Answered(ctx, tx, h.Keys, d)
				return err
			}
		},
		"a decision's story": func(h *house) operation {
			h.Propose(h.Decide("frozen", h.Bays[0], club.TierApprove), club.ProposalApproved, "usr_opal")
			h.Judge()
			d, s := h.Decide("frozen", h.Bays[0], club.TierApprove), h.settings()
			return func(ctx context.Context, tx *store.Tx, m *learn.Memory) error {
				_, _, err := m.Story(ctx, tx, s, d, func(club.LocationID) bool { return true })
				return err
			}
		},
		"what the record says of matches": func(h *house) operation {
			if err := h.answer(learn.Review{Decision: h.reviewed("wifi").ID, By: operator("usr_opal"), Right: true}); err != nil {
				h.T.Fatal(err)
			}
			s := h.settings()
			return func(ctx context.Context, tx *store.Tx, m *learn.Memory) error {
				_, err := m.Calibration(ctx, tx, s, "")
				return err
			}
		},
		"how procedures fared": func(h *house) operation {
			h.Decide("wifi", h.Bays[0], club.TierApprove)
			return func(ctx context.Context, tx *store.Tx, m *learn.Memory) error {
				_, err := m.Effects(ctx, tx, &knowledge.Set{}, nil, identity.Principal{}.LocationScope())
				return err
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			op := prepare(h)
			h.Clock.Advance(time.Minute)
			storetest.EachFailure(t, h.Tenant, func(ctx context.Context, tx *store.Tx) error { return op(ctx, tx, h.awoken()) })
		})
	}
}

func TestNoFailureOfTheDatabaseWhileJudgingIsKeptQuietOrLeavesSomethingBehind(t *testing.T) {
	t.Parallel()
	demote := func(h *house) { storetest.Exec(h.T, h.Tenant, "UPDATE decision_patterns SET earned = 'auto'") } // more than the outcome leaves
	wouldAlone := func(h *house, d store.Decision) {
		h.Alone(d, 1, learn.Alone{Tier: club.TierAuto, ActionClass: "words"})
	}
	for name, prepare := range map[string]func(*house) store.Decision{
		"approved": func(h *house) store.Decision {
			d := h.Decide("wifi", h.Bays[0], club.TierApprove)
			wouldAlone(h, d)
			h.Propose(d, club.ProposalApproved, "usr_opal")
			demote(h)
			return d
		},
		"another outcome than was known": func(h *house) store.Decision {
			d := h.Decide("frozen", h.Bays[0], club.TierApprove)
			h.Propose(d, club.ProposalApproved, "usr_opal")
			h.Judge()
			h.Execute(d, club.OutcomeTimeout, "[]")
			demote(h)
			return d
		},
		"answered in words that do not tell": func(h *house) store.Decision {
			d := h.Decide("wifi", h.Bays[0], club.TierApprove)
			h.beside(d, club.Evidence{Text: "t", Candidates: []club.Candidate{h.candidate("wifi"), h.candidate("frozen")}})
			wouldAlone(h, d)
			h.Propose(d, club.ProposalStale, "")
			h.Override(d, "replied", "usr_opal", "We have none today, sorry!")
			return d
		},
		"answered, and something else done": func(h *house) store.Decision {
			d := h.Decide("frozen", h.Bays[0], club.TierApprove)
			wouldAlone(h, d)
			h.Propose(d, club.ProposalRejected, "usr_opal")
			h.Override(d, "rejected", "usr_opal", "")
			h.Override(d, "replied", "usr_opal", "It is on the board.")
			h.ByHand(d, "reset_audio")
			return d
		},
		"taught": func(h *house) store.Decision {
			h.Teach("may I bring my dog", "Dogs are welcome.", "usr_oscar")
			d := h.undecided(learn.RuleNoMatch, h.candidate("wifi"))
			h.Write(func(tx *store.Tx) error { return h.answers("Dogs are welcome.")(h.T.Context(), tx, h.Memory) })
			return d
		},
		"declined, and taught": func(h *house) store.Decision {
			d := h.Decide("wifi", h.Bays[0], club.TierApprove)
			h.Propose(d, club.ProposalRejected, "usr_opal")
			h.Override(d, "rejected", "usr_opal", "")
			h.Write(func(tx *store.Tx) error {
				return h.answers("Please ask at the counter.")(h.T.Context(), tx, h.Memory)
			})
			return d
		},
		"reviewed": func(h *house) store.Decision {
			d := h.reviewed("wifi")
			h.Propose(d, club.ProposalExecuted, "usr_opal")
			h.Write(func(tx *store.Tx) error {
				_, err := h.Memory.Answer(h.T.Context(), tx, h.Keys, learn.Review{Decision: d.ID, By: operator("usr_opal"), Right: true})
				return err
			})
			storetest.Exec(h.T, h.Tenant, "UPDATE decision_truths SET good = 'no'")
			return d
		},
		"reported, and something else done by hand": func(h *house) store.Decision {
			s := h.report(club.EventDeviceOffline, club.DevicePC, 1)
			d := h.Decide("frozen", h.Bays[0], club.TierApprove)
			wouldAlone(h, d)
			h.ByHand(d, "reset_audio")
			h.over(s, d)
			return d
		},
		"reported, done by hand, and learned": func(h *house) store.Decision {
			h.Decide("wifi", h.Bays[0], club.TierApprove)
			s := h.report(club.EventDeviceOffline, club.DevicePC, 1)
			d := h.undecided(learn.RuleNoMatch)
			h.ByHand(d, "reset_audio")
			h.over(s, d)
			return d
		},
		"reported, and closed": func(h *house) store.Decision {
			h.report(club.EventDeviceOffline, club.DevicePC, 1)
			d := h.Decide("frozen", h.Bays[0], club.TierApprove)
			h.Override(d, "took_over", "usr_opal", "")
			if err := h.close(opal); err != nil {
				h.T.Fatal(err)
			}
			return d
		},
		"reported, and a day of silence": func(h *house) store.Decision {
			h.report(club.EventDeviceOffline, club.DevicePC, 1)
			d := h.Decide("frozen", h.Bays[0], club.TierApprove)
			h.Run(d, "done")
			h.Clock.Advance(25 * time.Hour)
			return d
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			d := prepare(h)
			before, known := h.Changes(), h.truths()
			storetest.EachFailureOf(t, func(ctx context.Context) error {
				return h.awoken().Judge(ctx, h.Tenant, learn.ConsiderJob{Decision: d.ID})
			}, func() {
				if n, k := h.Changes(), h.truths(); n != before || k != known {
					t.Errorf("half of a judgement stayed: %d changes, %d truths", n-before, k-known)
				}
			})
		})
	}
}

// truths counts what is known of decisions.
func (h *house) truths() int {
	h.T.Helper()
	return storetest.Count(h.T, h.Tenant, "SELECT COUNT(*) FROM decision_truths WHERE good = 'yes' OR fits <> ''")
}
