package learn

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/knowledge"
	"clubos/internal/people"
	"clubos/internal/phrase"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// TopicReview is what Tx.Changed announces when a review was asked for or answered.
const TopicReview = "review"

// ColumnInstead is where the words of a review stand, as vault.Field names it.
const ColumnInstead = "reviews.instead"

// Answers to a review.
const (
	AnswerRight = "right"
	AnswerWrong = "wrong"
)

// Fault is what was wrong with a decision.
type Fault string

// The faults. Only FaultMatter speaks against the match: it was another situation.
const (
	FaultMatter Fault = "matter" // it was about something else
	FaultAction Fault = "action" // the situation was known, but another thing should have been done
	FaultWords  Fault = "words"  // what was said was wrong
	FaultPerson Fault = "person" // nothing known fitted: a person should have decided
	FaultOther  Fault = "other"
)

// Faults lists all of them.
func Faults() []Fault { return []Fault{FaultMatter, FaultAction, FaultWords, FaultPerson, FaultOther} }

// Review is a person's answer to whether a decision was right.
type Review struct {
	Decision club.DecisionID
	By       identity.Principal
	Right    bool
	Fault    Fault  // of a wrong one
	Note     string // why; may be empty
	// What would have been right, if the reviewer says so: a known pattern, or words of their own.
	Instead club.PatternID
	Words   string
}

// maxNote is how many characters a reviewer's note may have.
const maxNote = 500

// Reviews lists reviews with an answer ("" those that wait), the oldest first, after a decision.
func (m *Memory) Reviews(ctx context.Context, tx *store.Tx, p identity.Principal, answer string, after club.DecisionID, size int32) ([]store.Review, error) {
	list, err := tx.FindReviews(ctx, store.FindReviewsParams{Answer: answer, Scope: p.LocationScope(), After: after.String(), Size: size})
	if err != nil {
		return nil, fmt.Errorf("find reviews: %w", err)
	}
	return list, nil
}

// Answer settles a review: right or wrong counts as the decision's outcome, and what would have been right
// becomes a lesson. Conflict when somebody was first; Forbidden to whoever taught what was done.
func (m *Memory) Answer(ctx context.Context, tx *store.Tx, keys *vault.Tenant, r Review) (store.Review, error) {
	if err := r.clean(); err != nil {
		return store.Review{}, err
	}
	row, dec, err := m.openReview(ctx, tx, r)
	if err != nil {
		return row, err
	}
	if err := m.settleReview(ctx, tx, keys, r, dec, &row); err != nil {
		return row, err
	}
	if err := m.teachInstead(ctx, tx, keys, r, dec); err != nil {
		return row, err
	}
	if err := m.noteTruth(ctx, tx, dec); err != nil {
		return row, err
	}
	Consider(tx, dec.ID)
	tx.Changed(TopicReview, dec.ID.String())
	return row, audit.Write(ctx, tx, audit.Entry{Actor: r.By.Actor, Action: "review.answered", Object: dec.ID.String(), Thread: dec.ThreadID,
		Detail: map[string]any{"answer": row.Answer, "fault": row.Reason, "note": row.Note, "pattern": row.PatternID}})
}

// clean makes an answer fit to be stored, or says what is wrong with it.
func (r *Review) clean() error {
	r.Note, r.Words = phrase.Mask(strings.TrimSpace(r.Note)), strings.TrimSpace(r.Words)
	switch {
	case utf8.RuneCountInString(r.Note) > maxNote:
		return club.Invalid("a note has at most %d characters", maxNote)
	case utf8.RuneCountInString(r.Words) > knowledge.MaxText:
		return club.Invalid("words to a member have at most %d characters", knowledge.MaxText)
	case r.Right && (r.Fault != "" || !r.Instead.IsZero() || r.Words != ""):
		return club.Invalid("what was right has no fault")
	case !r.Right && !slices.Contains(Faults(), r.Fault):
		return club.Invalid("say what was wrong: the matter, the action, the words, that a person was needed, or something else")
	case !r.Instead.IsZero() && r.Words != "":
		return club.Invalid("either a known pattern would have been right, or other words")
	case r.Fault == FaultPerson && (!r.Instead.IsZero() || r.Words != ""):
		return club.Invalid("where a person should have decided, nothing known would have been right")
	}
	return nil
}

// openReview finds the review and its decision for somebody who may answer it.
func (m *Memory) openReview(ctx context.Context, tx *store.Tx, r Review) (row store.Review, dec store.Decision, err error) {
	if err := r.By.Require(identity.ProposalsDecide); err != nil {
		return row, dec, err
	}
	if r.By.Tenant != tx.Tenant {
		return row, dec, club.Forbidden("you belong to another club")
	}
	row, err = tx.FindReview(ctx, r.Decision)
	if missing(err) || err == nil && !r.By.AllowsLocation(row.LocationID) {
		return row, dec, club.NotFound("there is no such review")
	}
	if err != nil {
		return row, dec, fmt.Errorf("find review: %w", err)
	}
	if r.By.UserID.IsZero() {
		return row, dec, club.Forbidden("a review is a person's judgement")
	}
	if dec, err = tx.FindDecision(ctx, r.Decision); err != nil {
		return row, dec, fmt.Errorf("find decision: %w", err)
	}
	switch own, err := m.OwnLesson(ctx, tx, r.By, dec.ID); {
	case err != nil:
		return row, dec, err
	case own:
		return row, dec, club.Forbidden("you taught what was done here; somebody else has to look at it")
	}
	return row, dec, nil
}

