package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
)

// request is what is known of a request for its one log line.
type request struct {
	id    club.CorrelationID
	op    *operation
	by    identity.Principal
	cause error // of an answer of 500 and above
}

type requestKey struct{}

func requestFrom(ctx context.Context) *request {
	rq, _ := ctx.Value(requestKey{}).(*request)
	return rq
}

// ServeHTTP serves a request under Prefix.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	rq := &request{id: club.NewCorrelationID(a.cfg.Cluster.Clock().Now())}
	ctx := club.WithCorrelation(context.WithValue(r.Context(), requestKey{}, rq), rq.id)
	outer := r
	r = r.WithContext(ctx)
	defer func() { outer.Pattern = r.Pattern }() // whoever counts requests sees which operation it was
	h := w.Header()
	h.Set("X-Request-Id", rq.id.String())
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	out := &answer{ResponseWriter: w}
	defer a.record(ctx, r, rq, out, start)
	defer a.catch(ctx, rq, out)
	a.route(out, r)
}

// route finds the operation. What there is none for is answered as a problem too.
func (a *api) route(w http.ResponseWriter, r *http.Request) {
	if err := checkAddress(r); err != nil {
		a.problem(r.Context(), err).write(w)
		return
	}
	h, pattern := a.mux.Handler(r)
	switch {
	case pattern == "":
		probe := &capture{header: http.Header{}}
		h.ServeHTTP(probe, r)
		p := refuse(string(club.CodeNotFound), "there is nothing at this address")
		if probe.status == http.StatusMethodNotAllowed {
			p = refuse(codeNoMethod, "this address does not take "+clip(r.Method, 20)).with("Allow", probe.header.Get("Allow"))
		}
		a.problem(r.Context(), p).write(w)
	case path.Clean(r.URL.Path) != r.URL.Path: // the mux would redirect
		a.problem(r.Context(), refuse(string(club.CodeNotFound), "there is nothing at this address")).write(w)
	default:
		a.mux.ServeHTTP(w, r)
	}
}

// catch answers for a panic. Its value is logged only where it is ours: another's may hold anything.
func (a *api) catch(ctx context.Context, rq *request, out *answer) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v) // the server's own way to end a connection
	}
	what := fmt.Sprintf("panic: %T", v)
	if s, ok := v.(string); ok && strings.HasPrefix(s, "BUG: ") {
		what = "panic: " + s
	}
	p := a.problem(ctx, refuse(string(club.CodeInternal), club.MessageOf(fmt.Errorf("panic"))))
	rq.cause = fmt.Errorf("%s\n%s", what, debug.Stack())
	if out.status == 0 {
		p.write(out)
	}
}

// record writes the request's log line. It names the route and not the address, and who asked by id.
func (a *api) record(ctx context.Context, r *http.Request, rq *request, out *answer, start time.Time) {
	level, outcome := slog.LevelInfo, "success"
	if out.status >= 400 {
		outcome = "failure"
	}
	if out.status >= 500 {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("event.action", "api.request"), slog.String("event.outcome", outcome), slog.Int64("event.duration", time.Since(start).Nanoseconds()),
		slog.String("http.request.method", clip(r.Method, 20)), slog.Int("http.response.status_code", out.status), slog.Int64("http.response.body.bytes", out.size),
	}
	if rq.op != nil {
		attrs = append(attrs, slog.String("labels.operation", rq.op.id), slog.String("http.route", rq.op.route()))
	}
	if rq.by.Tenant != "" {
		attrs = append(attrs, slog.String("organization.id", rq.by.Tenant.String()), slog.String("user.id", rq.by.Actor.ID))
	}
	if rq.cause != nil {
		attrs = append(attrs, slog.String("error.message", rq.cause.Error()))
	}
	a.log.LogAttrs(ctx, level, "request", attrs...)
}

// answer notes what was sent.
type answer struct {
	http.ResponseWriter
	status int
	size   int64
}

func (w *answer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *answer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.size += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
