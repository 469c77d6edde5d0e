package hindsight

import (
	"context"
	"fmt"
	"slices"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/learn"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// World is what the tier of a decision follows from beside the matter itself: what people have set, and
// what the memory holds of some patterns.
type World struct {
	settings  setting.Settings
	catalogue *catalogue.Catalogue
	// patterns are those that are looked at; nil: none is, and all are as they were.
	patterns map[club.PatternID]*known
	homes    map[club.PrecedentID]club.PatternID
	tripped  []store.Breaker
}

// known is a pattern as a World has it.
type known struct {
	row        store.DecisionPattern
	does       string                            // the same for patterns that say and do the same; "" of a procedure
	plan       string                            // of a lesson; "" of a procedure, which has several
	prior      reliability.Prior                 // as it is today
	outcomes   map[string][]store.PatternOutcome // that count, by plan, oldest first
	situations []store.Precedent
	grown      map[string]*growing // how far the records have been followed
}

// growing is a record as it grew with time.
type growing struct {
	list   []store.PatternOutcome
	next   int
	record reliability.Record
}

// until is the record of the decisions before an instant, which never goes back.
func (g *growing) until(p Past) reliability.Record {
	for g.next < len(g.list) && g.list[g.next].At.Before(p.At) {
		g.record, _ = g.record.Add(learn.OutcomeOf(g.list[g.next]))
		g.next++
	}
	return g.record
}

// world reads the settings, and the patterns if there are any: with those that became a part of them, and
// those to which their situations went.
func world(ctx context.Context, tx *store.Tx, keys *vault.Tenant, ids []club.PatternID, homesOf []club.PrecedentID) (*World, error) {
	s, err := setting.Load(ctx, tx)
	if err != nil {
		return nil, err
	}
	w := &World{settings: s}
	if w.catalogue, err = catalogue.Load(); err != nil {
		return nil, fmt.Errorf("read action catalogue: %w", err)
	}
	if w.tripped, err = tx.FindTrippedBreakers(ctx); err != nil {
		return nil, fmt.Errorf("find breakers: %w", err)
	}
	if len(ids) == 0 {
		return w, nil
	}
	w.patterns, w.homes = map[club.PatternID]*known{}, map[club.PrecedentID]club.PatternID{}
	for _, id := range homesOf {
		p, err := tx.FindPrecedent(ctx, id)
		if missing(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("find precedent: %w", err)
		}
		if w.homes[id] = p.PatternID; !slices.Contains(ids, p.PatternID) {
			ids = append(slices.Clone(ids), p.PatternID)
		}
	}
	for _, id := range ids {
		k, err := w.knownOf(ctx, tx, keys, id)
		if err != nil {
			return nil, err
		}
		if k == nil {
			continue
		}
		w.patterns[id] = k
		for _, p := range k.situations {
			w.homes[p.ID] = id
		}
	}
	return w, nil
}

// knownOf reads a pattern; nil when there is none.
func (w *World) knownOf(ctx context.Context, tx *store.Tx, keys *vault.Tenant, id club.PatternID) (*known, error) {
	row, err := tx.FindPattern(ctx, id)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find pattern: %w", err)
	}
	k := &known{row: row, outcomes: map[string][]store.PatternOutcome{}, grown: map[string]*growing{}}
	if row.SOPID.IsZero() {
		l, err := learn.LessonOf(keys, row)
		if err != nil {
			return nil, err
		}
		about, err := learn.PlanOf(l)
		if err != nil {
			return nil, err
		}
		k.plan = about.Digest
		k.does = fmt.Sprintf("%q %q", l.Reply, l.Actions())
	}
	if k.prior, err = learn.PriorOf(ctx, tx, row.SOPID.IsZero(), row, learn.PolicyOf(w.settings)); err != nil {
		return nil, err
	}
	plans, err := tx.FindPatternPlans(ctx, store.FindPatternPlansParams{PatternID: id, Epoch: row.Epoch})
	if err != nil {
		return nil, fmt.Errorf("find plans: %w", err)
	}
	for _, plan := range plans {
		list, err := tx.FindOutcomesOfPlan(ctx, store.FindOutcomesOfPlanParams{PatternID: id, Plan: plan, Epoch: row.Epoch})
		if err != nil {
			return nil, fmt.Errorf("find outcomes: %w", err)
		}
		k.outcomes[plan] = slices.DeleteFunc(list, func(o store.PatternOutcome) bool { return o.Source == "" })
	}
	if k.situations, err = tx.FindPrecedentsOfPattern(ctx, store.FindPrecedentsOfPatternParams{PatternID: id, Limit: learn.MaxPrecedents}); err != nil {
		return nil, fmt.Errorf("find precedents: %w", err)
	}
	return k, nil
}

// missing reports whether a query found no row.
func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

// counting is how many outcomes count.
func (k *known) counting() int {
	n := 0
	for _, list := range k.outcomes {
		n += len(list)
	}
	return n
}

// planFor is what a decision that followed the pattern would do.
func (k *known) planFor(p Past) string {
	if k.plan != "" {
		return k.plan
	}
	return p.Plan
}

