package bench

import (
	"context"
	"fmt"
	"sync"

	"clubos/internal/simulate"
)

const (
	healthRate   = 500 // questions per second; a balancer asks once in some seconds
	textsBeside  = 5   // texts per second that come while pages are looked at
	threadsShown = 500 // of which an operator opens one after the other
)

// measureHealth asks what a balancer asks, by schedule.
func measureHealth(ctx context.Context, cfg Config, in *installation, c *child, r *Report) error {
	got, err := simulate.Visit(ctx, simulate.VisitConfig{Target: in.url(), Paths: []string{"/healthz", "/readyz"}, Rate: healthRate, Duration: cfg.Duration, Connections: cfg.Clients})
	if err != nil {
		return err
	}
	l := r.load("health", fmt.Sprintf("health checks at %d/s", healthRate), got, c)
	r.add(Measure{Name: "health_failed", Title: fmt.Sprintf("health checks at %d/s that failed or were not sent", healthRate), Value: float64(got.Failed + got.Unsent), Better: Less, Floor: bound(0)},
		Measure{Name: "health_p50", Title: "… median", Value: l.P50, Unit: "ms", Better: Less},
		Measure{Name: "health_p99", Title: "… 99 of 100 within", Value: l.P99, Unit: "ms", Better: Less, Floor: bound(1000), Target: bound(5)})
	return nil
}

// look asks for paths by as many clients as there are, each of which asks again when it is answered, while
// texts come in. Without the texts everything would be answered from what was read before.
func (in *installation) look(ctx context.Context, cfg Config, paths []string, header map[string]string, run string) (simulate.Report, error) {
	texts := in.load(cfg)
	texts.Rate, texts.Connections, texts.Senders, texts.Run = textsBeside, textsBeside, 100, run
	var got simulate.Report
	var lookErr, textErr error
	var both sync.WaitGroup
	both.Go(func() { _, textErr = simulate.Load(ctx, texts) })
	both.Go(func() {
		got, lookErr = simulate.Visit(ctx, simulate.VisitConfig{Target: in.url(), Paths: paths, Header: header, Duration: cfg.Duration, Connections: cfg.Clients})
	})
	both.Wait()
	if lookErr != nil {
		return got, lookErr
	}
	return got, textErr
}

// measureConsole looks at the pages that operators have before them.
func measureConsole(ctx context.Context, cfg Config, in *installation, c *child, r *Report) error {
	base := "/c/" + in.slug.String()
	pages := []struct {
		name, title string
		paths       []string
	}{
		{"inbox", "inbox, what needs somebody", []string{base + "/inbox"}},
		{"inbox_all", "inbox, all conversations", []string{base + "/inbox?status=all"}},
		{"thread", "a conversation's page", in.crowd.threadPaths(base + "/threads/")},
	}
	for _, p := range pages {
		if err := in.measurePages(ctx, cfg, c, r, p.name, p.title, p.paths); err != nil {
			return err
		}
	}
	return nil
}

func (in *installation) measurePages(ctx context.Context, cfg Config, c *child, r *Report, name, title string, paths []string) error {
	before, known := c.cpu()
	got, err := in.look(ctx, cfg, paths, map[string]string{"Cookie": in.crowd.cookie}, name)
	if err != nil {
		return err
	}
	after, _ := c.cpu()
	l := r.load("console_"+name, fmt.Sprintf("%s: %d clients", title, cfg.Clients), got, c)
	r.add(Measure{Name: "console_" + name + "_rate", Title: fmt.Sprintf("%s, of %d: %d clients", title, cfg.Threads, cfg.Clients), Value: got.RatePerS, Unit: "/s", Better: More},
		Measure{Name: "console_" + name + "_failed", Title: "… failed", Value: float64(got.Failed), Better: Less, Floor: bound(0)},
		Measure{Name: "console_" + name + "_p50", Title: "… median", Value: l.P50, Unit: "ms", Better: Less},
		Measure{Name: "console_" + name + "_p90", Title: "… 90 of 100 within", Value: l.P90, Unit: "ms", Better: Less, Floor: bound(1000), Target: bound(50)})
	if cost, ok := each(before, after, got.Acked); ok && known {
		l.CPU = cost
		r.add(Measure{Name: "cpu_us_per_page_" + name, Title: "… processor time of the server for each", Value: cost, Unit: "µs", Better: Less, Steady: true})
	}
	return nil
}

// measureAPI asks for the list of threads as a program does.
func measureAPI(ctx context.Context, cfg Config, in *installation, c *child, r *Report) error {
	before, known := c.cpu()
	got, err := in.look(ctx, cfg, []string{"/api/v1/" + in.slug.String() + "/threads"}, map[string]string{"Authorization": "Bearer " + in.crowd.key}, "list")
	if err != nil {
		return err
	}
	after, _ := c.cpu()
	l := r.load("api", fmt.Sprintf("JSON list of threads: %d clients", cfg.Clients), got, c)
	r.add(Measure{Name: "api_rate", Title: fmt.Sprintf("JSON list of 50 threads, of %d: %d clients", cfg.Threads, cfg.Clients), Value: got.RatePerS, Unit: "/s", Better: More, Floor: bound(212), Target: bound(2000)},
		Measure{Name: "api_failed", Title: "… failed", Value: float64(got.Failed), Better: Less, Floor: bound(0)},
		Measure{Name: "api_p50", Title: "… median", Value: l.P50, Unit: "ms", Better: Less},
		Measure{Name: "api_p90", Title: "… 90 of 100 within", Value: l.P90, Unit: "ms", Better: Less, Floor: bound(1000), Target: bound(50)},
		Measure{Name: "api_p99", Title: "… 99 of 100 within", Value: l.P99, Unit: "ms", Better: Less})
	if cost, ok := each(before, after, got.Acked); ok && known {
		l.CPU = cost
		r.add(Measure{Name: "cpu_us_per_list", Title: "… processor time of the server for each", Value: cost, Unit: "µs", Better: Less, Steady: true})
	}
	return nil
}
