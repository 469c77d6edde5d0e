package decide

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// refuted is a decision that was carried out, and of which the member says that it was not what they had
// asked for.
type refuted struct {
	id      club.DecisionID
	pattern club.PatternID
	sop     club.SOPID
}

// refutedWithin is how long after an answer a text may say that it was the wrong one.
const refutedWithin = 2 * time.Hour

// findRefuted looks whether the texts say that what was answered last in this matter was not what the member
// had asked for: nil when they do not. A text that answers a question of ours says nothing of the kind.
func (m *matter) findRefuted(ctx context.Context, tx *store.Tx) (*refuted, error) {
	if _, no := m.first(func(t text) bool { return t.reading.Refutes }); !no || m.asked != nil {
		return nil, nil
	}
	list, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: m.thread.ID, Limit: 1})
	if err != nil || len(list) == 0 || list[0].CreatedAt.Before(m.thread.EpisodeAt) || list[0].Kind != kindAnswer {
		return nil, err
	}
	last := list[0]
	run, err := tx.FindRun(ctx, last.ID)
	if gone := club.CodeOf(store.Translate(err)) == club.CodeNotFound; gone || err == nil && tx.Now.Sub(run.CreatedAt) > refutedWithin {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find run: %w", err)
	}
	match, err := tx.FindChosenMatch(ctx, last.ID)
	if err != nil && club.CodeOf(store.Translate(err)) != club.CodeNotFound {
		return nil, fmt.Errorf("find match: %w", err)
	}
	m.fact("refuted", "the member says that “"+last.Title+"” is not what they asked for", "text", tx.Now)
	return &refuted{id: last.ID, pattern: match.PatternID, sop: last.SOPID}, nil
}

// decision is the id of what was refuted; zero when nothing was.
func (r *refuted) decision() club.DecisionID {
	if r == nil {
		return ""
	}
	return r.id
}

// behind puts what was refuted behind the other candidates: whatever the texts resemble, the member has just
// said that it is not this.
func (r *refuted) behind(list []found) []found {
	if r == nil {
		return list
	}
	at := slices.IndexFunc(list, func(f found) bool {
		return f.entry != nil && f.entry.SOP == r.sop || f.lesson != nil && f.lesson.Pattern.ID == r.pattern
	})
	if at < 0 {
		return list
	}
	f := list[at]
	f.confidence, f.candidate.Confidence, f.candidate.Note = 0, 0, "the member says that it is not this"
	return append(slices.Delete(slices.Clone(list), at, at+1), f)
}
