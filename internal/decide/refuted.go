package decide

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// refuted is a decision that was carried out, and of which the member says that it was not what they had
// asked for, or that what it told them is not so.
type refuted struct {
	id      club.DecisionID
	pattern club.PatternID
	sop     club.SOPID
	about   store.Thread // of the report that it was about; a zero ID: it answered a text
}

const (
	// refutedWithin is how long after an answer a text may say that it was the wrong one.
	refutedWithin = 2 * time.Hour
	// disputedWithin is that for words that nobody waited for: they are read when somebody looks at their phone.
	disputedWithin = 24 * time.Hour
)

// findRefuted looks whether the texts say that what was answered last in this matter was not what the member
// had asked for: nil when they do not. A text that answers a question of ours says nothing of the kind.
func (m *matter) findRefuted(ctx context.Context, tx *store.Tx) (*refuted, error) {
	if m.asked != nil {
		return nil, nil
	}
	if r, told, err := m.findDisputed(ctx, tx); told || err != nil {
		return r, err
	}
	if _, no := m.first(func(t text) bool { return t.reading.Refutes }); !no {
		return nil, nil
	}
	list, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: m.thread.ID, Limit: 1})
	if err != nil || len(list) == 0 || list[0].CreatedAt.Before(m.thread.EpisodeAt) || list[0].Kind != kindAnswer {
		return nil, err
	}
	last := list[0]
	r, err := refuting(ctx, tx, last, refutedWithin)
	if r != nil {
		m.fact("refuted", "the member says that “"+last.Title+"” is not what they asked for", "text", tx.Now)
	}
	return r, err
}

// refuting is a decision as one that is refuted; nil where it was not carried out so short a time ago.
func refuting(ctx context.Context, tx *store.Tx, dec store.Decision, within time.Duration) (*refuted, error) {
	run, err := tx.FindRun(ctx, dec.ID)
	if missing(err) || err == nil && tx.Now.Sub(run.CreatedAt) > within {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find run: %w", err)
	}
	match, err := tx.FindChosenMatch(ctx, dec.ID)
	if err != nil && !missing(err) {
		return nil, fmt.Errorf("find match: %w", err)
	}
	return &refuted{id: dec.ID, pattern: match.PatternID, sop: dec.SOPID}, nil
}

// findDisputed looks whether the texts say that what their writer was told because of a report is not so; nil when
// they do not. Told is false where the last words in the conversation were not of that kind, or a person's own.
func (m *matter) findDisputed(ctx context.Context, tx *store.Tx) (r *refuted, told bool, err error) {
	if _, may := m.first(func(t text) bool { return t.reading.Disputes || t.reading.Refutes || t.reading.Present }); !may {
		return nil, false, nil
	}
	last, err := tx.FindLastWords(ctx, m.thread.ID)
	if missing(err) || err == nil && last.DecisionID.IsZero() {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find last words: %w", err)
	}
	dec, err := tx.Known().FindDecision(ctx, last.DecisionID)
	if err != nil {
		return nil, false, fmt.Errorf("find decision: %w", err)
	}
	about, err := thread.Find(ctx, tx, dec.ThreadID)
	if err != nil || about.Provider != club.EventProvider {
		return nil, false, err
	}
	if no, err := m.disputes(ctx, tx, dec); !no || err != nil {
		return nil, true, err
	}
	if r, err = refuting(ctx, tx, dec, disputedWithin); r != nil {
		r.about = about
		m.fact("refuted", "whoever has booked says that what they were told of “"+dec.Title+"” is not so", "text", tx.Now)
	}
	return r, true, err
}

// disputes reports whether the texts say that the words of a decision about a report are not so. Words that ask
// something are answered by "no, …", and by what still does not work.
func (m *matter) disputes(ctx context.Context, tx *store.Tx, dec store.Decision) (bool, error) {
	steps, err := stepsOf(dec)
	if err != nil {
		return false, err
	}
	asks := slices.ContainsFunc(steps, func(s knowledge.Step) bool { return strings.Contains(s.Reply, "?") })
	list, err := tx.FindSituationsOfThread(ctx, dec.ThreadID)
	if err != nil {
		return false, fmt.Errorf("find situations: %w", err)
	}
	missed := len(list) > 0 && list[0].Code == club.EventBookingNoShow
	_, no := m.first(func(t text) bool {
		return t.reading.Disputes || t.reading.Refutes && !asks || t.reading.Present && missed
	})
	return no, nil
}

// noteRefuted tells whoever looks at a report that the words about it were refuted, and has their decision judged.
func (m *matter) noteRefuted(ctx context.Context, tx *store.Tx, keys *vault.Tenant) error {
	if m.refuted == nil || m.refuted.about.ID.IsZero() {
		return nil
	}
	learn.Consider(tx, m.refuted.id)
	if m.refuted.about.Status == club.ThreadMerged {
		return nil
	}
	return event.Note(ctx, tx, keys, m.refuted.about, "Whoever has booked says that this is not so: “"+m.masked+"”")
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
