// Package telemetry makes the loggers: JSON lines with the field names of the Elastic Common Schema
// (https://www.elastic.co/docs/reference/ecs), one correlation id per matter, and no personal data.
//
// Callers log with dotted ECS names ("event.action", "organization.id"). Whatever they pass, phone
// numbers and e-mail addresses are masked on the way out: the last line of defence, not the first.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"regexp"
	"strings"

	"clubos/internal/club"
)

// LogConfig says how to log.
type LogConfig struct {
	Level   slog.Level
	Text    bool // lines for people instead of JSON
	Service string
	Version string
	Node    string
}

// NewLogger returns a logger that writes to w. It is safe for concurrent use.
func NewLogger(w io.Writer, c LogConfig) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.Level, ReplaceAttr: replace}
	if c.Text {
		return slog.New(handler{slog.NewTextHandler(w, opts)})
	}
	h := slog.NewJSONHandler(w, opts).WithAttrs([]slog.Attr{
		slog.String("ecs.version", "9.0.0"), slog.String("service.name", c.Service), slog.String("service.version", c.Version), slog.String("service.node.name", c.Node),
	})
	return slog.New(handler{h})
}

// replace gives slog's own fields their ECS names and masks text.
func replace(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 {
		switch a.Key {
		case slog.TimeKey:
			return slog.Time("@timestamp", a.Value.Time().UTC())
		case slog.LevelKey:
			return slog.String("log.level", strings.ToLower(a.Value.String()))
		case slog.MessageKey:
			return slog.String("message", Mask(a.Value.String()))
		}
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(Mask(a.Value.String()))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(Mask(err.Error()))
		}
	}
	return a
}

var (
	phones = regexp.MustCompile(`\+[0-9]{7,15}`)
	emails = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`)
)

// Mask replaces phone numbers in E.164 and e-mail addresses.
func Mask(s string) string {
	if strings.ContainsRune(s, '+') {
		s = phones.ReplaceAllString(s, "«phone»")
	}
	if strings.ContainsRune(s, '@') {
		s = emails.ReplaceAllString(s, "«email»")
	}
	return s
}

// handler adds the correlation id of the context to each record.
type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, rec slog.Record) error {
	if id := club.CorrelationFrom(ctx); !id.IsZero() {
		rec.AddAttrs(slog.String("trace.id", id.String()))
	}
	return h.Handler.Handle(ctx, rec)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
