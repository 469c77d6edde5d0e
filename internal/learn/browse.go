package learn

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Mode is what people call how far a pattern may go at present.
type Mode string

// The modes.
const (
	ModeQuarantine Mode = "quarantine" // taught, and not yet proposed to anybody
	ModeLearning   Mode = "learning"   // asks, every time
	ModeSuggest    Mode = "suggest"    // announces, and acts unless somebody objects
	ModeAuto       Mode = "auto"       // acts alone
	ModePaused     Mode = "paused"
	ModeRetired    Mode = "retired"
)

// Modes lists every mode that a list can be narrowed by.
func Modes() []Mode {
	return []Mode{ModeQuarantine, ModeLearning, ModeSuggest, ModeAuto, ModePaused, ModeRetired}
}

// Filter narrows the list of patterns. The zero value finds all of them.
type Filter struct {
	Scope  string // of a principal, see identity.Principal.LocationScope
	Search string // a LIKE pattern for titles; "": all
	Kind   string // "sop", "learned"; "": both
	Mode   Mode
	Domain string    // "": all
	Tier   club.Tier // that the record has earned; "": all
	// Location finds the patterns of its own SOPs, and those that were followed there.
	Location club.LocationID
	After    club.PatternID
	Size     int
}

// Brief is a pattern in a list.
type Brief struct {
	Pattern    store.DecisionPattern
	Location   club.LocationID // of its SOP; zero: everywhere
	Bay        club.BayID
	Mode       Mode
	Precedents int
	Outcomes   int // of all epochs
	Assessment reliability.Assessment
	Confidence float64 // that it may claim where the situation is certain
}

// List returns patterns, the newest first.
func (m *Memory) List(ctx context.Context, tx *store.Tx, s setting.Settings, by Filter) ([]Brief, error) {
	rows, err := tx.FindPatternList(ctx, store.FindPatternListParams{Scope: by.Scope, Search: by.Search, Kind: by.Kind, Mode: string(by.Mode),
		Domain: by.Domain, Tier: string(by.Tier), Location: by.Location.String(), After: by.After.String(), Size: int32(by.Size)})
	if err != nil {
		return nil, fmt.Errorf("find patterns: %w", err)
	}
	out := make([]Brief, len(rows))
	for i, r := range rows {
		b := Brief{Pattern: r.DecisionPattern, Location: r.LocationID, Bay: r.BayID, Mode: Mode(r.Mode), Precedents: int(r.Precedents), Outcomes: int(r.Outcomes)}
		plan := r.Plan
		if b.Pattern.SOPID.IsZero() {
			if plan, err = digestOf(b.Pattern); err != nil {
				return nil, err
			}
		}
		record, err := recordOf(ctx, tx, b.Pattern, plan)
		if err != nil {
			return nil, err
		}
		policy := PolicyOf(s)
		prior, err := PriorOf(ctx, tx, b.Pattern.SOPID.IsZero(), b.Pattern, policy)
		if err != nil {
			return nil, err
		}
		b.Assessment = record.Assess(reliability.Place{}, tx.Now, prior, policy)
		b.Confidence = b.Assessment.Confidence(1, policy, b.Pattern.SOPID.IsZero())
		out[i] = b
	}
	return out, nil
}

// Point is what a pattern's record proved at an instant.
type Point struct {
	At                     time.Time
	Source                 reliability.Source // of the outcome that made it so
	Outcomes               int
	Auto, Suggest, Approve float64
}

// Detail is a pattern with all that people may want to know of it.
type Detail struct {
	Brief
	Steps      []knowledge.Step // what it does
	Standing   Standing         // at no particular place
	Next       *reliability.Next
	Known      []store.Precedent      // newest first
	Record     []store.PatternOutcome // newest first
	Uses       []store.FindPatternUsesRow
	Notes      []store.FindNotesOfPatternRow // with changes and rejections, newest first
	Points     []Point                       // oldest first
	MergedInto club.PatternID
	Breaker    *store.Breaker // nil: closed
}

