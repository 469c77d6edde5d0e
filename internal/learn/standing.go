package learn

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/pattern"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Standing is what a plan may claim at a place.
type Standing struct {
	Pattern    store.DecisionPattern // zero ID: nothing was recorded yet
	Plan       Plan
	Match      float64 // probability that it is the known situation
	Assessment reliability.Assessment
	// Confidence is a lower bound on the probability that the decision is right here.
	Confidence float64
	// Promising is set for a lesson that enough people stand behind, with hardly anything against it.
	Promising bool
	// Young is set for a promising lesson whose own record does not suffice for an announcement yet: what comes of it
	// shows what such lessons are worth.
	Young bool
	// Ceiling is the most that people and breakers let the plan do, and Limits says why.
	Ceiling club.Tier
	Limits  []string
	// Held is everything that limits it, also what changes nothing beside the rest.
	Held []club.Hold

	record  reliability.Record
	place   reliability.Place
	prior   reliability.Prior
	policy  reliability.Policy
	learned bool
}

// PolicyOf is the policy of a club's settings.
func PolicyOf(s setting.Settings) reliability.Policy {
	p := reliability.DefaultPolicy()
	p.Thresholds = s.Thresholds
	p.ProposeOutcomes, p.ProposePeople, p.ExecutePeople = s.ProposeOutcomes, s.ProposePeople, s.ExecutePeople
	return p
}

// Standing says what a plan may claim at a place, given how probable it is that the situation is the
// known one.
func (m *Memory) Standing(ctx context.Context, tx *store.Tx, s setting.Settings, plan Plan, place reliability.Place, match float64) (Standing, error) {
	out := Standing{Plan: plan, Match: match, Ceiling: club.TierAuto}
	row, err := plan.pattern(ctx, tx)
	if err != nil {
		return out, err
	}
	out.Pattern = row
	record, err := recordOf(ctx, tx, row, plan.Digest)
	if err != nil {
		return out, err
	}
	out.record, out.place, out.policy, out.learned = record, place, PolicyOf(s), plan.SOP.IsZero()
	if out.prior, err = PriorOf(ctx, tx, out.learned, row, out.policy); err != nil {
		return out, err
	}
	out.Promising = out.learned && record.Promising(tx.Now, out.policy)
	out.Assessment = record.Assess(place, tx.Now, out.prior, out.policy)
	out.Young = out.Promising && !out.Assessment.Announces(out.policy)
	out.Confidence = out.Assessment.Confidence(match, out.policy, out.learned)
	return out, out.limit(ctx, tx)
}

// Next is the way to the next tier; ok is false at the top. It looks far ahead and takes some
// milliseconds: it is for people, not for every decision.
func (s Standing) Next(now time.Time) (next reliability.Next, ok bool) {
	return s.record.Missing(s.place, now, s.Match, s.prior, s.policy, s.learned)
}

// Together is what young lessons have proved together, where that and not its own record is what a lesson may be
// announced by.
func (s Standing) Together() (rate float64, ok bool) {
	rate = s.Assessment.Prior
	return rate, s.Young && rate >= s.policy.Thresholds.Medium
}

// Doubtful reports whether its record holds plain information back (see the function of that name).
func (s Standing) Doubtful() bool { return Doubtful(s.Assessment, s.policy) }

// Doubtful reports whether what is known speaks against letting plain information go out unasked: the record
// refutes what auto claims, or its outcomes so far, few as they may be, are worse than an announcement's may be.
func Doubtful(a reliability.Assessment, p reliability.Policy) bool {
	return a.Refuted || a.Counts.Total() > 0 && a.Counts.Successes < p.Thresholds.Medium*a.Counts.Total()
}

// limit applies what people have set for the pattern, and the breakers.
func (s *Standing) limit(ctx context.Context, tx *store.Tx) error {
	switch s.Pattern.State {
	case StatePaused:
		s.hold(club.Hold{By: club.HoldState, To: club.TierEscalate}, "this pattern is paused")
	case StateMerged:
		s.hold(club.Hold{By: club.HoldState, To: club.TierEscalate}, "this pattern has become a part of another one")
	case StateRetired:
		s.hold(club.Hold{By: club.HoldState, To: club.TierEscalate}, "this pattern is retired")
	}
	s.hold(club.Hold{By: club.HoldPin, To: s.Pattern.Ceiling}, "people allow this pattern no more than "+tierWords[s.Pattern.Ceiling])
	tripped, err := tx.FindTrippedBreakers(ctx)
	if err != nil {
		return fmt.Errorf("find breakers: %w", err)
	}
	for _, b := range tripped {
		if s.watchedBy(b) {
			s.hold(club.Hold{By: club.HoldBreaker, Key: b.Kind, To: BrokenCeiling}, "breaker: "+b.Reason)
		}
	}
	return nil
}

