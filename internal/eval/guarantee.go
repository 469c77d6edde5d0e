package eval

import (
	"context"
	"math/rand/v2"
	"slices"
)

// GuaranteeReport says how often a promise was kept.
type GuaranteeReport struct {
	KeptShare float64   `json:"kept_share"` // splits whose errors stayed within the target
	Errors    []float64 `json:"errors"`     // by split: wrong answers, of all answers
	RightIn   []float64 `json:"right_in"`
	Target    float64   `json:"target_error"`
	Mean      float64   `json:"mean_error"`
	// View is what the vectors brought; nil without any.
	View *ViewReport `json:"view,omitempty"`
}

// Guarantee trains once and then shuffles val and test together, splits times,
// into parts of the sizes that they had (halves when one is empty), calibrates on
// the one and counts the errors of the other.
func Guarantee(ctx context.Context, rows []Row, splits int, cfg StaticConfig) (GuaranteeReport, error) {
	cfg = cfg.withDefaults()
	p, err := divide(rows)
	if err != nil {
		return GuaranteeReport{}, err
	}
	m, err := train(ctx, p.train, cfg.Seed, cfg.say)
	if err != nil {
		return GuaranteeReport{}, err
	}
	r, look := GuaranteeReport{Target: cfg.Target}, unseen
	if cfg.Vectors != nil {
		if look, r.View, err = cfg.view(ctx, m, p); err != nil {
			return r, err
		}
	}
	pool := judge(m, slices.Concat(p.val, p.test), look)
	cut := len(p.val)
	if len(p.val) == 0 || len(p.test) == 0 {
		cut = len(pool) / 2
	}
	rng := rand.New(rand.NewPCG(cfg.Seed, 12))
	kept := 0
	for range splits {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		rng.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
		s := summarise(answers(pool[cut:], fitted(pool[:cut], cfg)))
		r.Errors, r.RightIn = append(r.Errors, s.Error), append(r.RightIn, s.RightIn)
		r.Mean += s.Error / float64(splits)
		if s.Error <= cfg.Target {
			kept++
		}
	}
	r.KeptShare = share(kept, splits)
	return r, nil
}
