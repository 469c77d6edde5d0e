package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"clubos/internal/app"
	"clubos/internal/simulate"
	"clubos/internal/store"
)

const (
	overloadTimes    = 3  // what is sent, of what the server can do
	dangersPerSecond = 20 // texts among them that speak of danger
	// rounds are how often the most it can do and the overload are measured in turn, so that other work of the machine
	// meets both. What else is asked for, danger above all, is the same in both: it is not what overloads.
	rounds = 3
	// calm is between two of them: what was refused has heard of it by then.
	calm = 6 * time.Second
)

// flood is what came of the rounds together.
type flood struct {
	peak, over, danger simulate.Report // their counts are sums
	peakRate, overRate float64         // acknowledged meanwhile, means of the rounds
	rest               [3]answers      // of others
	cpu                [2][3]time.Duration
}

// measureOverload finds what the server can do, sends three times as much whatever it answers, and looks at
// what came of it: how much was still done, whether danger was refused, and whether all that was acknowledged
// is stored.
func measureOverload(ctx context.Context, cfg Config, in *installation, c *child, r *Report) error {
	f, err := in.flood(ctx, cfg, c)
	if err != nil {
		return err
	}
	ended := time.Now()
	if err := in.filed(ctx); err != nil {
		return err
	}
	filed := time.Since(ended)
	stored, err := in.texts(ctx)
	if err != nil {
		return err
	}
	r.load("overload", fmt.Sprintf("texts at %d times the most", overloadTimes), f.over, c)
	acked := f.peak.Acked + f.over.Acked
	r.add(Measure{Name: "overload_peak", Title: fmt.Sprintf("most acknowledged, in %d rounds before an overload each", rounds), Value: f.peakRate, Unit: "/s"},
		Measure{Name: "overload_rate", Title: "acknowledged during the overloads", Value: f.overRate, Unit: "/s"},
		Measure{Name: "overload_goodput", Title: "… of the most", Value: 100 * f.overRate / max(1, f.peakRate), Unit: "%", Better: More, Floor: bound(90), Steady: true},
		Measure{Name: "overload_sent", Title: "… sent", Value: float64(f.over.Sent)},
		Measure{Name: "overload_refused", Title: "… refused with 503", Value: float64(f.over.Statuses[503])},
		Measure{Name: "overload_unanswered", Title: "… failed otherwise", Value: float64(f.over.Failed - f.over.Statuses[503])},
		Measure{Name: "overload_unsent", Title: "… that the load itself could not send", Value: float64(f.over.Unsent)},
		Measure{Name: "overload_danger", Title: fmt.Sprintf("of %d texts of danger refused or failed", f.danger.Sent), Value: float64(f.danger.Failed), Better: Less, Floor: bound(0)},
		Measure{Name: "overload_danger_p95", Title: "… 95 of 100 within", Value: ms(f.danger.P95), Unit: "ms"},
		Measure{Name: "overload_filed", Title: fmt.Sprintf("all %d filed in their threads after another", acked), Value: ms(filed), Unit: "ms", Better: Less},
		Measure{Name: "overload_lost", Title: "acknowledged and not stored", Value: float64(max(0, int64(acked)-stored)), Better: Less, Floor: bound(0)})
	for i, phase := range []struct {
		name, title string
		acked       int
	}{{"peak", "at the most", f.peak.Acked}, {"overload", "in the overload", f.over.Acked}} {
		for at, who := range []string{"server", "generator", "database"} {
			if cost, ok := each(0, f.cpu[i][at], phase.acked); ok {
				r.add(Measure{Name: "cpu_us_per_text_" + phase.name + "_" + who, Title: fmt.Sprintf("processor time per text acknowledged %s: %s", phase.title, who), Value: cost, Unit: "µs", Better: Less, Steady: true})
			}
		}
	}
	for i, o := range others {
		r.add(Measure{Name: "overload_" + o.name + "_answered", Title: fmt.Sprintf("%s answered meanwhile, of %d", o.title, f.rest[i].asked), Value: float64(f.rest[i].answered)},
			Measure{Name: "overload_" + o.name + "_refused", Title: "… refused with 503", Value: float64(f.rest[i].refused)})
	}
	return nil
}

// flood holds the rounds.
func (in *installation) flood(ctx context.Context, cfg Config, c *child) (f flood, err error) {
	for i := range rounds {
		before := in.processors(ctx, c)
		load := in.load(cfg)
		load.Run = fmt.Sprintf("peak%d", i)
		peak, err := in.mixed(ctx, load, 2*i)
		if err != nil {
			return f, err
		}
		between := in.processors(ctx, c)
		load.Rate, load.Connections, load.Run = max(1, min(mostRate, int(overloadTimes*peak.texts.RateMeanwhile))), min(mostConnections, 8*cfg.Connections), fmt.Sprintf("over%d", i)
		over, err := in.mixed(ctx, load, 2*i+1)
		if err != nil {
			return f, err
		}
		after := in.processors(ctx, c)
		for _, part := range []struct {
			sum  *simulate.Report
			rate *float64
			of   mixture
		}{{&f.peak, &f.peakRate, peak}, {&f.over, &f.overRate, over}} {
			add(part.sum, part.of.texts)
			part.sum.Acked += part.of.danger.Acked
			*part.rate += (part.of.texts.RateMeanwhile + part.of.danger.RateMeanwhile) / rounds
		}
		add(&f.danger, over.danger)
		for k, rest := range over.rest {
			f.rest[k].asked, f.rest[k].answered, f.rest[k].refused = f.rest[k].asked+rest.asked, f.rest[k].answered+rest.answered, f.rest[k].refused+rest.refused
		}
		for k := range before {
			f.cpu[0][k] += between[k] - before[k]
			f.cpu[1][k] += after[k] - between[k]
		}
		if err := pause(ctx, calm); err != nil {
			return f, err
		}
	}
	return f, nil
}

