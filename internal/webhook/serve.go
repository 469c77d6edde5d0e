package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/store"
)

// maxBody bounds a request's body. The longest genuine one has a few kB.
const maxBody = 1 << 20

// mostAnnounced bounds the memory that is taken for a body before any of it has come.
const mostAnnounced = 16 << 10

// retryAfter is what a vendor is asked to wait after a failure of ours, in seconds.
const retryAfter = "5"

// event is a request on its way through: what came, and what is to be said of it.
type event struct {
	header    http.Header
	from      netip.Addr // whoever sent it, past our own proxies; zero: not known
	url       string
	body      []byte
	tenant    *store.Tenant
	receivers Receivers
	suspended bool // the club is

	answer     string // body of a 200
	answerType string
	result     inbox.Result // for the log
}

// Failures that have no code of package club.
var (
	errNoMethod = errors.New("only POST is taken here")
	errType     = errors.New("the content type is not one that this vendor sends")
	errNowhere  = club.NotFound("there is nothing here")
)

// serve answers one request and writes its line in the log.
func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	id := correlation(r.Header.Get("X-Request-Id"), s.cfg.Clock.Now())
	ctx := club.WithCorrelation(r.Context(), id)
	w.Header().Set("X-Request-Id", id.String())
	w.Header().Set("Cache-Control", "no-store")
	e := &event{header: r.Header, from: identity.ClientAddr(r, s.cfg.TrustedProxies)}
	err := s.handle(ctx, w, r, e)
	status := statusOf(err)
	if status == http.StatusUnauthorized && s.tooMany(ctx, w, e) {
		status = http.StatusTooManyRequests
	}
	respond(w, e, status, err)
	s.log(ctx, r, e, status, err, time.Since(start))
}

// tooMany counts a request that is not genuine for the address it comes from, and reports whether that has
// sent too many.
func (s *server) tooMany(ctx context.Context, w http.ResponseWriter, e *event) bool {
	l := s.cfg.Limits
	return l != nil && l.Admit(ctx, w.Header(), l.Stranger, identity.AddrKey(e.from)) != nil
}

// handle does the steps in their order.
func (s *server) handle(ctx context.Context, w http.ResponseWriter, r *http.Request, e *event) (err error) {
	if e.body, err = readBody(w, r); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return &club.Error{Code: club.CodeTooLarge, Msg: "the body is larger than 1 MiB"}
		}
		return club.Invalid("the body ended too early")
	}
	vendor, known := vendors[r.PathValue("vendor")]
	if e.tenant, err = s.tenant(ctx, r.PathValue("tenant")); err != nil {
		return err
	}
	if !known {
		return errNowhere
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return errNoMethod
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || !slices.Contains(vendor.types, kind) {
		return errType
	}
	if e.suspended, err = s.cfg.Cluster.Suspended(ctx, e.tenant.Slug); err != nil {
		return err
	}
	if e.receivers, err = s.cfg.Receivers(ctx, e.tenant); err != nil {
		return err
	}
	e.url = s.cfg.PublicURL + r.URL.EscapedPath()
	if r.URL.RawQuery != "" {
		e.url += "?" + r.URL.RawQuery
	}
	return vendor.take(s, ctx, e)
}

// readBody reads the body into a buffer of the length that was announced: grown from nothing it takes the
// most memory of all that a text needs. An announcement is no more than that, and bounded all the same.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	size := min(max(r.ContentLength, 0), mostAnnounced)
	body := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// tenant finds the club. None and a name that cannot be one are the same from outside. A suspended club
// goes on taking in what comes, and nothing is done about it before the club is resumed: a vendor that
// was refused would try for some hours at most, Twilio not at all, and the text would be lost.
func (s *server) tenant(ctx context.Context, name string) (*store.Tenant, error) {
	slug, err := club.ParseSlug(name)
	if err != nil {
		return nil, errNowhere
	}
	t, err := s.cfg.Cluster.AnyTenant(ctx, slug)
	if club.CodeOf(err) == club.CodeNotFound {
		return nil, errNowhere
	}
	return t, err
}

