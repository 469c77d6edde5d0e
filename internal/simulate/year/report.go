package year

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gonum.org/v1/gonum/mathext"

	"clubos/internal/club"
	"clubos/internal/store"
)

// Report is what came of a year.
type Report struct {
	Seed    uint64  `json:"seed"`
	Days    int     `json:"days"`
	Wrong   float64 `json:"wrong"`
	Hostile bool    `json:"hostile"`
	Drift   bool    `json:"drift"`
	Engine  string  `json:"engine"`
	// Digest is of all that happened: the same seed and configuration have the same.
	Digest  string        `json:"digest"`
	Took    time.Duration `json:"took_ns"`
	Months  []Figures     `json:"months"` // of 30 days
	Total   Figures       `json:"total"`
	Lessons Lessons       `json:"lessons"`
	Reviews Reviews       `json:"reviews"`
	Trips   []Trip        `json:"breakers"`
	Apart   []Apart       `json:"set_aside"`
	// Remaining is what people still had to do, and why.
	Remaining []Remaining `json:"remaining"`
	// Drifted is what became of the procedure that stopped healing, and of the fault that was new.
	Drifted  *Drift    `json:"drift_found,omitempty"`
	Promises []Promise `json:"promises"`
}

// Figures are those of a span of days.
type Figures struct {
	From          int     `json:"from_day"`
	Until         int     `json:"until_day"`
	Matters       int     `json:"matters"`
	Interventions float64 `json:"interventions_per_100"` // matters in which a person did something
	Coverage      float64 `json:"coverage"`              // share that was settled without anybody
	Unsettled     float64 `json:"unsettled"`             // share of which nothing came
	Auto          Tally   `json:"auto"`                  // carried out at once
	Announced     Tally   `json:"announced"`             // carried out at a deadline
	Approved      Tally   `json:"approved"`
	MedianSeconds float64 `json:"median_seconds"` // until it was settled
}

// Tally counts decisions that were carried out.
type Tally struct {
	Done  int `json:"done"`
	Wrong int `json:"wrong"`
}

// Error is the share of wrong ones.
func (t Tally) Error() float64 { return float64(t.Wrong) / float64(max(1, t.Done)) }

func (t *Tally) add(right bool) {
	if t.Done++; !right {
		t.Wrong++
	}
}

// Lessons counts what people taught, by the tier it has earned.
type Lessons struct {
	Learned    int `json:"learned"`
	Quarantine int `json:"quarantined"` // not proposed
	Proposed   int `json:"proposed"`
	Announced  int `json:"announced"`
	Auto       int `json:"auto"`
}

// Apart is somebody who was said to answer otherwise than everybody else.
type Apart struct {
	Day     int    `json:"day"`
	Name    string `json:"name"`
	Hostile bool   `json:"hostile"`
}

// Trip is a breaker that tripped.
type Trip struct {
	Day    int    `json:"day"`
	Kind   string `json:"kind"`
	What   string `json:"what"`
	Reason string `json:"reason"`
}

// Drift is how soon a change of the world was noticed.
type Drift struct {
	FailsFrom   int `json:"fails_from_day"`
	NoticedDay  int `json:"noticed_day"`  // -1: never
	Outcomes    int `json:"outcomes"`     // of the procedure since then, until it was demoted
	Unheeded    int `json:"unheeded"`     // how often it acted alone in vain after that
	NewFrom     int `json:"new_from_day"` //
	NewMatters  int `json:"new_matters"`
	NewWrong    int `json:"new_wrong"`   // acted on alone, wrongly
	NewSettled  int `json:"new_settled"` // settled without anybody
	NewProposed int `json:"new_until_proposed"`
}

// Promise is something that is claimed of every year.
type Promise struct {
	Name  string  `json:"name"`
	Want  string  `json:"want"`
	Got   float64 `json:"got"`
	Holds bool    `json:"holds"`
}

// Missed names the promises that do not hold.
func (r *Report) Missed() (out []string) {
	for _, p := range r.Promises {
		if !p.Holds {
			out = append(out, fmt.Sprintf("%s: %.3g, wanted %s", p.Name, p.Got, p.Want))
		}
	}
	return out
}

const month = 30 // days

