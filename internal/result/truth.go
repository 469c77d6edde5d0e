package result

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Truth is what is known of decisions from people who said so.
type Truth struct {
	Match Estimate // how often the situation was the one that it was taken for, or rightly taken for none that is known
	Alone Estimate // how often what was done alone was right, by the reviews
	// FalsePositive is how often what was done alone was wrong.
	FalsePositive Estimate
	Tiers         []Claim
	Bins          []Bin // by what the match claimed, the lowest first; empty ones are left out
}

// Claim is what a tier claims and what came true.
type Claim struct {
	Tier   club.Tier
	Claims float64
	Good   Estimate
}

// Bin is the matches whose claimed probability lies in a range.
type Bin struct {
	From, To float64
	Claimed  float64 // their weighted mean
	Realised Estimate
}

// edges divide what a match may claim; they are narrow where decisions are taken.
var edges = []float64{0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1}

// mostTruths bounds what is read: the newest.
const mostTruths = 20000

func (q Query) truth(ctx context.Context, tx *store.Tx, since time.Time) (Truth, error) {
	rows, err := tx.FindTruthsBetween(ctx, store.FindTruthsBetweenParams{Since: since, Until: tx.Now, Scope: q.Scope, Location: q.Location.String(), Size: mostTruths})
	if err != nil {
		return Truth{}, fmt.Errorf("find truths: %w", err)
	}
	return truthOf(rows, q.Thresholds), nil
}

func truthOf(rows []store.DecisionTruth, t club.Thresholds) Truth {
	var match, alone sample
	claims := []Claim{{Tier: club.TierAuto, Claims: t.High}, {Tier: club.TierSuggest, Claims: t.Medium}, {Tier: club.TierApprove, Claims: t.Low}}
	tiers := make([]sample, len(claims))
	bins := make([]sample, len(edges)-1)
	claimed := make([]float64, len(bins))
	for _, r := range rows {
		weight := 1.0
		if r.Share > 0 {
			weight = 1 / r.Share
		}
		if r.Fits != "" {
			followed := r.Good != "" // where nothing was, the likeliest candidate was taken for another matter
			match.add((r.Fits == "yes") == followed, weight)
			b := binOf(r.Probability)
			bins[b].add(r.Fits == "yes", weight)
			claimed[b] += weight * r.Probability
		}
		if r.Good == "" {
			continue
		}
		if r.Alone {
			alone.add(r.Good == "yes", weight)
		}
		for i := range claims {
			if claims[i].Tier == r.Tier {
				tiers[i].add(r.Good == "yes", weight)
			}
		}
	}
	out := Truth{Match: match.estimate(), Alone: alone.estimate(), Tiers: claims}
	out.FalsePositive = out.Alone.not()
	for i := range claims {
		out.Tiers[i].Good = tiers[i].estimate()
	}
	for i := range bins {
		if bins[i].n > 0 {
			out.Bins = append(out.Bins, Bin{From: edges[i], To: edges[i+1], Claimed: claimed[i] / bins[i].sum, Realised: bins[i].estimate()})
		}
	}
	return out
}

func binOf(p float64) int {
	for i := len(edges) - 2; i > 0; i-- {
		if p >= edges[i] {
			return i
		}
	}
	return 0
}