var correlationPattern = regexp.MustCompile(`^cor_[0-7][0-9a-hjkmnp-tv-z]{25}$`)

// correlation returns the id that a proxy of ours has set already, or a new one. Nothing else is
// taken over: the id goes into every log line.
func correlation(header string, now time.Time) club.CorrelationID {
	if correlationPattern.MatchString(header) {
		return club.CorrelationID(header)
	}
	return club.NewCorrelationID(now)
}

func statusOf(err error) int {
	switch {
	case err == nil:
		return http.StatusOK
	case errors.Is(err, errNoMethod):
		return http.StatusMethodNotAllowed
	case errors.Is(err, errType):
		return http.StatusUnsupportedMediaType
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	}
	switch club.CodeOf(err) {
	case club.CodeInvalid:
		return http.StatusBadRequest
	case club.CodeUnauthenticated:
		return http.StatusUnauthorized
	case club.CodeForbidden:
		return http.StatusForbidden
	case club.CodeNotFound:
		return http.StatusNotFound
	case club.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case club.CodeLimited, club.CodeUnavailable, club.CodeConflict:
		return http.StatusServiceUnavailable // the vendor is to try again
	case club.CodeInternal:
	}
	return http.StatusInternalServerError
}

// respond writes the answer. What is said of an error is safe and short; a 401 and a 404 do not say why.
func respond(w http.ResponseWriter, e *event, status int, err error) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if err == nil {
		if e.answerType != "" {
			h.Set("Content-Type", e.answerType)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, e.answer)
		return
	}
	text := http.StatusText(status)
	if status == http.StatusBadRequest {
		text = club.MessageOf(err)
	}
	if status >= http.StatusInternalServerError {
		h.Set("Retry-After", retryAfter)
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")
}

// log writes the one line of a request, without anything that the request said.
func (s *server) log(ctx context.Context, r *http.Request, e *event, status int, err error, took time.Duration) {
	var shed refused
	if errors.As(err, &shed) && !s.cfg.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	level, outcome := slog.LevelInfo, "success"
	attrs := []slog.Attr{
		slog.String("http.request.id", club.CorrelationFrom(ctx).String()), slog.String("http.request.method", r.Method),
		slog.Int("http.response.status_code", status), slog.Int64("event.duration", took.Nanoseconds()),
	}
	if _, known := vendors[r.PathValue("vendor")]; known && e.tenant != nil { // a path that leads nowhere may be anything
		attrs = append(attrs, slog.String("url.path", r.URL.Path), slog.String("event.action", "webhook."+r.PathValue("vendor")), slog.String("organization.id", e.tenant.Slug.String()))
	}
	if err != nil {
		outcome = "failure"
		attrs = append(attrs, slog.String("error.type", string(club.CodeOf(err))))
		if status != http.StatusBadRequest { // whose message may repeat what the sender wrote, and is sent back
			attrs = append(attrs, slog.String("error.message", err.Error()))
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
	case shed.error != nil:
		level = slog.LevelDebug
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	case status >= http.StatusBadRequest:
		level = slog.LevelWarn
	}
	if !e.result.Thread.IsZero() {
		attrs = append(attrs, slog.String("labels.thread", e.result.Thread.String()))
	}
	if e.suspended && err == nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.String("event.reason", "the club is suspended: kept until it is resumed"))
	}
	if e.result.Kept {
		attrs = append(attrs, slog.Bool("labels.kept", true))
	}
	if e.result.Duplicate {
		attrs = append(attrs, slog.Bool("labels.duplicate", true))
	}
	if e.result.Ignored != "" {
		attrs = append(attrs, slog.String("event.reason", "ignored: "+e.result.Ignored))
	}
	s.cfg.Log.LogAttrs(ctx, level, "webhook", append(attrs, slog.String("event.outcome", outcome))...)
}
