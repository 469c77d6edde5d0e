package guard

import (
	"context"
	"log/slog"
	"time"
)

// calmFor is how long nobody must be refused before it counts as over.
const calmFor = 10 * time.Second

// shedding is a time in which requests are refused. There is a line when it begins and one when it is over,
// however many are refused in between; how many of which class is a metric.
type shedding struct {
	before Counts    // refused before it began
	seen   Counts    // refused by the last look
	last   time.Time // when somebody was refused last; zero: it is over
	began  time.Time
}

func (w *Watch) tell(ctx context.Context, now time.Time, refused Counts) {
	s := &w.shed
	switch more := refused != s.seen; {
	case more && s.last.IsZero():
		s.before, s.began, s.last = s.seen, now, now
		w.Log.LogAttrs(ctx, slog.LevelWarn, "more is asked than can be done: requests are refused", s.attrs("guard.shed", refused)...)
	case more:
		s.last = now
	case !s.last.IsZero() && now.Sub(s.last) >= calmFor:
		w.Log.LogAttrs(ctx, slog.LevelWarn, "no request is refused any more", append(s.attrs("guard.shed_over", refused), slog.Int64("event.duration", s.last.Sub(s.began).Nanoseconds()))...)
		s.last = time.Time{}
	}
	s.seen = refused
}

// attrs say how many of each class were refused since it began.
func (s *shedding) attrs(action string, refused Counts) []slog.Attr {
	attrs := []slog.Attr{slog.String("event.action", action)}
	for _, c := range Classes() {
		if n := refused[c] - s.before[c]; n > 0 {
			attrs = append(attrs, slog.Int64("labels.refused_"+c.String(), n))
		}
	}
	return attrs
}