// earned is the tier that the pattern's record had earned for a decision, from the outcomes of the
// decisions before it. Decisions must be asked about in the order in which they were taken.
func (w *World) earned(k *known, p Past) club.Tier {
	a, policy := w.assess(k, p)
	return w.settings.Thresholds.Tier(a.Confidence(p.Match, policy, k.row.SOPID.IsZero()))
}

// doubtful reports whether the pattern's record held plain information back at a decision.
func (w *World) doubtful(k *known, p Past) bool { return learn.Doubtful(w.assess(k, p)) }

// assess is what the pattern's record said at a decision, and by what it is judged.
func (w *World) assess(k *known, p Past) (reliability.Assessment, reliability.Policy) {
	plan := k.planFor(p)
	g := k.grown[plan]
	if g == nil {
		g = &growing{list: k.outcomes[plan]}
		k.grown[plan] = g
	}
	policy := learn.PolicyOf(w.settings)
	return g.until(p).Assess(p.place(), p.At, k.prior, policy), policy
}

// follows is the pattern that a decision would have followed; nil: none. Where a pattern's situations have
// been divided since before, the one goes with a text that is most like it in words.
func (w *World) follows(p Past, before *World) *known {
	k := w.patterns[p.Pattern]
	for k != nil && !k.row.MergedInto.IsZero() {
		k = w.patterns[k.row.MergedInto]
	}
	if k == nil || before == nil || w.patterns[p.Pattern].row.State == learn.StateMerged {
		return k
	}
	if home, ok := w.homes[before.nearest(p, w)]; ok && home != k.row.ID {
		return w.patterns[home]
	}
	return k
}

// nearest is the situation of a decision's pattern that its text is most like, where some of them have left
// it in another world; "" where none has.
func (w *World) nearest(p Past, other *World) club.PrecedentID {
	k := w.patterns[p.Pattern]
	if k == nil || !slices.ContainsFunc(k.situations, func(s store.Precedent) bool {
		home, ok := other.homes[s.ID]
		return ok && home != p.Pattern
	}) {
		return ""
	}
	var best club.PrecedentID
	likeness := -1.0
	for _, s := range k.situations {
		if alike := learn.InCommon(s.Text, p.Text); alike > likeness {
			best, likeness = s.ID, alike
		}
	}
	return best
}

// broken reports whether a breaker of a kind has tripped that watches a decision; k is its pattern, nil
// where none is looked at.
func (w *World) broken(kind string, p Past, k *known) bool {
	return slices.ContainsFunc(w.tripped, func(b store.Breaker) bool {
		switch {
		case b.Kind != kind:
			return false
		case kind == learn.BreakerPattern:
			return k != nil && b.Scope == k.row.ID.String()
		case kind == learn.BreakerAction:
			return p.Course != nil && slices.Contains(p.Course.Acts, club.ActionName(b.Scope))
		}
		return true
	})
}

// stop is what stops a pattern.
func (w *World) stop(k *known) Stop {
	out := Stop{Paused: k.row.State == learn.StatePaused, Retired: k.row.State == learn.StateRetired, Merged: k.row.State == learn.StateMerged, Broken: w.broken(learn.BreakerPattern, Past{}, k)}
	if k.row.Ceiling != club.TierAuto {
		out.Ceiling = k.row.Ceiling
	}
	return out
}

// allows reports whether a decision might be carried out unasked, as far as the club's permissions go.
func (w *World) allows(p Past) bool {
	return w.settings.AllowsAt(w.actions(p), p.Place)
}

// stops reports whether a kill switch stops a decision.
func (w *World) stops(p Past, key string) bool {
	report := p.Course != nil && p.Course.Report // which nobody is written to about
	here := key == "all" || key != setting.AtLocation && key == setting.AtLocation+p.Place
	if !report && (here || key == string(catalogue.CategoryWords)) {
		return true
	}
	return slices.ContainsFunc(w.actions(p), func(a catalogue.Action) bool { return here || key == string(a.Category) || key == string(a.Name) })
}

func (w *World) actions(p Past) []catalogue.Action {
	if p.Course == nil {
		return nil
	}
	var out []catalogue.Action
	for _, name := range p.Course.Acts {
		if a, ok := w.catalogue.Find(name); ok {
			out = append(out, a)
		}
	}
	return out
}

// With is the world in which a switch is thrown, or is not.
func (w *World) With(key string, stopped bool) *World {
	out := *w
	out.settings.SwitchedOff = slices.DeleteFunc(slices.Clone(w.settings.SwitchedOff), func(o string) bool { return o == key })
	if stopped {
		out.settings.SwitchedOff = append(out.settings.SwitchedOff, key)
	}
	return &out
}

// judgesOtherwise reports whether two settings claim something else of the same record, or ask it what they did not.
func judgesOtherwise(a, b setting.Settings) bool {
	return a.AutoSafeReplies != b.AutoSafeReplies || a.Thresholds != b.Thresholds || a.ProposeOutcomes != b.ProposeOutcomes || a.ProposePeople != b.ProposePeople || a.ExecutePeople != b.ExecutePeople
}
