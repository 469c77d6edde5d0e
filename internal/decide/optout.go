package decide

import (
	"context"
	"encoding/json"
	"fmt"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/phrase"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// optedOut is why what would only be said is withdrawn.
const optedOut = "the member has opted out of texts"

// quieten withdraws, in all threads of a member who wants no more texts, what was only to be said. Who
// says STOP does not want to be texted, and may still stand before a door: what a person is asked to let
// us do stays open, and is done without a word. What would be done unasked is not: the word may have
// meant just that, so a person looks. It returns the verdict with the reason why, where there is one.
func (d *Decider) quieten(ctx context.Context, tx *store.Tx, m *matter, v verdict) (verdict, error) {
	if t, found := m.first(func(t text) bool { return t.reading.Emergency != phrase.EmergencyNone }); found {
		v.reason, v.priority = "emergency ("+words(string(t.reading.Emergency))+"), and "+optedOut, club.PriorityEmergency
	}
	list, err := tx.FindOpenProposalsOfSubject(ctx, m.thread.SubjectID)
	if err != nil {
		return v, fmt.Errorf("read proposals: %w", err)
	}
	for _, p := range list {
		dec, err := tx.FindDecision(ctx, p.DecisionID)
		if err != nil {
			return v, fmt.Errorf("read decision: %w", err)
		}
		said, err := onlySays(dec)
		if err != nil {
			return v, err
		}
		if !said && p.Tier != club.TierSuggest {
			continue
		}
		if _, err := d.settle(ctx, tx, p, machine, club.ProposalStale, false, optedOut); err != nil {
			return v, err
		}
		why := ""
		if !said {
			why = fmt.Sprintf("%s while “%s” was announced, which was not done: STOP may have meant it", optedOut, dec.Title)
		}
		if p.ThreadID != m.thread.ID {
			if err := d.leaveToPeople(ctx, tx, p.ThreadID, dec.ID, why); err != nil {
				return v, err
			}
		} else if v.reason == "" {
			v.reason = why
		}
	}
	return v, nil
}

// leaveToPeople brings another thread of the member to rest, in which a proposal was withdrawn: to a
// person, where something is left to be done.
func (d *Decider) leaveToPeople(ctx context.Context, tx *store.Tx, id club.ThreadID, dec club.DecisionID, why string) error {
	th, err := thread.Find(ctx, tx, id)
	if err != nil || th.Status.HeldByPeople() {
		return err
	}
	if why != "" {
		return d.callTo(ctx, tx, th, dec, why)
	}
	n, err := tx.CountUnderWay(ctx, store.CountUnderWayParams{ThreadID: id})
	if err != nil {
		return fmt.Errorf("count what is under way: %w", err)
	}
	if _, err := th.Status.Next(club.ThreadAnswered); n > 0 || err != nil {
		return nil // a run goes on, or the member has written there again
	}
	_, err = thread.Apply(ctx, tx, th, thread.Move{Event: club.ThreadAnswered, By: machine, Why: optedOut})
	return err
}

// onlySays reports whether a decision does nothing but text the member.
func onlySays(dec store.Decision) (bool, error) {
	var st stored
	if err := json.Unmarshal([]byte(dec.Steps), &st); err != nil {
		return false, fmt.Errorf("read steps: %w", err)
	}
	for _, s := range st.Steps {
		if k := s.Kind(); k != knowledge.StepReply && k != knowledge.StepAsk {
			return false, nil
		}
	}
	return len(st.Steps) > 0, nil
}

// nobodyToTell says why a decision comes to nothing: it would only text somebody who has opted out.
func nobodyToTell(ctx context.Context, tx *store.Tx, dec store.Decision) (string, error) {
	said, err := onlySays(dec)
	if err != nil || !said {
		return "", err
	}
	s, err := tx.FindSubject(ctx, dec.SubjectID)
	if err != nil {
		return "", fmt.Errorf("read subject: %w", err)
	}
	if s.Consent == club.ConsentWithdrawn {
		return optedOut, nil
	}
	return "", nil
}
