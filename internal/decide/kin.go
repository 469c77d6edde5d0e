package decide

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/learn"
	"clubos/internal/pattern"
	"clubos/internal/pattern/module"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

const (
	// together is how far apart what a member writes and what is reported may be, to be one situation.
	together = 15 * time.Minute
	// tellSince is how far back it is counted how much a report tells.
	tellSince = 180 * 24 * time.Hour
)

// findReports notes what was reported where the member is.
func (m *matter) findReports(ctx context.Context, tx *store.Tx) error {
	if m.location.ID.IsZero() {
		return nil
	}
	list, err := tx.FindEventsAround(ctx, store.FindEventsAroundParams{LocationID: m.location.ID, BayID: m.bay.ID, Since: tx.Now.Add(-together), Soon: tx.Now.Add(together), Size: 20})
	if err != nil {
		return fmt.Errorf("read what was reported: %w", err)
	}
	seen := map[string]bool{}
	for _, e := range list {
		if module.Ordinary(e.Code) {
			continue
		}
		m.reports = append(m.reports, e)
		if e.Code.Door() {
			continue // it stands among what doors reported
		}
		what := e.DeviceName
		if what != "" {
			what += " "
		}
		if what += event.Words(e.Code); !seen[what] {
			seen[what] = true
			m.fact("reported", what, "events", e.At)
		}
	}
	return nil
}

// tell raises the candidates that something reported here speaks for. How much, is learned: from how often
// such a report stood beside decisions on that procedure, and beside others.
func (d *Decider) tell(ctx context.Context, tx *store.Tx, m *matter, list []found) error {
	for i := range list {
		f := &list[i]
		if f.entry == nil {
			continue
		}
		for _, e := range m.reports {
			if !relates(f.choice.Document, e.Code) {
				continue
			}
			own, others, err := told(ctx, tx, f.entry.SOP, e.Code)
			if err != nil {
				return err
			}
			p := min(module.Tell(f.confidence, own, others, module.Of(e.Code).Prior()), pattern.MaxConfidence)
			if p > f.confidence {
				f.candidate.Why += fmt.Sprintf("; %s here, which makes it likelier (%.2f before)", event.Words(e.Code), f.confidence)
			}
			f.confidence, f.candidate.Confidence = p, p
			break // one report tells; a second of the same fault tells nothing more
		}
	}
	slices.SortStableFunc(list, func(a, b found) int { return cmp.Compare(b.confidence, a.confidence) })
	return nil
}

// told counts decisions on texts by whether something of a code was reported beside them.
func told(ctx context.Context, tx *store.Tx, sop club.SOPID, code club.EventCode) (own, others module.Seen, err error) {
	row, err := tx.FindPatternOfSOP(ctx, sop)
	if err != nil && !missing(err) {
		return own, others, fmt.Errorf("find pattern: %w", err)
	}
	n, err := tx.CountTold(ctx, store.CountToldParams{PatternID: row.ID, Since: tx.Now.Add(-tellSince), Code: code})
	if err != nil {
		return own, others, fmt.Errorf("count reports beside decisions: %w", err)
	}
	own = module.Seen{With: float64(n.OwnWith), Without: float64(n.Own - n.OwnWith)}
	others = module.Seen{With: float64(n.EveryWith - n.OwnWith), Without: float64(n.Every - n.EveryWith - n.Own + n.OwnWith)}
	return own, others, nil
}

// keepReports records what was reported beside a decision on a text.
func (m *matter) keepReports(ctx context.Context, tx *store.Tx, dec club.DecisionID) error {
	for _, e := range m.reports {
		if err := tx.CreateDecisionEvent(ctx, store.CreateDecisionEventParams{DecisionID: dec, Code: e.Code, EventID: e.ID}); err != nil {
			return fmt.Errorf("record what was reported: %w", err)
		}
	}
	return nil
}

