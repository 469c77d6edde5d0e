package eval

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"clubos/internal/pattern"
)

// StreamConfig is a measurement of learning as it goes.
type StreamConfig struct {
	Target   float64 // 0.05 when zero
	Audit    float64 // share of the answers whose label becomes known
	Shuffles int     // how often; 1 when zero
	Seed     uint64
	Progress func(string)
}

// StreamReport is what a measurement found.
type StreamReport struct {
	Shuffles []Shuffle `json:"shuffles"`
	Summary  Summary   `json:"summary"`
}

// Shuffle is one order of arrival.
type Shuffle struct {
	Whole      StreamShares `json:"whole"`
	SecondHalf StreamShares `json:"second_half"`
}

// StreamShares is how a part of a stream fared.
type StreamShares struct {
	RightIn  float64 `json:"right_in"`
	Coverage float64 `json:"coverage"`
	Error    float64 `json:"error"`
	// InterventionsSaved is the share of rows that no person had to look at:
	// answered, and not audited.
	InterventionsSaved float64 `json:"interventions_saved"`
	OOSFalseAccept     float64 `json:"oos_false_accept"`
	N                  int     `json:"n"`
}

// Summary is over the second halves.
type Summary struct {
	N                  int     `json:"shuffles"`
	RightIn            float64 `json:"right_in"`
	Coverage           float64 `json:"coverage"`
	Error              float64 `json:"error"`
	WorstError         float64 `json:"worst_error"`
	KeptShare          float64 `json:"kept_share"`
	InterventionsSaved float64 `json:"interventions_saved"`
}

// Stream lets a learner begin with the train rows; the others arrive in a random
// order, one by one. Each is predicted; if the learner is entitled to answer, it
// does, and the label becomes known only when the answer is drawn for an audit;
// else a person labels it.
func Stream(ctx context.Context, rows []Row, cfg StreamConfig) (StreamReport, error) {
	cfg.Shuffles = max(1, cfg.Shuffles)
	p, err := divide(rows)
	if err != nil {
		return StreamReport{}, err
	}
	m, err := train(ctx, p.train, cfg.Seed, cfg.say)
	if err != nil {
		return StreamReport{}, err
	}
	known, rest := examples(p.train), slices.Concat(p.val, p.test)
	cfg.say("the stream begins")
	r := StreamReport{Shuffles: make([]Shuffle, cfg.Shuffles)}
	errs := make([]error, cfg.Shuffles)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards done
	done := 0
	places := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range cfg.Shuffles {
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			r.Shuffles[i], errs[i] = stream(ctx, m, known, rest, cfg, uint64(i))
			mu.Lock()
			defer mu.Unlock()
			done++
			cfg.say("%d of %d shuffles", done, cfg.Shuffles)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return r, err
		}
	}
	r.summarise(cfg)
	return r, nil
}

func (c StreamConfig) say(format string, args ...any) {
	if c.Progress != nil {
		c.Progress(fmt.Sprintf(format, args...))
	}
}

// stream is one order of arrival.
func stream(ctx context.Context, m *pattern.Model, known []pattern.Example, rest []Row, cfg StreamConfig, shuffle uint64) (Shuffle, error) {
	rng := rand.New(rand.NewPCG(cfg.Seed, 1000+shuffle))
	l := pattern.NewLearner(m, known, pattern.LearnerConfig{Target: cfg.Target, Seed: cfg.Seed})
	out := make([]streamed, 0, len(rest))
	for _, i := range rng.Perm(len(rest)) {
		row := rest[i]
		v := l.Decide(row.Event)
		best, ok := v.Best()
		s := streamed{answer: answer{seen{inScope: row.Label != "", right: ok && row.Label != "" && best.Label == row.Label, score: v.Logit}, v.Answer}}
		s.audited = v.Answer && rng.Float64() < cfg.Audit
		out = append(out, s)
		if v.Answer && !s.audited {
			continue
		}
		l.Observe(v, row.Label)
		if l.Due() {
			if err := l.Refit(ctx); err != nil {
				return Shuffle{}, err
			}
		}
	}
	return Shuffle{Whole: sharesOf(out), SecondHalf: sharesOf(out[len(out)/2:])}, nil
}

// streamed is one row of a stream.
type streamed struct {
	answer
	audited bool
}

func sharesOf(rows []streamed) StreamShares {
	plain := make([]answer, len(rows))
	saved := 0
	for i, r := range rows {
		plain[i] = r.answer
		if r.given && !r.audited {
			saved++
		}
	}
	s := summarise(plain)
	return StreamShares{RightIn: s.RightIn, Coverage: s.Coverage, Error: s.Error, OOSFalseAccept: s.OOSFalseAccept, InterventionsSaved: share(saved, len(rows)), N: len(rows)}
}

func (r *StreamReport) summarise(cfg StreamConfig) {
	target := cfg.Target
	if target == 0 {
		target = 0.05
	}
	n := float64(len(r.Shuffles))
	kept := 0
	for _, s := range r.Shuffles {
		h := s.SecondHalf
		r.Summary.RightIn += h.RightIn / n
		r.Summary.Coverage += h.Coverage / n
		r.Summary.Error += h.Error / n
		r.Summary.InterventionsSaved += h.InterventionsSaved / n
		r.Summary.WorstError = max(r.Summary.WorstError, h.Error)
		if h.Error <= target {
			kept++
		}
	}
	r.Summary.N, r.Summary.KeptShare = len(r.Shuffles), share(kept, len(r.Shuffles))
}