// OwnLesson reports whether a decision followed what this very person taught first.
func (m *Memory) OwnLesson(ctx context.Context, tx *store.Tx, p identity.Principal, id club.DecisionID) (bool, error) {
	match, err := tx.FindChosenMatch(ctx, id)
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find match: %w", err)
	}
	row, err := tx.FindPattern(ctx, match.PatternID)
	if err != nil {
		return false, fmt.Errorf("find pattern: %w", err)
	}
	return row.SOPID.IsZero() && personOf(row.CreatedBy) == p.UserID.String(), nil
}

// settleReview stores the answer, once.
func (m *Memory) settleReview(ctx context.Context, tx *store.Tx, keys *vault.Tenant, r Review, dec store.Decision, row *store.Review) error {
	row.Answer, row.Reason, row.Note, row.PatternID, row.Actor, row.AnsweredAt = AnswerRight, string(r.Fault), r.Note, r.Instead, r.By.Actor.String(), &tx.Now
	if !r.Right {
		row.Answer = AnswerWrong
	}
	if !r.Instead.IsZero() {
		known, err := tx.FindPattern(ctx, r.Instead)
		if missing(err) || err == nil && known.State != StateActive {
			return club.Invalid("the pattern that would have been right is not in use")
		}
		if err != nil {
			return fmt.Errorf("find pattern: %w", err)
		}
		switch match, err := tx.FindChosenMatch(ctx, dec.ID); {
		case err != nil && !missing(err):
			return fmt.Errorf("find match: %w", err)
		case err == nil && match.PatternID == r.Instead:
			return club.Invalid("this is the pattern that was followed; if its words or actions were wrong, say so")
		}
	}
	if r.Words != "" {
		person, err := people.Find(ctx, tx, keys, dec.SubjectID)
		if err != nil {
			return err
		}
		if len(person.Subject.WrappedKey) > 0 {
			if row.Instead, err = people.Seal(keys, person.Subject, ColumnInstead, dec.ID.String(), r.Words); err != nil {
				return err
			}
		}
	}
	n, err := tx.AnswerReview(ctx, store.AnswerReviewParams{DecisionID: dec.ID, Answer: row.Answer, Reason: row.Reason, Note: row.Note, Instead: row.Instead, PatternID: row.PatternID, Actor: row.Actor, AnsweredAt: row.AnsweredAt})
	if err != nil {
		return fmt.Errorf("answer review: %w", err)
	}
	if n == 0 {
		return club.Conflict("somebody has answered this review already")
	}
	return nil
}

// teachInstead makes what would have been right a precedent: of a pattern that is known, of the reviewer's
// own words, or of nothing known at all.
func (m *Memory) teachInstead(ctx context.Context, tx *store.Tx, keys *vault.Tenant, r Review, dec store.Decision) error {
	if r.Right || r.Instead.IsZero() && r.Words == "" && r.Fault != FaultPerson {
		return nil
	}
	var e club.Evidence
	if err := json.Unmarshal([]byte(dec.Evidence), &e); err != nil {
		return fmt.Errorf("read evidence: %w", err)
	}
	if strings.TrimSpace(e.Text) == "" {
		return nil
	}
	if before, err := hasTaught(ctx, tx, dec.ID); err != nil || before {
		return err
	}
	row := store.DecisionPattern{}
	switch {
	case !r.Instead.IsZero():
		known, err := tx.FindPattern(ctx, r.Instead)
		if err != nil {
			return fmt.Errorf("find pattern: %w", err)
		}
		row = known
	case r.Words != "":
		taught, ok, err := m.patternOfWords(ctx, tx, keys, r, dec, e)
		if err != nil || !ok {
			return err
		}
		row = taught
	}
	return m.precedent(ctx, tx, r.By.Actor, dec, e, row)
}

// patternOfWords finds or makes the pattern of a reviewer's own words; ok is false for words that are for this one
// member alone.
func (m *Memory) patternOfWords(ctx context.Context, tx *store.Tx, keys *vault.Tenant, r Review, dec store.Decision, e club.Evidence) (row store.DecisionPattern, ok bool, err error) {
	person, err := people.Find(ctx, tx, keys, dec.SubjectID)
	if err != nil {
		return row, false, err
	}
	values, err := m.cfg.Values(ctx, tx, keys, dec)
	if err != nil {
		return row, false, err
	}
	words, ok := generalise(r.Words, values, person.Names())
	if !ok {
		return row, false, nil
	}
	about, err := aboutOf(ctx, tx, dec, e)
	if err != nil {
		return row, false, err
	}
	if row, err = m.known(ctx, tx, keys, dec, about.domain, nil, words); err != nil || !row.ID.IsZero() {
		return row, err == nil, err
	}
	row, err = m.found(ctx, tx, keys, r.By.Actor, about.domain, about.title, nil, words)
	return row, err == nil, err
}
