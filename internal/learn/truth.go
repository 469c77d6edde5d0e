package learn

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"clubos/internal/club"
	"clubos/internal/pattern/reliability"
	"clubos/internal/store"
)

// Whether something is so; "" is not known.
const (
	yes = "yes"
	no  = "no"
)

// noteTruth records what somebody has said of a decision: whether it was the situation that it was taken
// for, and whether it was right. Of what was carried out alone only the reviews count, for they were drawn
// by chance; what devices and members say of the others would be a choice of its own. Of what people were
// asked about, every answer counts.
func (m *Memory) noteTruth(ctx context.Context, tx *store.Tx, dec store.Decision) error {
	row, ok, err := m.truth(ctx, tx, dec)
	if err != nil || !ok {
		return err
	}
	before, err := tx.FindTruth(ctx, dec.ID)
	if err == nil && before.Fits == row.Fits && before.Good == row.Good && before.Alone == row.Alone && before.Share == row.Share {
		return nil
	}
	if err != nil && !missing(err) {
		return fmt.Errorf("find truth: %w", err)
	}
	if err := tx.PutTruth(ctx, row); err != nil {
		return fmt.Errorf("record truth: %w", err)
	}
	return nil
}

// truth is what is known of a decision; ok is false where nobody has said anything, or where nothing was
// claimed.
func (m *Memory) truth(ctx context.Context, tx *store.Tx, dec store.Decision) (row store.PutTruthParams, ok bool, err error) {
	row = store.PutTruthParams{DecisionID: dec.ID, LocationID: dec.LocationID, Tier: dec.Tier, Share: 1, Confidence: dec.Confidence, At: dec.CreatedAt, UpdatedAt: tx.Now}
	list, err := tx.FindMatches(ctx, dec.ID)
	if err != nil {
		return row, false, fmt.Errorf("find matches: %w", err)
	}
	var chosen, taught store.PatternMatch
	for _, match := range list {
		switch match.Role {
		case RoleChosen:
			chosen = match
		case roleTaught:
			taught = match
		}
	}
	if chosen.PatternID.IsZero() {
		return ofAnswer(row, dec, taught)
	}
	row.PatternID, row.Score, row.Probability = chosen.PatternID, chosen.Score, chosen.Probability
	row.Space = spaceOf(chosen.Model)
	review, err := tx.FindReview(ctx, dec.ID)
	switch {
	case err == nil:
		if row.Alone, err = carriedOutAlone(ctx, tx, dec.ID); err != nil {
			return row, false, err
		}
		if !row.Alone && review.Answer == "" {
			break // it was asked because of what a person did, which may tell by itself
		}
		row.Share = review.Share
		row.Fits, row.Good = ofReview(review)
		return row, row.Good != "", nil
	case !missing(err):
		return row, false, fmt.Errorf("find review: %w", err)
	}
	err = m.ofPeople(ctx, tx, dec, chosen, taught, &row)
	return row, row.Good != "", err
}

// withSpace stands between the name of a matcher and that of the space that was weighed in.
const withSpace = " with "

// NameWith is the name of a matcher that was weighed together with a view in a space.
func NameWith(matcher, space string) string { return matcher + withSpace + space }

// spaceOf is the space in the name of a matcher; "" of one that answered alone.
func spaceOf(model string) string {
	_, space, _ := strings.Cut(model, withSpace)
	return space
}

// carriedOutAlone reports whether nobody was asked about a decision, or nobody objected.
func carriedOutAlone(ctx context.Context, tx *store.Tx, id club.DecisionID) (bool, error) {
	prop, err := tx.FindProposalOfDecision(ctx, id)
	if missing(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("find proposal: %w", err)
	}
	return prop.Status == club.ProposalExecuted, nil
}

// ofAnswer is the truth about a decision that found nothing known, once a person has answered: whether
// the likeliest candidate was it.
func ofAnswer(row store.PutTruthParams, dec store.Decision, taught store.PatternMatch) (store.PutTruthParams, bool, error) {
	if taught.PatternID.IsZero() {
		return row, false, nil
	}
	var e club.Evidence
	if err := json.Unmarshal([]byte(dec.Evidence), &e); err != nil {
		return row, false, fmt.Errorf("read evidence: %w", err)
	}
	if len(e.Candidates) == 0 {
		return row, false, nil
	}
	best := e.Candidates[0]
	row.PatternID, row.Score, row.Probability, row.Fits, row.Space = best.Pattern, best.Score, best.Confidence, no, spaceOf(e.Model)
	if best.Pattern == taught.PatternID {
		row.Fits = yes
	}
	return row, true, nil
}

// ofReview reads a review's answer.
func ofReview(r store.Review) (fits, good string) {
	switch r.Answer {
	case AnswerRight:
		return yes, yes
	case "":
		return "", ""
	}
	switch Fault(r.Reason) {
	case FaultMatter, FaultPerson:
		return no, no
	case FaultAction, FaultWords:
		return yes, no
	}
	return "", no
}

// Misread begins the reason of a rejection that says that the machine took the matter for another one.
const Misread = "it misread the matter"

// ofPeople reads what people did with a proposal. One that nobody decided on says nothing.
func (m *Memory) ofPeople(ctx context.Context, tx *store.Tx, dec store.Decision, chosen, taught store.PatternMatch, row *store.PutTruthParams) error {
	prop, err := tx.FindProposalOfDecision(ctx, dec.ID)
	if missing(err) || err == nil && prop.Status == club.ProposalExecuted {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find proposal: %w", err)
	}
	known, err := tx.FindOutcome(ctx, store.FindOutcomeParams{DecisionID: dec.ID, PatternID: chosen.PatternID})
	if missing(err) || err == nil && known.Source == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find outcome: %w", err)
	}
	source := reliability.Source(known.Source)
	row.Good = no
	if source.Good() {
		row.Good = yes
	}
	switch {
	case prop.Status == club.ProposalApproved:
		row.Fits = yes // a person agreed that it was this matter, whatever came of it
	case strings.HasPrefix(prop.Reason, Misread):
		row.Fits = no
	case !taught.PatternID.IsZero():
		th, err := tx.FindThread(ctx, dec.ThreadID)
		if err != nil {
			return fmt.Errorf("find thread: %w", err)
		}
		if th.Provider != club.EventProvider { // what was reported was that, whatever was done about it
			row.Fits = no
		}
	}
	return nil
}
