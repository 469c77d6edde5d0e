package app

import (
	"context"
	"math"
	"net/http"
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"clubos/internal/api"
	"clubos/internal/club"
	"clubos/internal/guard"
	"clubos/internal/health"
)

// longWork names, by the end of their addresses, the operations and pages that read or write much.
var longWork = []string{"booking-file", "sop-file", "sop-effects", "preview", "results", "import", "export", "template.csv"}

// classOf is the class of a request for the API or the console, by its route. What only sends what lies
// ready, and streams of changes, take no place.
func classOf(r *http.Request) (guard.Class, bool) {
	at := r.URL.Path
	last := path.Base(at)
	switch {
	case strings.HasPrefix(at, "/static/") || last == "live" || last == "openapi.json" || at == api.Prefix+"/docs.css":
		return 0, false
	case strings.HasPrefix(at, api.Prefix+"/") && last == "health":
		return 0, false // who asks how the server fares must be told when it fares badly
	case slices.Contains(longWork, last):
		return guard.Bulk, true
	case strings.HasPrefix(at, "/api/"):
		return guard.API, true
	}
	return guard.Operator, true
}

// admitVendor gives a vendor's event, whose signature holds, a place. A text that speaks of danger always
// has one.
func (a *App) admitVendor(ctx context.Context, slug club.Slug, danger bool) (done func(), err error) {
	if danger {
		return a.limiter.AdmitFor(ctx, guard.Emergency, slug.String())
	}
	return a.limiter.AdmitFor(ctx, guard.Ingest, slug.String())
}

// clubOf is whose pages or data a request asks for, by its route: /c/{club}/… and /api/v1/{club}/….
func clubOf(r *http.Request) string {
	at, found := strings.CutPrefix(r.URL.Path, "/c/")
	if !found {
		if at, found = strings.CutPrefix(r.URL.Path, api.Prefix+"/"); !found {
			return ""
		}
	}
	slug, _, _ := strings.Cut(at, "/")
	return slug
}

// behind reports whether more is asked for a club than this process can do at the moment.
func (a *App) behind(of club.Slug) bool { return a.limiter.Behind(string(of)) }

// timed has what next takes counted as kind's; streams are not, which last as long as a page is open.
func (a *App) timed(kind health.Timing, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		next.ServeHTTP(w, r)
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
			a.timings.Observe(kind, time.Since(start))
		}
	})
}

// watch lowers what is admitted while the process uses more than it may, until ctx ends.
func (a *App) watch(ctx context.Context) {
	w := &guard.Watch{Processors: runtime.GOMAXPROCS(0), CPU: float64(a.Config.CPULimit) / 100, Memory: int64(a.Config.MemoryLimit) << 20,
		Meter: guard.Process{}, Clock: a.Cluster.Clock(), Log: a.Log}
	w.Run(ctx, a.limiter)
}

// softMemory is the part of the memory limit at which the garbage collector works harder, before anybody
// is refused for the memory.
const softMemory = 0.9

// BoundMemory has the garbage collector keep this process below its memory limit, unless GOMEMLIMIT says
// otherwise. It is for the process that serves and nothing else.
func (c Config) BoundMemory() {
	if c.MemoryLimit > 0 && debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(int64(softMemory * float64(c.MemoryLimit<<20)))
	}
}