// How much of a pattern is shown.
const (
	shownPrecedents = 200
	shownOutcomes   = 100
	shownUses       = 20
	shownNotes      = 20
	shownPoints     = 60
)

// Find returns a pattern with its record. NotFound when there is none.
func (m *Memory) Find(ctx context.Context, tx *store.Tx, keys *vault.Tenant, s setting.Settings, id club.PatternID) (Detail, error) {
	var d Detail
	row, err := tx.FindPattern(ctx, id)
	if missing(err) {
		return d, club.NotFound("there is no such pattern")
	}
	if err != nil {
		return d, fmt.Errorf("find pattern: %w", err)
	}
	d.Pattern, d.MergedInto = row, row.MergedInto
	about, err := m.planOf(ctx, tx, keys, &d)
	if err != nil {
		return d, err
	}
	if d.Standing, err = m.Standing(ctx, tx, s, about, reliability.Place{}, 1); err != nil {
		return d, err
	}
	d.Assessment, d.Confidence = d.Standing.Assessment, d.Standing.Confidence
	if next, ok := d.Standing.Next(tx.Now); ok {
		d.Next = &next
	}
	d.Mode = modeOf(row)
	if d.Known, err = tx.FindPrecedentsOfPattern(ctx, store.FindPrecedentsOfPatternParams{PatternID: id, Limit: shownPrecedents}); err != nil {
		return d, fmt.Errorf("find precedents: %w", err)
	}
	if d.Record, err = tx.FindOutcomesOfPattern(ctx, store.FindOutcomesOfPatternParams{PatternID: id, Limit: shownOutcomes}); err != nil {
		return d, fmt.Errorf("find outcomes: %w", err)
	}
	d.Record = slices.DeleteFunc(d.Record, func(o store.PatternOutcome) bool { return o.Source == "" })
	have, err := tx.CountPattern(ctx, id)
	if err != nil {
		return d, fmt.Errorf("count what a pattern has: %w", err)
	}
	d.Precedents, d.Outcomes = int(have.Precedents), int(have.Outcomes)
	if d.Uses, err = tx.FindPatternUses(ctx, store.FindPatternUsesParams{PatternID: id, Size: shownUses}); err != nil {
		return d, fmt.Errorf("find uses: %w", err)
	}
	if d.Notes, err = tx.FindNotesOfPattern(ctx, store.FindNotesOfPatternParams{PatternID: id, Limit: shownNotes}); err != nil {
		return d, fmt.Errorf("find notes: %w", err)
	}
	switch b, err := tx.FindBreaker(ctx, store.FindBreakerParams{Kind: BreakerPattern, Scope: id.String()}); {
	case err != nil && !missing(err):
		return d, fmt.Errorf("find breaker: %w", err)
	case err == nil && b.TrippedAt != nil:
		d.Breaker = &b
	}
	d.Points, err = points(ctx, tx, row, about.Digest, d.Standing.policy, d.Standing.prior)
	return d, err
}

// planOf is what a pattern does: what was taught, or what its procedure usually does.
func (m *Memory) planOf(ctx context.Context, tx *store.Tx, keys *vault.Tenant, d *Detail) (Plan, error) {
	if d.Pattern.SOPID.IsZero() {
		l, err := LessonOf(keys, d.Pattern)
		if err != nil {
			return Plan{}, err
		}
		d.Steps = l.Steps
		return PlanOf(l)
	}
	about := Plan{SOP: d.Pattern.SOPID, Pattern: d.Pattern.ID, Title: d.Pattern.Title}
	place, err := tx.FindSOPPlace(ctx, d.Pattern.SOPID)
	if err != nil {
		return about, fmt.Errorf("find SOP: %w", err)
	}
	d.Location, d.Bay = place.LocationID, place.BayID
	usual, err := tx.FindUsualPlan(ctx, d.Pattern.ID)
	if missing(err) {
		return about, nil
	}
	if err != nil {
		return about, fmt.Errorf("find plan: %w", err)
	}
	about.Digest = usual.Plan
	dec, err := tx.FindDecision(ctx, club.DecisionID(usual.DecisionID))
	if err != nil {
		return about, fmt.Errorf("find decision: %w", err)
	}
	var body plan
	if err := json.Unmarshal([]byte(dec.Steps), &body); err != nil {
		return about, fmt.Errorf("read steps: %w", err)
	}
	d.Steps = body.Steps
	about.Actions, err = actionsOf(dec)
	return about, err
}

