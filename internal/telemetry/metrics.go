package telemetry

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the figures of one process, in the Prometheus text format. Labels are names that the program
// itself gives (routes, kinds of job, tiers, vendors), never of clubs, members or addresses: they are
// few, and tell nothing of anybody.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	answered *prometheus.HistogramVec
	decided  *prometheus.HistogramVec
	jobs     *prometheus.CounterVec
	worked   *prometheus.HistogramVec
	waited   *prometheus.HistogramVec
}

// quick and slow are the buckets of what people and vendors wait for, in seconds.
var (
	quick = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	slow  = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
)

// NewMetrics returns the figures of a process of a version, with Go's and the process's own.
func NewMetrics(version, engine string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "clubos_http_requests_total", Help: "Requests answered, by route and status."}, []string{"route", "method", "code"}),
		answered: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "clubos_http_request_seconds", Help: "Time to answer a request; live streams are not in it.", Buckets: quick}, []string{"route"}),
		decided:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "clubos_decision_wait_seconds", Help: "Time from the last text that a decision is about until it is stored.", Buckets: slow}, []string{"tier"}),
		jobs:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "clubos_jobs_total", Help: "Tries of jobs, by kind and outcome: done, later, failed or lost."}, []string{"kind", "outcome"}),
		worked:   prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "clubos_job_seconds", Help: "Time that a try of a job took.", Buckets: slow}, []string{"kind"}),
		waited:   prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "clubos_job_wait_seconds", Help: "Time that a job was due before a worker took it.", Buckets: slow}, []string{"kind"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "clubos_build_info", Help: "Always 1; the labels say what runs.", ConstLabels: prometheus.Labels{"version": version, "engine": engine}})
	build.Set(1)
	m.registry.MustRegister(build, m.requests, m.answered, m.decided, m.jobs, m.worked, m.waited,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Collect adds figures that are looked up at each scrape.
func (m *Metrics) Collect(c prometheus.Collector) { m.registry.MustRegister(c) }

// Handler answers scrapes. What cannot be looked up is left out, and the rest answered.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Count counts what next answers. route names a request once it has been answered, by one of few names.
func (m *Metrics) Count(next http.Handler, route func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		c := &coded{ResponseWriter: w, code: http.StatusOK}
		defer func() {
			name := route(r)
			m.requests.WithLabelValues(name, method(r.Method), strconv.Itoa(c.code)).Inc()
			if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
				m.answered.WithLabelValues(name).Observe(time.Since(start).Seconds())
			}
		}()
		next.ServeHTTP(c, r)
	})
}

// method returns a method by its name where it has one: clients may invent others.
func method(name string) string {
	switch name {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return name
	}
	return "other"
}

// coded keeps the status that was answered.
type coded struct {
	http.ResponseWriter
	code  int
	wrote bool
}

func (c *coded) WriteHeader(code int) {
	if !c.wrote && code >= http.StatusOK {
		c.code, c.wrote = code, true
	}
	c.ResponseWriter.WriteHeader(code)
}

func (c *coded) Write(b []byte) (int, error) {
	c.wrote = true
	return c.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what the connection can do.
func (c *coded) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// Decided counts a decision by its tier, and how long after its last text it was stored.
func (m *Metrics) Decided(tier string, waited time.Duration) {
	m.decided.WithLabelValues(tier).Observe(max(0, waited.Seconds()))
}

// Job counts a try of a job.
func (m *Metrics) Job(kind, outcome string, waited, took time.Duration) {
	m.jobs.WithLabelValues(kind, outcome).Inc()
	m.worked.WithLabelValues(kind).Observe(took.Seconds())
	m.waited.WithLabelValues(kind).Observe(max(0, waited.Seconds()))
}
