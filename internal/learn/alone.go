package learn

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"clubos/internal/club"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Alone is a decision that the machine takes alone, or would take if it were allowed to.
type Alone struct {
	Tier club.Tier // TierAuto or TierSuggest: before acting alone was switched off
	// Allowed is set where it may act; else people decide, and what they do is compared with it.
	Allowed     bool
	Action      club.ActionName // the first; "" for words only
	ActionClass string          // of the catalogue
}

// Verdicts on what would have been done alone.
const (
	VerdictAgreed    = "agreed"
	VerdictDisagreed = "disagreed"
)

// NoteAlone records a decision that acts alone or would have, with the draw that says whether a person
// looks at it afterwards.
func (m *Memory) NoteAlone(ctx context.Context, tx *store.Tx, s setting.Settings, dec store.Decision, a Alone) error {
	match, err := tx.FindChosenMatch(ctx, dec.ID)
	if err != nil && !missing(err) {
		return fmt.Errorf("find match: %w", err)
	}
	row := store.CreateAloneDecisionParams{DecisionID: dec.ID, ThreadID: dec.ThreadID, PatternID: match.PatternID, LocationID: dec.LocationID, Tier: a.Tier, Allowed: a.Allowed,
		Action: a.Action, ActionClass: a.ActionClass, Draw: Draw(dec.ID), Share: s.ReviewShare, At: dec.CreatedAt}
	if err := tx.CreateAloneDecision(ctx, row); err != nil {
		return fmt.Errorf("record what acts alone: %w", err)
	}
	if a.Allowed && a.Tier == club.TierAuto {
		return m.DoneAlone(ctx, tx, dec.ID)
	}
	return nil
}

// Draw is a number in [0, 1) that belongs to a decision: the same wherever and whenever it is drawn, and
// no different for one decision than for another.
func Draw(id club.DecisionID) float64 {
	sum := sha256.Sum256([]byte("review " + id.String()))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53)
}

// DoneAlone notes that a decision is carried out without a person, and asks for a review if it was drawn.
func (m *Memory) DoneAlone(ctx context.Context, tx *store.Tx, id club.DecisionID) error {
	row, err := tx.FindAloneDecision(ctx, id)
	if missing(err) || err == nil && row.Draw >= row.Share {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find what acts alone: %w", err)
	}
	if err := tx.CreateReview(ctx, store.CreateReviewParams{DecisionID: id, ThreadID: row.ThreadID, LocationID: row.LocationID, Share: row.Share, CreatedAt: tx.Now}); err != nil {
		return fmt.Errorf("ask for a review: %w", err)
	}
	tx.Changed(TopicReview, id.String())
	return nil
}

// judgeAlone compares what would have been done alone with what a person did.
func (m *Memory) judgeAlone(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, later []store.Decision) error {
	row, err := tx.FindAloneDecision(ctx, dec.ID)
	if missing(err) || err == nil && row.Allowed {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find what acts alone: %w", err)
	}
	verdict, because, err := m.compare(ctx, tx, keys, dec, later)
	if err != nil || verdict == row.Verdict && because == row.Because {
		return err
	}
	if err := tx.JudgeAloneDecision(ctx, store.JudgeAloneDecisionParams{DecisionID: dec.ID, Verdict: verdict, Because: because, JudgedAt: &tx.Now}); err != nil {
		return fmt.Errorf("record what a person did: %w", err)
	}
	return nil
}

// compare says whether a person did what would have been done: approved it unchanged in substance, or did
// the same by hand. What nobody decided on, because the member wrote again, says nothing.
func (m *Memory) compare(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, later []store.Decision) (verdict, because string, err error) {
	prop, err := tx.FindProposalOfDecision(ctx, dec.ID)
	if err != nil && !missing(err) {
		return "", "", fmt.Errorf("find proposal: %w", err)
	}
	approved := err == nil && prop.Status == club.ProposalApproved
	overrides, err := tx.FindOverridesOfDecision(ctx, dec.ID)
	if err != nil {
		return "", "", fmt.Errorf("find overrides: %w", err)
	}
	planned, err := actionsOf(dec)
	if err != nil {
		return "", "", err
	}
	done, err := byHand(ctx, tx, dec, later)
	if err != nil {
		return "", "", err
	}
	rejected := false
	for _, o := range overrides {
		switch o.Kind {
		case "rejected":
			rejected = true
		case "edited", "replied":
			source, err := m.substance(ctx, tx, keys, dec, o, later)
			if err != nil {
				return "", "", err
			}
			verdict, because = ofWords(o.Kind, source, planned, done)
			return verdict, because, nil
		}
	}
	switch {
	case approved:
		return VerdictAgreed, "approved unchanged", nil
	case len(done) > 0 && sameActions(planned, done):
		return VerdictAgreed, "the same was done by hand", nil
	case len(done) > 0:
		return VerdictDisagreed, "something else was done by hand", nil
	case rejected:
		return VerdictDisagreed, "rejected", nil
	}
	return "", "", nil
}

// ofWords is the verdict on a person's own words in place of the proposed ones; none where it cannot be told
// whether they are another answer.
func ofWords(kind string, source reliability.Source, planned, done []club.ActionName) (verdict, because string) {
	switch {
	case source == "":
		return "", ""
	case source == reliability.SourceCorrected && kind == "edited":
		return VerdictDisagreed, "changed in substance"
	case source == reliability.SourceCorrected:
		return VerdictDisagreed, "answered otherwise"
	case kind == "edited":
		return VerdictAgreed, "approved in other words"
	case sameActions(planned, done):
		return VerdictAgreed, "answered alike by hand"
	}
	return VerdictDisagreed, "answered alike, but did something else"
}

// byHand lists what people did in the thread after a decision, until the next matter.
func byHand(ctx context.Context, tx *store.Tx, dec store.Decision, later []store.Decision) ([]club.ActionName, error) {
	list, err := deeds(ctx, tx, dec, later)
	return actionsIn(list), err
}

// actionsIn lists the actions of executions, each once.
func actionsIn(list []store.Execution) []club.ActionName {
	var out []club.ActionName
	for _, x := range list {
		if !slices.Contains(out, x.Action) {
			out = append(out, x.Action)
		}
	}
	return out
}

// deeds are the acts by hand of byHand, oldest first.
func deeds(ctx context.Context, tx *store.Tx, dec store.Decision, later []store.Decision) ([]store.Execution, error) {
	list, err := tx.FindExecutionsOfThread(ctx, store.FindExecutionsOfThreadParams{ThreadID: dec.ThreadID, Limit: 20})
	if err != nil {
		return nil, fmt.Errorf("find executions: %w", err)
	}
	until := dec.CreatedAt.Add(silence)
	for _, l := range later {
		if (l.Kind == "answer" || l.Kind == "escalate") && l.CreatedAt.After(dec.CreatedAt) && l.CreatedAt.Before(until) {
			until = l.CreatedAt
		}
	}
	var out []store.Execution
	for _, x := range slices.Backward(list) {
		by, ok := club.ParseActor(x.RequestedBy)
		if ok && by.IsPerson() && x.DecisionID.IsZero() && !x.CreatedAt.Before(dec.CreatedAt) && x.CreatedAt.Before(until) && x.Outcome != club.OutcomeRefused {
			out = append(out, x)
		}
	}
	return out, nil
}

func sameActions(a, b []club.ActionName) bool {
	within := func(a, b []club.ActionName) bool {
		return !slices.ContainsFunc(a, func(x club.ActionName) bool { return !slices.Contains(b, x) })
	}
	return within(a, b) && within(b, a)
}
