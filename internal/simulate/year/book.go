package year

import (
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// deed is a decision that was carried out.
type deed struct {
	at      time.Time
	day     int
	pattern club.PatternID
	what    string    // the procedure's slug; "lesson" for what was learned
	tier    club.Tier // that it was carried out in
	alone   bool      // nobody approved it
	right   bool
	kind    *kind
	outcome string // as the product judged it; "" it does not know
}

// trip is a breaker that tripped.
type trip struct {
	kind, scope, reason string
	at                  time.Time
}

// book holds what came of the year.
type book struct {
	deeds []deed
	trips []trip
	known map[string]time.Time // breakers that are tripped, by kind and scope

	reviews Reviews
	mended  []time.Time // when a procedure was rewritten
	apart   []Apart
}

// enter writes down what came of a matter.
func (w *world) enter(ctx context.Context, m *matter) error {
	var list []store.Decision
	runs, matches := map[club.DecisionID]store.Run{}, map[club.DecisionID]store.PatternMatch{}
	outcomes := map[club.DecisionID]string{}
	var tripped []store.Breaker
	err := w.tenant.Read(ctx, func(tx *store.Tx) (err error) {
		if tripped, err = tx.FindTrippedBreakers(ctx); err != nil {
			return err
		}
		if list, err = tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: m.thread, Limit: 20}); err != nil {
			return err
		}
		for _, dec := range list {
			run, err := tx.FindRun(ctx, dec.ID)
			if missing(err) {
				continue
			}
			if err != nil {
				return err
			}
			match, err := tx.FindChosenMatch(ctx, dec.ID)
			if missing(err) {
				continue
			}
			if err != nil {
				return err
			}
			o, err := tx.FindOutcome(ctx, store.FindOutcomeParams{DecisionID: dec.ID, PatternID: match.PatternID})
			if err != nil && !missing(err) {
				return err
			}
			runs[dec.ID], matches[dec.ID], outcomes[dec.ID] = run, match, o.Source
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := len(list) - 1; i >= 0; i-- {
		dec := list[i]
		run, ok := runs[dec.ID]
		if !ok || dec.CreatedAt.Before(m.at) || !m.until.IsZero() && !dec.CreatedAt.Before(m.until) {
			continue
		}
		right, err := w.right(ctx, m, dec)
		if err != nil {
			return err
		}
		d := deed{at: dec.CreatedAt, day: m.day, pattern: matches[dec.ID].PatternID, what: w.sops[dec.SOPID], tier: dec.Tier, right: right, kind: m.kind, outcome: outcomes[dec.ID]}
		if d.what == "" {
			d.what = "lesson"
		}
		by, known := club.ParseActor(run.StartedBy)
		d.alone = known && !by.IsPerson()
		w.books.deeds = append(w.books.deeds, d)
		if d.alone {
			w.reviewLater(m, dec, right)
		}
		w.note(m, "was decided by %s in tier %s, alone %v, right %v, outcome %q", d.what, d.tier, d.alone, right, d.outcome)
	}
	w.books.watch(tripped)
	return nil
}

// watch notes breakers that have tripped since the last look.
func (b *book) watch(list []store.Breaker) {
	fresh := map[string]time.Time{}
	for _, x := range list {
		key := x.Kind + ":" + x.Scope
		fresh[key] = *x.TrippedAt
		if at, ok := b.known[key]; !ok || !at.Equal(*x.TrippedAt) {
			b.trips = append(b.trips, trip{kind: x.Kind, scope: x.Scope, reason: x.Reason, at: *x.TrippedAt})
		}
	}
	b.known = fresh
}

// progress is a line about the days so far.
func (b *book) progress(days, matters int) string {
	alone, wrong := 0, 0
	for _, d := range b.deeds {
		if d.alone {
			if alone++; !d.right {
				wrong++
			}
		}
	}
	return fmt.Sprintf("day %3d: %5d matters, %5d decisions carried out alone, %d wrongly, %s", days, matters, alone, wrong, plural(len(b.trips), "breaker tripped", "breakers tripped"))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strings.TrimSpace(fmt.Sprint(n, " ", many))
}
