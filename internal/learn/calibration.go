package learn

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"clubos/internal/club"
	"clubos/internal/pattern"
	"clubos/internal/pattern/reliability"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Calibration is what the club's record says of the matches to come: how probable they are in truth, and
// from which likeness on they may act alone. The zero Calibration takes every match as it is.
type Calibration struct {
	calibrator pattern.LabelCalibrator
	procedures map[club.SOPID]club.PatternID
	// Auto and Suggest are the scores below which a match may not act so; 0 where the record does not speak
	// against it.
	Auto, Suggest float64
}

// leastTruths is how many truths it takes before matches are calibrated by them: fewer say less than the
// public data that the matcher's own odds come from.
const leastTruths = 30

// mostTruths is how many truths count: the newest.
const mostTruths = 2000

// Probability is that of the situation being the one of a match with such a score.
func (c Calibration) Probability(score float64) float64 { return c.ProbabilityOf("", score) }

// ProbabilityOf is that of the situation being the one of the likeliest match, which is of a pattern ("": of
// one without a record).
func (c Calibration) ProbabilityOf(id club.PatternID, score float64) float64 {
	if c.calibrator.N == 0 {
		return score
	}
	return min(c.calibrator.ProbabilityOf(id.String(), logOdds(score)), pattern.MaxConfidence)
}

// PatternOf is the pattern of a procedure, "" of one that has decided nothing yet.
func (c Calibration) PatternOf(id club.SOPID) club.PatternID { return c.procedures[id] }

// Lower is the tier that a match with such a score may have at most, and why where that is less.
func (c Calibration) Lower(t club.Tier, score float64) (club.Tier, string) {
	to := t
	if to == club.TierAuto && score < c.Auto {
		to = to.Lower(club.TierSuggest)
	}
	if to == club.TierSuggest && score < c.Suggest {
		to = to.Lower(club.TierApprove)
	}
	if to == t {
		return t, ""
	}
	return to, "of such matches, people found more wrong than may be done alone"
}

// Calibrate draws the calibration from a record of what became known.
//
// The probabilities follow from every decision of which somebody said whether it was the situation, those of
// the matches of one pattern also from its own record (pattern.FitLabels). A threshold stands only where the
// record of what was done alone refutes the tier's claim, at the level at which the claim is made and under any
// number of looks (reliability.Counts.UpperBound). It is then the lowest score from which the whole record entitles to act
// (pattern.Earned, the rule of the learner that clubos eval stream measures), and falls away when the record no
// longer refutes the claim.
func Calibrate(truths []store.DecisionTruth, p reliability.Policy) Calibration {
	var c Calibration
	var fits, good []pattern.Outcome
	alone := map[club.Tier]reliability.Counts{}
	for _, t := range truths {
		if t.Score <= 0 || t.Score >= 1 {
			continue // what answers our own question was not matched
		}
		if t.Fits != "" {
			fits = append(fits, pattern.Outcome{Label: t.PatternID.String(), Score: logOdds(t.Score), Right: t.Fits == yes})
		}
		if t.Good == "" {
			continue
		}
		good = append(good, pattern.Outcome{Score: logOdds(t.Score), Right: t.Good == yes})
		if t.Alone {
			n := alone[t.Tier]
			if t.Good == yes {
				n.Successes++
			} else {
				n.Failures++
			}
			alone[t.Tier] = n
		}
	}
	if len(fits) >= leastTruths {
		c.calibrator = pattern.FitLabels(fits)
	}
	c.Auto = raised(good, alone[club.TierAuto], p.Thresholds.High, p.Auto)
	c.Suggest = raised(good, alone[club.TierSuggest], p.Thresholds.Medium, p.Suggest)
	return c
}

// raised is the score from which a tier may act, 0 where its record does not refute what it claims, and
// more than any score where nothing entitles it.
func raised(record []pattern.Outcome, alone reliability.Counts, claim, alpha float64) float64 {
	if alone.Failures == 0 || alone.UpperBound(alpha) >= claim {
		return 0
	}
	from, ok := pattern.Earned(record, 1-claim)
	if !ok {
		return 2
	}
	return 1 / (1 + math.Exp(-from))
}

// logOdds is the log odds of a share; a score of 0 or 1 is as sure as one can be.
func logOdds(share float64) float64 {
	share = min(max(share, 1e-9), 1-1e-9)
	return math.Log(share / (1 - share))
}

// CalibrateIn is Calibrate for matches that were weighed in a space. Scores of different spaces are no
// likelihoods of one kind: the probabilities follow from the space's own record as soon as there is enough
// of it. A threshold of the whole record stands all the same, and so does one of the space's own.
func CalibrateIn(space string, truths []store.DecisionTruth, p reliability.Policy) Calibration {
	all := Calibrate(truths, p)
	own := slices.DeleteFunc(slices.Clone(truths), func(t store.DecisionTruth) bool { return t.Space != space })
	if len(own) == len(truths) {
		return all
	}
	c := Calibrate(own, p)
	if c.calibrator.N == 0 {
		c.calibrator = all.calibrator
	}
	c.Auto, c.Suggest = max(c.Auto, all.Auto), max(c.Suggest, all.Suggest)
	return c
}

// calibrationsKept keeps the newest calibration of each club in memory, with a view and without.
type calibrationsKept struct {
	mu   sync.Mutex // guards kept
	kept map[calibrationKey]keptCalibration
}

type calibrationKey struct {
	tenant club.Slug
	viewed bool
}

type keptCalibration struct {
	stamp       string
	calibration Calibration
}

// Calibration returns what the club's record says of matches that were weighed in a space ("" of the engine
// alone), from memory where nothing has become known.
func (m *Memory) Calibration(ctx context.Context, tx *store.Tx, s setting.Settings, space string) (Calibration, error) {
	newest, err := tx.FindNewestTruth(ctx)
	if missing(err) {
		return Calibration{}, nil
	}
	if err != nil {
		return Calibration{}, fmt.Errorf("read the record's stamp: %w", err)
	}
	stamp := fmt.Sprint(newest.DecisionID, newest.UpdatedAt.UnixMicro(), s.Thresholds)
	key := calibrationKey{tx.Tenant, space != ""}
	stamp += " " + space
	m.calibrations.mu.Lock()
	known := m.calibrations.kept[key]
	m.calibrations.mu.Unlock()
	if known.stamp == stamp {
		return known.calibration, nil
	}
	truths, err := tx.FindTruths(ctx, mostTruths)
	if err != nil {
		return Calibration{}, fmt.Errorf("read what became known: %w", err)
	}
	fresh := keptCalibration{stamp, CalibrateIn(space, truths, PolicyOf(s))}
	if fresh.calibration.procedures, err = proceduresOf(ctx, tx); err != nil {
		return Calibration{}, err
	}
	m.calibrations.mu.Lock()
	m.calibrations.kept[key] = fresh
	m.calibrations.mu.Unlock()
	return fresh.calibration, nil
}

// proceduresOf lists which pattern is the record of each procedure.
func proceduresOf(ctx context.Context, tx *store.Tx) (map[club.SOPID]club.PatternID, error) {
	rows, err := tx.FindProcedurePatterns(ctx)
	if err != nil {
		return nil, fmt.Errorf("find procedures' patterns: %w", err)
	}
	out := make(map[club.SOPID]club.PatternID, len(rows))
	for _, r := range rows {
		out[r.SOPID] = r.ID
	}
	return out, nil
}
