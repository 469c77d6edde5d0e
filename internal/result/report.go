package result

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Query is what a report is about.
type Query struct {
	Days     int             // back from this instant
	Location club.LocationID // zero: all
	Scope    string          // of a principal, see identity.Principal.LocationScope
	// Thresholds are what the tiers claim.
	Thresholds club.Thresholds
}

// Periods are the days that a report may go back.
func Periods() []int { return []int{7, 30, 90} }

// Work is how much was done in a span of time, and by whom.
type Work struct {
	Since, Until  time.Time
	Matters       int
	Automated     int
	Interventions Interventions
}

// Interventions are what people had to do.
type Interventions struct{ Proposals, Escalations, Replies, Actions int }

// Sum is how many there were.
func (i Interventions) Sum() int { return i.Proposals + i.Escalations + i.Replies + i.Actions }

// Share is the share of matters that were automated; 0 of none.
func (w Work) Share() float64 { return float64(w.Automated) / float64(max(1, w.Matters)) }

// Per100 is how many interventions there were for a hundred matters; 0 of none.
func (w Work) Per100() float64 {
	if w.Matters == 0 {
		return 0
	}
	return 100 * float64(w.Interventions.Sum()) / float64(w.Matters)
}

// Report is how a club's machine keeps its promises.
type Report struct {
	Work
	Before Work   // the same length of time, before
	Weeks  []Work // of the period, the oldest first
	Repeat Repeat
	Truth  Truth
	Would  Would
	// Waiting is how many reviews wait for an answer.
	Waiting int
}

const week = 7 * 24 * time.Hour

// Look draws up a report.
func Look(ctx context.Context, tx *store.Tx, q Query) (Report, error) {
	var r Report
	var err error
	span := time.Duration(q.Days) * 24 * time.Hour
	since := tx.Now.Add(-span)
	if r.Work, err = q.work(ctx, tx, since, tx.Now); err != nil {
		return r, err
	}
	if r.Before, err = q.work(ctx, tx, since.Add(-span), since); err != nil {
		return r, err
	}
	for at := tx.Now; at.After(since); at = at.Add(-week) {
		w, err := q.work(ctx, tx, later(at.Add(-week), since), at)
		if err != nil {
			return r, err
		}
		r.Weeks = append([]Work{w}, r.Weeks...)
	}
	if r.Repeat, err = q.repeat(ctx, tx, since); err != nil {
		return r, err
	}
	if r.Truth, err = q.truth(ctx, tx, since); err != nil {
		return r, err
	}
	if r.Would, err = q.would(ctx, tx, since); err != nil {
		return r, err
	}
	n, err := tx.CountReviews(ctx, q.Scope)
	if err != nil {
		return r, fmt.Errorf("count reviews: %w", err)
	}
	r.Waiting = int(n)
	return r, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (q Query) work(ctx context.Context, tx *store.Tx, since, until time.Time) (Work, error) {
	w := Work{Since: since, Until: until}
	m, err := tx.CountMatters(ctx, store.CountMattersParams{Since: since, Until: until, Scope: q.Scope, Location: q.Location.String()})
	if err != nil {
		return w, fmt.Errorf("count matters: %w", err)
	}
	i, err := tx.CountInterventions(ctx, store.CountInterventionsParams{Since: since, Until: until, Scope: q.Scope, Location: q.Location.String()})
	if err != nil {
		return w, fmt.Errorf("count interventions: %w", err)
	}
	w.Matters, w.Automated = int(m.Matters), int(m.Automated)
	w.Interventions = Interventions{int(i.Proposals), int(i.Escalations), int(i.Replies), int(i.Actions)}
	return w, nil
}