// add adds what a round came to; latencies are the worst of all rounds.
func add(sum *simulate.Report, r simulate.Report) {
	sum.Planned, sum.Sent, sum.Acked, sum.Failed, sum.Unsent = sum.Planned+r.Planned, sum.Sent+r.Sent, sum.Acked+r.Acked, sum.Failed+r.Failed, sum.Unsent+r.Unsent
	if sum.Statuses == nil {
		sum.Statuses = map[int]int{}
	}
	for status, n := range r.Statuses {
		sum.Statuses[status] += n
	}
	sum.Elapsed += r.Elapsed
	if r.P95 >= sum.P95 {
		sum.P50, sum.P90, sum.P95, sum.P99, sum.P999, sum.Max, sum.Mean, sum.Curve = r.P50, r.P90, r.P95, r.P99, r.P999, r.Max, r.Mean, r.Curve
	}
	sum.RatePerS = float64(sum.Acked) / max(0.001, sum.Elapsed.Seconds())
}

// mixture is what came of texts with danger and others' requests among them.
type mixture struct {
	texts, danger simulate.Report
	rest          [3]answers
}

// mixed sends a load with danger and others' requests among it. Danger is new to who writes in each turn: what is said to
// somebody whom a person has is less work.
func (in *installation) mixed(ctx context.Context, load simulate.LoadConfig, turn int) (m mixture, err error) {
	dangers := load
	dangers.Rate, dangers.Connections, dangers.Run = dangersPerSecond, dangersPerSecond, "danger-"+load.Run
	dangers.Senders = dangersPerSecond * int(load.Duration/time.Second+1)
	dangers.FirstSender = 2000 + turn*dangers.Senders
	dangers.Text = func(i int) string { return fmt.Sprintf("there is a fire in bay %d, smoke everywhere", 1+i%4) }
	var textsErr, dangerErr error
	var both sync.WaitGroup
	both.Go(func() { m.texts, textsErr = simulate.Load(ctx, load) })
	both.Go(func() { m.danger, dangerErr = simulate.Load(ctx, dangers) })
	asked := in.others(ctx, load.Duration)
	both.Wait()
	for i := range m.rest {
		m.rest[i] = <-asked[i]
	}
	return m, errors.Join(textsErr, dangerErr)
}

// others are who asks for something else meanwhile: of each class that the server refuses before texts.
var others = [3]struct{ name, title, path string }{
	{"operator", "pages", "/c/%s/sign-in"},
	{"api", "programs' requests", "/api/v1/%s/threads"},
	{"bulk", "exports", "/api/v1/%s/sop-file"},
}

const othersPerSecond = 50

// answers is what came of asking.
type answers struct{ asked, answered, refused int }

// others asks for each of others at a fixed rate. Nobody is signed in: that a request was let in shows in any
// answer but 503.
func (in *installation) others(ctx context.Context, lasts time.Duration) []chan answers {
	out := make([]chan answers, len(others))
	for i, o := range others {
		out[i] = make(chan answers, 1)
		go func() { out[i] <- ask(ctx, in.url()+fmt.Sprintf(o.path, in.slug), lasts) }()
	}
	return out
}

func ask(ctx context.Context, url string, lasts time.Duration) (a answers) {
	ctx, stop := context.WithTimeout(ctx, lasts)
	defer stop()
	client := &http.Client{Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	var mu sync.Mutex // guards a
	var all sync.WaitGroup
	for pause(ctx, time.Second/othersPerSecond) == nil {
		all.Go(func() {
			status, err := fetch(context.WithoutCancel(ctx), client, http.MethodGet, url, nil)
			mu.Lock()
			defer mu.Unlock()
			a.asked++
			switch {
			case err != nil:
			case status == http.StatusServiceUnavailable:
				a.refused++
			default:
				a.answered++
			}
		})
	}
	all.Wait()
	return a
}

// texts counts the members' texts that are stored.
func (in *installation) texts(ctx context.Context) (n int64, err error) {
	err = in.open(ctx, func(a *app.App) error {
		tenant, _, err := a.Tenant(ctx, in.slug)
		if err != nil {
			return err
		}
		return tenant.Read(ctx, func(tx *store.Tx) error {
			if n, err = tx.CountTexts(ctx); err != nil {
				return fmt.Errorf("count texts: %w", err)
			}
			return nil
		})
	})
	return n, err
}
