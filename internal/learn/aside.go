package learn

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/phrase"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// contradictions is how many of somebody's answers are shown against others'.
const contradictions = 20

// Apart is somebody who is set aside: what they teach trains nothing.
type Apart struct {
	Actor string
	Since time.Time
	// Mine is how far they agreed with the others when they were set aside, Theirs how far the others did with
	// each other; Compared is zero where it was not written down.
	Mine, Theirs Agreement
	// Against are their newest answers that contradict somebody, newest first.
	Against []Contradiction
}

// Contradiction is two answers to nearly the same text.
type Contradiction struct{ One, Other Said }

// Said is what somebody answered to a text.
type Said struct {
	By      string
	Pattern club.PatternID
	Thread  club.ThreadID // zero when it is gone
	Text    string        // masked
	Words   string        // a template; of a procedure, its title
	At      time.Time
}

// SetAside lists who is set aside, the last first, for somebody who may change the memory. There is nobody where the
// club wants to be told alone.
func (m *Memory) SetAside(ctx context.Context, tx *store.Tx, keys *vault.Tenant, by identity.Principal) ([]Apart, error) {
	if err := mayManage(by, tx.Tenant); err != nil {
		return nil, err
	}
	s, err := setting.Known(ctx, tx)
	if err != nil || !s.SetAside {
		return nil, err
	}
	rows, err := tx.FindSetAside(ctx)
	if err != nil {
		return nil, fmt.Errorf("find who is set aside: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	list, err := m.answers(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	aside := map[string]bool{}
	for _, r := range rows {
		aside[r.Actor] = true
	}
	titles := map[club.PatternID]string{}
	var out []Apart
	for _, r := range rows {
		a := Apart{Actor: r.Actor, Since: r.At, Mine: Agreement{int(r.Compared), int(r.Agreed)}, Theirs: Agreement{int(r.OthersCompared), int(r.OthersAgreed)}}
		from := time.Time{}
		if r.CountedFrom != nil {
			from = *r.CountedFrom
		}
		own, others := sides(list, r.Actor, from, aside)
		for _, c := range compare(own, others) {
			if c.agreed || len(a.Against) == contradictions {
				continue
			}
			one, err := answered(ctx, tx, c.one, titles)
			if err != nil {
				return nil, err
			}
			other, err := answered(ctx, tx, c.other, titles)
			if err != nil {
				return nil, err
			}
			a.Against = append(a.Against, Contradiction{one, other})
		}
		out = append(out, a)
	}
	return out, nil
}

// answered is an answer as people read it; titles keeps what was read of patterns.
func answered(ctx context.Context, tx *store.Tx, a answer, titles map[club.PatternID]string) (Said, error) {
	out := Said{By: a.Actor, Pattern: a.PatternID, Thread: a.ThreadID, Text: a.Text, Words: a.reply, At: a.At}
	if out.Words != "" {
		return out, nil
	}
	title, ok := titles[a.PatternID]
	if !ok {
		row, err := tx.FindPattern(ctx, a.PatternID)
		if err != nil && !missing(err) {
			return out, fmt.Errorf("find pattern: %w", err)
		}
		title = row.Title
		titles[a.PatternID] = title
	}
	out.Words = title
	return out, nil
}

// TakeBack lets what somebody teaches train again, by hand: all they ever taught counts, and they are compared
// with the others by what they answer from this instant on. Nobody takes themselves back in.
func (m *Memory) TakeBack(ctx context.Context, tx *store.Tx, by identity.Principal, actor, reason string) error {
	if err := mayManage(by, tx.Tenant); err != nil {
		return err
	}
	if by.Actor.String() == actor {
		return club.Forbidden("somebody else has to take you back in")
	}
	n, err := tx.TakeBackIn(ctx, store.TakeBackInParams{Now: tx.Now, Actor: actor})
	if err != nil {
		return fmt.Errorf("take back in: %w", err)
	}
	if n == 0 {
		return club.Conflict("this person is not set aside")
	}
	tx.Changed(Topic, actor)
	detail := map[string]any{"by_hand": true}
	if reason != "" {
		detail["reason"] = phrase.Mask(reason)
	}
	return audit.Write(ctx, tx, audit.Entry{Actor: by.Actor, Action: "person.trusted", Object: actor, Detail: detail})
}