// absorb takes over the situations that a member's text is about: their own threads are merged into the
// conversation, with their tickets, and what was proposed there is withdrawn, so that one matter is decided
// on once. What people hold stays with them, and an incident of several bays is more than one member's.
func (d *Decider) absorb(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter, p plan) error {
	if p.entry == nil || len(m.reports) == 0 {
		return nil
	}
	seen := map[club.SituationID]bool{}
	for _, e := range m.reports {
		if e.SituationID.IsZero() || seen[e.SituationID] || !relates(p.document, e.Code) {
			continue
		}
		seen[e.SituationID] = true
		s, err := tx.FindSituation(ctx, e.SituationID)
		if err != nil {
			return fmt.Errorf("find situation: %w", err)
		}
		old, err := thread.Find(ctx, tx, s.ThreadID)
		if err != nil {
			return err
		}
		if old.Provider != club.EventProvider || old.Status.HeldByPeople() || old.Status == club.ThreadMerged || s.Bays > 1 {
			continue
		}
		if err := d.supersede(ctx, tx, old); err != nil {
			return err
		}
		if err := d.mergeInto(ctx, tx, keys, old, m.thread, s); err != nil {
			return err
		}
	}
	return nil
}

// mergeInto continues a situation in a member's conversation, where colleagues read of it.
func (d *Decider) mergeInto(ctx context.Context, tx *store.Tx, keys *vault.Tenant, old, to store.Thread, s store.Situation) error {
	if err := tx.MoveTickets(ctx, store.MoveTicketsParams{FromThread: old.ID, ToThread: to.ID, Now: tx.Now}); err != nil {
		return fmt.Errorf("move tickets: %w", err)
	}
	if _, err := tx.UpdateSituation(ctx, store.UpdateSituationParams{ID: s.ID, ThreadID: to.ID, BayID: s.BayID, DeviceID: s.DeviceID, Title: s.Title, Context: s.Context,
		Bays: s.Bays, LastAt: s.LastAt, ClearedAt: s.ClearedAt}); err != nil {
		return fmt.Errorf("move situation: %w", err)
	}
	if _, err := thread.Apply(ctx, tx, old, thread.Move{Event: club.ThreadMerge, By: machine, Why: "a member writes of it", MergedInto: to.ID}); err != nil {
		return err
	}
	return event.Note(ctx, tx, keys, to, "Reported as well: "+s.Title)
}

// joinMember looks whether a member has written of a situation, and was decided on, before it was gathered.
func (d *Decider) joinMember(ctx context.Context, tx *store.Tx, keys *vault.Tenant, m *matter, s store.Situation) (bool, error) {
	if s.Bays > 1 || s.BayID.IsZero() && !s.Code.Door() {
		return false, nil
	}
	threads, err := tx.FindThreadsAtBay(ctx, store.FindThreadsAtBayParams{LocationID: s.LocationID, Bay: s.BayID.String(), Since: ptr(tx.Now.Add(-together))})
	if err != nil || len(threads) == 0 {
		return false, err
	}
	set, err := d.cfg.Library.Live(ctx, tx)
	if err != nil {
		return false, err
	}
	for _, id := range threads {
		list, err := tx.FindDecisionsOfThread(ctx, store.FindDecisionsOfThreadParams{ThreadID: id, Limit: 1})
		if err != nil {
			return false, fmt.Errorf("find decisions: %w", err)
		}
		if len(list) == 0 || tx.Now.Sub(list[0].CreatedAt) > together {
			continue
		}
		for _, e := range set.Entries {
			if e.SOP != list[0].SOPID || !relates(e.Document, s.Code) {
				continue
			}
			to, err := thread.Find(ctx, tx, id)
			if err != nil {
				return false, err
			}
			if err := d.handled(ctx, tx, m, list[0].ID); err != nil {
				return false, err
			}
			learn.Consider(tx, list[0].ID)
			return true, d.mergeInto(ctx, tx, keys, m.thread, to, s)
		}
	}
	return false, nil
}

func ptr[T any](v T) *T { return &v }
