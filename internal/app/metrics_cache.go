package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"clubos/internal/cache"
	"clubos/internal/limit"
)

// Relief is what spares the database: how the cache, the limits and Redis fare. It is for whoever shows the
// health of an installation.
type Relief struct {
	Cache  cache.Facts
	Limits limit.Facts
}

// Relief says how the cache, the limits and Redis fare in this process.
func (a *App) Relief() Relief {
	r := Relief{Cache: a.Cache.Facts()}
	if a.Limits != nil {
		r.Limits = a.Limits.Facts()
	}
	return r
}

// reliefFigures are what a scrape is told of it.
type reliefFigures struct {
	app             *App
	requests, reads *prometheus.Desc
}

func newReliefFigures(a *App) *reliefFigures {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &reliefFigures{app: a,
		requests: desc("clubos_limit_requests_total", "Requests that limits admitted or refused, and those decided by this process because Redis was away.", "outcome"),
		reads:    desc("clubos_database_statements_total", "Statements of transactions: reads, writes, and reads that were answered without the database.", "kind"),
	}
}

// Describe implements prometheus.Collector.
func (f *reliefFigures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.requests, f.reads} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f *reliefFigures) Collect(out chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, v int64, label string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), label)
	}
	r := f.app.Relief()
	send(f.requests, r.Limits.Admitted, "admitted")
	send(f.requests, r.Limits.Refused, "refused")
	send(f.requests, r.Limits.Alone, "alone")
	c := f.app.Cluster.Counts()
	send(f.reads, c.Reads, "read")
	send(f.reads, c.Writes, "write")
	send(f.reads, c.Answered, "answered")
}
