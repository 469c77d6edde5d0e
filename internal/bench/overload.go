package bench

import (
	"context"
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
)

// measureOverload finds what the server can do, sends three times as much whatever it answers, and looks at
// what came of it: how much was still done, whether danger was refused, and whether all that was acknowledged
// is stored.
func measureOverload(ctx context.Context, cfg Config, in *installation, c *child, r *Report) error {
	peak, err := simulate.Load(ctx, in.load(cfg))
	if err != nil {
		return err
	}
	ordinary, dangers := in.load(cfg), in.load(cfg)
	ordinary.Rate, ordinary.Connections, ordinary.Run = max(1, min(mostRate, int(overloadTimes*peak.RatePerS))), min(mostConnections, 8*cfg.Connections), "over"
	dangers.Rate, dangers.Connections, dangers.Run, dangers.FirstSender = dangersPerSecond, dangersPerSecond, "danger", 2000
	dangers.Text = func(i int) string { return fmt.Sprintf("there is a fire in bay %d, smoke everywhere", 1+i%4) }
	var over, danger simulate.Report
	var overErr, dangerErr error
	var both sync.WaitGroup
	both.Go(func() { over, overErr = simulate.Load(ctx, ordinary) })
	both.Go(func() { danger, dangerErr = simulate.Load(ctx, dangers) })
	rest := in.others(ctx, cfg.Duration)
	both.Wait()
	if overErr != nil || dangerErr != nil {
		return fmt.Errorf("load: %w, %w", overErr, dangerErr)
	}
	if err := in.filed(ctx); err != nil {
		return err
	}
	stored, err := in.texts(ctx)
	if err != nil {
		return err
	}
	r.load("overload", fmt.Sprintf("texts at %d/s", ordinary.Rate), over, c)
	acked := peak.Acked + over.Acked + danger.Acked
	r.add(Measure{Name: "overload_peak", Title: "most acknowledged, before the overload", Value: peak.RatePerS, Unit: "/s"},
		Measure{Name: "overload_rate", Title: fmt.Sprintf("acknowledged of %d/s", ordinary.Rate), Value: over.RatePerS, Unit: "/s"},
		Measure{Name: "overload_goodput", Title: "… of the most", Value: 100 * (over.RatePerS + danger.RatePerS) / max(1, peak.RatePerS), Unit: "%", Better: More, Floor: bound(90)},
		Measure{Name: "overload_refused", Title: "… refused with 503", Value: float64(over.Statuses[503])},
		Measure{Name: "overload_unanswered", Title: "… failed otherwise", Value: float64(over.Failed - over.Statuses[503])},
		Measure{Name: "overload_unsent", Title: "… that the load itself could not send", Value: float64(over.Unsent)},
		Measure{Name: "overload_danger", Title: fmt.Sprintf("of %d texts of danger refused or failed", danger.Sent), Value: float64(danger.Failed), Better: Less, Floor: bound(0)},
		Measure{Name: "overload_danger_p95", Title: "… 95 of 100 within", Value: ms(danger.P95), Unit: "ms"},
		Measure{Name: "overload_lost", Title: "acknowledged and not stored", Value: float64(max(0, int64(acked)-stored)), Better: Less, Floor: bound(0)})
	for i, o := range others {
		got := <-rest[i]
		r.add(Measure{Name: "overload_" + o.name + "_answered", Title: fmt.Sprintf("%s answered meanwhile, of %d", o.title, got.asked), Value: float64(got.answered)},
			Measure{Name: "overload_" + o.name + "_refused", Title: "… refused with 503", Value: float64(got.refused)})
	}
	return nil
}

// others are who asks for something else meanwhile: of each class that the server refuses before texts.
var others = []struct{ name, title, path string }{
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
