package console

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// statusOf maps every code to an HTTP status.
func statusOf(code club.Code) int {
	switch code {
	case club.CodeInvalid:
		return http.StatusBadRequest
	case club.CodeUnauthenticated:
		return http.StatusUnauthorized
	case club.CodeForbidden:
		return http.StatusForbidden
	case club.CodeNotFound:
		return http.StatusNotFound
	case club.CodeConflict:
		return http.StatusConflict
	case club.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case club.CodeLimited:
		return http.StatusTooManyRequests
	case club.CodeUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// clientGone is nginx's status for a request whose sender went away; it stands in the log only.
const clientGone = 499

// fail ends a request that did not work: it logs once, then leads to the sign-in page or shows what
// happened, with a short id under which the log knows more.
func (v *visit) fail(err error) {
	if errors.Is(err, identity.ErrPasswordDue) && v.r.Method == http.MethodGet && !v.fragment() {
		_ = v.redirect(v.at("password") + "?" + url.Values{"next": {v.r.URL.RequestURI()}}.Encode())
		return
	}
	if errors.Is(err, identity.ErrPasswordDue) {
		err = club.Forbidden("Please choose a password first.")
	}
	code := club.CodeOf(err)
	status := statusOf(code)
	if v.r.Context().Err() != nil {
		status = clientGone
	}
	v.log(status, err)
	if v.wrote || status == clientGone {
		return
	}
	if code == club.CodeUnauthenticated && v.r.Method == http.MethodGet && !v.fragment() && v.tenant != nil && !strings.HasSuffix(v.rt.pattern, "/live") {
		_ = v.redirect(v.at("sign-in") + "?" + url.Values{"next": {v.r.URL.RequestURI()}}.Encode())
		return
	}
	p := page.ErrorPage{Shell: v.gate("Not done"), Status: status}
	if code != club.CodeInternal {
		p.Text = sentence(club.MessageOf(err))
	}
	if code == club.CodeUnauthenticated {
		p.Title, p.Text = "You are not signed in", "Sign in on another page, then go back here and send again: the browser still has what you typed."
	}
	if code == club.CodeLimited {
		p.Title = "A little slower, please"
	}
	if errors.Is(err, store.ErrSuspended) {
		p.Title = "This club is suspended"
	}
	if status >= http.StatusInternalServerError || status == http.StatusNotFound {
		p.ID = v.shortID()
	}
	if err := v.show(status, page.Error(p)); err != nil {
		v.log(http.StatusInternalServerError, err)
		v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		v.w.WriteHeader(http.StatusInternalServerError)
		_, _ = v.w.Write(v.c.broken)
	}
}

// log writes the line of a request that did not work. Only what is our own fault or our vendors' is an
// error.
func (v *visit) log(status int, err error) {
	level := slog.LevelInfo
	switch {
	case status == clientGone:
		level = slog.LevelDebug
	case status == http.StatusServiceUnavailable:
		level = slog.LevelWarn
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	}
	v.c.Log.LogAttrs(v.r.Context(), level, "console request did not work", slog.String("event.action", "console.request"), slog.String("event.outcome", "failure"),
		slog.String("http.request.method", v.r.Method), slog.String("url.path", v.rt.path()), slog.Int("http.response.status_code", status),
		slog.String("organization.id", v.slug.String()), slog.String("user.id", v.p.UserID.String()), slog.String("labels.error_id", v.shortID()), slog.String("error.message", err.Error()))
}

// shortID is the end of the correlation id: what a person can read out.
func (v *visit) shortID() string {
	id := club.CorrelationFrom(v.r.Context()).String()
	return id[max(0, len(id)-10):]
}

// show draws a page. It is drawn as a whole first, so that a fault never leaves half of one.
func (v *visit) show(status int, component templ.Component) error {
	var b bytes.Buffer
	if err := component.Render(context.WithoutCancel(v.r.Context()), &b); err != nil {
		return err
	}
	v.wrote = true
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, err := b.WriteTo(v.w)
	if err != nil && v.r.Context().Err() == nil {
		v.log(clientGone, err)
	}
	return nil
}

// sentence makes a message of a room fit to stand alone.
func sentence(s string) string {
	if s == "" {
		return s
	}
	first, n := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[n:]
	if !strings.ContainsAny(s[len(s)-1:], ".?!") && !strings.HasSuffix(s, "…") {
		s += "."
	}
	return s
}
