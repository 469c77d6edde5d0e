package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"clubos/internal/cache"
	"clubos/internal/club"
	"clubos/internal/guard"
	"clubos/internal/health"
	"clubos/internal/integration"
	"clubos/internal/jobs"
	"clubos/internal/store"
)

// lookWithin bounds what a scrape looks up.
const lookWithin = 5 * time.Second

// figures are what a scrape looks up: the backlog, the database's connections, the vendors' breakers.
type figures struct {
	app     *App
	ready   func(context.Context) error
	isReady *prometheus.Desc
	jobs    *prometheus.Desc
	oldest  *prometheus.Desc
	conns   *prometheus.Desc
	maxConn *prometheus.Desc
	waits   *prometheus.Desc
	waited  *prometheus.Desc
	broken  *prometheus.Desc
	reads   *prometheus.Desc
	kept    *prometheus.Desc
	redis   *prometheus.Desc
	unheard *prometheus.Desc
	refused *prometheus.Desc
	places  *prometheus.Desc
	presses *prometheus.Desc
	gone    *prometheus.Desc
}

func (s *Server) newFigures() *figures {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &figures{app: s.app, ready: s.mayServe,
		isReady: desc("clubos_ready", "1 when the process may be sent requests."),
		jobs:    desc("clubos_jobs", "Jobs that are not finished, of the whole installation.", "queue", "state"),
		oldest:  desc("clubos_job_oldest_seconds", "How long the oldest job that is due has waited.", "queue"),
		conns:   desc("clubos_database_connections", "Connections of this process to PostgreSQL.", "state"),
		maxConn: desc("clubos_database_connections_max", "Most connections of this process to PostgreSQL."),
		waits:   desc("clubos_database_waits_total", "Times that work had to wait for a connection."),
		waited:  desc("clubos_database_wait_seconds_total", "Time that work waited for connections."),
		reads:   desc("clubos_cache_reads_total", "Reads by where the answer came from: process, redis, database, or uncached.", "from"),
		kept:    desc("clubos_cache_bytes", "What the process keeps of what was read."),
		redis:   desc("clubos_redis_here", "1 while Redis answers; no figure where there is none."),
		unheard: desc("clubos_redis_failures_total", "Questions that Redis did not answer."),
		broken:  desc("clubos_vendor_breakers_open", "Clubs for which calls to the vendor are refused, because it failed repeatedly.", "vendor"),
		refused: desc("clubos_requests_shed_total", "Requests that were refused because more was asked than can be done, by class.", "class"),
		places:  desc("clubos_requests_places", "Requests that may run at a time, that run, and that wait for a place.", "state"),
		gone:    desc("clubos_database_gone_seconds", "How long the database has answered or stored nothing, once people are told of it; 0 while it works."),
		presses: desc("clubos_pressure", "How many classes give way because the process uses more processor time or memory than it may."),
	}
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.isReady, f.jobs, f.oldest, f.conns, f.maxConn, f.waits, f.waited, f.broken, f.reads, f.kept, f.redis, f.unheard, f.refused, f.places, f.presses, f.gone} {
		out <- d
	}
}

// Collect implements prometheus.Collector. Without the database it tells what the process knows by itself.
func (f *figures) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), lookWithin)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	admission := f.app.limiter.State()
	for _, c := range guard.Classes() {
		out <- prometheus.MustNewConstMetric(f.refused, prometheus.CounterValue, float64(admission.Refused.Of(c)), c.String())
	}
	gauge(f.places, float64(admission.Limit), "limit")
	gauge(f.places, float64(admission.Running), "running")
	gauge(f.places, float64(admission.Waiting), "waiting")
	gauge(f.presses, float64(admission.Load.Pressure))
	gone := 0.0
	if since, ok := f.app.outage.Since(); ok {
		gone = f.app.Cluster.Clock().Now().Sub(since).Seconds()
	}
	gauge(f.gone, gone)
	if pool, _, ok := f.app.Cluster.Postgres(); ok {
		st := pool.Stat()
		gauge(f.conns, float64(st.AcquiredConns()), "in_use")
		gauge(f.conns, float64(st.IdleConns()), "idle")
		gauge(f.conns, float64(st.ConstructingConns()), "opening")
		gauge(f.maxConn, float64(st.MaxConns()))
		out <- prometheus.MustNewConstMetric(f.waits, prometheus.CounterValue, float64(st.EmptyAcquireCount()))
		out <- prometheus.MustNewConstMetric(f.waited, prometheus.CounterValue, st.EmptyAcquireWaitTime().Seconds())
	}
	f.cache(out, gauge)
	if err := f.ready(ctx); err != nil {
		gauge(f.isReady, 0)
		return
	}
	gauge(f.isReady, 1)
	if err := errors.Join(f.backlog(ctx, gauge), f.breakers(ctx, gauge)); err != nil {
		f.app.Log.WarnContext(ctx, "figures cannot be looked up", "event.action", "metrics.collect", "event.outcome", "failure", "error.message", err.Error())
	}
}

