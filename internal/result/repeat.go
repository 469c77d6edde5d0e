package result

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Repeat is how long issues took that had come before, against the first times.
//
// Of each pattern that has come back, the first cases ever are the time before it was known; those of the
// period that came after them are the repeated ones. A case takes from when it was decided on until what
// was done had been done, or a person had answered. Change is the median of the repeated ones over that of
// the first ones, less one.
type Repeat struct {
	Patterns      int // that have both
	Cases         int // repeated ones
	First, Later  time.Duration
	Change        float64 // −0.7: seventy per cent sooner; only with Patterns
	PerPattern    int     // how many of a pattern's cases count as the first ones
	FirstMeasured int
}

// firstCases is how many cases of a pattern are the time before it was known: as many as a learned one
// needs, with some to spare, before it is proposed.
const firstCases = 5

// What is read at most.
const (
	mostPatterns = 200
	mostCases    = 500
)

func (q Query) repeat(ctx context.Context, tx *store.Tx, since time.Time) (Repeat, error) {
	r := Repeat{PerPattern: firstCases}
	used, err := tx.FindPatternsUsed(ctx, store.FindPatternsUsedParams{Since: since, Until: tx.Now, Scope: q.Scope, Location: q.Location.String(), Size: mostPatterns})
	if err != nil {
		return r, fmt.Errorf("find patterns: %w", err)
	}
	var first, again []time.Duration
	for _, id := range used {
		early, err := q.cases(ctx, tx, id, time.Unix(0, 0).UTC(), firstCases)
		if err != nil {
			return r, err
		}
		if len(early) < firstCases {
			continue // not known for long enough
		}
		all, err := q.cases(ctx, tx, id, since, mostCases)
		if err != nil {
			return r, err
		}
		known := len(again)
		for _, c := range all {
			if !slices.ContainsFunc(early, func(e matter) bool { return e.id == c.id }) {
				again = append(again, c.took)
			}
		}
		if len(again) == known {
			continue
		}
		r.Patterns++
		for _, c := range early {
			first = append(first, c.took)
		}
	}
	r.Cases, r.FirstMeasured, r.First, r.Later = len(again), len(first), median(first), median(again)
	if r.First > 0 {
		r.Change = float64(r.Later)/float64(r.First) - 1
	}
	return r, nil
}

// matter is a case with how long it took.
type matter struct {
	id   club.DecisionID
	took time.Duration
}

func (q Query) cases(ctx context.Context, tx *store.Tx, id club.PatternID, since time.Time, size int32) ([]matter, error) {
	rows, err := tx.FindCaseTimes(ctx, store.FindCaseTimesParams{Pattern: id, Since: since, Until: tx.Now, Scope: q.Scope, Location: q.Location.String(), Size: size})
	if err != nil {
		return nil, fmt.Errorf("find cases: %w", err)
	}
	out := make([]matter, 0, len(rows))
	for _, c := range rows {
		end := c.DoneAt
		if end == nil {
			end = c.AnsweredAt
		}
		out = append(out, matter{c.DecisionID, max(0, end.Sub(c.At))})
	}
	return out, nil
}

func median(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	if n := len(list); n%2 == 0 {
		return (list[n/2-1] + list[n/2]) / 2
	}
	return list[len(list)/2]
}