// Ceiling is the most that people, breakers and what has become known let a stored decision do at this moment, and why.
// A record that still suffices for an announcement lowers nothing.
func (m *Memory) Ceiling(ctx context.Context, tx *store.Tx, dec store.Decision) (club.Tier, string, error) {
	match, err := tx.FindChosenMatch(ctx, dec.ID)
	if missing(err) {
		return club.TierEscalate, "what it followed has been deleted", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("find match: %w", err)
	}
	row, err := tx.FindPattern(ctx, match.PatternID)
	if err != nil {
		return "", "", fmt.Errorf("find pattern: %w", err)
	}
	plan := Plan{SOP: row.SOPID, Pattern: row.ID, Title: row.Title, Digest: match.Plan}
	if plan.Actions, err = actionsOf(dec); err != nil {
		return "", "", err
	}
	settings, err := setting.Load(ctx, tx)
	if err != nil {
		return "", "", err
	}
	s, err := m.Standing(ctx, tx, settings, plan, reliability.Place{Location: dec.LocationID.String(), Bay: dec.BayID.String()}, match.Probability)
	if err != nil {
		return "", "", err
	}
	if earned := settings.Thresholds.Tier(s.Confidence); earned.Lower(club.TierSuggest) == earned && earned != club.TierSuggest {
		s.hold(club.Hold{By: club.HoldState, To: earned}, "by what has become known since, its record does not suffice any more")
	}
	record, err := m.Calibration(ctx, tx, settings, spaceOf(match.Model))
	if err != nil {
		return "", "", err
	}
	if to, why := record.Lower(club.TierSuggest, match.Score); why != "" {
		s.hold(club.Hold{By: club.HoldCalibration, To: to}, why)
	}
	return s.Ceiling, strings.Join(s.Limits, "; "), nil
}

func (s *Standing) watchedBy(b store.Breaker) bool {
	switch b.Kind {
	case BreakerPattern:
		return b.Scope == s.Pattern.ID.String() && !s.Pattern.ID.IsZero()
	case BreakerAction:
		for _, a := range s.Plan.Actions {
			if b.Scope == string(a) {
				return true
			}
		}
		return false
	}
	return b.Kind == BreakerClub
}

func (s *Standing) hold(h club.Hold, why string) {
	if h.To != club.TierAuto {
		s.Held = append(s.Held, h)
	}
	if next := s.Ceiling.Lower(h.To); next != s.Ceiling {
		s.Ceiling = next
		s.Limits = append(s.Limits, why)
	}
}

var tierWords = map[club.Tier]string{
	club.TierAuto: "acting alone", club.TierSuggest: "announcing", club.TierApprove: "asking", club.TierEscalate: "calling a person",
}

// recordOf reads what a pattern's plan has to show in its present epoch.
func recordOf(ctx context.Context, tx *store.Tx, row store.DecisionPattern, digest string) (reliability.Record, error) {
	if row.ID.IsZero() {
		return nil, nil
	}
	return recordIn(ctx, tx, row.ID, digest, row.Epoch)
}

func recordIn(ctx context.Context, tx *store.Tx, id club.PatternID, digest string, epoch int64) (reliability.Record, error) {
	rows, err := tx.FindTallies(ctx, store.FindTalliesParams{PatternID: id, Plan: digest, Epoch: epoch})
	if err != nil {
		return nil, fmt.Errorf("find tallies: %w", err)
	}
	record := make(reliability.Record, len(rows))
	for i, t := range rows {
		record[i] = tallyOf(t)
	}
	return record, nil
}

func tallyOf(t store.PatternTally) reliability.Tally {
	return reliability.Tally{Person: t.Person, Place: reliability.Place{Location: t.Location, Bay: t.Bay},
		Part: reliability.Part{Successes: t.Successes, Failures: t.Failures, Expected: t.Expected, Seen: t.Seen}, Outcomes: int(t.Outcomes), At: t.At}
}

// What a pattern was to a decision.
const (
	RoleChosen  = "chosen"
	RoleWeighed = "weighed"
	roleTaught  = "taught" // a person decided so afterwards
)

// Weighed is one candidate of a decision, for the record.
type Weighed struct {
	Plan        Plan
	Role        string  // RoleChosen or RoleWeighed
	Score       float64 // similarity
	Probability float64 // that it is the known situation
	Reliability float64 // the bound that the confidence rests on
	Confidence  float64
	Model       string // version of the matcher
	Young       bool   // its outcome counts for what young lessons prove together
}

// Remember stores what a decision weighed, making the pattern of a procedure that is weighed for the
// first time.
func (m *Memory) Remember(ctx context.Context, tx *store.Tx, dec store.Decision, list []Weighed) error {
	for _, w := range list {
		row, err := w.Plan.ensure(ctx, tx)
		if err != nil {
			return err
		}
		if err := tx.CreatePatternMatch(ctx, store.CreatePatternMatchParams{DecisionID: dec.ID, PatternID: row.ID, Role: w.Role, Plan: w.Plan.Digest, Score: w.Score,
			Probability: w.Probability, Reliability: w.Reliability, Confidence: w.Confidence, Model: w.Model, Young: w.Young, At: tx.Now}); err != nil {
			return fmt.Errorf("store match: %w", err)
		}
	}
	return nil
}

// ensure returns the plan's pattern, making it for a procedure that has none.
func (p Plan) ensure(ctx context.Context, tx *store.Tx) (store.DecisionPattern, error) {
	row, err := p.pattern(ctx, tx)
	if err != nil || !row.ID.IsZero() {
		return row, err
	}
	if p.SOP.IsZero() {
		return row, club.Conflict("this pattern has been deleted at this moment; look again")
	}
	if _, err := tx.CreatePattern(ctx, store.CreatePatternParams{ID: club.NewPatternID(tx.Now), Domain: string(cmp.Or(p.Domain, pattern.DomainDecision)), SOPID: p.SOP, Title: p.Title, Steps: "{}",
		Earned: club.TierSuggest, CreatedBy: machine.String(), Now: tx.Now}); err != nil {
		return row, fmt.Errorf("create pattern: %w", err)
	}
	return p.pattern(ctx, tx) // somebody may have made it at this very moment
}