func (w *world) report(ctx context.Context, took time.Duration) (*Report, error) {
	if err := w.describe(ctx); err != nil {
		return nil, err
	}
	r := &Report{Seed: w.cfg.Seed, Days: w.cfg.Days, Wrong: w.cfg.Wrong, Hostile: w.cfg.Hostile, Drift: !w.cfg.NoDrift, Engine: w.app.Cluster.Engine(), Digest: w.digest(), Took: took, Reviews: w.books.reviews, Apart: w.books.apart}
	for from := 0; from < w.cfg.Days; from += month {
		r.Months = append(r.Months, w.figures(from, min(from+month, w.cfg.Days)))
	}
	r.Total, r.Remaining = w.figures(0, w.cfg.Days), w.remaining()
	var names map[string]string
	err := w.tenant.Read(ctx, func(tx *store.Tx) (err error) {
		r.Lessons, err = lessonsOf(ctx, tx)
		if err == nil {
			names, err = w.titles(ctx, tx)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, t := range w.books.trips {
		what := t.scope
		if n, ok := names[what]; ok {
			what = n
		}
		r.Trips = append(r.Trips, Trip{Day: w.dayOf(t.at), Kind: t.kind, What: what, Reason: t.reason})
	}
	if !w.cfg.NoDrift {
		r.Drifted = w.drifted()
	}
	r.Promises = w.promises(r)
	return r, nil
}

func (w *world) dayOf(at time.Time) int { return int(at.Sub(w.cfg.Begin).Hours() / 24) }

// titles names patterns.
func (w *world) titles(ctx context.Context, tx *store.Tx) (map[string]string, error) {
	out := map[string]string{}
	for _, t := range w.books.trips {
		if t.kind != "pattern" {
			continue
		}
		row, err := tx.FindPattern(ctx, club.PatternID(t.scope))
		if err != nil {
			return nil, err
		}
		out[t.scope] = row.Title
	}
	return out, nil
}

func lessonsOf(ctx context.Context, tx *store.Tx) (l Lessons, err error) {
	rows, err := tx.FindLearnedPatterns(ctx)
	if err != nil {
		return l, fmt.Errorf("find lessons: %w", err)
	}
	for _, p := range rows {
		l.Learned++
		switch p.Earned {
		case club.TierAuto:
			l.Auto++
		case club.TierSuggest:
			l.Announced++
		case club.TierApprove:
			l.Proposed++
		case club.TierEscalate:
			l.Quarantine++
		}
	}
	return l, nil
}

func (w *world) figures(from, until int) Figures {
	f := Figures{From: from, Until: until}
	touched, alone, unsettled := 0, 0, 0
	var times []time.Duration
	for _, m := range w.matters {
		if m.day < from || m.day >= until {
			continue
		}
		f.Matters++
		switch {
		case m.touched:
			touched++
		case !m.settled.IsZero():
			alone++
		}
		if m.settled.IsZero() {
			unsettled++
		} else {
			times = append(times, m.settled.Sub(m.at))
		}
	}
	n := float64(max(1, f.Matters))
	f.Interventions, f.Coverage, f.Unsettled, f.MedianSeconds = 100*float64(touched)/n, float64(alone)/n, float64(unsettled)/n, median(times).Seconds()
	for _, d := range w.books.deeds {
		if d.day < from || d.day >= until {
			continue
		}
		switch {
		case !d.alone:
			f.Approved.add(d.right)
		case d.tier == club.TierAuto:
			f.Auto.add(d.right)
		default:
			f.Announced.add(d.right)
		}
	}
	return f
}

func median(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(list))
	return s[len(s)/2]
}

// drifted looks how soon the changes of the world were noticed.
func (w *world) drifted() *Drift {
	d := &Drift{FailsFrom: w.cfg.failingDay(), NewFrom: w.cfg.newFaultDay(), NoticedDay: -1, NewProposed: -1}
	since := w.cfg.Begin.AddDate(0, 0, d.FailsFrom)
	var pattern string
	for _, x := range w.books.deeds {
		if x.what == "frozen-screen" {
			pattern = x.pattern.String()
		}
	}
	var noticed time.Time
	for _, t := range w.books.trips {
		if !t.at.Before(since) && (t.scope == pattern || t.scope == "restart_trackman") && noticed.IsZero() {
			noticed, d.NoticedDay = t.at, w.dayOf(t.at)
		}
	}
	for _, x := range w.books.deeds {
		if x.what != "frozen-screen" || x.day < d.FailsFrom {
			continue
		}
		switch {
		case noticed.IsZero() || !x.at.After(noticed):
			d.Outcomes++
		case x.alone && !x.right:
			d.Unheeded++
		}
	}
	for _, x := range w.books.deeds {
		if x.kind.Name == newFault && x.alone && !x.right {
			d.NewWrong++
		}
	}
	for _, m := range w.matters {
		if m.kind.Name == newFault {
			if d.NewMatters++; !m.settled.IsZero() && !m.touched {
				if d.NewSettled++; d.NewProposed < 0 {
					d.NewProposed = d.NewMatters
				}
			}
		}
	}
	return d
}

// firstCases is how many matters of a kind are the time before it was known, as for the figure that the product
// shows of itself (result.Repeat).
const firstCases = 5

// repeats is the median time until the first matters of a kind were settled, and until the later ones were, of
// all kinds.
func (w *world) repeats() (first, later time.Duration) {
	seen := map[*kind]int{}
	var a, b []time.Duration
	for _, m := range w.matters {
		if m.settled.IsZero() || m.kind.Person {
			continue
		}
		took := m.settled.Sub(m.at)
		if seen[m.kind]++; seen[m.kind] <= firstCases {
			a = append(a, took)
		} else {
			b = append(b, took)
		}
	}
	return median(a), median(b)
}

// demotedWithin is in how many outcomes a procedure that has stopped working loses the right to act. See
// docs/decisions.md.
const demotedWithin = 12

// promises are what is claimed of every year.
func (w *world) promises(r *Report) []Promise {
	least := func(name string, got, want float64) Promise {
		return Promise{Name: name, Want: fmt.Sprintf("at least %g", want), Got: got, Holds: got >= want}
	}
	most := func(name string, got, want float64) Promise {
		return Promise{Name: name, Want: fmt.Sprintf("at most %g", want), Got: got, Holds: got <= want}
	}
	first, last := w.figures(0, min(month, w.cfg.Days)), w.figures(w.cfg.Days*3/4, w.cfg.Days)
	before, after := w.repeats()
	out := []Promise{
		least("interventions fall by, from the first month to the last quarter", 1-last.Interventions/max(first.Interventions, 1e-9), 0.50),
		least("repeated matters are settled faster by, in the median", 1-after.Seconds()/max(before.Seconds(), 1e-9), 0.70),
		most("wrong decisions carried out at once", r.Total.Auto.Error(), 0.05),
		most("wrong decisions carried out at a deadline", r.Total.Announced.Error(), 0.25),
		most("patterns whose own decisions refute what they claimed", float64(w.refuted()), 0),
	}
	if d := r.Drifted; d != nil {
		got := float64(d.Outcomes)
		if d.NoticedDay < 0 && d.Outcomes < demotedWithin {
			got = 0 // it has not come up often enough to show
		}
		out = append(out, most("outcomes until a procedure that has stopped working is demoted", got, demotedWithin))
	}
	return out
}

// refuted counts the patterns whose decisions were wrong so often that it speaks against their tier's
// claim, by a binomial tail at a level of one in a hundred for all patterns together. What fails by
// design is left out.
func (w *world) refuted() int {
	type key struct {
		pattern club.PatternID
		tier    club.Tier
	}
	by := map[key]*Tally{}
	for _, d := range w.books.deeds {
		if !d.alone || d.kind.Name == failing && !w.cfg.NoDrift && d.day >= w.cfg.failingDay() {
			continue
		}
		k := key{d.pattern, d.tier}
		if by[k] == nil {
			by[k] = &Tally{}
		}
		by[k].add(d.right)
	}
	n := 0
	for k, t := range by {
		may := 0.05
		if k.tier != club.TierAuto {
			may = 0.25
		}
		if t.Wrong > 0 && mathext.RegIncBeta(float64(t.Wrong), float64(t.Done-t.Wrong+1), may) < 0.01/float64(len(by)) {
			n++
		}
	}
	return n
}

// describe adds to the trace what people have taught by the end of the year.
func (w *world) describe(ctx context.Context) error {
	return w.tenant.Read(ctx, func(tx *store.Tx) error {
		lessons, err := w.app.Memory.Learned(ctx, tx, w.keys)
		if err != nil {
			return err
		}
		for _, l := range lessons.List {
			about := "nothing"
			for _, k := range w.kinds {
				if k.says(l.Reply) {
					about = k.Name
				}
			}
			w.record("lesson about %s, %d situations, actions %v, %s: %q", about, len(l.Texts), l.Actions(), l.Pattern.Earned, l.Reply)
		}
		return nil
	})
}
