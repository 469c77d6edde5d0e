package learn

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/pattern/reliability"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// substance says how a person's own words in the place of proposed ones speak of the decision: edited where
// only the words differ, corrected where the person did something else or spoke of another matter, "" where
// that cannot be told. Likeness of words shows that two answers are one; that they are two it does not show.
func (m *Memory) substance(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, o store.Override, later []store.Decision) (reliability.Source, error) {
	planned, err := actionsOf(dec)
	if err != nil {
		return "", err
	}
	if o.Kind == "edited" && len(planned) > 0 {
		return reliability.SourceEdited, nil // what is done was approved
	}
	before, after, err := wordsIn(ctx, tx, keys, dec, o)
	if err != nil {
		return "", err
	}
	if o.Kind == "replied" {
		switch did, err := byHand(ctx, tx, dec, later); {
		case err != nil:
			return "", err
		case len(did) > 0 && sameActions(planned, did):
			return reliability.SourceEdited, nil
		case len(did) > 0:
			return reliability.SourceCorrected, nil
		}
	}
	all, err := m.Learned(ctx, tx, keys)
	if err != nil {
		return "", err
	}
	rare := rarityOf(all.List)
	alike := max(InCommon(before, after), rare.alike(before, after))
	if alike >= sameWords {
		return reliability.SourceEdited, nil
	}
	if since, err := wroteSince(ctx, tx, dec, o); err != nil || since { // the words may answer what came after
		return "", err
	}
	if len(planned) > 0 { // said something else, and did nothing of it
		return reliability.SourceCorrected, nil
	}
	other, err := m.saysOther(ctx, tx, dec, all, func(reply string) bool {
		likeness := max(InCommon(reply, after), rare.alike(reply, after))
		return likeness >= sameAnswer && likeness > alike
	})
	if err != nil || !other {
		return "", err
	}
	return reliability.SourceCorrected, nil
}

// wordsIn opens what was proposed and what a person said instead.
func wordsIn(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision, o store.Override) (before, after string, err error) {
	person, err := people.Find(ctx, tx, keys, dec.SubjectID)
	if err != nil {
		return "", "", err
	}
	if before, err = people.Open(keys, person.Subject, "overrides.before", o.ID.String(), o.Before); err != nil {
		return "", "", err
	}
	after, err = people.Open(keys, person.Subject, "overrides.after", o.ID.String(), o.After)
	return before, after, err
}

// wroteSince reports whether the member wrote between a decision and what a person did in its place.
func wroteSince(ctx context.Context, tx *store.Tx, dec store.Decision, o store.Override) (bool, error) {
	list, err := tx.FindMessagesPage(ctx, store.FindMessagesPageParams{ThreadID: dec.ThreadID, Size: 50})
	if err != nil {
		return false, fmt.Errorf("find texts: %w", err)
	}
	return slices.ContainsFunc(list, func(t store.Message) bool {
		return t.Direction == club.DirectionIn && t.CreatedAt.After(dec.CreatedAt) && !t.CreatedAt.After(o.At)
	}), nil
}

// saysOther reports whether words are those of another matter that is known: of something that people
// taught, or of a procedure that was weighed beside the one that was followed.
func (m *Memory) saysOther(ctx context.Context, tx *store.Tx, dec store.Decision, all *Lessons, like func(reply string) bool) (bool, error) {
	match, err := tx.FindChosenMatch(ctx, dec.ID)
	if err != nil && !missing(err) {
		return false, fmt.Errorf("find match: %w", err)
	}
	for _, l := range all.List {
		if l.Pattern.ID != match.PatternID && l.Pattern.State == StateActive && l.Reply != "" && like(l.Reply) {
			return true, nil
		}
	}
	var e club.Evidence
	if err := json.Unmarshal([]byte(dec.Evidence), &e); err != nil {
		return false, fmt.Errorf("read evidence: %w", err)
	}
	for _, c := range e.Candidates {
		if c.SOP.IsZero() || c.SOP == dec.SOPID {
			continue
		}
		v, err := tx.FindSOPVersion(ctx, store.FindSOPVersionParams{SOPID: c.SOP, Version: int64(c.SOPVersion)})
		if missing(err) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("find procedure: %w", err)
		}
		var doc knowledge.Document
		if err := json.Unmarshal([]byte(v.Body), &doc); err != nil {
			return false, fmt.Errorf("read procedure: %w", err)
		}
		for _, s := range append(slices.Clone(doc.Steps), doc.Fallback...) {
			if s.Kind() == knowledge.StepReply && like(s.Reply) {
				return true, nil
			}
		}
	}
	return false, nil
}

// askWhether puts a decision before a person of which it cannot be told whether a colleague decided
// otherwise or only worded it otherwise.
func askWhether(ctx context.Context, tx *store.Tx, dec store.Decision) error {
	if _, err := tx.FindReview(ctx, dec.ID); err == nil || !missing(err) {
		return err
	}
	if err := tx.CreateReview(ctx, store.CreateReviewParams{DecisionID: dec.ID, ThreadID: dec.ThreadID, LocationID: dec.LocationID, Share: 1, CreatedAt: tx.Now}); err != nil {
		return fmt.Errorf("ask for a review: %w", err)
	}
	tx.Changed(TopicReview, dec.ID.String())
	return nil
}

// Answered is what a person said in the place of a decision, and who; "" where nobody did.
func Answered(ctx context.Context, tx *store.Tx, keys *vault.Tenant, dec store.Decision) (words, by string, err error) {
	list, err := tx.FindOverridesOfDecision(ctx, dec.ID)
	if err != nil {
		return "", "", fmt.Errorf("find overrides: %w", err)
	}
	for _, o := range list {
		if o.Kind == "edited" || o.Kind == "replied" {
			_, words, err = wordsIn(ctx, tx, keys, dec, o)
			return words, o.Actor, err
		}
	}
	return "", "", nil
}
