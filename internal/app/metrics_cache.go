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
	app                                              *App
	lookups, bytes, redis, failures, requests, reads *prometheus.Desc
}

func newReliefFigures(a *App) *reliefFigures {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &reliefFigures{app: a,
		lookups:  desc("clubos_cache_lookups_total", "What was asked of the cache, by who answered: process, redis, database.", "answered_by"),
		bytes:    desc("clubos_cache_bytes", "What this process keeps of what it has read."),
		redis:    desc("clubos_redis_up", "1 when Redis answers. Missing where there is none."),
		failures: desc("clubos_redis_failures_total", "Questions that Redis did not answer in time."),
		requests: desc("clubos_limit_requests_total", "Requests that limits admitted or refused, and those decided by this process because Redis was away.", "outcome"),
		reads:    desc("clubos_database_statements_total", "Statements of transactions: reads, writes, and reads that were answered without the database.", "kind"),
	}
}

// Describe implements prometheus.Collector.
func (f *reliefFigures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.lookups, f.bytes, f.redis, f.failures, f.requests, f.reads} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f *reliefFigures) Collect(out chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, float64(v), labels...)
	}
	r := f.app.Relief()
	send(f.lookups, prometheus.CounterValue, r.Cache.Near, "process")
	send(f.lookups, prometheus.CounterValue, r.Cache.Far, "redis")
	send(f.lookups, prometheus.CounterValue, r.Cache.Missed+r.Cache.Passed, "database")
	send(f.bytes, prometheus.GaugeValue, r.Cache.Bytes)
	if f.app.Redis != nil {
		up := int64(0)
		if f.app.Redis.Here() {
			up = 1
		}
		send(f.redis, prometheus.GaugeValue, up)
		send(f.failures, prometheus.CounterValue, f.app.Redis.Failures())
	}
	send(f.requests, prometheus.CounterValue, r.Limits.Admitted, "admitted")
	send(f.requests, prometheus.CounterValue, r.Limits.Refused, "refused")
	send(f.requests, prometheus.CounterValue, r.Limits.Alone, "alone")
	c := f.app.Cluster.Counts()
	send(f.reads, prometheus.CounterValue, c.Reads, "read")
	send(f.reads, prometheus.CounterValue, c.Writes, "write")
	send(f.reads, prometheus.CounterValue, c.Answered, "answered")
}
