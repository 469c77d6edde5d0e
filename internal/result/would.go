package result

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Would is what would have been done alone while acting alone was switched off, against what people did.
type Would struct {
	Tally
	ByClass, ByPlace, ByPattern []Group        // the largest first
	List                        []Disagreement // where people did something else, the newest first
}

// Tally counts decisions that would have acted alone.
type Tally struct {
	Decisions         int
	Agreed, Disagreed int // what people did; of the rest nothing is known
}

// Known is of how many it is known what people did.
func (t Tally) Known() int { return t.Agreed + t.Disagreed }

func (t *Tally) add(verdict string, n int) {
	t.Decisions += n
	switch verdict {
	case "agreed":
		t.Agreed += n
	case "disagreed":
		t.Disagreed += n
	}
}

// Group is a part of what would have been done alone.
type Group struct {
	Key   string // class of action, id of the location ("" unknown) or of the pattern
	Title string // of a pattern, masked
	Tally
}

// Disagreement is a decision in whose place a person did something else.
type Disagreement struct {
	Decision club.DecisionID
	Thread   club.ThreadID
	Title    string
	Tier     club.Tier
	Action   club.ActionName
	Because  string
	Location club.LocationID
	At       time.Time
}

// shownDisagreements is how many are listed.
const shownDisagreements = 20

// WouldHave counts what would have been done alone in the query's period.
func WouldHave(ctx context.Context, tx *store.Tx, q Query) (Would, error) {
	return q.would(ctx, tx, tx.Now.Add(-time.Duration(q.Days)*24*time.Hour))
}

func (q Query) would(ctx context.Context, tx *store.Tx, since time.Time) (Would, error) {
	var w Would
	rows, err := tx.CountWouldHave(ctx, store.CountWouldHaveParams{Since: since, Scope: q.Scope, Location: q.Location.String()})
	if err != nil {
		return w, fmt.Errorf("count what would have been done: %w", err)
	}
	for _, r := range rows {
		n := int(r.Decisions)
		w.add(r.Verdict, n)
		w.ByClass = groupOf(w.ByClass, r.ActionClass, "", r.Verdict, n)
		w.ByPlace = groupOf(w.ByPlace, r.LocationID.String(), "", r.Verdict, n)
		w.ByPattern = groupOf(w.ByPattern, r.PatternID.String(), r.Title, r.Verdict, n)
	}
	for _, list := range [][]Group{w.ByClass, w.ByPlace, w.ByPattern} {
		slices.SortStableFunc(list, func(a, b Group) int { return cmp.Compare(b.Decisions, a.Decisions) })
	}
	list, err := tx.FindDisagreements(ctx, store.FindDisagreementsParams{Since: since, Scope: q.Scope, Location: q.Location.String(), Size: shownDisagreements})
	if err != nil {
		return w, fmt.Errorf("find disagreements: %w", err)
	}
	for _, d := range list {
		w.List = append(w.List, Disagreement{Decision: d.DecisionID, Thread: d.ThreadID, Title: d.Title, Tier: d.Tier, Action: d.Action, Because: d.Because, Location: d.LocationID, At: d.At})
	}
	return w, nil
}

func groupOf(list []Group, key, title, verdict string, n int) []Group {
	i := slices.IndexFunc(list, func(g Group) bool { return g.Key == key })
	if i < 0 {
		list, i = append(list, Group{Key: key, Title: title}), len(list)
	}
	list[i].add(verdict, n)
	return list
}
