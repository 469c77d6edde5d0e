package learn_test

import (
	"encoding/json"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/pattern/module"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

var opal = club.Actor{Kind: club.ActorUser, ID: "usr_opal"}

// report has a device report something, in a thread of its own in which the house goes on.
func (h *house) report(code club.EventCode, device club.DeviceKind, bays int) store.Situation {
	h.T.Helper()
	h.Write(func(tx *store.Tx) (err error) {
		id := club.NewThreadID(tx.Now)
		if err := tx.CreateThread(h.T.Context(), store.CreateThreadParams{ID: id, SubjectID: h.Thread.SubjectID, LocationID: h.Place, BayID: h.Bays[0], Provider: club.EventProvider,
			Status: club.ThreadPending, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
			return err
		}
		h.Thread, err = tx.FindThread(h.T.Context(), id)
		return err
	})
	return h.open(code, device, bays)
}

// open opens a situation in the thread.
func (h *house) open(code club.EventCode, device club.DeviceKind, bays int) (s store.Situation) {
	h.T.Helper()
	h.Clock.Advance(time.Minute)
	h.Write(func(tx *store.Tx) (err error) {
		what := module.Of(code).Event(module.Circumstances{Code: code, Place: "north", Device: device, Bays: bays, Times: 1, Local: tx.Now, Words: "its " + string(device) + " reports " + string(code)})
		id := club.NewSituationID(tx.Now)
		if err := tx.CreateSituation(h.T.Context(), store.CreateSituationParams{ID: id, Domain: string(what.Domain), Code: code, ThreadID: h.Thread.ID, LocationID: h.Place, BayID: h.Bays[0],
			Title: what.Text, Context: what.Encode(), Bays: int64(bays), OpenedAt: tx.Now, CorrelationID: tx.Correlation}); err != nil {
			return err
		}
		s, err = tx.FindSituation(h.T.Context(), id)
		return err
	})
	return s
}

// over ends a situation.
func (h *house) over(s store.Situation, dec store.Decision) {
	h.T.Helper()
	h.Write(func(tx *store.Tx) error {
		learn.Consider(tx, dec.ID)
		_, err := tx.UpdateSituation(h.T.Context(), store.UpdateSituationParams{ID: s.ID, ThreadID: s.ThreadID, BayID: s.BayID, Title: s.Title, Context: s.Context, Bays: s.Bays, LastAt: tx.Now, ClearedAt: &tx.Now})
		return err
	})
}

// close has somebody close the thread, as a colleague does at the desk.
func (h *house) close(by club.Actor) error {
	h.T.Helper()
	h.Clock.Advance(time.Minute)
	return h.Act(func(tx *store.Tx) error {
		if err := h.Memory.TeachClosed(h.T.Context(), tx, h.Keys, h.Thread, by); err != nil {
			return err
		}
		_, err := thread.Apply(h.T.Context(), tx, h.Thread, thread.Move{Event: club.ThreadResolve, By: by, Why: "closed by hand"})
		return err
	})
}

// undecided stores a decision in the thread that follows nothing known, beside what it weighed.
func (h *house) undecided(rule string, weighed ...club.Candidate) (dec store.Decision) {
	h.T.Helper()
	h.Clock.Advance(time.Minute)
	h.Write(func(tx *store.Tx) error {
		evidence, err := json.Marshal(club.Evidence{Text: "its pc reports device.offline", Rule: rule, Candidates: weighed})
		if err != nil {
			return err
		}
		dec = store.Decision{ID: club.NewDecisionID(tx.Now), ThreadID: h.Thread.ID, SubjectID: h.Thread.SubjectID, Kind: "answer", Title: "Reported", EarnedTier: club.TierEscalate, Tier: club.TierAuto,
			Evidence: string(evidence), Steps: `{"steps":[{"ticket":"{{report}}"}]}`, LocationID: h.Place, BayID: h.Bays[0], CorrelationID: tx.Correlation, CreatedAt: tx.Now}
		return tx.CreateDecision(h.T.Context(), store.CreateDecisionParams(dec))
	})
	return dec
}

// deed is an act in the thread that somebody asked for, with how it ended.
func (h *house) deed(dec store.Decision, action club.ActionName, outcome club.Outcome, by string) {
	h.T.Helper()
	h.Clock.Advance(time.Minute)
	h.Write(func(tx *store.Tx) error {
		x := store.CreateExecutionParams{ID: club.NewExecutionID(tx.Now), ThreadID: dec.ThreadID, Action: action, Params: "{}", LocationID: dec.LocationID, BayID: dec.BayID,
			Outcome: outcome, Proofs: "[]", RequestedBy: by, CorrelationID: tx.Correlation, CreatedAt: tx.Now}
		x.IdempotencyKey = x.ID.String()
		if outcome.Final() {
			x.FinishedAt = &tx.Now
		}
		learn.ConsiderDeed(tx, dec.ID)
		_, err := tx.CreateExecution(h.T.Context(), x)
		return err
	})
}

// cameOf counts the outcomes of a decision with a source.
func (h *house) cameOf(dec store.Decision, source string) int {
	h.T.Helper()
	return storetest.Count(h.T, h.Tenant, "SELECT COUNT(*) FROM pattern_outcomes WHERE decision_id = $1 AND source = $2", dec.ID.String(), source)
}

func TestADecisionAboutAReportIsJudgedByHowItWentOnAndWhatPeopleDid(t *testing.T) {
	t.Parallel()
	const offline = club.EventDeviceOffline
	approved := func(h *house, d store.Decision) { h.Propose(d, club.ProposalApproved, "usr_opal") }
	carried := func(h *house, d store.Decision) { approved(h, d); h.Execute(d, club.OutcomeSuccess, "[]") }
	again := func(h *house, after time.Duration, code club.EventCode) {
		h.Clock.Advance(after)
		h.open(code, club.DevicePC, 1)
	}
	for _, tc := range []struct {
		name   string
		code   club.EventCode
		slug   string
		happen func(*house, store.Situation, store.Decision)
		want   string
	}{
		{"nothing yet", offline, "frozen", func(*house, store.Situation, store.Decision) {}, ""},
		{"approved", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) { approved(h, d) }, "approved"},
		{"rejected", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) {
			h.Override(d, "rejected", "usr_opal", "")
			h.Propose(d, club.ProposalRejected, "usr_opal")
		}, "rejected"},
		{"approved, and refused", offline, "frozen", func(h *house, s store.Situation, d store.Decision) {
			approved(h, d)
			h.Execute(d, club.OutcomeRefused, "[]")
			h.over(s, d)
		}, "approved"},
		{"done, and over soon after", offline, "frozen", func(h *house, s store.Situation, d store.Decision) {
			carried(h, d)
			h.Clock.Advance(10 * time.Minute)
			h.over(s, d)
		}, "verified"},
		{"done, and over too late to be its effect", offline, "frozen", func(h *house, s store.Situation, d store.Decision) {
			carried(h, d)
			h.Clock.Advance(module.Soon + time.Minute)
			h.over(s, d)
		}, "approved"},
		{"done unasked, and its end not seen", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) { h.Execute(d, club.OutcomeSuccess, "[]") }, ""},
		{"done, and nothing seen of it", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) { h.Execute(d, club.OutcomeTimeout, "[]") }, "failed"},
		{"done, and reported again", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) {
			carried(h, d)
			again(h, 2*time.Hour, offline)
		}, "reopened"},
		{"done, and something else reported", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) {
			carried(h, d)
			again(h, 2*time.Hour, club.EventDeviceFault)
		}, "approved"},
		{"done, and reported again days later", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) {
			carried(h, d)
			again(h, 50*time.Hour, offline)
		}, "approved"},
		{"the same done by hand", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) { h.ByHand(d, "reboot_pc") }, "approved"},
		{"the same done by hand, and over soon after", offline, "frozen", func(h *house, s store.Situation, d store.Decision) {
			h.ByHand(d, "reboot_pc")
			h.over(s, d)
		}, "verified"},
		{"the same done by hand, and reported again", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) {
			h.ByHand(d, "reboot_pc")
			again(h, time.Hour, offline)
		}, "reopened"},
		{"something else done by hand", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) { h.ByHand(d, "reset_audio") }, "corrected"},
		{"something else done by hand, which failed", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) {
			h.deed(d, "reset_audio", club.OutcomeFailed, "user:usr_opal")
		}, ""},
		{"something else refused", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) {
			h.deed(d, "reset_audio", club.OutcomeRefused, "user:usr_opal")
		}, ""},
		{"something else done by hand after the next decision", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) {
			h.Decide("wifi", h.Bays[0], club.TierApprove)
			h.ByHand(d, "reset_audio")
		}, ""},
		{"closed, and nothing of it done", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) {
			h.Override(d, "took_over", "usr_opal", "")
			if err := h.close(opal); err != nil {
				h.T.Error(err)
			}
		}, "corrected"},
		{"taken over, and open still", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) { h.Override(d, "took_over", "usr_opal", "") }, ""},
		{"over by itself, and then closed", offline, "frozen", func(h *house, s store.Situation, d store.Decision) {
			h.over(s, d)
			h.Override(d, "took_over", "usr_opal", "")
			if err := h.close(opal); err != nil {
				h.T.Error(err)
			}
		}, ""},
		{"of what no end is seen, the second look has to do", club.EventActionFailed, "frozen", func(h *house, _ store.Situation, d store.Decision) { h.Execute(d, club.OutcomeSuccess, "[]") }, "verified"},
		{"a day of silence", offline, "frozen", func(h *house, _ store.Situation, d store.Decision) {
			h.Run(d, "done")
			h.Clock.Advance(25 * time.Hour)
		}, "silent"},
		{"a procedure without acts leaves them to people", offline, "wifi", func(h *house, _ store.Situation, d store.Decision) { h.ByHand(d, "reboot_pc") }, ""},
		{"words to the holder, and closed with nothing said", offline, "wifi", func(h *house, _ store.Situation, d store.Decision) {
			h.Override(d, "took_over", "usr_opal", "")
			if err := h.close(opal); err != nil {
				h.T.Error(err)
			}
		}, "corrected"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			s := h.report(tc.code, club.DevicePC, 1)
			d := h.Decide(tc.slug, h.Bays[0], club.TierApprove)
			tc.happen(h, s, d)
			h.Judge()
			if got := h.Outcome(d); got != tc.want {
				t.Errorf("outcome %q, want %q", got, tc.want)
			}
		})
	}
}
