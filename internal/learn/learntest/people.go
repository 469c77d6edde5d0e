package learntest

import (
	"encoding/json"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// Admin may change the memory.
var Admin = identity.Principal{Tenant: "test", Actor: club.Actor{Kind: club.ActorUser, ID: "usr_adam", Name: "Adam"}, Role: club.RoleAdmin, UserID: "usr_adam"}

// What people answer.
const (
	AtCounter = "Yes: at the counter, in any amount."
	ByPost    = "We send them by post within three days, free of charge."
)

// Teach lets a person answer a text that nothing known fits, with all lessons before their eyes.
func (h *House) Teach(text, words, by string) (dec store.Decision) {
	h.T.Helper()
	h.Clock.Advance(time.Minute)
	h.Write(func(tx *store.Tx) error {
		ctx := h.T.Context()
		evidence, err := json.Marshal(club.Evidence{Text: text, Rule: learn.RuleNoMatch})
		if err != nil {
			return err
		}
		dec = store.Decision{ID: club.NewDecisionID(tx.Now), ThreadID: h.Thread.ID, SubjectID: h.Thread.SubjectID, Kind: "escalate", Title: "Nothing known fits", EarnedTier: club.TierEscalate, Tier: club.TierEscalate,
			Evidence: string(evidence), Steps: "{}", LocationID: h.Place, BayID: h.Bays[0], CorrelationID: tx.Correlation, CreatedAt: tx.Now}
		if err := tx.CreateDecision(ctx, store.CreateDecisionParams(dec)); err != nil {
			return err
		}
		known, err := h.Memory.Learned(ctx, tx, h.Keys)
		if err != nil {
			return err
		}
		var weighed []learn.Weighed
		for _, l := range known.List {
			about, err := learn.PlanOf(l)
			if err != nil {
				return err
			}
			weighed = append(weighed, learn.Weighed{Plan: about, Role: learn.RoleWeighed})
		}
		if err := h.Memory.Remember(ctx, tx, dec, weighed); err != nil {
			return err
		}
		return h.Memory.Teach(ctx, tx, h.Keys, learn.Reply{Thread: h.Thread, By: club.Actor{Kind: club.ActorUser, ID: by}, Words: words})
	})
	h.Judge()
	return dec
}

// Lessons are what the club has been taught, by the order in which it was.
func (h *House) Lessons() (list []learn.Lesson) {
	h.T.Helper()
	h.Read(func(tx *store.Tx) error {
		l, err := h.Memory.Learned(h.T.Context(), tx, h.Keys)
		list = l.List
		return err
	})
	return list
}

// PatternOf is the pattern of a procedure.
func (h *House) PatternOf(slug string) store.DecisionPattern {
	h.T.Helper()
	return h.Standing(slug, h.Bays[0]).Pattern
}

// Act runs an act of the memory and returns what it says.
func (h *House) Act(fn func(*store.Tx) error) error {
	h.T.Helper()
	return h.Tenant.Write(h.T.Context(), fn)
}

// Audited counts the audit entries of an action.
func (h *House) Audited(action string) int {
	h.T.Helper()
	return storetest.Count(h.T, h.Tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = '"+action+"'")
}

// Precedents are a pattern's situations, newest first.
func (h *House) Precedents(id club.PatternID) (list []store.Precedent) {
	h.T.Helper()
	h.Read(func(tx *store.Tx) (err error) {
		list, err = tx.FindPrecedentsOfPattern(h.T.Context(), store.FindPrecedentsOfPatternParams{PatternID: id, Limit: 50})
		return err
	})
	return list
}

// TeachAs adds a situation to a lesson that somebody decided by its words.
func (h *House) TeachAs(l learn.Lesson, text, by string) {
	h.T.Helper()
	others := h.Lessons()
	for _, o := range others { // so that the words are taken for this lesson's
		if o.Pattern.ID != l.Pattern.ID {
			h.Write(func(tx *store.Tx) error {
				_, err := h.Memory.Pause(h.T.Context(), tx, ChangeOf(o.Pattern))
				return err
			})
		}
	}
	h.Teach(text, l.Reply, by)
	for _, o := range h.Lessons() {
		if o.Pattern.ID != l.Pattern.ID {
			h.Write(func(tx *store.Tx) error {
				_, err := h.Memory.Resume(h.T.Context(), tx, ChangeOf(o.Pattern))
				return err
			})
		}
	}
}

// Alone records that a decision acts alone, or would, with a share that is reviewed.
func (h *House) Alone(dec store.Decision, share float64, a learn.Alone) {
	h.T.Helper()
	h.Write(func(tx *store.Tx) error {
		s, err := setting.Load(h.T.Context(), tx)
		if err != nil {
			return err
		}
		s.ReviewShare = share
		return h.Memory.NoteAlone(h.T.Context(), tx, s, dec, a)
	})
}

// ByHand is a person's own action in a decision's thread.
func (h *House) ByHand(dec store.Decision, action club.ActionName) {
	h.T.Helper()
	h.Clock.Advance(time.Minute)
	h.Write(func(tx *store.Tx) error {
		id := club.NewExecutionID(tx.Now)
		learn.Consider(tx, dec.ID)
		_, err := tx.CreateExecution(h.T.Context(), store.CreateExecutionParams{ID: id, ThreadID: dec.ThreadID, Action: action, Params: "{}", LocationID: dec.LocationID, BayID: dec.BayID,
			IdempotencyKey: id.String(), Outcome: club.OutcomeSuccess, Proofs: "[]", RequestedBy: "user:usr_opal", CorrelationID: tx.Correlation, CreatedAt: tx.Now, FinishedAt: &tx.Now})
		return err
	})
}

// Breaks trips a breaker as outcomes would.
func (h *House) Breaks(kind, scope string) {
	h.T.Helper()
	h.Write(func(tx *store.Tx) error {
		if err := tx.LockBreaker(h.T.Context(), store.LockBreakerParams{Kind: kind, Scope: scope, Now: tx.Now}); err != nil {
			return err
		}
		return tx.UpdateBreaker(h.T.Context(), store.UpdateBreakerParams{Kind: kind, Scope: scope, TrippedAt: &tx.Now, Reason: "it stopped helping", UpdatedAt: tx.Now})
	})
}

// ChangeOf is what Admin's act on a pattern carries.
func ChangeOf(p store.DecisionPattern) learn.Change {
	return learn.Change{By: Admin, Pattern: p.ID, Version: p.Version, Reason: "call 555-0100-222"}
}

// Took stores a decision of a plan with what it had earned and all that held it.
func (h *House) Took(about learn.Plan, title, text string, earned club.Tier, course *club.Course) (dec store.Decision) {
	h.T.Helper()
	h.Clock.Advance(time.Minute)
	young := h.StandingOf(about, h.Bays[0]).Young
	h.Write(func(tx *store.Tx) error {
		ctx := h.T.Context()
		e := club.Evidence{Text: text, Course: course, Candidates: []club.Candidate{{Pattern: about.Pattern, Title: title}}}
		tier, kind, role := course.Tier(earned), "answer", learn.RoleChosen
		if earned == club.TierEscalate && about.SOP.IsZero() {
			e.Rule, kind, role = learn.RuleLearning, "escalate", learn.RoleWeighed
		}
		evidence, err := json.Marshal(e)
		if err != nil {
			return err
		}
		dec = store.Decision{ID: club.NewDecisionID(tx.Now), ThreadID: h.Thread.ID, SubjectID: h.Thread.SubjectID, Kind: kind, Title: title, SOPID: about.SOP, Confidence: 0.8, EarnedTier: earned, Tier: tier,
			Evidence: string(evidence), Steps: "{}", LocationID: h.Place, BayID: h.Bays[0], CorrelationID: tx.Correlation, CreatedAt: tx.Now}
		if err := tx.CreateDecision(ctx, store.CreateDecisionParams(dec)); err != nil {
			return err
		}
		return h.Memory.Remember(ctx, tx, dec, []learn.Weighed{{Plan: about, Role: role, Score: 0.9, Probability: 0.99, Confidence: 0.8, Young: young}})
	})
	return dec
}

// Twins teaches one answer under two names, with records of two and of one, and returns what has more first.
func (h *House) Twins() (stays, gone store.DecisionPattern) {
	h.T.Helper()
	h.Teach("do you sell vouchers", AtCounter, "usr_opal")
	h.Teach("vouchers for a friend?", AtCounter, "usr_oscar")
	h.Teach("a present for mum", ByPost, "usr_opal")
	h.Write(func(tx *store.Tx) error {
		_, err := h.Memory.Correct(h.T.Context(), tx, h.Keys, ChangeOf(h.Lessons()[1].Pattern), learn.Correction{Title: "Presents", Words: AtCounter})
		return err
	})
	h.TeachAs(h.Lessons()[1], "another present", "usr_tess")
	list := h.Lessons()
	return list[0].Pattern, list[1].Pattern
}

// Changes counts what an act that is undone or fails must not leave behind.
func (h *House) Changes() int {
	h.T.Helper()
	return storetest.Count(h.T, h.Tenant, "SELECT (SELECT COUNT(*) FROM audit_entries) + (SELECT COUNT(*) FROM precedents) + (SELECT COUNT(*) FROM pattern_outcomes) + (SELECT SUM(version) FROM decision_patterns)")
}

// Situated gives a lesson n further situations, as years would.
func (h *House) Situated(id club.PatternID, n int) {
	h.T.Helper()
	h.Write(func(tx *store.Tx) error {
		for i := range n {
			if _, err := tx.CreatePrecedent(h.T.Context(), store.CreatePrecedentParams{ID: club.NewPrecedentID(tx.Now), PatternID: id, Text: fmt.Sprint("voucher ", i), Context: "{}", Actor: "user:usr_opal", At: tx.Now.Add(-time.Duration(i) * time.Hour)}); err != nil {
				return err
			}
		}
		return nil
	})
}