func (f *figures) cache(out chan<- prometheus.Metric, gauge func(*prometheus.Desc, float64, ...string)) {
	count := func(d *prometheus.Desc, n int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	facts := f.app.Cache.Facts()
	count(f.reads, facts.Near, "process")
	count(f.reads, facts.Far, "redis")
	count(f.reads, facts.Missed, "database")
	count(f.reads, facts.Passed, "uncached")
	gauge(f.kept, float64(facts.Bytes))
	if facts.Redis == cache.RedisNone {
		return
	}
	here := 0.0
	if facts.Redis == cache.RedisHere {
		here = 1
	}
	gauge(f.redis, here)
	count(f.unheard, facts.RedisFailures)
}

func (f *figures) backlog(ctx context.Context, gauge func(*prometheus.Desc, float64, ...string)) error {
	list, err := f.app.runner.Backlog(ctx)
	if err != nil {
		return err
	}
	for _, b := range list {
		gauge(f.jobs, float64(b.Jobs), b.Queue, b.State)
		if b.State == "available" {
			gauge(f.oldest, max(0, f.app.Cluster.Clock().Now().Sub(b.Oldest).Seconds()), b.Queue)
		}
	}
	return nil
}

func (f *figures) breakers(ctx context.Context, gauge func(*prometheus.Desc, float64, ...string)) error {
	recs, err := f.app.Cluster.FindTenants(ctx)
	if err != nil {
		return err
	}
	open := map[string]float64{}
	for _, rec := range recs {
		if rec.Status != store.StatusActive {
			continue
		}
		for vendor, b := range f.app.vendors.breakers(rec.Slug) {
			if open[vendor] += 0; b.State == health.BreakerOpen {
				open[vendor]++
			}
		}
	}
	for vendor, clubs := range open {
		gauge(f.broken, clubs, vendor)
	}
	return nil
}

// routeName names a request by the pattern that it matched. A webhook is named for its vendor, where it
// has one of ours.
func routeName(r *http.Request) string {
	_, at, found := strings.Cut(r.Pattern, " ")
	if !found {
		at = r.Pattern
	}
	if vendor := r.PathValue("vendor"); strings.HasPrefix(at, "/hooks/") {
		if _, ok := integration.Find(vendor); ok {
			at = strings.Replace(at, "{vendor}", vendor, 1)
		}
	}
	return cmp.Or(at, "other")
}

// observeDecision and observeJob hand on what rooms tell.
func (a *App) observeDecision(tier club.Tier, waited time.Duration) {
	a.metrics.Decided(string(tier), waited)
}

func (a *App) observeJob(t jobs.Try) { a.metrics.Job(t.Kind, t.Outcome, t.Waited, t.Took) }

// serveMetrics answers scrapes on a listener of its own, which is no face of the product: it is for the
// network of those who run it.
func (s *Server) serveMetrics(ctx context.Context) error {
	address := s.app.Config.MetricsListen
	if address == "" {
		return nil
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for scrapes on %s: %w", address, err)
	}
	s.app.metrics.Collect(s.newFigures())
	s.app.metrics.Collect(newReliefFigures(s.app))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.app.metrics.Handler())
	s.metricsAt = listener.Addr().String()
	s.metrics = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(s.app.Log.Handler(), slog.LevelWarn)}
	go func() {
		if err := s.metrics.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.app.Log.ErrorContext(ctx, "scrapes are not answered any more", "event.action", "metrics.serve", "event.outcome", "failure", "error.message", err.Error())
		}
	}()
	return nil
}

// MetricsAddr is the address that scrapes are answered on; empty when they are not.
func (s *Server) MetricsAddr() string { return s.metricsAt }