// modeOf is a pattern's mode, as the list's query has it.
func modeOf(row store.DecisionPattern) Mode {
	tier := row.Earned.Lower(row.Ceiling)
	switch {
	case row.State != StateActive:
		return Mode(row.State)
	case row.Ceiling == club.TierEscalate:
		return ModePaused
	case row.Earned == club.TierEscalate && row.SOPID.IsZero():
		return ModeQuarantine
	case tier == club.TierSuggest:
		return ModeSuggest
	case tier == club.TierAuto:
		return ModeAuto
	}
	return ModeLearning
}

// points replays a plan's outcomes: what they proved, one after the other. Of many, as many as a chart
// can show, and always the last.
func points(ctx context.Context, tx *store.Tx, row store.DecisionPattern, plan string, policy reliability.Policy, prior reliability.Prior) ([]Point, error) {
	list, err := tx.FindOutcomesOfPlan(ctx, store.FindOutcomesOfPlanParams{PatternID: row.ID, Plan: plan, Epoch: row.Epoch})
	if err != nil {
		return nil, fmt.Errorf("find outcomes: %w", err)
	}
	list = slices.DeleteFunc(list, func(o store.PatternOutcome) bool { return o.Source == "" })
	every := (len(list) + shownPoints - 1) / shownPoints
	var out []Point
	var record reliability.Record
	for i, o := range list {
		record, _ = record.Add(OutcomeOf(o))
		if (len(list)-1-i)%every != 0 {
			continue
		}
		a := record.Assess(reliability.Place{}, o.At, prior, policy)
		out = append(out, Point{At: o.At, Source: reliability.Source(o.Source), Outcomes: i + 1, Auto: a.Auto, Suggest: a.Suggest, Approve: a.Approve})
	}
	return out, nil
}

// Breakers lists those that have tripped, the last first.
func (m *Memory) Breakers(ctx context.Context, tx *store.Tx) ([]store.Breaker, error) {
	list, err := tx.FindTrippedBreakers(ctx)
	if err != nil {
		return nil, fmt.Errorf("find breakers: %w", err)
	}
	return list, nil
}

// BreakerPlace is the location whose decisions alone a breaker watches; zero: of every location.
func (m *Memory) BreakerPlace(ctx context.Context, tx *store.Tx, b store.Breaker) (club.LocationID, error) {
	if b.Kind != BreakerPattern {
		return "", nil
	}
	row, err := tx.FindPattern(ctx, club.PatternID(b.Scope))
	if err != nil {
		return "", fmt.Errorf("find pattern: %w", err)
	}
	if row.SOPID.IsZero() {
		return "", nil
	}
	place, err := tx.FindSOPPlace(ctx, row.SOPID)
	if err != nil {
		return "", fmt.Errorf("find SOP: %w", err)
	}
	return place.LocationID, nil
}

// Words returns the words that people used before in the situation of a pattern, as a template; "" for
// one that says nothing or is a procedure's.
func (m *Memory) Words(ctx context.Context, tx *store.Tx, keys *vault.Tenant, id club.PatternID) (string, error) {
	row, err := tx.FindPattern(ctx, id)
	if missing(err) || err == nil && (!row.SOPID.IsZero() || row.State != StateActive) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("find pattern: %w", err)
	}
	l, err := LessonOf(keys, row)
	return l.Reply, err
}
